/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A search for flows as its caller sees it: a process that is started, may be
 * waited for, and is killed with us or when nobody wants it any more. What it
 * finds it writes to memory that it shares with us. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/scratch.h>
#include <sallyport/xt.h>
#include "flows-internal.h"

#define KILL_AFTER_S 30
#define LIMIT_MS 10000		/* who waits for it, waits so long */

struct found {
	bool done;
	enum err err;
	char reason[256];
	size_t n;
	size_t seen;
	size_t more;
	size_t unsure;
	size_t unlooked;
	struct flow flows[FLOWS_MAX];
};

struct flow_search {
	pid_t pid;		/* 0: none runs */
	int fd;			/* ends when the process does */
	struct found *found;
};

/* --- In the process --- */

struct work {
	struct judge *judge;
	const struct vec *lifelines;
	struct found *found;
};

static void
keep(struct work *work, struct flow *flow)
{
	struct found *found = work->found;

	flow->lifeline = work->lifelines &&
			 judge_is_lifeline(work->judge, flow, work->lifelines);
	if (found->n < FLOWS_MAX)
		found->flows[found->n++] = *flow;
	else
		found->more++;
}

/* A connection that both ends have closed is only remembered. */
static bool
is_over(const struct flow *flow)
{
	static const char *const over[] = { "TIME_WAIT", "CLOSE", "LAST_ACK" };

	return str_find(over, ARRAY_LEN(over), flow->state) != NULL;
}

static void
on_flow(struct flow *flow, void *arg)
{
	struct work *work = arg;

	if (is_over(flow))
		return;
	switch (judge_flow(work->judge, flow)) {
	case FATE_OPEN:
		return;
	case FATE_CLOSED:
		keep(work, flow);
		return;
	case FATE_MIXED:
		work->found->unsure++;
		return;
	case FATE_UNLOOKED:
		work->found->unlooked++;
		return;
	}
}

static _Noreturn void
search_main(const struct tables *before, const struct tables *now,
	    struct work *work, int fd, pid_t parent)
{
	const struct itimerval late = { .it_value.tv_sec = KILL_AFTER_S };
	struct found *found = work->found;

	scratch_detach(fd, "sallyport-flows");
	if (!scratch_follow(parent))
		_exit(1);
	setitimer(ITIMER_REAL, &late, NULL);
	work->judge = judge_open(before, now);
	found->err = conntrack_each(on_flow, work, &found->seen);
	if (found->err)
		str_copy(found->reason, sizeof(found->reason), err_message());
	found->done = true;
	_exit(0);
}

/* --- With the caller --- */

static struct found *
found_new(void)
{
	struct found *found = mmap(NULL, sizeof(*found),
				   PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (found == MAP_FAILED)
		die(_("out of memory"));
	return found;
}

static void
cannot_start(struct flow_search *search)
{
	fail_errno(_("cannot start a process"));
	search->found->err = ERR_FAIL;
	str_copy(search->found->reason, sizeof(search->found->reason),
		 err_message());
	search->found->done = true;
}

/* Nothing to do is done at once: the descriptor says so, too. */
static void
run(struct flow_search *search, const struct tables *before,
    const struct tables *now, const struct vec *lifelines)
{
	struct work work = { .lifelines = lifelines, .found = search->found };
	pid_t parent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		cannot_start(search);
		return;
	}
	search->fd = fds[0];
	if (!conntrack_has_any()) {
		search->found->done = true;
	} else {
		search->pid = fork();
		if (search->pid == 0)
			search_main(before, now, &work, fds[1], parent);
		if (search->pid < 0) {
			cannot_start(search);
			search->pid = 0;
		}
	}
	close(fds[1]);
}

struct flow_search *
flows_start(const struct tables *before, const struct tables *now,
	    const struct vec *lifelines)
{
	struct flow_search *search = xcalloc(1, sizeof(*search));

	search->fd = -1;
	search->found = found_new();
	run(search, before, now, lifelines);
	return search;
}

int
flows_fd(const struct flow_search *search)
{
	return search ? search->fd : -1;
}

void
flows_stop(struct flow_search *search)
{
	if (!search)
		return;
	if (search->pid > 0) {
		kill(search->pid, SIGKILL);
		while (waitpid(search->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (search->fd >= 0)
		close(search->fd);
	munmap(search->found, sizeof(*search->found));
	free(search);
}

static void
add_flows(struct flows *flows, const struct found *found, bool lifeline)
{
	for (size_t i = 0; i < found->n; i++)
		if (found->flows[i].lifeline == lifeline)
			vec_push(&flows->v, xmemdup(&found->flows[i],
						    sizeof(struct flow)));
}

static enum err
read_found(const struct found *found, struct flows *flows)
{
	if (!found->done)
		return fail(ERR_FAIL, _("the search for connections that live "
					"on was killed"));
	if (found->err)
		return fail(found->err, "%s", found->reason);
	add_flows(flows, found, false);
	flows->lifelines = found->n - flows->v.n;
	add_flows(flows, found, true);
	flows->seen = found->seen;
	flows->more = found->more;
	flows->unsure = found->unsure;
	flows->unlooked = found->unlooked;
	return OK;
}

static bool
has_ended(const struct flow_search *search, int limit_ms)
{
	struct pollfd p = { .fd = search->fd, .events = POLLIN };
	int n;

	if (search->pid == 0)
		return true;
	do
		n = poll(&p, 1, limit_ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

enum err
flows_take(struct flow_search **search, struct flows *flows)
{
	enum err err;

	*flows = (struct flows){ 0 };
	if (!has_ended(*search, 0))
		return ERR_BUSY;
	err = read_found((*search)->found, flows);
	flows_stop(*search);
	*search = NULL;
	return err;
}

enum err
flows_find(const struct tables *before, const struct tables *now,
	   const struct vec *lifelines, struct flows *flows)
{
	struct flow_search *search = flows_start(before, now, lifelines);
	enum err err;

	*flows = (struct flows){ 0 };
	if (has_ended(search, LIMIT_MS))
		return flows_take(&search, flows);
	err = fail(ERR_FAIL, _("the connections that the kernel tracks are too "
			       "many to be looked through in time"));
	flows_stop(search);
	return err;
}

void
flows_done(struct flows *flows)
{
	while (flows->v.n)
		free(vec_pop(&flows->v));
	vec_done(&flows->v);
}

/* --- In words --- */

static bool
is_led(const struct flow *flow)
{
	return !addr_equal(&flow->dst, &flow->end) ||
	       flow->dport != flow->end_port;
}

static bool
has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_DCCP ||
	       proto == IPPROTO_UDPLITE;
}

static void
add_end(struct str *out, const struct flow *flow, const struct in6_addr *addr,
	uint16_t port)
{
	bool ports = has_ports(flow->proto);

	str_add(out, ports ? "[" : "");
	addr_format(out, addr);
	if (ports)
		str_addf(out, "]:%u", port);
}

void
flow_describe(const struct flow *flow, struct str *out)
{
	xt_proto_name(flow->proto, out);
	str_addc(out, ' ');
	add_end(out, flow, &flow->src, flow->sport);
	str_add(out, " -> ");
	add_end(out, flow, &flow->dst, flow->dport);
	if (is_led(flow)) {
		str_add(out, " => ");
		add_end(out, flow, &flow->end, flow->end_port);
	}
}
