/* SPDX-License-Identifier: GPL-2.0-or-later */
/* History follows the kernel and never stops it: what cannot be written now is
 * told, and caught up with from the trial's record later. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/base64.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include <sallyport/text.h>
#include "internal.h"

enum err
run_dir_open(const struct world *world, int *fd)
{
	return dir_open_ours(world->guardian.run_dir, fd);
}

static void
warn(char **warning)
{
	if (!*warning)
		*warning = xasprintf(_("history is not up to date: %s"),
				     err_message());
}

bool
is_elsewhere(const struct trial *trial)
{
	return strcmp(trial->boot_id, clock_boot_id()) == 0 &&
	       !trial_is_ours(trial);
}

static enum err
record_one(struct history *history, const struct trial *trial, bool *news)
{
	int64_t id;

	*news = !history_has_outcome(history, trial->id);
	return history_record_trial(history, trial, &id);
}

bool
record_trial(const struct world *world, const struct trial *trial, bool *news,
	     char **warning)
{
	struct history *history;
	enum err err;

	*news = false;
	if (world->read_only || is_elsewhere(trial))
		return true;
	err = history_open(world->db_path, false, &history);
	if (!err) {
		if (trial->state == TRIAL_CONFIRMED && trial_is_ours(trial) &&
		    !history_has_outcome(history, trial->id))
			free(write_boot(world));
		err = record_one(history, trial, news);
		history_close(history);
	}
	if (err)
		warn(warning);
	return !err;
}

/* Opened for the first that is set aside, and given up where it cannot be. */
struct late {
	const struct world *world;
	struct history *history;
	bool failed;
};

static bool
record_aside(const struct trial *trial, void *arg)
{
	struct late *late = arg;
	bool news;

	if (is_elsewhere(trial))
		return false;
	if (!late->history && !late->failed)
		late->failed = history_open(late->world->db_path, false,
					    &late->history) != OK;
	return !late->failed &&
	       record_one(late->history, trial, &news) == OK;
}

void
record_asides(const struct world *world, int run_dir)
{
	struct late late = { .world = world };

	if (world->read_only)
		return;
	trial_each_aside(run_dir, record_aside, &late);
	if (late.history)
		history_close(late.history);
}

/* What was set aside comes first: a history that was lost or locked meanwhile
 * has them in the order in which they were. */
void
record_current(const struct world *world, char **warning)
{
	struct late late = { .world = world };
	struct trial *trial = NULL;
	bool news;
	int fd;

	if (world->read_only || run_dir_open(world, &fd) != OK)
		return;
	if (trial_load(fd, &trial) == OK && !is_elsewhere(trial)) {
		late.failed = history_open(world->db_path, false,
					   &late.history) != OK;
		if (late.failed) {
			warn(warning);
		} else {
			trial_each_aside(fd, record_aside, &late);
			if (record_one(late.history, trial, &news) != OK)
				warn(warning);
			history_close(late.history);
		}
	}
	trial_free(trial);
	close(fd);
}

/* One of this network namespace, or who watches over it. */
static bool
look_for_guardian(pid_t pid, void *arg)
{
	struct str name = { 0 };
	bool *found = arg;

	proc_comm(pid, &name);
	*found = (strcmp(str_text(&name), "sallyport-guard") == 0 ||
		  strcmp(str_text(&name), "sallyport-watch") == 0) &&
		 proc_same_netns(pid);
	str_done(&name);
	return !*found;
}

/* Now or set aside. What cannot be told counts as yes. */
static bool
is_in_run_dir(const struct world *world, const char *trial_id)
{
	struct trial *trial = NULL;
	bool found;
	int fd;
	enum err err = run_dir_open(world, &fd);

	if (err)
		return err != ERR_NOT_FOUND;
	err = trial_load(fd, &trial);
	found = err ? err != ERR_NOT_FOUND : strcmp(trial->id, trial_id) == 0;
	found = found || trial_is_aside(fd, trial_id);
	trial_free(trial);
	close(fd);
	return found;
}

/* A guardian goes on without a record, and may be of another run directory. */
static bool
has_record(const char *trial_id, void *arg)
{
	bool found = is_in_run_dir(arg, trial_id);

	if (!found)
		proc_each(look_for_guardian, &found);
	return found;
}

static enum err
sync_tables(const struct world *world, struct history *history,
	    const struct tables *live)
{
	int64_t now_s = world->clock->wall_s(world->clock);
	int64_t days = world->settings ? world->settings->history_days : 0;
	int64_t id;
	enum err err = history_end_lost(history, has_record,
					(void *)(uintptr_t)world, now_s);

	for (size_t i = 0; i < live->v.n && !err; i++) {
		const struct ruleset *rs = live->v.v[i];

		err = history_sync(history, rs, &world->actor, now_s, &id);
		if (!err && days)
			err = history_forget(history, rs->table,
					     now_s - days * 86400);
	}
	return err;
}

void
apply_sync(const struct world *world, const struct tables *live, char **warning)
{
	struct history *history;
	enum err err;

	*warning = NULL;
	if (world->read_only || world->file)
		return;
	err = history_open(world->db_path, false, &history);
	if (!err) {
		err = sync_tables(world, history, live);
		history_close(history);
	}
	if (err)
		warn(warning);
}

/* What ruleset_lost() calls it, and the command that did it; none moves a rule.
 * What comes behind the chain. */
static const struct lost_word {
	const char *what;
	const char *command;
	enum { NOTHING, WORD, ENTRY } then;
} lost_words[] = {
	{ "opaque", "-A", ENTRY },
	{ "deleted", "-D", ENTRY },
	{ "moved", "# moved", ENTRY },
	{ "policy", "-P", WORD },
	{ "made", "-N", NOTHING },
	{ "gone", "-X", NOTHING },
	{ "renamed", "-E", WORD },
};

static const struct lost_word *
lost_word(const char *what)
{
	for (size_t i = 0; i < ARRAY_LEN(lost_words); i++)
		if (strcmp(what, lost_words[i].what) == 0)
			return &lost_words[i];
	return NULL;
}

/* The rule of an entry, as a spec. False: it is only to be had as bytes. */
static bool
add_spec(const char *base64, struct str *out)
{
	struct counters none = { 0 };
	struct str entry = { 0 }, body = { 0 };
	struct rule *rule = NULL;
	bool done = base64_decode(&entry, base64, strlen(base64)) == OK &&
		    rule_new(str_text(&entry), entry.len, NULL, none,
			     &rule) == OK;

	if (done)
		xt_spec_body(rule, &body);
	done = done && str_text(&body)[0] != '#';
	if (done)
		str_addf(out, "%s%s", body.len ? " " : "", str_text(&body));
	rule_unref(rule);
	str_done(&body);
	str_done(&entry);
	return done;
}

/* The command of "# WHAT CHAIN [MORE]". */
static bool
add_command(char **words, size_t n, struct str *out)
{
	const struct lost_word *word = n > 2 ? lost_word(words[1]) : NULL;

	if (!word || n != (word->then == NOTHING ? 3 : 4))
		return false;
	str_addf(out, "%s ", word->command);
	words_quote(out, words[2]);
	if (word->then == WORD) {
		str_addc(out, ' ');
		words_quote(out, words[3]);
	}
	return word->then != ENTRY || add_spec(words[3], out);
}

/* A line of ruleset_lost() as the command that it undoes; as it is where that
 * is not to be had. */
static void
readable_rule(char *line, struct str *out)
{
	size_t n = 0;
	char **words = words_split(line, &n);
	struct str command = { 0 };

	if (words && add_command(words, n, &command))
		str_add(out, str_text(&command));
	else
		str_add(out, line);
	str_addc(out, '\n');
	str_done(&command);
	words_free(words);
}

char *
apply_readable_rules(const char *lines)
{
	char *copy = xstrdup(lines);
	struct str out = { 0 };
	char *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		readable_rule(line, &out);
	free(copy);
	return str_take(&out);
}
