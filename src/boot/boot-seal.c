/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seal: a last line with the fingerprint of all above it, by which a file
 * that somebody has edited is known. */
#include <string.h>
#include <xxhash.h>
#include "internal.h"

#define SEAL "# sallyport wrote this: "	/* and 32 hex digits */
#define SEAL_DIGITS 32

static void
seal_of(const char *text, size_t len, char digits[SEAL_DIGITS + 1])
{
	XXH128_hash_t hash = XXH3_128bits(text, len);

	snprintf(digits, SEAL_DIGITS + 1, "%016llx%016llx",
		 (unsigned long long)hash.high64,
		 (unsigned long long)hash.low64);
}

size_t
boot_seal_at(const struct str *text)
{
	size_t len = strlen(SEAL) + SEAL_DIGITS + 1;

	if (text->len < len ||
	    strncmp(text->s + text->len - len, SEAL, strlen(SEAL)) != 0)
		return text->len;
	return text->len - len;
}

bool
boot_is_sealed(const struct str *text)
{
	size_t at = boot_seal_at(text);
	char digits[SEAL_DIGITS + 1];

	if (at == text->len)
		return false;
	seal_of(text->s, at, digits);
	return strncmp(text->s + at + strlen(SEAL), digits, SEAL_DIGITS) == 0;
}

void
boot_seal(struct str *text)
{
	char digits[SEAL_DIGITS + 1];

	if (text->len && text->s[text->len - 1] != '\n')
		str_addc(text, '\n');
	seal_of(str_text(text), text->len, digits);
	str_addf(text, SEAL "%s\n", digits);
}
