/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: one table of commands and one of options, which the
 * parser, --help, usage errors and the manual check all read. */
#ifndef SALLYPORT_CLI_H
#define SALLYPORT_CLI_H

#include <stdbool.h>
#include <stdio.h>
#include <sallyport/world.h>

struct command;

/* The values of all options; NULL or false where not given. */
struct cli_options {
	const char *table;	/* for all commands */
	const char *file;
	const char *backend;
	const char *db;
	const char *run_dir;
	const char *config;
	const char *boot_root;
	const char *override;
	bool no_trial;
	bool resolve;
	bool read_only;
	bool no_editor;
	bool help;
	bool version;
	bool in_sandbox;	/* set by `sallyport sandbox` for its editor */
	bool verbose;		/* of one command */
	bool counters;
	bool json;
	bool yes;
	bool detach;
	bool fix;
	bool noflush;
	bool all;
	bool if_due;
	bool delete;
	const char *timer;
	const char *seconds;
	const char *message;
	const char *grep;
	const char *from;
	const char *to;
	const char *protocol;
	const char *sport;
	const char *dport;
	const char *icmp_type;
	const char *in;
	const char *out;
	const char *state;
};

/* A command line, understood. Strings are borrowed from argv. */
struct cli_call {
	const struct command *command;	/* NULL: the editor */
	struct cli_options opt;
	bool dashes;			/* `--` stands before the operands */
	int argc;			/* the command's operands */
	char **argv;
};

/* Options may stand before or after the command. ERR_USAGE names the word. */
enum err cli_parse(int argc, char **argv, struct cli_call *call) must_check;

/* What must hold before anything is done: settings that can be read, which go
 * into world, libxtables, and a terminal for the editor. */
enum err cli_begin(struct world *world, const struct cli_call *call) must_check;

/* Run call->command; errors are told on world->err. Returns an exit status. */
int cli_main(struct world *world, const struct cli_call *call);

/* Tell the last error on err, harmless, and return the exit status of code. */
int cli_tell_error(FILE *err, enum err code, bool utf8);

/* Answer --help, of one command where call names one, or --version; false where
 * neither was asked for. */
bool cli_answer(FILE *out, const struct cli_call *call);

/* Who runs us: the login user behind sudo, where from, on which terminal.
 * Arguments are $SUDO_USER, $SSH_CONNECTION and the terminal's name, NULL where
 * there is none. */
void cli_find_actor(struct actor *actor, const char *sudo_user,
		    const char *ssh_connection, const char *tty);

#endif
