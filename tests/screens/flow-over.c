/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial ends while something else is being entered: what became of it is said,
 * and nobody is left with a question that it has answered. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "flow.h"

#define ADD ":-A INPUT -p tcp --dport 8080 -j ACCEPT<Enter>"

static void
begin(const char *name)
{
	flow_begin(name, (struct setup){
		.columns = 120, .rules = LOGIN_RULES, .ssh = LOGIN,
	});
	editor_keys(&e, ADD "cc");
	if (!editor_wait(&e, WATCH_RUNNING))
		bail_out("no trial: %s", str_text(&e.ui.message));
}

/* The guardian hears it from someone else, as it hears the clock. */
static void
settle(bool keep, const char *why)
{
	struct guardian_client client;
	enum err err = guardian_connect(&e.world.guardian, &client);

	if (!err)
		err = keep ? guardian_confirm(&client, &e.world.actor) :
			     guardian_revert(&client, &e.world.actor, why);
	if (err)
		bail_out("settle: %s", err_message());
	if (!editor_wait(&e, WATCH_NONE))
		bail_out("the trial does not end");
	guardian_disconnect(&client);
}

/* What the guardian says, without one. */
static void
say(const char *line)
{
	struct guardian_client *client = &e.ui.watch.client;
	int pair[2], guardian = client->fd;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ||
	    write(pair[1], line, strlen(line)) < 0)
		bail_out("socketpair: %s", strerror(errno));
	client->fd = pair[0];
	watch_input(&e.ui);
	client->fd = guardian;
	close(pair[0]);
	close(pair[1]);
}

static void
test_leaving_undone(void)
{
	begin("leaving-undone");
	editor_keys(&e, "q");
	settle(false, "deadline");
	ok(!e.ui.form.is_open, "the end of the trial closes q's question");
	ok(seen("undone (deadline") && seen("the edits are staged again"),
	   "and is told in its place");
	editor_keys(&e, "y");
	ok(!e.ui.done, "its answer is none any more");
	editor_keys(&e, "q");
	ok(seen("1 edit is staged. Leave?"), "q asks what is to be asked now");
	editor_keys(&e, "<Esc>");
	undo_all();
}

static void
test_leaving_kept(void)
{
	begin("leaving-kept");
	editor_keys(&e, "<Esc>q");
	settle(true, NULL);
	ok(!e.ui.form.is_open && seen("kept by root from 2001:db8::77"),
	   "so does a confirm from elsewhere");
	editor_close(&e);
}

static void
test_line_undone(void)
{
	begin("line-undone");
	editor_keys(&e, "<Esc>:-P INPUT");
	settle(false, "deadline");
	ok(e.ui.form.is_open && seen("undone (deadline"),
	   "over a line that is entered it is told at once");
	editor_keys(&e, " ");
	ok(!seen("undone (deadline") && seen("An ip6tables command"),
	   "until the next key");
	editor_keys(&e, "<Esc>");
	ok(seen("undone (deadline") && seen("the edits are staged again") &&
	   !seen("cancelled"), "and again when the line is closed");
	editor_keys(&e, "j");
	ok(!seen("undone"), "once");
	editor_keys(&e, ":<Esc>");
	ok(seen("cancelled"), "Esc cancels as ever then");
	undo_all();
}

/* What the line itself has to say comes behind it. */
static void
test_line_entered(void)
{
	begin("line-entered");
	editor_keys(&e, "<Esc>/nowhere");
	settle(true, NULL);
	editor_keys(&e, "<Enter>");
	ok(seen("kept by root from 2001:db8::77") &&
	   seen("; 'nowhere' is not here"), "Enter hides nothing of it either");
	editor_close(&e);
}

static void
test_question(void)
{
	begin("question");
	editor_keys(&e, "<Esc>gP");
	settle(false, "deadline");
	ok(seen("Policy of INPUT"), "another question stays");
	editor_keys(&e, "<Esc>");
	ok(seen("undone (deadline"), "and it is told behind it");
	undo_all();
}

static void
test_not_reverted(void)
{
	begin("not-reverted");
	editor_keys(&e, "q");
	say("{\"event\":\"not-reverted\",\"text\":\"no memory\"}\n");
	ok(!e.ui.form.is_open && seen("the kernel refuses to undo the change"),
	   "that it cannot be undone takes the place of q's question");
	editor_keys(&e, "<Esc>:-P");
	say("{\"event\":\"not-reverted\",\"text\":\"no memory\"}\n");
	editor_keys(&e, "x<Esc>");
	ok(seen("the kernel refuses to undo the change"),
	   "and is told behind a line");
	flow_end();
}

static void (*const tests[])(void) = {
	test_leaving_undone, test_leaving_kept, test_line_undone,
	test_line_entered, test_question, test_not_reverted,
};

int
main(int argc, char **argv)
{
	return flow_main(argc, argv, NULL, tests, ARRAY_LEN(tests));
}
