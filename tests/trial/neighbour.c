/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proof of life, with a real neighbour behind a link: who answered before and
 * does not under the new rules ends the trial long before its deadline. */
#include <arpa/inet.h>
#include "harness.h"

static pid_t peer;

static void
in_peer(const char *command)
{
	char *line = xasprintf("nsenter -t %d -n %s", (int)peer, command);

	run(line);
	free(line);
}

/* A namespace of its own for the other end of the link. */
static void
make_peer(void)
{
	char byte, *line;
	int fds[2];

	if (pipe(fds) < 0)
		bail_out("no pipe");
	peer = fork();
	if (peer == 0) {
		close(fds[0]);
		if (unshare(CLONE_NEWNET) < 0 || write(fds[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	if (read(fds[0], &byte, 1) != 1)
		bail_out("no namespace for the peer");
	close(fds[0]);
	run("ip link add v0 type veth peer name v1");
	line = xasprintf("ip link set v1 netns %d", (int)peer);
	run(line);
	free(line);
	run("ip addr add 2001:db8::1/64 dev v0 nodad && ip link set v0 up");
	in_peer("ip addr add 2001:db8::2/64 dev v1 nodad");
	in_peer("ip link set v1 up");
}

/* The neighbour is in the cache, as it is when somebody is logged in. */
static void
meet(void)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
				   .sin6_port = htons(9) };
	int64_t until = now_ms() + PATIENCE_MS;
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET6, "2001:db8::2", &to.sin6_addr);
	while (system("ip neigh show 2001:db8::2 | grep -q REACHABLE") != 0) {
		if (now_ms() > until)
			bail_out("no neighbour");
		sendto(fd, "", 0, 0, (struct sockaddr *)&to, sizeof(to));
		pause_ms(50);
	}
	close(fd);
}

static void
begin_on(struct guardian_client *client, const char *text, const char *addr)
{
	struct trial *trial = make_trial(text, 60000);
	struct in6_addr in6;

	inet_pton(AF_INET6, addr, &in6);
	trial_add_neighbour(trial, "v0", &in6);
	if (guardian_start(&options, trial, client))
		bail_out("no guardian: %s", err_message());
	free(expect(client, EVENT_ON_TRIAL, 5000, "on trial"));
	trial_free(trial);
}

static const char open_rules[] =
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n"
	"COMMIT\n";

static const char deaf_rules[] =
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n"
	"-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j DROP\n"
	"COMMIT\n";

static const char good_rules[] =
	"*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n"
	"-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\n"
	"-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136 -j ACCEPT\n"
	"COMMIT\n";

static void
test_deaf(void)
{
	struct guardian_client client;
	int64_t began;
	char *text;

	load(open_rules);
	meet();
	begin_on(&client, deaf_rules, "2001:db8::2");
	began = now_ms();
	free(expect(&client, EVENT_ASKED, 2000, "it is told who is asked"));
	text = expect(&client, EVENT_REVERTED, 20000,
		      "a neighbour that is not heard any more");
	is_str(text, "the neighbour 2001:db8::2%v0 does not answer any more",
	       "is the reason");
	diag("after %lld ms", (long long)(now_ms() - began));
	ok(live_is(open_rules), "the old rules are back");
	ok(all_left(3000), "the guardian leaves");
	is_record(TRIAL_REVERTED, text);
	free(text);
	guardian_disconnect(&client);
}

static void
test_answers(void)
{
	struct guardian_client client, later;
	char *text;

	load(open_rules);
	meet();
	begin_on(&client, good_rules, "2001:db8::2");
	text = expect(&client, EVENT_ASKED, 2000, "a neighbour is asked");
	is_str(text, "2001:db8::2%v0", "which one");
	free(text);
	text = expect(&client, EVENT_ANSWERED, 10000, "it answers");
	is_str(text, "2001:db8::2%v0", "the same");
	free(text);
	is_int(guardian_connect(&options, &later), OK, "who comes later");
	free(expect(&later, EVENT_ON_TRIAL, 2000, "hears how it is"));
	free(expect(&later, EVENT_ANSWERED, 2000, "and what was seen"));
	guardian_disconnect(&later);
	is_int(guardian_confirm(&client, &somebody), OK, "confirm");
	free(expect(&client, EVENT_CONFIRMED, 5000, "the trial goes on"));
	ok(live_is(good_rules), "and the rules stay");
	ok(all_left(3000), "the guardian leaves");
	guardian_disconnect(&client);
}

/* Nothing is known of who was never met, and a static entry stays one. */
static void
test_left_alone(void)
{
	struct guardian_client client;

	load(open_rules);
	run("ip neigh replace 2001:db8::9 lladdr 02:00:00:00:00:09 dev v0 "
	    "nud permanent");
	begin_on(&client, deaf_rules, "2001:db8::9");
	run("ip neigh show 2001:db8::9 | grep -q PERMANENT");
	is_int(guardian_confirm(&client, &somebody), OK, "confirm");
	free(expect(&client, EVENT_CONFIRMED, 5000,
		    "a static entry is left alone"));
	ok(all_left(3000), "the guardian leaves");
	guardian_disconnect(&client);
}

int
main(int argc, char **argv)
{
	struct guardian_options opt;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd))
		return guardian_main(&opt, fd);
	begin_tests();
	make_peer();
	test_deaf();
	test_answers();
	test_left_alone();
	kill(peer, SIGKILL);
	return done_testing();
}
