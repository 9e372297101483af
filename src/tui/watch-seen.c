/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was seen since the commit: neighbours that answer, and new logins. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include "watch.h"

void
watch_neighbour(struct watch *watch, const char *name, bool answered)
{
	const struct watch_neighbour new = { xstrdup(name), answered };

	for (size_t i = 0; i < watch->neighbours.n; i++) {
		struct watch_neighbour *n = watch->neighbours.v[i];

		if (strcmp(n->name, name) == 0) {
			n->answered = n->answered || answered;
			free(new.name);
			return;
		}
	}
	vec_push(&watch->neighbours, xmemdup(&new, sizeof(new)));
}

/* A connection that was lost and made again tells all of them again. */
void
watch_login(struct watch *watch, char *text_take, bool proof)
{
	const struct watch_login new = { text_take, proof };

	for (size_t i = 0; i < watch->logins.n; i++) {
		const struct watch_login *login = watch->logins.v[i];

		if (strcmp(login->text, text_take) == 0) {
			free(text_take);
			return;
		}
	}
	vec_push(&watch->logins, xmemdup(&new, sizeof(new)));
}

void
watch_forget(struct watch *watch)
{
	for (size_t i = 0; i < watch->neighbours.n; i++) {
		struct watch_neighbour *n = watch->neighbours.v[i];

		free(n->name);
		free(n);
	}
	for (size_t i = 0; i < watch->logins.n; i++) {
		struct watch_login *login = watch->logins.v[i];

		free(login->text);
		free(login);
	}
	vec_done(&watch->neighbours);
	vec_done(&watch->logins);
	watch->neighbours = watch->logins = (struct vec){ 0 };
}
