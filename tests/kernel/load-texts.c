/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each text is about one thing that ip6tables-restore does, or does not. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sallyport/mem.h>
#include <sallyport/str.h>
#include "load-texts.h"

#define FILTER(lines) "*filter\n" lines "COMMIT\n"
#define HEAD ":INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
#define FULL(lines) FILTER(HEAD lines)
#define NAME28 "abcdefghijklmnopqrstuvwxyz12"

/* Most texts need no more than a name and themselves. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const struct text plain[] = {
	{ "nothing but tables", FULL("") },
	{ "rules", FULL("-A INPUT -i lo -j ACCEPT\n"
			"-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n"
			"-A FORWARD -j REJECT\n") },
	{ "policies that are not named stay", FILTER("-A INPUT -j ACCEPT\n") },
	{ "an empty table", FILTER("") },
	{ "no policy but '-'", FILTER(":INPUT - [0:0]\n") },
	{ "policies without counters are none with -c",
	  FILTER(":INPUT ACCEPT\n"), .we = TAKE,
	  .why = "counters may be left out" },
	{ "policies with bad counters", FILTER(":INPUT ACCEPT [a:b]\n") },
	{ "a chain's counters are not looked at",
	  FULL(":own - [a:b]\n-A own -j ACCEPT\n") },
	{ "an unknown policy", FILTER(":INPUT REJECT [0:0]\n") },
	{ "a policy of a chain of one's own", FULL(":own DROP [0:0]\n") },
	{ "a chain without policy", FULL(":own\n") },
	{ "a chain without name", FULL(":\n") },
	{ "a built-in chain twice", FULL(":INPUT ACCEPT [0:0]\n") },
	{ "a chain twice", FULL(":own - [0:0]\n:own - [0:0]\n") },
	{ "a chain named as a target", FULL(":LOG - [0:0]\n") },
	{ "a chain named as a target, used",
	  FULL(":LOG - [0:0]\n-A LOG -j DROP\n-A INPUT -j LOG\n") },
	{ "a chain named as a target, as a goto",
	  FULL(":LOG - [0:0]\n-A INPUT -g LOG\n") },
	{ "a chain behind a -, used",
	  FULL(":-own - [0:0]\n-A -own -j DROP\n") },
	{ "a chain behind a -, jumped to",
	  FULL(":-own - [0:0]\n-A INPUT -j -own\n") },
	{ "a chain behind a !, used",
	  FULL(":!own - [0:0]\n-A !own -j DROP\n") },
	{ "a chain behind a !, jumped to",
	  FULL(":!own - [0:0]\n-A INPUT -j !own\n") },
	{ "a chain named as a verdict", FULL(":ACCEPT - [0:0]\n") },
	{ "a chain named as a match", FULL(":tcp - [0:0]\n-A INPUT -j tcp\n") },
	{ "a chain behind a -", FULL(":-own - [0:0]\n") },
	{ "a chain behind a !", FULL(":!own - [0:0]\n") },
	{ "a chain with a quote", FULL(":a\"b - [0:0]\n-A INPUT -j a\"\\\"b\"\n"
				       "-A \"a\\\"b\" -j DROP\n") },
	{ "a chain with other signs", FULL(":a'b$;# - [0:0]\n-A INPUT -j "
					   "a'b$;#\n-A a'b$;# -j DROP\n") },
	{ "a chain of 28 bytes", FULL(":" NAME28 " - [0:0]\n-A INPUT -j "
				      NAME28 "\n") },
	{ "a chain of 29 bytes", FULL(":" NAME28 "3 - [0:0]\n") },
	{ "a chain of 30 bytes", FULL(":" NAME28 "34 - [0:0]\n") },
	{ "a chain of 28 bytes by -N", FULL("-N " NAME28 "\n") },
	{ "a chain of 29 bytes by -N", FULL("-N " NAME28 "3\n") },
	{ "several tables",
	  "# by hand\n*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n"
	  ":OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
	  "-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 81\n"
	  "COMMIT\n\n*raw\n-A PREROUTING -j NOTRACK\nCOMMIT\n"
	  FULL("-A INPUT -j ACCEPT\n") "# the end\n" },
	{ "a table twice", FULL(":own - [0:0]\n-A INPUT -j own\n")
			   FULL("-A INPUT -j ACCEPT\n") },
	{ "a table twice, policies once",
	  FILTER(":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n") FILTER("") },
	{ "an unknown table", "*nap\nCOMMIT\n" },
	{ "a table without name", "*\nCOMMIT\n" },
	{ "words behind the table", "*filter of mine\nCOMMIT\n" },
	{ "a table in a table", "*filter\n*nat\nCOMMIT\nCOMMIT\n" },
	{ "no COMMIT", "*filter\n:INPUT ACCEPT [0:0]\n" },
	{ "a COMMIT too many", FULL("") "COMMIT\n" },
	{ "text behind COMMIT", FULL("") "-A INPUT -j ACCEPT\n" },
	{ "text before a table", "-A INPUT -j ACCEPT\n" FULL("") },
	{ "an empty line between tables", "\n" FULL("\n\n") "\n" },
	{ "words behind COMMIT", "*filter\nCOMMIT now\n", .we = TAKE,
	  .why = "what is meant is clear" },
	{ "a part of COMMIT", "*filter\nCOM\nCOMMIT\n" },
	{ "COMMIT and more", "*filter\nCOMMITS\nCOMMIT\n" },
	{ "no newline at the end", "*filter\nCOMMIT", .we = TAKE,
	  .why = "editors leave it out" },
	{ "CR LF", "*filter\r\n:INPUT DROP [0:0]\r\n-A INPUT -j ACCEPT\r\n"
		   "COMMIT\r\n", .we = TAKE,
	  .why = "what is meant is clear" },
	{ "blanks before everything",
	  " *filter\n :INPUT DROP [0:0]\n COMMIT\n", .we = TAKE,
	  .why = "what is meant is clear" },
	{ "blanks before a rule", FULL(" \t-A  INPUT\t-j   ACCEPT \n") },
	{ "a line of blanks in a table", FULL("  \n"), .we = TAKE,
	  .why = "what is meant is clear" },
	{ "a comment in a table", FULL("# -A INPUT -j ACCEPT\n"
				       "#-A FORWARD -j ACCEPT\n") },
	{ "a comment behind blanks", FULL("  # -A INPUT -j ACCEPT\n"),
	  .we = TAKE, .why = "what is meant is clear" },
	{ "a comment behind a rule", FULL("-A INPUT -j ACCEPT # all\n") },
	{ "a comment with a quote", FULL("# don't \"quote\n") },
	{ "an empty text", "", .we = REFUSE,
	  .why = "a text without a table was meant to be another" },
	{ "comments alone", "# nothing\n", .we = REFUSE,
	  .why = "a text without a table was meant to be another" },
	{ "no rule's word", FULL("frob INPUT\n") },
	{ "an unknown option", FULL("-A INPUT --frob -j ACCEPT\n") },
	{ "an option without argument", FULL("-A INPUT -s\n") },
	{ "no command", FULL("-p tcp -j ACCEPT\n") },
	{ "no chain", FULL("-A\n") },
	{ "a chain that is not there", FULL("-A nowhere -j ACCEPT\n") },
	{ "a chain of another table", FULL("-A PREROUTING -j ACCEPT\n") },
	{ "a jump to a chain declared later",
	  FULL("-A INPUT -j own\n-N own\n") },
	{ "a jump to a chain of another table",
	  "*mangle\n:own - [0:0]\nCOMMIT\n" FULL("-A INPUT -j own\n") },
	{ "a jump to a built-in chain", FULL("-A INPUT -j FORWARD\n") },
	{ "a jump in a circle", FULL(":a - [0:0]\n:b - [0:0]\n-A INPUT -j a\n"
				     "-A a -j b\n-A b -j a\n") },
	{ "a goto", FULL(":own - [0:0]\n-A INPUT -g own\n"
			 "-A FORWARD --goto own\n") },
	{ "a goto to a target", FULL("-A INPUT -g ACCEPT\n") },
	{ "a rule without target", FULL("-A INPUT -p tcp\n-A INPUT\n") },
	{ "-I", FULL("-I INPUT -j ACCEPT\n-I INPUT -j DROP\n"
		     "-I INPUT 2 -p tcp -j ACCEPT\n-I INPUT 4 -p udp\n") },
	{ "-I at the end", FULL("-I INPUT 1 -p tcp\n-I INPUT 2 -p udp\n") },
	{ "-I beyond the end", FULL("-I INPUT 3 -j ACCEPT\n") },
	{ "-I 0", FULL("-I INPUT 0 -j ACCEPT\n") },
	{ "-I with a bad number", FULL("-I INPUT 1x -j ACCEPT\n") },
	{ "-I -1", FULL("-I INPUT -1 -j ACCEPT\n") },
	{ "-A with a number", FULL("-A INPUT 1 -j ACCEPT\n") },
	{ "-A of several addresses", FULL("-A INPUT -s ::1,::2 -d ::3,::4\n") },
	{ "-I of several addresses",
	  FULL("-A INPUT -p tcp\n-I INPUT -s ::1,::2 -d ::3,::4\n"
	       "-I INPUT 2 -s ::5,::6\n") },
	{ "-D", FULL("-A INPUT -p tcp\n-A INPUT -p udp\n-A INPUT -j ACCEPT\n"
		     "-D INPUT 1\n-D INPUT -j ACCEPT\n") },
	{ "-D of several addresses",
	  FULL("-A INPUT -s ::1,::2 -j DROP\n-D INPUT -s ::1,::2 -j DROP\n") },
	{ "-D of what is not there", FULL("-D INPUT -p tcp\n") },
	{ "-D of a number that is not there", FULL("-D INPUT 1\n") },
	{ "-R", FULL("-A INPUT -p tcp\n-A INPUT -p udp\n"
		     "-R INPUT 1 -p tcp -j ACCEPT\n") },
	{ "-R of a number that is not there", FULL("-R INPUT 1 -p tcp\n") },
	{ "-R without a number", FULL("-A INPUT\n-R INPUT -p tcp\n") },
	{ "-R by several rules",
	  FULL("-A INPUT -p tcp\n-R INPUT 1 -s ::1,::2\n") },
	{ "-N and -A", FULL("-N own\n-A own -j ACCEPT\n-A INPUT -j own\n") },
	{ "-N of a chain that is there", FULL(":own - [0:0]\n-N own\n") },
	{ "-N of a target", FULL("-N LOG\n") },
	{ "-P", FILTER("-P INPUT ACCEPT\n-P OUTPUT DROP\n") },
	{ "-P of a chain of one's own", FULL("-N own\n-P own DROP\n") },
	{ "-P REJECT", FULL("-P INPUT REJECT\n") },
	{ "-F", FULL("-A INPUT -p tcp\n-A FORWARD -p tcp\n-F INPUT\n") },
	{ "-F of all", FULL("-A INPUT -p tcp\n-A FORWARD -p tcp\n-F\n") },
	{ "-F of no chain", FULL("-F nowhere\n") },
	{ "-X", FULL("-N own\n-N more\n-X own\n") },
	{ "-X of all", FULL("-N own\n-N more\n-X\n") },
	{ "-X with references", FULL("-N own\n-A INPUT -j own\n-X own\n") },
	{ "-X with rules", FULL("-N own\n-A own -j DROP\n-X own\n") },
	{ "-X of a built-in chain", FULL("-X INPUT\n") },
	{ "-E", FULL("-N own\n-A INPUT -j own\n-E own new\n-A new -j DROP\n") },
	{ "-E to a name that is taken", FULL("-N own\n-N new\n-E own new\n") },
	{ "-Z", FULL("-A INPUT -p tcp\n-Z\n-Z INPUT\n-Z INPUT 1\n") },
	{ "-Z of no chain", FULL("-Z nowhere\n") },
	{ "-Z of no rule", FULL("-Z INPUT 1\n") },
	{ "-C of what is there", FULL("-A INPUT -p tcp\n-C INPUT -p tcp\n") },
	{ "-C of what is not there", FULL("-C INPUT -p tcp\n") },
	{ "-L and -S", FULL("-L INPUT -n\n-S\n"), .we = REFUSE,
	  .why = "nobody would read what it prints" },
	{ "two commands in a line", FULL("-A INPUT -A FORWARD -j ACCEPT\n") },
	{ "the command behind the rule", FULL("-p tcp -A INPUT -j ACCEPT\n") },
	{ "long options", FULL("--append INPUT --protocol tcp --match tcp "
			       "--destination-port 22 --jump ACCEPT\n"
			       "--insert=INPUT -j DROP\n--policy INPUT ACCEPT\n"
			       "--new-chain own\n--flush own\n") },
	{ "a chain glued to its command", FULL("-AINPUT -jACCEPT\n") },
	{ "-t", FULL("-A INPUT -t filter -j ACCEPT\n") },
	{ "-t first", FULL("-t filter -A INPUT -j ACCEPT\n") },
	{ "-t of another table", FULL("-t nat -A PREROUTING -j ACCEPT\n") },
	{ "--table", FULL("-A INPUT --table=filter -j ACCEPT\n") },
	{ "-v, -n, -x and -w", FULL("-A INPUT -v -n -x -w 5 -j ACCEPT\n") },
	{ "-4 is a line of iptables", FULL("-4 -A INPUT -s 1.2.3.4\n"
					   "-A INPUT -4 -p icmp -j ACCEPT\n"
					   "-A INPUT --ipv4 -j ACCEPT\n") },
	{ "-6 is a line of ours", FULL("-6 -A INPUT -s 1::2 -j DROP\n"
				       "-A INPUT --ipv6 -j ACCEPT\n") },
	{ "negations", FULL("-A INPUT ! -s ::1 -p tcp ! --dport 22 ! -i lo "
			    "-j DROP\n") },
	{ "a port without -m", FULL("-A INPUT -p tcp --dport 22 -j DROP\n") },
	{ "two rules in a line", FULL("-A INPUT -j DROP -j ACCEPT\n") },
	{ "an unknown match", FULL("-A INPUT -m frob -j DROP\n") },
	{ "an unknown target", FULL("-A INPUT -j FROB\n") },
	{ "a target of another table", FULL("-A INPUT -j MASQUERADE\n") },
	{ "DROP in nat", "*nat\n-A PREROUTING -j DROP\nCOMMIT\n" },
	{ "policy DROP in nat", "*nat\n:PREROUTING DROP [0:0]\nCOMMIT\n" },
	{ "-o in INPUT", FULL("-A INPUT -o eth0 -j DROP\n") },
	{ "-i in OUTPUT", FULL("-A OUTPUT -i eth0 -j DROP\n") },
	{ "double quotes", FULL("-A INPUT -m comment --comment \"two  words\" "
				"-j \"ACCEPT\"\n") },
	{ "escapes in quotes", FULL("-A INPUT -m comment --comment "
				    "\"a \\\" b \\\\ c \\d\" -j DROP\n") },
	{ "escapes without quotes", FULL("-A INPUT -m comment --comment "
					 "a\\b\\ -j DROP\n") },
	{ "single quotes", FULL("-A INPUT -m comment --comment 'x' -j DROP\n") },
	{ "single quotes round words", FULL("-A INPUT -m comment --comment "
					    "'two words' -j DROP\n") },
	{ "a quote within a word", FULL("-A INPUT -m comment --comment "
					"a\"b c\" -j DROP\n") },
	{ "a word behind a quote", FULL("-A INPUT -m comment --comment "
					"\"a b\"-j DROP\n") },
	{ "an empty word", FULL("-A INPUT -m comment --comment \"\" "
				"-j DROP\n") },
	{ "a quote that is not closed", FULL("-A INPUT -m comment --comment "
					     "\"x -j DROP\n"), .we = REFUSE,
	  .why = "the rest of the line became the comment" },
	{ "an option in quotes", FULL("-A INPUT -m comment --comment \"-j\" "
				      "-j DROP\n") },
	{ "a tab in quotes", FULL("-A INPUT -m comment --comment \"a\tb\" "
				  "-j DROP\n") },
	{ "other bytes", FULL("-A INPUT -m comment --comment \"\303\274\377"
			      "\033[31m\" -j DROP\n") },
	{ "a NUL byte", FULL("-A INPUT \0 -j DROP\n"), .we = REFUSE,
	  .len = sizeof(FULL("-A INPUT \0 -j DROP\n")) - 1,
	  .why = "the rest of the line was lost" },
	{ "counters in the wrong place", FULL("-A INPUT [1:2] -j DROP\n") },
	{ "-c", FULL("-A INPUT -c 1 2 -j DROP\n"), .counted = true },
	{ "counters", FULL("[1:60] -A INPUT -j DROP\n[18446744073709551615:0] "
			   "-A INPUT -p tcp\n"), .counted = true },
	{ "counters of policies", FILTER(":INPUT DROP [5:6]\n") },
	{ "counters glued to the rule", FULL("[1:60]-A INPUT -j DROP\n"),
	  .counted = true },
	{ "counters before -I", FULL("[1:60] -I INPUT -j DROP\n"),
	  .counted = true },
	{ "counters of several rules", FULL("[1:60] -A INPUT -s ::1,::2\n"),
	  .counted = true },
	{ "counters before -R", FULL("-A INPUT -p tcp\n[1:60] -R INPUT 1 "
				     "-p udp\n"), .counted = true },
	{ "counters twice", FULL("[1:60] -A INPUT -c 3 4 -j DROP\n") },
	{ "counters before -N", FULL("[1:60] -N own\n") },
	{ "counters that are none", FULL("[x:y] -A INPUT -j DROP\n") },
	{ "counters that do not end", FULL("[1:60 -A INPUT -j DROP\n") },
	{ "counters without a rule", FULL("[1:60]\n") },
	{ "-Z of counters", FULL("[1:60] -A INPUT -p tcp\n[1:60] -A INPUT "
				 "-p udp\n-Z INPUT 1\n"), .counted = true },
	{ "-Z of all counters", FULL("[1:60] -A INPUT -p tcp\n[1:60] -A INPUT "
				     "-p udp\n-Z\n"), .counted = true },
};

/* On what is there. */
static const struct text added[] = {
	{ "nothing is added", FILTER("") },
	{ "policies are set", FILTER(":INPUT ACCEPT [0:0]\n") },
	{ "rules are added", FILTER("-A INPUT -p tcp\n-I INPUT -p udp\n"
				    "-I INPUT 3 -j DROP\n") },
	{ "rules are added to chains that are there",
	  FILTER("-A mine -j DROP\n-A INPUT -j other\n") },
	{ "a chain that is there is emptied",
	  FILTER(":mine - [0:0]\n-A mine -j DROP\n") },
	{ "a chain is made", FILTER(":own - [0:0]\n-A INPUT -j own\n") },
	{ "a chain is emptied twice",
	  FILTER(":mine - [0:0]\n-A mine -j DROP\n:mine - [0:0]\n") },
	{ "rules are taken away", FILTER("-D INPUT 2\n-D INPUT -p udp -m udp "
					 "--dport 53 -j ACCEPT\n") },
	{ "a rule is taken away by its text",
	  FILTER("-D INPUT -p udp --dport 53 -j ACCEPT\n") },
	{ "a rule is replaced", FILTER("-R INPUT 2 -p tcp\n") },
	{ "chains go", FILTER("-F other\n-X other\n") },
	{ "a chain in use stays", FILTER("-F mine\n-X mine\n") },
	{ "-F and -X as scripts begin", FILTER("-F\n-X\n-A INPUT -p tcp\n") },
	{ "-N of a chain that is there, in use", FILTER("-N mine\n") },
	{ "-E of a chain in use", FILTER("-E mine yours\n") },
	{ "-E and a new one of the old name",
	  FILTER("-E mine yours\n-N mine\n-A mine -j DROP\n") },
	{ "-C of a rule there",
	  FILTER("-C INPUT -i lo -j ACCEPT\n-A INPUT -j DROP\n") },
	{ "several tables are added to",
	  "*mangle\n-A POSTROUTING -j ACCEPT\nCOMMIT\n"
	  "*raw\n-A OUTPUT -j NOTRACK\nCOMMIT\n" FILTER("-A INPUT -p tcp\n") },
	{ "a table is added to twice",
	  FILTER("-A INPUT -p tcp\n") FILTER("-A INPUT -p udp\n-D INPUT 1\n") },
	{ "the second table is wrong",
	  FILTER("-A INPUT -p tcp\n") "*nat\n-A nowhere\nCOMMIT\n" },
};

struct lengthy {
	const char *name;
	const char *format;
	size_t n;		/* of letters in the place of %s */
	int we;
	const char *why;
};

static const struct lengthy lengthy[] = {
	{ "a word of 255 bytes", FULL("-A INPUT -m comment --comment %s\n"),
	  255, SAME, NULL },
	{ "a word of 256 bytes", FULL("-A INPUT -m comment --comment %s\n"),
	  256, SAME, NULL },
	{ "a word of 1100 bytes", FULL("-A INPUT -m comment --comment %s\n"),
	  1100, TAKE, "it has no room for the word" },
	{ "a comment of 10 KB", FULL("# %s\n"), 10300, TAKE,
	  "the rest of the line was taken for a rule" },
};

static void
text_add(struct text *to, const struct text *from, bool noflush)
{
	*to = *from;
	to->noflush = noflush;
	if (!to->len)
		to->len = strlen(to->text);
	to->text = xmemdup(from->text, to->len + 1);
}

/* What ip6tables-legacy-restore has no room for. */
static struct text
text_long(const struct lengthy *l)
{
	char *filler = xcalloc(1, l->n + 1);
	struct str text = { 0 };
	struct text t = { .name = l->name, .we = l->we, .why = l->why };
	const char *at = strstr(l->format, "%s");

	memset(filler, 'x', l->n);
	str_addn(&text, l->format, (size_t)(at - l->format));
	str_add(&text, filler);
	str_add(&text, at + 2);
	t.len = text.len;
	t.text = str_take(&text);
	free(filler);
	return t;
}

/* A rule of n addresses: longer than 10 KB where n is 1000. */
static struct text
text_addresses(size_t n)
{
	struct str text = { 0 };
	struct text t = { .name = "several addresses" };

	str_add(&text, "*filter\n-A INPUT -s ");
	for (size_t i = 0; i < n; i++)
		str_addf(&text, "2001:db8::%zx%s", i + 1, i + 1 < n ? "," : "");
	str_add(&text, " -j DROP\nCOMMIT\n");
	if (n > 200) {
		t.name = "a rule of 10 KB";
		t.we = TAKE;
		t.why = "it has no room for the line";
	}
	t.len = text.len;
	t.text = str_take(&text);
	return t;
}

struct text *
texts_new(size_t *n)
{
	struct text *texts = xcalloc(ARRAY_LEN(plain) + ARRAY_LEN(added) +
				     ARRAY_LEN(lengthy) + 2, sizeof(*texts));
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		text_add(&texts[at++], &plain[i], false);
	for (size_t i = 0; i < ARRAY_LEN(added); i++)
		text_add(&texts[at++], &added[i], true);
	for (size_t i = 0; i < ARRAY_LEN(lengthy); i++)
		texts[at++] = text_long(&lengthy[i]);
	texts[at++] = text_addresses(20);
	texts[at++] = text_addresses(1000);
	*n = at;
	return texts;
}

void
texts_free(struct text *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)texts[i].text);
	free(texts);
}
