/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the session share. */
#ifndef SALLYPORT_SESSION_INTERNAL_H
#define SALLYPORT_SESSION_INTERNAL_H

#include <sallyport/session.h>

/* Would the kernel take candidate in place of what is staged? ERR_PARSE says why
 * not. What could not be tried is left for session_take_note(). */
enum err session_try(struct session *session, const struct tables *candidate)
	must_check;

/* What is staged changed: keep it on disk. */
void session_keep(struct session *session);

/* The guard's report anew, for what is staged now. */
void session_judge(struct session *session);

/* What is staged now is what goes on trial. */
void session_commits(struct session *session);

/* ERR_FAIL where nothing can be staged. */
enum err session_check_writable(const struct session *session) must_check;

/* The tables and the lifelines as they are now. */
enum err session_read(struct session *session, struct tables **live) must_check;

/* Make live (eaten) the base, with what changes do on old as one step on it.
 * ERR_CONFLICT says why that does not go, and nothing has changed then. */
enum err session_carry_take(struct session *session, struct tables *live,
			    const struct tables *old, const struct vec *changes,
			    enum reload how) must_check;

/* steps.c: one more step, of changesets that are eaten. */
void session_push_step(struct session *session, struct vec *changesets);
void steps_free(struct vec *steps);

#endif
