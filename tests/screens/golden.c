/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys in, golden screens out, text and attributes. Each case has a network
 * namespace of its own. UPDATE=1 writes the golden files anew: read the
 * difference before it is committed. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sallyport/file.h>
#include <sallyport/guardian.h>
#include <sallyport/mem.h>
#include <sallyport/xt.h>
#include <fcntl.h>
#include <sys/stat.h>
#include "../ns.h"
#include "screen.h"

/* The rows of the article, and the chain of another program. */
#define ARTICLE \
	"*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n:f2b-sshd - [0:0]\n" \
	"-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n" \
	"-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n" \
	"-A INPUT -p udp -m udp --dport 443 -j ACCEPT\n" \
	"-A FORWARD -s 2030:abcd:ef::/64 -j ACCEPT\n" \
	"-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT\n" \
	"-A FORWARD -p tcp -m tcp --dport 4001 -j ACCEPT\n" \
	"-A f2b-sshd -s 2001:db8::bad:1/128 -j REJECT\n" \
	"COMMIT\n"

/* Safe for SSH; rules that mislead without their interfaces; a comment that
 * would like to be a terminal's master. */
#define TRICKY \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n" \
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n" \
	"-A INPUT -p tcp -m comment --comment \"\033]0;x\007 \xe2\x80\xae" \
	"d\xc3\xa9j\xc3\xa0 vu\" -j ACCEPT\n" \
	"-A FORWARD ! -i br0 -o br0 -j DROP\n" \
	"-A FORWARD -s 2001:db8:1111:2222:3333:4444:5555:6666/128 " \
	"! -d 2001:db8::/32 -p tcp -m multiport --dports 80,443,8080 " \
	"-m conntrack --ctstate NEW -j ACCEPT\n" \
	"COMMIT\n"

/* Names as other firewalls choose them, longer than the stock tool's columns. */
#define LONG_NAMES \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n" \
	":OUTPUT ACCEPT [0:0]\n:DOCKER-FORWARD - [0:0]\n" \
	":ufw6-before-logging-forward - [0:0]\n" \
	"-A FORWARD -j ufw6-before-logging-forward\n" \
	"-A FORWARD -j DOCKER-FORWARD\n" \
	"-A DOCKER-FORWARD -i docker0 -j ACCEPT\n" \
	"-A DOCKER-FORWARD -i br-5b61f57c7a84 ! -o br-5b61f57c7a84 -j ACCEPT\n" \
	"-A DOCKER-FORWARD -p ipv6-icmp -j RETURN\n" \
	"-A DOCKER-FORWARD ! -s fe80::/10 -d fd00:d::2/128 " \
	"! -i br-5b61f57c7a84 -p tcp -m tcp --dport 8080 -j ACCEPT\n" \
	"COMMIT\n"

#define DEMANDED "{\"event\":\"on-trial\",\"login_demanded\":true}\n" \
	"{\"event\":\"asked\",\"text\":\"fe80::1%eth0\"}\n" \
	"{\"event\":\"login\",\"text\":\"192.0.2.77\",\"uid\":0}\n"
#define PROVEN "{\"event\":\"answered\",\"text\":\"fe80::1%eth0\"}\n" \
	"{\"event\":\"login\",\"text\":\"2001:db8::99\",\"uid\":0," \
	"\"proof\":true}\n"

#define SSH "2001:db8::77 50000 2001:db8::1 22"

static const struct golden {
	const char *name;
	struct setup setup;
	const char *keys;
	const char *on_trial;	/* keys once the change is on trial */
} goldens[] = {
	{ "start", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "", NULL },
	{ "start-small", { 10, 40, .rules = ARTICLE, .ssh = SSH }, "", NULL },
	{ "none-small", { 10, 40, .rules = ARTICLE }, "jd", NULL },
	{ "start-large", { 60, 200, .rules = ARTICLE, .ssh = SSH }, "", NULL },
	{ "start-mono", { 24, 80, "vt100", .rules = ARTICLE, .ssh = SSH },
	  "jdjjK", NULL },
	{ "start-no-color", { 24, 80, .no_color = true, .rules = ARTICLE,
	  .ssh = SSH }, "", NULL },
	{ "start-ascii", { 24, 80, .ascii = true, .rules = TRICKY, .ssh = SSH },
	  "jj", NULL },
	{ "start-read-only", { 24, 80, .read_only = true, .rules = ARTICLE,
	  .ssh = SSH }, "jd", NULL },
	{ "start-sandbox", { 24, 80, .sandbox = true, .rules = ARTICLE,
	  .ssh = SSH }, "", NULL },
	{ "too-small", { 8, 30, .rules = ARTICLE, .ssh = SSH }, "", NULL },
	{ "tricky", { 24, 100, .rules = TRICKY, .ssh = SSH }, "jj", NULL },
	{ "tricky-small", { 12, 60, .rules = TRICKY, .ssh = SSH }, "G", NULL },
	{ "long-names", { 24, 80, .rules = LONG_NAMES, .ssh = SSH },
	  "<Tab><Tab><Tab>", NULL },
	{ "scrolled", { 24, 80, .rules = TRICKY, .ssh = SSH },
	  "G<Right><Right><Right>", NULL },
	{ "counters", { 24, 120, .rules = ARTICLE, .ssh = SSH }, "vv", NULL },
	{ "marks", { 24, 100, .rules = ARTICLE, .ssh = SSH },
	  "jd2Ge<BS><BS><BS><BS><BS><BS>DROP<Enter>4GKG"
	  ":-A OUTPUT -p udp --dport 53 -j ACCEPT<Enter>gPa", NULL },
	{ "form-error", { 24, 80, .rules = ARTICLE, .ssh = SSH },
	  "ja-p tcp --dprt 80 -j ACCEPT<Enter>", NULL },
	{ "form-long", { 10, 40, .rules = ARTICLE, .ssh = SSH },
	  "ja-p tcp -m tcp --dport 8080 -m comment --comment "
	  "\"d\xc3\xa9j\xc3\xa0 vu, again and again\" -j ACCEPT", NULL },
	{ "policy", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "P", NULL },
	{ "command-error", { 24, 80, .rules = ARTICLE, .ssh = SSH },
	  ":ip6tables -A NOWHERE -j ACCEPT<Enter>", NULL },
	{ "tables", { 24, 80, .rules = ARTICLE, .ssh = SSH },
	  "jdTrja-p udp --sport 53 -j NOTRACK<Enter>T", NULL },
	{ "table-absent", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "Tn",
	  NULL },
	{ "table-review", { 24, 80, .rules = ARTICLE, .ssh = SSH },
	  "fTra-p udp --sport 53 -j NOTRACK<Enter>c", NULL },
	{ "probe", { 24, 80, .rules = ARTICLE, .ssh = SSH },
	  "jdtd<^U>443<Enter>", NULL },
	{ "probe-small", { 10, 40, .rules = ARTICLE, .ssh = SSH }, "tG", NULL },
	{ "probe-large", { 60, 200, .rules = ARTICLE, .ssh = SSH }, "t", NULL },
	{ "probe-form", { 24, 80, .rules = ARTICLE, .ssh = SSH },
	  "td<^U>65536<Enter>", NULL },
	{ "probe-marks", { 24, 80, .rules = ARTICLE, .ssh = SSH },
	  "tq:-I INPUT 2 -p tcp<Enter>", NULL },
	{ "probe-marks-mono", { 24, 80, "vt100", .ascii = true,
	  .rules = ARTICLE, .ssh = SSH },
	  "td<^U>23<Enter>q:-I INPUT 2 -p tcp<Enter>", NULL },
	{ "probe-marks-small", { 10, 40, .rules = ARTICLE, .ssh = SSH },
	  "tqj", NULL },
	{ "expose", { 24, 80, .rules = ARTICLE, .ssh = SSH },
	  "x8080<Enter>f2001:db8:5::/48<Enter>", NULL },
	{ "expose-form", { 10, 40, "vt100", .ascii = true, .rules = ARTICLE,
	  .ssh = SSH }, "xtelnet<Enter>", NULL },
	{ "exposed", { 24, 80, .rules = ARTICLE, .ssh = SSH },
	  "x8080<Enter><Enter>", NULL },
	{ "exposed-small", { 10, 40, "vt100", .ascii = true, .rules = ARTICLE,
	  .ssh = SSH }, "x8080<Enter><Enter>", NULL },
	{ "leave", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "jdq", NULL },
	{ "unknown-key", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "Z", NULL },
	{ "review-refused", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "jjdc",
	  NULL },
	{ "review-wide", { 24, 120, .rules = LONG_NAMES, .ssh = SSH },
	  "<Tab><Tab><Tab>jjjjdyc", NULL },
	{ "review-safe", { 24, 80, .rules = ARTICLE, .ssh = SSH },
	  "fcmlet neighbours in<Enter>l<^U>300<Enter>", NULL },
	{ "review-small", { 10, 40, .rules = ARTICLE, .ssh = SSH }, "jjdc",
	  NULL },
	{ "override-wrong", { 24, 80, .rules = ARTICLE, .ssh = SSH },
	  "jjdc!vps<Enter>", NULL },
	{ "help", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "?", NULL },
	{ "help-small", { 10, 40, .rules = ARTICLE, .ssh = SSH }, "?", NULL },
	{ "trial", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "fcc", "" },
	{ "trial-small", { 10, 40, .rules = ARTICLE, .ssh = SSH }, "fcc", "" },
	{ "trial-login", { 24, 80, .rules = ARTICLE, .ssh = SSH,
	  .heard = DEMANDED }, "fcc", "42" },
	{ "trial-login-small", { 10, 40, .rules = ARTICLE, .ssh = SSH,
	  .heard = DEMANDED }, "fcc", "" },
	{ "trial-proven", { 24, 80, .rules = ARTICLE, .ssh = SSH,
	  .heard = DEMANDED PROVEN }, "fcc", "" },
	{ "trial-closed", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "fcc",
	  "909192" },
	{ "trial-browse", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "fcc",
	  "<Esc>j" },
	{ "trial-wrong", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "fcc",
	  "99" },
	{ "trial-habit", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "fcc",
	  " y<Enter>" },
	{ "trial-leave", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "fcc", "q" },
	{ "reverted", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "fcc", "R" },
	{ "flows", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "Fj", NULL },
	{ "flows-small", { 10, 40, .rules = ARTICLE, .ssh = SSH }, "F", NULL },
	{ "history", { 24, 80, .rules = ARTICLE, .ssh = SSH },
	  "fcmlet neighbours in<Enter>c", "H" },
	{ "history-small", { 10, 40, .rules = ARTICLE, .ssh = SSH },
	  "fcmlet neighbours in<Enter>c", "H" },
	{ "history-show", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "fcc",
	  "H<Enter>" },
	{ "history-compare", { 24, 80, .rules = ARTICLE, .ssh = SSH }, "fcc",
	  "H=j=" },
};

/* --- One case, in a child --- */

/* What differs from run to run. */
static void
make_steady(struct editor *editor)
{
	const struct clock *clock = editor->world.clock;

	editor->ui.watch.code.code = 42;
	editor->ui.watch.deadline_ms = clock->boot_ms(clock) + 86500;
	ui_changed(&editor->ui);
}

/* Connections as a search finds them. */
static void
put_flows(struct editor *editor)
{
	const struct in6_addr peer = { .s6_addr = { 0x20, 1, 0xd, 0xb8, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0x77 } };
	const struct in6_addr host = { .s6_addr = { 0x20, 1, 0xd, 0xb8, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 1 } };
	const struct in6_addr box = { .s6_addr = { 0x20, 1, 0xd, 0xb8, 0, 0xc,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 2 } };
	const struct flow flows[] = {
		{ "INPUT", IPPROTO_TCP, .src = peer, .dst = host, .end = host,
		  .sport = 50001, .dport = 4001, .end_port = 4001,
		  .state = "ESTABLISHED", .timeout_s = 431999, .packets = 12,
		  .rule = "INPUT policy" },
		{ "FORWARD", IPPROTO_UDP, .src = peer, .dst = host, .end = box,
		  .sport = 50002, .dport = 443, .end_port = 4001, .state = "",
		  .timeout_s = 118, .rule = "FORWARD 3" },
		{ "INPUT", IPPROTO_TCP, .src = peer, .dst = host, .end = host,
		  .sport = 50000, .dport = 22, .end_port = 22,
		  .state = "ESTABLISHED", .timeout_s = 300, .lifeline = true,
		  .rule = "INPUT policy" },
	};
	struct flows *found = &editor->ui.flowing.found;

	for (size_t i = 0; i < ARRAY_LEN(flows); i++)
		vec_push(&found->v, xmemdup(&flows[i], sizeof(flows[i])));
	found->lifelines = 1;
	found->unsure = 2;
	editor->ui.flowing.known = true;
}

static void
settle(struct editor *editor)
{
	if (editor->ui.watch.phase == WATCH_NONE)
		return;
	if (editor->ui.form.is_open)
		editor_keys(editor, "<Esc>");
	watch_revert(&editor->ui);
	if (!editor_wait(editor, WATCH_NONE))
		bail_out("the trial does not end");
}

/* Lines of the guardian's, in the place of a real one. */
static void
hear(struct editor *editor, const char *lines)
{
	struct guardian_client *client = &editor->ui.watch.client;
	int pair[2], guardian = client->fd;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ||
	    write(pair[1], lines, strlen(lines)) < 0)
		bail_out("socketpair: %s", strerror(errno));
	client->fd = pair[0];
	watch_input(&editor->ui);
	client->fd = guardian;
	close(pair[0]);
	close(pair[1]);
}

static void
run_trial(struct editor *editor, const char *keys, const char *heard)
{
	if (!editor_wait(editor, WATCH_RUNNING))
		bail_out("no trial: %s", str_text(&editor->ui.message));
	if (heard)
		hear(editor, heard);
	make_steady(editor);
	editor_keys(editor, keys);
	if (editor->ui.watch.phase == WATCH_ENDING)
		editor_wait(editor, WATCH_NONE);
	if (editor->ui.watch.phase != WATCH_NONE)
		editor->ui.watch.deadline_ms = clock_system.boot_ms(
			&clock_system) + 86500;
}

static void
write_file(const char *path, const struct str *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(str_text(text), 1, text->len, f) != text->len ||
	    fclose(f) != 0)
		bail_out("cannot write %s", path);
}

static void
run_child(const struct golden *g, const char *out)
{
	struct setup setup = g->setup;
	struct editor editor;
	struct str seen = { 0 };
	char *dir = xasprintf("%s/%s", screen_dir(), g->name);

	if (ns_enter() < 0)
		bail_out("no namespace: %s", strerror(errno));
	mkdir(dir, 0700);
	setup.dir = dir;
	editor_open(&editor, &setup);
	if (str_starts(g->name, "flows"))
		put_flows(&editor);
	editor_keys(&editor, g->keys);
	if (g->on_trial)
		run_trial(&editor, g->on_trial, g->setup.heard);
	editor_dump(&editor, &seen);
	settle(&editor);
	editor_close(&editor);
	write_file(out, &seen);
	exit(0);
}

/* --- Comparing --- */

/* Times of day become 00-00 00:00 or 00-00 00:00:00. */
static void
blank_times(char *s)
{
	static const char form[] = "dd-dd dd:dd";

	for (; *s; s++) {
		size_t i = 0;

		while (form[i] && (form[i] == 'd' ? isdigit((unsigned char)s[i])
						  : s[i] == form[i]))
			i++;
		if (form[i])
			continue;
		for (i = 0; form[i]; i++)
			if (form[i] == 'd')
				s[i] = '0';
		if (s[i] == ':' && isdigit((unsigned char)s[i + 1]))
			s[i + 1] = s[i + 2] = '0';
	}
}

static char *
read_text(const char *path)
{
	struct str text = { 0 };

	if (file_read(AT_FDCWD, path, 1 << 20, &text))
		return xstrdup("");
	return str_take(&text);
}

static char *
golden_path(const char *name)
{
	const char *top = getenv("top_srcdir");

	return xasprintf("%s/tests/screens/expected/%s.txt", top ? top : ".",
			 name);
}

static void
compare(const struct golden *g, const char *out)
{
	char *path = golden_path(g->name);
	char *seen = read_text(out), *wanted;
	struct str text = { 0 };

	blank_times(seen);
	if (getenv("UPDATE")) {
		str_add(&text, seen);
		write_file(path, &text);
		str_done(&text);
	}
	wanted = read_text(path);
	is_str(seen, wanted, "%s", g->name);
	free(seen);
	free(wanted);
	free(path);
}

static void
check(const struct golden *g)
{
	char *out = xasprintf("%s/%s.out", screen_dir(), g->name);
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		run_child(g, out);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		bail_out("fork: %s", strerror(errno));
	if (status == 0)
		compare(g, out);
	else
		ok(false, "%s: status %d", g->name, status);
	free(out);
}

int
main(int argc, char **argv)
{
	struct guardian_options opt;
	const char *only = argc == 2 ? argv[1] : NULL;
	int fd;

	setenv("TZ", "UTC", 1);
	if (guardian_asked(argc, argv, &opt, &fd))
		return guardian_main(&opt, fd);
	if (xt_init(false))
		bail_out("xt_init: %s", err_message());
	screen_dir();
	fflush(stdout);
	for (size_t i = 0; i < ARRAY_LEN(goldens); i++)
		if (!only || strcmp(only, goldens[i].name) == 0)
			check(&goldens[i]);
	return done_testing();
}
