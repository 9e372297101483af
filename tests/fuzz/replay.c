/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fuzzing target without a fuzzer: the inputs that once broke it, and some
 * that are hard, once more. They lie in tests/fuzz/found/TARGET. */
#include <dirent.h>
#include <fcntl.h>
#include <sallyport/file.h>
#include "../tap.h"
#include "fuzz.h"

static void
replay(int dir, const char *name)
{
	struct str input = { 0 };

	if (file_read(dir, name, 1 << 20, &input) != OK)
		bail_out("%s", err_message());
	diag("%s", name);
	LLVMFuzzerTestOneInput((const uint8_t *)str_text(&input), input.len);
	ok(true, "%s is survived", name);
	str_done(&input);
}

int
main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir");
	const char *target = strrchr(argv[0], '/');
	char *path = xasprintf("%s/tests/fuzz/found/%s", top ? top : ".",
			       target ? target + 1 : argv[0]);
	DIR *dir = opendir(path);
	struct dirent *entry;

	(void)argc;
	if (!dir)
		bail_out("cannot open %s", path);
	for (entry = readdir(dir); entry; entry = readdir(dir))
		if (entry->d_name[0] != '.')
			replay(dirfd(dir), entry->d_name);
	closedir(dir);
	free(path);
	xt_done();
	return done_testing();
}
