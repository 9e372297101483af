/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's legacy IPv6 tables by libip6tc: read whole, and changed by one
 * atomic replacement in which nothing but the changeset changes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libiptc/libip6tc.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "counters.h"
#include "ip6tc.h"
#include "raw.h"

#define LOCK_PATH "/run/xtables.lock"

struct ip6tc {
	struct backend base;
	char *lock_path;
	int lock_fd;
};

/* What errno means after ip6tc_init() and ip6tc_commit(). */
static enum err
init_failed(const char *table)
{
	if (errno == ENOENT)
		return fail(ERR_FAIL, _("this kernel has no table '%s'"), table);
	if (errno == EPERM)
		return fail(ERR_FAIL, _("not allowed to read the packet filter: "
					"this needs root (CAP_NET_ADMIN and "
					"CAP_NET_RAW)"));
	return fail_errno(_("cannot read table '%s'"), table);
}

static enum err
commit_failed(const char *table)
{
	switch (errno) {
	case EAGAIN:
		return fail(ERR_CONFLICT, _("another program changed table '%s' "
					    "at the same moment"), table);
	case ELOOP:
		return fail(ERR_FAIL, _("the kernel refuses table '%s': its "
					"chains jump in a circle"), table);
	case ENOENT:
		return fail(ERR_FAIL, _("the kernel refuses table '%s': it does "
					"not have a match or target that a rule "
					"names"), table);
	case EINVAL:
		return fail(ERR_FAIL, _("the kernel refuses table '%s': a rule is "
					"not valid where it stands (the kernel's "
					"log may say why)"), table);
	default:
		return fail_errno(_("the kernel refuses table '%s'"), table);
	}
}

static enum err
read_rules(struct xtc_handle *h, struct chain *chain)
{
	const struct ip6t_entry *entry;

	for (entry = ip6tc_first_rule(chain->name, h); entry;
	     entry = ip6tc_next_rule(entry, h)) {
		struct counters counters = { entry->counters.pcnt,
					     entry->counters.bcnt };
		struct rule *rule;
		enum err err = rule_new(entry, entry->next_offset,
					ip6tc_get_target(entry, h), counters,
					&rule);

		if (err)
			return err;
		chain_push_take(chain, rule);
	}
	return OK;
}

static enum err
read_chain(struct xtc_handle *h, struct ruleset *rs, const char *name)
{
	struct xt_counters counters = { 0 };
	enum policy policy = POLICY_NONE;
	struct chain *chain;

	if (ip6tc_builtin(name, h)) {
		const char *word = ip6tc_get_policy(name, &counters, h);
		enum err err = policy_parse(word ? word : "", &policy);

		if (err)
			return err;
	}
	chain = ruleset_add_chain(rs, name, policy);
	chain->counters = (struct counters){ counters.pcnt, counters.bcnt };
	return read_rules(h, chain);
}

static enum err
read_handle(struct xtc_handle *h, const char *table, struct ruleset **rs)
{
	enum err err = OK;

	*rs = ruleset_new(table);
	for (const char *name = ip6tc_first_chain(h); name && !err;
	     name = ip6tc_next_chain(h))
		err = read_chain(h, *rs, name);
	if (err) {
		ruleset_free(*rs);
		*rs = NULL;
	}
	return err;
}

static enum err
ip6tc_read(struct backend *be, const char *table, struct ruleset **rs)
{
	struct xtc_handle *h;
	enum err err;

	(void)be;
	if (!legacy_has_table(table)) {
		err = ruleset_new_empty(table, rs);
		if (!err)
			(*rs)->absent = true;
		return err;
	}
	h = ip6tc_init(table);
	if (!h)
		return init_failed(table);
	err = read_handle(h, table, rs);
	ip6tc_free(h);
	return err;
}

static enum err
commit_handle(struct xtc_handle *h, const struct ruleset *live,
	      const struct changeset *cs)
{
	struct changeset *done = changeset_new(cs->table);
	struct ruleset *now = NULL;
	struct ruleset *work = NULL;
	struct vec rebuilt = { 0 };
	enum err err = read_handle(h, cs->table, &now);

	if (!err && !ruleset_equal(now, live))
		err = fail(ERR_CONFLICT, _("table '%s' has changed since it was "
					   "read"), cs->table);
	if (!err) {
		work = ruleset_copy(now);
		err = ip6tc_put(h, cs, work, done, &rebuilt);
	}
	if (!err) {
		struct kept_counters *kept = kept_counters_new(now);

		if (!ip6tc_commit(h) && !swap_was_made())
			err = commit_failed(cs->table);
		else
			kept_counters_put(kept, now, work, done, &rebuilt);
		kept_counters_free(kept);
	}
	changeset_free(done);
	ruleset_free(now);
	ruleset_free(work);
	vec_done(&rebuilt);
	return err;
}

static enum err
ip6tc_apply(struct backend *be, const struct ruleset *live,
	    const struct changeset *cs)
{
	struct xtc_handle *h = ip6tc_init(cs->table);
	enum err err;

	(void)be;
	if (!h)
		return init_failed(cs->table);
	err = commit_handle(h, live, cs);
	ip6tc_free(h);
	return err;
}

static enum err
ip6tc_lock(struct backend *be, const struct clock *clock, int64_t deadline_ms)
{
	struct ip6tc *self = (struct ip6tc *)be;
	struct str holder = { 0 };
	enum err err;

	self->lock_fd = open(self->lock_path,
			     O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (self->lock_fd < 0)
		return fail_errno(_("cannot open the lock '%s'"),
				  self->lock_path);
	err = file_lock(self->lock_fd, clock, deadline_ms, &holder);
	if (err == ERR_BUSY)
		fail(err, _("the xtables lock '%s' is held by %s"),
		     self->lock_path, holder.len ? str_text(&holder) :
		     _("another program"));
	if (err) {
		close(self->lock_fd);
		self->lock_fd = -1;
	}
	str_done(&holder);
	return err;
}

static void
ip6tc_unlock(struct backend *be)
{
	struct ip6tc *self = (struct ip6tc *)be;

	if (self->lock_fd >= 0)
		close(self->lock_fd);
	self->lock_fd = -1;
}

static void
ip6tc_backend_free(struct backend *be)
{
	struct ip6tc *self = (struct ip6tc *)be;

	ip6tc_unlock(be);
	free(self->lock_path);
	free(self);
}

static const struct backend_ops ip6tc_backend_ops = {
	.name = "ip6tc",
	.probe = ip6tc_probe,
	.read = ip6tc_read,
	.commit = ip6tc_apply,
	.lock = ip6tc_lock,
	.unlock = ip6tc_unlock,
	.free = ip6tc_backend_free,
};

struct backend *
backend_ip6tc(const char *lock_path)
{
	struct ip6tc *self = xcalloc(1, sizeof(*self));

	self->base.ops = &ip6tc_backend_ops;
	self->lock_path = xstrdup(lock_path ? lock_path : LOCK_PATH);
	self->lock_fd = -1;
	return &self->base;
}
