/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The installed ip6tables is the oracle: for every spec of tests/rules/corpus
 * we refuse what it refuses to parse; what it takes is listed and saved as it
 * lists and saves it, reads back as the same bytes, and loaded by us gives the
 * very kernel table that ip6tables-legacy-restore makes. What this kernel lacks
 * is printed by name. */
#include "../ns.h"
#include <sys/wait.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/backend.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>

#define CHAIN "here"

static unsigned specs_taken, specs_refused, specs_lacking;

static char *
read_all(const char *path)
{
	struct str text = { 0 };
	char buf[4096];
	size_t n;
	FILE *f = fopen(path, "r");

	if (!f)
		bail_out("cannot read %s: %s", path, strerror(errno));
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		str_addn(&text, buf, n);
	fclose(f);
	return str_take(&text);
}

/* Run a shell command; its output, both streams, in heap. */
static char *
run(int *status, const char *fmt, ...)
{
	struct str text = { 0 };
	char buf[4096], command[512];
	size_t n;
	va_list ap;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	f = popen(command, "r");
	if (!f)
		bail_out("popen: %s", strerror(errno));
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0) {
		/* The list of a bpf match has a NUL in it. */
		for (size_t i = 0; i < n; i++) {
			if (buf[i])
				str_addc(&text, buf[i]);
		}
	}
	n = (size_t)pclose(f);
	if (status)
		*status = (int)n;
	return str_take(&text);
}

/* Load text beside what is there; what stock says, NULL where it is content. */
static char *
stock_load(const char *text)
{
	char *path = xasprintf("%s.in", ns_lock_path);
	FILE *f = fopen(path, "w");
	char *said;
	int status;

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		bail_out("cannot write %s", path);
	said = run(&status, "ip6tables-legacy-restore -c -n <%s 2>&1", path);
	unlink(path);
	free(path);
	if (status == 0) {
		free(said);
		return NULL;
	}
	return said;
}

static bool
is_chain(const char *name, void *arg)
{
	return strcmp(name, CHAIN) == 0 || strcmp(name, "there") == 0;
}

static enum err
our_parse(const char *table, const char *spec, struct vec *rules)
{
	struct chain_names names = { is_chain, NULL };
	size_t n;
	char **words = words_split(spec, &n);
	enum err err = xt_parse(table, (int)n, words, &names, rules);

	words_free(words);
	return err;
}

static void
rules_free(struct vec *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		rule_unref(rules->v[i]);
	vec_done(rules);
}

/* Stock's own parser begins its messages with its version; a refusal by the
 * kernel comes at COMMIT and has none. */
static bool
is_parse_error(const char *said)
{
	return strstr(said, "ip6tables-restore v") ||
	       strstr(said, "Bad argument");
}

/* Give the spec to both. True when stock took it. */
static bool
try_spec(const char *table, const char *spec)
{
	char *text = xasprintf("*%s\n-A " CHAIN " %s\nCOMMIT\n", table, spec);
	char *said = stock_load(text);
	struct vec rules = { 0 };
	enum err err = our_parse(table, spec, &rules);
	bool refused = said && is_parse_error(said);

	if (refused != (err != OK))
		ok(false, "%s: %s: stock says '%s', we say '%s'", table, spec,
		   said ? said : "fine", err ? err_message() : "fine");
	specs_taken += !said;
	specs_refused += refused;
	specs_lacking += said && !refused;
	if (said)
		diag("not here: %s: %s: %.60s", table, spec,
		     refused ? err_message() : "the kernel refuses it");
	rules_free(&rules);
	free(text);
	free(said);
	return !said;
}

/* Drop the lines that begin with #. */
static void
drop_comments(char *text)
{
	char *to = text;

	for (char *line = text; *line;) {
		size_t len = strcspn(line, "\n") + 1;

		if (line[len - 1] == '\0')
			len--;
		if (*line != '#') {
			memmove(to, line, len);
			to += len;
		}
		line += len;
	}
	*to = '\0';
}

static void
compare_save(const struct ruleset *rs, bool counters)
{
	struct str ours = { 0 };
	char *stock = run(NULL, "ip6tables-legacy-save %s -t %s 2>/dev/null",
			  counters ? "-c" : "", rs->table);

	drop_comments(stock);
	ruleset_save(rs, counters, &ours);
	ok(strcmp(stock, str_text(&ours)) == 0, "%s: save%s is stock's",
	   rs->table, counters ? " -c" : "");
	for (char *a = stock, *b = ours.s; *a && *b; a += *a == '\n', b += *b == '\n') {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

		if (n != m || memcmp(a, b, n) != 0)
			diag("stock: %.*s\n# ours:  %.*s", (int)n, a, (int)m, b);
		a += n;
		b += m;
	}
	free(stock);
	str_done(&ours);
}

/* Our row with the number of its protocol, as release 1.8.9 has it. */
static char *
numbered_row(const struct rule *rule, size_t num, bool verbose)
{
	const struct ip6t_entry *e = (const void *)rule->entry;
	struct str row = { 0 }, name = { 0 };
	size_t at;
	char *made;

	xt_row_line(rule, num, verbose, &row);
	xt_proto_name(e->ipv6.proto, &name);
	at = 5 + (verbose ? 12 : 0);
	at += strlen(rule_target(rule)) > 9 ? strlen(rule_target(rule)) + 2 : 11;
	made = xasprintf("%.*s%-4u%s", (int)at, row.s, e->ipv6.proto,
			 row.s + at + (name.len > 4 ? name.len : 4));
	str_done(&row);
	str_done(&name);
	return made;
}

static void
compare_list(const struct ruleset *rs, bool verbose)
{
	const struct chain *chain = ruleset_chain(rs, CHAIN);
	char *stock = run(NULL, "ip6tables-legacy -t %s -nL " CHAIN
			  " --line-numbers %s 2>/dev/null", rs->table, verbose ? "-v" : "");
	struct str header = { 0 };
	char *at = strchr(stock, '\n');
	unsigned bad = 0;

	xt_row_header(verbose, &header);
	at = at ? at + 1 : stock;
	ok(str_starts(at, header.s), "%s: the header", rs->table);
	for (size_t i = 0; i < chain->rules.n; i++) {
		char *row = numbered_row(chain_rule(chain, i), i + 1, verbose);

		at += strcspn(at, "\n");
		at += *at == '\n';
		if (strncmp(at, row, strcspn(at, "\n")) != 0 ||
		    strlen(row) != strcspn(at, "\n")) {
			diag("stock: %.*s\n# ours:  %s", (int)strcspn(at, "\n"), at, row);
			bad++;
		}
		free(row);
	}
	is_int(bad, 0, "%s: list%s is stock's", rs->table, verbose ? " -v" : "");
	str_done(&header);
	free(stock);
}

/* What a spec cannot say and need not: a protocol or an interface that is any. */
static bool
says_any(const struct rule *rule)
{
	const struct ip6t_ip6 *ip = &((const struct ip6t_entry *)rule->entry)->ipv6;

	return (ip->proto == 0 && ip->flags & IP6T_F_PROTO) ||
	       strcmp(ip->iniface, "+") == 0;
}

static void
round_trip(const struct ruleset *rs)
{
	const struct chain *chain = ruleset_chain(rs, CHAIN);
	unsigned opaque = 0, bad = 0;

	for (size_t i = 0; i < chain->rules.n; i++) {
		const struct rule *rule = chain_rule(chain, i);
		struct vec again = { 0 };
		struct str spec = { 0 };
		enum err err;

		xt_spec_body(rule, &spec);
		if (xt_is_opaque(rule)) {
			diag("opaque: %s %zu: %.40s", rs->table, i + 1, spec.s);
			opaque++;
		}
		err = our_parse(rs->table, str_text(&spec), &again);
		if (err || again.n != 1 ||
		    !(rule_equal(again.v[0], rule) ||
		      (says_any(rule) && xt_same(again.v[0], rule)))) {
			diag("%s: %s", spec.s, err ? err_message() : "other bytes");
			bad++;
		}
		rules_free(&again);
		str_done(&spec);
	}
	is_int(opaque, 0, "%s: no rule is opaque", rs->table);
	is_int(bad, 0, "%s: each spec reads back as the same bytes", rs->table);
}

/* The kernel's entries with counters and marks of its own zeroed. */
static void *
raw_entries(const char *table, size_t *size)
{
	struct ip6t_getinfo info = { 0 };
	struct ip6t_get_entries *got;
	socklen_t len = sizeof(info);
	int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
	char *copy;

	strcpy(info.name, table);
	if (getsockopt(fd, IPPROTO_IPV6, IP6T_SO_GET_INFO, &info, &len) < 0)
		bail_out("IP6T_SO_GET_INFO %s: %s", table, strerror(errno));
	len = (socklen_t)(sizeof(*got) + info.size);
	got = xcalloc(1, len);
	strcpy(got->name, table);
	got->size = info.size;
	if (getsockopt(fd, IPPROTO_IPV6, IP6T_SO_GET_ENTRIES, got, &len) < 0)
		bail_out("IP6T_SO_GET_ENTRIES: %s", strerror(errno));
	close(fd);
	copy = xmemdup(got->entrytable, info.size);
	for (size_t at = 0; at < info.size;) {
		struct ip6t_entry *e = (struct ip6t_entry *)(copy + at);

		memset(&e->counters, 0, sizeof(e->counters));
		e->comefrom = 0;
		at += e->next_offset;
	}
	free(got);
	*size = info.size;
	return copy;
}

/* Load the same text by our parser into the table of a fresh namespace. */
static void
our_load(const char *table, const char *text)
{
	struct backend *be = backend_ip6tc(ns_lock_path);
	struct ruleset *live = NULL, *wanted = NULL;
	struct changeset *cs;

	if (unshare(CLONE_NEWNET) < 0)
		bail_out("unshare: %s", strerror(errno));
	if (be->ops->read(be, table, &live) ||
	    ruleset_load(text, strlen(text), "corpus", table, &wanted))
		bail_out("%s", err_message());
	cs = changeset_diff(live, wanted, true);
	ok(be->ops->commit(be, live, cs) == OK, "%s: our rules are committed",
	   table);
	changeset_free(cs);
	ruleset_free(live);
	ruleset_free(wanted);
	backend_free(be);
}

static void
compare_kernel(const char *table, const char *text)
{
	size_t n, m;
	char *stock = raw_entries(table, &n), *ours;

	our_load(table, text);
	ours = raw_entries(table, &m);
	ok(n == m && memcmp(stock, ours, n) == 0,
	   "%s: the kernel's table is stock's, %zu bytes", table, n);
	for (size_t at = 0; n == m && at < n;) {
		struct ip6t_entry *e = (struct ip6t_entry *)(stock + at);

		if (memcmp(stock + at, ours + at, e->next_offset) != 0)
			diag("entry at %zu differs", at);
		at += e->next_offset;
	}
	free(stock);
	free(ours);
}

static void
compare_table(const char *table, struct vec *specs)
{
	struct backend *be = backend_ip6tc(ns_lock_path);
	struct str text = { 0 };
	struct ruleset *rs;
	char *said = xasprintf("*%s\n:" CHAIN " - [0:0]\n:there - [0:0]\nCOMMIT\n",
			       table);
	char *error = stock_load(said);

	free(said);
	if (error) {
		diag("not here: table %s: %s", table, error);
		specs_lacking += (unsigned)specs->n;
		free(error);
		backend_free(be);
		return;
	}
	str_addf(&text, "*%s\n:" CHAIN " - [0:0]\n:there - [0:0]\n", table);
	for (size_t i = 0; i < specs->n; i++) {
		if (try_spec(table, specs->v[i]))
			str_addf(&text, "-A " CHAIN " %s\n", (char *)specs->v[i]);
	}
	str_add(&text, "COMMIT\n");
	if (be->ops->read(be, table, &rs))
		bail_out("%s", err_message());
	compare_save(rs, false);
	compare_save(rs, true);
	compare_list(rs, false);
	compare_list(rs, true);
	round_trip(rs);
	compare_kernel(table, text.s);
	ruleset_free(rs);
	backend_free(be);
	str_done(&text);
}

int
main(void)
{
	const char *top = getenv("top_srcdir");
	char *path = xasprintf("%s/tests/rules/corpus", top ? top : ".");
	char *corpus, *line, *rest = NULL;
	char table[32] = "";
	struct vec specs = { 0 };

	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	if (system("command -v ip6tables-legacy-restore >/dev/null") != 0)
		skip_all("no ip6tables-legacy");
	ns_or_skip();
	if (xt_init(false))
		bail_out("%s", err_message());
	corpus = read_all(path);
	for (line = strtok_r(corpus, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (*line == '*') {
			if (*table)
				compare_table(table, &specs);
			vec_done(&specs);
			snprintf(table, sizeof(table), "%s", line + 1);
		} else if (*line != '#') {
			vec_push(&specs, line);
		}
	}
	compare_table(table, &specs);
	vec_done(&specs);
	ok(specs_taken > 100, "%u specs are compared", specs_taken);
	diag("%u specs compared, %u refused by both, %u lacking in this kernel",
	     specs_taken, specs_refused, specs_lacking);
	free(corpus);
	free(path);
	xt_done();
	return done_testing();
}
