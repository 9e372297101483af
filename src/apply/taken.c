/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The edits of a change that was undone are staged again, once, and that it was
 * undone is told once. Who else looked meanwhile, and wrote it down in history, has
 * done neither: files beside the record name the trial whose edits were taken up
 * and that whose end was told. Another file is locked by the editor whose edits
 * they are. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/file.h>
#include "internal.h"

#define TAKEN_FILE "trial.taken"
#define TOLD_FILE "trial.told"
#define CLAIM_FILE "trial.editor"

static bool
is_named(int run_dir, const char *file, const struct trial *trial)
{
	struct str text = { 0 };
	bool named = file_read(run_dir, file, 64, &text) == OK &&
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
	taken = is_named(fd, TAKEN_FILE, trial);
	close(fd);
	return taken;
}

/* Of the same boot, but of a network namespace beside ours: it is told there. */
bool
apply_was_told(const struct world *world, const struct trial *trial)
{
	bool told;
	int fd;

	if (trial->state != TRIAL_REVERTED || is_elsewhere(trial) ||
	    run_dir_open(world, &fd) != OK)
		return true;
	told = is_named(fd, TOLD_FILE, trial) ||
	       is_named(fd, TAKEN_FILE, trial);
	close(fd);
	return told;
}

/* Where it cannot be written, it is done once more: one time too many. */
static void
name_last(const struct world *world, const char *file)
{
	struct trial *trial = apply_record(world);
	int fd;

	if (world->read_only || !trial || run_dir_open(world, &fd) != OK) {
		trial_free(trial);
		return;
	}
	if (trial->state == TRIAL_REVERTED &&
	    file_write_atomic(fd, file, trial->id, strlen(trial->id),
			      0600) != OK)
		unlinkat(fd, file, 0);
	trial_free(trial);
	close(fd);
}

void
apply_take(const struct world *world)
{
	name_last(world, TAKEN_FILE);
}

void
apply_tell(const struct world *world)
{
	name_last(world, TOLD_FILE);
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
