/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list and save: what the kernel has, byte for byte as the stock tools say it
 * (P1). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/xt.h>
#include "internal.h"

/* A counter as the stock tool shortens it: past five digits in thousands, past
 * four of those in millions, and so on, rounded each time. */
static void
add_short_number(struct str *out, uint64_t n)
{
	const char *unit = "KMGT";

	if (n <= 99999) {
		str_addf(out, "%" PRIu64, n);
		return;
	}
	n = (n + 500) / 1000;
	for (; n > 9999 && unit[1]; unit++)
		n = (n + 500) / 1000;
	str_addf(out, "%" PRIu64 "%c", n, *unit);
}

static void
add_chain_head(struct str *out, const struct chain *chain, size_t references,
	       bool verbose)
{
	str_addf(out, "Chain %s ", chain->name);
	if (!chain_is_builtin(chain)) {
		str_addf(out, "(%zu references)", references);
		return;
	}
	str_addf(out, "(policy %s", policy_name(chain->policy));
	if (verbose) {
		str_addc(out, ' ');
		add_short_number(out, chain->counters.packets);
		str_add(out, " packets, ");
		add_short_number(out, chain->counters.bytes);
		str_add(out, " bytes");
	}
	str_addc(out, ')');
}

static enum err
print_chain(const struct world *world, const struct chain *chain,
	    size_t references, bool verbose)
{
	struct vec lines = {0};
	struct str line = {0};
	enum err err;
	size_t i;

	add_chain_head(&line, chain, references, verbose);
	vec_push(&lines, str_take(&line));
	xt_row_header(verbose, &line);
	vec_push(&lines, str_take(&line));
	for (i = 0; i < chain->rules.n; i++) {
		xt_row_line(chain_rule(chain, i), i + 1, verbose, &line);
		vec_push(&lines, str_take(&line));
	}
	err = cli_print_lines(world, &lines);
	for (i = 0; i < lines.n; i++)
		free(lines.v[i]);
	vec_done(&lines);
	return err;
}

static enum err
print_chains(const struct world *world, const struct ruleset *rs, bool verbose)
{
	size_t *references = ruleset_count_references(rs);
	struct str blank = {0};
	enum err err = OK;
	size_t i;

	str_addc(&blank, '\n');
	for (i = 0; i < rs->chains.n && !err; i++) {
		if (i > 0)
			err = cli_print(world, &blank);
		if (!err)
			err = print_chain(world, rs->chains.v[i],
					  references[i], verbose);
	}
	free(references);
	str_done(&blank);
	return err;
}

/* The chain that is asked for; NULL: all. */
static enum err
find_chain(const struct ruleset *rs, const struct cli_call *call,
	   const struct chain **chain)
{
	*chain = NULL;
	if (call->argc == 0)
		return OK;
	*chain = ruleset_chain(rs, call->argv[0]);
	return *chain ? OK : fail(ERR_NOT_FOUND,
				  _("table '%s' has no chain '%s'"), rs->table,
				  call->argv[0]);
}

static enum err
print_list(const struct world *world, const struct cli_call *call,
	   const struct ruleset *rs)
{
	const struct chain *chain;
	enum err err = find_chain(rs, call, &chain);

	if (err)
		return err;
	if (call->opt.json)
		return cli_list_json(world, rs, chain);
	if (!chain)
		return print_chains(world, rs, call->opt.verbose);
	return print_chain(world, chain, ruleset_references(rs, chain->name),
			   call->opt.verbose);
}

enum err
cmd_list(struct world *world, const struct cli_call *call)
{
	struct tables *live;
	bool other_world;
	enum err err;

	err = cli_read_live(world, &live, &other_world);
	if (err)
		return err;
	err = print_list(world, call, tables_get(live, world->table));
	tables_free(live);
	return err;
}

enum err
cmd_save(struct world *world, const struct cli_call *call)
{
	struct str out = {0};
	struct tables *live;
	bool other_world;
	enum err err;

	err = cli_read_live(world, &live, &other_world);
	if (err)
		return err;
	tables_save(live, world->only_table, call->opt.counters, &out);
	err = cli_print(world, &out);
	str_done(&out);
	tables_free(live);
	return err;
}
