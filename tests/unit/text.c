/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hostile strings: whatever bytes come, what is shown is harmless, of known
 * width, and tells them apart; words come back from their quotes. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "../tap.h"
#include "random-rules.h"

static const struct {
	const char *from;
	const char *shown;
	size_t width;
} rows[] = {
	{ "-j ACCEPT", "-j ACCEPT", 9 },
	{ "\033]0;title\a", "<1b>]0;title<07>", 16 },
	{ "\033[2J\033[H", "<1b>[2J<1b>[H", 13 },
	{ "\x9b" "31m", "<9b>31m", 7 },			/* C1, a raw byte */
	{ "\xc2\x9b" "31m", "<U+009B>31m", 11 },	/* C1, as UTF-8 */
	{ "\xc2\x85", "<U+0085>", 8 },
	{ "a\tb\nc\rd\177", "a<09>b<0a>c<0d>d<7f>", 20 },
	{ "\xc0\x9b", "<c0><9b>", 8 },			/* overlong */
	{ "\xe0\x80\x9b", "<e0><80><9b>", 12 },
	{ "\xed\xa0\x80", "<ed><a0><80>", 12 },		/* a surrogate */
	{ "\xf4\x90\x80\x80", "<f4><90><80><80>", 16 },	/* past the end */
	{ "\xf0\x9f\x98", "<f0><9f><98>", 12 },		/* cut off */
	{ "a\xe2\x82", "a<e2><82>", 9 },
	{ "\xe2\x80\xae" "abc", "<U+202E>abc", 11 },	/* bidi */
	{ "\xe2\x81\xa6x\xe2\x81\xa9", "<U+2066>x<U+2069>", 17 },
	{ "\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "<U+200E><U+200F><U+061C>", 24 },
	{ "\xe2\x80\x8b\xef\xbb\xbf", "<U+200B><U+FEFF>", 16 },	/* no width */
	{ "\xe2\x80\xa8", "<U+2028>", 8 },
	{ "a\xc2\xa0" "b", "a<U+00A0>b", 10 },		/* blanks */
	{ "\xe3\x80\x80\xe2\xa0\x80", "<U+3000><U+2800>", 16 },
	{ "\xf3\xa0\x81\x81", "<U+E0041>", 9 },		/* a tag */
	{ "\xee\x80\x80", "<U+E000>", 8 },
	{ "e\xcc\x81", "e\xcc\x81", 1 },		/* a mark */
	{ "\xcc\x81", "<U+0301>", 8 },			/* on nothing */
	{ " \xcc\x81", " <U+0301>", 9 },
	{ "\033\xcc\x81", "<1b><U+0301>", 12 },
	{ "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84", "e\xcc\x81\xcc\x82\xcc\x83<U+0304>",
	  9 },
	{ "\xe6\xbc\xa2\xe5\xad\x97", "\xe6\xbc\xa2\xe5\xad\x97", 4 },	/* wide */
	{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 2 },
	{ "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbf", "\xf0\x9f\x91\x8d<U+1F3FF>", 11 },
	{ "<1b>", "<3c>1b>", 7 },			/* told from ESC */
	{ "<U+202E>", "<3c>U+202E>", 11 },
	{ "a<b>c <3", "a<b>c <3", 8 },
};

static void
test_rows(void)
{
	struct str shown = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *from = rows[i].from;

		str_clear(&shown);
		text_visible(&shown, from, strlen(from), true);
		is_str(str_text(&shown), rows[i].shown, "row %zu", i);
		is_int(text_shown_width(from, strlen(from), true),
		       rows[i].width, "... is %zu wide", rows[i].width);
	}
	str_done(&shown);
}

/* Bytes and characters that are most likely to do harm. */
static size_t
hostile(char *s, size_t most)
{
	static const char *const parts[] = {
		"\033", "\x9b", "\xc2", "\xc2\x9b", "\xe2\x80\xae", "\xcc\x81",
		"<", "1b>", "U+", "\xe6\xbc\xa2", "a", " ", "\xf0\x9f", "\xed\xa0",
		"\a", "\xe2\x80\x8b",
	};
	size_t n = 0;

	for (size_t k = rnd(12); k > 0; k--) {
		const char *part = parts[rnd(ARRAY_LEN(parts))];
		char byte[2] = { (char)(1 + rnd(255)), '\0' };

		part = rnd(3) ? part : byte;
		if (n + strlen(part) >= most)
			break;
		memcpy(s + n, part, strlen(part));
		n += strlen(part);
	}
	s[n] = '\0';
	return n;
}

/* Only what may reach a terminal. */
static bool
is_harmless(const struct str *shown, bool utf8)
{
	size_t marks = 9;

	for (size_t i = 0, len; i < shown->len; i += len) {
		unsigned cp = 0;
		char one[5] = "";

		len = text_decode(shown->s + i, shown->len - i, &cp);
		if (len == 0 || cp < 0x20 || (cp >= 0x7f && cp <= 0xa0) ||
		    (!utf8 && cp > 0x7e) || (cp >= 0x200b && cp <= 0x200f) ||
		    (cp >= 0x2028 && cp <= 0x202e) || cp >= 0xe0000)
			return false;
		memcpy(one, shown->s + i, len);
		marks = text_width(one) > 0 ? 0 : marks + 1;
		if (marks > 3)
			return false;
	}
	return true;
}

/* Back from what is shown. */
static void
unshow(const char *s, struct str *out)
{
	while (*s) {
		unsigned cp;
		int n = 0;

		if (sscanf(s, "<%2x>%n", &cp, &n) == 1 && n == 4) {
			str_addc(out, (char)cp);
		} else if (sscanf(s, "<U+%x>%n", &cp, &n) == 1 && n > 0) {
			if (cp >= 0x10000)
				str_addc(out, (char)(0xf0 | cp >> 18));
			if (cp >= 0x10000)
				str_addc(out, (char)(0x80 | (cp >> 12 & 0x3f)));
			else if (cp >= 0x800)
				str_addc(out, (char)(0xe0 | cp >> 12));
			if (cp >= 0x800)
				str_addc(out, (char)(0x80 | (cp >> 6 & 0x3f)));
			else
				str_addc(out, (char)(0xc0 | cp >> 6));
			str_addc(out, (char)(0x80 | (cp & 0x3f)));
		} else {
			str_addc(out, *s);
			n = 1;
		}
		s += n;
	}
}

static void
test_random(void)
{
	unsigned harmful = 0, ambiguous = 0, cut = 0;

	for (unsigned i = 0; i < 100000; i++) {
		struct str shown = { 0 }, again = { 0 };
		char s[64];
		size_t n = hostile(s, sizeof(s)), width = rnd(20), fit;

		text_visible(&shown, s, n, i % 4);
		harmful += !is_harmless(&shown, i % 4);
		unshow(str_text(&shown), &again);
		ambiguous += strcmp(str_text(&again), s) != 0;
		fit = text_fit(str_text(&shown), width);
		str_cut(&shown, fit);
		cut += text_width(str_text(&shown)) > width ||
		       !is_harmless(&shown, true);
		str_done(&shown);
		str_done(&again);
	}
	is_int(harmful, 0, "100,000 hostile strings: none is shown harmfully");
	is_int(ambiguous, 0, "each can be told from what is shown");
	is_int(cut, 0, "none is cut within a character");
}

static void
test_words(void)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < 100000; i++) {
		struct str line = { 0 };
		char s[64];
		size_t n;
		char **words;

		hostile(s, sizeof(s));
		str_add(&line, "-A ");
		words_quote(&line, s);
		str_add(&line, " -j");
		words = words_split(str_text(&line), &n);
		wrong += !words || n != 3 || strcmp(words[1], s) != 0;
		words_free(words);
		str_done(&line);
	}
	is_int(wrong, 0, "100,000 hostile words come back from their quotes");
}

static void
test_bare(void)
{
	struct str line = { 0 };

	words_quote(&line, "it's\\");
	is_str(str_text(&line), "it's\\", "what needs no quotes gets none");
	str_done(&line);
}

int
main(void)
{
	test_rows();
	test_random();
	test_words();
	test_bare();
	return done_testing();
}
