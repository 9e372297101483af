/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options, and the parser that reads it: options of all commands
 * and those of one alone may stand before or after the command. */
#include <getopt.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

#define AT(member) offsetof(struct cli_options, member)

const struct cli_option cli_option_rows[] = {
	{ "table", 'T', N_("TABLE"), true, false, AT(table),
	  N_("The table: filter, nat, mangle, raw or security") },
	{ "file", 0, N_("RULES"), true, false, AT(file),
	  N_("Work on an ip6tables-save file instead of the kernel") },
	{ "backend", 0, N_("NAME"), true, false, AT(backend),
	  N_("Where the table lives: ip6tc, the kernel's legacy tables") },
	{ "db", 0, N_("PATH"), true, false, AT(db),
	  N_("The history database") },
	{ "run-dir", 0, N_("PATH"), true, false, AT(run_dir),
	  N_("The directory of the trial record") },
	{ "config", 0, N_("PATH"), true, false, AT(config),
	  N_("The settings, instead of /etc/sallyport.conf") },
	{ "override", 0, N_("HOST"), true, false, AT(override),
	  N_("Commit against the guard; HOST is this host's name") },
	{ "no-trial", 0, NULL, true, false, AT(no_trial),
	  N_("Commit for good at once, and record it as such") },
	{ "resolve", 0, NULL, true, false, AT(resolve),
	  N_("Look host names in rules up") },
	{ "read-only", 0, NULL, true, false, AT(read_only),
	  N_("Change nothing") },
	{ "no-editor", 0, NULL, true, false, AT(no_editor),
	  N_("Never start $VISUAL or $EDITOR") },
	{ "help", 'h', NULL, true, false, AT(help),
	  N_("Print this, or the help of the command, and leave") },
	{ "version", 'V', NULL, true, false, AT(version),
	  N_("Print the version and leave") },
	{ "boot-root", 0, N_("PATH"), true, true, AT(boot_root), NULL },
	{ "in-sandbox", 0, NULL, true, true, AT(in_sandbox), NULL },
	{ "verbose", 'v', NULL, false, false, AT(verbose),
	  N_("With counters, interfaces and options") },
	{ "counters", 'c', NULL, false, false, AT(counters),
	  N_("With the counters of each rule") },
	{ "seconds", 't', N_("SECONDS"), false, false, AT(seconds),
	  N_("Length of the trial, 5 to 3600 (120)") },
	{ "message", 'm', N_("MESSAGE"), false, false, AT(message),
	  N_("Why, for the history") },
	{ "yes", 'y', NULL, false, false, AT(yes),
	  N_("Do not ask before the trial starts") },
	{ "detach", 0, NULL, false, false, AT(detach),
	  N_("Leave when the trial runs; 'confirm' or the deadline decides") },
	{ "noflush", 'n', NULL, false, false, AT(noflush),
	  N_("Add the file's rules to those that are there") },
	{ "fix", 0, NULL, false, false, AT(fix),
	  N_("Add the accept rules that the guard asks for") },
	{ "json", 0, NULL, false, false, AT(json),
	  N_("Print JSON") },
	{ "grep", 0, N_("TEXT"), false, false, AT(grep),
	  N_("Only revisions with TEXT in message, user, origin, state or "
	     "rules") },
	{ "all", 0, NULL, false, false, AT(all),
	  N_("Refused commits, and what programs did in their own chains") },
	{ "from", 0, N_("ADDR"), false, false, AT(from),
	  N_("Where the packet comes from; ADDR/LEN: all of these (this "
	     "host)") },
	{ "to", 0, N_("ADDR"), false, false, AT(to),
	  N_("Where it goes (this host)") },
	{ "protocol", 'p', N_("PROTO"), false, false, AT(protocol),
	  N_("tcp, udp, icmpv6 or another, or its number (tcp)") },
	{ "dport", 0, N_("N"), false, false, AT(dport),
	  N_("The port that it goes to") },
	{ "sport", 0, N_("N"), false, false, AT(sport),
	  N_("The port that it comes from (any from 1024 up)") },
	{ "icmpv6-type", 0, N_("N"), false, false, AT(icmp_type),
	  N_("The type of an ICMPv6 packet (128, echo request)") },
	{ "in", 0, N_("IF"), false, false, AT(in),
	  N_("The interface that it comes in by (what the routes say)") },
	{ "out", 0, N_("IF"), false, false, AT(out),
	  N_("The interface that it leaves by (what the routes say)") },
	{ "state", 0, N_("STATE"), false, false, AT(state),
	  N_("Of its connection: NEW, ESTABLISHED ... (NEW)") },
	{ "delete", 0, NULL, false, false, AT(delete),
	  N_("End them") },
	{ "if-due", 0, NULL, false, true, AT(if_due), NULL },
	{ "timer", 0, "ID", false, true, AT(timer), NULL },
	{ .name = NULL },
};

#define VALUE_FIRST 256		/* getopt's value of row 0 without a letter */

/* Is word one of the words in list? */
static bool
has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p;

	for (p = list; p && *p; p += strcspn(p, " ")) {
		p += strspn(p, " ");
		if (!strncmp(p, word, n) && strchr(" ", p[n]))
			return true;
	}
	return false;
}

bool
cli_option_fits(const struct cli_option *row, const struct command *command)
{
	if (row->global)
		return true;
	return command && has_word(command->options, row->name);
}

/* Any command that takes the option; NULL where it is of all of them. */
static const struct command *
taken_by(const struct cli_option *row)
{
	const struct command *command = cli_commands;

	if (row->global)
		return NULL;
	while (command->name && !cli_option_fits(row, command))
		command++;
	return command->name ? command : NULL;
}

/* The rows that fit, as getopt_long() wants them. */
struct spelling {
	struct option longs[ARRAY_LEN(cli_option_rows)];
	char shorts[2 * ARRAY_LEN(cli_option_rows) + 3];
};

/* all: those of every command, whichever it is. */
static void
spell(struct spelling *sp, const char *order, const struct command *command,
      bool all)
{
	const struct cli_option *row;
	size_t n = 0;
	char *s = sp->shorts;

	memset(sp, 0, sizeof(*sp));
	s = stpcpy(s, order);
	for (row = cli_option_rows; row->name; row++) {
		if (!all && !cli_option_fits(row, command))
			continue;
		sp->longs[n].name = row->name;
		sp->longs[n].has_arg =
			row->arg ? required_argument : no_argument;
		sp->longs[n].val = VALUE_FIRST + (int)(row - cli_option_rows);
		n++;
		if (!row->letter)
			continue;
		*s++ = row->letter;
		if (row->arg)
			*s++ = ':';
	}
}

static const struct cli_option *
row_of_value(int value)
{
	const struct cli_option *row;

	if (value >= VALUE_FIRST)
		return &cli_option_rows[value - VALUE_FIRST];
	for (row = cli_option_rows; row->letter != value; row++)
		;
	return row;
}

/* The row of an option as it is written, "-t" or "--yes=3"; NULL: none. */
static const struct cli_option *
row_of_word(const char *word)
{
	const struct cli_option *row;
	size_t n = strcspn(word, "=");

	for (row = cli_option_rows; row->name; row++)
		if (strncmp(word, "--", 2) == 0 ?
		    strlen(row->name) + 2 == n &&
		    strncmp(word + 2, row->name, n - 2) == 0 :
		    row->letter && word[1] == row->letter && !word[2])
			return row;
	return NULL;
}

/* How the option that getopt_long() stumbled on was written. */
static const char *
written(char **argv, char letter[3])
{
	if (optopt > 0 && optopt < VALUE_FIRST) {
		letter[0] = '-';
		letter[1] = (char)optopt;
		letter[2] = '\0';
		return letter;
	}
	return argv[optind - 1];
}

/* It may be one of a command that was not named. */
static enum err
no_such_option(const char *word)
{
	const struct cli_option *row = row_of_word(word);
	const struct command *of = row && !row->hidden ? taken_by(row) : NULL;

	if (of)
		return fail(ERR_USAGE, _("option '%s' needs a command that it "
			    "is for, as in 'sallyport %s %s'; see 'sallyport "
			    "--help'"), word, of->name, word);
	return fail(ERR_USAGE, _("'%s' has no option '%s'; see 'sallyport "
		    "%s%s--help'"), "sallyport", word, "", "");
}

static enum err
bad_option(char **argv, int found, const struct command *command)
{
	const char *name = command ? command->name : "sallyport";
	const char *more = command ? command->name : "";
	const char *blank = command ? " " : "";
	char letter[3];
	const char *word = written(argv, letter);

	if (found == ':')
		return fail(ERR_USAGE, _("option '%s' needs an argument; see "
			    "'sallyport %s%s--help'"), word, more, blank);
	if (optopt >= VALUE_FIRST)
		return fail(ERR_USAGE, _("option '%s' takes no argument; see "
			    "'sallyport %s%s--help'"), word, more, blank);
	if (command && command->dashes)
		return fail(ERR_USAGE, _("'%s' has no option '%s'; arguments "
			    "for ip6tables stand after '--'; see 'sallyport "
			    "%s --help'"), name, word, name);
	if (!command)
		return no_such_option(word);
	return fail(ERR_USAGE, _("'%s' has no option '%s'; see 'sallyport "
		    "%s%s--help'"), name, word, more, blank);
}

static void
store(struct cli_options *opt, const struct cli_option *row, const char *value)
{
	void *at = (char *)opt + row->offset;

	if (row->arg)
		*(const char **)at = value;
	else
		*(bool *)at = true;
}

/* Where the command stands, whatever options are before it: argc where there is
 * none, or something that no command has. */
static int
find_operand(int argc, char **argv)
{
	struct spelling sp = { .shorts = "" };
	int found;

	spell(&sp, "+:", NULL, true);
	opterr = 0;
	optind = 0;
	do
		found = getopt_long(argc, argv, sp.shorts, sp.longs, NULL);
	while (found != -1 && found != '?' && found != ':');
	return found == -1 ? optind : argc;
}

/* Take the options of argv; optind is left at the first operand. */
static enum err
take_options(int argc, char **argv, const char *order, struct cli_call *call)
{
	struct spelling sp = { .shorts = "" };
	const char *last = NULL;
	int found;

	spell(&sp, order, call->command, false);
	opterr = 0;
	optind = 0;
	for (;;) {
		found = getopt_long(argc, argv, sp.shorts, sp.longs, NULL);
		if (found == -1)
			break;
		if (found == '?' || found == ':')
			return bad_option(argv, found, call->command);
		last = optarg;
		store(&call->opt, row_of_value(found), optarg);
	}
	call->dashes = optind > 1 && argv[optind - 1] != last &&
		       !strcmp(argv[optind - 1], "--");
	return OK;
}

static enum err
find_command(const char *name, struct cli_call *call)
{
	const struct command *command;

	for (command = cli_commands; command->name; command++) {
		if (!strcmp(command->name, name)) {
			call->command = command;
			return OK;
		}
	}
	return fail(ERR_USAGE, _("unknown command '%s'; 'sallyport --help' "
		    "lists the commands"), name);
}

static enum err
check_operands(const struct cli_call *call)
{
	const struct command *command = call->command;

	if (call->opt.help || call->opt.version)
		return OK;
	if (call->argc < command->min_args)
		return fail(ERR_USAGE, _("'%s' needs an argument: sallyport "
			    "%s %s"), command->name, command->name,
			    command->args);
	if (command->dashes && call->dashes)
		return OK;
	if (call->argc > command->max_args)
		return fail(ERR_USAGE, _("'%s' is one argument too many for "
			    "'%s'"), call->argv[command->max_args],
			    command->name);
	return OK;
}

/* What the options name must be there. */
static enum err
check_names(const struct cli_options *opt)
{
	const char *backend = opt->file ? "file" : "ip6tc";

	if (opt->table && !table_is_known(opt->table))
		return fail(ERR_USAGE, _("there is no table '%s': filter, nat, "
			    "mangle, raw and security are"), opt->table);
	if (opt->backend && strcmp(opt->backend, backend))
		return fail(ERR_USAGE, _("backend '%s' is not served by this "
			    "version: only 'ip6tc' is, and 'file' with "
			    "--file"), opt->backend);
	return OK;
}

enum err
cli_parse(int argc, char **argv, struct cli_call *call)
{
	int at = find_operand(argc, argv);
	enum err err = OK;

	memset(call, 0, sizeof(*call));
	if (at < argc)
		err = find_command(argv[at], call);
	if (!err)
		err = take_options(at, argv, "+:", call);
	if (err)
		return err;
	if (at >= argc)
		return check_names(&call->opt);
	argc -= at;
	argv += at;
	err = take_options(argc, argv, ":", call);
	if (!err)
		err = check_names(&call->opt);
	if (err)
		return err;
	call->argc = argc - optind;
	call->argv = argv + optind;
	return check_operands(call);
}
