/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests share that type keys into one editor, e, and look at what is
 * seen. */
#ifndef TESTS_SCREENS_FLOW_H
#define TESTS_SCREENS_FLOW_H

#include <stdlib.h>
#include <sys/stat.h>
#include <sallyport/guardian.h>
#include <sallyport/mem.h>
#include <sallyport/xt.h>
#include "../ns.h"
#include "../../src/tui/cursesw.h"
#include "screen.h"

/* Enough to log in, and port 80. */
#define LOGIN_RULES \
	"*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n" \
	"-A INPUT -p ipv6-icmp -j ACCEPT\n" \
	"-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n" \
	"COMMIT\n"

#define LOGIN "2001:db8::77 50000 2001:db8::1 22"

static struct editor e;

/* A directory of its own, whose path is yours. */
static char *
flow_dir(const char *name)
{
	char *dir = xasprintf("%s/%s", screen_dir(), name);

	mkdir(dir, 0700);
	return dir;
}

/* Open the editor in the directory name; a size that is left out is 24 by 100. */
static void TAP_UNUSED
flow_begin(const char *name, struct setup setup)
{
	char *dir = flow_dir(name);

	setup.rows = setup.rows ? setup.rows : 24;
	setup.columns = setup.columns ? setup.columns : 100;
	setup.dir = dir;
	editor_open(&e, &setup);
	free(dir);
}

/* Undo what is staged, and close the editor: it leaves no draft. */
static void TAP_UNUSED
undo_all(void)
{
	while (session_undo(e.session))
		continue;
	editor_close(&e);
}

/* Undo what is on trial, and close the editor. */
static void TAP_UNUSED
flow_end(void)
{
	if (e.ui.watch.phase != WATCH_NONE) {
		watch_revert(&e.ui);
		editor_wait(&e, WATCH_NONE);
	}
	editor_close(&e);
}

static bool TAP_UNUSED
seen(const char *text)
{
	return editor_sees(&e, text);
}

/* Of the table that is shown. */
static bool TAP_UNUSED
staged(const char *text)
{
	return editor_staged(&e, e.session->table, text);
}

static void TAP_UNUSED
others(const char *command)
{
	if (system(command) != 0)
		bail_out("%s failed", command);
}

/* Wait for what the guardian tells another client. */
static void TAP_UNUSED
hear(struct guardian_client *client, enum guardian_event_kind kind)
{
	struct guardian_event event = { 0 };

	for (int i = 0; i < 2000 && event.kind != kind; i++) {
		guardian_event_done(&event);
		guardian_next(client, &event);
		if (event.kind == EVENT_NONE)
			usleep(10000);
	}
	is_int(event.kind, kind, "the guardian has answered");
	guardian_event_done(&event);
}

/* main(): a guardian where that was asked for, else a network namespace of its
 * own, set_up (or NULL) in it, and the n tests. */
static int TAP_UNUSED
flow_main(int argc, char **argv, void (*set_up)(void),
	  void (*const tests[])(void), size_t n)
{
	struct guardian_options opt;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd))
		return guardian_main(&opt, fd);
	screen_dir();
	ns_or_skip();
	if (set_up)
		set_up();
	if (xt_init(false))
		bail_out("xt_init: %s", err_message());
	for (size_t i = 0; i < n; i++)
		tests[i]();
	return done_testing();
}

#endif
