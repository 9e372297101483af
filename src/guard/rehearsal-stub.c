/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No rehearsal yet: it is not usable, and says so. The engine takes this file's
 * place: whoever lands it removes this one, here and in Makefile.am. */
#include <stdlib.h>
#include <unistd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/rehearsal.h>
#include <sallyport/tryout.h>

struct rehearsal {
	int fds[2];
};

struct rehearsal *
rehearsal_start(const struct vec *lifelines, const struct tables *live,
		const struct tables *candidate)
{
	struct rehearsal *r = xcalloc(1, sizeof(*r));

	(void)lifelines; (void)live; (void)candidate;
	if (pipe(r->fds) < 0 || write(r->fds[1], "x", 1) != 1)
		abort();
	return r;
}

int
rehearsal_fd(const struct rehearsal *r)
{
	return r->fds[0];
}

struct rehearsal_report *
rehearsal_take(struct rehearsal *r)
{
	(void)r;
	return rehearsal_run(NULL, NULL, NULL, 0);
}

void
rehearsal_free(struct rehearsal *r)
{
	if (!r)
		return;
	close(r->fds[0]);
	close(r->fds[1]);
	free(r);
}

struct rehearsal_report *
rehearsal_run(const struct vec *lifelines, const struct tables *live,
	      const struct tables *candidate, int limit_ms)
{
	struct rehearsal_report *report = xcalloc(1, sizeof(*report));

	(void)lifelines; (void)live; (void)candidate; (void)limit_ms;
	report->reason = xstrdup("not built yet");
	return report;
}

void
rehearsal_report_free(struct rehearsal_report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->lifelines.n; i++) {
		struct rehearsed_lifeline *one = report->lifelines.v[i];

		free(one->account);
		free(one);
	}
	vec_done(&report->lifelines);
	tryout_notes_done(&report->untried);
	free(report->reason);
	free(report->refused);
	free(report);
}
