/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has logged in since the commit, as the record has it. Few are kept: what
 * must be written on a full disk stays small. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "record.h"

#define LOGINS_MAX 64

static void
login_free(struct trial_login *login)
{
	free(login->from);
	free(login);
}

bool
trial_add_login(struct trial *trial, const struct trial_login *login)
{
	struct trial_login *kept;

	for (size_t i = 0; i < trial->logins.n; i++) {
		const struct trial_login *other = trial->logins.v[i];

		if (other->port == login->port &&
		    strcmp(other->from, login->from) == 0)
			return false;
	}
	/* Of those that prove nothing none keeps out the one that does. */
	if (trial->logins.n >= LOGINS_MAX &&
	    (!login->proof || trial_proof(trial)))
		return false;
	kept = xmemdup(login, sizeof(*login));
	kept->from = xstrdup(login->from);
	vec_push(&trial->logins, kept);
	return true;
}

const struct trial_login *
trial_proof(const struct trial *trial)
{
	for (size_t i = 0; i < trial->logins.n; i++) {
		const struct trial_login *login = trial->logins.v[i];

		if (login->proof)
			return login;
	}
	return NULL;
}

json_t *
trial_logins_to_json(const struct trial *trial)
{
	json_t *list = json_array();

	for (size_t i = 0; i < trial->logins.n; i++) {
		const struct trial_login *login = trial->logins.v[i];
		json_t *json = json_object();

		json_object_set_new(json, "from", json_exact(login->from));
		json_object_set_new(json, "port", json_integer(login->port));
		json_object_set_new(json, "uid", json_integer(login->uid));
		json_object_set_new(json, "proof", json_boolean(login->proof));
		json_object_set_new(json, "wall_s",
				    json_integer(login->wall_s));
		json_array_append_new(list, json);
	}
	return list;
}

/* A record of before there were any has none. */
void
trial_logins_from_json(const json_t *list, struct trial *trial)
{
	const json_t *json;
	size_t i;

	json_array_foreach(list, i, json) {
		const json_t *wall_s = json_object_get(json, "wall_s");
		struct trial_login login = {
			.from = json_text_get(json, "from"),
			.port = (unsigned)json_integer_value(
				json_object_get(json, "port")),
			.uid = (int)json_integer_value(
				json_object_get(json, "uid")),
			.proof = json_is_true(json_object_get(json, "proof")),
			.wall_s = json_integer_value(wall_s),
		};

		if (login.from)
			trial_add_login(trial, &login);
		free(login.from);
	}
}

void
trial_logins_done(struct trial *trial)
{
	for (size_t i = 0; i < trial->logins.n; i++)
		login_free(trial->logins.v[i]);
	vec_done(&trial->logins);
}
