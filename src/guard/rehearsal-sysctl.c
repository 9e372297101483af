/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings below /proc/sys/net, which shows the reader's own namespace: what
 * decides about packets is read here and written there. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "rehearsal-internal.h"

#define VALUE_SIZE 64

/* %s: the link. Those of all links come first, as they write to each. */
static const char *const names[] = {
	"ipv6/conf/all/forwarding",
	"ipv6/conf/%s/forwarding",
	"ipv6/conf/%s/accept_ra",
	"ipv6/conf/%s/accept_ra_defrtr",
	"ipv6/conf/%s/accept_untracked_na",
	"ipv6/conf/%s/drop_unsolicited_na",
	"ipv6/conf/%s/drop_unicast_in_l2_multicast",
	"ipv6/conf/%s/hop_limit",
	"ipv6/ip_nonlocal_bind",
	"ipv6/fwmark_reflect",
	"ipv4/tcp_fwmark_accept",
	"ipv4/tcp_syncookies",
	"ipv4/tcp_timestamps",
	"ipv4/tcp_sack",
	"ipv4/tcp_window_scaling",
	"ipv4/tcp_ecn",
	"netfilter/nf_conntrack_acct",
	"netfilter/nf_conntrack_checksum",
	"netfilter/nf_conntrack_helper",
	"netfilter/nf_conntrack_tcp_be_liberal",
	"netfilter/nf_conntrack_tcp_ignore_invalid_rst",
	"netfilter/nf_conntrack_tcp_loose",
	"netfilter/nf_conntrack_tcp_max_retrans",
	"bridge/bridge-nf-call-ip6tables",
	"bridge/bridge-nf-filter-vlan-tagged",
};

struct sysctl_value {
	char *name;
	char value[VALUE_SIZE];
};

struct sysctls {
	size_t n;
	struct sysctl_value *v;
};

static bool
sysctl_get(const char *name, char value[VALUE_SIZE])
{
	char *path = xasprintf("/proc/sys/net/%s", name);
	struct str text = { 0 };
	bool good = file_read(AT_FDCWD, path, VALUE_SIZE - 1, &text) == OK;

	str_copy(value, VALUE_SIZE, str_text(&text));
	value[strcspn(value, "\n")] = '\0';
	str_done(&text);
	free(path);
	return good;
}

bool
sysctl_put(const char *name, const char *value)
{
	char *path = xasprintf("/proc/sys/net/%s", name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && fd_write_all(fd, value, strlen(value)) == OK;

	if (fd >= 0)
		close(fd);
	free(path);
	return good;
}

static void
read_one(struct sysctls *s, char *name)
{
	struct sysctl_value *to = &s->v[s->n];

	to->name = name;
	if (sysctl_get(name, to->value))
		s->n++;
	else
		free(name);
}

/* A link's name may hold a dot; a slash or a % it cannot hold, and must not
 * find its way into a path or a format. */
static char *
name_for(const char *format, const char *ifname)
{
	const char *at = strstr(format, "%s");

	return xasprintf("%.*s%s%s", (int)(at - format), format, ifname,
			 at + 2);
}

void
sysctls_hurry(const char *ifname)
{
	static const struct {
		const char *format;
		const char *value;
	} hurry[] = {
		{ "ipv6/neigh/%s/retrans_time_ms", "20" },
		{ "ipv6/neigh/%s/mcast_solicit", "25" },
		{ "ipv6/neigh/%s/ucast_solicit", "25" },
	};

	for (size_t i = 0; i < ARRAY_LEN(hurry); i++) {
		char *name = name_for(hurry[i].format, ifname);

		sysctl_put(name, hurry[i].value);
		free(name);
	}
}

struct sysctls *
sysctls_read(const char *const *ifnames, size_t n)
{
	struct sysctls *s = xcalloc(1, sizeof(*s));

	s->v = xcalloc(ARRAY_LEN(names) * (n + 1), sizeof(*s->v));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!strstr(names[i], "%s")) {
			read_one(s, xstrdup(names[i]));
			continue;
		}
		for (size_t j = 0; j < n; j++)
			read_one(s, name_for(names[i], ifnames[j]));
	}
	return s;
}

void
sysctls_free(struct sysctls *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].name);
	free(s->v);
	free(s);
}

bool
sysctls_write(const struct sysctls *s, struct str *reason)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct sysctl_value *from = &s->v[i];
		char now[VALUE_SIZE];

		if (sysctl_get(from->name, now) &&
		    strcmp(now, from->value) == 0)
			continue;
		if (sysctl_put(from->name, from->value))
			continue;
		str_addf(reason, _("the setting net/%s cannot be made the same "
				   "in a scratch namespace"), from->name);
		return false;
	}
	return true;
}
