/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings file: every key, every way to get one wrong, and files that are
 * not to be trusted. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sallyport/addr.h>
#include <sallyport/mem.h>
#include <sallyport/settings.h>
#include "../tap.h"

static void
add_prefix(struct str *out, const struct settings_prefix *prefix)
{
	addr_format(out, &prefix->addr);
	str_addf(out, "/%u", prefix->len);
}

/* All that was read, in one line. */
static void
account(const struct settings *st, struct str *out)
{
	str_addf(out, "%s%s", st->no_lifelines ? "none " : "",
		 st->confirm == CONFIRM_NEW_LOGIN ? "new-login " : "");
	for (size_t i = 0; i < st->ports.n; i++) {
		const struct settings_port *port = st->ports.v[i];

		str_addf(out, "port %u ", port->number);
	}
	for (size_t i = 0; i < st->sources.n; i++) {
		str_add(out, "source ");
		add_prefix(out, st->sources.v[i]);
		str_addc(out, ' ');
	}
	for (size_t i = 0; i < st->lifelines.n; i++) {
		const struct settings_lifeline *ll = st->lifelines.v[i];

		str_addf(out, "%s %u:%u far ", ll->out ? "out" : "in",
			 ll->proto, ll->port);
		add_prefix(out, &ll->far);
		str_add(out, " near ");
		addr_format(out, &ll->near);
		str_addc(out, ' ');
	}
}

static void
test_good(void)
{
	static const struct {
		const char *text;
		const char *expected;
	} good[] = {
		{ "", "" },
		{ "\n# a comment\n; another\n   # and one\n\n", "" },
		{ "lifelines = none\n", "none " },
		{ "lifelines=none", "none " },
		{ "  port = 22 \r\n\tport = 2222\n", "port 22 port 2222 " },
		{ "port = 22 ; not the usual one\n", "port 22 " },
		{ "source = 2001:db8::77\nsource = 2001:db8:5::7/32\n",
		  "source 2001:db8::77/128 source 2001:db8::/32 " },
		{ "source = ::/0\n", "source ::/0 " },
		{ "lifeline = in udp 51820\n",
		  "in 17:51820 far ::/0 near :: " },
		{ "lifeline = in tcp 9100 from 2001:db8:5::7\n",
		  "in 6:9100 far 2001:db8:5::7/128 near :: " },
		{ "lifeline = in tcp 4001 to 2001:db8:c::2 from 2001:db8::/32\n",
		  "in 6:4001 far 2001:db8::/32 near 2001:db8:c::2 " },
		{ "lifeline =  out  udp\t53  to  2001:db8::53\n",
		  "out 17:53 far 2001:db8::53/128 near :: " },
		{ "lifeline = out tcp 636\n", "out 6:636 far ::/0 near :: " },
		{ "confirm = new-login\n", "new-login " },
		{ "confirm = any\n", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct settings *st = NULL;
		struct str got = { 0 };

		if (settings_parse("f", good[i].text, &st))
			str_add(&got, err_message());
		else
			account(st, &got);
		is_str(str_text(&got), good[i].expected, "good %zu", i);
		str_done(&got);
		settings_free(st);
	}
}

static void
test_bad(void)
{
	char *longest = xasprintf("\nport = %0190d\n", 22);
	const struct {
		const char *text;
		const char *message;
	} bad[] = {
		{ "\n\nport = 22\nprot = 22\n", "f:4: unknown key 'prot'" },
		{ "Port = 22\n", "f:1: unknown key 'Port'" },
		{ "port\n", "f:1: no KEY = VALUE" },
		{ "port = 22\nport\nprot = 1\n", "f:2: no KEY = VALUE" },
		{ "port =\n", "f:1: 'port' has no value" },
		{ "[ssh]\nport = 22\n", "f:1: sections are not known" },
		{ longest, "f:2: the line is longer than 190 bytes" },
		{ "port = 22x", "f:1: '22x' is no port, 1 to 65535" },
		{ "port = 0", "f:1: '0' is no port, 1 to 65535" },
		{ "port = 65536", "f:1: '65536' is no port, 1 to 65535" },
		{ "port = -1", "f:1: '-1' is no port, 1 to 65535" },
		{ "port = 22 2222", "f:1: '22 2222' is no port, 1 to 65535" },
		{ "source = example.org",
		  "f:1: 'example.org' is no IPv6 address" },
		{ "source = 2001:db8::/129",
		  "f:1: '2001:db8::/129' is no IPv6 prefix" },
		{ "source = 192.0.2.7", "f:1: '192.0.2.7' is IPv4, which the "
		  "IPv6 rules do not touch" },
		{ "lifelines = all", "f:1: 'lifelines' is 'all', but can only "
		  "be 'none'; they are found where it is left out" },
		{ "confirm = yes", "f:1: 'confirm' is 'yes', but can only be "
		  "'any' or 'new-login'" },
		{ "confirm = any\n confirm = any", "f:2: 'confirm' comes twice" },
		{ "lifeline = in udp", "f:1: 'in udp' is no lifeline, such as "
		  "'in udp 51820' or 'out udp 53 to 2001:db8::53'" },
		{ "lifeline = in \"udp 3", "f:1: 'in \"udp 3' is no lifeline, "
		  "such as 'in udp 51820' or 'out udp 53 to 2001:db8::53'" },
		{ "lifeline = through udp 53",
		  "f:1: a lifeline goes 'in' or 'out', not 'through'" },
		{ "lifeline = in sctp 53",
		  "f:1: a lifeline is 'tcp' or 'udp', not 'sctp'" },
		{ "lifeline = in udp dns", "f:1: 'dns' is no port, 1 to 65535" },
		{ "lifeline = in udp 53 via eth0", "f:1: a lifeline goes on "
		  "with 'from' or 'to', not 'via'" },
		{ "lifeline = in udp 53 from", "f:1: 'from' needs an address" },
		{ "lifeline = out udp 53 from ::1",
		  "f:1: a lifeline that goes out has no 'from'" },
		{ "lifeline = in udp 53 from ::1 to ::2 from ::3",
		  "f:1: 'from' comes twice" },
		{ "lifeline = in udp 53 to 2001:db8::/64",
		  "f:1: '2001:db8::/64' must be one address" },
		{ "lifelines = none\nport = 22\n", "f: 'lifelines = none' and "
		  "a port, source or lifeline contradict each other" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct settings *st = NULL;

		ok(settings_parse("f", bad[i].text, &st) == ERR_PARSE && !st,
		   "bad %zu", i);
		is_str(err_message(), bad[i].message, "its message");
	}
	free(longest);
}

static void
make(const char *path, const char *text, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n || fchmod(fd, mode) < 0)
		bail_out("%s", path);
	close(fd);
}

static void
expect_load(const char *path, bool must, enum err expected, const char *message,
	    const char *what)
{
	struct settings *st = NULL;

	is_int(settings_load(path, must, &st), expected, "%s", what);
	if (expected)
		is_str(err_message(), message, "its message");
	else
		ok(st != NULL, "there are settings");
	settings_free(st);
}

static void
test_files(const char *dir)
{
	char *path = xasprintf("%s/conf", dir), *link = xasprintf("%s/l", dir);
	char *why = xasprintf("cannot open settings file '%s': No such file or "
			      "directory", path);

	expect_load(path, false, OK, NULL, "a file that is not there");
	expect_load(path, true, ERR_NOT_FOUND, why, "though it is named");
	free(why);
	make(path, "port = 1\nfoo = 1\n", 17, 0644);
	why = xasprintf("%s:2: unknown key 'foo'", path);
	expect_load(path, false, ERR_PARSE, why, "a bad line");
	free(why);
	make(path, "port = 1\n\0", 10, 0644);
	why = xasprintf("'%s' has a NUL byte in it", path);
	expect_load(path, false, ERR_PARSE, why, "a NUL byte");
	free(why);
	make(path, "port = 22\n", 10, 0644);
	expect_load(path, true, OK, NULL, "a good file");
	if (symlink(path, link) < 0)
		bail_out("%s", link);
	why = xasprintf("settings file '%s' is a symbolic link: refused", link);
	expect_load(link, true, ERR_FAIL, why, "a symbolic link");
	free(why);
	why = xasprintf("'%s' is no regular file", dir);
	expect_load(dir, true, ERR_FAIL, why, "a directory");
	free(why);
	chmod(path, 0664);
	why = xasprintf("settings file '%s' may be written by others: refused",
			path);
	if (geteuid() == 0)
		expect_load(path, true, ERR_FAIL, why, "a group may write it");
	free(why);
	chmod(path, 0644);
	why = xasprintf("settings file '%s' belongs to user 12, not to root: "
			"refused", path);
	if (geteuid() == 0 && chown(path, 12, 0) == 0)
		expect_load(path, true, ERR_FAIL, why, "somebody else's");
	free(why);
	unlink(path);
	unlink(link);
	free(path);
	free(link);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/settings.XXXXXX", tmp ? tmp : "/tmp");

	if (!mkdtemp(dir))
		bail_out("mkdtemp");
	test_good();
	test_bad();
	test_files(dir);
	rmdir(dir);
	free(dir);
	return done_testing();
}
