/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trial in memory: what was changed, by whom, until when, and the tables
 * before and after. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include <sallyport/trial.h>
#include "record.h"

static const struct {
	const char *name;
	bool settled;
} states[] = {
	[TRIAL_ARMED] = { N_("armed"), false },
	[TRIAL_ON] = { N_("on trial"), false },
	[TRIAL_CONFIRMED] = { N_("confirmed"), true },
	[TRIAL_REVERTED] = { N_("reverted"), true },
	[TRIAL_FAILED] = { N_("failed"), true },
	[TRIAL_NOT_REVERTED] = { N_("not reverted"), false },
};

const char *
trial_state_name(enum trial_state state)
{
	return states[state].name;
}

bool
trial_state_is_settled(enum trial_state state)
{
	return states[state].settled;
}

bool
trial_state_is_undecided(enum trial_state state)
{
	return state == TRIAL_ARMED || state == TRIAL_ON;
}

bool
trial_state_parse(const char *name, enum trial_state *state)
{
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strcmp(states[i].name, name) == 0) {
			*state = (enum trial_state)i;
			return true;
		}
	return false;
}

/* A random UUID: RFC 4122 4.4. */
static void
make_id(char id[37])
{
	unsigned char b[16];
	struct str text = { 0 };

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		die("no random numbers");
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	for (size_t i = 0; i < sizeof(b); i++)
		str_addf(&text, i == 4 || i == 6 || i == 8 || i == 10 ?
			 "-%02x" : "%02x", b[i]);
	memcpy(id, str_text(&text), 37);
	str_done(&text);
}

struct trial *
trial_new(void)
{
	struct trial *trial = xcalloc(1, sizeof(*trial));

	make_id(trial->id);
	trial->netns_cookie = proc_netns_cookie();
	strncpy(trial->boot_id, clock_boot_id(), sizeof(trial->boot_id) - 1);
	trial->actor.uid = -1;
	trial->settled_by.uid = -1;
	return trial;
}

struct trial_part *
trial_add_part(struct trial *trial)
{
	struct trial_part *part = xcalloc(1, sizeof(*part));

	vec_push(&trial->parts, part);
	return part;
}

struct trial_part *
trial_part(const struct trial *trial, size_t at)
{
	return trial->parts.v[at];
}

void
trial_changesets(const struct trial *trial, struct vec *changesets)
{
	for (size_t i = 0; i < trial->parts.n; i++)
		vec_push(changesets,
			 changeset_copy(trial_part(trial, i)->changes));
}

void
trial_parts_changed(struct trial *trial)
{
	free(trial->parts_text);
	trial->parts_text = NULL;
}

void
trial_found_drop(struct trial *trial, struct trial_part *part)
{
	ruleset_free(vec_pop(&part->found));
	trial_parts_changed(trial);
}

static void
part_free(struct trial_part *part)
{
	changeset_free(part->changes);
	ruleset_free(part->before);
	ruleset_free(part->after);
	json_decref(part->changes_json);
	for (size_t i = 0; i < part->found.n; i++)
		ruleset_free(part->found.v[i]);
	vec_done(&part->found);
	free(part);
}

void
trial_free(struct trial *trial)
{
	if (!trial)
		return;
	actor_done(&trial->actor);
	actor_done(&trial->settled_by);
	free(trial->message);
	free(trial->origin);
	free(trial->override);
	free(trial->reason);
	free(trial->lost);
	for (size_t i = 0; i < trial->neighbours.n; i++)
		free(trial->neighbours.v[i]);
	vec_done(&trial->neighbours);
	trial_logins_done(trial);
	for (size_t i = 0; i < trial->needs.n; i++)
		free(trial->needs.v[i]);
	vec_done(&trial->needs);
	for (size_t i = 0; i < trial->parts.n; i++)
		part_free(trial_part(trial, i));
	vec_done(&trial->parts);
	free(trial->parts_text);
	free(trial);
}

void
trial_add_neighbour(struct trial *trial, const char *ifname,
		    const struct in6_addr *addr)
{
	struct trial_neighbour new = { .addr = *addr };

	str_copy(new.ifname, sizeof(new.ifname), ifname);
	for (size_t i = 0; i < trial->neighbours.n; i++) {
		const struct trial_neighbour *n = trial->neighbours.v[i];

		if (addr_equal(&n->addr, addr) &&
		    strcmp(n->ifname, new.ifname) == 0)
			return;
	}
	vec_push(&trial->neighbours, xmemdup(&new, sizeof(new)));
}

bool
trial_is_ours(const struct trial *trial)
{
	return trial->netns_cookie == proc_netns_cookie() &&
	       strcmp(trial->boot_id, clock_boot_id()) == 0;
}

void
actor_copy(struct actor *to, const struct actor *from)
{
	struct actor copy = {
		.uid = from->uid,
		.user = xstrdup(from->user),
		.from = xstrdup(from->from),
		.tty = xstrdup(from->tty),
		.host = xstrdup(from->host),
	};

	actor_done(to);
	*to = copy;
}

void
actor_done(struct actor *actor)
{
	free(actor->user);
	free(actor->from);
	free(actor->tty);
	free(actor->host);
	*actor = (struct actor){ .uid = -1 };
}

struct tables *
trial_before(const struct trial *trial)
{
	struct tables *before = tables_new();

	for (size_t i = 0; i < trial->parts.n; i++)
		tables_put_take(before,
				ruleset_copy(trial_part(trial, i)->before));
	return before;
}
