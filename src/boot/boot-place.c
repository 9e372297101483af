/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who loads the rules at boot: another program that manages them all,
 * iptables-persistent, or our own unit. Only files are looked at, and processes
 * for what leaves none. */
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "internal.h"

#define OWN_PATH SYSCONFDIR "/sallyport/rules.v6"
#define OWN_LOADER "/usr/sbin/ip6tables-legacy-restore"

/* What Debian's netfilter-persistent has for IPv6. */
#define PERSISTENT_PLUGIN "/usr/share/netfilter-persistent/plugins.d/25-ip6tables"
#define PERSISTENT_PATH "/etc/iptables/rules.v6"
#define PERSISTENT_LOADER "/usr/sbin/ip6tables-restore"
#define PERSISTENT_UNIT "netfilter-persistent.service"

#define CONFIG_MAX_BYTES 65536

static bool
exists(const struct boot_world *world, const char *path)
{
	char *full = xasprintf("%s%s", world->root, path);
	bool found = access(full, F_OK) == 0;

	free(full);
	return found;
}

/* Has the file a line that begins with this? */
static bool
has_line(const struct boot_world *world, const char *path, const char *start)
{
	char *full = xasprintf("%s%s", world->root, path);
	struct str text = { 0 };
	bool found = false;
	char *save = NULL;

	if (!file_read(AT_FDCWD, full, CONFIG_MAX_BYTES, &text) && text.s)
		for (char *line = strtok_r(text.s, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			found = found || str_starts(line, start);
	str_done(&text);
	free(full);
	return found;
}

static bool
is_firewalld(pid_t pid, void *arg)
{
	bool *found = arg;
	struct str name = { 0 };

	proc_comm(pid, &name);
	if (strcmp(str_text(&name), "firewalld") == 0 && proc_same_netns(pid))
		*found = true;
	str_done(&name);
	return !*found;
}

const char *
boot_manager(const struct boot_world *world)
{
	bool firewalld = false;

	if (has_line(world, "/etc/ufw/ufw.conf", "ENABLED=yes"))
		return "ufw";
	if (has_line(world, "/var/lib/shorewall6/state", "Started"))
		return "shorewall6";
	if (exists(world, "/usr/sbin/firewalld") ||
	    exists(world, "/usr/bin/firewalld"))
		proc_each(is_firewalld, &firewalld);
	return firewalld ? "firewalld" : NULL;
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

/* A target wants it. */
static bool
is_enabled(const struct boot_world *world, const char *unit)
{
	char *pattern = xasprintf("%s/etc/systemd/system/*.wants/%s",
				  world->root, unit);
	glob_t found;
	bool enabled = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;

	if (enabled)
		globfree(&found);
	free(pattern);
	return enabled;
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
		.loaded = is_enabled(world, persistent ? PERSISTENT_UNIT :
						   BOOT_UNIT),
	};
}

void
boot_place_done(struct boot_place *place)
{
	free(place->path);
	*place = (struct boot_place){ 0 };
}
