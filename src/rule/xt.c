/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libxtables, started and stopped. */
#include <unistd.h>
#include "xt-internal.h"

static bool is_ready;

static struct xtables_globals globals = {
	.program_name = XT_PROGRAM,
	.program_version = PACKAGE_VERSION,
	.orig_opts = xt_options,
	.exit_err = box_fail,
	.compat_rev = find_compat_rev,
};

static void
init_body(void *arg)
{
	bool *good = arg;

	*good = xtables_init_all(&globals, NFPROTO_IPV6) == 0 && find_init();
}

enum err
xt_init(bool resolve)
{
	bool good = false;

	box_resolve = resolve;
	if (is_ready)
		return OK;
	/* libxtables ends a setuid process on the spot. */
	if (getuid() != geteuid())
		return fail(ERR_FAIL, _("cannot run as a setuid program"));
	box_allow();
	if (!box_run(init_body, &good) || !good) {
		box_done();
		return fail(ERR_FAIL,
			    _("cannot load the plugins of libxtables; they are "
			      "in the package iptables"));
	}
	is_ready = true;
	return OK;
}

void
xt_done(void)
{
	if (is_ready)
		xtables_fini();
	is_ready = false;
	find_done();
	proto_done();
	known_done();
	box_done();
}
