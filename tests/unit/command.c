/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pasted ip6tables commands: what they stage, and that a refused one stages
 * nothing. */
#include "../tap.h"
#include <sallyport/command.h>
#include <sallyport/mem.h>

static const char base_text[] =
	"*filter\n"
	":INPUT ACCEPT [0:0]\n"
	":FORWARD ACCEPT [0:0]\n"
	":OUTPUT ACCEPT [0:0]\n"
	":empty - [0:0]\n"
	":mine - [0:0]\n"
	"-A INPUT -i lo -j ACCEPT\n"
	"-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
	"-A INPUT -j mine\n"
	"-A mine -j RETURN\n"
	"COMMIT\n";

/* A command, and the lines that describe its changes. */
static const struct {
	const char *command;
	const char *changes;
} staged[] = {
	{ "ip6tables -A INPUT -p tcp --dport 80 -j ACCEPT",
	  "+ INPUT 4: -p tcp -m tcp --dport 80 -j ACCEPT\n" },
	{ "-A INPUT -j DROP", "+ INPUT 4: -j DROP\n" },
	{ "sudo /sbin/ip6tables -w -t filter -I INPUT 2 -j DROP",
	  "+ INPUT 2: -j DROP\n" },
	{ "# ip6tables-legacy -I FORWARD -j mine", "+ FORWARD 1: -j mine\n" },
	{ "$ sudo ip6tables-nft -w 5 -I INPUT -j DROP   # why",
	  "+ INPUT 1: -j DROP\n" },
	{ "ip6tables -j DROP -p udp -A OUTPUT -v",
	  "+ OUTPUT 1: -p udp -j DROP\n" },
	{ "ip6tables -A INPUT -s ::1,::2 -j DROP",
	  "+ INPUT 4: -s ::1/128 -j DROP\n+ INPUT 5: -s ::2/128 -j DROP\n" },
	{ "ip6tables -I INPUT -s ::1,::2 -j DROP",
	  "+ INPUT 1: -s ::1/128 -j DROP\n+ INPUT 1: -s ::2/128 -j DROP\n" },
	{ "ip6tables -A INPUT -m comment --comment 'it'\\''s \"x\"' \\\n"
	  "  -j DROP",
	  "+ INPUT 4: -m comment --comment \"it\\'s \\\"x\\\"\" -j DROP\n" },
	{ "ip6tables -A INPUT -m comment --comment \"a \\\"b\\\" -t nat\"",
	  "+ INPUT 4: -m comment --comment \"a \\\"b\\\" -t nat\"\n" },
	{ "ip6tables -A INPUT -m comment --comment -D",
	  "+ INPUT 4: -m comment --comment -D\n" },
	{ "ip6tables -D INPUT 2",
	  "- INPUT 2: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "ip6tables -D INPUT -p tcp --dport 22 -j ACCEPT",
	  "- INPUT 2: -p tcp -m tcp --dport 22 -j ACCEPT\n" },
	{ "ip6tables --delete INPUT -i lo -j ACCEPT",
	  "- INPUT 1: -i lo -j ACCEPT\n" },
	{ "ip6tables -R INPUT 1 -j DROP",
	  "- INPUT 1: -i lo -j ACCEPT\n+ INPUT 1: -j DROP\n" },
	{ "ip6tables -P INPUT DROP", "~ INPUT policy: ACCEPT to DROP\n" },
	{ "ip6tables -N other", "+ chain other\n" },
	{ "ip6tables -X empty", "- chain empty\n" },
	{ "ip6tables -E mine yours", "~ chain mine to yours\n" },
	{ "ip6tables -F mine", "- all of mine (1)\n- mine 1: -j RETURN\n" },
	{ "ip6tables -F",
	  "- all of INPUT (3)\n- INPUT 1: -i lo -j ACCEPT\n"
	  "- INPUT 2: -p tcp -m tcp --dport 22 -j ACCEPT\n"
	  "- INPUT 3: -j mine\n- all of mine (1)\n- mine 1: -j RETURN\n" },
};

/* What is refused, with which code, and what the message names. */
static const struct {
	const char *command;
	enum err err;
	const char *names;
} refused[] = {
	{ "", ERR_USAGE, "missing" },
	{ "sudo", ERR_USAGE, "missing" },
	{ "nft list ruleset", ERR_USAGE, "'nft'" },
	{ "iptables -A INPUT -j DROP", ERR_USAGE, "IPv4" },
	{ "ip6tables", ERR_PARSE, "-A" },
	{ "ip6tables -j DROP", ERR_PARSE, "-A" },
	{ "ip6tables -t nat -A PREROUTING -j ACCEPT", ERR_USAGE, "'nat'" },
	{ "ip6tables -A INPUT -j ACCEPT -t mangle", ERR_USAGE, "'mangle'" },
	{ "ip6tables -L", ERR_USAGE, "-L" },
	{ "ip6tables -S INPUT", ERR_USAGE, "-S" },
	{ "ip6tables -Z INPUT 1", ERR_USAGE, "-Z" },
	{ "ip6tables -C INPUT -j DROP", ERR_USAGE, "-C" },
	{ "ip6tables -V", ERR_PARSE, "'-V'" },
	{ "ip6tables -A INPUT -D INPUT", ERR_PARSE, "-A" },
	{ "ip6tables -A NOPE -j DROP", ERR_NOT_FOUND, "'NOPE'" },
	{ "ip6tables -A INPUT -j NOPE", ERR_PARSE, "'NOPE'" },
	{ "ip6tables -A INPUT -j INPUT", ERR_USAGE, "'INPUT'" },
	{ "ip6tables -A INPUT -o eth0", ERR_PARSE, "INPUT" },
	{ "ip6tables -A OUTPUT -i eth0", ERR_PARSE, "OUTPUT" },
	{ "ip6tables -I INPUT 5 -j DROP", ERR_NOT_FOUND, "5" },
	{ "ip6tables -I INPUT x -j DROP", ERR_PARSE, "'x'" },
	{ "ip6tables -A INPUT --dport 25", ERR_PARSE, "-p tcp or -p udp" },
	{ "ip6tables -I INPUT 0 -j DROP", ERR_PARSE, "'0'" },
	{ "ip6tables -I INPUT 5 -s ::1,::2", ERR_NOT_FOUND, "5" },
	{ "ip6tables -D INPUT 4", ERR_NOT_FOUND, "4" },
	{ "ip6tables -D INPUT 1 -j DROP", ERR_PARSE, "-D" },
	{ "ip6tables -D INPUT -j DROP", ERR_NOT_FOUND, "INPUT" },
	{ "ip6tables -D INPUT -i lo,x -j ACCEPT", ERR_NOT_FOUND, "INPUT" },
	{ "ip6tables -R INPUT -j DROP", ERR_PARSE, "-R" },
	{ "ip6tables -R INPUT 1 -s ::1,::2", ERR_PARSE, "2" },
	{ "ip6tables -P INPUT MAYBE", ERR_PARSE, "MAYBE" },
	{ "ip6tables -P INPUT -", ERR_PARSE, "-P" },
	{ "ip6tables -P INPUT", ERR_PARSE, "-P" },
	{ "ip6tables -P mine DROP", ERR_USAGE, "'mine'" },
	{ "ip6tables -P INPUT DROP -j ACCEPT", ERR_PARSE, "-P" },
	{ "ip6tables -N mine", ERR_USAGE, "'mine'" },
	{ "ip6tables -N REJECT", ERR_USAGE, "'REJECT'" },
	{ "ip6tables -N 'a b'", ERR_USAGE, "blanks" },
	{ "ip6tables -X mine", ERR_USAGE, "'mine'" },
	{ "ip6tables -X INPUT", ERR_USAGE, "'INPUT'" },
	{ "ip6tables -X", ERR_USAGE, "'mine'" },
	{ "ip6tables -E mine empty", ERR_USAGE, "'empty'" },
	{ "ip6tables -E mine", ERR_PARSE, "-E" },
	{ "ip6tables -F NOPE", ERR_NOT_FOUND, "'NOPE'" },
	{ "ip6tables -A INPUT -j DROP; reboot", ERR_PARSE, "';'" },
	{ "ip6tables -A INPUT -j DROP && reboot", ERR_PARSE, "'&'" },
	{ "ip6tables -A INPUT -s $IP", ERR_PARSE, "'$'" },
	{ "ip6tables -A INPUT -m comment --comment \"`id`\"", ERR_PARSE, "'`'" },
	{ "ip6tables-save > x", ERR_PARSE, "'>'" },
	{ "ip6tables -A INPUT -m comment --comment 'x", ERR_PARSE, "quote" },
	{ "ip6tables -A INPUT -m comment --comment \"x", ERR_PARSE, "quote" },
	{ "ip6tables -A INPUT\nip6tables -A INPUT", ERR_PARSE, "ip6tables" },
};

static int
first_line(const char *s)
{
	return (int)strcspn(s, "\n");
}

static struct ruleset *
base_load(void)
{
	struct ruleset *rs;

	if (ruleset_load(base_text, strlen(base_text), "base", NULL, &rs))
		bail_out("%s", err_message());
	return rs;
}

static void
test_staged(void)
{
	for (size_t i = 0; i < ARRAY_LEN(staged); i++) {
		struct ruleset *base = base_load(), *rs = base_load();
		struct changeset *cs = changeset_new("filter");
		struct str text = { 0 };
		enum err err = command_stage(staged[i].command, rs, cs);

		changeset_describe(cs, &text);
		is_str(err ? err_message() : str_text(&text), staged[i].changes,
		       "%.*s", first_line(staged[i].command),
		       staged[i].command);
		while (cs->changes.n)
			change_free(changeset_pop(cs, rs));
		ok(ruleset_equal(base, rs), "and undone");
		changeset_free(cs);
		ruleset_free(base);
		ruleset_free(rs);
		str_done(&text);
	}
}

static void
test_refused(void)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct ruleset *base = base_load(), *rs = base_load();
		struct changeset *cs = changeset_new("filter");
		enum err err = command_stage(refused[i].command, rs, cs);

		is_int(err, refused[i].err, "%.*s",
		       first_line(refused[i].command), refused[i].command);
		ok(err && strstr(err_message(), refused[i].names), "by name");
		diag("%s", err ? err_message() : "it was taken");
		ok(cs->changes.n == 0 && ruleset_equal(base, rs),
		   "nothing is staged");
		changeset_free(cs);
		ruleset_free(base);
		ruleset_free(rs);
	}
}

static void
test_words(void)
{
	const char *words[] = { "-A", "INPUT", "-m", "comment", "--comment",
			  "; $(x) '", "-j", "DROP" };
	struct ruleset *rs = base_load();
	struct changeset *cs = changeset_new("filter");
	struct str text = { 0 };

	ok(command_stage_words(8, (char **)words, rs, cs) == OK, "words are no text");
	changeset_describe(cs, &text);
	is_str(str_text(&text), "+ INPUT 4: -m comment --comment "
				"\"; $(x) \\'\" -j DROP\n", "and are kept");
	str_done(&text);
	changeset_free(cs);
	ruleset_free(rs);
}

/* nat refuses DROP, as a target and as a policy. */
static void
test_nat(void)
{
	struct ruleset *rs;
	struct changeset *cs = changeset_new("nat");

	if (ruleset_new_empty("nat", &rs))
		bail_out("%s", err_message());
	is_int(command_stage("-t nat -P OUTPUT DROP", rs, cs), ERR_PARSE,
	       "no policy DROP in nat");
	is_int(command_stage("-t nat -A OUTPUT -j DROP", rs, cs), ERR_PARSE,
	       "no target DROP in nat");
	is_int(command_stage("-t nat -A PREROUTING -p tcp -j REDIRECT", rs, cs),
	       OK, "but REDIRECT");
	changeset_free(cs);
	ruleset_free(rs);
}

int
main(void)
{
	if (xt_init(false))
		bail_out("%s", err_message());
	test_staged();
	test_refused();
	test_words();
	test_nat();
	xt_done();
	return done_testing();
}
