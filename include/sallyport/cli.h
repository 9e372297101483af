/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: a table of commands. */
#ifndef SALLYPORT_CLI_H
#define SALLYPORT_CLI_H

#include <stdbool.h>
#include <sallyport/world.h>

/* Run the command argv[0] with its arguments; returns an exit status. */
int cli_main(struct world *world, int argc, char **argv);

/* --help and --version. */
void cli_help(FILE *out);
void cli_version(FILE *out);

#endif
