/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests share that commit to the kernel's own table filter. */
#ifndef TESTS_KERNEL_COMMIT_H
#define TESTS_KERNEL_COMMIT_H

#include <sallyport/backend.h>
#include <sallyport/mem.h>
#include "../unit/random-rules.h"
#include "../ns.h"

static struct backend *be;

/* The table as it is. Yours. */
static struct ruleset *
must_read(void)
{
	struct ruleset *rs = NULL;

	if (be->ops->read(be, "filter", &rs) != OK)
		bail_out("cannot read: %s", err_message());
	return rs;
}

#endif
