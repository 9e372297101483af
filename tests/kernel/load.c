/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text as ip6tables-restore takes it: the same texts, good and bad, go to
 * ip6tables-legacy-restore in one network namespace and through tables_load()
 * and a commit in another, and both kernels have the same tables afterwards.
 * Where we differ on purpose the table of texts says how and why. */
#include <sys/wait.h>
#include <sallyport/backend.h>
#include <sallyport/mem.h>
#include "../ns.h"
#include "load-texts.h"

/* What both namespaces have before. */
static const char seed[] =
	"*filter\n"
	":INPUT DROP [0:0]\n"
	":FORWARD DROP [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n"
	":mine - [0:0]\n"
	":other - [0:0]\n"
	"-A INPUT -i lo -j ACCEPT\n"
	"-A INPUT -p tcp -m tcp --dport 22 -j mine\n"
	"-A INPUT -p udp -m udp --dport 53 -j ACCEPT\n"
	"-A mine -s 2001:db8::/32 -j ACCEPT\n"
	"-A other -j RETURN\n"
	"COMMIT\n"
	"*mangle\n"
	":PREROUTING ACCEPT [0:0]\n"
	":INPUT ACCEPT [0:0]\n"
	":FORWARD ACCEPT [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n"
	":POSTROUTING ACCEPT [0:0]\n"
	"-A POSTROUTING -j MARK --set-xmark 0x1/0xffffffff\n"
	"COMMIT\n";

/* What became of a text. */
struct result {
	bool taken;
	char *said;	/* by who refused it */
	char *tables;	/* of the kernel afterwards */
};

static void
result_done(struct result *result)
{
	free(result->said);
	free(result->tables);
}

/* Text into ip6tables-legacy-restore; true where it is content. What it says is
 * added to said. */
static bool
stock_restore(const char *options, const char *text, size_t len,
	      struct str *said)
{
	char *path = xasprintf("%s.text", ns_lock_path);
	char *command = xasprintf("ip6tables-legacy-restore %s <%s 2>&1",
				  options, path);
	char buf[4096];
	FILE *f = fopen(path, "w");
	size_t n;
	int status;

	if (!f || fwrite(text, 1, len, f) != len || fclose(f) != 0)
		bail_out("cannot write %s", path);
	f = popen(command, "r");
	if (!f)
		bail_out("popen: %s", strerror(errno));
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		str_addn(said, buf, n);
	status = pclose(f);
	unlink(path);
	free(command);
	free(path);
	return status == 0;
}

static struct tables *
read_tables(struct backend *be)
{
	struct tables *tables = tables_new();

	for (size_t i = 0; i < TABLE_COUNT; i++) {
		struct ruleset *rs;

		if (be->ops->read(be, table_names[i], &rs))
			bail_out("cannot read %s: %s", table_names[i],
				 err_message());
		tables_put_take(tables, rs);
	}
	return tables;
}

/* Counters of policies are the kernel's: no commit of ours sets them. */
static void
forget_policy_counters(struct ruleset *rs)
{
	for (size_t i = 0; i < rs->chains.n; i++) {
		struct chain *chain = rs->chains.v[i];

		chain->counters = (struct counters){ 0 };
	}
}

/* As text, and as the bytes of the kernel. */
static void
add_tables(struct str *out, const struct tables *tables, bool counters)
{
	for (size_t i = 0; i < tables->v.n; i++) {
		struct ruleset *rs = tables->v.v[i];
		char bytes[FINGERPRINT_SIZE];

		forget_policy_counters(rs);
		ruleset_fingerprint(rs, bytes);
		ruleset_save(rs, counters, out);
		str_addf(out, "# %s\n", bytes);
	}
}

static enum err
our_restore(struct backend *be, const struct text *t, struct tables **loaded)
{
	struct tables *live = read_tables(be);
	struct vec changesets = { 0 };
	enum err err = tables_load(t->text, t->len, "text", NULL,
				   t->noflush ? live : NULL, loaded);

	if (!err)
		tables_diff(live, *loaded, true, &changesets);
	for (size_t i = 0; i < changesets.n && !err; i++) {
		const struct changeset *cs = changesets.v[i];

		err = be->ops->commit(be, tables_get(live, cs->table), cs);
	}
	changesets_done(&changesets);
	tables_free(live);
	return err;
}

static void
plant_seed(void)
{
	struct str said = { 0 };

	if (!stock_restore("", seed, strlen(seed), &said))
		bail_out("no seed: %s", str_text(&said));
	str_done(&said);
}

/* In a child, in a namespace of its own. */
static void
restore(const struct text *t, bool ours, struct str *said, struct str *tables)
{
	struct backend *be = backend_ip6tc(NULL);
	struct tables *now, *loaded = NULL;
	bool taken;

	if (!t->counted)
		plant_seed();
	if (ours)
		taken = our_restore(be, t, &loaded) == OK;
	else
		taken = stock_restore(t->noflush ? "-c --noflush" : "-c",
				      t->text, t->len, said);
	if (ours && !taken)
		str_add(said, err_message());
	str_addc(tables, taken ? '+' : '-');
	now = read_tables(be);
	add_tables(tables, now, t->counted);
	tables_free(now);
	backend_free(be);
}

static void
hand_over(int fd, const struct str *text)
{
	if (write(fd, &text->len, sizeof(text->len)) < 0 ||
	    write(fd, str_text(text), text->len) < 0)
		_exit(1);
}

static char *
take_over(FILE *f)
{
	size_t len = 0;
	char *text;

	if (fread(&len, sizeof(len), 1, f) != 1)
		bail_out("a child died");
	text = xcalloc(1, len + 1);
	if (fread(text, 1, len, f) != len)
		bail_out("a child died");
	return text;
}

static struct result
result_of(const struct text *t, bool ours)
{
	struct result result;
	int ends[2];
	FILE *f;

	if (pipe(ends) < 0)
		bail_out("pipe: %s", strerror(errno));
	fflush(NULL);
	if (fork() == 0) {
		struct str said = { 0 }, tables = { 0 };

		close(ends[0]);
		if (unshare(CLONE_NEWNET) < 0)
			_exit(1);
		restore(t, ours, &said, &tables);
		hand_over(ends[1], &tables);
		hand_over(ends[1], &said);
		_exit(0);
	}
	close(ends[1]);
	f = fdopen(ends[0], "r");
	result.tables = take_over(f);
	result.said = take_over(f);
	result.taken = result.tables[0] == '+';
	fclose(f);
	while (wait(NULL) < 0 && errno == EINTR)
		continue;
	return result;
}

static const char *
verb(bool taken)
{
	return taken ? "take" : "refuse";
}

static void
try_text(const struct text *t)
{
	struct result stock = result_of(t, false), we = result_of(t, true);
	bool expected = t->we == SAME ? stock.taken : t->we == TAKE;

	if (!ok(we.taken == expected, "%s: we %s it", t->name,
		verb(expected)) ||
	    !ok(t->we == SAME || stock.taken != we.taken,
		"%s: unlike ip6tables: %s", t->name, t->why ? t->why : ""))
		diag("ip6tables: %s %s we: %s %s", verb(stock.taken),
		     stock.said, verb(we.taken), we.said);
	if (stock.taken && we.taken)
		is_str(we.tables, stock.tables, "%s: the kernel's tables",
		       t->name);
	else
		diag("%s: %s", t->name, we.taken ? stock.said : we.said);
	result_done(&stock);
	result_done(&we);
}

int
main(void)
{
	size_t n;
	struct text *texts = texts_new(&n);

	ns_or_skip();
	if (xt_init(false))
		bail_out("xt_init: %s", err_message());
	for (size_t i = 0; i < n; i++)
		try_text(&texts[i]);
	diag("%zu texts", n);
	texts_free(texts, n);
	xt_done();
	return done_testing();
}
