/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from elsewhere cannot control the terminal (P9): whatever is not plainly
 * a visible character is shown as its number. */
#include <ctype.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>

/* Characters that a terminal may obey, reorder by, or not show at all:
 * Unicode's bidi controls, zero width and invisible operators, separators,
 * fillers, variation selectors, private use and tags. */
static const struct {
	unsigned lo;
	unsigned hi;
} hidden[] = {
	{ 0x00, 0x1f },		{ 0x7f, 0x9f },		{ 0xad, 0xad },
	{ 0x34f, 0x34f },	{ 0x61c, 0x61c },	{ 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 },	{ 0x180b, 0x180f },	{ 0x200b, 0x200f },
	{ 0x2028, 0x202e },	{ 0x2060, 0x206f },	{ 0x3164, 0x3164 },
	{ 0xe000, 0xf8ff },	{ 0xfe00, 0xfe0f },	{ 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },	{ 0xfff0, 0xfffb },	{ 0xe0000, 0x10ffff },
};

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

void
text_visible(struct str *out, const char *s, size_t n, bool utf8)
{
	for (size_t i = 0, len; i < n; i += len) {
		unsigned cp = (unsigned char)s[i];

		len = text_decode(s + i, n - i, &cp);
		if (len == 0 || (!utf8 && len > 1)) {
			len = 1;
			str_addf(out, "<%02x>", (unsigned char)s[i]);
		} else if (looks_escaped(s + i, n - i)) {
			str_add(out, "<3c>");
		} else if (!is_hidden(cp)) {
			str_addn(out, s + i, len);
		} else if (cp < 0x80) {
			str_addf(out, "<%02x>", cp);
		} else {
			str_addf(out, "<U+%04X>", cp);
		}
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
