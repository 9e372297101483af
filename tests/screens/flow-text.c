/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules as text on the screen: in $EDITOR, from a file and into one. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/guardian.h>
#include <sallyport/mem.h>
#include <sallyport/xt.h>
#include "../ns.h"
#include "../../src/tui/cursesw.h"
#include "screen.h"

#define RULES \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n" \
	"COMMIT\n"

static struct editor e;
static char *dir;

static char *
write_text(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		bail_out("cannot write %s", path);
	return path;
}

static bool
file_has(const char *path, const char *text)
{
	struct str all = { 0 };
	bool found = file_read(AT_FDCWD, path, 1 << 20, &all) == OK &&
		     strstr(str_text(&all), text) != NULL;

	if (!found)
		diag("%s: %s", path, str_text(&all));
	str_done(&all);
	return found;
}

/* A directory of its own; script is a shell script that gets the text as $1, and
 * may keep a count in $0.n. */
static void
begin_as(const char *name, const char *script, struct setup setup)
{
	char *editor = NULL, *path;

	dir = xasprintf("%s/%s", screen_dir(), name);
	mkdir(dir, 0700);
	if (script) {
		path = write_text("editor", script);
		editor = xasprintf("sh %s", path);
		free(path);
	}
	setup.rows = 24;
	setup.columns = 100;
	setup.dir = dir;
	setup.ssh = "2001:db8::77 50000 2001:db8::1 22";
	setup.editor = editor;
	editor_open(&e, &setup);
}

static void
begin(const char *name, const char *script)
{
	begin_as(name, script, (struct setup){ .rules = RULES });
}

static void
end(void)
{
	char *editor = (char *)(uintptr_t)e.world.editor;

	editor_close(&e);
	free(editor);
	free(dir);
}

static bool
seen(const char *text)
{
	return editor_sees(&e, text);
}

static bool
staged(const char *text)
{
	return editor_staged(&e, e.session->table, text);
}

/* --- $EDITOR --- */

static void
test_editor(void)
{
	begin("editor", "sed -i 's/--dport 80/--dport 8080/; /^COMMIT/i"
	      "-A FORWARD -p udp -j ACCEPT' \"$1\"\ntouch \"$1~\"\n"
	      "echo \"$1\" >\"$0.path\"\n");
	editor_keys(&e, "E");
	ok(staged("--dport 8080") && staged("-A FORWARD -p udp -j ACCEPT"),
	   "E stages what the editor changed");
	ok(seen("2 staged"), "which the title counts");
	is_int(e.session->steps.n, 1, "as one step");
	editor_keys(&e, "u");
	is_int(session_staged_count(e.session), 0, "that u undoes");
	ok(!e.ui.edit.dir, "no text is left");
	end();
}

static void
test_unchanged(void)
{
	begin("unchanged", "true\n");
	editor_keys(&e, "E");
	ok(seen("the text was not changed"), "an editor that changes nothing");
	is_int(session_staged_count(e.session), 0, "stages nothing");
	end();
	begin("same", "echo '# only a comment' >>\"$1\"\n");
	editor_keys(&e, "E");
	ok(seen("the rules are the same"), "nor does a comment");
	end();
}

/* A bad line is shown and can be edited again. */
static void
test_bad_line(void)
{
	begin("bad", "if [ -e \"$0.n\" ]; then sed -i s/--dprt/--dport/ \"$1\""
	      "\nelse sed -i s/--dport/--dprt/ \"$1\"; fi\n: >\"$0.n\"\n");
	editor_keys(&e, "E");
	ok(seen("rules.v6:7: ") && seen("--dprt"),
	   "a bad line is named, and its word");
	is_int(session_staged_count(e.session), 0, "nothing of it is staged");
	is_int(e.ui.edit.line, 7, "the editor is to begin there");
	editor_keys(&e, "jx");
	ok(e.ui.form.is_open, "other keys answer nothing");
	editor_keys(&e, "<Enter>");
	ok(!e.ui.form.is_open && seen("was not changed"),
	   "Enter edits it again");
	end();
}

/* What was kept where it is said to be. */
static void
remove_text(char *path)
{
	unlink(path);
	*strrchr(path, '/') = '\0';
	ok(rmdir(path) == 0, "nothing else is there");
	free(path);
}

/* Bad twice and given up: the text is not lost. */
static void
test_given_up(void)
{
	char *path;

	begin("given-up", "echo '-A NOWHERE -j ACCEPT' >>\"$1\"\n");
	editor_keys(&e, "E<Enter>");
	ok(e.ui.form.is_open, "bad twice asks twice");
	path = xstrdup(e.ui.edit.path);
	editor_keys(&e, "<Esc>");
	ok(seen("the text is kept in") && seen(path),
	   "Esc gives up and says where the text is");
	ok(file_has(path, "-A NOWHERE"), "and it is there");
	is_int(session_staged_count(e.session), 0, "nothing is staged");
	remove_text(path);
	end();
}

static void
test_killed(void)
{
	char *path;

	begin("killed", "kill -9 $$\n");
	editor_keys(&e, "jdE");
	ok(seen("was ended by signal 9"), "a killed editor is told");
	editor_keys(&e, "<Esc>");
	ok(seen("nothing was staged") && !e.ui.edit.dir,
	   "giving up keeps no text that was not changed");
	is_int(session_staged_count(e.session), 1, "what was staged stays");
	end();
	begin("status", "sed -i /80/d \"$1\"; exit 3\n");
	editor_keys(&e, "E");
	ok(seen("left with status 3"), "an editor that failed is told");
	is_int(session_staged_count(e.session), 0, "its text is not taken");
	path = xstrdup(e.ui.edit.path);
	editor_keys(&e, "<Esc>");
	ok(seen("the text is kept in") && file_has(path, "--dport 22"),
	   "but kept");
	remove_text(path);
	end();
}

static void
test_not_there(void)
{
	begin("not-there", NULL);
	editor_keys(&e, "E");
	ok(seen("--no-editor"), "without an editor E says why");
	e.world.editor = xstrdup("sallyport-no-such-editor -x");
	editor_keys(&e, "E");
	ok(seen("cannot run 'sallyport-no-such-editor'"),
	   "an editor that cannot be run is named");
	editor_keys(&e, "<Esc>");
	end();
}

/* In the list of tables E is about all that are in use. */
static void
test_all_tables(void)
{
	begin("all", "grep -q '^[*]raw' \"$1\" && exit 9\n"
	      "printf '*raw\\n-A OUTPUT -p udp -j NOTRACK\\nCOMMIT\\n' "
	      ">>\"$1\"\nsed -i s/dport.80/dport\\ 81/ \"$1\"\n");
	editor_keys(&e, "TE");
	ok(editor_staged(&e, "raw", "-A OUTPUT -p udp"),
	   "a table that is added to the text is staged");
	ok(editor_staged(&e, "filter", "--dport 81"), "with the others");
	is_int(e.session->steps.n, 1, "as one step");
	end();
}

/* --- Files --- */

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

	begin("import", NULL);
	path = write_text("new.v6", NEW_RULES);
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

	begin("bad-import", NULL);
	editor_keys(&e, "I/nowhere/rules<Enter>");
	ok(e.ui.form.is_open && seen("cannot open '/nowhere/rules'"),
	   "a file that is not there is told in place");
	editor_keys(&e, "<^U>/dev/tty<Enter>");
	ok(seen("is no regular file"), "a terminal is not read");
	path = write_text("bad.v6", "*nat\n-A POSTROUTING -j MASQUERADE\n"
			  "COMMIT\n*filter\n-A INPUT --dprt 1\nCOMMIT\n");
	type("<^U>", path, "<Enter>r");
	ok(seen("bad.v6:5: ") && seen("--dprt"),
	   "a bad line is named, and its word");
	is_int(session_staged_count(e.session), 0, "and nothing is staged");
	free(path);
	path = write_text("nothing.v6", "# nothing\n");
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

	begin("completion", NULL);
	path = xasprintf("%s/sub", dir);
	mkdir(path, 0700);
	free(path);
	free(write_text("sub/rules-one.v6", ""));
	free(write_text("sub/rules-two.v6", ""));
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

	begin("export", NULL);
	editor_keys(&e, ":-t raw -A OUTPUT -p udp -j NOTRACK<Enter>");
	path = write_text("out.v6", "precious\n");
	type("W", path, "<Enter>");
	ok(seen("is there already"), "W asks before it replaces a file");
	editor_keys(&e, "<Enter><Esc>");
	ok(file_has(path, "precious"), "Enter and Esc leave it");
	editor_keys(&e, "W<Up><Enter>y");
	ok(seen("wrote 2 tables with 3 rules to"), "y does not");
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
	char *path = xasprintf("%s/%s.v6", screen_dir(), name);
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		bail_out("cannot write %s", path);
	begin_as(name, NULL, (struct setup){ .file = path });
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
	is_int(session_staged_count(e.session), 0, "nothing is staged any more");
	is_int(e.ui.depth, 1, "the rules are shown again");
	ok(access(e.db_path, F_OK) < 0, "no history is made");
	editor_keys(&e, "H");
	ok(seen("a file has no history"), "and none is shown");
	end_file();
}

static void
test_file_changed(void)
{
	FILE *f;

	begin_file("file-changed", FILE_RULES);
	editor_keys(&e, "jdc");
	f = fopen(e.world.file, "w");
	if (!f || fputs("*filter\n-A INPUT -j LOG\nCOMMIT\n", f) < 0 ||
	    fclose(f) != 0)
		bail_out("cannot write");
	editor_keys(&e, "cy");
	ok(seen("has changed since it was read"), "a file that changed");
	ok(file_has(e.world.file, "-j LOG"), "is not overwritten");
	is_int(session_staged_count(e.session), 1, "what is staged stays");
	editor_keys(&e, "qq");
	ok(seen("will be lost") && !e.ui.done, "q asks");
	editor_keys(&e, "<Esc>r");
	ok(e.ui.form.is_open, "r finds that the edits do not fit, and asks");
	editor_keys(&e, "d");
	ok(seen("LOG"), "d reads it anew");
	end_file();
}

static void (*const tests[])(void) = {
	test_editor, test_unchanged, test_bad_line, test_given_up, test_killed,
	test_not_there, test_all_tables, test_import, test_bad_import,
	test_completion, test_export, test_file, test_file_changed,
};

int
main(int argc, char **argv)
{
	struct guardian_options opt;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd))
		return guardian_main(&opt, fd);
	screen_dir();
	ns_or_skip();
	if (xt_init(false))
		bail_out("xt_init: %s", err_message());
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tests[i]();
	return done_testing();
}
