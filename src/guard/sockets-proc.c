/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/net/tcp6 and its like (Documentation/networking/proc_net_tcp.rst):
 * addresses are words of 32 bits as the host has them, in hex. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/file.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include "sockets.h"

#define MAX_BYTES (64u << 20)

static bool
read_address(const char *hex, int family, struct in6_addr *addr)
{
	size_t words = family == AF_INET6 ? 4 : 1;
	uint32_t v[4] = { 0, 0, htonl(0xffff), 0 };

	if (strlen(hex) != words * 8)
		return false;
	for (size_t i = 0; i < words; i++) {
		char word[9];

		memcpy(word, hex + i * 8, 8);
		word[8] = '\0';
		v[4 - words + i] = (uint32_t)strtoul(word, NULL, 16);
	}
	memcpy(addr, v, sizeof(*addr));
	return true;
}

/* "sl: LOCAL:PORT PEER:PORT STATE queues timer retransmits uid timeout inode" */
static bool
read_line(const char *line, int family, unsigned *state, struct ip_socket *s)
{
	char local[33], peer[33];
	unsigned local_port, peer_port;
	unsigned long long inode;

	if (sscanf(line, " %*u: %32[0-9A-F]:%x %32[0-9A-F]:%x %x %*s %*s %*s "
		   "%*u %*u %llu", local, &local_port, peer, &peer_port, state,
		   &inode) != 6)
		return false;
	*s = (struct ip_socket){
		.family = family,
		.local_port = (uint16_t)local_port,
		.peer_port = (uint16_t)peer_port,
		.inode = inode,
	};
	return read_address(local, family, &s->local) &&
	       read_address(peer, family, &s->peer);
}

static enum err
read_file(const char *path, int family, const struct socket_query *query,
	  struct vec *out)
{
	struct str text = { 0 };
	struct ip_socket s;
	unsigned state;
	char *save = NULL;
	enum err err = file_read(AT_FDCWD, path, MAX_BYTES, &text);

	for (char *line = text.s ? strtok_r(text.s, "\n", &save) : NULL;
	     line && !err; line = strtok_r(NULL, "\n", &save))
		if (read_line(line, family, &state, &s) && state < 32 &&
		    query->states & 1u << state &&
		    (!query->port || query->port == s.local_port))
			vec_push(out, xmemdup(&s, sizeof(s)));
	str_done(&text);
	return err;
}

enum err
sockets_proc(const struct socket_query *query, struct vec *out)
{
	bool tcp = query->proto == IPPROTO_TCP;
	enum err err = read_file(tcp ? "/proc/net/tcp6" : "/proc/net/udp6",
				 AF_INET6, query, out);

	/* A kernel without IPv6 has nothing that these rules could cut. */
	if (err == ERR_NOT_FOUND)
		err = OK;
	if (!err)
		err = read_file(tcp ? "/proc/net/tcp" : "/proc/net/udp",
				AF_INET, query, out);
	return err;
}
