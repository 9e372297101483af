/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing is robust: 100,000 specs, good ones, broken ones and hostile ones mixed,
 * in one process. What comes of each does not depend on what came before, memory
 * does not grow, and nothing ends the process. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include <sallyport/tables.h>
#include <sallyport/text.h>
#include "../tap.h"
#include "expand.h"

#define PARSES 100000
#define WARM_UP 20000
/* Some plugins keep the copy of a bad word: 1.9 bytes a parse on average
 * (facts.md), and with a word of 30 KB 30 KB. The longest are not counted. */
#define GROWTH_MAX ((size_t)4 * (PARSES - WARM_UP))
#define SPECS 3000

struct spec {
	const char *table;
	char *line;
	XXH128_hash_t alone;	/* what came of it in a process of its own */
};

static struct vec specs;	/* of struct spec * */
static struct chance chance = { 20261124 };

static const char *
lasting_name(const char *table)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (strcmp(table_names[i], table) == 0)
			return table_names[i];
	bail_out("no table '%s'", table);
}

static void
push_take(const char *table, char *line)
{
	struct spec *spec = xcalloc(1, sizeof(*spec));

	spec->table = lasting_name(table);
	spec->line = line;
	vec_push(&specs, spec);
}

/* Words that no administrator types. */
static const char *const hostile_words[] = {
	"", "-", "--", "!", "! !", "-m", "-j", "-p", "--dport", "-g here",
	"\x1b]0;x\x07", "\x9b", "\xff\xfe", "\xe2\x80\xae", "%n%n%s", "'\"'",
	"18446744073709551616", "-1", "0x", "1e9", "99999999999999999999999",
	"-m tcp -m tcp -m tcp", "-m conntrack", "-j LOG --log-prefix",
	"--modprobe=/bin/false", "-t nat", "-h", "-m tcp -h", "--help", "-V",
	"-j REJECT --help", "-m nothing", "-m ../../etc/passwd",
	"-j ../libxt_tcp", "-s", "-s ::/129", "-s ,", "-s ::1,,::2", "-i +",
	"-c", "-c 1", "-c a b", "-4", "-6", "-f", "-x", "-n", "-v -v -v",
};

/* The line with one thing done to it. */
static char *
broken(const char *line)
{
	struct str out = { 0 };
	size_t len = strlen(line);
	size_t at = len ? chance_below(&chance, (unsigned)len) : 0;
	const char *word = hostile_words[chance_below(&chance,
						ARRAY_LEN(hostile_words))];

	str_addn(&out, line, at);
	switch (chance_below(&chance, 5)) {
	case 0:		/* cut off */
		break;
	case 1:		/* a character less */
		str_add(&out, len ? line + at + 1 : "");
		break;
	case 2:		/* another character */
		str_addc(&out, (char)(1 + chance_below(&chance, 255)));
		str_add(&out, len ? line + at + 1 : "");
		break;
	case 3:		/* a word more */
		str_addf(&out, " %s ", word);
		str_add(&out, line + at);
		break;
	default:	/* what is behind it once more */
		str_add(&out, line + at);
		str_addc(&out, ' ');
		str_add(&out, line + at);
	}
	return str_take(&out);
}

/* Some of each template, and as many that are broken. */
static void
take_batch(const struct batch *batch, void *arg)
{
	size_t n = batch->specs.n < 4 ? batch->specs.n : 4;

	(void)arg;
	for (size_t i = 0; i < n && specs.n < SPECS; i++) {
		const char *line = batch->specs.v[i];

		push_take(batch->table, xstrdup(line));
		push_take(batch->table, broken(line));
		push_take(table_names[chance_below(&chance, TABLE_COUNT)],
			  broken(line));
	}
}

static char *
repeated(const char *word, size_t n)
{
	struct str out = { 0 };

	for (size_t i = 0; i < n; i++)
		str_add(&out, word);
	return str_take(&out);
}

static char *
with(const char *format, char *word)
{
	struct str out = { 0 };

	str_addn(&out, format, strlen(format) - strlen("%s"));
	str_add(&out, word);
	free(word);
	return str_take(&out);
}

static void
add_long(void)
{
	push_take("filter", repeated("x", 65536));
	push_take("filter", repeated("-m tcp ", 1000));
	push_take("filter", repeated("-p tcp ", 5000));
	push_take("filter", repeated("! ", 10000));
	push_take("filter", repeated("-m comment --comment x ", 300));
	push_take("filter", with("-m comment --comment %s",
				 repeated("\xe6\xbc\xa2", 200)));
	push_take("filter", with("-s %s", repeated("::1,", 2000)));
	push_take("filter", with("-j %s", repeated("A", 5000)));
	push_take("filter", with("-m %s", repeated("../", 2000)));
	push_take("filter", with("-p tcp --dport %s", repeated("9", 30000)));
}

static void
add_hostile(void)
{
	for (size_t i = 0; i < ARRAY_LEN(hostile_words); i++)
		push_take("filter", xstrdup(hostile_words[i]));
}

static void
digest_text(XXH3_state_t *state, const char *text)
{
	XXH3_128bits_update(state, text, strlen(text) + 1);
}

/* All that comes of a spec: the code, the message, each rule's bytes and text. */
static XXH128_hash_t
outcome(const struct spec *spec)
{
	XXH3_state_t *state = XXH3_createState();
	struct vec rules = { 0 };
	XXH128_hash_t hash;
	size_t n = 0;
	char **words = words_split(spec->line, &n);
	enum err err = ERR_PARSE;

	XXH3_128bits_reset(state);
	if (words)
		err = xt_parse(spec->table, (int)n, words, NULL, &rules);
	XXH3_128bits_update(state, &err, sizeof(err));
	if (words && err)
		digest_text(state, err_message());
	for (size_t i = 0; i < rules.n; i++) {
		const struct rule *rule = rules.v[i];
		struct str text = { 0 };

		xt_spec_body(rule, &text);
		XXH3_128bits_update(state, rule->entry, rule->size);
		digest_text(state, str_text(&text));
		str_done(&text);
	}
	hash = XXH3_128bits_digest(state);
	rules_done(&rules);
	words_free(words);
	XXH3_freeState(state);
	return hash;
}

/* In a process of its own, where nothing was parsed before. */
static void
parse_alone(struct spec *spec)
{
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) < 0)
		bail_out("pipe");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		XXH128_hash_t hash = outcome(spec);

		_exit(write(fds[1], &hash, sizeof(hash)) == sizeof(hash) ?
		      0 : 1);
	}
	close(fds[1]);
	if (read(fds[0], &spec->alone, sizeof(spec->alone)) !=
	    sizeof(spec->alone) || waitpid(pid, &status, 0) != pid || status)
		bail_out("a process ended by itself at '%.200s'", spec->line);
	close(fds[0]);
}

static void
shuffle(void)
{
	for (size_t i = specs.n; i > 1; i--) {
		size_t j = chance_below(&chance, (unsigned)i);
		void *kept = specs.v[i - 1];

		specs.v[i - 1] = specs.v[j];
		specs.v[j] = kept;
	}
}

/* Parse n, in an order of chance; the number whose outcome was another one. */
static unsigned
parse_all(size_t n, size_t *growth)
{
	size_t before = 0;
	unsigned wrong = 0;

	for (size_t i = 0; i < n; i++) {
		const struct spec *spec;
		XXH128_hash_t hash;

		if (i % specs.n == 0)
			shuffle();
		spec = specs.v[i % specs.n];
		if (i == WARM_UP)
			before = mallinfo2().uordblks;
		hash = outcome(spec);
		if (!XXH128_isEqual(hash, spec->alone) && wrong++ < 10)
			diag("another outcome: %s: %.200s", spec->table,
			     spec->line);
	}
	*growth = mallinfo2().uordblks > before ?
		  mallinfo2().uordblks - before : 0;
	return wrong;
}

static size_t
count_good(void)
{
	size_t good = 0;

	for (size_t i = 0; i < specs.n; i++) {
		const struct spec *spec = specs.v[i];
		struct vec rules = { 0 };
		size_t n = 0;
		char **words = words_split(spec->line, &n);

		good += words && xt_parse(spec->table, (int)n, words, NULL,
					  &rules) == OK;
		rules_done(&rules);
		words_free(words);
	}
	return good;
}

static void
specs_done(void)
{
	for (size_t i = 0; i < specs.n; i++) {
		struct spec *spec = specs.v[i];

		free(spec->line);
		free(spec);
	}
	vec_done(&specs);
}

int
main(void)
{
	const char *top = getenv("top_srcdir");
	char *grammar = xasprintf("%s/tests/rules/grammar", top ? top : ".");
	size_t growth, good, short_ones;

	if (xt_init(false))
		bail_out("%s", err_message());
	expand_grammar(grammar, take_batch, NULL);
	add_hostile();
	for (size_t i = 0; i < specs.n; i++)
		parse_alone(specs.v[i]);
	is_int(parse_all(PARSES, &growth), 0, "%d parses of %zu specs: each as "
	       "if it were alone", PARSES, specs.n);
	good = count_good();
	diag("%zu of them are good; memory grew by %zu bytes", good, growth);
	ok(good > specs.n / 5 && good < specs.n * 4 / 5, "good and bad mixed");
#ifndef __SANITIZE_ADDRESS__	/* its allocator counts otherwise */
	ok(growth < GROWTH_MAX, "memory does not grow");
#endif
	short_ones = specs.n;
	add_long();
	for (size_t i = short_ones; i < specs.n; i++)
		parse_alone(specs.v[i]);
	is_int(parse_all(specs.n * 3, &growth), 0, "the same with long ones");
	specs_done();
	free(grammar);
	xt_done();
	return done_testing();
}
