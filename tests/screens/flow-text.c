/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules as text on the screen: as $EDITOR has it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/file.h>
#include "flow.h"

#define RULES \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n" \
	"COMMIT\n"

static char *dir;

/* A directory of its own; script is a shell script that gets the text as $1 and
 * may keep a note in $0.n. */
static void
begin(const char *name, const char *script)
{
	char *editor = NULL, *path;

	dir = flow_dir(name);
	if (script) {
		path = file_make(dir, "editor", script);
		editor = xasprintf("sh %s", path);
		free(path);
	}
	flow_begin(name, (struct setup){
		.rules = RULES, .ssh = LOGIN, .editor = editor,
	});
}

static void
end(void)
{
	char *editor = (char *)(uintptr_t)e.world.editor;

	editor_close(&e);
	free(editor);
	free(dir);
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

static void (*const tests[])(void) = {
	test_editor, test_unchanged, test_bad_line, test_given_up, test_killed,
	test_not_there, test_all_tables,
};

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, NULL, tests, ARRAY_LEN(tests));
}
