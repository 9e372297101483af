/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a key means: first to the trial that runs, then to the screen, then
 * everywhere. Dispatch, footer and help read the same tables. */
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include <sallyport/tui.h>
#include "action.h"
#include "term.h"
#include "review.h"
#include "ui.h"

static bool
has_key(const struct action *action, int key)
{
	for (size_t i = 0; i < ACTION_KEYS; i++)
		if (action->keys[i] && action->keys[i] == key)
			return true;
	return false;
}

static const struct action *
find_in(const struct action_table *table, int key)
{
	for (size_t i = 0; i < table->n; i++)
		if (has_key(&table->actions[i], key))
			return &table->actions[i];
	return NULL;
}

static const struct action *
find_action(struct ui *ui, int key)
{
	const struct action *action = NULL;

	if (ui->watch.phase != WATCH_NONE)
		action = find_in(&trial_actions, key);
	if (!action)
		action = find_in(ui_view(ui)->screen->actions, key);
	if (!action)
		action = find_in(&common_actions, key);
	return action;
}

static void
run(struct ui *ui, const struct action *action)
{
	const char *why = action->unless ? action->unless(ui) : NULL;

	if (why)
		ui_warn(ui, "%s", why);
	else
		action->run(ui);
}

void
action_on_trial(struct ui *ui, int key)
{
	const struct action *action = find_in(&trial_actions, key);

	if (action && ui->watch.phase != WATCH_NONE)
		run(ui, action);
}

void
action_dispatch(struct ui *ui, int key)
{
	const struct action *action = find_action(ui, key);
	struct str name = { 0 };

	if (action) {
		run(ui, action);
		return;
	}
	term_key_name(key, &name);
	ui_warn(ui, _("%s does nothing here; ? shows the keys"),
		str_text(&name));
	str_done(&name);
}

void
action_keys(const struct action *action, struct str *out)
{
	struct str name = { 0 };

	for (size_t i = 0; i < ACTION_KEYS && action->keys[i]; i++) {
		str_clear(&name);
		term_key_name(action->keys[i], &name);
		if (strstr(str_text(out), str_text(&name)))
			continue;	/* Enter, by its other code */
		if (out->len > 0)
			str_addc(out, ' ');
		str_add(out, str_text(&name));
	}
	str_done(&name);
}

static size_t
foot_width(const struct action *action, const char *keys)
{
	size_t width = text_width(keys) + 1 + text_width(_(action->foot));

	return width;
}

static const char *
foot_keys(const struct action *action, struct str *buf)
{
	str_clear(buf);
	if (action->foot_keys)
		str_add(buf, action->foot_keys);
	else
		term_key_name(action->keys[0], buf);
	return str_text(buf);
}

/* Two blanks between; keep is left free at the end. */
static void
foot_put(const struct action *action, size_t width, struct paint *paint)
{
	struct str buf = { 0 };
	const char *keys = foot_keys(action, &buf);
	size_t gap = paint->width > 0 ? 2 : 0;

	if (paint->width + gap + foot_width(action, keys) <= width) {
		paint_to(paint, ROLE_TEXT, paint->width + gap);
		paint_add(paint, ROLE_KEY, keys);
		paint_add(paint, ROLE_TEXT, " ");
		paint_add(paint, ROLE_TEXT, _(action->foot));
	}
	str_done(&buf);
}

static void
foot_table(struct ui *ui, const struct action_table *table, size_t width,
	   struct paint *paint)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct action *action = &table->actions[i];

		if (action->foot && !(action->unless && action->unless(ui)))
			foot_put(action, width, paint);
	}
}

/* Help stands first among the common actions and always has its place. */
void
action_footer(struct ui *ui, size_t width, struct paint *paint)
{
	const struct action *help = &common_actions.actions[0];
	struct str buf = { 0 };
	size_t keep = foot_width(help, foot_keys(help, &buf)) + 2;

	str_done(&buf);
	if (width < keep)
		return;
	foot_table(ui, ui_view(ui)->screen->actions, width - keep, paint);
	foot_put(help, width, paint);
}

static const struct screen *const screens[] = {
	&rules_screen, &review_screen, &trial_screen, &history_screen,
	&diff_screen, &tables_screen, &write_screen, &probe_screen,
	&conflicts_screen,
	&expose_screen, &exposed_screen, &flows_screen,
};

static void
each_in(const char *screen, const struct action_table *table,
	void (*each)(const char *screen, const char *keys, const char *name,
		     const char *help, void *arg), void *arg)
{
	for (size_t i = 0; i < table->n; i++) {
		struct str keys = { 0 };

		action_keys(&table->actions[i], &keys);
		each(screen, str_text(&keys), table->actions[i].name,
		     table->actions[i].help, arg);
		str_done(&keys);
	}
}

void
tui_each_action(void (*each)(const char *screen, const char *keys,
			     const char *name, const char *help, void *arg),
		void *arg)
{
	each_in("every screen", &common_actions, each, arg);
	each_in("trial", &trial_actions, each, arg);
	for (size_t i = 0; i < ARRAY_LEN(screens); i++)
		each_in(screens[i]->name, screens[i]->actions, each, arg);
}
