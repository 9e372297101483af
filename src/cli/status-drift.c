/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drift: what is staged, what is live, what the newest revision says and what
 * the next boot will load, each compared with each. Chains of other programs
 * are left aside, and so are counters. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/draft.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/owned.h>
#include "status.h"

static const struct {
	const char *name;	/* for people */
	const char *key;	/* for programs */
} ends[DRIFT_ENDS] = {
	[DRIFT_STAGED] = { N_("staged"), "staged" },
	[DRIFT_LIVE] = { N_("live"), "live" },
	[DRIFT_REVISION] = { N_("revision"), "revision" },
	[DRIFT_BOOT] = { N_("boot file"), "boot_file" },
};

static struct tables *
without_owned(const struct tables *tables)
{
	struct tables *own = tables_new();

	for (size_t i = 0; i < tables->v.n; i++)
		tables_put_take(own, ruleset_without_owned(tables->v.v[i]));
	return own;
}

static void
find_staged(const struct world *world, struct drift_end *end)
{
	struct draft *draft;
	enum err err = draft_find_newest(world, &draft);

	if (err) {
		end->why = err == ERR_NOT_FOUND ? xstrdup(_("nothing")) :
			   xasprintf(_("unreadable: %s"), err_message());
		return;
	}
	if (tables_apply(draft->base, &draft->changes) == OK)
		end->tables = without_owned(draft->base);
	else
		end->why = xstrdup(err_message());
	draft_free(draft);
}

/* The table as the newest revision has it; NULL: it has no history. The live
 * one, where that is the same. */
static enum err
find_table(struct history *history, const struct ruleset *live,
	   struct ruleset **rs)
{
	struct revision *rev;
	char fingerprint[FINGERPRINT_SIZE];
	int64_t id;
	enum err err;

	*rs = NULL;
	err = history_newest(history, live->table, &id);
	if (err == ERR_NOT_FOUND)
		return OK;
	if (!err)
		err = history_get(history, id, &rev);
	if (err)
		return err;
	ruleset_fingerprint(live, fingerprint);
	if (strcmp(fingerprint, rev->fingerprint) == 0)
		*rs = ruleset_copy(live);
	else
		err = history_ruleset(history, id, rs);
	revision_free(rev);
	return err;
}

static void
find_revision(const struct world *world, const struct tables *live,
	      struct drift_end *end)
{
	struct tables *newest = tables_new();
	struct history *history = NULL;
	struct ruleset *rs;
	enum err err = history_open(world->db_path, true, &history);

	for (size_t i = 0; i < live->v.n && !err; i++) {
		err = find_table(history, live->v.v[i], &rs);
		if (!err && rs)
			tables_put_take(newest, rs);
	}
	if (err && err != ERR_NOT_FOUND)
		end->why = xasprintf(_("unreadable: %s"), err_message());
	else if (newest->v.n == 0)
		end->why = xstrdup(_("none"));
	else
		end->tables = without_owned(newest);
	if (history)
		history_close(history);
	tables_free(newest);
}

static void
read_boot(const struct boot_world *where, struct drift_end *end)
{
	struct tables *boot;
	enum err err = boot_read(where, &boot);

	if (err == ERR_NOT_FOUND)
		end->why = xstrdup(_("none yet"));
	else if (err)
		end->why = xasprintf(_("unreadable: %s"), err_message());
	else {
		end->tables = without_owned(boot);
		tables_free(boot);
	}
}

/* A file that nothing will load is no boot file yet. */
static char *
who_loads(const struct boot_world *where)
{
	struct boot_place place;
	char *note = NULL;

	boot_find(where, &place);
	if (!place.loaded)
		note = xasprintf(_("nothing loads it yet: systemctl enable %s"),
				 place.persistent ? "netfilter-persistent" :
						    "sallyport-boot");
	boot_place_done(&place);
	return note;
}

/* A file that is not written any more goes on being loaded. */
static char *
what_stays(const struct boot_world *where)
{
	struct boot_place place;
	char *note = NULL;

	boot_find(where, &place);
	if (place.loaded && access(place.path, F_OK) == 0)
		note = xasprintf(_("the one of before is still loaded at boot: "
				   "systemctl disable %s"),
				 place.persistent ? "netfilter-persistent" :
						    "sallyport-boot");
	boot_place_done(&place);
	return note;
}

static void
find_boot(const struct world *world, const struct tables *live,
	  struct drift_end *end)
{
	const struct boot_world where = apply_boot_world(world);
	const char *manager;

	if (where.elsewhere) {
		end->why = xstrdup(_("none, as this network is not the "
				     "machine's own"));
		return;
	}
	manager = boot_manager(&where, live);
	if (where.off)
		end->why = xstrdup(_("not written, as the settings say"));
	else if (manager)
		end->why = xasprintf(_("not written, as %s is active and loads "
				       "rules of its own"), manager);
	else
		read_boot(&where, end);
	if (end->tables)
		end->note = who_loads(&where);
	else if (where.off || manager)
		end->note = what_stays(&where);
}

void
status_find_drift(const struct world *world, const struct tables *live,
		  struct drift *drift)
{
	drift->only_table = world->only_table;
	find_staged(world, &drift->ends[DRIFT_STAGED]);
	drift->ends[DRIFT_LIVE].tables = without_owned(live);
	find_revision(world, live, &drift->ends[DRIFT_REVISION]);
	find_boot(world, live, &drift->ends[DRIFT_BOOT]);
}

void
drift_done(struct drift *drift)
{
	for (size_t i = 0; i < DRIFT_ENDS; i++) {
		tables_free(drift->ends[i].tables);
		free(drift->ends[i].why);
		free(drift->ends[i].note);
	}
}

/* A table that is not there does nothing. */
static struct ruleset *
table_of(const struct drift_end *end, const char *table)
{
	const struct ruleset *rs = tables_get(end->tables, table);
	struct ruleset *empty;

	if (rs)
		return ruleset_copy(rs);
	if (ruleset_new_empty(table, &empty))
		die("%s", err_message());
	return empty;
}

static size_t
count_changes(const struct drift *drift, size_t a, size_t b)
{
	size_t n = 0;

	for (size_t i = 0; i < TABLE_COUNT; i++) {
		struct ruleset *from, *to;
		struct changeset *cs;

		if (drift->only_table &&
		    strcmp(drift->only_table, table_names[i]) != 0)
			continue;
		from = table_of(&drift->ends[a], table_names[i]);
		to = table_of(&drift->ends[b], table_names[i]);
		cs = changeset_diff(from, to, false);
		n += cs->changes.n;
		changeset_free(cs);
		ruleset_free(from);
		ruleset_free(to);
	}
	return n;
}

/* Call each with every pair of ends that are there. */
static void
each_pair(const struct drift *drift,
	  void (*each)(size_t a, size_t b, size_t changes, void *arg),
	  void *arg)
{
	for (size_t a = 0; a < DRIFT_ENDS; a++)
		for (size_t b = a + 1; b < DRIFT_ENDS; b++)
			if (drift->ends[a].tables && drift->ends[b].tables)
				each(a, b, count_changes(drift, a, b), arg);
}

/* The first line has the label. */
static void
begin_line(struct str *out, size_t start)
{
	str_add(out, out->len == start ? _("drift      ") : "           ");
}

struct lines {
	struct str *out;
	size_t start;
};

static void
add_pair(size_t a, size_t b, size_t changes, void *arg)
{
	struct lines *lines = arg;

	begin_line(lines->out, lines->start);
	if (changes == 0)
		str_addf(lines->out, _("%s and %s: the same\n"),
			 _(ends[a].name), _(ends[b].name));
	else
		str_addf(lines->out, Q_("%s and %s: %zu change apart\n",
					"%s and %s: %zu changes apart\n",
					changes),
			 _(ends[a].name), _(ends[b].name), changes);
}

static void
add_end(const char *name, const char *what, struct lines *lines)
{
	if (!what)
		return;
	begin_line(lines->out, lines->start);
	str_addf(lines->out, "%s: %s\n", name, what);
}

void
status_add_drift(const struct drift *drift, struct str *out)
{
	struct lines lines = { out, out->len };

	each_pair(drift, add_pair, &lines);
	for (size_t i = 0; i < DRIFT_ENDS; i++) {
		add_end(_(ends[i].name), drift->ends[i].why, &lines);
		add_end(_(ends[i].name), drift->ends[i].note, &lines);
	}
}

static void
add_pair_json(size_t a, size_t b, size_t changes, void *arg)
{
	json_array_append_new(arg, json_pack("{s:[s, s], s:I}",
		"between", ends[a].key, ends[b].key,
		"changes", (json_int_t)changes));
}

json_t *
status_drift_json(const struct drift *drift)
{
	json_t *json = json_object(), *pairs = json_array();

	for (size_t i = 0; i < DRIFT_ENDS; i++)
		json_object_set_new(json, ends[i].key, json_pack(
			"{s:b, s:o, s:o}",
			"there", drift->ends[i].tables != NULL,
			"why", cli_json_text(drift->ends[i].why),
			"note", cli_json_text(drift->ends[i].note)));
	each_pair(drift, add_pair_json, pairs);
	json_object_set_new(json, "pairs", pairs);
	return json;
}
