/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a test of the editor looks at: the screen, the tables, files. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sallyport/file.h>
#include <sallyport/mem.h>
#include "../tap.h"
#include "screen.h"

bool
editor_sees(struct editor *editor, const char *text)
{
	struct str screen = { 0 };
	bool found;

	editor_text(editor, &screen);
	found = strstr(str_text(&screen), text) != NULL;
	if (!found)
		diag("'%s' is not on the screen:\n%s", text, str_text(&screen));
	str_done(&screen);
	return found;
}

static bool
has_text(const struct ruleset *rs, const char *text)
{
	struct str save = { 0 };
	bool found;

	ruleset_save(rs, false, &save);
	found = strstr(str_text(&save), text) != NULL;
	str_done(&save);
	return found;
}

bool
editor_staged(const struct editor *editor, const char *table, const char *text)
{
	return has_text(tables_get(editor->session->candidate, table), text);
}

bool
editor_live(const struct editor *editor, const char *table, const char *text)
{
	struct backend *be = editor->world.backend;
	struct ruleset *live = NULL;
	bool found;

	if (be->ops->read(be, table, &live))
		bail_out("read: %s", err_message());
	found = has_text(live, text);
	ruleset_free(live);
	return found;
}

char *
file_make(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		bail_out("cannot write %s", path);
	return path;
}

bool
file_has(const char *path, const char *text)
{
	struct str all = { 0 };
	bool found = file_read(AT_FDCWD, path, 1 << 20, &all) == OK &&
		     strstr(str_text(&all), text) != NULL;

	str_done(&all);
	return found;
}
