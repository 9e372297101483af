/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proof of the next login: whoever logs in after the commit is told to all who
 * watch, and one that came over IPv6 is what a confirm can be made to wait
 * for. */
#include <stdlib.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

#define LOOK_MS 1000

/* A record of before the moment was kept has when the clock began. */
void
logins_begin(struct guardian *g)
{
	const struct trial *trial = g->trial;
	int64_t since_ms = trial->committed_ms ? trial->committed_ms :
			   trial->deadline_ms - trial->window_ms;

	if (!g->logins)
		g->logins = login_watch_new(since_ms - g->clock->offset_ms);
	g->logins_ms = guardian_now(g) + LOOK_MS;
}

static struct guardian_event
event_of(const struct guardian *g, const struct trial_login *login)
{
	return (struct guardian_event){
		.kind = EVENT_LOGIN,
		.text = login->from,
		.uid = login->uid,
		.proof = login->proof,
		.deadline_ms = g->trial->deadline_ms,
	};
}

static void
on_login(struct guardian *g, const struct login *login)
{
	struct str from = { 0 };
	struct trial_login seen = {
		.port = login->port,
		.uid = (int)login->uid,
		.proof = login_is_proof(login),
		.wall_s = g->clock->wall_s(g->clock),
	};
	struct guardian_event event;

	addr_format(&from, &login->peer);
	seen.from = from.s;
	event = event_of(g, &seen);
	if (trial_add_login(g->trial, &seen))
		peer_say_all(g, &event);
	str_done(&from);
}

/* The session may be gone when another guardian looks: the proof is kept. */
static void
keep_proof(const struct guardian *g)
{
	if (trial_save(g->trial, g->run_dir) != OK)
		process_note("%s", err_message());
}

static void
look(struct guardian *g, bool all)
{
	bool proven = trial_proof(g->trial) != NULL;
	struct vec logins = { 0 };

	g->logins_ms = guardian_now(g) + LOOK_MS;
	login_watch_look(g->logins, all, &logins);
	for (size_t i = 0; i < logins.n; i++) {
		on_login(g, logins.v[i]);
		free(logins.v[i]);
	}
	vec_done(&logins);
	if (!proven && trial_proof(g->trial))
		keep_proof(g);
}

void
logins_look(struct guardian *g)
{
	look(g, false);
}

void
logins_tell(const struct guardian *g, struct peer *peer)
{
	for (size_t i = 0; i < g->trial->logins.n; i++) {
		struct guardian_event event = event_of(g,
						       g->trial->logins.v[i]);

		peer_say(peer, &event);
	}
}

enum err
logins_prove(struct guardian *g)
{
	const struct trial_login *proof;

	if (!trial_proof(g->trial))
		look(g, true);
	proof = trial_proof(g->trial);
	if (g->trial->login_demanded && !proof)
		return fail(ERR_REFUSED, N_("only after a new login over IPv6 "
			    "the change can be kept: log in anew and run "
			    "'sallyport confirm'"));
	free(g->trial->reason);
	g->trial->reason = proof ? xasprintf("new login from %s", proof->from)
				 : NULL;
	return OK;
}
