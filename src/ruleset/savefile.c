/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of ip6tables-save, out. */
#include <sallyport/ruleset.h>

void
ruleset_save(const struct ruleset *rs, bool counters, struct str *out)
{
	str_addf(out, "*%s\n", rs->table);
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		str_addf(out, ":%s %s [%llu:%llu]\n", chain->name,
			 policy_name(chain->policy),
			 (unsigned long long)chain->counters.packets,
			 (unsigned long long)chain->counters.bytes);
	}
	for (size_t i = 0; i < rs->chains.n; i++) {
		const struct chain *chain = rs->chains.v[i];

		for (size_t r = 0; r < chain->rules.n; r++) {
			xt_spec(chain->rules.v[r], chain->name, counters, out);
			str_addc(out, '\n');
		}
	}
	str_add(out, "COMMIT\n");
}
