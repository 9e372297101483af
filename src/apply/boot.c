/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was confirmed is written for the next boot; the machine's own rules
 * alone, so that no try-out in a namespace gets there. */
#include <sallyport/apply.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "internal.h"

struct boot_world
apply_boot_world(const struct world *world)
{
	bool own = world->boot_root ||
		   (proc_same_netns(1) && proc_same_mntns(1));

	return (struct boot_world){
		.root = world->boot_root ? world->boot_root : "",
		.off = world->settings && world->settings->no_boot,
		.elsewhere = world->file || world->sandbox || !own,
	};
}

char *
write_boot(const struct world *world)
{
	const struct boot_world where = apply_boot_world(world);
	struct tables *live = NULL;
	struct str said = { 0 };
	bool other_world;

	if (where.elsewhere || where.off || world->read_only)
		return NULL;
	if (world->settings_why)
		return xstrdup(_("nothing is written for the next boot, as the "
				 "settings, which may forbid it, cannot be "
				 "read"));
	if (apply_read(world, &live, &other_world) != OK)
		return xstrdup(err_message());
	boot_write(&where, live, &said);
	tables_free(live);
	return said.len ? str_take(&said) : NULL;
}
