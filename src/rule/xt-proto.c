/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Protocols by name, as the stock tools name them: libxtables' own list first,
 * and in specs /etc/protocols behind it, which is read once for each number. */
#include <netdb.h>
#include <stdlib.h>
#include "xt-internal.h"

static struct {
	bool asked;
	char *name;
} from_db[UINT8_MAX + 1];

static const char *
proto_from_db(unsigned proto)
{
	const struct protoent *ent;

	if (!from_db[proto].asked) {
		ent = getprotobynumber((int)proto);
		from_db[proto].name = ent ? xstrdup(ent->p_name) : NULL;
		from_db[proto].asked = true;
	}
	return from_db[proto].name;
}

const char *
proto_name(unsigned proto, bool db)
{
	const struct xtables_pprot *p;

	for (p = xtables_chain_protos; p->name; p++) {
		if (p->num == proto)
			return p->name;
	}
	return db && proto && proto <= UINT8_MAX ? proto_from_db(proto) : NULL;
}

void
xt_proto_name(unsigned proto, struct str *out)
{
	const char *name = proto_name(proto, false);

	if (name)
		str_add(out, name);
	else
		str_addf(out, "%u", proto);
}

void
proto_done(void)
{
	for (size_t i = 0; i < ARRAY_LEN(from_db); i++) {
		free(from_db[i].name);
		from_db[i].name = NULL;
		from_db[i].asked = false;
	}
}
