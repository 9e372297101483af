/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: here the environment, the clock and the options become a struct
 * world for the editor or for a command. */
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sallyport/cli.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/tui.h>
#include "environment.h"

/* Numbers stay as C writes them: libxtables prints and reads fractions. */
static void
use_locale(void)
{
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	bindtextdomain(PACKAGE, LOCALEDIR);
	textdomain(PACKAGE);
}

static const char *
or_else(const char *given, const char *otherwise)
{
	return given && given[0] ? given : otherwise;
}

static void
take_options(struct world *world, const struct cli_options *opt)
{
	world->clock = &clock_system;
	world->table = or_else(opt->table, "filter");
	world->only_table = opt->table;
	world->file = opt->file;
	world->db_path = or_else(opt->db, STATE_DIR "/history.db");
	world->guardian.run_dir = or_else(opt->run_dir, RUN_DIR);
	world->boot_root = opt->boot_root;
	world->override = opt->override;
	world->no_trial = opt->no_trial;
	world->read_only = opt->read_only;
	world->sandbox = opt->in_sandbox;
	world->no_files = opt->no_editor;
	if (opt->no_editor || opt->read_only)
		world->editor = NULL;
	world->backend = opt->file ? backend_file(opt->file) :
		backend_ip6tc(world->guardian.lock_path);
}

static int
run(struct world *world, const struct cli_call *call)
{
	enum err err;
	int status;

	environment_find(world);
	take_options(world, &call->opt);
	err = cli_begin(world, call);
	if (err)
		status = cli_tell_error(stderr, err, world->utf8);
	else
		status = call->command ? cli_main(world, call) :
					 tui_main(world);
	backend_free(world->backend);
	settings_free(world->settings);
	free(world->settings_why);
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

	signal(SIGXFSZ, SIG_IGN);	/* a write that fails is told */
	if (guardian_asked(argc, argv, &guardian, &fd))
		return guardian_main(&guardian, fd);
	environment_distrust();
	use_locale();
	if (cli_parse(argc, argv, &call))
		return cli_tell_error(stderr, ERR_USAGE, true);
	if (cli_answer(stdout, &call))
		return 0;
	return run(&world, &call);
}
