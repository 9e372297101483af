/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base64 that takes nothing but base64: no blanks, no missing padding. */
#include <stdint.h>
#include <sallyport/base64.h>
#include <sallyport/i18n.h>

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct str *out, const void *p, size_t n)
{
	const unsigned char *in = p;

	for (size_t i = 0; i < n; i += 3) {
		size_t have = n - i < 3 ? n - i : 3;
		uint32_t v = (uint32_t)in[i] << 16;
		char four[4];

		if (have > 1)
			v |= (uint32_t)in[i + 1] << 8;
		if (have > 2)
			v |= in[i + 2];
		for (int k = 0; k < 4; k++)
			four[k] = alphabet[v >> (18 - 6 * k) & 63];
		if (have < 3)
			four[3] = '=';
		if (have < 2)
			four[2] = '=';
		str_addn(out, four, 4);
	}
}

/* Value of a digit plus one; 0 for what is none. */
static unsigned char digits[256];

static void
digits_init(void)
{
	for (unsigned char i = 0; i < 64; i++)
		digits[(unsigned char)alphabet[i]] = (unsigned char)(i + 1);
}

static int
base64_digit(char c)
{
	return digits[(unsigned char)c] - 1;
}

/* One group of four characters into 1 to 3 bytes; 0 for a bad one. */
static size_t
base64_group(const char *s, unsigned char out[3])
{
	size_t pad = s[3] != '=' ? 0 : s[2] != '=' ? 1 : 2;
	uint32_t v = 0;

	for (size_t k = 0; k < 4 - pad; k++) {
		int digit = base64_digit(s[k]);

		if (digit < 0)
			return 0;
		v |= (uint32_t)digit << (18 - 6 * k);
	}
	for (int k = 0; k < 3; k++)
		out[k] = (unsigned char)(v >> (16 - 8 * k));
	return 3 - pad;
}

enum err
base64_decode(struct str *out, const char *s, size_t n)
{
	size_t start = out->len;

	if (!digits['A'])
		digits_init();
	for (size_t i = 0; i + 4 <= n; i += 4) {
		unsigned char bytes[3];
		size_t got = base64_group(s + i, bytes);

		if (got == 0 || (got < 3 && i + 4 < n)) {
			str_cut(out, start);
			return fail(ERR_PARSE, _("not base64"));
		}
		str_addn(out, (const char *)bytes, got);
	}
	if (n % 4 == 0)
		return OK;
	str_cut(out, start);
	return fail(ERR_PARSE, _("not base64: its length is not a multiple of 4"));
}
