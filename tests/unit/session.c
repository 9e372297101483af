/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session without a screen, on a rules file: what is staged, undone, done
 * again, and how the listing shows it. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/mem.h>
#include <sallyport/session.h>
#include "../../src/session/internal.h"
#include "../tap.h"

static char path[] = "/tmp/session-XXXXXX";

static const char rules[] =
	"*filter\n"
	":INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
	":mine - [0:0]\n"
	"-A INPUT -s 2001:db8::1/128 -j ACCEPT\n"
	"-A INPUT -s 2001:db8::2/128 -j ACCEPT\n"
	"-A INPUT -s 2001:db8::3/128 -j mine\n"
	"-A mine -s 2001:db8::4/128 -j DROP\n"
	"COMMIT\n";

static void
write_rules(const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)) != OK)
		bail_out("cannot write %s", path);
	close(fd);
}

static struct session *
must_open(const struct world *world)
{
	struct session *s = NULL;

	if (session_open(world, &s) != OK)
		bail_out("cannot open: %s", err_message());
	return s;
}

static void
must_stage(struct session *s, const char *command)
{
	if (!ok(session_stage_command(s, command) == OK, "stage %s", command))
		diag("%s", err_message());
}

/* A letter for each rule line, a word for each chain. */
static const char *
shape(const struct session *s)
{
	static const char marks[] = " +-~>";
	static struct str out;
	struct vec lines = { 0 };

	str_clear(&out);
	session_lines(s, &lines);
	for (size_t i = 0; i < lines.n; i++) {
		const struct line *line = lines.v[i];

		if (line->kind == LINE_CHAIN)
			str_addf(&out, "%s%s%c", out.len ? " " : "",
				 line->chain->name, marks[line->mark]);
		else if (line->kind == LINE_RULE)
			str_addf(&out, "%c%zu", marks[line->mark],
				 line->pos + 1);
		if (line->on_trial)
			str_addc(&out, '?');
	}
	lines_free(&lines);
	return str_text(&out);
}

#define REST " FORWARD  OUTPUT  mine  1"

static void
test_marks(const struct world *world)
{
	struct session *s = must_open(world);

	is_str(shape(s), "INPUT  1 2 3" REST, "nothing is staged");
	must_stage(s, "ip6tables -D INPUT 2");
	is_str(shape(s), "INPUT  1-2 2" REST, "a deleted rule is still shown");
	must_stage(s, "ip6tables -I INPUT 1 -p tcp -j DROP");
	is_str(shape(s), "INPUT +1 2-3 3" REST, "an added one is marked");
	must_stage(s, "ip6tables -R INPUT 2 -s 2001:db8::9 -j DROP");
	is_str(shape(s), "INPUT +1~2-3 3" REST, "a changed one too");
	ok(session_undo(s) && session_undo(s) && session_undo(s),
	   "three steps back");
	is_str(shape(s), "INPUT  1 2 3" REST, "nothing is staged again");
	ok(!session_undo(s), "there is no fourth step");
	ok(session_redo(s), "one step forth");
	is_int(session_staged_count(s), 1, "one change is staged");
	session_free(s);
}

/* What is on trial is live: the marks of what is staged are on top of it. */
static void
test_marks_on_trial(const struct world *world)
{
	struct session *s = must_open(world);

	must_stage(s, "ip6tables -D INPUT 2");
	must_stage(s, "ip6tables -A INPUT -p udp -j ACCEPT");
	must_stage(s, "ip6tables -P FORWARD ACCEPT");
	is_str(shape(s), "INPUT  1-2 2+3 FORWARD~ OUTPUT  mine  1", "staged");
	session_commits(s);
	is_str(shape(s), "INPUT  1-2? 2+3? FORWARD~? OUTPUT  mine  1",
	       "then on trial");
	is_int(session_trial_count(s), 3, "that many");
	must_stage(s, "ip6tables -A INPUT -p sctp -j ACCEPT");
	is_str(shape(s), "INPUT  1-2? 2+3?+4 FORWARD~? OUTPUT  mine  1",
	       "what is staged beside it is told apart");
	is_int(session_staged_count(s) - session_trial_count(s), 1, "one");
	must_stage(s, "ip6tables -D INPUT 3");
	is_str(shape(s), "INPUT  1-2? 2+3-4 FORWARD~? OUTPUT  mine  1",
	       "a rule on trial that is to go is live and shown");
	must_stage(s, "ip6tables -R INPUT 1 -p tcp -j DROP");
	must_stage(s, "ip6tables -P FORWARD DROP");
	is_str(shape(s), "INPUT ~1-2? 2+3-4 FORWARD~ OUTPUT  mine  1",
	       "as is what is changed, and a policy that is to be as it was");
	ok(session_undo(s) && session_undo(s) && session_undo(s) &&
	   session_undo(s) && !session_undo(s), "back to the trial");
	is_str(shape(s), "INPUT  1-2? 2+3? FORWARD~? OUTPUT  mine  1",
	       "which cannot be undone");
	session_free(s);
}

static void
test_chains_on_trial(const struct world *world)
{
	struct session *s = must_open(world);

	must_stage(s, "ip6tables -E mine ours");
	must_stage(s, "ip6tables -N fresh");
	must_stage(s, "ip6tables -A fresh -j DROP");
	session_commits(s);
	is_str(shape(s), "INPUT  1 2~3? FORWARD  OUTPUT  ours~? 1 fresh+?+1?",
	       "chains are on trial");
	must_stage(s, "ip6tables -F fresh");
	must_stage(s, "ip6tables -X fresh");
	is_str(shape(s), "INPUT  1 2~3? FORWARD  OUTPUT  ours~? 1 fresh--1",
	       "and go again only when that is committed");
	session_free(s);
	s = must_open(world);
	must_stage(s, "ip6tables -D INPUT 3");
	must_stage(s, "ip6tables -F mine");
	must_stage(s, "ip6tables -X mine");
	session_commits(s);
	is_str(shape(s), "INPUT  1 2-3? FORWARD  OUTPUT  mine-?-1?",
	       "one that is gone is shown");
	must_stage(s, "ip6tables -N mine");
	is_str(shape(s), "INPUT  1 2-3? FORWARD  OUTPUT  mine+",
	       "until there is another one");
	session_free(s);
}

static void
test_chains(const struct world *world)
{
	struct session *s = must_open(world);

	must_stage(s, "ip6tables -E mine ours");
	is_str(shape(s), "INPUT  1 2~3 FORWARD  OUTPUT  ours~ 1",
	       "a renamed chain is no new one, and what jumps to it changes");
	must_stage(s, "ip6tables -P INPUT DROP");
	must_stage(s, "ip6tables -D INPUT 3");
	must_stage(s, "ip6tables -F ours");
	must_stage(s, "ip6tables -X ours");
	is_str(shape(s), "INPUT~ 1 2-3 FORWARD  OUTPUT  mine--1",
	       "a deleted chain is still shown");
	must_stage(s, "ip6tables -N fresh");
	is_str(shape(s), "INPUT~ 1 2-3 FORWARD  OUTPUT  fresh+ mine--1",
	       "a new one is marked");
	session_free(s);
}

static void
test_move(const struct world *world)
{
	struct session *s = must_open(world);

	ok(session_stage_take(s, change_move("INPUT", 0, 2)) == OK, "move");
	is_str(shape(s), "INPUT  1 2>3" REST, "one rule has moved");
	ok(session_stage_take(s, change_move("INPUT", 2, 0)) == OK, "and back");
	is_str(shape(s), "INPUT  1 2 3" REST, "nothing has");
	is_int(session_staged_count(s), 2, "though two changes are staged");
	session_free(s);
}

static void
test_refusals(const struct world *world)
{
	struct session *s = must_open(world);

	is_int(session_stage_take(s, change_chain_new("-bad")), ERR_USAGE,
	       "a bad name is refused");
	is_int(session_stage_take(s, change_delete("INPUT", 9)), ERR_NOT_FOUND,
	       "a rule that is not there");
	is_int(session_stage_take(s, change_chain_delete("mine")), ERR_USAGE,
	       "a chain in use");
	is_int(session_staged_count(s), 0, "nothing was staged by that");
	session_free(s);
}

/* Live changes under what is staged. */
static void
test_reload(const struct world *world)
{
	struct session *s = must_open(world);

	must_stage(s, "ip6tables -A INPUT -p udp -j DROP");
	write_rules("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n"
		    ":OUTPUT ACCEPT [0:0]\n:mine - [0:0]\n"
		    "-A INPUT -s 2001:db8::1/128 -j ACCEPT\n"
		    "-A INPUT -s 2001:db8::2/128 -j ACCEPT\n"
		    "-A INPUT -s 2001:db8::3/128 -j mine\n"
		    "-A OUTPUT -s 2001:db8::5/128 -j DROP\n"
		    "COMMIT\n");
	is_int(session_reload(s, RELOAD_ASK), OK,
	       "what is staged fits on live");
	is_str(shape(s), "INPUT  1 2 3+4 FORWARD  OUTPUT  1 mine ",
	       "both are there");
	must_stage(s, "ip6tables -R INPUT 2 -s 2001:db8::9 -j DROP");
	write_rules("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n"
		    ":OUTPUT ACCEPT [0:0]\nCOMMIT\n");
	is_int(session_reload(s, RELOAD_ASK), ERR_CONFLICT, "then it collides");
	is_str(shape(s), "INPUT  1~2 3+4 FORWARD  OUTPUT  1 mine ",
	       "and nothing is lost");
	is_int(s->conflicts.n, 1, "the rule that others deleted is named");
	is_str(err_message(), "INPUT: you change '-s 2001:db8::2/128 -j "
	       "ACCEPT' to '-s 2001:db8::9/128 -j DROP', others deleted it",
	       "so");
	is_int(session_reload(s, RELOAD_OURS), OK, "ours stands");
	is_str(shape(s), "INPUT +1+2 FORWARD  OUTPUT ", "with our change");
	is_int(session_reload(s, RELOAD_THEIRS), OK, "others do nothing more");
	is_str(shape(s), "INPUT +1+2 FORWARD  OUTPUT ", "so nothing goes");
	is_int(session_reload(s, RELOAD_DROP), OK, "it can be dropped");
	is_str(shape(s), "INPUT  FORWARD  OUTPUT ", "then live is shown");
	session_free(s);
	write_rules(rules);
}

/* Edits of several tables are one session: staged, undone and reviewed
 * together. */
static void
test_tables(const struct world *world)
{
	struct session *s = must_open(world);
	struct vec review = { 0 };
	struct str text = { 0 };

	must_stage(s, "ip6tables -P INPUT DROP");
	session_switch(s, "raw");
	is_str(shape(s), "PREROUTING  OUTPUT ", "a table that is not there yet");
	ok(session_candidate(s)->absent, "is empty and absent");
	must_stage(s, "ip6tables -A OUTPUT -p udp -j ACCEPT");
	is_int(session_staged_count(s), 2, "both count");
	is_int(session_staged_in(s, "raw"), 1, "one of them here");
	session_review(s, &review);
	changesets_describe(&review, &text);
	is_str(str_text(&text), "*raw\n+ OUTPUT 1: -p udp -j ACCEPT\n"
	       "*filter\n~ INPUT policy: ACCEPT to DROP\n",
	       "in the order of the commit");
	ok(session_undo(s), "undo takes the last step");
	is_int(session_staged_in(s, "raw"), 0, "in whichever table");
	ok(session_redo(s), "and redo gives it back");
	is_str(shape(s), "PREROUTING  OUTPUT +1", "there");
	changesets_done(&review);
	str_done(&text);
	session_free(s);
}

static void
test_read_only(struct world *world)
{
	struct session *s = must_open(world);

	world->read_only = true;
	is_int(session_stage_command(s, "ip6tables -F INPUT"), ERR_FAIL,
	       "read only stages nothing");
	world->read_only = false;
	session_free(s);
}

/* What the kernel refuses is not staged, and nothing has changed. */
static void
test_tryout(const struct world *world)
{
	struct session *s = must_open(world);
	struct vec notes = { 0 };
	char *note;

	must_stage(s, "ip6tables -A INPUT -p tcp -j REJECT --reject-with tcp-reset");
	note = session_take_note(s);
	if (note) {
		skip("rules are not tried here: %s", note);
		free(note);
		session_free(s);
		return;
	}
	ok(session_stage_command(s, "ip6tables -A INPUT -j REJECT --reject-with "
				 "tcp-reset") == ERR_PARSE &&
	   strstr(err_message(), "INPUT 5: REJECT with tcp-reset needs -p tcp"),
	   "a rule that the kernel refuses: %s", err_message());
	is_str(shape(s), "INPUT  1 2 3+4" REST, "it is not staged");
	ok(session_stage_command(s, "ip6tables -A mine -j mine") == ERR_PARSE &&
	   strstr(err_message(), "circle"), "a circle: %s", err_message());
	is_int(session_staged_count(s), 1, "the circle neither");
	must_stage(s, "ip6tables -A mine -j IDLETIMER --timeout 9 --label t");
	note = session_take_note(s);
	is_str(note, "mine 2 is not tried: IDLETIMER keeps state outside a "
	       "namespace", "what is not tried is told");
	free(note);
	ok(!session_take_note(s), "once");
	must_stage(s, "ip6tables -P INPUT DROP");
	ok(!session_take_note(s), "and not of the next edit");
	session_untried(s, &notes);
	is_int(notes.n, 1, "the review tells it");
	tryout_notes_done(&notes);
	session_free(s);
}

int
main(void)
{
	struct world world = { .clock = &clock_system, .table = "filter" };
	int fd = mkstemp(path);

	if (fd < 0 || xt_init(false) != OK)
		bail_out("cannot begin");
	close(fd);
	world.backend = backend_file(path);
	write_rules(rules);
	test_marks(&world);
	test_marks_on_trial(&world);
	test_chains_on_trial(&world);
	test_chains(&world);
	test_move(&world);
	test_refusals(&world);
	test_reload(&world);
	test_tables(&world);
	test_read_only(&world);
	test_tryout(&world);
	backend_free(world.backend);
	unlink(path);
	return done_testing();
}
