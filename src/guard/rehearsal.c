/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rehearsal as its caller sees it: a process that is started, may be waited
 * for, and is killed with us or when nobody wants it any more. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "rehearsal-internal.h"

struct rehearsal {
	struct vec lifelines;	/* each borrowed */
	pid_t pid;		/* 0: none could be started */
	int fd;			/* ends when the process does */
	struct board *board;
	size_t size;
	char *reason;		/* why it could not be started */
	struct vec untried;
};

static struct board *
board_new(size_t n, size_t *size)
{
	struct board *board;

	*size = sizeof(*board) + n * sizeof(board->lines[0]);
	board = mmap(NULL, *size, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		die(_("out of memory"));
	board->n = n;
	return board;
}

static void
start(struct rehearsal *r, const struct play *play)
{
	pid_t parent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		r->reason = xasprintf(_("cannot start a process: %s"),
				      strerror(errno));
		return;
	}
	r->pid = fork();
	if (r->pid == 0)
		rehearsal_main(play, fds[1], parent);
	if (r->pid < 0) {
		r->reason = xasprintf(_("cannot start a process: %s"),
				      strerror(errno));
		r->pid = 0;
	}
	close(fds[1]);
	r->fd = fds[0];
}

struct rehearsal *
rehearsal_start(const struct vec *lifelines, const struct tables *live,
		const struct tables *candidate)
{
	const struct scratch_facts facts = { .mac_known = true,
					     .routes_known = true };
	struct rehearsal *r = xcalloc(1, sizeof(*r));
	struct play play = { lifelines, live, candidate, NULL };

	for (size_t i = 0; i < lifelines->n; i++)
		vec_push(&r->lifelines, lifelines->v[i]);
	r->fd = -1;
	r->board = board_new(lifelines->n, &r->size);
	play.board = r->board;
	scratch_unloaded(candidate, &facts, &r->untried);
	start(r, &play);
	return r;
}

int
rehearsal_fd(const struct rehearsal *r)
{
	return r ? r->fd : -1;
}

static void
stop(struct rehearsal *r)
{
	if (r->pid > 0) {
		kill(r->pid, SIGKILL);
		while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	r->pid = 0;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

void
rehearsal_free(struct rehearsal *r)
{
	if (!r)
		return;
	stop(r);
	munmap(r->board, r->size);
	tryout_notes_done(&r->untried);
	vec_done(&r->lifelines);
	free(r->reason);
	free(r);
}

/* --- The report --- */

static char *
text_or_null(const char text[BOARD_TEXT])
{
	return text[0] ? xstrndup(text, BOARD_TEXT - 1) : NULL;
}

static void
add_line(struct rehearsal_report *report, const struct lifeline *ll,
	 const struct board_line *line)
{
	struct rehearsed_lifeline *rl = xcalloc(1, sizeof(*rl));

	rl->lifeline = ll;
	rl->candidate = line->candidate;
	rl->live = line->live;
	rl->account = text_or_null(line->account);
	vec_push(&report->lifelines, rl);
}

static struct rehearsal_report *
unusable_take(char *reason)
{
	struct rehearsal_report *report = xcalloc(1, sizeof(*report));

	report->reason = reason;
	return report;
}

/* The process has ended. */
static struct rehearsal_report *
read_board(struct rehearsal *r)
{
	const struct board *board = r->board;
	struct rehearsal_report *report;

	if (r->reason)
		return unusable_take(xstrdup(r->reason));
	if (!board->done)
		return unusable_take(xstrdup(_("the rehearsal was killed")));
	if (!board->usable)
		return unusable_take(text_or_null(board->reason));
	report = xcalloc(1, sizeof(*report));
	report->usable = true;
	report->refused = text_or_null(board->refused);
	report->setup_us = board->setup_us;
	report->answer_us = board->answer_us;
	for (size_t i = 0; i < r->lifelines.n; i++)
		add_line(report, r->lifelines.v[i], &board->lines[i]);
	report->untried = r->untried;
	r->untried = (struct vec){ 0 };
	return report;
}

/* Something to read, or the other end is closed: both mean the end. */
static bool
has_ended(const struct rehearsal *r, int limit_ms)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	int n;

	if (r->pid == 0)
		return true;
	do
		n = poll(&p, 1, limit_ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

struct rehearsal_report *
rehearsal_take(struct rehearsal **r)
{
	struct rehearsal_report *report;

	if (!has_ended(*r, 0))
		return NULL;
	report = read_board(*r);
	rehearsal_free(*r);
	*r = NULL;
	return report;
}

struct rehearsal_report *
rehearsal_run(const struct vec *lifelines, const struct tables *live,
	      const struct tables *candidate, int limit_ms)
{
	struct rehearsal *r = rehearsal_start(lifelines, live, candidate);
	struct rehearsal_report *report;

	if (has_ended(r, limit_ms))
		report = rehearsal_take(&r);
	else
		report = unusable_take(xstrdup(_("the rehearsal does not end in "
						 "time")));
	rehearsal_free(r);
	return report;
}

void
rehearsal_report_free(struct rehearsal_report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->lifelines.n; i++) {
		struct rehearsed_lifeline *rl = report->lifelines.v[i];

		free(rl->account);
		free(rl);
	}
	vec_done(&report->lifelines);
	tryout_notes_done(&report->untried);
	free(report->reason);
	free(report->refused);
	free(report);
}
