/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a trial ended, in the reader's language. The guardian, which speaks none,
 * writes it in English; records and history keep it so. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/trial.h>

/* Whole reasons: what reads otherwise is shown as it is. */
static const char *const reasons[] = {
	N_("asked"),
	N_("deadline"),
	N_("found undone"),
	N_("interrupted before the commit"),
	N_("interrupted between two tables"),
	N_("its record is gone"),
	N_("terminated"),
};

/* What stands between the two; NULL: they are not there. Yours. */
static char *
between(const char *text, const char *before, const char *after)
{
	size_t n = strlen(text), b = strlen(before), a = strlen(after);

	if (n <= b + a || strncmp(text, before, b) != 0 ||
	    strcmp(text + n - a, after) != 0)
		return NULL;
	return xstrndup(text + b, n - b - a);
}

static char *
one_reason(const char *text)
{
	char *who = between(text, "new login from ", ""), *shown;

	if (who) {
		shown = xasprintf(_("new login from %s"), who);
		free(who);
		return shown;
	}
	who = between(text, "the neighbour ", " does not answer any more");
	if (who) {
		shown = xasprintf(_("the neighbour %s does not answer any "
				    "more"), who);
		free(who);
		return shown;
	}
	if (str_find(reasons, ARRAY_LEN(reasons), text))
		return xstrdup(_(text));
	return xstrdup(text);
}

/* The guardian adds to a reason how it had to go about it. */
static char *
without_lock(const char *text)
{
	static const char added[] = ", without the xtables lock: ";
	const char *at = strstr(text, added);
	char *first, *one, *shown;

	if (!at)
		return one_reason(text);
	first = xstrndup(text, (size_t)(at - text));
	one = one_reason(first);
	shown = xasprintf(_("%s, without the xtables lock: %s"), one,
			  at + strlen(added));
	free(one);
	free(first);
	return shown;
}

static char *
with_whole_table(const char *text)
{
	const char *at = strstr(text, ", the whole old table '");
	char *table = at ? between(at, ", the whole old table '", "': beside "
		"what others changed a lifeline would be cut") : NULL;
	char *first, *one, *shown;

	if (!table)
		return without_lock(text);
	first = xstrndup(text, (size_t)(at - text));
	one = without_lock(first);
	shown = xasprintf(_("%s, the whole old table '%s': beside what others "
			    "changed a lifeline would be cut"), one, table);
	free(one);
	free(first);
	free(table);
	return shown;
}

char *
trial_reason_text(const char *reason)
{
	return with_whole_table(reason ? reason : "");
}
