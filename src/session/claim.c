/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two editors know of each other. The first one is not protected from the
 * second: it may be the one that hangs in a dead connection. */
#include <fcntl.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/session.h>

#define EDITOR_LOCK "editor.lock"

enum err
session_claim(const struct world *world, int *fd, struct str *holder)
{
	int dir;
	enum err err = dir_open_private(world->guardian.run_dir, &dir);

	*fd = -1;
	if (err)
		return err;
	*fd = openat(dir, EDITOR_LOCK,
		     O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*fd < 0)
		err = fail_errno(_("cannot open '%s'"), EDITOR_LOCK);
	close(dir);
	if (!err)
		err = file_lock(*fd, world->clock, 0, holder);
	return err;
}
