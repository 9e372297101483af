/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether anything is written for the next boot, and what is said of it. The
 * file is written anew only where it would say something else. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include "internal.h"

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
	if (kept && !boot_is_sealed(&file->text))
		str_addf(said, _("; what somebody had written there is in %s"),
			 kept);
	if (!place->loaded)
		str_addf(said, _("; nothing loads it yet: systemctl enable %s"),
			 place->persistent ? "netfilter-persistent" :
					     "sallyport-boot");
}

static enum err
write_place(const struct boot_place *place, struct boot_file *file,
	    const struct tables *live, enum boot_outcome *outcome,
	    struct str *said)
{
	struct tables *boot = boot_tables(live, &file->text);
	struct str text = { 0 };
	char *kept = NULL;
	enum err err = boot_text(place, &file->text, boot, &text);

	*outcome = BOOT_SAME;
	if (!err && !same_text(&text, &file->text)) {
		*outcome = BOOT_WRITTEN;
		err = boot_try(place->loader, &text, boot);
		if (!err)
			err = boot_file_put(file, &text, &kept);
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
	err = boot_file_open(&place, &file);
	if (!err)
		err = write_place(&place, &file, live, &outcome, said);
	if (err) {
		outcome = BOOT_FAILED;
		str_addf(said, _("the rules for the next boot stay as they "
				 "were: %s"), err_message());
	}
	boot_file_done(&file);
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
	if (boot_file_read(&place, &old) == OK) {
		boot = boot_tables(live, &old);
		behind = boot_text(&place, &old, boot, &text) != OK ||
			 !same_text(&text, &old);
		tables_free(boot);
	}
	str_done(&old);
	str_done(&text);
	boot_place_done(&place);
	return behind;
}

enum err
boot_read(const struct boot_world *world, struct tables **tables)
{
	struct boot_place place;
	struct str text = { 0 };
	enum err err;

	boot_find(world, &place);
	err = boot_file_read(&place, &text);
	if (!err)
		err = tables_load(str_text(&text), text.len, place.path, NULL,
				  NULL, tables);
	str_done(&text);
	boot_place_done(&place);
	return err;
}
