/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of text in roles. Whoever makes one knows no coordinates and no
 * colours; whoever shows one knows nothing of what it says. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/text.h>
#include "paint.h"

void
paint_init(struct paint *paint, bool utf8)
{
	*paint = (struct paint){ .utf8 = utf8 };
}

void
paint_done(struct paint *paint)
{
	str_done(&paint->text);
	free(paint->runs);
	*paint = (struct paint){ 0 };
}

void
paint_clear(struct paint *paint)
{
	str_clear(&paint->text);
	paint->n = 0;
	paint->width = 0;
}

static void
close_run(struct paint *paint, enum role role, size_t from)
{
	paint->width += text_width(str_text(&paint->text) + from);
	if (paint->n > 0 && paint->runs[paint->n - 1].role == role) {
		paint->runs[paint->n - 1].end = paint->text.len;
		return;
	}
	if (paint->n == paint->cap) {
		paint->cap = paint->cap ? 2 * paint->cap : 8;
		paint->runs = xreallocarray(paint->runs, paint->cap,
					    sizeof(*paint->runs));
	}
	paint->runs[paint->n++] = (struct run){ paint->text.len, role };
}

void
paint_add(struct paint *paint, enum role role, const char *s)
{
	size_t from = paint->text.len;

	str_add(&paint->text, s);
	close_run(paint, role, from);
}

void
paint_own(struct paint *paint, enum role role, const char *s, size_t n)
{
	size_t from = paint->text.len;

	str_addn(&paint->text, s, n);
	close_run(paint, role, from);
}

void
paint_addf(struct paint *paint, enum role role, const char *fmt, ...)
{
	size_t from = paint->text.len;
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&paint->text, fmt, ap);
	va_end(ap);
	close_run(paint, role, from);
}

void
paint_rawn(struct paint *paint, enum role role, const char *s, size_t n)
{
	size_t from = paint->text.len;

	text_visible(&paint->text, s, n, paint->utf8);
	close_run(paint, role, from);
}

void
paint_raw(struct paint *paint, enum role role, const char *s)
{
	paint_rawn(paint, role, s, strlen(s));
}

void
paint_to(struct paint *paint, enum role role, size_t column)
{
	size_t from = paint->text.len;

	for (size_t at = paint->width; at < column; at++)
		str_addc(&paint->text, ' ');
	if (paint->text.len > from)
		close_run(paint, role, from);
}

enum role
paint_role(const struct paint *paint, size_t byte)
{
	for (size_t i = 0; i < paint->n; i++)
		if (byte < paint->runs[i].end)
			return paint->runs[i].role;
	return ROLE_TEXT;
}
