/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the code is made and how its tries are counted. */
#include <sys/random.h>
#include <sallyport/code.h>
#include <sallyport/err.h>

#define TRIES 3
#define WAIT_MS 10000
#define DOUBLINGS_MAX 10

static int
draw(void)
{
	unsigned char byte;

	do {
		if (getrandom(&byte, 1, 0) != 1)
			die("no random numbers: getrandom failed");
	} while (byte >= 180);
	return 10 + byte % 90;
}

void
code_make(struct code *code)
{
	*code = (struct code){ .code = draw(), .typed = -1 };
}

void
code_clear(struct code *code)
{
	code->typed = -1;
}

bool
code_is_open(const struct code *code, int64_t now_ms)
{
	return now_ms >= code->open_ms;
}

int
code_wait_s(const struct code *code, int64_t now_ms)
{
	return code_is_open(code, now_ms) ? 0 :
	       (int)((code->open_ms - now_ms + 999) / 1000);
}

static enum code_said
on_wrong(struct code *code, int64_t now_ms)
{
	unsigned doublings;

	if (++code->wrong < TRIES)
		return CODE_WRONG;
	doublings = code->wrong - TRIES;
	if (doublings > DOUBLINGS_MAX)
		doublings = DOUBLINGS_MAX;
	code->open_ms = now_ms + ((int64_t)WAIT_MS << doublings);
	code->code = draw();
	return CODE_CLOSED;
}

enum code_said
code_digit(struct code *code, int digit, int64_t now_ms)
{
	int pair = 10 * code->typed + digit;

	if (!code_is_open(code, now_ms))
		return CODE_CLOSED;
	if (code->typed < 0) {
		code->typed = digit;
		return CODE_MORE;
	}
	code->typed = -1;
	return pair == code->code ? CODE_RIGHT : on_wrong(code, now_ms);
}
