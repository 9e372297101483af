/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libraries print while the editor has the screen goes to a file in
 * memory, and comes out, harmless, when the terminal is given back. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <sallyport/str.h>
#include <sallyport/text.h>
#include "capture.h"

#define CAPTURED_MAX 4096

static struct {
	bool on;
	int captured;
	int old_out;
	int old_err;
} capture;

void
capture_start(void)
{
	fflush(stdout);
	fflush(stderr);
	capture.old_out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	capture.old_err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	capture.captured = memfd_create("sallyport-output", MFD_CLOEXEC);
	if (capture.captured < 0)
		capture.captured = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(capture.captured, STDOUT_FILENO);
	dup2(capture.captured, STDERR_FILENO);
	capture.on = true;
}

static void
give_back(int old, int fd)
{
	if (old < 0)
		return;
	dup2(old, fd);
	close(old);
}

/* What a library said before it ended the program is worth reading. */
void
capture_end(void)
{
	char said[CAPTURED_MAX];
	struct str harmless = { 0 };
	ssize_t n;

	if (!capture.on)
		return;
	capture.on = false;
	fflush(stdout);
	fflush(stderr);
	give_back(capture.old_out, STDOUT_FILENO);
	give_back(capture.old_err, STDERR_FILENO);
	n = pread(capture.captured, said, sizeof(said), 0);
	for (ssize_t i = 0, from = 0; i < n; i++) {
		if (said[i] != '\n' && i + 1 < n)
			continue;
		text_visible(&harmless, said + from,
			     (size_t)(i - from + (said[i] != '\n')), false);
		str_addc(&harmless, '\n');
		from = i + 1;
	}
	fputs(str_text(&harmless), stderr);
	str_done(&harmless);
	close(capture.captured);
}
