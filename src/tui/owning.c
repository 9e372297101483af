/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An edit of a chain that belongs to another program is asked about first: once
 * for each such chain, whichever way the edit came. It is taken back until
 * somebody says yes. */
#include <stdlib.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/owned.h>
#include "rules.h"

#define DOCKER_USER "DOCKER-USER"

static bool
is_allowed(const struct ui *ui, const char *chain)
{
	const struct vec *allowed = &ui->owned_allowed;

	return str_find((const char *const *)allowed->v, allowed->n, chain);
}

static void
allow(struct ui *ui, const struct step *step)
{
	struct vec chains = { 0 };

	owned_touched(&step->changesets, &chains);
	for (size_t i = 0; i < chains.n; i++)
		if (!is_allowed(ui, chains.v[i]))
			vec_push(&ui->owned_allowed, xstrdup(chains.v[i]));
	vec_done(&chains);
}

void
owned_allow_staged(struct ui *ui)
{
	const struct vec *steps = &ui->session->steps;

	for (size_t i = 0; i < steps->n; i++)
		allow(ui, steps->v[i]);
}

static void
on_yes(struct ui *ui)
{
	const struct vec *steps = &ui->session->steps;

	if (!session_redo(ui->session))
		return;
	allow(ui, steps->v[steps->n - 1]);
	ui_changed(ui);
	rules_follow(ui);
	ui_say(ui, _("staged; u undoes it"));
}

static void
on_no(struct ui *ui)
{
	ui_say(ui, _("nothing was staged"));
}

static const struct choice choices[] = {
	{ 'y', N_("Edit it"), on_yes },
	{ 'n', N_("Leave it"), on_no },
};

/* Where the administrator's rules for containers go. */
static bool
has_docker_user(const struct ui *ui)
{
	const struct ruleset *rs = tables_get(ui->session->candidate, "filter");

	return rs && ruleset_chain(rs, DOCKER_USER);
}

static char *
question(const struct ui *ui, const struct vec *chains)
{
	const char *chain = chains->v[0], *owner = owned_by(chain);

	if (chains->n > 1)
		return xasprintf(Q_("%s rewrites %s at will, and %zu more chain "
				    "belongs to other programs: edit them all "
				    "the same?", "%s rewrites %s at will, and "
				    "%zu more chains belong to other programs: "
				    "edit them all the same?", chains->n - 1),
				 owner, chain, chains->n - 1);
	if (str_starts(chain, "DOCKER") && has_docker_user(ui))
		return xasprintf(_("%s rewrites %s at will; %s is yours. Edit "
				   "%s all the same?"), owner, chain,
				 DOCKER_USER, chain);
	return xasprintf(_("%s rewrites %s at will: edit it all the same?"),
			 owner, chain);
}

void
owned_ask(struct ui *ui)
{
	const struct vec *steps = &ui->session->steps;
	const struct step *last = steps->v[steps->n - 1];
	struct vec touched = { 0 }, chains = { 0 };
	char *text;

	owned_touched(&last->changesets, &touched);
	for (size_t i = 0; i < touched.n; i++)
		if (!is_allowed(ui, touched.v[i]))
			vec_push(&chains, touched.v[i]);
	if (chains.n > 0) {
		text = question(ui, &chains);
		session_undo(ui->session);
		ui_changed(ui);
		form_ask(&ui->form, text, choices, ARRAY_LEN(choices));
		ui->form.cancel = on_no;
		free(text);
	}
	vec_done(&touched);
	vec_done(&chains);
}

void
owned_forget(struct ui *ui)
{
	while (ui->owned_allowed.n)
		free(vec_pop(&ui->owned_allowed));
	vec_done(&ui->owned_allowed);
}
