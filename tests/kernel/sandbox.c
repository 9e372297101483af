/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandbox from outside: it runs this program once more, with the name of a
 * check, and leaves nothing behind however it ends. */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <net/if.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sallyport/sandbox.h>
#include "../tap.h"
#include "sandbox-checks.h"

static char note_path[64];	/* where the inner program tells its namespace */

struct sandbox {
	pid_t pid;
	const char *text;
	bool as_user;
	const char *root;
	int status;	/* of waitpid() */
};

static int
be_sandboxed(const struct sandbox *sb, const char *name)
{
	char *argv[] = { (char *)"sandbox", (char *)"--inside",
			 (char *)name, note_path, NULL };
	struct world world = { .table = "filter" };
	int status = 99;

	setpgid(0, 0);
	if (sb->root && (chroot(sb->root) < 0 || chdir("/") < 0))
		return 97;
	if (sb->as_user && (setgroups(0, NULL) < 0 || setgid(65534) < 0 ||
			    setuid(65534) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0))
		return 98;
	world.backend = backend_ip6tc(NULL);
	if (sandbox_run(&world, sb->text, strlen(sb->text), "rules", argv,
			&status) != OK) {
		diag("%s", err_message());
		status = strstr(err_message(), "no sandbox here") ? 96 : 95;
	}
	backend_free(world.backend);
	return status;
}

static void
start(struct sandbox *sb, const char *name)
{
	if (truncate(note_path, 0) < 0)
		bail_out("%s", strerror(errno));
	fflush(stdout);
	sb->pid = fork();
	if (sb->pid == 0)
		_exit(be_sandboxed(sb, name));
}

static bool
is_over(void *arg)
{
	struct sandbox *sb = arg;

	return waitpid(sb->pid, &sb->status, WNOHANG) == sb->pid;
}

/* Its exit status; -1 when it had to be killed. */
static int
finish(struct sandbox *sb)
{
	if (!patiently(is_over, sb)) {
		kill(sb->pid, SIGKILL);
		waitpid(sb->pid, &sb->status, 0);
		return -1;
	}
	return WIFEXITED(sb->status) ? WEXITSTATUS(sb->status) : 1000;
}

static int
sandboxed(const char *name)
{
	struct sandbox sb = { .text = sandbox_example };

	start(&sb, name);
	return finish(&sb);
}

/* The namespace that the inner program noted; false while there is none. */
static bool
noted(void *arg)
{
	char *ns = arg;
	FILE *file = fopen(note_path, "r");

	ns[0] = '\0';
	if (file && fgets(ns, 64, file))
		ns[strcspn(ns, "\n")] = '\0';
	if (file)
		fclose(file);
	return ns[0];
}

/* Send signum (0: none) to all in the network namespace, which must not be
 * ours; how many they are. */
static int
signal_all(const char *ns, int signum)
{
	char path[300], theirs[64] = "";
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int count = 0;
	ssize_t n;

	if (readlink("/proc/self/ns/net", theirs, sizeof(theirs) - 1) < 0 ||
	    !ns[0] || !strcmp(theirs, ns))
		bail_out("the sandbox has no network namespace of its own");
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/ns/net", entry->d_name);
		n = readlink(path, theirs, sizeof(theirs) - 1);
		theirs[n > 0 ? n : 0] = '\0';
		if (atoi(entry->d_name) > 1 && !strcmp(theirs, ns)) {
			kill(atoi(entry->d_name), signum);
			count++;
		}
	}
	closedir(dir);
	return count;
}

static bool
is_empty(void *ns)
{
	return signal_all(ns, 0) == 0;
}

static char *
slurp(const char *path)
{
	static const char sep[] = "\n";
	struct str text = {0};
	FILE *file = fopen(path, "r");
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		str_addn(&text, line, strcspn(line, sep) + 1);
	if (file)
		fclose(file);
	return str_take(&text);
}

static char *
links(void)
{
	struct if_nameindex *list = if_nameindex(), *link;
	struct str text = {0};

	for (link = list; link && link->if_index; link++)
		str_addf(&text, "%s ", link->if_name);
	if_freenameindex(list);
	return str_take(&text);
}

static void
test_within(void)
{
	const struct sandbox_check *row = sandbox_checks;
	int status = sandboxed(row->name);

	if (status == 96)
		skip_all("no sandbox can be made here");
	is_int(status, 0, "%s", row->what);
	while ((++row)->what)
		is_int(sandboxed(row->name), 0, "%s", row->what);
}

static void
test_as_user(void)
{
	struct sandbox sb = { .text = sandbox_example, .as_user = true };
	int status;

	if (geteuid() != 0) {
		skip("not root: all of this is as a user");
		return;
	}
	start(&sb, "rules");
	status = finish(&sb);
	if (status == 96) {
		skip("users may not make namespaces here");
		return;
	}
	is_int(status, 0, "an ordinary user gets the same rules");
	start(&sb, "lifeline");
	is_int(finish(&sb), 0, "and the same lifeline");
}

static void
test_endings(void)
{
	struct sandbox sb = { .text = sandbox_example };
	char ns[64] = "";
	int status;

	is_int(sandboxed("dies"), 128 + SIGKILL, "kill -9 of the editor ends it");
	ok(noted(ns) && is_empty(ns), "and nothing is left");

	start(&sb, "waits");
	ok(patiently(noted, ns) && !is_empty(ns), "a sandbox runs");
	kill(sb.pid, SIGTERM);
	is_int(finish(&sb), 42, "TERM is passed on to the editor");
	ok(is_empty(ns), "and nothing is left");

	start(&sb, "waits");
	patiently(noted, ns);
	kill(sb.pid, SIGKILL);
	finish(&sb);
	if (!ok(patiently(is_empty, ns), "kill -9 of the sandbox leaves nothing"))
		signal_all(ns, SIGKILL);

	start(&sb, "stops");
	ok(waitpid(sb.pid, &status, WUNTRACED) == sb.pid && WIFSTOPPED(status),
	   "it stops with the editor");
	kill(-sb.pid, SIGCONT);
	is_int(finish(&sb), 0, "and goes on with it");
}

static void
test_refusals(void)
{
	struct sandbox bad = { .text = "*filter\n-A INPUT -j NO_SUCH\nCOMMIT\n" };
	struct sandbox caged = { .text = sandbox_example, .root = "/usr" };

	start(&bad, "rules");
	is_int(finish(&bad), 95, "rules that cannot be read are refused");
	if (geteuid() != 0)
		return;
	start(&caged, "rules");
	is_int(finish(&caged), 96, "in a chroot root is told why not");
	caged.as_user = true;
	start(&caged, "rules");
	is_int(finish(&caged), 96, "and so is a user");
}

int
main(int argc, char **argv)
{
	char *mounts, *mounts_after, *links_before, *links_after;
	char host[64], host_after[64];
	const char *tmp = getenv("TMPDIR");
	int fd;

	if (xt_init(false) != OK)
		bail_out("%s", err_message());
	if (argc == 4 && !strcmp(argv[1], "--inside"))
		return sandbox_inside(argv[2], argv[3]);
	snprintf(note_path, sizeof(note_path), "%.40s/sandbox-XXXXXX",
		 tmp ? tmp : "/tmp");
	fd = mkstemp(note_path);
	fchmod(fd, 0666);
	close(fd);
	mounts = slurp("/proc/self/mounts");
	links_before = links();
	gethostname(host, sizeof(host));

	test_within();
	test_as_user();
	test_endings();
	test_refusals();

	mounts_after = slurp("/proc/self/mounts");
	links_after = links();
	gethostname(host_after, sizeof(host_after));
	is_str(mounts_after, mounts, "no mount is left");
	is_str(links_after, links_before, "no link is left");
	is_str(host_after, host, "the machine has its name");
	free(mounts);
	free(mounts_after);
	free(links_before);
	free(links_after);
	unlink(note_path);
	xt_done();
	return done_testing();
}
