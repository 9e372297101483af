/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who had root run us, through sudo or the like. A file that he names is read as
 * root reads it, but what is wrong in one that he could not read himself is not
 * told: a message would quote it. */
#ifndef SALLYPORT_CALLER_H
#define SALLYPORT_CALLER_H

#include <stdbool.h>
#include <sys/types.h>
#include <sallyport/err.h>

/* From now on files are named by this user, of these groups and, where user is
 * not NULL, those of that name. Never called: by whoever we are. */
void caller_set(uid_t uid, gid_t gid, const char *user);

/* open(2), with *secret set where only root may: NULL is taken. */
int caller_open(const char *path, int flags, bool *secret);

/* err, or where it is ERR_PARSE and the file is secret one whose message tells
 * nothing of what stands in path. */
enum err caller_hide(enum err err, bool secret, const char *path) must_check;

#endif
