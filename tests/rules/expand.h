/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Templates of specs, as tests/rules/grammar explains them, made into specs:
 * every alternative of a template is taken at least once, and as many ways
 * through it again are taken by chance, which is the same chance each time. */
#ifndef TESTS_EXPAND_H
#define TESTS_EXPAND_H

#include <sallyport/vec.h>

/* The specs of one template; none twice. */
struct batch {
	const char *table;
	unsigned line;		/* of the grammar */
	struct vec specs;	/* of char * */
};

/* Read the grammar; each() is called for each template and borrows the batch.
 * A grammar that cannot be read ends the test. */
void expand_grammar(const char *path,
		    void (*each)(const struct batch *batch, void *arg),
		    void *arg);

/* The next number below n > 0 of a sequence that is always the same. */
struct chance {
	unsigned long long state;
};
unsigned chance_below(struct chance *chance, unsigned n);

#endif
