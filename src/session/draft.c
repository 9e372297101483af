/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping a draft: two files, NAME.base with the tables, written once and held
 * locked, and NAME.json with the changes, replaced by each edit. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "draft.h"

static char *
drafts_path(const struct world *world)
{
	const char *slash = strrchr(world->db_path, '/');

	return slash ? xasprintf("%.*s/drafts", (int)(slash - world->db_path),
				 world->db_path) : xstrdup("drafts");
}

enum err
drafts_open(const struct world *world, int *dir)
{
	char *path = drafts_path(world);
	enum err err = dir_open_private(path, dir);

	free(path);
	return err;
}

enum err
drafts_look(const struct world *world, int *dir)
{
	char *path = drafts_path(world);
	enum err err = dir_open_ours(path, dir);

	free(path);
	return err;
}

static char *
random_name(void)
{
	unsigned char b[12];
	struct str name = { 0 };

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		die("no random numbers");
	for (size_t i = 0; i < sizeof(b); i++)
		str_addf(&name, "%02x", b[i]);
	return str_take(&name);
}

static enum err
write_json(int dir, const char *name, const char *suffix, json_t *json)
{
	char *file = xasprintf("%s.%s", name, suffix);
	char *text = json_dumps(json, JSON_COMPACT);
	enum err err = OK;

	if (!text)
		die("a draft is no valid JSON");
	err = file_write_atomic(dir, file, text, strlen(text), 0600);
	json_decref(json);
	free(text);
	free(file);
	return err;
}

static json_t *
tables_to_json(const struct tables *tables)
{
	json_t *list = json_array();

	for (size_t i = 0; i < tables->v.n; i++)
		json_array_append_new(list, ruleset_to_json(tables->v.v[i]));
	return json_pack("{s:i, s:o}", "format", DRAFT_FORMAT, "tables", list);
}

static json_t *
draft_to_json(const struct world *world, const struct vec *changes,
	      const char *origin)
{
	json_t *list = json_array();

	for (size_t i = 0; i < changes->n; i++)
		json_array_append_new(list, changeset_to_json(changes->v[i]));
	return json_pack("{s:i, s:o, s:I, s:s, s:I, s:o, s:s, s:o}",
		"format", DRAFT_FORMAT, "by", actor_to_json(&world->actor),
		"wall_s", (json_int_t)world->clock->wall_s(world->clock),
		"boot_id", clock_boot_id(),
		"netns_cookie", (json_int_t)proc_netns_cookie(),
		"file", json_exact(world->file), "origin", origin,
		"changes", list);
}

/* Without its changes a base is no draft yet: nobody takes it for one that was
 * left behind. */
static enum err
lock_base(int dir, struct draft_file *file)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *name = xasprintf("%s.base", file->name);
	enum err err = OK;

	file->fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (file->fd < 0 || fcntl(file->fd, F_OFD_SETLK, &lock) < 0)
		err = fail_errno(_("cannot lock '%s'"), name);
	free(name);
	return err;
}

static void
remove_files(int dir, const char *name)
{
	static const char *const suffixes[] = { "json", "base" };

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		char *file = xasprintf("%s.%s", name, suffixes[i]);

		unlinkat(dir, file, 0);
		free(file);
	}
}

void
draft_drop(const struct world *world, const struct draft *draft)
{
	int dir;

	if (drafts_open(world, &dir))
		return;
	remove_files(dir, draft->name);
	close(dir);
}

static void
let_go(int dir, struct draft_file *file)
{
	if (file->name)
		remove_files(dir, file->name);
	if (file->fd >= 0)
		close(file->fd);
	free(file->name);
	file->name = NULL;
	file->fd = -1;
}

/* Files of a new name. The old ones go last, so that one whole draft is there
 * at any time. */
static enum err
keep_anew(int dir, struct draft_file *file, const struct tables *base,
	  json_t *json)
{
	struct draft_file fresh = { .name = random_name(), .fd = -1,
				    .failed = file->failed };
	enum err err = write_json(dir, fresh.name, "base",
				  tables_to_json(base));

	if (!err)
		err = lock_base(dir, &fresh);
	if (err)
		json_decref(json);
	else
		err = write_json(dir, fresh.name, "json", json);
	if (err) {
		let_go(dir, &fresh);
		return err;
	}
	let_go(dir, file);
	*file = fresh;
	return OK;
}

enum err
draft_keep(const struct world *world, struct draft_file *file,
	   const struct tables *base, const struct vec *changes,
	   const char *origin, bool anew)
{
	json_t *json;
	int dir;
	enum err err;

	if (changes->n == 0 && !file->name)
		return OK;
	err = drafts_open(world, &dir);
	if (err)
		return err;
	if (changes->n == 0) {
		let_go(dir, file);
	} else {
		json = draft_to_json(world, changes, origin);
		err = anew || !file->name ?
		      keep_anew(dir, file, base, json) :
		      write_json(dir, file->name, "json", json);
	}
	close(dir);
	return err;
}

void
draft_close(const struct world *world, struct draft_file *file, bool remove)
{
	int dir;

	if (file->name && remove && drafts_open(world, &dir) == OK) {
		let_go(dir, file);
		close(dir);
	}
	if (file->fd >= 0)
		close(file->fd);
	free(file->name);
	file->name = NULL;
	file->fd = -1;
}
