/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts for ip6tables-restore and for us: tests/kernel/load.c. */
#ifndef TESTS_KERNEL_LOAD_TEXTS_H
#define TESTS_KERNEL_LOAD_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	const char *name;
	const char *text;
	size_t len;		/* 0 in the table: up to its NUL */
	bool noflush;
	bool counted;		/* into empty tables; counters are compared */
	enum { SAME, TAKE, REFUSE } we;
	const char *why;	/* we differ */
};

/* All of them, on the heap. */
struct text *texts_new(size_t *n);
void texts_free(struct text *texts, size_t n);

#endif
