/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must not be tried: extensions with state outside of a network namespace,
 * which a tryout would change or could not see. By name, with the reason; the
 * rest of such a rule is tried without them. Read in Linux 6.1 to 6.18,
 * net/netfilter/xt_NAME.c. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_bpf.h>
#include <linux/netfilter/xt_owner.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "tryout-internal.h"

/* An extension as a rule has it. */
struct use {
	const char *name;
	bool target;
	unsigned revision;
	const void *data;	/* size bytes */
	size_t size;
	bool user_ns;
};

struct exemption {
	const char *name;
	bool target;
	bool (*applies)(const struct use *use);	/* NULL: always */
	enum exempt why;
};

/* All revisions have the helper at the same place; 0 has no timeout. */
static bool
ct_has_object(const struct use *use)
{
	const struct xt_ct_target_info_v1 *v1 = use->data;

	if (use->size < sizeof(struct xt_ct_target_info))
		return false;
	return v1->helper[0] ||
	       (use->size >= sizeof(*v1) && v1->timeout[0]);
}

/* Revision 0 has a program of its own in any case. */
static bool
bpf_is_pinned(const struct use *use)
{
	const struct xt_bpf_info_v1 *info = use->data;

	return use->revision > 0 && use->size >= sizeof(*info) &&
	       info->mode != XT_BPF_MODE_BYTECODE;
}

/* owner_mt_check() wants users of the namespace's own user namespace. */
static bool
owner_is_foreign(const struct use *use)
{
	const struct xt_owner_match_info *info = use->data;

	return use->user_ns && use->size >= sizeof(*info) &&
	       info->match & (XT_OWNER_UID | XT_OWNER_GID);
}

/* physdev_mt_check() loads br_netfilter, and bridged packets of the whole host
 * meet the rules from then on. */
static bool
bridges_are_not_filtered(const struct use *use)
{
	(void)use;
	return access("/proc/sys/net/bridge", F_OK) != 0;
}

static const struct exemption exemptions[] = {
	/* Timers by label, one list for all; a second use resets the timer. */
	{ "IDLETIMER", true, NULL, EXEMPT_GLOBAL },
	/* LED triggers by name, one list for all. */
	{ "LED", true, NULL, EXEMPT_GLOBAL },
	/* Estimators by name; one list for all before Linux 4.16. */
	{ "RATEEST", true, NULL, EXEMPT_GLOBAL },
	{ "rateest", false, NULL, EXEMPT_OBJECT },
	/* SELinux and Smack look at every packet while such a rule is there. */
	{ "SECMARK", true, NULL, EXEMPT_LABELS },
	/* Sets, accounting objects, helpers, timeouts, pinned programs. */
	{ "set", false, NULL, EXEMPT_OBJECT },
	{ "SET", true, NULL, EXEMPT_OBJECT },
	{ "nfacct", false, NULL, EXEMPT_OBJECT },
	{ "CT", true, ct_has_object, EXEMPT_HELPER },
	{ "bpf", false, bpf_is_pinned, EXEMPT_PINNED },
	{ "owner", false, owner_is_foreign, EXEMPT_USERS },
	{ "physdev", false, bridges_are_not_filtered, EXEMPT_BRIDGES },
	/* xtables-addons */
	{ "pknock", false, NULL, EXEMPT_GLOBAL },
	{ "quota2", false, NULL, EXEMPT_GLOBAL },
	{ "condition", false, NULL, EXEMPT_OBJECT },
	{ "ACCOUNT", true, NULL, EXEMPT_GLOBAL },
	{ "SYSRQ", true, NULL, EXEMPT_GLOBAL },
};

char *
exempt_text(enum exempt exempt, const char *name)
{
	switch (exempt) {
	case EXEMPT_NOT:
		break;
	case EXEMPT_GLOBAL:
		return xasprintf(_("%s keeps state outside a namespace"), name);
	case EXEMPT_OBJECT:
		return xasprintf(_("%s uses an object that a scratch namespace "
				   "does not have"), name);
	case EXEMPT_HELPER:
		return xasprintf(_("%s names a helper or a timeout that a "
				   "scratch namespace does not have"), name);
	case EXEMPT_PINNED:
		return xasprintf(_("%s uses a pinned program, which lives "
				   "outside a namespace"), name);
	case EXEMPT_USERS:
		return xasprintf(_("%s names users that a scratch namespace "
				   "does not have"), name);
	case EXEMPT_LABELS:
		return xasprintf(_("%s switches the labels of packets on for "
				   "the whole host"), name);
	case EXEMPT_BRIDGES:
		return xasprintf(_("%s would have bridged packets of the whole "
				   "host filtered"), name);
	}
	return NULL;
}

static enum exempt
find(const struct use *use)
{
	for (size_t i = 0; i < ARRAY_LEN(exemptions); i++) {
		const struct exemption *row = &exemptions[i];

		if (row->target == use->target &&
		    strcmp(row->name, use->name) == 0 &&
		    (!row->applies || row->applies(use)))
			return row->why;
	}
	return EXEMPT_NOT;
}

enum exempt
exempt_match(const struct xt_entry_match *m, bool user_ns)
{
	const struct use use = {
		.name = m->u.user.name,
		.revision = m->u.user.revision,
		.data = m->data,
		.size = m->u.match_size - sizeof(*m),
		.user_ns = user_ns,
	};

	return find(&use);
}

enum exempt
exempt_target(const struct xt_entry_target *t, bool user_ns)
{
	const struct use use = {
		.name = t->u.user.name,
		.target = true,
		.revision = t->u.user.revision,
		.data = t->data,
		.size = t->u.target_size - sizeof(*t),
		.user_ns = user_ns,
	};

	return find(&use);
}
