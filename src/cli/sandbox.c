/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program in the sandbox, with the terminal it was started on. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/proc.h>
#include "sandbox-internal.h"

/* Connections are tracked from the first one on, as on a host that has run for
 * a while. */
static const char tracking[] =
	"*filter\n"
	"-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n"
	"COMMIT\n";

static enum err
load_table(struct backend *be, const struct ruleset *target)
{
	struct changeset *cs;
	struct ruleset *live;
	enum err err;

	err = be->ops->read(be, target->table, &live);
	if (err)
		return err;
	cs = changeset_diff(live, target, true);
	err = be->ops->commit(be, live, cs);
	changeset_free(cs);
	ruleset_free(live);
	return err;
}

static enum err
load(const struct world *world, const struct tables *target)
{
	enum err err = OK;
	size_t i;

	for (i = 0; i < target->v.n && !err; i++)
		err = load_table(world->backend, target->v.v[i]);
	return err;
}

/* False where the kernel has no connection tracking to begin. */
static bool
begin_tracking(const struct world *world)
{
	struct tables *tables;
	bool done;

	if (tables_load(tracking, strlen(tracking), "", NULL, NULL, &tables) !=
	    OK)
		return false;
	done = load(world, tables) == OK;
	tables_free(tables);
	return done;
}

static volatile sig_atomic_t program;

static void
pass_on(int signum)
{
	if (program > 0)
		kill(program, signum);
}

/* The terminal's signals are the program's: it shares our process group. Those
 * that are sent to us are passed on, so that it can leave the terminal well. */
static const struct {
	int signum;
	void (*handler)(int);
} signals[] = {
	{ SIGINT, SIG_IGN },
	{ SIGQUIT, SIG_IGN },
	{ SIGTSTP, SIG_IGN },
	{ SIGTERM, pass_on },
	{ SIGHUP, pass_on },
};

static void
take_signals(bool ours)
{
	struct sigaction action = {0};
	size_t i;

	for (i = 0; i < ARRAY_LEN(signals); i++) {
		action.sa_handler = ours ? signals[i].handler : SIG_DFL;
		sigaction(signals[i].signum, &action, NULL);
	}
}

static _Noreturn void
become(char *const argv[], uint16_t port)
{
	char *connection = xasprintf("%s %u %s %d", SANDBOX_PEER, port,
				     SANDBOX_HOST, SANDBOX_SSH_PORT);

	take_signals(false);
	setenv("SSH_CONNECTION", connection, 1);
	unsetenv("XTABLES_LOCKFILE");
	execv(PROC_SELF_EXE, argv);
	_exit(127);
}

/* When the program stops, so do we, for the shell to see. */
static int
wait_for_program(void)
{
	int status;

	for (;;) {
		if (waitpid(program, &status, WUNTRACED) == -1) {
			if (errno == EINTR)
				continue;
			return 1;
		}
		if (WIFSTOPPED(status))
			raise(SIGSTOP);
		else
			break;
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static enum err
run(char *const argv[], uint16_t port, int *status)
{
	take_signals(true);
	program = fork();
	if (program == -1)
		return fail_errno(_("cannot start a process"));
	if (program == 0)
		become(argv, port);
	*status = wait_for_program();
	return OK;
}

/* What began the tracking does not stay. */
static enum err
empty_filter(struct tables *rules)
{
	struct ruleset *filter;
	enum err err;

	if (tables_get(rules, "filter"))
		return OK;
	err = ruleset_new_empty("filter", &filter);
	if (!err)
		tables_put_take(rules, filter);
	return err;
}

enum err
sandbox_run(const struct world *world, const char *text, size_t len,
	    const char *name, char *const argv[], int *status)
{
	struct sandbox_init init;
	struct tables *rules;
	uint16_t port;
	enum err err;

	err = sandbox_leave();
	if (err)
		return err;
	err = tables_load(text, len, name, NULL, NULL, &rules);
	if (err)
		return err;
	err = empty_filter(rules);
	if (!err)
		begin_tracking(world);
	if (!err)
		err = sandbox_start(&init, &port);
	if (!err) {
		err = load(world, rules);
		if (!err)
			err = run(argv, port, status);
		sandbox_stop(&init);
	}
	tables_free(rules);
	return err;
}
