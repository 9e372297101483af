/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that make, write and read trial records. */
#ifndef TRIAL_RECORD_H
#define TRIAL_RECORD_H

#include <stdbool.h>
#include <sallyport/trial.h>

/* The newest form of the record that this program reads and writes. */
#define TRIAL_FORMAT 2

/* Larger than a table of 200,000 rules twice, in base64. */
#define TRIAL_SIZE_MAX ((size_t)512 << 20)

bool trial_state_parse(const char *name, enum trial_state *state);

/* A heap copy of a string member; NULL where it is none. */
char *json_text_get(const json_t *object, const char *key);

/* trial-login.c: the record's list of them. */
json_t *trial_logins_to_json(const struct trial *trial);
void trial_logins_from_json(const json_t *list, struct trial *trial);
void trial_logins_done(struct trial *trial);

/* The member "needs". What is none of ours in it is left out. */
json_t *trial_needs_to_json(const struct trial *trial);
void trial_needs_from_json(const json_t *list, struct trial *trial);

/* The last table of part->found is not kept. */
void trial_found_drop(struct trial *trial, struct trial_part *part);

/* The table after the changes, where it is what they make of the table before:
 * yours, or NULL. */
struct ruleset *trial_part_expected(const struct trial_part *part);

/* The record in two parts: all but the tables, and the tables, which may be
 * large and stay as they are from the commit on. */
json_t *trial_head_to_json(const struct trial *trial);
json_t *trial_parts_to_json(const struct trial *trial);

/* The spare: a file beside the record that has the record's size and more on
 * disk already, so that no full disk can keep the outcome from being
 * written. */
enum err trial_spare_make(struct trial *trial, int run_dir) must_check;

/* Make it large enough for what the record has become. ERR_FAIL: there is no room, and it
 * is as large as it was. */
enum err trial_spare_grow(struct trial *trial, int run_dir) must_check;

/* Write the record into the spare and rename it over the record: one rename(2)
 * settles. Without a spare, or when it is too small, as trial_save(). */
enum err trial_settle(struct trial *trial, int run_dir) must_check;

/* Nothing came of it: no record, no spare. */
void trial_forget(int run_dir);

#endif
