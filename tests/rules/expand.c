/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Templates into specs. A template is first freed of its names and of "~"; then
 * every alternative has a place in the text, and what was taken is remembered
 * by places. */
#include "../tap.h"
#include "expand.h"
#include <ctype.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>

#define ROUNDS_MIN 4	/* by chance, behind those that take all */

enum place { NO_START, UNSEEN, SEEN };

struct expander {
	const char *text;
	unsigned char *places;	/* enum place of each byte */
	struct chance chance;
	struct str out;
};

struct name {
	char *name;
	char *value;
};

unsigned
chance_below(struct chance *chance, unsigned n)
{
	unsigned long long x = chance->state ? chance->state : 88172645463325252;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	chance->state = x;
	return (unsigned)((x >> 11) % n);
}

/* The end of the alternative that begins at s: its '|' or '}', or NUL. */
static const char *
alternative_end(const char *s)
{
	unsigned depth = 0;

	for (; *s; s++) {
		if (*s == '^' && s[1])
			s++;
		else if (*s == '{')
			depth++;
		else if (depth == 0 && (*s == '|' || *s == '}'))
			return s;
		else if (*s == '}')
			depth--;
	}
	return s;
}

static bool
has_unseen(const struct expander *x, const char *start)
{
	size_t from = (size_t)(start - x->text);
	size_t to = (size_t)(alternative_end(start) - x->text);

	return memchr(x->places + from, UNSEEN, to - from + 1) != NULL;
}

/* Choose an alternative of the group whose first one begins at start: one that
 * holds something new, where there is one. */
static const char *
choose(struct expander *x, const char *start)
{
	unsigned n[2] = { 0 };
	const char *chosen[2] = { NULL };

	for (const char *s = start;; s = alternative_end(s) + 1) {
		bool fresh = has_unseen(x, s);

		if (chance_below(&x->chance, ++n[fresh]) == 0)
			chosen[fresh] = s;
		if (*alternative_end(s) != '|')
			break;
	}
	return chosen[n[true] > 0];
}

static const char *
group_end(const char *s)
{
	while (*alternative_end(s) == '|')
		s = alternative_end(s) + 1;
	return alternative_end(s);
}

/* Write the text from s to the end of its alternative. */
static void
expand_text(struct expander *x, const char *s)
{
	const char *end = alternative_end(s);

	for (; s < end; s++) {
		if (*s == '{') {
			const char *chosen = choose(x, s + 1);

			x->places[chosen - x->text] = SEEN;
			expand_text(x, chosen);
			s = group_end(s + 1);
		} else {
			s += *s == '^' && s[1];
			str_addc(&x->out, *s);
		}
	}
}

static void
mark_places(struct expander *x)
{
	const char *s = x->text;

	for (; *s; s++) {
		if (*s == '^' && s[1])
			s++;
		else if (*s == '{' || *s == '|')
			x->places[s + 1 - x->text] = UNSEEN;
	}
}

/* Without blanks at the ends and doubled ones outside of quotes. */
static char *
tidy(const char *s)
{
	struct str out = { 0 };
	bool quoted = false;

	for (; *s; s++) {
		if (*s == '"')
			quoted = !quoted;
		if (*s == '\\' && quoted && s[1]) {
			str_addc(&out, *s++);
			str_addc(&out, *s);
		} else if (*s != ' ' || quoted ||
			   (out.len && out.s[out.len - 1] != ' ')) {
			str_addc(&out, *s);
		}
	}
	while (out.len && out.s[out.len - 1] == ' ')
		str_cut(&out, out.len - 1);
	return out.s ? str_take(&out) : xstrdup("");
}

static void
push_new(struct vec *specs, char *spec)
{
	for (size_t i = 0; i < specs->n; i++) {
		if (strcmp(specs->v[i], spec) == 0) {
			free(spec);
			return;
		}
	}
	vec_push(specs, spec);
}

static void
expand(const char *text, struct vec *specs)
{
	struct expander x = { .text = text };
	unsigned more = ROUNDS_MIN;

	x.places = xcalloc(1, strlen(text) + 2);
	mark_places(&x);
	while (more) {
		if (memchr(x.places, UNSEEN, strlen(text) + 1))
			more++;
		else
			more--;
		str_clear(&x.out);
		expand_text(&x, text);
		push_new(specs, tidy(str_text(&x.out)));
	}
	str_done(&x.out);
	free(x.places);
}

static const char *
name_value(const struct vec *names, const char *name, size_t len)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct name *n = names->v[i];

		if (strncmp(n->name, name, len) == 0 && !n->name[len])
			return n->value;
	}
	bail_out("the grammar has no $%.*s", (int)len, name);
}

/* The line with its names and "~" written out. */
static char *
resolve(const struct vec *names, const char *s)
{
	struct str out = { 0 };

	for (; *s; s++) {
		if (*s == '^' && s[1]) {
			str_addn(&out, s++, 2);
		} else if (*s == '~') {
			str_add(&out, "{|! }");
		} else if (*s == '$') {
			size_t len = 0;

			while (isalnum((unsigned char)s[len + 1]))
				len++;
			str_add(&out, name_value(names, s + 1, len));
			s += len;
		} else {
			str_addc(&out, *s);
		}
	}
	return str_take(&out);
}

/* "$name = {...}" */
static void
define(struct vec *names, char *line)
{
	struct name *n = xcalloc(1, sizeof(*n));
	char *value = strstr(line, " = ");

	if (!value)
		bail_out("no value: %s", line);
	*value = '\0';
	n->name = xstrdup(line + 1);
	n->value = resolve(names, value + 3);
	vec_push(names, n);
}

static void
names_free(struct vec *names)
{
	for (size_t i = 0; i < names->n; i++) {
		struct name *n = names->v[i];

		free(n->name);
		free(n->value);
		free(n);
	}
	vec_done(names);
}

static void
expand_line(struct batch *batch, const struct vec *names, const char *line,
	    void (*each)(const struct batch *batch, void *arg), void *arg)
{
	char *text = resolve(names, line);

	expand(text, &batch->specs);
	each(batch, arg);
	for (size_t i = 0; i < batch->specs.n; i++)
		free(batch->specs.v[i]);
	vec_done(&batch->specs);
	free(text);
}

void
expand_grammar(const char *path,
	       void (*each)(const struct batch *batch, void *arg), void *arg)
{
	struct batch batch = { 0 };
	struct vec names = { 0 };
	FILE *f = fopen(path, "r");
	char line[4096], table[32] = "";

	if (!f)
		bail_out("cannot read %s", path);
	batch.table = table;
	while (fgets(line, sizeof(line), f)) {
		batch.line++;
		line[strcspn(line, "\n")] = '\0';
		if (*line == '$')
			define(&names, line);
		else if (*line == '*')
			str_copy(table, sizeof(table), line + 1);
		else if (*line && *line != '#')
			expand_line(&batch, &names, line, each, arg);
	}
	fclose(f);
	names_free(&names);
}
