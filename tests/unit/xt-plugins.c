/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plugins that are missing, stale or broken: their rules are shown by name and
 * kept byte for byte, and nothing else suffers. */
#include "../tap.h"
#include <dirent.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xtables-version.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include <sallyport/xt.h>

static char dir[PATH_MAX];	/* of our plugins */
static char real[PATH_MAX];	/* of the installed ones */

/* Where the plugins are, as a child of ours learns that loads one. */
static void
find_real(void)
{
	char line[PATH_MAX + 200];
	int ends[2];
	FILE *f;

	if (pipe(ends) < 0)
		bail_out("pipe");
	if (fork() == 0) {
		dup2(ends[1], 1);
		if (xt_init(false) || !(f = fopen("/proc/self/maps", "r")))
			_exit(1);
		while (fgets(line, sizeof(line), f)) {
			if (strstr(line, "libxt_standard.so") &&
			    write(1, line, strlen(line)) > 0)
				_exit(0);
		}
		_exit(1);
	}
	close(ends[1]);
	f = fdopen(ends[0], "r");
	if (!fgets(line, sizeof(line), f) || !strchr(line, '/'))
		bail_out("no plugins are installed");
	fclose(f);
	wait(NULL);
	snprintf(real, sizeof(real), "%s", strchr(line, '/'));
	*strrchr(real, '/') = '\0';
}

static char *
file_load(const char *path, size_t *n)
{
	struct str text = { 0 };
	char buf[4096];
	FILE *f = fopen(path, "r");

	if (!f)
		bail_out("cannot read %s", path);
	while ((*n = fread(buf, 1, sizeof(buf), f)) > 0)
		str_addn(&text, buf, *n);
	fclose(f);
	*n = text.len;
	return str_take(&text);
}

/* The plugin with its library's version changed: in all places, or only where
 * the constructor looks, so that it is loaded and then calls exit(). */
static void
make_patched(const char *name, bool everywhere)
{
	char *from = xasprintf("%s/%s", real, name);
	char *to = xasprintf("%s/%s", dir, name);
	size_t n, patched = 0;
	char *bytes = file_load(from, &n);
	FILE *f;

	for (char *at = bytes; ; at++) {
		at = memmem(at, n - (size_t)(at - bytes), XTABLES_VERSION,
			    sizeof(XTABLES_VERSION));
		if (!at)
			break;
		if (everywhere || patched > 0)
			at[sizeof(XTABLES_VERSION) - 2]--;
		patched++;
	}
	if (patched < 2)
		bail_out("%s is of another version", name);
	f = fopen(to, "w");
	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
		bail_out("cannot write %s", to);
	free(bytes);
	free(from);
	free(to);
}

static bool
is_changed(const char *name)
{
	return strcmp(name, "libxt_mark.so") == 0 ||	/* stale */
	       strcmp(name, "libxt_comment.so") == 0 ||	/* broken */
	       strcmp(name, "libxt_limit.so") == 0;	/* missing */
}

/* A match whose file bears the right version. What it tells libxtables, or what it
 * does later, ends the process. */
static const char bad_source[] =
	"#include <getopt.h>\n"
	"#include <stdlib.h>\n"
	"#include <xtables.h>\n"
	"#ifndef SIZE\n#define SIZE 8\n#endif\n"
	"#ifndef FAMILY\n#define FAMILY NFPROTO_UNSPEC\n#endif\n"
	"#ifndef VERSION\n#define VERSION version\n#endif\n"
	"const char version[] = XTABLES_VERSION;\n"
	"static const struct option opts[] = { { \"now\", 0, NULL, '1' },\n"
	"	{ NULL, 0, NULL, 0 } };\n"
	"static int parse(int c, char **argv, int invert, unsigned *flags,\n"
	"	const void *entry, struct xt_entry_match **match)\n"
	"{ exit(3); }\n"
	"static void print(const void *ip, const struct xt_entry_match *m,\n"
	"	int numeric) { printf(\" half\"); exit(4); }\n"
	"static void save(const void *ip, const struct xt_entry_match *m)\n"
	"{ printf(\" --half\"); exit(5); }\n"
	"static struct xtables_match match = { .name = NAME,\n"
	"	.version = VERSION, .family = FAMILY, .size = SIZE,\n"
	"	.userspacesize = SIZE, .parse = parse, .print = print,\n"
	"	.save = save, .extra_opts = opts };\n"
	"__attribute__((constructor)) static void start(void)\n"
	"{ xtables_register_match(&match); }\n";

static const struct {
	const char *name;
	const char *flag;
} bad_plugins[] = {
	{ "badsize", "-DSIZE=3" },
	{ "badfamily", "-DFAMILY=99" },
	{ "noversion", "-DVERSION=NULL" },
	{ "exits", "-DSIZE=8" },
};

/* False where there is no compiler. */
static bool
make_bad(const char *name, const char *flag)
{
	char *source = xasprintf("%s/%s.c", dir, name);
	char *object = xasprintf("%s/libxt_%s.so", dir, name);
	char *define = xasprintf("-DNAME=\"%s\"", name);
	FILE *f = fopen(source, "w");
	int status = 1;
	pid_t pid;

	if (!f || fputs(bad_source, f) < 0 || fclose(f) != 0)
		bail_out("cannot write %s", source);
	pid = fork();
	if (pid == 0) {
		execlp("cc", "cc", "-w", "-shared", "-fPIC", define, flag,
		       source, "-o", object, "-lxtables", (char *)NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	free(define);
	free(object);
	free(source);
	return status == 0;
}

static bool
make_all_bad(void)
{
	for (size_t i = 0; i < ARRAY_LEN(bad_plugins); i++) {
		if (!make_bad(bad_plugins[i].name, bad_plugins[i].flag))
			return false;
	}
	return true;
}

static void
make_plugins(void)
{
	const char *tmp = getenv("TMPDIR");
	DIR *d = opendir(real);
	struct dirent *ent;

	snprintf(dir, sizeof(dir), "%s/plugins-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir) || !d)
		bail_out("mkdtemp");
	while ((ent = readdir(d)) != NULL) {
		char *from = xasprintf("%s/%s", real, ent->d_name);
		char *to = xasprintf("%s/%s", dir, ent->d_name);

		if (ent->d_name[0] != '.' && !is_changed(ent->d_name) &&
		    symlink(from, to) < 0)
			bail_out("symlink");
		free(from);
		free(to);
	}
	closedir(d);
	make_patched("libxt_mark.so", true);
	make_patched("libxt_comment.so", false);
	setenv("XTABLES_LIBDIR", dir, 1);
}

static void
remove_plugins(void)
{
	DIR *d = opendir(dir);
	struct dirent *ent;

	while (d && (ent = readdir(d)) != NULL)
		unlinkat(dirfd(d), ent->d_name, 0);
	if (d)
		closedir(d);
	rmdir(dir);
}

static enum err
parse(const char *spec, struct vec *rules)
{
	size_t n;
	char **words = words_split(spec, &n);
	enum err err = xt_parse("filter", (int)n, words, NULL, rules);

	words_free(words);
	return err;
}

static bool
parses(const char *spec)
{
	struct vec rules = { 0 };
	enum err err = parse(spec, &rules);

	for (size_t i = 0; i < rules.n; i++)
		rule_unref(rules.v[i]);
	vec_done(&rules);
	return err == OK;
}

static void
test_refused(const char *spec, const char *name)
{
	ok(!parses(spec), "'%s' is refused", spec);
	ok(strstr(err_message(), name), "by name");
	diag("%s", err_message());
	ok(parses("-p tcp --dport 22 -j ACCEPT"), "the next parse is good");
}

/* A rule with one match of that name, made of bytes. */
static struct rule *
rule_with(const char *match, uint8_t revision, size_t data)
{
	size_t size = sizeof(struct ip6t_entry) +
		      sizeof(struct xt_entry_match) + data + 40;
	struct ip6t_entry *e = xcalloc(1, size);
	struct xt_entry_match *m = (void *)e->elems;
	struct xt_entry_target *t;
	struct rule *rule;

	e->target_offset = (uint16_t)(size - 40);
	e->next_offset = (uint16_t)size;
	m->u.match_size = (uint16_t)(sizeof(*m) + data);
	strcpy(m->u.user.name, match);
	m->u.user.revision = revision;
	memset(m->data, 'x', data);
	t = (void *)((char *)e + e->target_offset);
	t->u.target_size = 40;
	if (rule_new(e, size, "DROP", (struct counters){ 1, 60 }, &rule))
		bail_out("%s", err_message());
	free(e);
	return rule;
}

static void
test_kept(struct rule *rule, const char *extra)
{
	struct vec again = { 0 };
	struct str spec = { 0 }, row = { 0 };
	struct row cells;

	xt_row_line(rule, 1, false, &row);
	is_str(strlen(row.s) > 66 ? row.s + 66 : row.s, extra, "the row ends");
	xt_row(rule, &cells);
	is_str(cells.target, "DROP", "its target is shown");
	ok(strstr(extra, cells.extra), "and its cell: %s", cells.extra);
	ok(xt_is_opaque(rule), "it is opaque");
	xt_spec_body(rule, &spec);
	ok(parse(spec.s, &again) == OK && again.n == 1 &&
	   rule_equal(again.v[0], rule), "and comes through its text");
	for (size_t i = 0; i < again.n; i++)
		rule_unref(again.v[i]);
	vec_done(&again);
	row_done(&cells);
	str_done(&spec);
	str_done(&row);
	rule_unref(rule);
}

/* All ways in which a plugin ends the process through libxtables, and by itself. */
static void
test_bad(void)
{
	test_refused("-m badsize", "badsize");
	test_refused("-m badfamily", "badfamily");
	test_refused("-m noversion", "noversion");
	test_refused("-m badsize", "badsize");
	test_refused("-m exits --now", "");
	test_kept(rule_with("exits", 0, 8), " half [incomplete]");
	test_kept(rule_with("badsize", 0, 8), "UNKNOWN match `badsize' ");
}

/* The first use of an extension needs a file; the second one may have it. */
static void
test_no_descriptors(void)
{
	struct rlimit kept, none = { 0 };

	if (getrlimit(RLIMIT_NOFILE, &kept) < 0)
		bail_out("getrlimit");
	none.rlim_max = kept.rlim_max;
	setrlimit(RLIMIT_NOFILE, &none);
	ok(!parses("-m length --length 5"), "no file can be opened: refused");
	diag("%s", err_message());
	ok(parses("-p tcp --dport 22 -j ACCEPT"), "what was used is good");
	setrlimit(RLIMIT_NOFILE, &kept);
	ok(parses("-m length --length 5"), "and now it can");
}

int
main(void)
{
	bool compiled;

	tap_locale();
	find_real();
	make_plugins();
	compiled = make_all_bad();
	atexit(remove_plugins);
	if (xt_init(false))
		bail_out("%s", err_message());
	test_refused("-m limit --limit 3/min", "limit");
	test_refused("-m mark --mark 5", "mark");
	test_refused("-m comment --comment x", "comment");
	test_refused("-m comment --comment x", "comment");
	test_kept(rule_with("limit", 0, 40), "UNKNOWN match `limit' ");
	test_kept(rule_with("mark", 1, 16), "UNKNOWN match `mark' ");
	test_kept(rule_with("comment", 0, 256), "UNKNOWN match `comment' ");
	test_kept(rule_with("nosuch", 0, 8), "UNKNOWN match `nosuch' ");
	test_kept(rule_with("tcp", 7, 16), "tcp [unsupported revision] ");
	test_kept(rule_with("tcp", 0, 24), "tcp [unsupported revision] ");
	test_kept(rule_with("eui64", 0, 8), "eui64 ");
	test_no_descriptors();
	if (compiled)
		test_bad();
	else
		skip("plugins that end the process: no compiler");
	ok(parses("-p udp -m udp --dport 53 -j REJECT"), "others are as before");
	xt_done();
	return done_testing();
}
