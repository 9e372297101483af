/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What die() calls may die in its turn: the program ends all the same. */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sallyport/err.h>
#include "../tap.h"

static void
die_again(void)
{
	die("again");
}

int
main(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		die_restore(die_again);
		die("once");
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status), "it ends by itself");
	is_int(WEXITSTATUS(status), 1, "as an error");
	return done_testing();
}
