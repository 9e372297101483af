/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the boot rules. */
#ifndef BOOT_INTERNAL_H
#define BOOT_INTERNAL_H

#include <sys/types.h>
#include <sallyport/boot.h>

#define BOOT_FILE_MAX ((size_t)1 << 30)

/* boot-seal.c: end text in the line by which it is known as ours. */
void boot_seal(struct str *text);

/* Where the seal begins, or the text's length where it has none. */
size_t boot_seal_at(const struct str *text);

/* Is it as we wrote it? */
bool boot_is_sealed(const struct str *text);

/* boot-text.c: the live tables without owned chains, and counted from nothing.
 * A table that does nothing is left out, unless the file has it: then it is
 * emptied there. Yours. */
struct tables *boot_tables(const struct tables *live, const struct str *file);

/* What would be in the place of old, sealed. Our own file is written from
 * nothing, iptables-persistent's keeps what it has of other tables. */
enum err boot_text(const struct boot_place *place, const struct str *old,
		   const struct tables *boot, struct str *text) must_check;

struct boot_file {
	int dir;		/* its directory */
	char *name;
	struct str text;	/* what is there; "" without a file */
	mode_t mode;
};

/* boot-file.c: read the file. Its directory stays locked until boot_file_done(),
 * as two who confirm may write at once. */
enum err boot_file_open(const struct boot_place *place, struct boot_file *file)
	must_check;
void boot_file_done(struct boot_file *file);

/* The same for who only looks: what would not be written over is not read.
 * ERR_NOT_FOUND: there is none. */
enum err boot_file_read(const struct boot_place *place, struct str *text)
	must_check;

/* Put text in its place, after a copy of what was there; *kept, yours, names
 * that, NULL where there was nothing. */
enum err boot_file_put(struct boot_file *file, const struct str *text,
		       char **kept) must_check;

/* boot-try.c: would loader load the text in an empty network namespace, and make
 * of it as many chains and rules as tables have? ERR_FAIL says why not. */
enum err boot_try(const char *loader, const struct str *text,
		  const struct tables *tables) must_check;

/* The first line that `loader -V` prints; "" where it prints none. */
void boot_ask_version(const char *loader, struct str *line);

/* boot-place.c: a target wants the unit, and it is not masked. */
bool boot_unit_enabled(const struct boot_world *world, const char *unit);

#endif
