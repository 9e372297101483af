/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that manage all rules of a host and load their own at boot: a file
 * of ours would be loaded beside theirs, or saved with theirs in it. Files,
 * chains and processes are looked at; nothing is started and no bus is asked. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/file.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "internal.h"

#define CONFIG_MAX_BYTES 65536

/* Each is enough. */
static const struct manager {
	const char *name;
	const char *file, *word;	/* it has a line that begins with word */
	const char *unit;		/* it is enabled */
	const char *process;		/* it runs in our network namespace */
	const char *chain;		/* a table has it while it is active */
} managers[] = {
	{ .name = "ufw", .file = "/etc/ufw/ufw.conf", .word = "ENABLED=yes",
	  .chain = "ufw6-before-input" },
	/* Its unit may be enabled while STARTUP_ENABLED=No. */
	{ .name = "shorewall6", .file = "/var/lib/shorewall6/state",
	  .word = "Started", .chain = "shorewall" },
	{ .name = "shorewall6-lite", .file = "/var/lib/shorewall6-lite/state",
	  .word = "Started" },
	{ .name = "firewalld", .unit = "firewalld.service",
	  .process = "firewalld", .chain = "INPUT_ZONES" },
};

/* Quotes and letter case do not matter to the shells that read such files. */
static bool
begins(const char *line, const char *word)
{
	for (; *word; line++) {
		if (*line == '"' || *line == '\'')
			continue;
		if ((*line | 0x20) != (*word | 0x20))
			return false;
		word++;
	}
	return true;
}

static bool
has_line(const struct boot_world *world, const char *path, const char *word)
{
	char *full = xasprintf("%s%s", world->root, path), *save = NULL;
	struct str text = { 0 };
	bool found = false;

	if (file_read(AT_FDCWD, full, CONFIG_MAX_BYTES, &text) == OK && text.s)
		for (char *line = strtok_r(text.s, "\n", &save); line && !found;
		     line = strtok_r(NULL, "\n", &save))
			found = begins(line + strspn(line, " \t"), word);
	str_done(&text);
	free(full);
	return found;
}

struct wanted {
	const char *name;
	bool runs;
};

static bool
look_at_process(pid_t pid, void *arg)
{
	struct wanted *wanted = arg;
	struct str name = { 0 };

	proc_comm(pid, &name);
	wanted->runs = strcmp(str_text(&name), wanted->name) == 0 &&
		       proc_same_netns(pid);
	str_done(&name);
	return !wanted->runs;
}

static bool
runs(const char *name)
{
	struct wanted wanted = { .name = name };

	proc_each(look_at_process, &wanted);
	return wanted.runs;
}

static bool
has_chain(const struct tables *live, const char *name)
{
	bool found = false;

	for (size_t i = 0; live && i < live->v.n && !found; i++)
		found = ruleset_chain(live->v.v[i], name) != NULL;
	return found;
}

const char *
boot_manager(const struct boot_world *world, const struct tables *live)
{
	for (size_t i = 0; i < ARRAY_LEN(managers); i++) {
		const struct manager *m = &managers[i];

		if ((m->file && has_line(world, m->file, m->word)) ||
		    (m->unit && boot_unit_enabled(world, m->unit)) ||
		    has_chain(live, m->chain ? m->chain : "") ||
		    (m->process && runs(m->process)))
			return m->name;
	}
	return NULL;
}
