/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file for the next boot. It ends in a line with the fingerprint of all
 * above it, by which one that somebody has edited is known: that is kept under
 * another name before ours takes its place. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <xxhash.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/owned.h>
#include "internal.h"

#define MAX_BYTES ((size_t)1 << 30)
#define SEAL "# sallyport wrote this: "	/* and 32 hex digits */
#define SEAL_DIGITS 32

/* --- The seal --- */

static void
seal_of(const char *text, size_t len, char digits[SEAL_DIGITS + 1])
{
	XXH128_hash_t hash = XXH3_128bits(text, len);

	snprintf(digits, SEAL_DIGITS + 1, "%016llx%016llx",
		 (unsigned long long)hash.high64,
		 (unsigned long long)hash.low64);
}

/* Where the seal begins, or the text's length where it has none. */
static size_t
seal_at(const struct str *text)
{
	size_t len = strlen(SEAL) + SEAL_DIGITS + 1;

	if (text->len < len ||
	    strncmp(text->s + text->len - len, SEAL, strlen(SEAL)) != 0)
		return text->len;
	return text->len - len;
}

/* Is it as we wrote it? */
static bool
is_ours(const struct str *text)
{
	size_t at = seal_at(text);
	char digits[SEAL_DIGITS + 1];

	if (at == text->len)
		return false;
	seal_of(text->s, at, digits);
	return strncmp(text->s + at + strlen(SEAL), digits, SEAL_DIGITS) == 0;
}

static void
seal(struct str *text)
{
	char digits[SEAL_DIGITS + 1];

	if (text->len && text->s[text->len - 1] != '\n')
		str_addc(text, '\n');
	seal_of(str_text(text), text->len, digits);
	str_addf(text, SEAL "%s\n", digits);
}

/* --- What is written --- */

static bool
is_blank(const struct ruleset *rs)
{
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		if (chain->rules.n || chain->policy != POLICY_ACCEPT)
			return false;
	}
	return true;
}

/* Without owned chains, and counted from nothing. A table that does nothing is
 * left out, unless the file has it: then it is emptied there. */
static struct tables *
tables_to_boot(const struct tables *live, const struct str *file)
{
	struct tables *boot = tables_new();

	for (size_t i = 0; i < live->v.n; i++) {
		const struct ruleset *rs = live->v.v[i];
		struct ruleset *own;

		if (rs->absent)
			continue;
		own = ruleset_without_owned(rs);
		for (size_t c = 0; c < own->chains.n; c++)
			((struct chain *)own->chains.v[c])->counters =
				(struct counters){ 0 };
		if (is_blank(own) && !savefile_has(file, rs->table))
			ruleset_free(own);
		else
			tables_put_take(boot, own);
	}
	return boot;
}

/* A rule that no extension here can print is a comment in the text, and would be
 * missing after the next boot. */
static enum err
check_no_opaque(const struct ruleset *rs)
{
	struct str spec = { 0 };
	enum err err = OK;

	for (size_t c = 0; c < rs->chains.n && !err; c++) {
		const struct chain *chain = rs->chains.v[c];

		for (size_t i = 0; i < chain->rules.n && !err; i++) {
			str_done(&spec);
			xt_spec(chain_rule(chain, i), chain->name, false,
				&spec);
			if (str_starts(str_text(&spec), "#"))
				err = fail(ERR_FAIL, _("rule %zu of chain '%s' "
					   "uses an extension that cannot be "
					   "written"), i + 1, chain->name);
		}
	}
	str_done(&spec);
	return err;
}

static enum err
text_to_boot(const char *path, const struct tables *boot, struct str *text)
{
	enum err err = OK;

	for (size_t i = 0; i < boot->v.n && !err; i++) {
		const struct ruleset *rs = boot->v.v[i];

		err = check_no_opaque(rs);
		if (!err)
			err = savefile_put(path, text, rs, false);
	}
	return err;
}

/* --- The file --- */

struct boot_file {
	int dir;		/* its directory */
	char *name;
	struct str text;	/* what is there; "" without a file */
	mode_t mode;
};

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

static enum err
open_dir(const struct boot_place *place, const char *path, int *fd)
{
	if (!place->persistent)
		return dir_open_private(path, fd);
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return fail_errno(_("cannot open directory '%s'"), path);
	return check_dir(*fd, path);
}

/* Locked, as two who confirm may write at once. */
static enum err
file_open(const struct boot_place *place, struct boot_file *file)
{
	char *copy = xstrdup(place->path), *name = xstrdup(place->path);
	struct stat st;
	enum err err;

	*file = (struct boot_file){ .dir = -1, .mode = 0600 };
	file->name = xstrdup(basename(name));
	err = open_dir(place, dirname(copy), &file->dir);
	if (!err && flock(file->dir, LOCK_EX) < 0)
		err = fail_errno(_("cannot lock '%s'"), copy);
	if (!err) {
		err = file_read(file->dir, file->name, MAX_BYTES, &file->text);
		if (err == ERR_NOT_FOUND)
			err = OK;
		else if (!err && fstatat(file->dir, file->name, &st, 0) == 0)
			file->mode = st.st_mode & 0777;
	}
	free(copy);
	free(name);
	return err;
}

static void
file_done(struct boot_file *file)
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
	ours = file_read(file->dir, name, MAX_BYTES, &text) == OK &&
	       is_ours(&text);
	str_done(&text);
	return !ours;
}

/* The file as it was, beside, in the first of .old, .old.1, .old.2 ... that
 * has nobody's work. *kept, yours, names it. */
static enum err
keep_old(const struct boot_file *file, char **kept)
{
	*kept = xasprintf("%s.old", file->name);
	for (unsigned i = 1; is_somebodys(file, *kept); i++) {
		free(*kept);
		*kept = xasprintf("%s.old.%u", file->name, i);
	}
	return file_write_atomic(file->dir, *kept, str_text(&file->text),
				 file->text.len, file->mode);
}

static enum err
file_put(struct boot_file *file, const struct str *text, char **kept)
{
	enum err err = OK;

	if (file->text.len)
		err = keep_old(file, kept);
	if (!err)
		err = file_write_atomic(file->dir, file->name, str_text(text),
					text->len, file->mode);
	return err;
}

/* --- */

static bool
same_text(const struct str *a, const struct str *b)
{
	return a->len == b->len && memcmp(str_text(a), str_text(b), a->len) == 0;
}

static void
say_written(const struct boot_place *place, const struct boot_file *file,
	    const char *kept, struct str *said)
{
	str_addf(said, _("written for the next boot: %s"), place->path);
	if (kept && !is_ours(&file->text))
		str_addf(said, _("; what somebody had written there is in %s"),
			 kept);
	if (!place->loaded)
		str_addf(said, _("; nothing loads it yet: systemctl enable %s"),
			 place->persistent ? "netfilter-persistent" :
					     "sallyport-boot");
}

/* What would be in the place of old. Our own file is written from nothing,
 * iptables-persistent's keeps what it has of other tables. */
static enum err
make_text(const struct boot_place *place, const struct str *old,
	  const struct tables *boot, struct str *text)
{
	enum err err;

	if (place->persistent)
		str_addn(text, str_text(old), seal_at(old));
	err = text_to_boot(place->path, boot, text);
	if (!err)
		seal(text);
	return err;
}

static enum err
write_place(const struct boot_place *place, struct boot_file *file,
	    const struct tables *live, enum boot_outcome *outcome,
	    struct str *said)
{
	struct tables *boot = tables_to_boot(live, &file->text);
	struct str text = { 0 };
	char *kept = NULL;
	enum err err = make_text(place, &file->text, boot, &text);

	*outcome = BOOT_SAME;
	if (!err && !same_text(&text, &file->text)) {
		*outcome = BOOT_WRITTEN;
		err = boot_try(place->loader, &text, boot);
		if (!err)
			err = file_put(file, &text, &kept);
		if (!err)
			say_written(place, file, kept, said);
	}
	free(kept);
	str_done(&text);
	tables_free(boot);
	return err;
}

static enum boot_outcome
write_somewhere(const struct boot_world *world, const struct tables *live,
		struct str *said)
{
	enum boot_outcome outcome = BOOT_FAILED;
	struct boot_place place;
	struct boot_file file;
	enum err err;

	boot_find(world, &place);
	err = file_open(&place, &file);
	if (!err)
		err = write_place(&place, &file, live, &outcome, said);
	if (err) {
		outcome = BOOT_FAILED;
		str_addf(said, _("the rules for the next boot stay as they "
				 "were: %s"), err_message());
	}
	file_done(&file);
	boot_place_done(&place);
	return outcome;
}

enum boot_outcome
boot_write(const struct boot_world *world, const struct tables *live,
	   struct str *said)
{
	const char *manager;

	if (world->elsewhere)
		return BOOT_ELSEWHERE;
	if (world->off)
		return BOOT_OFF;
	manager = boot_manager(world, live);
	if (!manager)
		return write_somewhere(world, live, said);
	str_addf(said, _("nothing is written for the next boot: %s is active "
			 "and loads rules of its own"), manager);
	return BOOT_MANAGED;
}

bool
boot_is_behind(const struct boot_world *world, const struct tables *live)
{
	struct boot_place place;
	struct str old = { 0 }, text = { 0 };
	struct tables *boot;
	bool behind = false;

	if (world->elsewhere || world->off || boot_manager(world, live))
		return false;
	boot_find(world, &place);
	if (file_read(AT_FDCWD, place.path, MAX_BYTES, &old) == OK) {
		boot = tables_to_boot(live, &old);
		behind = make_text(&place, &old, boot, &text) != OK ||
			 !same_text(&text, &old);
		tables_free(boot);
	}
	str_done(&old);
	str_done(&text);
	boot_place_done(&place);
	return behind;
}

/* A link that leads nowhere is no file either, but one that stays there. */
static enum err
read_place(const struct boot_place *place, struct str *text)
{
	enum err err = file_read(AT_FDCWD, place->path, MAX_BYTES, text);
	struct stat st;

	if (err == ERR_NOT_FOUND && lstat(place->path, &st) == 0 &&
	    S_ISLNK(st.st_mode))
		err = file_check_ours(&st, place->path);
	return err;
}

enum err
boot_read(const struct boot_world *world, struct tables **tables)
{
	struct boot_place place;
	struct str text = { 0 };
	enum err err;

	boot_find(world, &place);
	err = read_place(&place, &text);
	if (!err)
		err = tables_load(str_text(&text), text.len, place.path, NULL,
				  NULL, tables);
	str_done(&text);
	boot_place_done(&place);
	return err;
}
