/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new login in words, as every screen and command tells it. The guardian asks
 * no name service, so the user has his name from here. */
#include <pwd.h>
#include <stdlib.h>
#include <sallyport/addr.h>
#include <sallyport/apply.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>

static char *
user_name(int uid)
{
	const struct passwd *pw = getpwuid((uid_t)uid);

	return pw ? xstrdup(pw->pw_name) : xasprintf("%d", uid);
}

char *
apply_login_text(const struct guardian_event *event)
{
	const char *from = event->text ? event->text : "?";
	char *user = user_name(event->uid), *text;
	struct in6_addr peer;
	bool v4 = addr_parse(from, &peer) == OK && addr_is_v4(&peer);

	if (event->proof)
		text = xasprintf(_("%s from %s"), user, from);
	else if (v4)
		text = xasprintf(_("%s from %s, over IPv4: no proof for IPv6"),
				 user, from);
	else
		text = xasprintf(_("%s from %s, which is this host: no proof"),
				 user, from);
	free(user);
	return text;
}
