/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own answer: the candidate is loaded, everybody forgets his
 * neighbours, and real packets are sent. */
#include "case.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net.h"

#define LIVES_MS 8000	/* for a machine that is busy */
#define CUT_MS 400

static bool
try_session(const struct host *host, const char *which, int ms)
{
	unsigned n = *which ? (unsigned)atoi(which) : 1;

	return n && n <= host->n_sessions && net_ask(host->sessions[n - 1], ms);
}

static bool
ask_and_close(int fd, int ms)
{
	bool good = fd >= 0 && net_ask(fd, ms);

	if (fd >= 0)
		close(fd);
	return good;
}

static bool
try_login(const struct host *host, const char *from, int ms)
{
	return ask_and_close(net_connect(host->peer, *from ? from : host->from,
					 host->to, (uint16_t)atoi(host->port),
					 ms), ms);
}

static bool
try_udp(const struct host *host, const char *port, int ms)
{
	return ask_and_close(net_udp(host->peer, host->to,
				     (uint16_t)atoi(port)), ms);
}

static bool
try_dns(const struct host *host, const char *to, int ms)
{
	return ask_and_close(net_udp(host->ns, to, 53), ms);
}

static bool
try_container(const struct host *host, const char *to, int ms)
{
	return ask_and_close(net_connect(host->peer, host->from, to, 4001, ms),
			     ms);
}

static const struct {
	const char *word;
	bool (*run)(const struct host *host, const char *argument, int ms);
} tries[] = {
	{ "container", try_container },
	{ "dns", try_dns },
	{ "login", try_login },
	{ "session", try_session },
	{ "udp", try_udp },
};

static bool
run_try(const struct host *host, const char *word, const char *argument,
	int ms)
{
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		if (strcmp(word, tries[i].word) == 0)
			return tries[i].run(host, argument, ms);
	net_die("unknown word '%s' in section kernel", word);
}

static void
forget_neighbours(int ns)
{
	if (ns >= 0)
		net_ip(ns, "neigh flush all\n");
}

/* WHAT lives|cut [ARGUMENT] */
bool
host_try(const struct host *host, const struct case_file *c, bool mended,
	 struct str *out)
{
	const char *at = str_text(&c->text[SECTION_KERNEL]);
	struct str line = { 0 };
	const char *words[3];

	forget_neighbours(host->ns);
	forget_neighbours(host->peer);
	forget_neighbours(host->container);
	while (case_words(&at, words, 3, &line)) {
		bool lives = mended || strcmp(words[1], "lives") == 0;

		if (strcmp(words[0], "refuses") == 0)
			continue;
		if (run_try(host, words[0], words[2],
			    lives ? LIVES_MS : CUT_MS) != lives)
			str_addf(out, "%s %s: not %s\n", words[0], words[2],
				 lives ? "alive" : "cut");
	}
	str_done(&line);
	return !out->len;
}
