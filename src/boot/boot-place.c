/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who loads the rules at boot: iptables-persistent, or our own unit. Only files
 * are looked at. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/mem.h>
#include "internal.h"

#define OWN_PATH SYSCONFDIR "/sallyport/rules.v6"
#define OWN_LOADER "/usr/sbin/ip6tables-legacy-restore"

/* What Debian's netfilter-persistent has for IPv6. */
#define PERSISTENT_PLUGIN "/usr/share/netfilter-persistent/plugins.d/25-ip6tables"
#define PERSISTENT_PATH "/etc/iptables/rules.v6"
#define PERSISTENT_LOADER "/usr/sbin/ip6tables-restore"
#define PERSISTENT_UNIT "netfilter-persistent.service"

static bool
exists(const struct boot_world *world, const char *path)
{
	char *full = xasprintf("%s%s", world->root, path);
	bool found = access(full, F_OK) == 0;

	free(full);
	return found;
}

static bool
is_legacy(const char *loader)
{
	struct str version = { 0 };
	bool legacy;

	boot_ask_version(loader, &version);
	legacy = strstr(str_text(&version), "(legacy)") != NULL;
	str_done(&version);
	return legacy;
}

static bool
is_masked(const struct boot_world *world, const char *unit)
{
	char *path = xasprintf("%s/etc/systemd/system/%s", world->root, unit);
	char target[sizeof("/dev/null")] = "";
	ssize_t n = readlink(path, target, sizeof(target));

	free(path);
	return n == sizeof(target) - 1 && memcmp(target, "/dev/null", 9) == 0;
}

bool
boot_unit_enabled(const struct boot_world *world, const char *unit)
{
	char *pattern = xasprintf("%s/etc/systemd/system/*.wants/%s",
				  world->root, unit);
	glob_t found;
	bool wanted = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;

	if (wanted)
		globfree(&found);
	free(pattern);
	return wanted && !is_masked(world, unit);
}

void
boot_find(const struct boot_world *world, struct boot_place *place)
{
	bool persistent = exists(world, PERSISTENT_PLUGIN) &&
			  is_legacy(PERSISTENT_LOADER);
	const char *path = persistent ? PERSISTENT_PATH : OWN_PATH;

	*place = (struct boot_place){
		.path = xasprintf("%s%s", world->root, path),
		.loader = persistent ? PERSISTENT_LOADER : OWN_LOADER,
		.persistent = persistent,
		.loaded = boot_unit_enabled(world, persistent ? PERSISTENT_UNIT :
						   BOOT_UNIT),
	};
}

void
boot_place_done(struct boot_place *place)
{
	free(place->path);
	*place = (struct boot_place){ 0 };
}
