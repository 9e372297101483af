/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which chains belong to which program, and a ruleset without them. */
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/owned.h>

enum how { WHOLE, PREFIX };

/* The first that fits decides. Names as the programs' own sources and dumps have
 * them (tests/peers). */
static const struct {
	const char *name;
	enum how how;
	const char *owner;	/* NULL: the administrator's after all */
} owners[] = {
	{ "DOCKER-USER", WHOLE, NULL },
	{ "DOCKER", WHOLE, "Docker" },
	{ "DOCKER-", PREFIX, "Docker" },
	{ "DOCKER_", PREFIX, "Docker" },	/* swarm: DOCKER_OUTPUT */
	{ "f2b-", PREFIX, "fail2ban" },
	{ "fail2ban-", PREFIX, "fail2ban" },	/* before 0.9 */
	{ "ufw6-", PREFIX, "ufw" },
	{ "sshguard", WHOLE, "sshguard" },
	{ "CROWDSEC", PREFIX, "CrowdSec" },
	{ "NETAVARK", PREFIX, "Podman" },
	{ "CNI-", PREFIX, "CNI" },
	{ "KUBE-", PREFIX, "Kubernetes" },
	{ "cali-", PREFIX, "Calico" },
	{ "CILIUM_", PREFIX, "Cilium" },
	{ "OLD_CILIUM_", PREFIX, "Cilium" },
	{ "FLANNEL-", PREFIX, "Flannel" },
	{ "WEAVE", PREFIX, "Weave" },
	{ "ISTIO_", PREFIX, "Istio" },
	{ "LIBVIRT_", PREFIX, "libvirt" },
	{ "ts-", PREFIX, "Tailscale" },
	{ "MINIUPNPD", PREFIX, "miniupnpd" },
	{ "nixos-fw", PREFIX, "NixOS" },
};

const char *
owned_by(const char *chain)
{
	for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
		const char *name = owners[i].name;

		if (owners[i].how == WHOLE ? strcmp(chain, name) == 0 :
		    strncmp(chain, name, strlen(name)) == 0)
			return owners[i].owner;
	}
	return NULL;
}

const char *
owned_target(const struct rule *rule)
{
	return rule_has_standard_target(rule) ? owned_by(rule_target(rule)) :
						NULL;
}

static bool
leads_to_owned(const struct rule *rule)
{
	return rule && owned_target(rule);
}

static bool
change_is_owned(const struct change *change)
{
	if (owned_by(change->chain))
		return change->kind != CHANGE_CHAIN_RENAME ||
		       owned_by(change->new_name);
	switch (change->kind) {
	case CHANGE_INSERT:
	case CHANGE_MOVE:
		return leads_to_owned(change->rule);
	case CHANGE_DELETE:
		return leads_to_owned(change->old_rule);
	case CHANGE_REPLACE:
		return leads_to_owned(change->rule) &&
		       leads_to_owned(change->old_rule);
	case CHANGE_POLICY:
	case CHANGE_CHAIN_NEW:
	case CHANGE_CHAIN_DELETE:
	case CHANGE_CHAIN_RENAME:
	case CHANGE_CHAIN_FLUSH:
	case CHANGE_CHAIN_FILL:
		return false;
	}
	return false;
}

bool
changeset_is_owned(const struct changeset *cs)
{
	for (size_t i = 0; i < cs->changes.n; i++)
		if (!change_is_owned(cs->changes.v[i]))
			return false;
	return cs->changes.n > 0;
}

static void
add_touched(const struct change *change, struct vec *chains)
{
	const char *chain = owned_by(change->chain) ? change->chain :
						      change->new_name;

	if (!owned_by(chain) || change->kind == CHANGE_CHAIN_NEW ||
	    str_find((const char *const *)chains->v, chains->n, chain))
		return;
	vec_push(chains, (char *)chain);
}

void
owned_touched(const struct vec *changesets, struct vec *chains)
{
	for (size_t i = 0; i < changesets->n; i++) {
		const struct changeset *cs = changesets->v[i];

		for (size_t j = 0; j < cs->changes.n; j++)
			add_touched(cs->changes.v[j], chains);
	}
}

static void
drop_rules(struct chain *chain)
{
	for (size_t i = chain->rules.n; i-- > 0;)
		if (owned_target(chain_rule(chain, i)))
			rule_unref(vec_remove(&chain->rules, i));
}

struct ruleset *
ruleset_without_owned(const struct ruleset *rs)
{
	struct ruleset *copy = ruleset_copy(rs);

	for (size_t i = copy->chains.n; i-- > 0;) {
		struct chain *chain = copy->chains.v[i];

		if (owned_by(chain->name))
			ruleset_drop_chain(copy, chain->name);
		else
			drop_rules(chain);
	}
	return copy;
}
