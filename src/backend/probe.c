/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Look before touching: opening a legacy table registers it for ever, and an
 * empty one must never pass for the truth where nf_tables has the rules. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include "ip6tc.h"
#include "raw.h"

#define TABLE_NAMES "/proc/net/ip6_tables_names"

/* The names of the registered tables, a line each; none where the module is not
 * loaded. False where they may not be read (a user namespace), or where /proc is
 * not that of this process (a pid namespace). */
static bool
registered_tables(struct str *names)
{
	int fd = open(TABLE_NAMES, O_RDONLY | O_CLOEXEC);
	bool readable;

	if (fd < 0)
		return errno == ENOENT && access("/proc/net/dev", F_OK) == 0;
	readable = file_read_fd(fd, TABLE_NAMES, 4096, names) == OK;
	close(fd);
	return readable;
}

/* Is a legacy table registered in this network namespace? Where that cannot be
 * told the answer is yes: then nothing that nf_tables has is taken for all
 * there is. */
static bool
legacy_is_registered(void)
{
	struct str names = { 0 };
	bool registered = !registered_tables(&names) || names.len;

	str_done(&names);
	return registered;
}

bool
legacy_has_table(const char *table)
{
	struct str names = { 0 };
	char *save = NULL;
	bool has = !registered_tables(&names);

	if (names.len)
		for (char *name = strtok_r(names.s, "\n", &save); name && !has;
		     name = strtok_r(NULL, "\n", &save))
			has = strcmp(name, table) == 0;
	str_done(&names);
	return has;
}

/* What ip6tables-legacy does as well when the kernel does not answer. */
static void
load_module(void)
{
	char name[] = "modprobe", quiet[] = "-q", module[] = "ip6_tables";
	char *argv[] = { name, quiet, module, NULL };
	char *envp[] = { NULL };
	pid_t pid;

	if (posix_spawn(&pid, "/sbin/modprobe", NULL, NULL, argv, envp) == 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
}

enum err
ip6tc_probe(struct backend *be, const char *table, struct probe *probe)
{
	unsigned chains;
	enum err err;

	(void)be;
	(void)table;
	*probe = (struct probe){ 0 };
	err = nft_count_hooked_chains(&chains);
	if (err) {
		/* Without privilege the sentence about that is the better one. */
		enum err first = raw_probe();

		return first ? first : fail(ERR_FAIL, _("cannot ask the kernel "
				"whether nf_tables has rules"));
	}
	probe->nft_rules = chains > 0;
	probe->legacy_rules = legacy_is_registered();
	probe->elsewhere = probe->nft_rules && !probe->legacy_rules;
	if (probe->elsewhere)
		return OK;
	err = raw_probe();
	if (err && geteuid() == 0) {
		load_module();
		err = raw_probe();
	}
	probe->can_read = !err;
	return err;
}
