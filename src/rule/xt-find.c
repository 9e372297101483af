/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extensions by name. A plugin that was built for another libxtables calls
 * exit(1) in its constructor, from where there is no good way back; so a plugin
 * that does not bear our library's version is never loaded. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sallyport/file.h>
#include "xt-internal.h"

#define PLUGIN_SIZE_MAX (4 << 20)

/* What the kernel said about one revision of an extension. */
struct answer {
	char name[XT_EXTENSION_MAXNAMELEN];
	uint8_t revision;
	int option;
	bool supported;
};

static const char *const prefixes[] = { "libip6t_", "libxt_" };
static char *plugin_dir;
static struct vec loadable;	/* of char *: names that were looked at */
static struct vec answers;	/* of struct answer * */

static bool
is_loadable(const char *name)
{
	for (size_t i = 0; i < loadable.n; i++) {
		if (strcmp(loadable.v[i], name) == 0)
			return true;
	}
	return false;
}

/* Does the file bear the version string that libxtables will ask it for? */
static bool
plugin_fits(const char *path, bool *exists)
{
	struct str bytes = { 0 };
	enum err err = file_read(AT_FDCWD, path, PLUGIN_SIZE_MAX, &bytes);
	bool fits = !err && memmem(bytes.s, bytes.len, XTABLES_VERSION,
				   sizeof(XTABLES_VERSION));

	*exists = err != ERR_NOT_FOUND;
	str_done(&bytes);
	return fits;
}

/* May libxtables be asked for this name? It searches in the same order. */
static bool
may_load(const char *name)
{
	if (is_loadable(name))
		return true;
	if (strchr(name, '/'))
		return false;
	for (size_t i = 0; plugin_dir && i < ARRAY_LEN(prefixes); i++) {
		char *path = xasprintf("%s/%s%s.so", plugin_dir, prefixes[i],
				       name);
		bool exists;
		bool fits = plugin_fits(path, &exists);

		free(path);
		if (fits)
			vec_push(&loadable, xstrdup(name));
		if (exists)
			return fits;
	}
	return true;
}

/* The name of the match's plugin: ICMPv6 has three names. */
static const char *
plugin_name(const char *name)
{
	if (strcmp(name, "icmpv6") == 0 || strcmp(name, "ipv6-icmp") == 0)
		return "icmp6";
	return name;
}

struct xtables_match *
find_match(const char *name, struct xtables_rule_match **matches)
{
	if (!may_load(plugin_name(name)))
		return NULL;
	return xtables_find_match(name, XTF_TRY_LOAD, matches);
}

struct xtables_target *
find_target(const char *name)
{
	return may_load(name) ? xtables_find_target(name, XTF_TRY_LOAD) : NULL;
}

struct xtables_match *
must_match(const char *name, struct xtables_rule_match **matches)
{
	if (!may_load(plugin_name(name)))
		box_fail(PARAMETER_PROBLEM,
			 _("match '%s' cannot be loaded"), name);
	return xtables_find_match(name, XTF_LOAD_MUST_SUCCEED, matches);
}

bool
find_init(void)
{
	struct xtables_target *t = xtables_find_target("standard",
						       XTF_TRY_LOAD);
	const char *slash;
	Dl_info info;

	if (!t)
		return false;
	if (!dladdr(t, &info) || !info.dli_fname)
		return true;
	slash = strrchr(info.dli_fname, '/');
	if (slash)
		plugin_dir = xstrndup(info.dli_fname,
				      (size_t)(slash - info.dli_fname));
	return true;
}

const char *
find_plugin_dir(void)
{
	return plugin_dir;
}

void
find_done(void)
{
	for (size_t i = 0; i < loadable.n; i++)
		free(loadable.v[i]);
	for (size_t i = 0; i < answers.n; i++)
		free(answers.v[i]);
	vec_done(&loadable);
	vec_done(&answers);
	free(plugin_dir);
	plugin_dir = NULL;
}

static const struct answer *
answer_find(const char *name, uint8_t revision, int option)
{
	for (size_t i = 0; i < answers.n; i++) {
		const struct answer *a = answers.v[i];

		if (a->revision == revision && a->option == option &&
		    strcmp(a->name, name) == 0)
			return a;
	}
	return NULL;
}

/* Ask the kernel: 1 yes, 0 no, -1 it cannot be asked. */
static int
kernel_has_revision(const struct answer *question)
{
	struct xt_get_revision rev = { .revision = question->revision };
	socklen_t len = sizeof(rev);
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	int rc, error;

	if (fd < 0)
		return -1;
	memcpy(rev.name, question->name, sizeof(rev.name));
	rc = getsockopt(fd, IPPROTO_IPV6, question->option, &rev, &len);
	error = errno;
	close(fd);
	if (rc == 0)
		return 1;
	return error == ENOENT || error == EPROTONOSUPPORT ? 0 : -1;
}

/* Where the kernel cannot be asked every revision will do, so the newest is
 * taken; of an extension that the kernel lacks revision 0 can be written, as
 * with the stock tools, and is refused when it is committed. */
int
find_compat_rev(const char *name, uint8_t revision, int option)
{
	const struct answer *known = answer_find(name, revision, option);
	struct answer a = { .revision = revision, .option = option };
	int has;

	if (known)
		return known->supported;
	strncpy(a.name, name, sizeof(a.name) - 1);
	has = kernel_has_revision(&a);
	if (has < 0)
		return 1;
	a.supported = has || revision == 0;
	vec_push(&answers, xmemdup(&a, sizeof(a)));
	return a.supported;
}
