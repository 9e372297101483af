/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one owner of <sqlite3.h>. A transaction that was committed is on the disk
 * (WAL, synchronous=FULL), and whatever fails is told in one sentence. */
#include "db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>

#define BUSY_MS 2000
#define APPLICATION_ID 0x53616c79	/* "Saly": no other program's database */

struct db {
	sqlite3 *sq;
	char *path;
};

struct stmt {
	struct db *db;
	sqlite3_stmt *sq;
	int bind_error;
};

static const struct {
	int code;
	const char *text;
} reasons[] = {
	{ SQLITE_BUSY, N_("it is locked by another program") },
	{ SQLITE_LOCKED, N_("it is locked by another program") },
	{ SQLITE_CORRUPT, N_("it is damaged") },
	{ SQLITE_NOTADB, N_("it is damaged, no database at all") },
	{ SQLITE_READONLY, N_("it is read-only") },
	{ SQLITE_PERM, N_("permission denied") },
	{ SQLITE_FULL, N_("the disk is full") },
	{ SQLITE_TOOBIG, N_("a table of this size is too large for it") },
};

static const char *
db_reason(struct db *db)
{
	int code = sqlite3_errcode(db->sq) & 0xff;
	int system_errno = sqlite3_system_errno(db->sq);
	size_t i;

	if (code == SQLITE_IOERR &&
	    (system_errno == ENOSPC || system_errno == EDQUOT))
		code = SQLITE_FULL;
	for (i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].code == code)
			return _(reasons[i].text);
	if (code == SQLITE_IOERR && system_errno)
		return strerror(system_errno);
	return sqlite3_errmsg(db->sq);
}

static enum err
db_fail(struct db *db)
{
	return fail(ERR_FAIL, _("history '%s' cannot be used: %s"), db->path,
		    db_reason(db));
}

static enum err
db_exec(struct db *db, const char *sql)
{
	if (sqlite3_exec(db->sq, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(db);
	return OK;
}

static enum err
db_number(struct db *db, const char *sql, int64_t *number)
{
	struct stmt *stmt;
	enum err err = stmt_new(db, sql, &stmt);

	return err ? err : stmt_number_take(stmt, number);
}

enum err
db_begin(struct db *db)
{
	return db_exec(db, "BEGIN IMMEDIATE");
}

enum err
db_commit(struct db *db)
{
	enum err err;

	err = db_exec(db, "COMMIT");
	if (err)
		db_rollback(db);
	return err;
}

void
db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->sq))
		sqlite3_exec(db->sq, "ROLLBACK", NULL, NULL, NULL);
}

/* A database of another program is not ours to change. */
static enum err
check_ours(struct db *db, int64_t version)
{
	int64_t id, objects;
	enum err err;

	err = db_number(db, "PRAGMA application_id", &id);
	if (err || id == APPLICATION_ID)
		return err;
	err = db_number(db, "SELECT count(*) FROM sqlite_master", &objects);
	if (err)
		return err;
	if (id || version || objects)
		return fail(ERR_FAIL, _("'%s' is a database of another program"),
			    db->path);
	return OK;
}

static enum err
schema_step(struct db *db, int from)
{
	char version[96];
	enum err err;

	err = db_exec(db, schema_steps[from].sql);
	if (err)
		return err;
	snprintf(version, sizeof(version),
		 "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 APPLICATION_ID, from + 1);
	return db_exec(db, version);
}

/* Each step is a transaction of its own: another program that opens the
 * database at the same moment sees a whole version. */
static enum err
schema_update(struct db *db)
{
	int64_t version = 0;
	enum err err;

	do {
		err = db_begin(db);
		if (err)
			return err;
		err = db_number(db, "PRAGMA user_version", &version);
		if (!err && version < schema_version)
			err = schema_step(db, version);
		if (err) {
			db_rollback(db);
			return err;
		}
		err = db_commit(db);
	} while (!err && version + 1 < schema_version);
	return err;
}

/* Read in one transaction, as another program may be making the schema. */
static enum err
schema_read(struct db *db, int64_t *version)
{
	enum err err;

	err = db_exec(db, "BEGIN");
	if (err)
		return err;
	err = db_number(db, "PRAGMA user_version", version);
	if (!err)
		err = check_ours(db, *version);
	db_rollback(db);
	return err;
}

static enum err
schema_check(struct db *db, bool read_only)
{
	int64_t version = 0;
	enum err err;

	err = schema_read(db, &version);
	if (err || version == schema_version)
		return err;
	if (version > schema_version)
		return fail(ERR_FAIL,
			    _("history '%s' was written by a newer sallyport (format %d, known is %d)"),
			    db->path, (int)version, schema_version);
	if (read_only)
		return fail(version ? ERR_FAIL : ERR_NOT_FOUND,
			    _("history '%s' has an old format, which only a start without --read-only updates"),
			    db->path);
	return schema_update(db);
}

static enum err
db_setup(struct db *db, bool read_only)
{
	enum err err;

	sqlite3_extended_result_codes(db->sq, 1);
	sqlite3_busy_timeout(db->sq, BUSY_MS);
	err = db_exec(db, "PRAGMA trusted_schema = OFF;"
			  "PRAGMA foreign_keys = ON");
	if (!err)
		err = schema_check(db, read_only);
	if (!err && !read_only)
		err = db_exec(db, "PRAGMA journal_mode = WAL;"
				  "PRAGMA synchronous = FULL");
	return err;
}

enum err
db_open(const char *path, bool read_only, struct db **out)
{
	struct db *db;
	enum err err;

	err = db_file_prepare(path, read_only);
	if (err)
		return err;
	db = xcalloc(1, sizeof(*db));
	db->path = xstrdup(path);
	if (sqlite3_open_v2(path, &db->sq, read_only ? SQLITE_OPEN_READONLY
			    : SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		err = db_fail(db);
	else
		err = db_setup(db, read_only);
	if (err) {
		db_close(db);
		return err;
	}
	*out = db;
	return OK;
}

void
db_close(struct db *db)
{
	if (!db)
		return;
	sqlite3_close(db->sq);
	free(db->path);
	free(db);
}

enum err
stmt_new(struct db *db, const char *sql, struct stmt **out)
{
	struct stmt *stmt;
	sqlite3_stmt *sq;

	if (sqlite3_prepare_v2(db->sq, sql, -1, &sq, NULL) != SQLITE_OK)
		return db_fail(db);
	stmt = xcalloc(1, sizeof(*stmt));
	stmt->db = db;
	stmt->sq = sq;
	*out = stmt;
	return OK;
}

void
stmt_free(struct stmt *stmt)
{
	if (!stmt)
		return;
	sqlite3_finalize(stmt->sq);
	free(stmt);
}

static int
parameter(struct stmt *stmt, const char *name)
{
	int at = sqlite3_bind_parameter_index(stmt->sq, name);

	if (!at)
		die("no parameter '%s' in: %s", name, sqlite3_sql(stmt->sq));
	return at;
}

static void
bound(struct stmt *stmt, int result)
{
	if (result != SQLITE_OK)
		stmt->bind_error = result;
}

void
stmt_bind_int(struct stmt *stmt, const char *name, int64_t value)
{
	bound(stmt, sqlite3_bind_int64(stmt->sq, parameter(stmt, name), value));
}

void
stmt_bind_text(struct stmt *stmt, const char *name, const char *text)
{
	bound(stmt, sqlite3_bind_text64(stmt->sq, parameter(stmt, name), text,
					text ? strlen(text) : 0, SQLITE_STATIC,
					SQLITE_UTF8));
}

void
stmt_bind_null(struct stmt *stmt, const char *name)
{
	bound(stmt, sqlite3_bind_null(stmt->sq, parameter(stmt, name)));
}

enum err
stmt_next(struct stmt *stmt, bool *row)
{
	int result;

	if (stmt->bind_error)
		return db_fail(stmt->db);
	result = sqlite3_step(stmt->sq);
	*row = result == SQLITE_ROW;
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		return db_fail(stmt->db);
	return OK;
}

int64_t
stmt_int(struct stmt *stmt, int column)
{
	return sqlite3_column_int64(stmt->sq, column);
}

const char *
stmt_text(struct stmt *stmt, int column)
{
	return (const char *)sqlite3_column_text(stmt->sq, column);
}

enum err
stmt_run_take(struct stmt *stmt)
{
	enum err err;
	bool row;

	err = stmt_next(stmt, &row);
	stmt_free(stmt);
	return err;
}

enum err
stmt_number_take(struct stmt *stmt, int64_t *number)
{
	bool row = false;
	enum err err = stmt_next(stmt, &row);

	*number = !err && row ? stmt_int(stmt, 0) : 0;
	stmt_free(stmt);
	return err;
}

int64_t
db_last_id(struct db *db)
{
	return sqlite3_last_insert_rowid(db->sq);
}
