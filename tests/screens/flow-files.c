/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules from a file and into one, and the editor on a rules file, offline. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sallyport/base64.h>
#include "flow.h"

#define RULES \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n" \
	"COMMIT\n"

static char *dir;

static void
begin_as(const char *name, struct setup setup)
{
	dir = flow_dir(name);
	setup.ssh = LOGIN;
	flow_begin(name, setup);
}

static void
begin(const char *name)
{
	begin_as(name, (struct setup){ .rules = RULES });
}

static void
end(void)
{
	editor_close(&e);
	free(dir);
}

static void
type(const char *keys, const char *path, const char *more)
{
	char *all = xasprintf("%s%s%s", keys, path, more);

	editor_keys(&e, all);
	free(all);
}

#define NEW_RULES \
	"*nat\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n" \
	"*filter\n:INPUT DROP [0:0]\n" \
	"-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\nCOMMIT\n"

static void
test_import(void)
{
	char *path;

	begin("import");
	path = file_make(dir, "new.v6", NEW_RULES);
	type("I", path, "<Enter>");
	ok(seen("r Replace the tables in it"), "I asks what the file shall do");
	is_int(session_staged_count(e.session), 0, "before it stages");
	editor_keys(&e, "r");
	ok(!editor_staged(&e, "filter", "--dport 22"), "r replaces a table");
	ok(editor_staged(&e, "filter", ":INPUT DROP") &&
	   editor_staged(&e, "nat", "MASQUERADE"), "and the others in it");
	is_int(e.session->steps.n, 1, "as one step");
	is_str(e.session->origin, "import", "which history knows as import");
	editor_keys(&e, "uI<Up><Enter>n");
	ok(editor_staged(&e, "filter", "--dport 22") &&
	   editor_staged(&e, "filter", "--dport 443"),
	   "n adds to what is there");
	free(path);
	end();
}

static void
test_bad_import(void)
{
	char *path;

	begin("bad-import");
	editor_keys(&e, "I/nowhere/rules<Enter>");
	ok(e.ui.form.is_open && seen("cannot open '/nowhere/rules'"),
	   "a file that is not there is told in place");
	editor_keys(&e, "<^U>/dev/tty<Enter>");
	ok(seen("is no regular file"), "a terminal is not read");
	path = file_make(dir, "bad.v6", "*nat\n-A POSTROUTING -j MASQUERADE\n"
			  "COMMIT\n*filter\n-A INPUT --dprt 1\nCOMMIT\n");
	type("<^U>", path, "<Enter>r");
	ok(seen("bad.v6:5: ") && seen("--dprt"),
	   "a bad line is named, and its word");
	is_int(session_staged_count(e.session), 0, "and nothing is staged");
	free(path);
	path = file_make(dir, "nothing.v6", "# nothing\n");
	type("I", path, "<Enter>r");
	is_int(session_staged_count(e.session), 0, "no table, nothing staged");
	ok(e.ui.message_role == ROLE_ERROR, "and that is an error");
	free(path);
	end();
}

static void
test_completion(void)
{
	char *path, *wanted;

	begin("completion");
	path = xasprintf("%s/sub", dir);
	mkdir(path, 0700);
	free(path);
	free(file_make(dir, "sub/rules-one.v6", ""));
	free(file_make(dir, "sub/rules-two.v6", ""));
	type("I", dir, "/su<Tab>r<Tab>");
	wanted = xasprintf("%s/sub/rules-", dir);
	is_str(str_text(&e.ui.form.text), wanted,
	       "Tab adds what all names have in common");
	editor_keys(&e, "t<Tab><Tab>");
	ok(strstr(str_text(&e.ui.form.text), "/rules-two.v6"),
	   "or the rest of the only one");
	editor_keys(&e, "<Esc>");
	free(wanted);
	end();
}

static void
test_export(void)
{
	char *path;

	begin("export");
	editor_keys(&e, ":-t raw -A OUTPUT -p udp -j NOTRACK<Enter>");
	path = file_make(dir, "out.v6", "precious\n");
	type("W", path, "<Enter>");
	ok(seen("is there already"), "W asks before it replaces a file");
	editor_keys(&e, "<Enter><Esc>");
	ok(file_has(path, "precious"), "Enter and Esc leave it");
	editor_keys(&e, "W<Up><Enter>y");
	ok(seen("(tables: 2, rules: 3)"), "y does not");
	ok(file_has(path, "*raw\n") && file_has(path, "--dport 80 -j ACCEPT"),
	   "what is staged is in it, of all tables");
	ok(!file_has(path, "*nat"), "but for those not in use");
	editor_keys(&e, "uW<Enter>");
	ok(e.ui.form.is_open, "a name is wanted");
	editor_keys(&e, "/nowhere/out<Enter>");
	ok(e.ui.form.is_open && seen("/nowhere"), "errors stay in place");
	editor_keys(&e, "<Esc>I<Up><Up><Enter>r");
	ok(editor_staged(&e, "raw", "NOTRACK") ||
	   editor_staged(&e, "raw", "--notrack"), "I reads what W wrote");
	free(path);
	end();
}

/* A rules file, offline: nothing of the kernel is touched or shown. */
static void
begin_file(const char *name, const char *text)
{
	char *file = xasprintf("%s.v6", name);
	char *path = file_make(screen_dir(), file, text);

	begin_as(name, (struct setup){ .file = path });
	free(file);
}

static void
end_file(void)
{
	char *path = (char *)(uintptr_t)e.world.file;

	end();
	free(path);
}

#define FILE_RULES \
	"# mine\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 25 -j DROP\n" \
	"COMMIT\n*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n" \
	"COMMIT\n"

static void
test_file(void)
{
	begin_file("file", FILE_RULES);
	ok(seen("file.v6  offline") && seen("dpt:25"),
	   "the title says file and offline");
	editor_keys(&e, "ja-p tcp --dport 587 -j ACCEPT<Enter>");
	editor_keys(&e, ":-t raw -A OUTPUT -p udp -j NOTRACK<Enter>c");
	ok(seen("2 changes") && seen("*raw"), "c shows what would change");
	ok(seen("it takes effect when it is loaded"), "and that nothing does");
	editor_keys(&e, "c<Enter>");
	ok(!file_has(e.world.file, "587"), "nothing is written unasked");
	editor_keys(&e, "y");
	ok(seen("written: "), "y writes it");
	ok(file_has(e.world.file, "--dport 587") &&
	   file_has(e.world.file, "-A OUTPUT -p udp") &&
	   file_has(e.world.file, "# mine\n"), "in both tables, the rest kept");
	is_int(session_staged_count(e.session), 0, "nothing is staged now");
	is_int(e.ui.depth, 1, "the rules are shown again");
	ok(access(e.db_path, F_OK) < 0, "no history is made");
	editor_keys(&e, "H");
	ok(seen("a file has no history"), "and none is shown");
	end_file();
}

static void
test_file_changed(void)
{
	begin_file("file-changed", FILE_RULES);
	editor_keys(&e, "jdc");
	free(file_make(screen_dir(), "file-changed.v6",
		       "*filter\n-A INPUT -j LOG\nCOMMIT\n"));
	editor_keys(&e, "cy");
	ok(seen("has changed since it was read"), "a file that changed");
	ok(file_has(e.world.file, "-j LOG"), "is not overwritten");
	is_int(session_staged_count(e.session), 1, "what is staged stays");
	editor_keys(&e, "qq");
	ok(seen("is staged. Leave?") && !e.ui.done, "q asks");
	editor_keys(&e, "<Esc>");
	e.ui.live_next_ms = 0;
	ui_tick(&e.ui);
	ok(seen("the file was changed meanwhile"), "the change is told");
	editor_keys(&e, "r");
	ok(seen("LOG"), "r reads it anew");
	is_int(session_staged_count(e.session), 0,
	       "what was to go is gone already");
	end_file();
}

/* --- A rule that cannot be printed --- */

/* Its line in a rules file: that of a match which is not installed. */
static char *
opaque_line(void)
{
	static const char text[] = "*filter\n-A INPUT -m comment --comment x "
				   "-j ACCEPT\nCOMMIT\n";
	struct ruleset *rs = NULL;
	struct str line = { 0 };
	struct rule *rule;

	if (ruleset_load(text, strlen(text), "text", "filter", &rs))
		bail_out("%s", err_message());
	rule = chain_rule(ruleset_chain(rs, "INPUT"), 0);
	memcpy(memmem(rule->entry, rule->size, "comment", 7), "nosuchm", 7);
	str_add(&line, "# opaque INPUT ");
	base64_encode(&line, rule->entry, rule->size);
	str_addc(&line, '\n');
	ruleset_free(rs);
	return str_take(&line);
}

#define TCP(port) "-A INPUT -p tcp -m tcp --dport " #port " -j ACCEPT\n"

static void
begin_opaque(const char *line)
{
	char *text = xasprintf("*filter\n:INPUT ACCEPT [0:0]\n" TCP(22) "%s"
			       TCP(25) "COMMIT\n", line);

	begin_file("opaque", text);
	free(text);
}

/* Does line stand there so often, between these two? */
static bool
staged_as(const char *before, const char *line, int times, const char *after)
{
	char *text = xasprintf("%s%s%s%s", before, line, times > 1 ? line : "",
			       after);
	bool found = editor_staged(&e, "filter", text);

	free(text);
	return found;
}

static void
test_opaque(void)
{
	char *line = opaque_line(), *path;

	begin_opaque(line);
	ok(seen("nosuchm"), "a rule with a missing extension is shown");
	editor_keys(&e, "g2Ge");
	ok(!e.ui.form.is_open && seen("not edited"), "e says why not");
	editor_keys(&e, "K");
	ok(staged_as("", line, 1, TCP(22)), "K moves it");
	editor_keys(&e, "yp");
	ok(staged_as("", line, 2, TCP(22)), "y and p copy it, bytes and all");
	editor_keys(&e, "d");
	ok(staged_as("", line, 1, TCP(22)), "d deletes it");
	e.world.editor = "sed -i s/25/26/";
	editor_keys(&e, "uuuE");
	ok(staged_as(TCP(22), line, 1, TCP(26)), "E leaves it as it is");
	is_int(session_staged_count(e.session), 1, "and is one change");
	path = xasprintf("%s/out.v6", dir);
	type("W", path, "<Enter>");
	ok(seen("comments there"), "W tells that no restore reads it");
	ok(file_has(path, line), "and writes it");
	type("I", path, "<Enter>r");
	ok(seen("the rules are the same"), "I reads it");
	editor_keys(&e, "ccy");
	ok(file_has(e.world.file, line) && file_has(e.world.file, "26"),
	   "a written file has it");
	free(path);
	free(line);
	end_file();
}

static void (*const tests[])(void) = {
	test_import, test_bad_import, test_completion, test_export, test_file,
	test_file_changed, test_opaque,
};

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, NULL, tests, ARRAY_LEN(tests));
}
