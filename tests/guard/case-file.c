/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Case files are read line by line: a line in brackets begins a section. */
#include "case.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "net.h"

static const char *const section_names[SECTION_COUNT] = {
	[SECTION_ABOUT] = "",
	[SECTION_HOST] = "[host]",
	[SECTION_CONF] = "[conf]",
	[SECTION_LIVE] = "[live]",
	[SECTION_CANDIDATE] = "[candidate]",
	[SECTION_REFUSED] = "[refused]",
	[SECTION_UNREADABLE] = "[unreadable]",
	[SECTION_SAFE] = "[safe]",
	[SECTION_KERNEL] = "[kernel]",
	[SECTION_UNMENDED] = "[unmended]",
};

static enum section
section_named(const char *line, const char *path)
{
	for (enum section s = SECTION_HOST; s < SECTION_COUNT; s++)
		if (strcmp(line, section_names[s]) == 0)
			return s;
	net_die("%s: unknown section %s", path, line);
}

static void
take_lines(FILE *f, const char *path, struct case_file *c)
{
	enum section section = SECTION_ABOUT;
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, f) > 0) {
		if (line[0] != '[' || !isalpha((unsigned char)line[1])) {
			str_add(&c->text[section], line);
			continue;
		}
		line[strcspn(line, "\n")] = '\0';
		section = section_named(line, path);
		c->has[section] = true;
	}
	free(line);
}

void
case_read(const char *path, struct case_file *c)
{
	FILE *f = fopen(path, "re");

	*c = (struct case_file){ 0 };
	if (!f)
		net_die("%s", path);
	take_lines(f, path, c);
	fclose(f);
	if (!c->has[SECTION_CANDIDATE] ||
	    c->has[SECTION_REFUSED] + c->has[SECTION_UNREADABLE] +
	    c->has[SECTION_SAFE] != 1)
		net_die("%s: a candidate, and one thing to be said", path);
}

void
case_done(struct case_file *c)
{
	for (enum section s = SECTION_ABOUT; s < SECTION_COUNT; s++)
		str_done(&c->text[s]);
}

bool
case_line(const char **at, struct str *line)
{
	while (**at) {
		size_t len = strcspn(*at, "\n");

		str_clear(line);
		str_addn(line, *at, len);
		*at += len + ((*at)[len] == '\n');
		if (len && line->s[0] != '#')
			return true;
	}
	return false;
}

unsigned
case_words(const char **at, const char *words[], unsigned max, struct str *line)
{
	unsigned n = 0;
	char *p;

	for (unsigned i = 0; i < max; i++)
		words[i] = "";
	if (!case_line(at, line))
		return 0;
	p = line->s + strspn(line->s, " ");
	while (*p && n < max) {
		words[n++] = p;
		if (n == max)
			break;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
		p += strspn(p, " ");
	}
	return n;
}
