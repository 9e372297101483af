/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two digits: given they keep, and noise does not find them. */
#include <sallyport/code.h>
#include "../tap.h"

static enum code_said
type(struct code *code, int pair, int64_t now_ms)
{
	enum code_said said = code_digit(code, pair / 10, now_ms);

	return said == CODE_MORE ? code_digit(code, pair % 10, now_ms) : said;
}

static int
wrong_pair(const struct code *code)
{
	return code->code == 10 ? 11 : 10;
}

static void
test_right(void)
{
	struct code code;

	code_make(&code);
	ok(code.code >= 10 && code.code <= 99, "two digits");
	is_int(code_digit(&code, code.code / 10, 0), CODE_MORE, "the first");
	is_int(code_digit(&code, code.code % 10, 0), CODE_RIGHT, "the second");
	is_int(code_digit(&code, code.code / 10, 0), CODE_MORE, "one digit");
	code_clear(&code);
	is_int(type(&code, code.code, 0), CODE_RIGHT,
	       "another key forgets what was typed before it");
}

static void
test_closing(void)
{
	struct code code;

	code_make(&code);
	is_int(type(&code, wrong_pair(&code), 0), CODE_WRONG, "wrong");
	is_int(type(&code, wrong_pair(&code), 0), CODE_WRONG, "wrong again");
	is_int(type(&code, wrong_pair(&code), 0), CODE_CLOSED,
	       "the third closes it");
	is_int(code_wait_s(&code, 1), 10, "for ten seconds");
	is_int(type(&code, code.code, 9999), CODE_CLOSED,
	       "the right one too is not taken now");
	is_int(type(&code, wrong_pair(&code), 10000), CODE_CLOSED,
	       "one wrong one more");
	is_int(code_wait_s(&code, 10000), 20, "closes it for twice as long");
	is_int(type(&code, code.code, 30000), CODE_RIGHT,
	       "then the right one keeps");
	for (int i = 0; i < 100; i++)
		type(&code, wrong_pair(&code), code.open_ms);
	ok(code_wait_s(&code, 0) > 0, "and it goes on without an overflow");
}

/* All pairs in a row, ten times over: three tries of ninety. */
static void
test_noise(void)
{
	int found = 0;

	for (int round = 0; round < 3000; round++) {
		struct code code;
		bool right = false;

		code_make(&code);
		for (int pair = 10; pair <= 99; pair++)
			right = right || type(&code, pair, pair * 100) ==
				CODE_RIGHT;
		found += right;
	}
	diag("%d of 3000 found by all pairs within 9 s", found);
	ok(found < 200, "all pairs in a row find it in 3 of 90 cases");
}

int
main(void)
{
	test_right();
	test_closing();
	test_noise();
	return done_testing();
}
