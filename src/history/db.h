/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The database under the history: a file of root's alone, statements with
 * named parameters, and errors as sentences. Nothing above it sees SQLite. */
#ifndef SALLYPORT_HISTORY_DB_H
#define SALLYPORT_HISTORY_DB_H

#include <stdbool.h>
#include <stdint.h>
#include <sallyport/err.h>

struct db;
struct stmt;

/* Open path, made where missing, and bring its schema up to date. read_only
 * changes nothing: ERR_NOT_FOUND where there is no database. */
enum err db_open(const char *path, bool read_only, struct db **db) must_check;
void db_close(struct db *db);

/* What happens between the two happens whole or not at all. Others are waited
 * for, two seconds at most. */
enum err db_begin(struct db *db) must_check;
enum err db_commit(struct db *db) must_check;
void db_rollback(struct db *db);

/* Parameters are bound by name (":id"); text is borrowed until stmt_free(), and
 * NULL is SQL's NULL. A failure to bind is told by stmt_next(). */
enum err stmt_new(struct db *db, const char *sql, struct stmt **stmt) must_check;
void stmt_free(struct stmt *stmt);
void stmt_bind_int(struct stmt *stmt, const char *name, int64_t value);
void stmt_bind_text(struct stmt *stmt, const char *name, const char *text);
void stmt_bind_null(struct stmt *stmt, const char *name);

/* *row: is there a row to look at? Columns count from 0; text is borrowed until
 * the next call, NULL for SQL's NULL. */
enum err stmt_next(struct stmt *stmt, bool *row) must_check;
int64_t stmt_int(struct stmt *stmt, int column);
const char *stmt_text(struct stmt *stmt, int column);

/* Run a statement that gives no rows, and free it. */
enum err stmt_run_take(struct stmt *stmt) must_check;

/* The number in its first row and column, 0 where there is none or on failure;
 * the statement is freed. */
enum err stmt_number_take(struct stmt *stmt, int64_t *number) must_check;

/* The id of the row that was inserted last. */
int64_t db_last_id(struct db *db);

/* db-file.c: the file and its directory, checked and made where missing. */
enum err db_file_prepare(const char *path, bool read_only) must_check;

/* schema.c: the steps that make a schema. Step n makes version n + 1 of
 * version n. */
struct schema_step {
	const char *sql;
};
extern const struct schema_step schema_steps[];
extern const int schema_version;

#endif
