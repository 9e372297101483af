/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names that people know keys by. */
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "cursesw.h"
#include "term.h"

static const struct {
	int key;
	const char *name;
} key_names[] = {
	{ FN(KEY_UP), "Up" },
	{ FN(KEY_DOWN), "Down" },
	{ FN(KEY_LEFT), "Left" },
	{ FN(KEY_RIGHT), "Right" },
	{ FN(KEY_PPAGE), "PgUp" },
	{ FN(KEY_NPAGE), "PgDn" },
	{ FN(KEY_HOME), "Home" },
	{ FN(KEY_END), "End" },
	{ FN(KEY_BTAB), "S-Tab" },
	{ FN(KEY_ENTER), "Enter" },
	{ FN(KEY_DC), "Del" },
	{ FN(KEY_BACKSPACE), "Backspace" },
	{ '\r', "Enter" },
	{ '\n', "Enter" },
	{ '\t', "Tab" },
	{ '\033', "Esc" },
	{ ' ', "Space" },
	{ 0x7f, "Backspace" },
};

void
term_key_name(int key, struct str *out)
{
	for (size_t i = 0; i < ARRAY_LEN(key_names); i++) {
		if (key_names[i].key != key)
			continue;
		str_add(out, key_names[i].name);
		return;
	}
	if (key >= FN(KEY_F(1)) && key <= FN(KEY_F(63)))
		str_addf(out, "F%d", key - FN(KEY_F0));
	else if (key & KEY_FN_BIT)
		str_add(out, _("this key"));
	else if (key < 0x20)
		str_addf(out, "^%c", key + '@');
	else if (key < 0x7f)
		str_addc(out, (char)key);
	else
		str_addf(out, "U+%04X", (unsigned)key);
}
