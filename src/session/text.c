/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules in and out as text: a file is staged whole or not at all, and what is
 * staged is written as ip6tables-save would write it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/session.h>
#include <sallyport/xt.h>

#define TEXT_MAX ((size_t)256 << 20)

/* Nobody waits here for a pipe's other end. */
enum err
session_read_text(const char *path, struct str *text)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return fail_errno(_("cannot open '%s'"), path);
	if (!S_ISREG(st.st_mode))
		return fail(ERR_FAIL, _("'%s' is no regular file"), path);
	return file_read(AT_FDCWD, path, TEXT_MAX, text);
}

enum err
session_import(struct session *s, const struct str *text, const char *name,
	       bool noflush)
{
	struct tables *target = NULL;
	enum err err = tables_load(str_text(text), text->len, name, NULL,
				   noflush ? s->candidate : NULL, &target);

	if (!err)
		err = session_stage_tables(s, target, "import");
	tables_free(target);
	return err;
}

static void
count(const struct tables *tables, struct exported *exported)
{
	for (size_t i = 0; i < tables->v.n; i++) {
		const struct ruleset *rs = tables->v.v[i];

		exported->rules += ruleset_rule_count(rs);
		for (size_t c = 0; c < rs->chains.n; c++) {
			const struct chain *chain = rs->chains.v[c];

			for (size_t r = 0; r < chain->rules.n; r++)
				exported->opaque += xt_is_opaque(
					chain_rule(chain, r));
		}
	}
}

enum err
session_export(const struct session *s, const char *path, bool replace,
	       struct exported *exported)
{
	struct str text = { 0 };
	struct stat st;
	enum err err;

	if (s->world->read_only)
		return fail(ERR_FAIL, _("this is read only: nothing can be "
					"written"));
	if (!replace && stat(path, &st) == 0)
		return fail(ERR_CONFLICT, _("'%s' is there already"), path);
	*exported = (struct exported){ 0 };
	exported->tables = tables_save(s->candidate, NULL, false, &text);
	count(s->candidate, exported);
	err = file_replace(path, str_text(&text), text.len);
	str_done(&text);
	return err;
}
