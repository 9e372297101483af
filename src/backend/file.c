/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rules file as a backend: the same tables, offline. Other tables' text in the
 * file stays as it is. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sallyport/backend.h>
#include <sallyport/caller.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>

#define FILE_MAX_BYTES ((size_t)1 << 30)

struct file_backend {
	struct backend base;
	char *path;
	int lock_fd;
};

static enum err
file_probe(struct backend *be, const char *table, struct probe *probe)
{
	(void)be;
	(void)table;
	*probe = (struct probe){ .can_read = true, .legacy_rules = true };
	return OK;
}

/* Each table is read from it, and all again before a commit: what can be read
 * but once, such as a pipe, will not do. */
static enum err
file_text(const struct file_backend *self, struct str *text, bool *secret)
{
	int fd = caller_open(self->path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
			     O_NONBLOCK, secret);
	struct stat st;
	enum err err;

	if (fd < 0)
		return fail_errno(_("cannot open '%s'"), self->path);
	if (fstat(fd, &st) < 0)
		err = fail_errno(_("cannot look at '%s'"), self->path);
	else if (S_ISDIR(st.st_mode))
		err = fail(ERR_FAIL, _("'%s' is a directory"), self->path);
	else if (!S_ISREG(st.st_mode))
		err = fail(ERR_FAIL, _("'%s' is no regular file"), self->path);
	else
		err = file_read_fd(fd, self->path, FILE_MAX_BYTES, text);
	close(fd);
	return err;
}

/* A table that the file does not name is an empty one. */
static enum err
load_table(const struct file_backend *self, const struct str *text,
	   const char *table, struct ruleset **rs)
{
	enum err err = ruleset_load(str_text(text), text->len, self->path,
				    table, rs);

	if (err != ERR_NOT_FOUND)
		return err;
	err = ruleset_new_empty(table, rs);
	if (!err)
		(*rs)->absent = true;
	return err;
}

static enum err
file_read_table(struct backend *be, const char *table, struct ruleset **rs)
{
	struct file_backend *self = (struct file_backend *)be;
	struct str text = { 0 };
	bool secret;
	enum err err = file_text(self, &text, &secret);

	if (!err)
		err = caller_hide(load_table(self, &text, table, rs), secret,
				  self->path);
	str_done(&text);
	return err;
}

/* Did the file give its rules counters? */
static bool
has_counters(const struct ruleset *rs)
{
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		for (size_t r = 0; r < chain->rules.n; r++)
			if (chain_rule(chain, r)->counters.packets)
				return true;
	}
	return false;
}

/* Carry cs out on its table in text, which must be live. */
static enum err
change_text(const struct file_backend *self, struct str *text,
	    const struct ruleset *live, const struct changeset *cs)
{
	struct ruleset *now = NULL;
	enum err err = load_table(self, text, cs->table, &now);

	if (!err && !ruleset_equal(now, live))
		err = fail(ERR_CONFLICT, _("'%s' has changed since it was read"),
			   self->path);
	if (!err)
		err = changeset_apply(cs, now);
	if (!err)
		err = savefile_put(self->path, text, now, has_counters(now));
	ruleset_free(now);
	return err;
}

enum err
backend_file_commit(struct backend *be, const struct tables *live,
		    const struct vec *changesets)
{
	struct file_backend *self = (struct file_backend *)be;
	struct str text = { 0 };
	enum err err = file_text(self, &text, NULL);

	for (size_t i = 0; i < changesets->n && !err; i++) {
		const struct changeset *cs = changesets->v[i];

		err = change_text(self, &text, tables_get(live, cs->table), cs);
	}
	if (!err)
		err = file_replace(self->path, str_text(&text), text.len);
	str_done(&text);
	return err;
}

static enum err
file_commit(struct backend *be, const struct ruleset *live,
	    const struct changeset *cs)
{
	struct tables *tables = tables_new();
	struct vec changesets = { 0 };
	enum err err;

	tables_put_take(tables, ruleset_copy(live));
	vec_push(&changesets, (void *)(uintptr_t)cs);
	err = backend_file_commit(be, tables, &changesets);
	vec_done(&changesets);
	tables_free(tables);
	return err;
}

static enum err
file_lock_path(struct backend *be, const struct clock *clock,
	       int64_t deadline_ms)
{
	struct file_backend *self = (struct file_backend *)be;
	struct str holder = { 0 };
	enum err err;

	self->lock_fd = open(self->path, O_RDONLY | O_CLOEXEC);
	if (self->lock_fd < 0)
		return fail_errno(_("cannot open '%s'"), self->path);
	err = file_lock(self->lock_fd, clock, deadline_ms, &holder);
	if (err) {
		close(self->lock_fd);
		self->lock_fd = -1;
	}
	str_done(&holder);
	return err;
}

static void
file_unlock(struct backend *be)
{
	struct file_backend *self = (struct file_backend *)be;

	if (self->lock_fd >= 0)
		close(self->lock_fd);
	self->lock_fd = -1;
}

static void
file_backend_free(struct backend *be)
{
	struct file_backend *self = (struct file_backend *)be;

	file_unlock(be);
	free(self->path);
	free(self);
}

static const struct backend_ops file_backend_ops = {
	.name = "file",
	.probe = file_probe,
	.read = file_read_table,
	.commit = file_commit,
	.lock = file_lock_path,
	.unlock = file_unlock,
	.free = file_backend_free,
};

struct backend *
backend_file(const char *path)
{
	struct file_backend *self = xcalloc(1, sizeof(*self));

	self->base.ops = &file_backend_ops;
	self->path = xstrdup(path);
	self->lock_fd = -1;
	return &self->base;
}
