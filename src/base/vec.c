/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An array of pointers that grows by doubling. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/vec.h>

void
vec_done(struct vec *vec)
{
	free(vec->v);
	*vec = (struct vec){ 0 };
}

void
vec_push(struct vec *vec, void *p)
{
	vec_insert(vec, vec->n, p);
}

void
vec_insert(struct vec *vec, size_t at, void *p)
{
	if (vec->n == vec->cap) {
		vec->cap = vec->cap ? vec->cap * 2 : 8;
		vec->v = xreallocarray(vec->v, vec->cap, sizeof(*vec->v));
	}
	memmove(vec->v + at + 1, vec->v + at,
		(vec->n - at) * sizeof(*vec->v));
	vec->v[at] = p;
	vec->n++;
}

void *
vec_remove(struct vec *vec, size_t at)
{
	void *p = vec->v[at];

	vec->n--;
	memmove(vec->v + at, vec->v + at + 1,
		(vec->n - at) * sizeof(*vec->v));
	return p;
}

void *
vec_pop(struct vec *vec)
{
	return vec->n ? vec->v[--vec->n] : NULL;
}
