/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list --json: an array of chains, a rule a line. It is written chain by chain
 * and never held as a whole, as a table may have a hundred thousand rules. */
#include <stdlib.h>
#include <sallyport/base64.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/xt.h>
#include "internal.h"

static void
set_counters(json_t *json, const struct counters *counters)
{
	json_object_set_new(json, "packets",
			    json_integer((json_int_t)counters->packets));
	json_object_set_new(json, "bytes",
			    json_integer((json_int_t)counters->bytes));
}

/* As list -v prints them. */
static void
set_columns(json_t *json, const struct row *row)
{
	const struct { const char *key, *text; } columns[] = {
		{ "target", row->target }, { "prot", row->prot },
		{ "opt", row->opt }, { "in", row->in }, { "out", row->out },
		{ "source", row->source }, { "destination", row->destination },
		{ "extra", row->extra },
	};

	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		json_object_set_new(json, columns[i].key,
				    cli_json_text(columns[i].text));
}

/* What cannot be said as a spec is there as the bytes of the kernel, too. */
static json_t *
rule_json(const struct rule *rule, const char *chain, size_t num)
{
	json_t *json = json_pack("{s:I}", "num", (json_int_t)num);
	struct str text = {0};
	struct row row;

	xt_spec(rule, chain, false, &text);
	json_object_set_new(json, "spec", cli_json_text(str_text(&text)));
	set_counters(json, &rule->counters);
	xt_row(rule, &row);
	set_columns(json, &row);
	row_done(&row);
	if (xt_is_opaque(rule)) {
		str_clear(&text);
		base64_encode(&text, rule->entry, rule->size);
		json_object_set_new(json, "opaque", cli_json_text(str_text(&text)));
	}
	str_done(&text);
	return json;
}

/* A chain without its rules. */
static json_t *
chain_json(const struct ruleset *rs, const struct chain *chain,
	   size_t references)
{
	const char *policy = chain_is_builtin(chain) ?
			     policy_name(chain->policy) : NULL;
	json_t *json = json_pack("{s:s, s:o, s:s?}", "table", rs->table,
				 "chain", cli_json_text(chain->name),
				 "policy", policy);

	set_counters(json, &chain->counters);
	json_object_set_new(json, "references",
			    json_integer((json_int_t)references));
	return json;
}

static enum err
print_chain(const struct world *world, const struct ruleset *rs,
	    const struct chain *chain, size_t references, const char *before)
{
	struct str out = {0};
	enum err err;

	str_add(&out, before);
	cli_json_add_take(world, chain_json(rs, chain, references),
			  JSON_COMPACT, &out);
	str_cut(&out, out.len - 1);	/* its brace closes behind the rules */
	str_add(&out, ",\"rules\":[");
	for (size_t i = 0; i < chain->rules.n; i++) {
		str_add(&out, i ? ",\n  " : "\n  ");
		cli_json_add_take(world, rule_json(chain_rule(chain, i),
						   chain->name, i + 1),
				  JSON_COMPACT, &out);
	}
	str_add(&out, "]}");
	err = cli_print_exact(world, &out);
	str_done(&out);
	return err;
}

enum err
cli_list_json(const struct world *world, const struct ruleset *rs,
	      const struct chain *only)
{
	size_t *references = ruleset_count_references(rs);
	const char *before = "[\n";
	struct str end = {0};
	enum err err = OK;

	for (size_t i = 0; i < rs->chains.n && !err; i++) {
		const struct chain *chain = rs->chains.v[i];

		if (only && chain != only)
			continue;
		err = print_chain(world, rs, chain, references[i], before);
		before = ",\n";
	}
	free(references);
	str_add(&end, "\n]\n");
	if (!err)
		err = cli_print_exact(world, &end);
	str_done(&end);
	return err;
}
