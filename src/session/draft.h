/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files about drafts share. */
#ifndef SALLYPORT_SESSION_DRAFT_H
#define SALLYPORT_SESSION_DRAFT_H

#include <sallyport/draft.h>

#define DRAFT_FORMAT 1

/* The directory of drafts, made where it is missing. */
enum err drafts_open(const struct world *world, int *dir) must_check;

/* The same where it is there; else ERR_NOT_FOUND. */
enum err drafts_look(const struct world *world, int *dir) must_check;

#endif
