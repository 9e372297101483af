/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two digits that keep a change. They are made and shown only once it is in
 * the kernel, so that no key typed ahead can give them; that they come back is
 * the proof that both directions live. Three wrong pairs close it for 10 s, each
 * further one for twice as long as the last, and then there is another code: a
 * cat on the keyboard, or all ninety of them in a row, keeps nothing. */
#ifndef SALLYPORT_CODE_H
#define SALLYPORT_CODE_H

#include <stdbool.h>
#include <stdint.h>

struct code {
	int code;		/* 10..99 */
	int typed;		/* the first digit; -1: none */
	unsigned wrong;		/* pairs so far */
	int64_t open_ms;	/* boot clock: closed before */
};

enum code_said {
	CODE_MORE,		/* that was the first digit */
	CODE_RIGHT,
	CODE_WRONG,
	CODE_CLOSED,		/* nothing is taken now, or from now on */
};

void code_make(struct code *code);	/* a new one, with all tries */
void code_clear(struct code *code);	/* nothing is typed */
enum code_said code_digit(struct code *code, int digit, int64_t now_ms);
bool code_is_open(const struct code *code, int64_t now_ms);

/* Seconds until it is open; 0 when it is. */
int code_wait_s(const struct code *code, int64_t now_ms);

#endif
