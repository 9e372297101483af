/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last resort: the old tables as the kernel takes them, in a file of the run
 * directory that is held in memory. A guardian that is past the deadline and gets
 * no memory puts them back before it dies; whoever resumes finds the old rules
 * and says so. Before any outcome is written the file is gone, or has a deadline
 * that never comes, so that it never speaks for a trial that is over. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sallyport/file.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include <sallyport/rescue.h>
#include "internal.h"

#define MAGIC "sallyport-resc1"
#define SHORT_OF ((size_t)4 << 20)	/* what a small revert may need */

struct head {
	char magic[16];
	char boot_id[40];
	uint64_t netns_cookie;
	int64_t deadline_ms;
	uint64_t len;		/* of what follows */
	uint64_t reserved;
};

/* One process has one trial. */
static struct {
	struct guardian *g;
	struct head *head;	/* mapped; NULL: there is none */
	size_t size;
} armed;

static int
put(void)
{
	int error = rescue_put(armed.head + 1, armed.head->len);

	if (error)
		process_note("no memory, and the kernel does not take the old "
			     "tables as they were prepared: error %d", error);
	else
		process_note("no memory: the old tables are back as they were "
			     "prepared");
	step(armed.g, "rescued");
	return error;
}

/* Called by die(). */
static void
on_death(void)
{
	if (armed.head && guardian_now(armed.g) >= armed.head->deadline_ms)
		put();
}

void
rescue_leave(void)
{
	if (armed.head)
		munmap(armed.head, armed.size);
	armed.head = NULL;
	die_restore(NULL);
}

static bool
is_whole(const struct head *head, size_t size)
{
	return strcmp(head->magic, MAGIC) == 0 &&
	       strcmp(head->boot_id, clock_boot_id()) == 0 &&
	       head->netns_cookie == proc_netns_cookie() &&
	       head->len == size - sizeof(*head);
}

void
rescue_take_up(struct guardian *g)
{
	int fd = openat(g->run_dir, TRIAL_RESCUE,
			O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	void *map = MAP_FAILED;

	rescue_leave();
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() &&
	    (size_t)st.st_size > sizeof(struct head))
		map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_POPULATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return;
	armed.g = g;
	armed.head = map;
	armed.size = (size_t)st.st_size;
	/* Of a private mapping that may be written this makes our own pages. */
	if (!is_whole(map, armed.size) || mlock(map, armed.size) < 0)
		rescue_leave();
	else
		die_restore(on_death);
}

/* A table that the kernel does not have yet must not be made by reading it. */
static enum err
add_tables(const struct trial *trial, struct str *blob)
{
	enum err err = OK;

	for (size_t i = 0; i < trial->parts.n && !err; i++) {
		const struct ruleset *before = trial_part(trial, i)->before;

		if (!before->absent)
			err = rescue_add(blob, before->table);
	}
	return err;
}

void
rescue_arm(struct guardian *g)
{
	struct head head = {
		.magic = MAGIC,
		.netns_cookie = g->trial->netns_cookie,
		.deadline_ms = g->trial->deadline_ms,
	};
	struct str file = { 0 };
	enum err err;

	if (g->trial->no_trial || g->opt->backend)
		return;
	memcpy(head.boot_id, g->trial->boot_id, sizeof(g->trial->boot_id));
	str_addn(&file, (const char *)&head, sizeof(head));
	err = add_tables(g->trial, &file);
	head.len = file.len - sizeof(head);
	memcpy(file.s, &head, sizeof(head));
	if (!err)
		err = file_write_atomic(g->run_dir, TRIAL_RESCUE, file.s,
					file.len, 0600);
	str_done(&file);
	if (err)
		process_note("nothing is prepared for a lack of memory: %s",
			     err_message());
	else
		rescue_take_up(g);
}

/* The file, for who comes after us, gets this deadline. */
static bool
write_deadline(const struct guardian *g, int64_t deadline_ms)
{
	int fd = openat(g->run_dir, TRIAL_RESCUE,
			O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	bool written = fd >= 0 &&
		       pwrite(fd, &deadline_ms, sizeof(deadline_ms),
			      offsetof(struct head, deadline_ms)) ==
		       sizeof(deadline_ms);

	if (fd >= 0)
		close(fd);
	return written;
}

void
rescue_move(const struct guardian *g)
{
	if (!armed.head)
		return;
	armed.head->deadline_ms = g->trial->deadline_ms;
	if (!write_deadline(g, g->trial->deadline_ms))
		process_note("the deadline of what is prepared did not move");
}

void
rescue_rest(const struct guardian *g)
{
	if (armed.head && !write_deadline(g, INT64_MAX))
		unlinkat(g->run_dir, TRIAL_RESCUE, 0);
}

bool
rescue_if_short(void)
{
	void *memory;

	if (!armed.head)
		return false;
	memory = malloc(SHORT_OF + 4 * armed.size);
	free(memory);
	return !memory && put() == 0;
}

void
rescue_disarm(const struct guardian *g)
{
	rescue_leave();
	unlinkat(g->run_dir, TRIAL_RESCUE, 0);
}
