/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one owner of <libintl.h>. _() where a text is shown, N_() in tables. */
#ifndef SALLYPORT_I18N_H
#define SALLYPORT_I18N_H

#include <libintl.h>

#define _(s) gettext(s)
#define N_(s) s
#define Q_(one, many, n) ngettext(one, many, n)

#endif
