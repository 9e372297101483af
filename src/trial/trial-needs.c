/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets of the lifelines in the trial record. What is 0 is left out, so
 * that one packet is one short line that can be read. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include "record.h"

/* More packets than this are not kept: a revert has to walk them all. */
#define NEEDS_MAX 512

static const char *const ways[] = { "INPUT", "OUTPUT", "FORWARD" };

static const char *const ct_names[] = {
	[CT_NEW] = "NEW",
	[CT_ESTABLISHED] = "ESTABLISHED",
	[CT_RELATED] = "RELATED",
	[CT_INVALID] = "INVALID",
	[CT_UNTRACKED] = "UNTRACKED",
};

enum kind { LINK, BOOL, BYTE, RANGE };

#define FIELD(kind, name) { kind, #name, offsetof(struct packet, name) }

/* All but addresses, state and MAC. */
static const struct field {
	enum kind kind;
	const char *key;
	size_t at;
} fields[] = {
	FIELD(LINK, in),
	FIELD(LINK, out),
	FIELD(BOOL, in_unknown),
	FIELD(BOOL, out_unknown),
	FIELD(BOOL, routed_back),
	FIELD(BOOL, ethernet),
	FIELD(BOOL, bridged),
	FIELD(BOOL, routed_by_mark),
	FIELD(BOOL, mark_unknown),
	FIELD(BOOL, dst_local),
	FIELD(BYTE, proto),
	FIELD(RANGE, sport),
	FIELD(RANGE, dport),
	FIELD(BYTE, tcp_flags),
	FIELD(BYTE, tcp_flags_any),
	FIELD(BYTE, icmp_type),
	FIELD(BYTE, icmp_code),
	FIELD(RANGE, hop_limit),
	FIELD(RANGE, length),
	FIELD(BOOL, ct_reply),
};

void
trial_add_need(struct trial *trial, const char *way,
	       const struct packet *packet)
{
	const char *known = str_find(ways, ARRAY_LEN(ways), way);
	struct trial_need need = { .way = known, .packet = *packet };

	if (known && trial->needs.n < NEEDS_MAX)
		vec_push(&trial->needs, xmemdup(&need, sizeof(need)));
}

static json_t *
range_to_json(const struct range *range)
{
	if (!range->lo && !range->hi)
		return NULL;
	return json_pack("[I, I]", (json_int_t)range->lo,
			 (json_int_t)range->hi);
}

/* NULL for what is 0. */
static json_t *
field_to_json(const struct field *field, const struct packet *packet)
{
	const char *at = (const char *)packet + field->at;
	unsigned char byte = *(const unsigned char *)at;

	switch (field->kind) {
	case LINK:
		return byte ? json_exact(at) : NULL;
	case BOOL:
		return byte ? json_true() : NULL;
	case BYTE:
		return byte ? json_integer(byte) : NULL;
	case RANGE:
		return range_to_json((const struct range *)(const void *)at);
	}
	return NULL;
}

static json_t *
prefix_to_json(const struct in6_addr *addr, unsigned len)
{
	struct str text = { 0 };
	json_t *json;

	addr_format(&text, addr);
	str_addf(&text, "/%u", len);
	json = json_string(str_text(&text));
	str_done(&text);
	return json;
}

static json_t *
mac_to_json(const uint8_t mac[6])
{
	json_t *list = json_array();

	for (size_t i = 0; i < 6; i++)
		json_array_append_new(list, json_integer(mac[i]));
	return list;
}

static json_t *
need_to_json(const struct trial_need *need)
{
	const struct packet *p = &need->packet;
	json_t *json = json_object();

	json_object_set_new(json, "way", json_string(need->way));
	json_object_set_new(json, "ct", json_string(ct_names[p->ct]));
	json_object_set_new(json, "src", prefix_to_json(&p->src, p->src_len));
	json_object_set_new(json, "dst", prefix_to_json(&p->dst, p->dst_len));
	if (p->mac_known)
		json_object_set_new(json, "mac", mac_to_json(p->mac));
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		json_t *value = field_to_json(&fields[i], p);

		if (value)
			json_object_set_new(json, fields[i].key, value);
	}
	return json;
}

json_t *
trial_needs_to_json(const struct trial *trial)
{
	json_t *list = json_array();

	for (size_t i = 0; i < trial->needs.n; i++)
		json_array_append_new(list, need_to_json(trial->needs.v[i]));
	return list;
}

static bool
take_number(const json_t *json, json_int_t max, uint32_t *out)
{
	json_int_t value = json_integer_value(json);

	if (!json_is_integer(json) || value < 0 || value > max)
		return false;
	*out = (uint32_t)value;
	return true;
}

static bool
take_byte(const json_t *json, uint8_t *out)
{
	uint32_t value;

	if (!take_number(json, UINT8_MAX, &value))
		return false;
	*out = (uint8_t)value;
	return true;
}

static bool
take_range(const json_t *json, struct range *out)
{
	return json_array_size(json) == 2 &&
	       take_number(json_array_get(json, 0), UINT32_MAX, &out->lo) &&
	       take_number(json_array_get(json, 1), UINT32_MAX, &out->hi) &&
	       out->lo <= out->hi;
}

static bool
take_link(const json_t *json, char *out)
{
	char *name = json_exact_get(json);
	bool good = name && strlen(name) < IFNAMSIZ;

	if (good)
		str_copy(out, IFNAMSIZ, name);
	free(name);
	return good;
}

static bool
take_field(const json_t *value, const struct field *field,
	   struct packet *packet)
{
	char *at = (char *)packet + field->at;

	switch (field->kind) {
	case LINK:
		return take_link(value, at);
	case BOOL:
		*(bool *)at = json_is_true(value);
		return json_is_boolean(value);
	case BYTE:
		return take_byte(value, (uint8_t *)at);
	case RANGE:
		return take_range(value, (struct range *)(void *)at);
	}
	return false;
}

static bool
take_fields(const json_t *json, struct packet *packet)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		const json_t *value = json_object_get(json, fields[i].key);

		if (value && !take_field(value, &fields[i], packet))
			return false;
	}
	return true;
}

static bool
take_prefix(const json_t *json, struct in6_addr *addr, unsigned *len)
{
	const char *text = json_string_value(json);

	return text && addr_parse_prefix(text, addr, len) == OK;
}

static bool
take_mac(const json_t *json, struct packet *packet)
{
	packet->mac_known = json != NULL;
	if (!json)
		return true;
	for (size_t i = 0; i < 6; i++)
		if (!take_byte(json_array_get(json, i), &packet->mac[i]))
			return false;
	return json_array_size(json) == 6;
}

static bool
take_ct(const json_t *json, enum ct_state *ct)
{
	const char *name = json_string_value(json);

	for (size_t i = 0; name && i < ARRAY_LEN(ct_names); i++)
		if (strcmp(ct_names[i], name) == 0) {
			*ct = (enum ct_state)i;
			return true;
		}
	return false;
}

static void
take_need(const json_t *json, struct trial *trial)
{
	const char *way = json_string_value(json_object_get(json, "way"));
	struct packet p = { 0 };

	if (way && take_ct(json_object_get(json, "ct"), &p.ct) &&
	    take_prefix(json_object_get(json, "src"), &p.src, &p.src_len) &&
	    take_prefix(json_object_get(json, "dst"), &p.dst, &p.dst_len) &&
	    take_mac(json_object_get(json, "mac"), &p) &&
	    take_fields(json, &p))
		trial_add_need(trial, way, &p);
}

void
trial_needs_from_json(const json_t *list, struct trial *trial)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		take_need(one, trial);
}
