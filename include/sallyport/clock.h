/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time as an argument. Deadlines use the boot clock, which counts through
 * suspend and does not jump; the wall clock is for people only. */
#ifndef SALLYPORT_CLOCK_H
#define SALLYPORT_CLOCK_H

#include <stdint.h>

struct clock {
	int64_t (*boot_ms)(const struct clock *clock);	/* CLOCK_BOOTTIME, ms */
	int64_t (*wall_s)(const struct clock *clock);	/* seconds since 1970 */
	int64_t offset_ms;	/* for tests: added to boot_ms */
};

extern const struct clock clock_system;

/* /proc/sys/kernel/random/boot_id, 36 characters; "" where unreadable. */
const char *clock_boot_id(void);

/* Append wall seconds as local time, "2026-11-24 05:25:07". */
struct str;
void clock_format(struct str *out, int64_t wall_s);

#endif
