/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: it alone looks at the environment and the clock, and hands what
 * it found to the editor or to a command as a struct world. */
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/cli.h>
#include <sallyport/i18n.h>
#include <sallyport/tui.h>

/* Numbers stay as C writes them: libxtables prints and reads fractions. */
static void
use_locale(void)
{
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	bindtextdomain(PACKAGE, LOCALEDIR);
	textdomain(PACKAGE);
}

/* Behind sudo the environment is somebody else's, and these would choose what
 * code root loads and which lock it respects. */
static void
distrust_environment(void)
{
	if (!getenv("SUDO_UID"))
		return;
	unsetenv("XTABLES_LIBDIR");
	unsetenv("XTABLES_LOCKFILE");
}

static const char *
or_else(const char *given, const char *otherwise)
{
	return given && given[0] ? given : otherwise;
}

static void
find_environment(struct world *world)
{
	world->term = or_else(getenv("TERM"), "dumb");
	world->no_color = or_else(getenv("NO_COLOR"), NULL) != NULL;
	world->editor = or_else(getenv("VISUAL"),
				or_else(getenv("EDITOR"), "vi"));
	world->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	world->in = stdin;
	world->out = stdout;
	world->err = stderr;
	world->tty_in = isatty(STDIN_FILENO);
	world->tty_out = isatty(STDOUT_FILENO);
	world->guardian.lock_path = or_else(getenv("XTABLES_LOCKFILE"), NULL);
	world->lifelines.ssh_connection = or_else(getenv("SSH_CONNECTION"), NULL);
	world->lifelines.self = getpid();
	world->lifelines.sshd = lifelines_sshd();
	cli_find_actor(&world->actor, or_else(getenv("SUDO_USER"), NULL),
		       world->lifelines.ssh_connection,
		       ttyname(STDIN_FILENO));
}

static void
take_options(struct world *world, const struct cli_options *opt)
{
	world->clock = &clock_system;
	world->table = or_else(opt->table, "filter");
	world->only_table = opt->table;
	world->file = opt->file;
	world->db_path = or_else(opt->db, "/var/lib/sallyport/history.db");
	world->guardian.run_dir = or_else(opt->run_dir, "/run/sallyport");
	world->override = opt->override;
	world->no_trial = opt->no_trial;
	world->read_only = opt->read_only;
	world->sandbox = opt->in_sandbox;
	if (opt->no_editor)
		world->editor = NULL;
	world->backend = opt->file ? backend_file(opt->file) :
		backend_ip6tc(world->guardian.lock_path);
}

static int
run(struct world *world, const struct cli_call *call)
{
	enum err err;
	int status;

	find_environment(world);
	take_options(world, &call->opt);
	err = cli_begin(world, call);
	if (err)
		status = cli_tell_error(stderr, err, world->utf8);
	else
		status = call->command ? cli_main(world, call) :
					 tui_main(world);
	backend_free(world->backend);
	settings_free(world->settings);
	actor_done(&world->actor);
	xt_done();
	return status;
}

int
main(int argc, char **argv)
{
	struct guardian_options guardian;
	struct world world = { .docker = CONTAINERS_DOCKER, .rehearse = true };
	struct cli_call call;
	int fd;

	if (guardian_asked(argc, argv, &guardian, &fd))
		return guardian_main(&guardian, fd);
	use_locale();
	distrust_environment();
	if (cli_parse(argc, argv, &call))
		return cli_tell_error(stderr, ERR_USAGE, true);
	if (cli_answer(stdout, &call))
		return 0;
	return run(&world, &call);
}
