/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the session share. */
#ifndef SALLYPORT_SESSION_INTERNAL_H
#define SALLYPORT_SESSION_INTERNAL_H

#include <sallyport/session.h>

/* Would the kernel take candidate in place of what is staged? ERR_PARSE says why
 * not. What could not be tried is left for session_take_note(). */
enum err session_try(struct session *session, const struct tables *candidate)
	must_check;

#endif
