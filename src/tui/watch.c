/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watching a trial. The guardian decides; the editor counts down, passes on
 * what the administrator wants, and shows what became of it. What keeps a
 * change is a code that is made and shown only once the change is in the
 * kernel, so that no key typed ahead can give it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "term.h"
#include "ui.h"

#define EXTEND_MS 60000

static const int bells_s[] = { 30, 10 };

static void
begin(struct ui *ui, enum watch_phase phase)
{
	struct watch *watch = &ui->watch;

	watch->phase = phase;
	code_clear(&watch->code);
	watch->login_demanded = false;
	watch->bell_s = 0;
}

void
watch_release(struct watch *watch)
{
	if (watch->claim >= 0)
		close(watch->claim);
	watch->claim = -1;
}

void
watch_end(struct watch *watch)
{
	guardian_disconnect(&watch->client);
	watch->phase = WATCH_NONE;
	changesets_done(&watch->changes);
	watch->changes = (struct vec){ 0 };
	watch_forget(watch);
	free(watch->by);
	watch->by = NULL;
	watch->found = false;
	watch->theirs = false;
	watch_release(watch);
}

int
watch_fd(const struct watch *watch)
{
	return watch->phase == WATCH_NONE ? -1 : watch->client.fd;
}

static int64_t
now_ms(const struct ui *ui)
{
	return ui->world->clock->boot_ms(ui->world->clock);
}

bool
watch_takes_code(const struct ui *ui)
{
	return ui->watch.phase == WATCH_RUNNING && !ui->world->read_only &&
	       !ui->watch.login_demanded &&
	       code_is_open(&ui->watch.code, now_ms(ui));
}

long
watch_seconds(const struct ui *ui)
{
	int64_t left = ui->watch.deadline_ms - now_ms(ui);

	return left > 0 ? (long)((left + 999) / 1000) : 0;
}

void
watch_start(struct ui *ui, const struct guardian_client *client,
	    struct vec *changes)
{
	begin(ui, WATCH_STARTING);
	ui->watch.client = *client;
	ui->watch.changes = *changes;
	*changes = (struct vec){ 0 };
	ui->watch.claim = apply_claim(ui->world);
}

void
watch_run(struct ui *ui, int64_t deadline_ms)
{
	ui->watch.phase = WATCH_RUNNING;
	ui->watch.deadline_ms = deadline_ms;
	code_make(&ui->watch.code);
}

/* --- What the administrator wants --- */

static void
asked(struct ui *ui, enum err err)
{
	if (err)
		ui_error(ui);
}

const char *
watch_read_only(void)
{
	return _("read-only: a trial is settled by who may change the rules");
}

static void
keep(struct ui *ui)
{
	asked(ui, guardian_confirm(&ui->watch.client, &ui->world->actor));
	ui->watch.phase = WATCH_ENDING;
}

/* Whatever was typed together with the wrong digits goes, too. */
static void
on_closed(struct ui *ui)
{
	term_flush_keys();
	ui_warn(ui, _("no digits are taken for %d s; then there is another "
		      "code"), code_wait_s(&ui->watch.code, now_ms(ui)));
	ui_changed(ui);
}

void
watch_digit(struct ui *ui, int digit)
{
	struct code *code = &ui->watch.code;
	int pair = 10 * code->typed + digit;

	if (ui->world->read_only) {
		ui_warn(ui, "%s", watch_read_only());
		return;
	}
	if (ui->watch.login_demanded) {
		ui_warn(ui, _("log in anew over IPv6 first: then there is a "
			      "code that keeps the change"));
		return;
	}
	switch (code_digit(code, digit, now_ms(ui))) {
	case CODE_MORE:
		ui_say(ui, "%d_", digit);
		return;
	case CODE_RIGHT:
		keep(ui);
		return;
	case CODE_WRONG:
		ui_warn(ui, _("%02d is not the code: %d keeps the change"),
			pair, code->code);
		return;
	case CODE_CLOSED:
		on_closed(ui);
		return;
	}
}

void
watch_revert(struct ui *ui)
{
	asked(ui, guardian_revert(&ui->watch.client, &ui->world->actor,
				  "asked"));
	ui->watch.phase = WATCH_ENDING;
}

void
watch_extend(struct ui *ui)
{
	asked(ui, guardian_extend(&ui->watch.client, EXTEND_MS));
}

void
watch_tick(struct ui *ui)
{
	struct watch *watch = &ui->watch;
	long left = watch_seconds(ui);

	if (watch->phase != WATCH_NONE)
		apply_mend(ui->world, &watch->client);
	if (watch->phase != WATCH_NONE && watch->client.fd < 0 &&
	    watch->rejoin_ms && now_ms(ui) >= watch->rejoin_ms)
		watch_lost(ui);
	if (watch->phase != WATCH_RUNNING)
		return;
	if (watch->code.open_ms && code_is_open(&watch->code, now_ms(ui))) {
		watch->code.open_ms = 0;	/* the page shows it again */
		ui_changed(ui);
	}
	for (size_t i = ARRAY_LEN(bells_s); i-- > 0;) {
		if (left > bells_s[i])
			continue;
		if (watch->bell_s != bells_s[i])
			term_bell();
		watch->bell_s = bells_s[i];
		return;
	}
}

/* --- The line below the title --- */

/* While there is no code. */
static void
waiting_line(const struct ui *ui, size_t width, enum role role,
	     struct paint *paint)
{
	long left = watch_seconds(ui);

	if (ui->world->read_only)
		paint_addf(paint, role, width >= 76 ?
			   _(" ON TRIAL  %ld s left    read-only: it is settled "
			     "elsewhere") : _(" %ld s left on trial"), left);
	else if (ui->watch.login_demanded)
		paint_addf(paint, role, width >= 76 ?
			   _(" ON TRIAL  %ld s left    log in anew to keep it"
			     "    R undoes it    + 60 s more") :
			   _(" %ld s left: log in anew, R undoes"), left);
	else
		paint_addf(paint, role, width >= 76 ?
			   _(" ON TRIAL  %ld s left    a code follows"
			     "    R undoes it now    + 60 s more") :
			   _(" %ld s left: a code follows, R undoes"), left);
}

static void
running_line(const struct ui *ui, size_t width, struct paint *paint)
{
	long left = watch_seconds(ui);
	enum role role = left <= bells_s[1] ? ROLE_URGENT : ROLE_COUNTDOWN;
	int code = ui->watch.code.code;

	if (!watch_takes_code(ui))
		waiting_line(ui, width, role, paint);
	else if (width >= 76)
		paint_addf(paint, role, _(" ON TRIAL  %ld s left    %d keeps it"
			   "    R undoes it now    + 60 s more"), left, code);
	else
		paint_addf(paint, role, _(" %ld s left: %d keeps, R undoes"),
			   left, code);
}

bool
watch_line(const struct ui *ui, size_t width, struct paint *paint)
{
	switch (ui->watch.phase) {
	case WATCH_NONE:
		return false;
	case WATCH_STARTING:
		paint_addf(paint, ROLE_COUNTDOWN, " %s", _("committing ..."));
		return true;
	case WATCH_RUNNING:
		running_line(ui, width, paint);
		return true;
	case WATCH_ENDING:
		paint_addf(paint, ROLE_COUNTDOWN, " %s",
			   _("asked the guardian ..."));
		return true;
	}
	return false;
}
