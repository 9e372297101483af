/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netlink messages of a few attributes each, and one program of two
 * instructions. */
#include "../tap.h"
#include "objects.h"
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <linux/bpf.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_acct.h>
#include <linux/netfilter/nfnetlink_cttimeout.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct message {
	struct nlmsghdr head;
	struct nfgenmsg family;
	char attributes[512];
};

static void
message_init(struct message *m, int subsystem, int command)
{
	memset(m, 0, sizeof(*m));
	m->head.nlmsg_len = NLMSG_LENGTH(sizeof(m->family));
	m->head.nlmsg_type = (unsigned short)(subsystem << 8 | command);
	m->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
	m->family.nfgen_family = AF_INET6;
}

static void
add(struct message *m, unsigned type, const void *data, size_t size)
{
	struct nlattr *a = (void *)((char *)m + NLMSG_ALIGN(m->head.nlmsg_len));

	a->nla_type = (unsigned short)type;
	a->nla_len = (unsigned short)(NLA_HDRLEN + size);
	memcpy((char *)a + NLA_HDRLEN, data, size);
	m->head.nlmsg_len = NLMSG_ALIGN(m->head.nlmsg_len) +
			    (unsigned)NLA_ALIGN(a->nla_len);
}

static void
add_text(struct message *m, unsigned type, const char *text)
{
	add(m, type, text, strlen(text) + 1);
}

static void
add_byte(struct message *m, unsigned type, unsigned char byte)
{
	add(m, type, &byte, 1);
}

/* Send it and wait for the kernel's answer. */
static void
message_send(struct message *m, const char *what)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[1024];
	} answer = { .error.error = -EIO };

	if (fd < 0 || send(fd, m, m->head.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		diag("no %s here: %s", what, strerror(errno));
	else if (answer.error.error)
		diag("no %s here: %s", what, strerror(-answer.error.error));
	if (fd >= 0)
		close(fd);
}

static void
make_set(const char *name, const char *type)
{
	struct message m;

	message_init(&m, NFNL_SUBSYS_IPSET, IPSET_CMD_CREATE);
	add_byte(&m, IPSET_ATTR_PROTOCOL, IPSET_PROTOCOL_MIN);
	add_text(&m, IPSET_ATTR_SETNAME, name);
	add_text(&m, IPSET_ATTR_TYPENAME, type);
	add_byte(&m, IPSET_ATTR_REVISION, 0);
	add_byte(&m, IPSET_ATTR_FAMILY, AF_INET6);
	add(&m, IPSET_ATTR_DATA | NLA_F_NESTED, "", 0);
	message_send(&m, "set");
}

static void
make_account(const char *name)
{
	struct message m;

	message_init(&m, NFNL_SUBSYS_ACCT, NFNL_MSG_ACCT_NEW);
	add_text(&m, NFACCT_NAME, name);
	message_send(&m, "account");
}

static void
make_timeout(void)
{
	unsigned short ipv6 = htons(AF_INET6);
	struct message m;

	message_init(&m, NFNL_SUBSYS_CTNETLINK_TIMEOUT, IPCTNL_MSG_TIMEOUT_NEW);
	add_text(&m, CTA_TIMEOUT_NAME, "policy0");
	add(&m, CTA_TIMEOUT_L3PROTO, &ipv6, sizeof(ipv6));
	add_byte(&m, CTA_TIMEOUT_L4PROTO, IPPROTO_TCP);
	add(&m, CTA_TIMEOUT_DATA | NLA_F_NESTED, "", 0);
	message_send(&m, "timeout policy");
}

static int
load_program(void)
{
	static const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (unsigned long)program,
		.insn_cnt = 2,
		.license = (unsigned long)"GPL",
	};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void
make_program(void)
{
	union bpf_attr attr = { .pathname = (unsigned long)OBJECTS_PROGRAM };
	int fd = -1;

	if (access(OBJECTS_PROGRAM, F_OK) == 0)
		return;
	if (unshare(CLONE_NEWNS) == 0 &&
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL) == 0)
		fd = load_program();
	attr.bpf_fd = (unsigned)fd;
	if (fd < 0 || syscall(SYS_bpf, BPF_OBJ_PIN, &attr, sizeof(attr)) < 0)
		diag("no program here: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

void
objects_make(void)
{
	make_set("set6", "hash:ip");
	make_set("pair6", "hash:ip,port");
	make_account("acct0");
	make_account("acct 1");
	make_timeout();
	make_program();
}
