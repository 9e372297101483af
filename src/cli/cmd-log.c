/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log and show: who changed what, when, from where and why (P8). */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/owned.h>
#include "internal.h"

/* Write down first what others changed and what a trial ended as, where the
 * kernel may be read; the log is shown in any case. A warning, yours, or NULL. */
static char *
catch_up(const struct world *world)
{
	struct tables *live = NULL;
	struct trial *trial = NULL;
	char *warning = NULL;
	bool other_world;

	if (world->read_only)
		return NULL;
	apply_resume(world, &trial);
	trial_free(trial);
	if (apply_read(world, &live, &other_world))
		return NULL;
	apply_sync(world, live, &warning);
	tables_free(live);
	return warning;
}

static void
add_actor(struct str *out, const struct actor *actor)
{
	str_add(out, actor->user ? actor->user : _("unknown"));
	if (actor->from)
		str_addf(out, _(" from %s"), actor->from);
}

static const char *
state_text(const struct revision *rev)
{
	return rev->state ? rev->state : "";
}

void
cli_add_subject(struct str *out, const char *message)
{
	size_t n = strcspn(message, "\n");

	str_addf(out, "\"%.*s%s\"", (int)n, message, message[n] ? " ..." : "");
}

static void
add_log_line(struct str *out, const struct revision *rev)
{
	size_t n = rev->changes ? rev->changes->changes.n : 0;

	str_addf(out, "%4lld  ", (long long)rev->id);
	clock_format(out, rev->time_s);
	str_addf(out, "  %-9s %-10s ", rev->origin, state_text(rev));
	str_addf(out, Q_("%zu change", "%zu changes", n), n);
	if (strcmp(rev->table, "filter"))
		str_addf(out, " in %s", rev->table);
	str_add(out, "  ");
	add_actor(out, &rev->actor);
	if (rev->message && rev->message[0]) {
		str_add(out, "  ");
		cli_add_subject(out, rev->message);
	}
	str_addc(out, '\n');
}

struct log_view {
	const struct world *world;
	bool all;
	bool json;
	size_t shown;
	size_t left_out;
	enum err err;
};

/* What the kernel refused, and what another program did in its own chains: that
 * of theirs which a revert took away has a message. */
static bool
is_noise(const struct revision *rev)
{
	return strcmp(state_text(rev), "failed") == 0 ||
	       (strcmp(rev->origin, "external") == 0 && rev->changes &&
		!(rev->message && rev->message[0]) &&
		changeset_is_owned(rev->changes));
}

static bool
log_one(const struct revision *rev, void *arg)
{
	struct log_view *view = arg;
	struct str line = {0};

	if (!view->all && is_noise(rev)) {
		view->left_out++;
		return true;
	}
	if (view->json) {
		str_add(&line, view->shown ? ",\n" : "[\n");
		cli_log_json(view->world, &line, rev);
	} else {
		add_log_line(&line, rev);
	}
	view->shown++;
	view->err = view->json ? cli_print_exact(view->world, &line) :
				 cli_print(view->world, &line);
	str_done(&line);
	return !view->err;
}

/* Who reads it on a terminal is told that there is more. */
static enum err
end_log(const struct log_view *view)
{
	struct str text = {0};
	enum err err;

	if (view->json)
		str_add(&text, view->shown ? "\n]\n" : "[]\n");
	else if (view->left_out && view->world->tty_out)
		str_addf(&text, Q_("%zu more with --all\n",
				   "%zu more with --all\n", view->left_out),
			 view->left_out);
	err = cli_print(view->world, &text);
	str_done(&text);
	return err;
}

enum err
cmd_log(struct world *world, const struct cli_call *call)
{
	struct log_view view = {
		.world = world, .all = call->opt.all, .json = call->opt.json,
	};
	struct history *history;
	char *warning;
	enum err err;

	warning = catch_up(world);
	err = cli_open_history(world, &history);
	if (err) {
		free(warning);	/* the same once more */
		return err;
	}
	cli_warn_take(world, warning);
	err = history_each(history, world->only_table, call->opt.grep, log_one,
			   &view);
	history_close(history);
	if (!err)
		err = view.err;
	return err ? err : end_log(&view);
}

/* More lines of a value stand below it: none of them can pass for a field. */
static void
add_field(struct str *out, const char *name, const char *value)
{
	while (value && value[0]) {
		size_t n = strcspn(value, "\n");

		str_addf(out, "%-10s %.*s\n", name, (int)n, value);
		name = "";
		value += n + (value[n] == '\n');
	}
}

static void
add_when(struct str *out, const char *name, int64_t when)
{
	struct str text = {0};

	if (when)
		clock_format(&text, when);
	add_field(out, name, str_text(&text));
	str_done(&text);
}

static void
add_reason(struct str *out, const char *reason)
{
	char *why = trial_reason_text(reason);

	add_field(out, _("reason"), why);
	free(why);
}

static void
add_who(struct str *out, const char *name, const struct actor *actor)
{
	struct str text = {0};

	add_actor(&text, actor);
	if (actor->tty)
		str_addf(&text, _(" on %s"), actor->tty);
	add_field(out, name, str_text(&text));
	str_done(&text);
}

/* What others lost by it, and where that is kept; 0: nowhere. */
static void
add_lost(struct str *out, const char *lines, int64_t kept)
{
	char *rules = apply_readable_rules(lines);
	struct str text = {0};

	str_add(&text, _("What others did and the undo took back:\n"));
	str_add(&text, rules);
	if (kept)
		cli_add_kept(&text, kept);
	else
		str_add(&text, _("The table as others had it is not kept.\n"));
	add_field(out, _("lost"), str_text(&text));
	str_done(&text);
	free(rules);
}

static void
add_revision(struct str *out, const struct revision *rev, int64_t kept)
{
	str_addf(out, "%-10s %lld", _("revision"), (long long)rev->id);
	if (rev->parent)
		str_addf(out, _(" on %lld"), (long long)rev->parent);
	str_addc(out, '\n');
	add_when(out, _("after"), rev->since_s);
	add_when(out, rev->since_s ? _("before") : _("time"), rev->time_s);
	add_who(out, _("who"), &rev->actor);
	add_field(out, _("host"), rev->actor.host);
	add_field(out, _("table"), rev->table);
	add_field(out, _("origin"), rev->origin);
	add_field(out, _("state"), rev->state);
	add_reason(out, rev->reason);
	add_when(out, _("settled"), rev->settled_s);
	if (rev->settled_s && rev->settled_by.user)
		add_who(out, _("by"), &rev->settled_by);
	add_field(out, _("override"), rev->override);
	add_field(out, _("message"), rev->message);
	if (rev->lost)
		add_lost(out, rev->lost, kept);
	str_addc(out, '\n');
	if (rev->changes)
		changeset_describe(rev->changes, out);
}

enum err
cmd_show(struct world *world, const struct cli_call *call)
{
	struct history *history;
	struct revision *rev = NULL;
	struct str out = {0};
	int64_t id, kept = 0;
	enum err err;

	err = cli_need_revision(call->argv[0], &id);
	if (!err)
		err = cli_open_history(world, &history);
	if (err)
		return err;
	err = history_get(history, id, &rev);
	if (!err && rev->lost)
		err = history_found(history, id, &kept);
	if (!err) {
		add_revision(&out, rev, kept);
		err = cli_print(world, &out);
	}
	str_done(&out);
	revision_free(rev);
	history_close(history);
	return err;
}
