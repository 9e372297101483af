/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of scratch tables share. */
#ifndef SALLYPORT_BACKEND_SCRATCH_INTERNAL_H
#define SALLYPORT_BACKEND_SCRATCH_INTERNAL_H

#include <sallyport/scratch.h>
#include "tryout-internal.h"

/* Why the answer of a rule is not believed; later ones count for more. */
enum watch {
	WATCH_NOT,
	WATCH_MAC,		/* link addresses, where they are not known */
	WATCH_ROUTES,		/* routes, where they are not known */
	WATCH_WORLD,		/* what packets of ours do not have */
	WATCH_HISTORY,		/* time, rate, or what went before */
	WATCH_UNLOADED,		/* it must not be loaded, or makes no sense */
};

struct watched {
	enum watch watch;
	bool passing;		/* whatever it says, the packet goes on as it
				 * was: no need to watch */
	const char *name;	/* the extension; borrowed of the rule */
};

struct watched rule_watched(const struct rule *rule,
			    const struct scratch_facts *facts);

/* A rule that every packet meets which may meet this one, and that does nothing
 * but count it. Yours. */
struct rule *rule_watch(const struct rule *rule,
			const struct scratch_facts *facts);

#endif
