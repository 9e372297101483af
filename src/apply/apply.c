/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The single road to the kernel. The guard is asked first, without a lock; the
 * guardian commits, and only what was judged. */
#include <stdlib.h>
#include <string.h>
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
apply_judge(const struct world *world, const struct tables *live,
	    const struct tables *candidate, bool other_world,
	    struct vec *lifelines, struct guard_report **report)
{
	enum err err;

	*lifelines = (struct vec){ 0 };
	*report = NULL;
	err = lifelines_find(&world->lifelines, lifelines);
	if (!err)
		*report = guard_judge(lifelines, live, candidate, other_world);
	return err;
}

static bool
override_holds(const struct world *world, const char *override)
{
	return override && world->actor.host &&
	       strcmp(override, world->actor.host) == 0;
}

/* The refusal as the last message. between: the table that is committed while a
 * later one is not yet; NULL for the end. */
static enum err
refuse(const struct guard_report *report, const struct apply_request *req,
       const char *between)
{
	struct str text = { 0 };

	if (between)
		str_addf(&text, _("while table '%s' is committed and the next "
				  "one is not yet: "), between);
	guard_refusal(report, &text);
	if (req->override)
		str_addf(&text, _("; '%s' is not this host's name, so nothing "
				  "is overridden"), req->override);
	fail(ERR_REFUSED, "%s", str_text(&text));
	str_done(&text);
	return ERR_REFUSED;
}

/* candidate is one of the states that req leads through. */
static enum err
judge_state(const struct world *world, const struct apply_request *req,
	    const struct vec *lifelines, const struct tables *candidate,
	    bool other_world, const char *between, bool *overridden)
{
	struct guard_report *report = guard_judge(lifelines, req->base,
						  candidate, other_world);
	enum err err = OK;

	if (report->judgement == JUDGED_REFUSED) {
		*overridden = override_holds(world, req->override);
		if (!*overridden)
			err = refuse(report, req, between);
	}
	guard_report_free(report);
	return err;
}

/* Judge what req makes of its base: the end, and each state in between, as
 * tables are committed one after the other and undone the other way round.
 * *overridden: only the override lets it pass. */
static enum err
judge_request(const struct world *world, const struct apply_request *req,
	      bool *overridden)
{
	struct tables *candidate = tables_copy(req->base);
	struct vec lifelines = { 0 };
	bool other_world;
	enum err err = apply_look(world, &other_world);

	*overridden = false;
	if (!err)
		err = lifelines_find(&world->lifelines, &lifelines);
	for (size_t i = 0; i < req->changes->n && !err; i++) {
		const struct changeset *cs = req->changes->v[i];
		bool last = i + 1 == req->changes->n;

		err = changeset_apply(cs, tables_get(candidate, cs->table));
		if (!err)
			err = judge_state(world, req, &lifelines, candidate,
					  other_world,
					  last ? NULL : cs->table, overridden);
	}
	lifelines_free(&lifelines);
	tables_free(candidate);
	return err;
}

/* Only one trial at a time, and none beside a record that cannot be acted on. */
static enum err
check_free(const struct world *world)
{
	struct trial *trial = NULL;
	enum apply_found found = apply_resume(world, &trial);

	trial_free(trial);
	switch (found) {
	case FOUND_NOTHING:
	case FOUND_SETTLED:
		return OK;
	case FOUND_RUNNING:
	case FOUND_RESUMED:
		return fail(ERR_BUSY, _("another change is on trial: 'sallyport "
			"confirm' or 'sallyport revert' settles it"));
	case FOUND_FOREIGN:
		return fail(ERR_FAIL, _("'%s' holds the trial of another network "
			"namespace: name another one with --run-dir"),
			    world->guardian.run_dir);
	case FOUND_UNREADABLE:
		return ERR_FAIL;
	}
	return ERR_FAIL;
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

static struct trial *
trial_of(const struct world *world, const struct apply_request *req,
	 bool overridden)
{
	struct trial *trial = trial_new();

	trial->window_ms = (int64_t)req->seconds * 1000;
	trial->no_trial = req->no_trial;
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
	bool overridden;
	char *warning = NULL;
	enum err err;

	client->fd = -1;
	if (world->read_only)
		return fail(ERR_FAIL, _("this is read only: nothing can be "
					"committed"));
	err = check_free(world);
	if (!err)
		err = judge_request(world, req, &overridden);
	if (err)
		return err;
	apply_sync(world, req->base, &warning);
	free(warning);
	trial = trial_of(world, req, overridden);
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
	switch (event->kind) {
	case EVENT_NONE:
	case EVENT_EXTENDED:
	case EVENT_DENIED:
		return;
	case EVENT_ON_TRIAL:
	case EVENT_CONFIRMED:
	case EVENT_REVERTED:
	case EVENT_FAILED:
	case EVENT_NOT_REVERTED:
	case EVENT_LOST:
		record_current(world, warning);
	}
	if (event->lost && *event->lost) {
		char *readable = apply_readable_rules(event->lost);

		free(event->lost);
		event->lost = readable;
	}
}
