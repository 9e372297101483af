/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandbox from within (this program once more, with the name of a check) and
 * from outside: what is seen in it, and that nothing is left of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <sallyport/guard.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include <sallyport/sandbox.h>
#include "../tap.h"

#define PATIENCE_MS 20000

static struct ruleset *
read_table(void)
{
	struct backend *be = backend_ip6tc(NULL);
	struct ruleset *rs;

	if (be->ops->read(be, "filter", &rs) != OK)
		bail_out("%s", err_message());
	backend_free(be);
	return rs;
}

static void
nap(void)
{
	const struct timespec ts = { .tv_nsec = 50 * 1000000L };

	nanosleep(&ts, NULL);
}

static bool
patiently(bool (*holds)(void *arg), void *arg)
{
	int i;

	for (i = 0; i < PATIENCE_MS / 50; i++) {
		if (holds(arg))
			return true;
		nap();
	}
	return false;
}

/* ---- Within ---- */

static bool
check_rules(void)
{
	struct ruleset *live = read_table(), *example;
	bool same;

	if (ruleset_load(sandbox_example, strlen(sandbox_example), "example",
			 "filter", &example) != OK)
		bail_out("%s", err_message());
	same = ruleset_equal(live, example);
	ruleset_free(live);
	ruleset_free(example);
	return same;
}

static const struct lifeline *
find_peer(const struct vec *lifelines)
{
	const struct lifeline *ll;
	size_t i;

	for (i = 0; i < lifelines->n; i++) {
		ll = lifelines->v[i];
		if (ll->running && !ll->stale && !strcmp(ll->ifname, "eth0") &&
		    ll->peer.s6_addr[15] == 0x77 && ll->local_port == 22)
			return ll;
	}
	return NULL;
}

static bool
check_lifeline(void)
{
	struct lifeline_sources sources = { getenv("SSH_CONNECTION"), getpid() };
	struct ruleset *live = read_table();
	struct guard_report *report;
	struct vec lifelines = {0};
	struct str text = {0};
	bool good;

	if (lifelines_find(&sources, &lifelines) != OK)
		bail_out("%s", err_message());
	report = guard_judge(&lifelines, live, live, false);
	guard_explain(report, &text);
	good = find_peer(&lifelines) && !report->none &&
	       report->judgement == JUDGED_SAFE;
	if (!good)
		tap_quote("guard: ", str_text(&text));
	str_done(&text);
	guard_report_free(report);
	lifelines_free(&lifelines);
	ruleset_free(live);
	return good;
}

static uint64_t
packets(size_t rule)
{
	struct ruleset *live = read_table();
	uint64_t n;

	n = chain_rule(ruleset_chain(live, "INPUT"), rule)->counters.packets;
	ruleset_free(live);
	return n;
}

struct counted {
	size_t rule;
	uint64_t from;
};

static bool
grows(void *arg)
{
	const struct counted *counted = arg;

	return packets(counted->rule) > counted->from;
}

static bool
check_heartbeat(void)
{
	struct counted running = { 1, packets(1) };

	return patiently(grows, &running);
}

static bool
check_login(void)
{
	struct counted ssh = { 3, packets(3) };

	return patiently(grows, &ssh);
}

static bool
check_places(void)
{
	char host[64] = "";

	gethostname(host, sizeof(host));
	return !strcmp(host, "sandbox") && if_nametoindex("eth0") &&
	       if_nametoindex("br0") && access("/run/sallyport", F_OK) < 0 &&
	       proc_same_netns(getpid()) && getpid() < 100;
}

static bool
check_stops(void)
{
	raise(SIGSTOP);
	return true;
}

static bool
check_dies(void)
{
	return raise(SIGKILL);
}

static void
on_term(int signum)
{
	(void)signum;
	_exit(42);
}

static bool
check_waits(void)
{
	signal(SIGTERM, on_term);
	while (pause() < 0)
		;
	return true;
}

/* ---- From outside ---- */

static char note_path[64];	/* where the inner program tells its namespace */

static const struct check_row {
	const char *name;
	bool (*check)(void);
	const char *what;
} checks[] = {
	{ "rules", check_rules, "the example's rules are in the kernel" },
	{ "lifeline", check_lifeline, "the peer is a lifeline, and safe" },
	{ "heartbeat", check_heartbeat, "its connection is alive" },
	{ "login", check_login, "new logins come in" },
	{ "places", check_places, "names, links and directories are its own" },
	{ "stops", check_stops, NULL },
	{ "dies", check_dies, NULL },
	{ "waits", check_waits, NULL },
	{ NULL, NULL, NULL },
};

static int
inside(const char *name, const char *note)
{
	const struct check_row *row = checks;
	char ns[64] = "";
	FILE *file;

	if (readlink("/proc/self/ns/net", ns, sizeof(ns) - 1) < 0)
		return 2;
	file = fopen(note, "w");
	if (file) {
		fputs(ns, file);
		fclose(file);
	}
	while (strcmp(row->name, name))
		row++;
	return row->check() ? 0 : 1;
}

struct sandbox {
	pid_t pid;
	const char *text;
	bool as_user;
	const char *root;
};

static int
be_sandboxed(const struct sandbox *sb, const char *name)
{
	char *argv[] = { (char *)PROC_SELF_EXE, (char *)"--inside",
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

static int
finish(const struct sandbox *sb)
{
	int status;

	if (waitpid(sb->pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
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

/* No process is in the namespace any more. */
static bool
is_empty(void *arg)
{
	char path[300], ns[64];
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	bool empty = true;
	ssize_t n;

	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/ns/net", entry->d_name);
		n = readlink(path, ns, sizeof(ns) - 1);
		if (n > 0 && (ns[n] = '\0', !strcmp(ns, arg)))
			empty = false;
	}
	closedir(dir);
	return empty;
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
	const struct check_row *row;
	int status = sandboxed(checks[0].name);

	if (status == 96)
		skip_all("no sandbox can be made here");
	is_int(status, 0, "%s", checks[0].what);
	for (row = checks + 1; row->what; row++)
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
	ok(patiently(is_empty, ns), "kill -9 of the sandbox leaves nothing");

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
		return inside(argv[2], argv[3]);
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
