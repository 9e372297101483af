/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The history screen's data, for its two files. */
#ifndef TUI_REVISIONS_H
#define TUI_REVISIONS_H

#include "ui.h"

struct entry {
	int64_t id;
	char *table;
	char *time;
	char *who;
	char *from;
	char *origin;
	char *state;
	char *message;
	char *reason;
	char *override;
};

struct revisions {
	struct vec entries;	/* of struct entry * */
	size_t who_width;
	size_t from_width;
	size_t table_width;	/* 0 where all are of filter */
	int64_t marked;		/* to be compared with another; 0: none */
};

extern const struct action_table history_actions;

struct revisions *revisions_data(const struct view *view);

/* The revision on this row; NULL on the heading. */
const struct entry *revisions_at(const struct view *view, size_t row);

#endif
