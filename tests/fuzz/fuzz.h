/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzzing targets share. Each is one function that takes bytes; make
 * fuzz links it to libFuzzer, make check to a loop over tests/fuzz/found. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include <sallyport/text.h>
#include <sallyport/xt.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise was broken: what was found, and where. */
#define must(what, ...) do { \
	if (!(what)) { \
		fprintf(stderr, "broken: %s: ", #what); \
		fprintf(stderr, __VA_ARGS__); \
		fputc('\n', stderr); \
		abort(); \
	} \
} while (0)

static inline void
fuzz_start(void)
{
	static bool started;

	if (!started && xt_init(false) != OK)
		abort();
	started = true;
}

#endif
