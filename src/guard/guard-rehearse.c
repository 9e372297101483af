/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard asks the kernel: at once, or while somebody edits on. */
#include <sallyport/guard.h>

void
guard_rehearse(struct guard_report *report, const struct tables *live,
	       const struct tables *candidate, int limit_ms)
{
	struct vec lifelines = { 0 };

	guard_tries(report, &lifelines);
	if (lifelines.n > 0)
		guard_join_take(report, rehearsal_run(&lifelines, live,
						      candidate, limit_ms));
	vec_done(&lifelines);
}

void
guard_rehearse_start(struct guard_report *report, const struct tables *live,
		     const struct tables *candidate)
{
	struct vec lifelines = { 0 };

	guard_tries(report, &lifelines);
	if (lifelines.n > 0) {
		report->running = rehearsal_start(&lifelines, live, candidate);
		report->stage = GUARD_REHEARSING;
		if (rehearsal_fd(report->running) < 0)
			guard_rehearse_take(report);
	}
	vec_done(&lifelines);
}

int
guard_rehearse_fd(const struct guard_report *report)
{
	return report ? rehearsal_fd(report->running) : -1;
}

bool
guard_rehearse_take(struct guard_report *report)
{
	struct rehearsal_report *rehearsal = rehearsal_take(&report->running);

	if (!rehearsal)
		return false;
	guard_join_take(report, rehearsal);
	return true;
}
