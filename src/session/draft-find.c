/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding a draft that was left behind. What does not hold together is no draft;
 * its files stay. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "draft.h"

#define DRAFT_MAX ((size_t)1 << 30)

void
draft_free(struct draft *draft)
{
	if (!draft)
		return;
	free(draft->name);
	free(draft->origin);
	actor_done(&draft->by);
	tables_free(draft->base);
	changesets_done(&draft->changes);
	free(draft);
}

static enum err
no_draft(const char *name)
{
	return fail(ERR_FAIL, _("the draft '%s' cannot be read"), name);
}

/* ERR_PARSE: of a format that we do not know. ERR_NOT_FOUND: it is none. */
static enum err
check_format(const char *file, const json_t *json)
{
	int64_t format = json_integer_value(json_object_get(json, "format"));

	if (format == DRAFT_FORMAT)
		return OK;
	if (format > DRAFT_FORMAT)
		return fail(ERR_PARSE, _("the draft '%s' was written by a newer "
			    "sallyport (format %lld, this one reads %d); it is "
			    "left alone"), file, (long long)format,
			    DRAFT_FORMAT);
	return fail(ERR_NOT_FOUND, _("'%s' is no draft"), file);
}

/* *json is yours, NULL after an error. */
static enum err
read_json(int dir, const char *name, const char *suffix, json_t **json)
{
	char *file = xasprintf("%s.%s", name, suffix);
	struct str text = { 0 };
	enum err err = file_read(dir, file, DRAFT_MAX, &text);

	*json = err ? NULL : json_loadb(str_text(&text), text.len, 0, NULL);
	err = check_format(file, *json);
	if (err) {
		json_decref(*json);
		*json = NULL;
	}
	str_done(&text);
	free(file);
	return err;
}

static bool
is_held(int dir, const char *name)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *file = xasprintf("%s.base", name);
	int fd = openat(dir, file, O_RDWR | O_NOFOLLOW | O_CLOEXEC |
			O_NONBLOCK);
	bool held = fd < 0 || fcntl(fd, F_OFD_GETLK, &lock) < 0 ||
		    lock.l_type != F_UNLCK;

	if (fd >= 0)
		close(fd);
	free(file);
	return held;
}

/* A cookie counts anew after a reboot. */
static bool
is_of_here(const struct world *world, const json_t *json)
{
	const char *boot = json_string_value(json_object_get(json, "boot_id"));
	uint64_t cookie = (uint64_t)json_integer_value(
		json_object_get(json, "netns_cookie"));
	char *file = json_exact_get(json_object_get(json, "file"));
	bool here;

	if (world->file || file)
		here = world->file && file && strcmp(world->file, file) == 0;
	else
		here = !boot || strcmp(boot, clock_boot_id()) != 0 ||
		       cookie == proc_netns_cookie();
	free(file);
	return here;
}

static enum err
take_tables(const json_t *json, struct draft *draft)
{
	const json_t *one;
	size_t i;

	draft->base = tables_new();
	json_array_foreach(json_object_get(json, "tables"), i, one) {
		struct ruleset *rs;
		enum err err = ruleset_from_json(one, &rs);

		if (err)
			return err;
		if (!table_is_known(rs->table)) {
			ruleset_free(rs);
			return no_draft(draft->name);
		}
		tables_put_take(draft->base, rs);
	}
	return OK;
}

static enum err
take_changes(const json_t *json, struct draft *draft)
{
	struct tables *try = tables_copy(draft->base);
	const json_t *one;
	enum err err = OK;
	size_t i;

	json_array_foreach(json_object_get(json, "changes"), i, one) {
		struct changeset *cs;

		err = changeset_from_json(one, &cs);
		if (err)
			break;
		vec_push(&draft->changes, cs);
		if (!tables_get(try, cs->table))
			err = no_draft(draft->name);
	}
	if (!err)
		err = tables_apply(try, &draft->changes);
	tables_free(try);
	return err || draft->changes.n == 0 ? no_draft(draft->name) : OK;
}

static void
take_words(const json_t *json, struct draft *draft)
{
	const char *origin = json_string_value(json_object_get(json, "origin"));

	actor_from_json(json_object_get(json, "by"), &draft->by);
	draft->origin = xstrdup(origin ? origin : "edit");
	draft->wall_s = json_integer_value(json_object_get(json, "wall_s"));
}

static enum err
draft_load(const struct world *world, int dir, const char *name, bool held,
	   struct draft **draft)
{
	struct draft *made = xcalloc(1, sizeof(*made));
	json_t *json, *base = NULL;
	enum err err = read_json(dir, name, "json", &json);

	made->name = xstrdup(name);
	made->by.uid = -1;
	if (!err && (!is_of_here(world, json) ||
		     (!held && is_held(dir, name))))
		err = ERR_NOT_FOUND;
	if (!err && read_json(dir, name, "base", &base))
		err = no_draft(name);
	if (!err)
		err = take_tables(base, made);
	if (!err)
		err = take_changes(json, made);
	if (!err)
		take_words(json, made);
	json_decref(json);
	json_decref(base);
	if (err) {
		draft_free(made);
		return err;
	}
	*draft = made;
	return OK;
}

/* The newer of two, eaten both. */
static struct draft *
newer(struct draft *a, struct draft *b)
{
	struct draft *best = !a || b->wall_s > a->wall_s ? b : a;

	draft_free(best == a ? b : a);
	return best;
}

/* held: those that an editor holds, too. */
static enum err
find(const struct world *world, bool held, struct draft **draft)
{
	struct draft *best = NULL, *one;
	struct dirent *entry;
	char *unknown = NULL;
	DIR *list;
	int dir;
	enum err err = drafts_look(world, &dir);

	if (err)
		return err;
	list = fdopendir(dup(dir));
	while (list && (entry = readdir(list)) != NULL) {
		char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ".json") != 0)
			continue;
		*dot = '\0';
		err = draft_load(world, dir, entry->d_name, held, &one);
		if (!err)
			best = newer(best, one);
		else if (err == ERR_PARSE && !unknown)
			unknown = xstrdup(err_message());
	}
	if (list)
		closedir(list);
	close(dir);
	err = OK;
	if (best)
		*draft = best;
	else if (unknown)
		err = fail(ERR_PARSE, "%s", unknown);
	else
		err = fail(ERR_NOT_FOUND, _("no draft was left behind"));
	free(unknown);
	return err;
}

enum err
draft_find(const struct world *world, struct draft **draft)
{
	return find(world, false, draft);
}

enum err
draft_find_newest(const struct world *world, struct draft **draft)
{
	return find(world, true, draft);
}
