/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines: what is taken, and which word an error names. */
#include <sallyport/cli.h>
#include <sallyport/mem.h>
#include "../../src/cli/internal.h"
#include "../tap.h"

static struct cli_call call;

static enum err
parse(const char *line)
{
	static char buf[256];
	static char *argv[32];
	int argc = 0;
	char *word;

	snprintf(buf, sizeof(buf), "sallyport %s", line);
	for (word = strtok(buf, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return cli_parse(argc, argv, &call);
}

static void
refused(const char *line, const char *says)
{
	is_int(parse(line), ERR_USAGE, "refused: %s", line);
	if (!ok(strstr(err_message(), says) != NULL, "which says %s", says))
		diag("%s", err_message());
}

static void
test_options_anywhere(void)
{
	is_int(parse(""), OK, "no word at all");
	ok(!call.command, "is the editor");
	is_int(parse("--db /a list --run-dir=/b -v INPUT"), OK,
	       "options before and after the command");
	is_str(call.command->name, "list", "the command");
	is_str(call.opt.db, "/a", "an option before it");
	is_str(call.opt.run_dir, "/b", "an option after it");
	ok(call.opt.verbose, "one of its own");
	is_int(call.argc, 1, "one operand");
	is_str(call.argv[0], "INPUT", "which is the chain");
	is_int(parse("-v --json list INPUT"), OK, "its own before it");
	ok(call.opt.verbose && call.opt.json, "are taken, too");
	is_int(parse("list INPUT -v"), OK, "its own option behind the operand");
	ok(call.opt.verbose, "is taken");
	is_int(parse("list"), OK, "a second line");
	ok(!call.opt.verbose, "knows nothing of the first");
}

static void
test_apply(void)
{
	static const char *const lines[] = {
		"-t 30 apply rules", "apply -t 30 rules", "apply rules -t 30",
		"-t30 -T filter apply rules", "--seconds=30 apply rules",
		"--seconds 30 --table=filter apply rules", "-yt 30 apply rules",
		"-T filter apply rules -t 30", "apply -T filter -t 30 rules",
		"-t 3 apply -t 30 rules",
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		is_int(parse(lines[i]), OK, "%s", lines[i]);
		is_str(call.opt.seconds, "30", "has the seconds");
		ok(call.argc == 1 && strcmp(call.argv[0], "rules") == 0 &&
		   !call.dashes, "and the file");
	}
	is_int(parse("-t 30 --yes apply -- -P INPUT DROP"), OK, "a command");
	ok(call.dashes && call.argc == 3 && call.opt.yes, "likewise");
	is_int(parse("-m -- apply rules"), OK, "-- as an option's argument");
	ok(!call.dashes && strcmp(call.opt.message, "--") == 0, "is no --");
}

static void
test_dashes(void)
{
	is_int(parse("apply -t 9 -m why -- -I INPUT 3 -p tcp -j DROP"), OK,
	       "an ip6tables command after --");
	ok(call.dashes, "is known as one");
	is_str(call.opt.seconds, "9", "seconds");
	is_str(call.opt.message, "why", "message");
	is_int(call.argc, 7, "all its words");
	is_str(call.argv[0], "-I", "from the first");
	is_int(parse("apply -m -- rules"), OK, "-- as an option's argument");
	ok(!call.dashes, "is no --");
	is_str(call.opt.message, "--", "but the argument");
	is_int(parse("apply rules --yes"), OK, "a file");
	ok(!call.dashes && call.opt.yes, "and its option");
}

static void
test_refusals(void)
{
	refused("frobnicate", "unknown command 'frobnicate'");
	refused("--frob", "'sallyport' has no option '--frob'");
	refused("--frob", "see 'sallyport --help'");
	refused("list --frob", "'list' has no option '--frob'");
	refused("list --frob", "see 'sallyport list --help'");
	refused("list -x", "'-x'");
	refused("save --json", "'save' has no option '--json'");
	refused("-t 30 list", "'list' has no option '-t'");
	refused("--yes list", "'list' has no option '--yes'");
	refused("--yes list", "see 'sallyport list --help'");
	refused("-t 30", "option '-t' needs a command that it is for");
	refused("--message=x", "'sallyport apply --message=x'");
	refused("--if-due", "'sallyport' has no option '--if-due'");
	refused("-t", "option '-t' needs a command that it is for");
	refused("-t 30 frobnicate", "unknown command 'frobnicate'");
	refused("-x list", "'sallyport' has no option '-x'");
	refused("list --db", "option '--db' needs an argument");
	refused("apply -t", "option '-t' needs an argument");
	refused("apply rules --yes=3", "takes no argument");
	refused("apply -A INPUT", "stand after '--'");
	refused("list INPUT OUTPUT", "'OUTPUT' is one argument too many");
	refused("check", "'check' needs an argument");
	refused("diff a b c", "'c' is one argument");
	refused("-T nap list", "table 'nap'");
	refused("list -T Nat", "table 'Nat'");
	refused("--backend nft save", "backend 'nft'");
	refused("blame", "unknown command 'blame'");
}

/* Every option belongs to somebody, every command's options exist. */
static void
test_tables(void)
{
	const struct command *command;
	const struct cli_option *row;
	bool taken;

	for (row = cli_option_rows; row->name; row++) {
		taken = row->global;
		for (command = cli_commands; command->name; command++)
			taken |= cli_option_fits(row, command);
		ok(taken, "--%s is taken by a command", row->name);
		ok(row->hidden || row->help, "--%s has help", row->name);
	}
	for (command = cli_commands; command->name; command++) {
		ok(command->run && command->help, "%s has run and help",
		   command->name);
		ok(command->min_args <= command->max_args,
		   "%s: arguments", command->name);
	}
}

int
main(void)
{
	test_options_anywhere();
	test_apply();
	test_dashes();
	test_refusals();
	test_tables();
	return done_testing();
}
