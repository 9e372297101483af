/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ListenStream= of systemd.socket(5). Which unit overrides which does not
 * matter: the port is asked for only where PID 1 listens on it. */
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/file.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include "units.h"

#define MAX_BYTES (64u << 10)

/* systemd.unit(5), and what Ubuntu's sshd-socket-generator makes. */
static const char *const places[] = {
	"/etc/systemd/system",
	"/run/systemd/system",
	"/run/systemd/generator",
	"/run/systemd/generator.early",
	"/run/systemd/generator.late",
	"/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system",
	"/lib/systemd/system",
};

static const char *const patterns[] = {
	"ssh*.socket",
	"ssh*.socket.d/*.conf",
};

/* "22", "[::]:22", "0.0.0.0:22"; a path is none. */
static bool
is_port(const char *value, uint16_t port)
{
	const char *colon = strrchr(value, ':');
	char *end;
	unsigned long n;

	if (colon)
		value = colon + 1;
	n = strtoul(value, &end, 10);
	return end > value && !end[strspn(end, " \t\r")] && n == port;
}

static bool
text_names_port(char *text, uint16_t port)
{
	static const char key[] = "ListenStream";
	char *save = NULL, *line;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " \t");
		if (!str_starts(line, key))
			continue;
		line += sizeof(key) - 1;
		line += strspn(line, " \t");
		if (*line == '=' && is_port(line + 1, port))
			return true;
	}
	return false;
}

static bool
file_names_port(const char *path, uint16_t port)
{
	struct str text = { 0 };
	bool yes = file_read(AT_FDCWD, path, MAX_BYTES, &text) == OK &&
		   text.len && text_names_port(text.s, port);

	str_done(&text);
	return yes;
}

static bool
any_names_port(const char *pattern, uint16_t port)
{
	glob_t found;
	bool yes = false;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc && !yes; i++)
		yes = file_names_port(found.gl_pathv[i], port);
	globfree(&found);
	return yes;
}

bool
units_name_port(uint16_t port)
{
	bool yes = false;

	for (size_t i = 0; i < ARRAY_LEN(places) && !yes; i++) {
		for (size_t j = 0; j < ARRAY_LEN(patterns) && !yes; j++) {
			char *pattern = xasprintf("%s/%s", places[i],
						  patterns[j]);

			yes = any_names_port(pattern, port);
			free(pattern);
		}
	}
	return yes;
}
