/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base64 of RFC 4648 section 4, with padding, without line breaks. */
#ifndef SALLYPORT_BASE64_H
#define SALLYPORT_BASE64_H

#include <stddef.h>
#include <sallyport/err.h>
#include <sallyport/str.h>

void base64_encode(struct str *out, const void *p, size_t n);

/* Append the decoded bytes to out; ERR_PARSE for anything but base64. */
enum err base64_decode(struct str *out, const char *s, size_t n) must_check;

#endif
