/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manual names every command, option and key, as the tables that dispatch
 * reads have them. */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/file.h>
#include <sallyport/settings.h>
#include <sallyport/str.h>
#include <sallyport/tui.h>
#include "../../src/cli/internal.h"
#include "../tap.h"

static struct str manual;

static bool
has_line(const char *from, const char *line)
{
	return strstr(from, line) != NULL;
}

static void
test_commands(void)
{
	const struct command *command;
	struct str line = {0};

	for (command = cli_commands; command->name; command++) {
		str_clear(&line);
		str_addf(&line, "\n.It Cm %s", command->name);
		if (!has_line(manual.s, str_text(&line))) {
			str_clear(&line);
			str_addf(&line, "\n.It Xo\n.Cm %s\n", command->name);
		}
		ok(has_line(manual.s, str_text(&line)), "command %s",
		   command->name);
	}
	str_done(&line);
}

static void
test_options(void)
{
	const struct cli_option *row;
	struct str line = {0};

	for (row = cli_option_rows; row->name; row++) {
		if (row->hidden)
			continue;
		str_clear(&line);
		str_add(&line, "\n.It Fl ");
		if (row->letter)
			str_addf(&line, "%c , Fl ", row->letter);
		str_addf(&line, "\\-%s", row->name);
		if (row->arg)
			str_addf(&line, " Ar %s", row->arg);
		str_addc(&line, '\n');
		ok(has_line(manual.s, str_text(&line)), "option --%s",
		   row->name);
	}
	str_done(&line);
}

static void
check_key(const char *key, const char *values, const char *help, void *arg)
{
	struct str item = {0};

	str_addf(&item, "\n.It Li %s = %s\n%s\n", key, values, help);
	ok(has_line(manual.s, str_text(&item)), "setting %s", key);
	str_done(&item);
}

/* Text as mdoc writes it: a circumflex has a name, and a single character
 * that may be punctuation to it is kept apart. */
static void
add_mdoc(struct str *out, const char *s, bool keys)
{
	const char *p;
	bool alone;

	for (p = s; *p; p++) {
		alone = (p == s || p[-1] == ' ') && (!p[1] || p[1] == ' ');
		if (*p == '^')
			str_add(out, "\\(ha");
		else if (keys && alone && !isalnum((unsigned char)*p))
			str_addf(out, "\\&%c", *p);
		else
			str_addc(out, *p);
	}
}

/* The list of a screen's keys in the manual; NULL where there is none. */
static char *
section(const char *screen)
{
	struct str head = {0};
	const char *from;
	const char *end;

	if (!strcmp(screen, "trial"))
		screen = "While a trial runs";
	str_addf(&head, "\n.Em %c%s\n.Bl ", toupper((unsigned char)*screen),
		 screen + 1);
	from = strstr(manual.s, str_text(&head));
	str_done(&head);
	end = from ? strstr(from, "\n.El\n") : NULL;
	return end ? strndup(from, (size_t)(end + 1 - from)) : NULL;
}

static void
check_action(const char *screen, const char *keys, const char *name,
	     const char *help, void *arg)
{
	struct str item = {0};
	char *list = section(screen);

	str_add(&item, "\n.It Ic ");
	add_mdoc(&item, keys, true);
	str_addc(&item, '\n');
	add_mdoc(&item, help, false);
	str_addc(&item, '\n');
	if (!ok(list && has_line(list, str_text(&item)), "%s: %s", screen,
		name))
		diag("no '%s' for %s", str_text(&item), keys);
	str_done(&item);
	free(list);
}

int
main(void)
{
	const char *top = getenv("top_srcdir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/doc/sallyport.8", top ? top : ".");
	if (!ok(file_read(AT_FDCWD, path, 1 << 20, &manual) == OK,
		"the manual"))
		return done_testing();
	test_commands();
	test_options();
	settings_each_key(check_key, NULL);
	tui_each_action(check_action, NULL);
	str_done(&manual);
	return done_testing();
}
