/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of apply. */
#ifndef SALLYPORT_APPLY_INTERNAL_H
#define SALLYPORT_APPLY_INTERNAL_H

#include <sallyport/apply.h>

/* Bring history up to date with a trial's record. True once history has it;
 * *news whether it learnt an outcome. Else *warning says why (heap; kept where
 * one is there already). A confirm that nobody lived to tell of is written for
 * the next boot first. */
bool record_trial(const struct world *world, const struct trial *trial,
		  bool *news, char **warning);

/* The same for those that were set aside; what cannot be told now stays. */
void record_asides(const struct world *world, int run_dir);

/* The same for what is in the run directory now, after those set aside. */
void record_current(const struct world *world, char **warning);

/* Find the lifelines and judge what req makes of its base: the end, and each
 * state in between, as tables are committed one after the other and undone the
 * other way round. *overridden: only the override lets it pass. The lifelines
 * are yours, and so are the struct check * of what they live on. */
enum err judge_request(const struct world *world,
		       const struct apply_request *req, struct vec *lifelines,
		       struct vec *needs, bool *overridden) must_check;

/* Write what is live for the next boot. What is to be said of it, translated,
 * or NULL. Yours. */
char *write_boot(const struct world *world);

/* Of this boot, but of a network namespace beside ours: who is there writes it
 * down. */
bool is_elsewhere(const struct trial *trial);

/* The run directory as it is; ERR_NOT_FOUND where there is none. */
enum err run_dir_open(const struct world *world, int *fd) must_check;

#endif
