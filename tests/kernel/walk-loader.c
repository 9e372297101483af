/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rulesets go down one pipe to one ip6tables-legacy-restore, which commits each
 * table as it reads its COMMIT: to start one each time would cost more than all
 * else. The last table gets a chain that bears the load's number: when it is
 * there, all are in. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include "../tap.h"
#include "walk-random.h"

struct loader {
	pid_t pid;
	int fd;		/* of its input */
	int raw_fd;
	unsigned number;
};

struct loader *
loader_new(void)
{
	static char name[] = "ip6tables-legacy-restore";
	static char *const argv[] = { name, NULL };
	struct loader *l = xcalloc(1, sizeof(*l));
	posix_spawn_file_actions_t actions;
	int pipefd[2];

	signal(SIGPIPE, SIG_IGN);
	l->raw_fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (l->raw_fd < 0 || pipe2(pipefd, O_CLOEXEC) < 0)
		bail_out("loader: %s", strerror(errno));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipefd[0], 0);
	if (posix_spawnp(&l->pid, argv[0], &actions, NULL, argv, environ) != 0)
		skip_all("no ip6tables-legacy-restore");
	posix_spawn_file_actions_destroy(&actions);
	close(pipefd[0]);
	l->fd = pipefd[1];
	return l;
}

/* Does the table hold the chain? */
static bool
is_in(const struct loader *l, const char *table, const char *chain)
{
	struct ip6t_getinfo info = { .name = "" };
	socklen_t len = sizeof(info);
	struct ip6t_get_entries *entries;
	bool found;

	strcpy(info.name, table);
	if (getsockopt(l->raw_fd, IPPROTO_IPV6, IP6T_SO_GET_INFO, &info,
		       &len) < 0)
		bail_out("table %s: %s", table, strerror(errno));
	len = (socklen_t)(sizeof(*entries) + info.size);
	entries = xcalloc(1, len);
	strcpy(entries->name, table);
	entries->size = info.size;
	/* It may have grown meanwhile: EAGAIN. */
	found = getsockopt(l->raw_fd, IPPROTO_IPV6, IP6T_SO_GET_ENTRIES,
			   entries, &len) == 0 &&
		memmem(entries, len, chain, strlen(chain) + 1);
	free(entries);
	return found;
}

static void
write_all(struct loader *l, const char *s, size_t len)
{
	while (len) {
		ssize_t n = write(l->fd, s, len);

		if (n < 0)
			bail_out("ip6tables-legacy-restore: %s",
				 strerror(errno));
		s += n;
		len -= (size_t)n;
	}
}

void
loader_load(struct loader *l, const char *table, const char *text)
{
	const char *end = text + strlen(text) - strlen("COMMIT\n");
	char line[32], chain[16];

	snprintf(chain, sizeof(chain), "LOAD%u", ++l->number);
	snprintf(line, sizeof(line), ":%s - [0:0]\n", chain);
	write_all(l, text, (size_t)(end - text));
	write_all(l, line, strlen(line));
	write_all(l, end, strlen(end));
	while (!is_in(l, table, chain)) {
		if (waitpid(l->pid, NULL, WNOHANG) != 0)
			bail_out("ip6tables-legacy-restore refused:\n%s", text);
		sched_yield();
	}
}

void
loader_free(struct loader *l)
{
	close(l->fd);
	close(l->raw_fd);
	waitpid(l->pid, NULL, 0);
	free(l);
}
