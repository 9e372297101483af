/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What extensions there are, and what they say of their options. */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include "xt-internal.h"

/* The extension's name in a plugin's file name, in heap, or NULL: "tcp" in
 * "libxt_tcp.so"; other families have other prefixes. */
static char *
extension_name(const char *file)
{
	const char *name;
	size_t len;

	if (str_starts(file, "libip6t_"))
		name = file + strlen("libip6t_");
	else if (str_starts(file, "libxt_"))
		name = file + strlen("libxt_");
	else
		return NULL;
	len = strlen(name);
	if (len <= 3 || strcmp(name + len - 3, ".so") != 0 ||
	    strcmp(name, "standard.so") == 0)
		return NULL;
	return xstrndup(name, len - 3);
}

static int
is_plugin(const struct dirent *ent)
{
	char *name = extension_name(ent->d_name);
	bool good = name != NULL;

	free(name);
	return good;
}

/* Targets are in capitals, matches are not: so it is in all plugins. */
void
xt_each_extension(void (*each)(const char *kind, const char *name, void *arg),
		  void *arg)
{
	const char *dir = find_plugin_dir();
	struct dirent **files = NULL;
	int n = dir ? scandir(dir, &files, is_plugin, alphasort) : 0;

	for (int i = 0; i < n; i++) {
		char *name = extension_name(files[i]->d_name);

		each(isupper((unsigned char)*name) ? "target" : "match", name,
		     arg);
		free(name);
		free(files[i]);
	}
	free(files);
}

static void
help_body(void *arg)
{
	const char *name = arg;
	struct xtables_match *m = find_match(name, NULL);
	struct xtables_target *t = find_target(name);

	if (m && m->help)
		m->help();
	if (t && t->help)
		t->help();
}

void
xt_help(const char *name, struct str *out)
{
	if (box_run(help_body, (void *)name))
		str_add(out, str_text(box_out()));
}

static void
target_body(void *arg)
{
	const char **name = arg;

	if (!find_target(*name))
		*name = NULL;
}

bool
xt_has_target(const char *name)
{
	return box_run(target_body, &name) && name;
}
