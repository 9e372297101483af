/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The edits of a change that was undone are staged again, once. Who else looked
 * meanwhile, and wrote it down in history, has not staged them: a file beside the
 * record names the trial whose edits were taken up. Another file is locked by the
 * editor whose edits they are. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/file.h>
#include "internal.h"

#define TAKEN_FILE "trial.taken"
#define CLAIM_FILE "trial.editor"

static bool
is_named(int run_dir, const struct trial *trial)
{
	struct str text = { 0 };
	bool named = file_read(run_dir, TAKEN_FILE, 64, &text) == OK &&
		     strcmp(str_text(&text), trial->id) == 0;

	str_done(&text);
	return named;
}

bool
apply_was_taken(const struct world *world, const struct trial *trial)
{
	bool taken;
	int fd;

	if (trial->state != TRIAL_REVERTED || run_dir_open(world, &fd) != OK)
		return true;
	taken = is_named(fd, trial);
	close(fd);
	return taken;
}

/* Where it cannot be written they are staged once more: one time too many. */
void
apply_take(const struct world *world)
{
	struct trial *trial = apply_record(world);
	int fd;

	if (world->read_only || !trial || run_dir_open(world, &fd) != OK) {
		trial_free(trial);
		return;
	}
	if (trial->state == TRIAL_REVERTED &&
	    file_write_atomic(fd, TAKEN_FILE, trial->id, strlen(trial->id),
			      0600) != OK)
		unlinkat(fd, TAKEN_FILE, 0);
	trial_free(trial);
	close(fd);
}

int
apply_claim(const struct world *world)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int dir, fd;

	if (world->read_only || run_dir_open(world, &dir) != OK)
		return -1;
	fd = openat(dir, CLAIM_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	close(dir);
	if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

struct trial *
apply_record(const struct world *world)
{
	struct trial *trial = NULL;
	int dir;

	if (run_dir_open(world, &dir) != OK)
		return NULL;
	if (trial_load(dir, &trial) != OK)
		trial = NULL;
	close(dir);
	return trial;
}
