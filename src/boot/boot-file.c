/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file for the next boot and its old copies beside it: one that somebody has
 * edited is kept under another name before ours takes its place. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/file.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

/* Root's own, or whoever we are. */
static enum err
check_dir(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_errno(_("cannot look at '%s'"), path);
	if (st.st_uid != geteuid() || st.st_mode & 022)
		return fail(ERR_FAIL, _("directory '%s' may be written by "
					"others"), path);
	return OK;
}

/* Our own directory is made where it is missing, unless we may only look. */
static enum err
open_dir(const struct boot_place *place, const char *path, bool make, int *fd)
{
	if (!place->persistent)
		return make ? dir_open_private(path, fd) :
			      dir_open_ours(path, fd);
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return fail_errno(_("cannot open directory '%s'"), path);
	return check_dir(*fd, path);
}

enum err
boot_file_open(const struct boot_place *place, struct boot_file *file)
{
	char *copy = xstrdup(place->path), *name = xstrdup(place->path);
	struct stat st;
	enum err err;

	*file = (struct boot_file){ .dir = -1, .mode = 0600 };
	file->name = xstrdup(basename(name));
	err = open_dir(place, dirname(copy), true, &file->dir);
	if (!err && flock(file->dir, LOCK_EX) < 0)
		err = fail_errno(_("cannot lock '%s'"), copy);
	if (!err) {
		err = file_read(file->dir, file->name, BOOT_FILE_MAX,
				&file->text);
		if (err == ERR_NOT_FOUND)
			err = OK;
		else if (!err && fstatat(file->dir, file->name, &st, 0) == 0)
			file->mode = st.st_mode & 0777;
	}
	free(copy);
	free(name);
	return err;
}

enum err
boot_file_read(const struct boot_place *place, struct str *text)
{
	char *copy = xstrdup(place->path), *name = xstrdup(place->path);
	int dir;
	enum err err = open_dir(place, dirname(copy), false, &dir);

	if (!err) {
		err = file_read(dir, basename(name), BOOT_FILE_MAX, text);
		close(dir);
	}
	free(copy);
	free(name);
	return err;
}

void
boot_file_done(struct boot_file *file)
{
	if (file->dir >= 0)
		close(file->dir);
	free(file->name);
	str_done(&file->text);
}

/* Is name there, and not as we wrote it? */
static bool
is_somebodys(const struct boot_file *file, const char *name)
{
	struct str text = { 0 };
	struct stat st;
	bool ours;

	if (fstatat(file->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	ours = file_read(file->dir, name, BOOT_FILE_MAX, &text) == OK &&
	       boot_is_sealed(&text);
	str_done(&text);
	return !ours;
}

/* The file as it was, beside, in the first of .old, .old.1, .old.2 ... that
 * has nobody's work. *kept names it. */
static enum err
keep_old(const struct boot_file *file, char **kept)
{
	*kept = xasprintf("%s.old", file->name);
	for (unsigned i = 1; is_somebodys(file, *kept); i++) {
		free(*kept);
		*kept = xasprintf("%s.old.%u", file->name, i);
	}
	return file_write_beside(file->dir, *kept, str_text(&file->text),
				 file->text.len, file->mode);
}

enum err
boot_file_put(struct boot_file *file, const struct str *text, char **kept)
{
	enum err err = OK;

	if (file->text.len)
		err = keep_old(file, kept);
	if (!err)
		err = file_write_beside(file->dir, file->name, str_text(text),
					text->len, file->mode);
	return err;
}
