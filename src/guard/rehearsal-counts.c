/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel has counted inside: packets that got as far as the protocol
 * they are of. /proc/thread-self/net shows the namespace that we are in. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/file.h>
#include "rehearsal-internal.h"

#define SIZE_MAX_READ 65536

/* "NAME  NUMBER", one a line. */
static unsigned long
number_behind(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoul(at + strlen(name), NULL, 10) : 0;
}

/* "Tcp: NAME NAME", and below it "Tcp: NUMBER NUMBER". */
static unsigned long
number_below(const char *text, const char *row, const char *name)
{
	const char *names = strstr(text, row);
	const char *numbers = names ? strstr(names + 1, row) : NULL;
	const char *at = names ? strstr(names, name) : NULL;

	if (!numbers || !at || at > numbers)
		return 0;
	for (const char *s = names; s <= at; s++)
		if (*s == ' ')
			numbers = strchr(numbers, ' ') + 1;
	return strtoul(numbers, NULL, 10);
}

unsigned long
kernel_count(enum kernel_count what)
{
	const char *file = what == COUNT_TCP ? "/proc/thread-self/net/snmp" :
					       "/proc/thread-self/net/snmp6";
	struct str text = { 0 };
	unsigned long n = 0;

	if (file_read(AT_FDCWD, file, SIZE_MAX_READ, &text) == OK) {
		switch (what) {
		case COUNT_TCP:
			n = number_below(text.s, "Tcp: ", " InSegs ");
			break;
		case COUNT_UDP:
			n = number_behind(text.s, "Udp6InDatagrams");
			break;
		case COUNT_SOLICITATIONS:
			n = number_behind(text.s, "Icmp6InNeighborSolicits");
			break;
		case COUNT_ADVERTISEMENTS:
			n = number_behind(text.s, "Icmp6InRouterAdvertisements");
			break;
		}
	}
	str_done(&text);
	return n;
}
