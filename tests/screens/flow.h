/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests share that type keys into one editor, e, and look at what is
 * seen. */
#ifndef TESTS_SCREENS_FLOW_H
#define TESTS_SCREENS_FLOW_H

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

static struct editor e;

static bool TAP_UNUSED
seen(const char *text)
{
	return editor_sees(&e, text);
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
