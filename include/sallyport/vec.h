/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing array of pointers. A zeroed struct is an empty one. It never
 * frees what it points at. */
#ifndef SALLYPORT_VEC_H
#define SALLYPORT_VEC_H

#include <stddef.h>

struct vec {
	void **v;
	size_t n;
	size_t cap;
};

void vec_done(struct vec *vec);
void vec_push(struct vec *vec, void *p);
void vec_insert(struct vec *vec, size_t at, void *p);	/* at <= n */
void *vec_remove(struct vec *vec, size_t at);		/* at < n */
void *vec_pop(struct vec *vec);				/* NULL when empty */

#endif
