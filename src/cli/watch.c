/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Staying with a trial: a countdown on one line that takes the two-digit code
 * as keep. The code is made and shown only once the change is in the kernel, so
 * that no key typed ahead can confirm; ^C asks for the revert; a hang-up leaves
 * it to the deadline. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>
#include <sallyport/code.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "internal.h"

#define EXTEND_MS 60000

struct watch {
	const struct world *world;
	struct guardian_client *client;
	int64_t deadline_ms;
	int signals;		/* a signalfd */
	bool keys;		/* in and out are a terminal */
	bool on_trial;
	bool login_demanded;	/* and there was none yet */
	bool gone;		/* hung up or terminated */
	int last_left;		/* seconds, as shown last */
	struct code code;
};

static int terminal_fd = -1;
static struct termios terminal_saved;

static void
terminal_restore(void)
{
	if (terminal_fd >= 0)
		tcsetattr(terminal_fd, TCSANOW, &terminal_saved);
	terminal_fd = -1;
}

/* Keys one by one, not echoed, and nothing that was typed before now. */
static void
terminal_take_keys(int fd)
{
	struct termios t;

	if (terminal_fd >= 0 || tcgetattr(fd, &t))
		return;
	terminal_saved = t;
	terminal_fd = fd;
	die_restore(terminal_restore);
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t.c_cc[VSUSP] = _POSIX_VDISABLE;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	tcsetattr(fd, TCSAFLUSH, &t);
}

static int64_t
now_ms(const struct watch *w)
{
	return w->world->clock->boot_ms(w->world->clock);
}

static int
seconds_left(const struct watch *w)
{
	int64_t ms = w->deadline_ms - now_ms(w);

	return ms > 0 ? (int)((ms + 999) / 1000) : 0;
}

/* Where the last line was longer its rest is blanked out. */
static void
print_countdown(const struct watch *w)
{
	FILE *out = w->world->out;
	int left = w->last_left;

	if (w->login_demanded)
		fprintf(out, _("\r%4d s  log in anew to keep it  R reverts  "
			       "+ longer: "), left);
	else if (!code_is_open(&w->code, now_ms(w)))
		fprintf(out, _("\r%4d s  wait %d s for a code  R reverts  "
			       "+ longer: "), left,
			code_wait_s(&w->code, now_ms(w)));
	else
		fprintf(out, _("\r%4d s  %d keeps  R reverts  + longer: "),
			left, w->code.code);
	if (w->code.typed >= 0)
		fprintf(out, "%d", w->code.typed);
	fprintf(out, "%12s%.*s", "", w->code.typed >= 0 ? 13 : 12,
		"\b\b\b\b\b\b\b\b\b\b\b\b\b");
}

static void
show_countdown(struct watch *w, bool again)
{
	int left = seconds_left(w);

	if (!w->on_trial || !w->keys || (left == w->last_left && !again))
		return;
	w->last_left = left;
	print_countdown(w);
	fflush(w->world->out);
}

static void
end_countdown(struct watch *w)
{
	if (w->on_trial && w->keys)
		fputc('\n', w->world->out);
	fflush(w->world->out);
}

static void
offer_code(struct watch *w)
{
	code_make(&w->code);
	terminal_take_keys(fileno(w->world->in));
	tcflush(fileno(w->world->in), TCIFLUSH);
}

/* Before a login that is demanded no code is offered. */
static void
on_proof(struct watch *w)
{
	bool demanded = w->login_demanded;

	w->login_demanded = false;
	if (demanded && w->keys && w->on_trial)
		offer_code(w);
}

static void
begin_trial(struct watch *w, const struct guardian_event *event)
{
	w->on_trial = true;
	w->last_left = -1;
	w->login_demanded = event->login_demanded;
	if (w->keys) {
		offer_code(w);
		fputs(w->login_demanded ?
		      _("On trial. A new login over IPv6 is demanded before it "
			"can be kept.\n") :
		      _("On trial. Type the two digits to keep it or, as the "
			"better proof, log in\nanew and run 'sallyport "
			"confirm'.\n"),
		      w->world->out);
		return;
	}
	cli_say_on_trial(w->world, event);
}

static enum err
ask_revert(struct watch *w)
{
	return guardian_revert(w->client, &w->world->actor, "asked");
}

static void
say_wrong(struct watch *w, int pair)
{
	end_countdown(w);
	fprintf(w->world->out, _("\a%02d is not the code.\n"), pair);
}

static enum err
take_digit(struct watch *w, int digit)
{
	int pair = 10 * w->code.typed + digit;

	if (w->login_demanded || !code_is_open(&w->code, now_ms(w))) {
		fputc('\a', w->world->out);
		return OK;
	}
	switch (code_digit(&w->code, digit, now_ms(w))) {
	case CODE_MORE:
		return OK;
	case CODE_RIGHT:
		return guardian_confirm(w->client, &w->world->actor);
	case CODE_CLOSED:
		tcflush(fileno(w->world->in), TCIFLUSH);
		say_wrong(w, pair);
		return OK;
	case CODE_WRONG:
		say_wrong(w, pair);
		return OK;
	}
	return OK;
}

static enum err
take_key(struct watch *w, char c)
{
	enum err err = OK;

	if (c >= '0' && c <= '9')
		err = take_digit(w, c - '0');
	else if (c == 'R')
		err = ask_revert(w);
	else if (c == '+')
		err = guardian_extend(w->client, EXTEND_MS);
	else
		code_clear(&w->code);
	show_countdown(w, true);
	return err;
}

static enum err
take_keys(struct watch *w)
{
	char keys[16];
	ssize_t n = read(fileno(w->world->in), keys, sizeof(keys));
	enum err err = OK;
	ssize_t i;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return OK;
	if (n <= 0)
		w->gone = true;
	for (i = 0; i < n && !err; i++)
		err = take_key(w, keys[i]);
	return err;
}

static enum err
take_signal(struct watch *w)
{
	struct signalfd_siginfo info;

	if (read(w->signals, &info, sizeof(info)) != sizeof(info))
		return OK;
	if (info.ssi_signo == SIGINT || info.ssi_signo == SIGQUIT)
		return ask_revert(w);
	w->gone = true;
	return OK;
}

/* The guardian does not answer any more: the record knows, and a new one is
 * started where the trial is not settled. */
static enum err
recover(struct watch *w, bool *settled)
{
	struct trial *trial = NULL;
	enum apply_found found = apply_rejoin(w->world, &trial, w->client);
	enum err err = OK;

	*settled = true;
	if (trial && trial_state_is_settled(trial->state)) {
		err = cli_record_outcome(w->world, trial);
	} else if (found == FOUND_RUNNING || found == FOUND_RESUMED) {
		*settled = false;
	} else if (found == FOUND_UNGUARDED) {
		err = ERR_FAIL;
	} else {
		err = fail(ERR_FAIL, _("the guardian is gone and there is no "
			   "record of the trial; look at 'sallyport list'"));
	}
	trial_free(trial);
	return err;
}

static enum err
handle_event(struct watch *w, const struct guardian_event *event,
	     bool *settled)
{
	switch (event->kind) {
	case EVENT_NONE:
	case EVENT_ASKED:
		break;
	case EVENT_ON_TRIAL:
		w->deadline_ms = event->deadline_ms;
		begin_trial(w, event);
		break;
	case EVENT_EXTENDED:
		w->deadline_ms = event->deadline_ms;
		break;
	case EVENT_ANSWERED:
		end_countdown(w);
		cli_say_answered(w->world, event->text);
		show_countdown(w, true);
		break;
	case EVENT_LOGIN:
		end_countdown(w);
		cli_say_login(w->world, event);
		if (event->proof)
			on_proof(w);
		show_countdown(w, true);
		break;
	case EVENT_CONFIRMED:
	case EVENT_REVERTED:
	case EVENT_FAILED:
		*settled = true;
		end_countdown(w);
		return cli_outcome(w->world, event);
	case EVENT_NOT_REVERTED:
	case EVENT_DENIED:
		end_countdown(w);
		cli_tell_event(w->world, event);
		break;
	case EVENT_LOST:
		end_countdown(w);
		return recover(w, settled);
	}
	return OK;
}

static enum err
take_events(struct watch *w, bool *settled)
{
	struct guardian_event event = {0};
	char *warning = NULL;
	enum guardian_event_kind kind;
	enum err err;

	do {
		apply_next(w->world, w->client, &event, &warning);
		kind = event.kind;
		if (warning)
			end_countdown(w);
		cli_warn_take(w->world, warning);
		warning = NULL;
		err = handle_event(w, &event, settled);
		guardian_event_done(&event);
	} while (!err && !*settled && kind != EVENT_NONE);
	return err;
}

static enum err
watch_step(struct watch *w, bool *settled)
{
	struct pollfd fds[] = {
		{ .fd = w->client->fd, .events = POLLIN },
		{ .fd = w->signals, .events = POLLIN },
		{ .fd = w->keys && w->on_trial ? fileno(w->world->in) : -1,
		  .events = POLLIN },
	};
	enum err err = OK;

	show_countdown(w, false);
	apply_mend(w->world, w->client);
	if (poll(fds, ARRAY_LEN(fds), 200) < 0)
		return OK;
	if (fds[1].revents)
		err = take_signal(w);
	if (!err && fds[2].revents)
		err = take_keys(w);
	if (!err && fds[0].revents)
		err = take_events(w, settled);
	return err;
}

static enum err
watch_run(struct watch *w)
{
	bool settled = false;
	enum err err = take_events(w, &settled);

	while (!settled && !w->gone && !err)
		err = watch_step(w, &settled);
	if (!settled && !err)
		return fail(ERR_FAIL, _("left while the change is on trial: it "
			    "is undone at the deadline unless 'sallyport "
			    "confirm' keeps it"));
	return err;
}

/* Confirmed: it is there as far as others left it. */
static void
say_missing(const struct world *world)
{
	struct trial *trial = apply_record(world);

	cli_say_missing(world, trial);
	trial_free(trial);
}

enum err
cli_watch(const struct world *world, struct guardian_client *client)
{
	struct watch w = {
		.world = world,
		.client = client,
		.keys = world->tty_in && world->tty_out,
	};
	sigset_t wanted;
	sigset_t before;
	enum err err;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGQUIT);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGHUP);
	sigprocmask(SIG_BLOCK, &wanted, &before);
	w.signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	err = w.signals < 0 ? fail_errno(_("cannot wait for signals")) :
			      watch_run(&w);
	terminal_restore();
	if (w.signals >= 0)
		close(w.signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (!err)
		say_missing(world);
	if (err == ERR_REVERTED)
		apply_take(world);
	return err;
}
