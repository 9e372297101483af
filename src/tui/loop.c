/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only place that waits: for keys, signals, the clock, the trial and the
 * rehearsal. Each of them is a descriptor, so none can come in between two of the others. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "loop.h"
#include "term.h"
#include "ui.h"

#define QUIET_MS 50	/* nothing comes: the kernel can be asked */
#define SILENT_MAX 8	/* readable without a byte: the terminal is gone */

static const int signals[] = {
	SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT, SIGPIPE,
};

static struct {
	sigset_t old_mask;
	int signal_fd;
	int timer_fd;
	int silent;
} loop = { .signal_fd = -1, .timer_fd = -1 };

enum err
loop_open(void)
{
	const struct itimerspec second = {
		.it_interval = { .tv_sec = 1 },
		.it_value = { .tv_sec = 1 },
	};
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaddset(&mask, signals[i]);
	sigprocmask(SIG_BLOCK, &mask, &loop.old_mask);
	loop.signal_fd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	loop.timer_fd = timerfd_create(CLOCK_MONOTONIC,
				       TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop.signal_fd < 0 || loop.timer_fd < 0 ||
	    timerfd_settime(loop.timer_fd, 0, &second, NULL) < 0)
		return fail_errno(_("cannot wait for signals and the clock"));
	return OK;
}

void
loop_close(void)
{
	close(loop.signal_fd);
	close(loop.timer_fd);
	sigprocmask(SIG_SETMASK, &loop.old_mask, NULL);
}

static void
leave(struct ui *ui, int status)
{
	ui->done = true;
	ui->status = status;
}

static void
on_signal(struct ui *ui, int sig)
{
	switch (sig) {
	case SIGWINCH:
		term_resize();
		return;
	case SIGCONT:
		term_repaint();
		return;
	case SIGTSTP:
		term_suspend();
		return;
	case SIGINT:
		ui_key(ui, KEY_CTRL('C'));
		return;
	case SIGHUP:
	case SIGTERM:
		leave(ui, 1);
		return;
	default:
		return;
	}
}

static void
drain_signals(struct ui *ui)
{
	struct signalfd_siginfo info;

	while (read(loop.signal_fd, &info, sizeof(info)) == sizeof(info))
		on_signal(ui, (int)info.ssi_signo);
}

static void
drain_keys(struct ui *ui)
{
	int key;
	bool any = false;

	while (!ui->done && term_key(&key)) {
		any = true;
		if (key == KEY_CTRL('Z'))
			term_suspend();
		else
			ui_key(ui, key);
	}
	loop.silent = any ? 0 : loop.silent + 1;
}

/* A terminal that hung up is always readable and never has a byte. */
static bool
is_gone(short revents)
{
	if (revents & (POLLHUP | POLLERR | POLLNVAL))
		return true;
	return loop.silent > SILENT_MAX;
}

static void
on_timer(struct ui *ui)
{
	uint64_t n;

	if (read(loop.timer_fd, &n, sizeof(n)) == sizeof(n))
		ui_tick(ui);
}

static void
wait_once(struct ui *ui)
{
	struct pollfd fds[] = {
		{ .fd = loop.signal_fd, .events = POLLIN },
		{ .fd = term_fd(), .events = POLLIN },
		{ .fd = loop.timer_fd, .events = POLLIN },
		{ .fd = watch_fd(&ui->watch), .events = POLLIN },
		{ .fd = session_rehearsal_fd(ui->session), .events = POLLIN },
		{ .fd = probing_fd(ui), .events = POLLIN },
		{ .fd = flowing_fd(ui), .events = POLLIN },
	};
	bool due = ui->session->rehearsal_due || ui->probe.due;
	int n = poll(fds, ARRAY_LEN(fds), due ? QUIET_MS : -1);

	if (n < 0)
		return;
	if (n == 0) {
		session_rehearse(ui->session);
		probing_rehearse(ui);
	}
	if (fds[4].revents)
		ui_rehearsal(ui);
	if (fds[5].revents)
		probing_input(ui);
	if (fds[6].revents)
		flowing_input(ui);
	if (fds[0].revents)
		drain_signals(ui);
	if (fds[3].revents)
		watch_input(ui);
	if (fds[1].revents & POLLIN)
		drain_keys(ui);
	if (is_gone(fds[1].revents))
		leave(ui, 1);
	if (fds[2].revents)
		on_timer(ui);
}

void
loop_run(struct ui *ui)
{
	ui_draw(ui);
	ui_sync(ui);
	ui_tell_boot(ui);
	while (!ui->done) {
		ui_draw(ui);
		wait_once(ui);
	}
}
