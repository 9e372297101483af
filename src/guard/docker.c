/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP to Docker's Engine over its Unix socket. The one owner of <curl/curl.h>.
 * The Engine is root's, its answers are anybody's: they are bounded in size and
 * time, and no redirection, proxy or other protocol is followed.
 *
 * libcurl is loaded when Docker is asked: it brings some thirty libraries with
 * it, whose start took ten times as long as ours, in the guardian too. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_setopt
#undef curl_easy_getinfo
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "containers-internal.h"

#define ANSWER_MAX ((size_t)4 << 20)

static struct {
	CURL *(*easy_init)(void);
	CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
	CURLcode (*easy_perform)(CURL *curl);
	CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
	const char *(*easy_strerror)(CURLcode code);
	void (*easy_cleanup)(CURL *curl);
} lib;

static const struct {
	const char *name;
	void *at;
} functions[] = {
	{ "curl_easy_init", &lib.easy_init },
	{ "curl_easy_setopt", &lib.easy_setopt },
	{ "curl_easy_perform", &lib.easy_perform },
	{ "curl_easy_getinfo", &lib.easy_getinfo },
	{ "curl_easy_strerror", &lib.easy_strerror },
	{ "curl_easy_cleanup", &lib.easy_cleanup },
};

/* Whichever TLS library it was built with: none is used. */
static void *
find_library(void)
{
	static const char *const names[] = { "libcurl-gnutls.so.4",
					     "libcurl.so.4" };
	void *handle = NULL;

	for (size_t i = 0; i < ARRAY_LEN(names) && !handle; i++)
		handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	return handle;
}

/* Once; it stays. */
static bool
load_library(void)
{
	void *handle;

	if (lib.easy_cleanup)
		return true;
	handle = find_library();
	for (size_t i = 0; handle && i < ARRAY_LEN(functions); i++) {
		void *f = dlsym(handle, functions[i].name);

		if (!f)
			return false;
		memcpy(functions[i].at, &f, sizeof(f));
	}
	return handle != NULL;
}

static size_t
take(char *data, size_t size, size_t n, void *arg)
{
	struct str *out = arg;

	if (out->len + size * n > ANSWER_MAX)
		return 0;	/* curl ends with CURLE_WRITE_ERROR */
	str_addn(out, data, size * n);
	return size * n;
}

static void
set_options(CURL *curl, const char *socket, const char *url, long ms,
	    struct str *out)
{
	lib.easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
	lib.easy_setopt(curl, CURLOPT_URL, url);
	lib.easy_setopt(curl, CURLOPT_PROXY, "");
	lib.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	lib.easy_setopt(curl, CURLOPT_TIMEOUT_MS, ms);
	lib.easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	lib.easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	lib.easy_setopt(curl, CURLOPT_WRITEDATA, out);
}

static enum err
say_why(CURL *curl, CURLcode rc, const char *socket)
{
	long status = 0;

	if (rc == CURLE_OPERATION_TIMEDOUT)
		return fail(ERR_FAIL, _("Docker did not answer in time (%s)"),
			    socket);
	if (rc == CURLE_WRITE_ERROR)
		return fail(ERR_FAIL, _("Docker's answer is too long (%s)"),
			    socket);
	if (rc != CURLE_OK)
		return fail(ERR_FAIL, _("cannot ask Docker (%s): %s"), socket,
			    lib.easy_strerror(rc));
	lib.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		return OK;
	return fail(ERR_FAIL, _("Docker answered with status %ld (%s)"), status,
		    socket);
}

enum err
docker_get(const char *socket, const char *path, long *ms, struct str *out)
{
	struct str url = { 0 };
	curl_off_t spent = 0;
	CURL *curl;
	CURLcode rc;
	enum err err;

	if (*ms <= 0)
		return fail(ERR_FAIL, _("Docker did not answer in time (%s)"),
			    socket);
	curl = load_library() ? lib.easy_init() : NULL;
	if (!curl)
		return fail(ERR_FAIL, _("libcurl cannot be used"));
	str_addf(&url, "http://localhost%s", path);
	set_options(curl, socket, str_text(&url), *ms, out);
	rc = lib.easy_perform(curl);
	err = say_why(curl, rc, socket);
	lib.easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &spent);
	*ms -= (long)(spent / 1000);
	lib.easy_cleanup(curl);
	str_done(&url);
	return err;
}

/* --- Is it there? --- */

struct holder {
	uint64_t inode;
	bool found;
};

static bool
is_inode(uint64_t inode, void *arg)
{
	struct holder *holder = arg;

	holder->found = holder->found || inode == holder->inode;
	return !holder->found;
}

static bool
is_called(pid_t pid, const char *name)
{
	struct str comm = { 0 };
	bool is;

	proc_comm(pid, &comm);
	is = strcmp(str_text(&comm), name) == 0;
	str_done(&comm);
	return is;
}

/* All descriptors of all processes would take too long. */
static bool
is_holder(pid_t pid, void *arg)
{
	struct holder *holder = arg;

	if (is_called(pid, "dockerd") || is_called(pid, "podman"))
		proc_each_socket(pid, is_inode, holder);
	return !holder->found;
}

static bool
same_file(const char *path, const struct stat *st)
{
	struct stat other;

	return stat(path, &other) == 0 && other.st_dev == st->st_dev &&
	       other.st_ino == st->st_ino;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* /proc/net/unix lists the sockets of this network namespace alone. It may have
 * been bound by another name of the same file: /var/run is a link to /run. */
static bool
find_inode(const char *socket, const struct stat *st, uint64_t *inode)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char line[512], path[256];
	unsigned long long n;
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %*s %*s %*s %*s %*s %llu %255s", &n,
			   path) != 2 ||
		    strcmp(base_name(path), base_name(socket)))
			continue;
		*inode = n;
		found = same_file(path, st);
	}
	if (f)
		fclose(f);
	return found;
}

/* systemd listens for one that it would start. */
bool
docker_runs(const char *socket)
{
	struct holder holder = { 0 };
	struct stat st;

	if (stat(socket, &st) < 0 || !S_ISSOCK(st.st_mode) ||
	    !find_inode(socket, &st, &holder.inode))
		return false;
	if (!is_called(1, "systemd"))
		return true;
	proc_each(is_holder, &holder);
	return holder.found;
}
