/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exit() and getaddrinfo(), defined in the program so that the guests' calls of
 * these names reach us before they reach libc. In the box the first comes back
 * to us, and the second never waits on a resolver; outside of it both hand on
 * what they are given. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>
#include "xt-internal.h"

bool box_resolve;

/* The next definition of name behind the program's own: libc's. */
static void *
libc_symbol(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* Does this address belong to the program, rather than to a library? */
static bool
is_ours(const void *address)
{
	Dl_info caller, self;

	return dladdr(address, &caller) && dladdr(&box_resolve, &self) &&
	       caller.dli_fbase == self.dli_fbase;
}

__attribute__((visibility("default"))) void
exit(int status)
{
	void (*libc_exit)(int);

	if (box_is_open() && !is_ours(__builtin_return_address(0)))
		box_leave();
	/* die() in the box means it: what it wrote must be seen. */
	if (box_is_open())
		box_abandon();
	*(void **)&libc_exit = libc_symbol("exit");
	if (libc_exit)
		libc_exit(status);
	_exit(status);
}

/* A host must be a number, unless names were asked for. For a service any one
 * address will do: the port is the same in all, and several would be sorted by
 * trying to reach each of them. */
static struct addrinfo
guest_hints(const char *node, const struct addrinfo *hints)
{
	struct addrinfo ours = { .ai_family = AF_UNSPEC };

	if (hints)
		ours = *hints;
	if (!node && !hints)
		ours.ai_family = AF_INET6;
	else if (node && !box_resolve)
		ours.ai_flags |= AI_NUMERICHOST;
	return ours;
}

__attribute__((visibility("default"))) int
getaddrinfo(const char *restrict node, const char *restrict service,
	    const struct addrinfo *restrict hints,
	    struct addrinfo **restrict res)
{
	static int (*libc_getaddrinfo)(const char *, const char *,
				       const struct addrinfo *,
				       struct addrinfo **);
	struct addrinfo ours;

	if (!libc_getaddrinfo)
		*(void **)&libc_getaddrinfo = libc_symbol("getaddrinfo");
	if (!libc_getaddrinfo)
		return EAI_SYSTEM;
	if (box_is_open()) {
		ours = guest_hints(node, hints);
		hints = &ours;
	}
	return libc_getaddrinfo(node, service, hints, res);
}
