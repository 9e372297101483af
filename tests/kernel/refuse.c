/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ip6tables refuses we refuse, and what it takes we take, to the very
 * bytes: for the mistakes of tests/rules/invalid, and for what good specs become
 * when a word is dropped, doubled, swapped, cut or changed. Every refusal names
 * a word of the line. */
#include "../rules/expand.h"
#include "../rules/oracle.h"
#include <ctype.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>

/* What stock takes for something else than was written, or passes over, and we
 * refuse: counters that are no numbers, quotes that do not end, options that ask
 * for anything but a rule. */
static const char *const stricter[] = {
	"-c -3 4", "-c 1.5 2", "-c 18446744073709551616 1",
	"-c 1 99999999999999999999999", "-m comment --comment \"open",
	"-m comment --comment \"a\\\"", "-h", "--help", "-V", "--version",
	"--modprobe x", "-v", "-ieth0",
};

/* Where they come up by chance the line is passed over. */
static const char *const others_ask[] = {
	"-h", "--help", "-V", "--version", "-M", "--modprobe", "-v",
	"--verbose", "-4", "--ipv4",
};

struct work {
	struct oracle oracle;
	bool is_here;		/* the table */
	struct vec ours;	/* of char *: lines that we take */
	struct chance chance;
	bool mutate;
	unsigned tried, refused, turned_down, nameless, passed_over;
};

/* Does the message name a word of the line, with its dashes or without? */
static bool
names_word(char *const *words, const char *text)
{
	for (size_t i = 0; words[i]; i++) {
		const char *bare = words[i] + strspn(words[i], "-");

		if (strstr(text, *words[i] ? strlen(bare) > 1 ? bare : words[i]
					   : "''"))
			return true;
	}
	return false;
}

/* Counters that are more than digits. */
static bool
is_odd_counter(char *const *words)
{
	bool odd = false;

	for (size_t i = 1; i < 3 && words[i - 1] && words[i]; i++)
		odd = odd || words[i][strspn(words[i], "0123456789,")] ||
		      strlen(words[i]) > 20;
	return odd;
}

/* Does the line ask for what only stock takes? */
static bool
is_for_stock(char *const *words)
{
	for (size_t i = 0; words && words[i]; i++) {
		for (size_t j = 0; j < ARRAY_LEN(others_ask); j++) {
			if (strcmp(words[i], others_ask[j]) == 0)
				return true;
		}
		if ((strcmp(words[i], "-c") == 0 ||
		     strcmp(words[i], "--set-counters") == 0) &&
		    is_odd_counter(words + i))
			return true;
	}
	return !words;
}

static void
check_message(struct work *w, const char *line, char *const *words)
{
	const char *text = err_message();

	text = str_starts(text, "text:4: ") ? text + 8 : text;
	if (names_word(words, text) && !strchr(text, '\n'))
		return;
	w->nameless++;
	diag("no word named: %s: %s", line, text);
}

/* What we refuse stock is asked one by one, the rest together. */
static void
try_line(struct work *w, const char *line)
{
	struct ruleset *rs = NULL;
	size_t n;
	char **words = words_split(line, &n);

	if (is_for_stock(words)) {
		w->passed_over++;
	} else if (oracle_parse(w->oracle.table, line, &rs)) {
		w->tried++;
		check_message(w, line, words);
		w->refused += oracle_try_one(&w->oracle, line) == REFUSED;
	} else {
		w->tried++;
		vec_push(&w->ours, xstrdup(line));
	}
	ruleset_free(rs);
	words_free(words);
}

static void
try_ours(struct work *w)
{
	if (w->ours.n)
		oracle_try(&w->oracle, (char **)w->ours.v, w->ours.n);
	for (size_t i = 0; i < w->ours.n; i++)
		free(w->ours.v[i]);
	vec_done(&w->ours);
}

static void
table_end(struct work *w)
{
	if (!w->is_here)
		return;
	oracle_compare(&w->oracle);
	w->turned_down += (unsigned)w->oracle.turned_down.n;
	oracle_done(&w->oracle);
	w->is_here = false;
}

/* Words as they stand between blanks; quotes and all. */
static void
cut_words(const char *spec, struct vec *words)
{
	while (*spec) {
		size_t len = strcspn(spec, " ");

		if (len)
			vec_push(words, xstrndup(spec, len));
		spec += len + (spec[len] == ' ');
	}
}

static void
replace_word(struct vec *words, size_t at, char *word)
{
	free(words->v[at]);
	words->v[at] = word;
}

static const char *const others[] = {
	"foo", "-1", "99999999999", "\"\"", "0", "tcp", "::1", "1,2", "1:2",
	"--dport", "!", "0x10", "a/b", "65536", "-j", "all", "1/2", "X",
	"0123456789012345678901234567890123456789", "ff", "any", "1x", ",",
};

static const char *const endings[] = {
	"--nosuch", "extra", "!", "-j DROP", "-g there", "-p tcp", "-s ::1",
	"-m nosuch", "-j NOSUCH", "! -s ::2", "-p 17", "--", "-m tcp",
	"--dport 5", "-f", "-i lo", "-m state --state NEW", "-j", "-m",
	"-m comment --comment x", "--comment", "-6", "-c 1 2",
};

static const char *
pick(struct work *w, const char *const *from, size_t n)
{
	return from[chance_below(&w->chance, (unsigned)n)];
}

/* One change at or behind the word at that place. */
static void
change_words(struct work *w, struct vec *words, size_t at)
{
	char *word = words->v[at];
	size_t len = strlen(word);

	switch (chance_below(&w->chance, 9)) {
	case 0:
		free(vec_remove(words, at));
		break;
	case 1:
		vec_insert(words, at, xstrdup(word));
		break;
	case 2:
		replace_word(words, at,
			     xstrdup(pick(w, others, ARRAY_LEN(others))));
		break;
	case 3:
		vec_insert(words, at, xstrdup("!"));
		break;
	case 4:
		vec_push(words, xstrdup(pick(w, endings, ARRAY_LEN(endings))));
		break;
	case 5:
		vec_push(words, vec_remove(words, at));
		break;
	case 6:
		if (len > 1)
			word[len - 1 - chance_below(&w->chance,
						    (unsigned)len - 1)] = '\0';
		break;
	case 7:
		replace_word(words, at,
			     xasprintf("%s%c", word, "0x,:/-=."[chance_below(
						     &w->chance, 8)]));
		break;
	case 8:
		for (char *s = word; *s; s++)
			*s = (char)(isupper((unsigned char)*s)
				    ? tolower((unsigned char)*s)
				    : toupper((unsigned char)*s));
		break;
	}
}

static void
try_mutant(struct work *w, const char *spec)
{
	struct vec words = { 0 };
	struct str line = { 0 };

	cut_words(spec, &words);
	if (words.n)
		change_words(w, &words,
			     chance_below(&w->chance, (unsigned)words.n));
	str_add(&line, "-A here");
	for (size_t i = 0; i < words.n; i++) {
		str_addf(&line, " %s", (char *)words.v[i]);
		free(words.v[i]);
	}
	try_line(w, line.s);
	vec_done(&words);
	str_done(&line);
}

static void
try_mistake(struct work *w, const char *spec)
{
	bool has_chain = str_starts(spec, "-A") || str_starts(spec, "-I");
	char *line = xasprintf("%s%s", has_chain ? "" : "-A here ", spec);

	try_line(w, line);
	free(line);
}

static void
try_batch(const struct batch *batch, void *arg)
{
	struct work *w = arg;

	if (!w->is_here || strcmp(w->oracle.table, batch->table) != 0) {
		table_end(w);
		w->is_here = oracle_begin(&w->oracle, batch->table);
	}
	for (size_t i = 0; w->is_here && i < batch->specs.n; i++) {
		if (w->mutate)
			try_mutant(w, batch->specs.v[i]);
		else
			try_mistake(w, batch->specs.v[i]);
	}
	try_ours(w);
}

static void
try_grammar(struct work *w, const char *name)
{
	const char *top = getenv("top_srcdir");
	char *path = xasprintf("%s/tests/rules/%s", top ? top : ".", name);

	expand_grammar(path, try_batch, w);
	table_end(w);
	free(path);
}

static void
check_stricter(void)
{
	struct oracle o;

	if (!oracle_begin(&o, "filter"))
		return;
	for (size_t i = 0; i < ARRAY_LEN(stricter); i++) {
		char *line = xasprintf("-A here %s", stricter[i]);

		ok(oracle_is_stricter(&o, line), "refused by us alone: %s",
		   stricter[i]);
		free(line);
	}
	oracle_done(&o);
}

int
main(void)
{
	struct work w = { 0 };

	oracle_or_skip();
	try_grammar(&w, "invalid");
	ok(w.refused >= 500, "%u of %u mistakes are refused by both", w.refused,
	   w.tried);
	w.mutate = true;
	try_grammar(&w, "grammar");
	check_stricter();
	is_int(w.nameless, 0, "each refusal names a word");
	diag("%u lines tried, %u refused, %u refused by the kernel; %u for stock "
	     "alone", w.tried, w.refused, w.turned_down, w.passed_over);
	xt_done();
	return done_testing();
}
