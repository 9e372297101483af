/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from elsewhere cannot control the terminal (P9): whatever is not plainly
 * a visible character is shown as its number. */
#include <ctype.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>

/* Characters that a terminal may obey, reorder by, join to others, or show as a
 * blank or not at all: Unicode's controls and format characters (Cc, Cf), bidi
 * controls among them, all blanks but the space (Zs, Zl, Zp), fillers, variation
 * selectors, emoji modifiers, private use and tags. */
static const struct {
	unsigned lo;
	unsigned hi;
} hidden[] = {
	{ 0x00, 0x1f },		{ 0x7f, 0xa0 },		{ 0xad, 0xad },
	{ 0x34f, 0x34f },	{ 0x600, 0x605 },	{ 0x61c, 0x61c },
	{ 0x6dd, 0x6dd },	{ 0x70f, 0x70f },	{ 0x890, 0x891 },
	{ 0x8e2, 0x8e2 },	{ 0x115f, 0x1160 },	{ 0x1680, 0x1680 },
	{ 0x17b4, 0x17b5 },	{ 0x180b, 0x180f },	{ 0x2000, 0x200f },
	{ 0x2028, 0x202f },	{ 0x205f, 0x206f },	{ 0x2800, 0x2800 },
	{ 0x3000, 0x3000 },	{ 0x3164, 0x3164 },	{ 0xe000, 0xf8ff },
	{ 0xfe00, 0xfe0f },	{ 0xfeff, 0xfeff },	{ 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },	{ 0x110bd, 0x110bd },	{ 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f },	{ 0x1bca0, 0x1bca3 },	{ 0x1d173, 0x1d17a },
	{ 0x1f3fb, 0x1f3ff },	{ 0xe0000, 0x10ffff },
};

/* So many characters without a width of their own may stand on another one: what
 * languages need, and no more than a cell of curses holds. */
#define MARKS_MAX 3

size_t
text_decode(const char *s, size_t n, unsigned *cp)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char c = (unsigned char)s[0];
	size_t len = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 :
		     c >> 3 == 30 ? 4 : 0;

	if (len == 0 || len > n)
		return 0;
	*cp = len == 1 ? c : c & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (*cp < least[len] || *cp > 0x10ffff || (*cp >> 11) == 0x1b)
		return 0;
	return len;
}

/* wcwidth() in UTF-8, whatever the process's locale is. */
static int
char_width(unsigned cp)
{
	static locale_t utf8;
	locale_t old;
	int width;

	if (cp < 0x7f)
		return cp >= 0x20 ? 1 : -1;
	if (!utf8)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!utf8)
		return 1;
	old = uselocale(utf8);
	width = wcwidth((wchar_t)cp);
	uselocale(old);
	return width;
}

static bool
is_hidden(unsigned cp)
{
	for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
		if (cp >= hidden[i].lo && cp <= hidden[i].hi)
			return true;
	return char_width(cp) < 0;
}

/* Does s begin with a form that text_visible() writes for a hidden character? */
static bool
looks_escaped(const char *s, size_t n)
{
	if (n < 4 || s[0] != '<')
		return false;
	if (s[1] == 'U' && s[2] == '+')
		return true;
	return isxdigit((unsigned char)s[1]) && isxdigit((unsigned char)s[2]) &&
	       s[3] == '>';
}

/* Can the character of s be shown as it is, on or behind what was shown before
 * it? *room says how many marks that has room for. */
static bool
is_plain(const char *s, size_t n, unsigned cp, size_t *room)
{
	if (is_hidden(cp) || looks_escaped(s, n))
		return false;
	if (char_width(cp) > 0)
		*room = cp == ' ' ? 0 : MARKS_MAX;
	else if (*room > 0)
		--*room;
	else
		return false;
	return true;
}

void
text_visible(struct str *out, const char *s, size_t n, bool utf8)
{
	size_t room = 0;

	for (size_t i = 0, len; i < n; i += len) {
		unsigned cp = (unsigned char)s[i];

		len = text_decode(s + i, n - i, &cp);
		if (len == 0 || (!utf8 && len > 1)) {
			cp = (unsigned char)s[i];
			len = 1;
		} else if (is_plain(s + i, n - i, cp, &room)) {
			str_addn(out, s + i, len);
			continue;
		}
		room = 0;
		str_addf(out, len > 1 ? "<U+%04X>" : "<%02x>", cp);
	}
}

size_t
text_width(const char *s)
{
	size_t n = strlen(s);
	size_t width = 0;

	for (size_t i = 0, len; i < n; i += len) {
		unsigned cp;
		int w;

		len = text_decode(s + i, n - i, &cp);
		w = len ? char_width(cp) : 1;
		width += w > 0 ? (size_t)w : 0;
		len = len ? len : 1;
	}
	return width;
}

/* Is there nothing in it to be changed? */
static bool
is_plain_ascii(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x20 || s[i] > 0x7e || s[i] == '<')
			return false;
	return true;
}

size_t
text_shown_width(const char *s, size_t n, bool utf8)
{
	struct str shown = { 0 };
	size_t width;

	if (is_plain_ascii(s, n))
		return n;
	text_visible(&shown, s, n, utf8);
	width = text_width(str_text(&shown));
	str_done(&shown);
	return width;
}

size_t
text_fit(const char *s, size_t width)
{
	size_t n = strlen(s);
	size_t i = 0;

	while (i < n) {
		unsigned cp;
		size_t len = text_decode(s + i, n - i, &cp);
		int w = len ? char_width(cp) : 1;

		if (w > 0 && (size_t)w > width)
			break;
		width -= w > 0 ? (size_t)w : 0;
		i += len ? len : 1;
	}
	return i;
}
