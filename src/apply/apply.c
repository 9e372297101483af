/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The single road to the kernel. The guard is asked first, without a lock; the
 * guardian commits, and only what was judged. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

#define WRITE_PATIENCE_MS 2000

enum err
apply_look(const struct world *world, bool *other_world)
{
	struct probe probe;
	enum err err = world->backend->ops->probe(world->backend, world->table,
						  &probe);

	*other_world = false;
	if (err)
		return err;
	if (probe.elsewhere)
		return fail(ERR_FAIL, _("the rules of this host are in nf_tables "
			"(ip6tables-nft or nft), which sallyport does not edit "
			"yet; the legacy table is not in use and is not opened"));
	*other_world = probe.nft_rules;
	return OK;
}

static enum err
read_tables(struct backend *be, struct tables *tables)
{
	enum err err = OK;

	for (size_t i = 0; i < TABLE_COUNT && !err; i++) {
		struct ruleset *rs;

		err = be->ops->read(be, table_names[i], &rs);
		if (!err)
			tables_put_take(tables, rs);
	}
	return err;
}

enum err
apply_read(const struct world *world, struct tables **live, bool *other_world)
{
	enum err err = apply_look(world, other_world);

	if (err)
		return err;
	*live = tables_new();
	err = read_tables(world->backend, *live);
	if (err) {
		tables_free(*live);
		*live = NULL;
	}
	return err;
}

enum err
apply_busy(const struct world *world, const struct trial *trial)
{
	const char *user = trial && trial->actor.user ? trial->actor.user : "?";
	int64_t ms;

	if (!trial)
		return fail(ERR_BUSY, _("another change is on trial: 'sallyport "
			"confirm' or 'sallyport revert' settles it"));
	ms = trial->deadline_ms - world->clock->boot_ms(world->clock);
	return fail(ERR_BUSY, _("a change by %s is on trial for %lld more "
		    "seconds; 'sallyport confirm' or 'sallyport revert' "
		    "settles it"), user,
		    (long long)(ms > 0 ? (ms + 999) / 1000 : 0));
}

/* Only one trial at a time, and none beside a record that cannot be acted on. */
static enum err
check_free(const struct world *world)
{
	struct trial *trial = NULL;
	enum err err = ERR_FAIL;

	switch (apply_resume(world, &trial)) {
	case FOUND_NOTHING:
	case FOUND_SETTLED:
		err = OK;
		break;
	case FOUND_RUNNING:
	case FOUND_RESUMED:
		err = apply_busy(world, trial);
		break;
	case FOUND_FOREIGN:
		err = fail(ERR_FAIL, _("'%s' holds the trial of another network "
			   "namespace: name another one with --run-dir"),
			   world->guardian.run_dir);
		break;
	case FOUND_UNREADABLE:
	case FOUND_UNGUARDED:
		break;
	}
	trial_free(trial);
	return err;
}

static bool
is_changed(const struct apply_request *req, const char *table)
{
	for (size_t i = 0; i < req->changes->n; i++) {
		const struct changeset *cs = req->changes->v[i];

		if (strcmp(cs->table, table) == 0)
			return true;
	}
	return false;
}

/* The tables that the guard looked through and that stay as they are; those that
 * change are compared as parts of the trial. */
static void
note_judged(const struct apply_request *req, struct trial *trial)
{
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct ruleset *rs = tables_get(req->base,
						      table_names[i]);

		if (rs && !is_changed(req, table_names[i]))
			ruleset_fingerprint(rs, trial->judged[i]);
	}
}

static void
add_neighbour(struct trial *trial, const struct lifeline_link *link,
	      const struct in6_addr *end)
{
	const struct in6_addr *next = link->on_link ? end : &link->gateway;

	if (link->ifname[0] && !link->no_ndp && !addr_is_any(next))
		trial_add_neighbour(trial, link->ifname, next);
}

/* Who must answer after the commit: the next hops of all lifelines. */
static void
add_neighbours(const struct vec *lifelines, struct trial *trial)
{
	for (size_t i = 0; i < lifelines->n; i++) {
		const struct lifeline *ll = lifelines->v[i];

		if (ll->v4)
			continue;
		add_neighbour(trial, &ll->link, &ll->peer);
		if (ll->way == LIFELINE_THROUGH)
			add_neighbour(trial, &ll->inner, &ll->local);
		if (ll->outer && !ll->outer->v4)
			add_neighbour(trial, &ll->outer->link,
				      &ll->outer->peer);
	}
}

/* In the sandbox nobody can log in. */
static bool
demands_login(const struct world *world, const struct apply_request *req)
{
	return !req->no_trial && !world->sandbox && world->settings &&
	       world->settings->confirm == CONFIRM_NEW_LOGIN;
}

/* What they live on must hold after a revert too, if it did before. */
static void
add_needs(const struct vec *needs, struct trial *trial)
{
	for (size_t i = 0; i < needs->n; i++) {
		const struct check *check = needs->v[i];

		trial_add_need(trial, check->hook, &check->set);
	}
}

static void
needs_done(struct vec *needs)
{
	for (size_t i = 0; i < needs->n; i++)
		free(needs->v[i]);
	vec_done(needs);
}

static struct trial *
trial_of(const struct world *world, const struct apply_request *req,
	 bool overridden)
{
	struct trial *trial = trial_new();

	trial->window_ms = (int64_t)req->seconds * 1000;
	trial->no_trial = req->no_trial;
	trial->login_demanded = demands_login(world, req);
	trial->wall = !world->sandbox &&
		      !(world->settings && world->settings->no_wall);
	actor_copy(&trial->actor, &world->actor);
	trial->message = xstrdup(req->message ? req->message : "");
	trial->origin = xstrdup(req->origin);
	trial->override = overridden ? xstrdup(req->override) : NULL;
	if (!overridden)
		note_judged(req, trial);
	for (size_t i = 0; i < req->changes->n; i++) {
		const struct changeset *cs = req->changes->v[i];
		struct trial_part *part = trial_add_part(trial);

		part->changes = changeset_copy(cs);
		part->before = ruleset_copy(tables_get(req->base, cs->table));
	}
	return trial;
}

enum err
apply_start(const struct world *world, const struct apply_request *req,
	    struct guardian_client *client)
{
	struct trial *trial;
	struct vec lifelines = { 0 }, needs = { 0 };
	bool overridden;
	char *warning = NULL;
	enum err err;

	client->fd = -1;
	if (world->read_only)
		return fail(ERR_FAIL, _("this is read only: nothing can be "
					"committed"));
	err = check_free(world);
	if (!err)
		err = judge_request(world, req, &lifelines, &needs,
				    &overridden);
	if (err) {
		lifelines_free(&lifelines);
		needs_done(&needs);
		return err;
	}
	apply_sync(world, req->base, &warning);
	free(warning);
	trial = trial_of(world, req, overridden);
	/* Who was told that neighbour discovery goes wants it so. */
	if (!overridden)
		add_neighbours(&lifelines, trial);
	add_needs(&needs, trial);
	lifelines_free(&lifelines);
	needs_done(&needs);
	err = guardian_start(&world->guardian, trial, client);
	trial_free(trial);
	return err;
}

enum err
apply_write(const struct world *world, const struct tables *base,
	    const struct vec *changes)
{
	struct backend *be = world->backend;
	int64_t now = world->clock->boot_ms(world->clock);
	enum err err;

	if (world->read_only)
		return fail(ERR_FAIL, _("this is read only: nothing can be "
					"written"));
	err = be->ops->lock(be, world->clock, now + WRITE_PATIENCE_MS);
	if (err)
		return err;
	err = backend_file_commit(be, base, changes);
	be->ops->unlock(be);
	return err;
}

void
apply_next(const struct world *world, struct guardian_client *client,
	   struct guardian_event *event, char **warning)
{
	*warning = NULL;
	guardian_next(client, event);
	if (event->kind == EVENT_NONE)
		apply_mend(world, client);
	/* Before history knows: else, killed in between, none would write it. */
	if (event->kind == EVENT_CONFIRMED) {
		free(event->text);
		event->text = write_boot(world);
	}
	switch (event->kind) {
	case EVENT_NONE:
	case EVENT_EXTENDED:
	case EVENT_ASKED:
	case EVENT_ANSWERED:
	case EVENT_LOGIN:
	case EVENT_DENIED:
	case EVENT_LOST:	/* apply_resume() finds how it ended */
		return;
	case EVENT_ON_TRIAL:
	case EVENT_CONFIRMED:
	case EVENT_REVERTED:
	case EVENT_FAILED:
	case EVENT_NOT_REVERTED:
		record_current(world, warning);
	}
	if (event->lost && *event->lost) {
		char *readable = apply_readable_rules(event->lost);

		free(event->lost);
		event->lost = readable;
	}
}
