/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was exposed: the changes that are staged for it, and what becomes of its
 * packets now. */
#include <netinet/in.h>
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "cursesw.h"
#include "page.h"
#include "rules.h"
#include "term.h"

static enum role
added_role(const char *line)
{
	return *line == ' ' ? ROLE_TEXT : diff_role(line);
}

static void
put_heading(const struct ui *ui, struct page *page)
{
	const struct exposure *what = &ui->expose.what;
	bool utf8 = ui->world->utf8;
	struct str to = { 0 }, from = { 0 };
	char *line;

	receiver_describe(what->receiver, utf8, &to);
	exposure_format_from(what, &from);
	line = xasprintf(_("%s port %u of %s, for %s"),
			 what->proto == IPPROTO_UDP ? "udp" : "tcp",
			 what->port, str_text(&to), str_text(&from));
	page_add(page, ROLE_CHAIN, line, utf8);
	free(line);
	str_done(&to);
	str_done(&from);
}

static void
put_changes(const struct ui *ui, bool was_open, const struct vec *changesets,
	    struct page *page)
{
	bool utf8 = ui->world->utf8;
	struct str text = { 0 };

	if (changesets->n == 0) {
		page_add(page, ROLE_TEXT, _("It is open already; nothing was "
			 "staged."), utf8);
		return;
	}
	page_add(page, ROLE_TEXT, was_open ? _("The port was open already. "
		 "Staged as one step, what it needs:") :
		 _("Staged as one step:"), utf8);
	changesets_describe(changesets, &text);
	page_text(page, str_text(&text), added_role, utf8);
	str_done(&text);
}

static void
put_line(struct page *page, enum role role, char *line, bool utf8)
{
	paint_raw(page_row(page, 2, utf8), role, line);
	free(line);
}

static enum role
answer_role(const struct probe_answer *answer)
{
	switch (probe_judgement(answer)) {
	case VERDICT_ACCEPT:
		return ROLE_SAFE;
	case VERDICT_DROP:
		return ROLE_BAD;
	case VERDICT_UNKNOWN:
		break;
	}
	return ROLE_WARN;
}

/* Both judges, and what the kernel adds. */
static void
put_verdict(const struct probe_answer *answer, struct page *page, bool utf8)
{
	const char *judge = probe_by_kernel(answer) ? _("rehearsed") :
						      _("walked");
	struct str text = { 0 }, account = { 0 };

	probe_verdict(answer, &text);
	put_line(page, answer_role(answer), probe_agrees(answer) ?
		 xasprintf("%s (%s)", str_text(&text), judge) :
		 xasprintf(_("%s (walked), %s (%s)"), str_text(&text),
			   verdict_name(probe_judgement(answer)), judge), utf8);
	probe_account(answer, &account);
	if (account.len > 0)
		put_line(page, ROLE_DIM, xstrdup(str_text(&account)), utf8);
	str_done(&text);
	str_done(&account);
}

/* Whoever no rule names first; then, where all together fare worse, those. */
static void
put_answer(const struct exposed *exposed, struct page *page, bool utf8)
{
	const struct probe_answer *one = exposed->answer, *all = exposed->all;
	struct str text = { 0 };

	put_verdict(one, page, utf8);
	if (one->walk.verdict == VERDICT_ACCEPT &&
	    all->walk.verdict != VERDICT_ACCEPT) {
		probe_verdict(all, &text);
		put_line(page, ROLE_TEXT, xasprintf(_("but not for everybody: "
			 "%s"), str_text(&text)), utf8);
		str_done(&text);
	}
	if (exposed->trouble)
		put_line(page, ROLE_BAD, xstrdup(exposed->trouble), utf8);
	if (one->question.note)
		put_line(page, ROLE_WARN, xstrdup(one->question.note), utf8);
}

static void
put_notes(const struct ui *ui, struct page *page)
{
	const struct containers *containers = ui->expose.containers;
	bool utf8 = ui->world->utf8;

	if (ui->session->other_world)
		put_line(page, ROLE_WARN, xstrdup(_("nf_tables has rules, too, "
			 "which were not looked at")), utf8);
	if (containers->note)
		put_line(page, ROLE_DIM, xstrdup(containers->note), utf8);
}

static void
on_listing(struct ui *ui)
{
	ui_pop(ui);
	rules_follow(ui);
}

static const struct action actions[] = {
	{ .keys = { '\r', FN(KEY_ENTER), 'q', FN(KEY_F(10)) },
	  .name = "listing", .foot = N_("Show"), .run = on_listing,
	  .help = N_("Show what was staged in the listing") },
	{ .keys = { 'x' }, .name = "expose", .foot = N_("Another port"),
	  .run = expose_again, .help = N_("Expose another port") },
};

static const struct action_table exposed_actions = ACTION_TABLE(actions);

const struct screen exposed_screen = {
	.name = N_("Exposed"),
	.is_text = true,
	.count = page_count,
	.draw_row = page_draw_row,
	.close = page_close,
	.actions = &exposed_actions,
};

void
exposed_open(struct ui *ui, const struct exposed *exposed, const struct vec *changesets)
{
	struct page *page = xcalloc(1, sizeof(*page));
	bool utf8 = ui->world->utf8;

	put_heading(ui, page);
	put_answer(exposed, page, utf8);
	put_notes(ui, page);
	page_add(page, ROLE_TEXT, "", utf8);
	put_changes(ui, exposed->was_open, changesets, page);
	ui_push(ui, &exposed_screen, page);
}
