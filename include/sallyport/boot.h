/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules for the next boot: a file that something else loads, written when a
 * change is confirmed and at no other time. It must first load in an empty
 * network namespace, by the very program that will load it; else the old file
 * stays. Chains that belong to other programs, and the rules that lead into
 * them, are left out: their programs bring them back. */
#ifndef SALLYPORT_BOOT_H
#define SALLYPORT_BOOT_H

#include <sallyport/tables.h>

#define BOOT_UNIT "sallyport-boot.service"

/* Where things are. */
struct boot_world {
	const char *root;	/* what all paths of the host are below: "" */
	bool off;		/* the settings say boot = no */
	bool elsewhere;		/* not this machine's own network: a sandbox, a
				 * rules file, a namespace */
};

/* Which file it is, and who loads it. */
struct boot_place {
	char *path;
	const char *loader;	/* the program, static */
	bool persistent;	/* of iptables-persistent */
	bool loaded;		/* it is loaded at boot: its unit is enabled */
};

enum boot_outcome {
	BOOT_WRITTEN,
	BOOT_SAME,		/* the file says so already */
	BOOT_OFF,
	BOOT_ELSEWHERE,
	BOOT_MANAGED,		/* another program loads its own rules */
	BOOT_FAILED,		/* the old file stays as it was */
};

/* The program that manages this host's rules and loads its own at boot: "ufw",
 * "firewalld", "shorewall6" ..., static; or NULL. live may be NULL: then its
 * chains are not looked for. */
const char *boot_manager(const struct boot_world *world,
			 const struct tables *live);

/* iptables-persistent's file where that is installed and what it runs is of the
 * legacy variant, else our own. */
void boot_find(const struct boot_world *world, struct boot_place *place);
void boot_place_done(struct boot_place *place);

/* Write the live tables for the next boot. said gets a sentence for people,
 * translated; nothing where there is nothing to say. */
enum boot_outcome boot_write(const struct boot_world *world,
			     const struct tables *live, struct str *said);

/* Is there a file for the next boot which boot_write() would write anew? It is
 * only read. */
bool boot_is_behind(const struct boot_world *world, const struct tables *live);

/* The tables as they would be at the next boot. ERR_NOT_FOUND without a file.
 * Yours. */
enum err boot_read(const struct boot_world *world, struct tables **tables)
	must_check;

#endif
