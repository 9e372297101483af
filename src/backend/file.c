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

static enum err
file_text(const struct file_backend *self, struct str *text)
{
	if (strcmp(self->path, "-") == 0)
		return file_read_fd(STDIN_FILENO, "-", FILE_MAX_BYTES, text);
	return file_read(AT_FDCWD, self->path, FILE_MAX_BYTES, text);
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
	enum err err = file_text(self, &text);

	if (!err)
		err = load_table(self, &text, table, rs);
	str_done(&text);
	return err;
}

/* Where the table's text is in text: from its "*" to the line after COMMIT. */
static bool
table_span(const char *text, const char *table, size_t *from, size_t *to)
{
	struct str head = { 0 };
	const char *start, *end;

	str_addf(&head, "*%s", table);
	for (start = strstr(text, str_text(&head)); start;
	     start = strstr(start + 1, str_text(&head)))
		if ((start == text || start[-1] == '\n') &&
		    strchr("\r\n \t", start[head.len]))
			break;
	str_done(&head);
	end = start ? strstr(start, "\nCOMMIT") : NULL;
	if (!end)
		return false;
	end = strchr(end + 1, '\n');
	*from = (size_t)(start - text);
	*to = end ? (size_t)(end + 1 - text) : strlen(text);
	return true;
}

static enum err
file_store(const struct file_backend *self, const struct ruleset *rs,
	   const struct str *old)
{
	struct stat st = { .st_mode = 0600 };
	struct str text = { 0 };
	size_t from, to;
	enum err err;

	if (!table_span(str_text(old), rs->table, &from, &to))
		from = to = old->len;
	stat(self->path, &st);
	str_addn(&text, str_text(old), from);
	ruleset_save(rs, true, &text);
	str_addn(&text, str_text(old) + to, old->len - to);
	err = file_write_atomic(AT_FDCWD, self->path, text.s, text.len,
				st.st_mode & 07777);
	if (!err && chown(self->path, st.st_uid, st.st_gid) < 0 &&
	    geteuid() == 0)
		err = fail_errno(_("cannot keep the owner of '%s'"), self->path);
	str_done(&text);
	return err;
}

static enum err
file_commit(struct backend *be, const struct ruleset *live,
	    const struct changeset *cs)
{
	struct file_backend *self = (struct file_backend *)be;
	struct str text = { 0 };
	struct ruleset *now = NULL;
	enum err err = file_text(self, &text);

	if (!err)
		err = load_table(self, &text, cs->table, &now);
	if (!err && !ruleset_equal(now, live))
		err = fail(ERR_CONFLICT, _("'%s' has changed since it was read"),
			   self->path);
	if (!err)
		err = changeset_apply(cs, now);
	if (!err)
		err = file_store(self, now, &text);
	ruleset_free(now);
	str_done(&text);
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
