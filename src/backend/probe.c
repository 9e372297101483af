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

/* Is a legacy table registered in this network namespace? Where the file may
 * not be read (a user namespace) the answer is yes: then nothing that nf_tables
 * has is taken for all there is. */
static bool
legacy_is_registered(void)
{
	struct str names = { 0 };
	bool registered;
	int fd = open(TABLE_NAMES, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == EACCES || errno == EPERM;
	registered = file_read_fd(fd, TABLE_NAMES, 4096, &names) || names.len;
	close(fd);
	str_done(&names);
	return registered;
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
