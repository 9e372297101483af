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

/* For a service any one address will do: the port is the same in all, and
 * several would be sorted by trying to reach each of them. */
static const struct addrinfo any_one = { .ai_family = AF_INET6 };

int
libc_getaddrinfo(const char *node, const char *service,
		 const struct addrinfo *hints, struct addrinfo **list)
{
	static int (*next)(const char *, const char *, const struct addrinfo *,
			   struct addrinfo **);

	if (!next)
		*(void **)&next = libc_symbol("getaddrinfo");
	return next ? next(node, service, hints, list) : EAI_SYSTEM;
}

__attribute__((visibility("default"))) int
getaddrinfo(const char *restrict node, const char *restrict service,
	    const struct addrinfo *restrict hints,
	    struct addrinfo **restrict res)
{
	const struct addrinfo any = { .ai_family = AF_UNSPEC };

	if (box_is_open() && node)
		return resolve_host(node, service, hints ? hints : &any, res);
	if (box_is_open() && !hints)
		hints = &any_one;
	return libc_getaddrinfo(node, service, hints, res);
}
