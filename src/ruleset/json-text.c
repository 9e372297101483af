/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from elsewhere as JSON, which must be UTF-8: made harmless where people
 * read it, or kept byte for byte where it is read back. */
#include <string.h>
#include <sallyport/base64.h>
#include <sallyport/changeset.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>

json_t *
json_text(const char *s)
{
	struct str visible = { 0 };
	json_t *json;

	if (!s)
		return json_null();
	json = json_string(s);
	if (json)
		return json;
	text_visible(&visible, s, strlen(s), true);
	json = json_string(str_text(&visible));
	str_done(&visible);
	return json;
}

json_t *
json_exact(const char *s)
{
	struct str text = { 0 };
	json_t *json;

	if (!s)
		return json_null();
	json = json_string(s);
	if (json)
		return json;
	base64_encode(&text, s, strlen(s));
	json = json_pack("{s:s}", "base64", str_text(&text));
	str_done(&text);
	return json;
}

char *
json_exact_get(const json_t *json)
{
	const json_t *coded = json_object_get(json, "base64");
	struct str bytes = { 0 };

	if (!coded)
		return xstrdup(json_string_value(json));
	if (!json_is_string(coded) ||
	    base64_decode(&bytes, json_string_value(coded),
			  json_string_length(coded)) != OK ||
	    strlen(str_text(&bytes)) != bytes.len) {
		str_done(&bytes);
		return NULL;
	}
	return str_take(&bytes);
}
