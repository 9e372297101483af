/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File names as they are typed: a home directory for ~, and Tab. */
#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sallyport/mem.h>
#include "path.h"

char *
path_expand(const char *typed)
{
	size_t n = strcspn(typed, "/");
	const struct passwd *pw;
	char *user;

	if (typed[0] != '~')
		return xstrdup(typed);
	user = xstrndup(typed + 1, n - 1);
	pw = *user ? getpwnam(user) : getpwuid(geteuid());
	free(user);
	return pw ? xasprintf("%s%s", pw->pw_dir, typed + n) : xstrdup(typed);
}

/* The names in a directory that begin with a prefix. */
struct names {
	const char *prefix;
	char *common;	/* what they all begin with; NULL: there is none */
	size_t n;
};

/* A part of a character is none. */
static size_t
whole(const char *s, size_t n)
{
	while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void
take_name(struct names *names, const char *name)
{
	size_t n = 0;

	if (strncmp(name, names->prefix, strlen(names->prefix)) != 0 ||
	    (name[0] == '.' && names->prefix[0] != '.'))
		return;
	if (names->n++ == 0) {
		names->common = xstrdup(name);
		return;
	}
	while (names->common[n] && names->common[n] == name[n])
		n++;
	names->common[whole(names->common, n)] = '\0';
}

static bool
is_directory(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static void
complete_in(DIR *dir, const char *prefix, struct str *typed)
{
	struct names names = { .prefix = prefix };
	const struct dirent *entry;

	while ((entry = readdir(dir)) != NULL)
		take_name(&names, entry->d_name);
	if (names.n > 0)
		str_add(typed, names.common + strlen(prefix));
	if (names.n == 1 && is_directory(dirfd(dir), names.common))
		str_addc(typed, '/');
	free(names.common);
}

void
path_complete(struct str *typed)
{
	char *path = path_expand(str_text(typed));
	char *slash = strrchr(path, '/');
	char *prefix = xstrdup(slash ? slash + 1 : path);
	DIR *dir;

	if (slash)
		slash[1] = '\0';
	dir = opendir(slash ? path : ".");
	if (dir) {
		complete_in(dir, prefix, typed);
		closedir(dir);
	}
	free(prefix);
	free(path);
}
