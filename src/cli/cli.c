/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands. Dispatch, --help, usage errors and the manual check
 * read it, so that they cannot disagree. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "internal.h"

const struct command cli_commands[] = {
	{ .name = "list", .args = "[-v] [--json] [CHAIN]",
	  .options = "verbose json", .max_args = 1, .offline = true,
	  .guards = true, .rescues = true, .run = cmd_list,
	  .help = N_("Print the rules as ip6tables -nL --line-numbers does") },
	{ .name = "save", .args = "[-c]", .options = "counters",
	  .offline = true, .guards = true, .rescues = true,
	  .run = cmd_save,
	  .help = N_("Print the rules as ip6tables-save does") },
	{ .name = "check", .args = "[--noflush] FILE", .options = "noflush",
	  .min_args = 1, .max_args = 1, .offline = true, .guards = true,
	  .run = cmd_check,
	  .help = N_("Say whether a rules file can be read and would keep "
		     "the lifelines") },
	{ .name = "diff", .args = "FILE|REV|live [FILE|REV|live]",
	  .min_args = 1, .max_args = 2, .offline = true, .guards = true,
	  .rescues = true, .run = cmd_diff,
	  .help = N_("Print what changes from the first to the second; the "
		     "second is live where it is left out") },
	{ .name = "apply",
	  .args = "[-t SECONDS] [-m MESSAGE] [--yes] [--detach] [--fix] "
		  "[--noflush] FILE | -- IP6TABLES-ARGUMENTS",
	  .options = "seconds message yes detach fix noflush", .min_args = 1,
	  .max_args = 1, .dashes = true, .changes = true, .offline = true,
	  .run = cmd_apply,
	  .help = N_("Show the difference, ask, and commit on trial") },
	{ .name = "edit",
	  .args = "[-t SECONDS] [-m MESSAGE] [--yes] [--detach] [--fix]",
	  .options = "seconds message yes detach fix", .changes = true,
	  .offline = true, .run = cmd_edit,
	  .help = N_("Edit the rules as text in $EDITOR, then as apply does") },
	{ .name = "restore",
	  .args = "[-t SECONDS] [-m MESSAGE] [--yes] [--detach] [--fix] REV",
	  .options = "seconds message yes detach fix", .min_args = 1,
	  .max_args = 1, .changes = true, .run = cmd_restore,
	  .help = N_("Make the table what it was after a revision, by the "
		     "road of apply") },
	{ .name = "confirm", .changes = true, .rescues = true,
	  .run = cmd_confirm,
	  .help = N_("Keep the change that is on trial") },
	{ .name = "revert", .options = "if-due timer", .changes = true,
	  .rescues = true, .run = cmd_revert,
	  .help = N_("Undo the change that is on trial") },
	{ .name = "status", .args = "[--json]", .options = "json",
	  .rescues = true, .run = cmd_status,
	  .help = N_("Print table, lifelines, trial and newest revision") },
	{ .name = "log", .args = "[--json] [--grep TEXT] [--all]",
	  .options = "json grep all", .rescues = true, .run = cmd_log,
	  .help = N_("List the revisions, newest first") },
	{ .name = "show", .args = "REV", .min_args = 1, .max_args = 1,
	  .guards = true, .rescues = true, .run = cmd_show,
	  .help = N_("Print one revision: who, when, why and what") },
	{ .name = "probe",
	  .args = "[--from ADDR] [--to ADDR] [-p PROTO] [--dport N] [--sport N] "
		  "[--icmpv6-type N] [--in IF] [--out IF] [--state STATE] "
		  "[--json]",
	  .options = "from to protocol dport sport icmpv6-type in out state "
		     "json", .offline = true, .guards = true, .run = cmd_probe,
	  .help = N_("Say whether a packet would get through, and which rules "
		     "it meets") },
	{ .name = "flows", .args = "[--delete] [--json] [REV]",
	  .options = "delete json", .max_args = 1, .guards = true,
	  .run = cmd_flows,
	  .help = N_("List the connections that the rules of before let in "
		     "and these would not, or end them") },
	{ .name = "sandbox", .args = "[FILE]", .max_args = 1,
	  .run = cmd_sandbox,
	  .help = N_("Open the editor in a private network namespace: "
		     "harmless, without root") },
	{ .name = NULL },
};

int
cli_tell_error(FILE *err, enum err code, bool utf8)
{
	struct str line = {0};

	text_visible(&line, err_message(), strlen(err_message()), utf8);
	fprintf(err, "sallyport: %s\n", str_text(&line));
	str_done(&line);
	return err_status(code);
}

static enum err
command_allowed(const struct world *world, const struct cli_call *call)
{
	const struct command *command = call->command;

	if (call->opt.file && !command->offline)
		return fail(ERR_USAGE, _("'%s' does not work on a file; --file "
			    "is for the editor, list, save, check, diff, "
			    "apply, edit and probe"), command->name);
	if (world->read_only && command->changes)
		return fail(ERR_USAGE, _("'%s' is not allowed with "
			    "--read-only"), command->name);
	return OK;
}

static enum err
check_editor(const struct world *world)
{
	if (!world->tty_in || !world->tty_out)
		return fail(ERR_USAGE, _("the editor needs a terminal; "
			    "'sallyport --help' lists the commands that do "
			    "without"));
	return OK;
}

/* How long history is kept is not known either. */
static void
do_without_settings(struct world *world)
{
	world->settings_why = xstrdup(err_message());
	cli_warn(world, _("%s; going on without settings"),
		 world->settings_why);
	world->settings = settings_new();
	world->settings->history_days = 0;
}

/* Nothing stands between a host and its old rules, or the sight of them: bad
 * settings neither. The sandbox is no host, so what is said of this one does not
 * hold there. */
static enum err
take_settings(struct world *world, const struct cli_call *call)
{
	const char *named = call->opt.config;
	enum err err = OK;

	if (named || !world->sandbox)
		err = settings_load(named ? named : SETTINGS_PATH,
				    named != NULL, &world->settings);
	if (err && call->command && call->command->rescues) {
		do_without_settings(world);
		err = OK;
	}
	if (!err && !world->settings)
		world->settings = settings_new();
	world->lifelines.settings = world->settings;
	return err;
}

enum err
cli_begin(struct world *world, const struct cli_call *call)
{
	enum err err = take_settings(world, call);

	if (!err)
		err = xt_init(call->opt.resolve);
	if (!err && !call->command)
		err = check_editor(world);
	return err;
}

/* The next start reverts (P5), whatever it is for. */
static void
guard_again(const struct world *world)
{
	struct trial *trial;
	enum apply_found found = apply_guard(world, &trial);
	char *why = trial_reason_text(trial ? trial->reason : NULL);

	switch (found) {
	case FOUND_SETTLED:
		if (trial->state == TRIAL_REVERTED)
			cli_warn(world, _("note: the last change was undone "
				 "(%s)"), why);
		break;
	case FOUND_RESUMED:
		if (trial->state == TRIAL_NOT_REVERTED)
			cli_warn(world, _("NOT REVERTED: %s; it is tried "
				 "again"), why);
		break;
	case FOUND_UNGUARDED:
	case FOUND_UNREADABLE:
		cli_warn(world, "%s", err_message());
		break;
	case FOUND_NOTHING:
	case FOUND_RUNNING:
	case FOUND_FOREIGN:
		break;
	}
	free(why);
	trial_free(trial);
}

int
cli_main(struct world *world, const struct cli_call *call)
{
	enum err err;

	err = command_allowed(world, call);
	if (!err && call->command->guards && !world->file)
		guard_again(world);
	if (!err)
		err = call->command->run(world, call);
	return cli_end(world, err);
}

static void
help_option(FILE *out, const struct cli_option *row)
{
	struct str left = {0};

	if (row->letter)
		str_addf(&left, "-%c, ", row->letter);
	else
		str_add(&left, "    ");
	str_addf(&left, "--%s", row->name);
	if (row->arg)
		str_addf(&left, " %s", _(row->arg));
	fprintf(out, "  %-24s %s\n", str_text(&left), _(row->help));
	str_done(&left);
}

static void
help_options(FILE *out, const struct command *command, bool global)
{
	const struct cli_option *row;

	for (row = cli_option_rows; row->name; row++)
		if (row->global == global && !row->hidden &&
		    cli_option_fits(row, command))
			help_option(out, row);
}

static void
help_command(FILE *out, const struct command *command)
{
	fprintf(out, _("Usage: sallyport [OPTIONS] %s%s%s\n"), command->name,
		command->args ? " " : "", command->args ? command->args : "");
	fprintf(out, "%s.\n\n", _(command->help));
	fputs(_("Options:\n"), out);
	help_options(out, command, false);
	help_options(out, command, true);
}

static void
help_all(FILE *out)
{
	const struct command *command;

	fputs(_("Usage: sallyport [OPTIONS] [COMMAND [ARGUMENTS]]\n"
		"Edit the live IPv6 packet filter without locking yourself "
		"out.\nWithout a command: the editor on the screen.\n\n"
		"Commands:\n"), out);
	for (command = cli_commands; command->name; command++)
		fprintf(out, "  %s%s%s\n        %s\n", command->name,
			command->args ? " " : "",
			command->args ? command->args : "", _(command->help));
	fputs(_("\nOptions, before or after the command:\n"), out);
	help_options(out, NULL, true);
	fputs(_("\nExit status: 0 done, 1 failed, 2 bad usage or unreadable "
		"rules,\n3 refused by the guard, 4 conflict with the live "
		"table, 5 reverted,\n6 another trial is running. "
		"More in sallyport(8).\n"), out);
}

bool
cli_answer(FILE *out, const struct cli_call *call)
{
	if (call->opt.help && call->command)
		help_command(out, call->command);
	else if (call->opt.help)
		help_all(out);
	else if (call->opt.version)
		fputs(PACKAGE_STRING "\n", out);
	else
		return false;
	return true;
}
