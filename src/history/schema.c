/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schema of the history, as the steps that lead to it. A step that was once
 * released is never edited: another is added below it. */
#include "db.h"

#include <sallyport/mem.h>

const struct schema_step schema_steps[] = {
	/* 1: revisions form a tree by parent. stands: neither it nor an
	 * ancestor of it was undone. seen_s: when the live table was last
	 * found to be this one. */
	{ "CREATE TABLE revision ("
	  " id INTEGER PRIMARY KEY AUTOINCREMENT,"
	  " parent INTEGER REFERENCES revision(id) ON DELETE SET NULL"
	  "  CHECK (parent < id),"
	  " stands INTEGER NOT NULL,"
	  " time_s INTEGER NOT NULL,"
	  " since_s INTEGER NOT NULL,"
	  " seen_s INTEGER NOT NULL,"
	  " table_name TEXT NOT NULL,"
	  " uid INTEGER NOT NULL,"
	  " user TEXT, from_addr TEXT, tty TEXT, host TEXT,"
	  " message TEXT NOT NULL,"
	  " origin TEXT NOT NULL,"
	  " state TEXT NOT NULL,"
	  " reason TEXT,"
	  " settled_s INTEGER NOT NULL,"
	  " settled_uid INTEGER NOT NULL,"
	  " settled_user TEXT, settled_from TEXT, settled_tty TEXT,"
	  " settled_host TEXT,"
	  " override TEXT,"
	  " trial_id TEXT UNIQUE,"
	  " boot_id TEXT NOT NULL,"
	  " lost TEXT,"
	  " netns_cookie INTEGER NOT NULL,"
	  " fingerprint TEXT NOT NULL,"
	  " changes TEXT,"
	  " description TEXT NOT NULL"
	  ");"
	  "CREATE INDEX revision_parent ON revision (parent);"
	  "CREATE INDEX revision_newest ON revision (table_name, stands, id);"
	  "CREATE TABLE keyframe ("
	  " revision INTEGER PRIMARY KEY"
	  "  REFERENCES revision(id) ON DELETE CASCADE,"
	  " bytes INTEGER NOT NULL,"
	  " ruleset TEXT NOT NULL"
	  ");" },
	/* 2: a trial is a revision in each of its tables. SQLite cannot change
	 * a constraint: both tables are made anew. The keyframes go first, as
	 * dropping the revisions would delete them. */
	{ "CREATE TEMP TABLE keyframe_kept AS SELECT * FROM keyframe;"
	  "DROP TABLE keyframe;"
	  "CREATE TEMP TABLE revision_kept AS SELECT * FROM revision;"
	  "DROP TABLE revision;"
	  "CREATE TABLE revision ("
	  " id INTEGER PRIMARY KEY AUTOINCREMENT,"
	  " parent INTEGER REFERENCES revision(id) ON DELETE SET NULL"
	  "  CHECK (parent < id),"
	  " stands INTEGER NOT NULL,"
	  " time_s INTEGER NOT NULL,"
	  " since_s INTEGER NOT NULL,"
	  " seen_s INTEGER NOT NULL,"
	  " table_name TEXT NOT NULL,"
	  " uid INTEGER NOT NULL,"
	  " user TEXT, from_addr TEXT, tty TEXT, host TEXT,"
	  " message TEXT NOT NULL,"
	  " origin TEXT NOT NULL,"
	  " state TEXT NOT NULL,"
	  " reason TEXT,"
	  " settled_s INTEGER NOT NULL,"
	  " settled_uid INTEGER NOT NULL,"
	  " settled_user TEXT, settled_from TEXT, settled_tty TEXT,"
	  " settled_host TEXT,"
	  " override TEXT,"
	  " trial_id TEXT,"
	  " boot_id TEXT NOT NULL,"
	  " lost TEXT,"
	  " netns_cookie INTEGER NOT NULL,"
	  " fingerprint TEXT NOT NULL,"
	  " changes TEXT,"
	  " description TEXT NOT NULL,"
	  " UNIQUE (trial_id, table_name)"
	  ");"
	  "CREATE INDEX revision_parent ON revision (parent);"
	  "CREATE INDEX revision_newest ON revision (table_name, stands, id);"
	  "INSERT INTO revision SELECT * FROM revision_kept ORDER BY id;"
	  "CREATE TABLE keyframe ("
	  " revision INTEGER PRIMARY KEY"
	  "  REFERENCES revision(id) ON DELETE CASCADE,"
	  " bytes INTEGER NOT NULL,"
	  " ruleset TEXT NOT NULL"
	  ");"
	  "INSERT INTO keyframe SELECT * FROM keyframe_kept;"
	  "DROP TABLE keyframe_kept;"
	  "DROP TABLE revision_kept;" },
	/* 3: netns_cookie is 0 for the machine's own network namespace; what
	 * there was is taken for that. */
	{ "UPDATE revision SET netns_cookie = 0" },
};

const int schema_version = ARRAY_LEN(schema_steps);
