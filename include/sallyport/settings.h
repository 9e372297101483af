/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings: what the administrator adds to what is found by itself. Lines of
 * KEY = VALUE; '#' and ';' begin a comment. */
#ifndef SALLYPORT_SETTINGS_H
#define SALLYPORT_SETTINGS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sallyport/err.h>
#include <sallyport/vec.h>

#define SETTINGS_PATH SYSCONFDIR "/sallyport.conf"

/* Addresses that share their first len bits; the others are 0. */
struct settings_prefix {
	struct in6_addr addr;
	unsigned len;
};

/* in PROTO PORT [from PREFIX] [to ADDR] | out PROTO PORT [to PREFIX] */
struct settings_lifeline {
	bool out;
	uint8_t proto;			/* IPPROTO_TCP, IPPROTO_UDP */
	uint16_t port;			/* out: of the far end */
	struct settings_prefix far;	/* from, or out's to; ::/0: anybody */
	struct in6_addr near;		/* in's to; ::: any address of ours */
};

enum settings_confirm {
	CONFIRM_ANY,		/* the code, or any root session */
	CONFIRM_NEW_LOGIN,	/* a login that began after the commit */
};

struct settings {
	bool no_lifelines;	/* lifelines = none: nothing need be kept */
	enum settings_confirm confirm;
	bool no_boot;		/* boot = no: nothing is written for the next
				 * boot */
	bool no_wall;		/* wall = no: others are not told of trials */
	int history_days;	/* older revisions are forgotten; 0: none */
	struct vec ports;	/* of struct settings_port * */
	struct vec sources;	/* of struct settings_prefix * */
	struct vec lifelines;	/* of struct settings_lifeline * */
};

/* A port of the SSH server. */
struct settings_port {
	uint16_t number;
};

/* Read the file at path. One that is not there has no settings, unless it must.
 * No symbolic link and, for root, nothing that others own or may write.
 * ERR_PARSE names file, line and word. Yours. */
enum err settings_load(const char *path, bool must, struct settings **settings)
	must_check;

/* The same from text; name is for messages. */
enum err settings_parse(const char *name, const char *text,
			struct settings **settings) must_check;

/* No settings at all. Yours. */
struct settings *settings_new(void);
void settings_free(struct settings *settings);

/* Every key with the values it takes and what it is for, translated. */
void settings_each_key(void (*each)(const char *key, const char *values,
				    const char *help, void *arg), void *arg);

#endif
