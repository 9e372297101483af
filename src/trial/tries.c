/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guardian is about to do to the table, for the one that comes after it.
 * It is read only within the boot in which it was written, so nothing is
 * fsynced, and a disk that is full takes no more than knowledge from it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/mem.h>
#include "internal.h"

#define TRY "\ntry\n"
#define TRIES_MAX 1000
#define PLANS_BYTES_MAX (1 << 15)	/* with more, no plan is added */
#define TRIES_BYTES_MAX (1 << 16)

/* Nothing where it cannot be read. */
static void
read_all(int run_dir, struct str *text)
{
	if (file_read(run_dir, TRIAL_TRIES, TRIES_BYTES_MAX, text) != OK)
		str_done(text);
}

/* Each entry brings its own newlines: one that was cut off spoils none. */
static void
append(int run_dir, const char *entry)
{
	int fd = openat(run_dir, TRIAL_TRIES, O_WRONLY | O_CREAT | O_APPEND |
			O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	if (fd_write_all(fd, entry, strlen(entry)) != OK)
		process_note("%s", err_message());
	close(fd);
}

unsigned
tries_begin(int run_dir)
{
	struct str text = { 0 };
	unsigned n = 0;

	read_all(run_dir, &text);
	for (const char *at = strstr(str_text(&text), TRY); at;
	     at = strstr(at + 1, TRY))
		n++;
	str_done(&text);
	if (n < TRIES_MAX)
		append(run_dir, TRY);
	return n;
}

static char *
plan_entry(const char *table, const char *print)
{
	return xasprintf("\n%s %s\n", table, print);
}

/* A kernel that refuses is asked the same over and over: noted once. */
void
tries_plan(int run_dir, const char *table, const char *print)
{
	char *entry = plan_entry(table, print);
	struct str text = { 0 };

	read_all(run_dir, &text);
	if (text.len < PLANS_BYTES_MAX && !strstr(str_text(&text), entry))
		append(run_dir, entry);
	str_done(&text);
	free(entry);
}

bool
tries_planned(int run_dir, const char *table, const char *print)
{
	char *entry = plan_entry(table, print);
	struct str text = { 0 };
	bool planned;

	read_all(run_dir, &text);
	planned = strstr(str_text(&text), entry) != NULL;
	str_done(&text);
	free(entry);
	return planned;
}
