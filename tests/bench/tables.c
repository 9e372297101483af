/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sallyport and the stock tools at the same work on the same table, in one run:
 * milliseconds each, best of several, and their ratio. Asserts nothing. */
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <sallyport/mem.h>
#include "../ns.h"

static char dir[] = "/tmp/bench-XXXXXX";
static char run_dir[] = "/dev/shm/bench-XXXXXX";	/* a tmpfs, as /run is */
static char *sallyport;

static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* A mix of what people write. */
static void
write_rules(const char *path, unsigned n)
{
	FILE *f = fopen(path, "we");

	if (!f)
		bail_out("cannot write %s", path);
	fputs("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n"
	      ":OUTPUT ACCEPT [0:0]\n", f);
	for (unsigned i = 0; i < n; i++)
		switch (i % 4) {
		case 0:
			fprintf(f, "-A INPUT -s 2001:db8::%x/128 -j DROP\n",
				i % 0xffff + 1);
			break;
		case 1:
			fprintf(f, "-A INPUT -p tcp -m tcp --dport %u "
				"-m comment --comment \"rule %u\" -j ACCEPT\n",
				i % 65535 + 1, i);
			break;
		case 2:
			fprintf(f, "-A FORWARD -d 2001:db8:%x::/64 -i eth0 "
				"-m state --state NEW -j ACCEPT\n", i % 0xffff);
			break;
		case 3:
			fprintf(f, "-A FORWARD -p udp -m multiport --dports "
				"%u,%u -j ACCEPT\n", i % 60000 + 1,
				i % 60000 + 2);
		}
	fputs("COMMIT\n", f);
	fclose(f);
}

/* Run argv with its output thrown away; its milliseconds, or -1. */
static double
run(char *const argv[], const char *input)
{
	posix_spawn_file_actions_t actions;
	double start = now_ms();
	int status = -1;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, input ? input :
					 "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ) == 0)
		waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&actions);
	return status == 0 ? now_ms() - start : -1;
}

static double
best(char *const argv[], const char *input, int times)
{
	double least = -1;

	while (times--) {
		double ms = run(argv, input);

		if (ms >= 0 && (least < 0 || ms < least))
			least = ms;
	}
	return least;
}

static void
report(const char *work, unsigned n, double ours, double stock)
{
	printf("# %-24s %7u rules  sallyport %8.1f ms  stock %8.1f ms  "
	       "ratio %.2f\n", work, n, ours, stock, ours / stock);
	fflush(stdout);
}

#define CMD(...) (char *[]){ __VA_ARGS__, NULL }

static void
bench_size(unsigned n)
{
	char *rules = xasprintf("%s/rules-%u", dir, n);
	char *db = xasprintf("--db=%s/db/h.db", dir);
	char *state = xasprintf("--run-dir=%s/run", run_dir);
	int times = n > 50000 ? 3 : 7;

	write_rules(rules, n);
	report("load a file", n,
	       best(CMD(sallyport, db, state, "apply", rules, "--yes",
			"--no-trial"), NULL, 1),
	       best(CMD("ip6tables-legacy-restore"), rules, times));
	report("list", n, best(CMD(sallyport, "list"), NULL, times),
	       best(CMD("ip6tables-legacy", "-nL", "--line-numbers"), NULL,
		    times));
	report("save", n, best(CMD(sallyport, "save"), NULL, times),
	       best(CMD("ip6tables-legacy-save", "-t", "filter"), NULL, times));
	report("check a file", n, best(CMD(sallyport, "check", rules), NULL,
				       times),
	       best(CMD("ip6tables-legacy-restore", "--test"), rules, times));
	report("append one, no trial", n,
	       best(CMD(sallyport, db, state, "apply", "--yes", "--no-trial",
			"--", "-A", "INPUT", "-p", "tcp", "--dport", "8080",
			"-j", "ACCEPT"), NULL, times),
	       best(CMD("ip6tables-legacy", "-A", "INPUT", "-p", "tcp",
			"--dport", "8080", "-j", "ACCEPT"), NULL, times));
	free(rules);
	free(db);
	free(state);
}

int
main(void)
{
	const char *program = getenv("SALLYPORT");

	sallyport = realpath(program ? program : "./sallyport", NULL);
	ns_or_skip();
	if (!sallyport || !mkdtemp(dir) || !mkdtemp(run_dir))
		bail_out("cannot begin");
	bench_size(1000);
	bench_size(10000);
	bench_size(100000);
	run(CMD("rm", "-rf", dir, run_dir), NULL);
	ok(true, "the figures are printed");
	free(sallyport);
	return done_testing();
}
