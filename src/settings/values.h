/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a key's value may be: each function takes one value into the settings,
 * or names the word that is wrong. */
#ifndef SETTINGS_VALUES_H
#define SETTINGS_VALUES_H

#include <sallyport/settings.h>

enum err value_lifelines(struct settings *settings, const char *value)
	must_check;
enum err value_port(struct settings *settings, const char *value) must_check;
enum err value_source(struct settings *settings, const char *value) must_check;
enum err value_lifeline(struct settings *settings, const char *value)
	must_check;
enum err value_confirm(struct settings *settings, const char *value)
	must_check;
enum err value_wall(struct settings *settings, const char *value) must_check;
enum err value_history(struct settings *settings, const char *value) must_check;
enum err value_boot(struct settings *settings, const char *value) must_check;

#endif
