/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The world as main.c found it: below it nobody calls getenv(), time() or
 * isatty(), or asks where a file is. */
#ifndef SALLYPORT_WORLD_H
#define SALLYPORT_WORLD_H

#include <stdbool.h>
#include <stdio.h>
#include <sallyport/backend.h>
#include <sallyport/containers.h>
#include <sallyport/guardian.h>
#include <sallyport/lifeline.h>
#include <sallyport/settings.h>
#include <sallyport/trial.h>

struct world {
	const struct clock *clock;
	struct backend *backend;
	const char *table;		/* that is shown: -T, or "filter" */
	const char *only_table;		/* -T as given; NULL: all tables count */
	const char *file;		/* --file: the tables are those of this
					 * file, nothing is live; else NULL */
	const char *docker;		/* Docker Engine's socket; NULL: it is
					 * not asked */
	const char *db_path;
	const char *boot_root;		/* --boot-root: what the files for the
					 * next boot are below; NULL: the host's */
	struct guardian_options guardian;	/* run directory and lock */
	struct lifeline_sources lifelines;
	struct actor actor;		/* who we are */
	const char *editor;		/* $VISUAL, $EDITOR or "vi"; NULL: none
					 * may be started */
	bool no_files;			/* the screen reads and writes none that
					 * is named there */
	const char *term;		/* $TERM */
	bool no_color;			/* $NO_COLOR is set and not empty */
	bool utf8;			/* the locale's character set is UTF-8 */
	bool read_only;
	bool sandbox;			/* a private network namespace: SANDBOX */
	const char *override;		/* --override HOST or NULL */
	bool no_trial;
	bool rehearse;			/* the kernel is asked what the guard
					 * thinks of a change */
	struct settings *settings;	/* owned by main.c */
	char *settings_why;		/* the same: they could not be read, and
					 * nothing is set; NULL */
	FILE *in;
	FILE *out;
	FILE *err;
	bool tty_in;			/* in and out are terminals */
	bool tty_out;
};

#endif
