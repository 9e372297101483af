/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of ip6tables that belong to no extension: which there are, how
 * often each may come, whether ! may stand before it, and what it does. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "xt-internal.h"

/* Names and letters of ip6tables(8), all of them: an abbreviation must be
 * ambiguous here wherever it is so there. */
struct option xt_options[] = {
	{ "append", 1, NULL, 'A' },
	{ "delete", 1, NULL, 'D' },
	{ "check", 1, NULL, 'C' },
	{ "insert", 1, NULL, 'I' },
	{ "replace", 1, NULL, 'R' },
	{ "list", 2, NULL, 'L' },
	{ "list-rules", 2, NULL, 'S' },
	{ "flush", 2, NULL, 'F' },
	{ "zero", 2, NULL, 'Z' },
	{ "new-chain", 1, NULL, 'N' },
	{ "delete-chain", 2, NULL, 'X' },
	{ "rename-chain", 1, NULL, 'E' },
	{ "policy", 1, NULL, 'P' },
	{ "source", 1, NULL, 's' },
	{ "destination", 1, NULL, 'd' },
	{ "src", 1, NULL, 's' },
	{ "dst", 1, NULL, 'd' },
	{ "protocol", 1, NULL, 'p' },
	{ "in-interface", 1, NULL, 'i' },
	{ "jump", 1, NULL, 'j' },
	{ "table", 1, NULL, 't' },
	{ "match", 1, NULL, 'm' },
	{ "numeric", 0, NULL, 'n' },
	{ "out-interface", 1, NULL, 'o' },
	{ "verbose", 0, NULL, 'v' },
	{ "wait", 2, NULL, 'w' },
	{ "wait-interval", 2, NULL, 'W' },
	{ "exact", 0, NULL, 'x' },
	{ "version", 0, NULL, 'V' },
	{ "help", 2, NULL, 'h' },
	{ "line-numbers", 0, NULL, '0' },
	{ "modprobe", 1, NULL, 'M' },
	{ "set-counters", 1, NULL, 'c' },
	{ "goto", 1, NULL, 'g' },
	{ "ipv4", 0, NULL, '4' },
	{ "ipv6", 0, NULL, '6' },
	{ NULL, 0, NULL, 0 },
};

/* "-": words that are no options come in their place; ":": a missing argument
 * is told from an unknown option. */
const char xt_option_letters[] =
	"-:A:C:D:E:F::I:L::M:N:P:R:S::VW::X::Z::c:d:fg:h::i:j:m:no:p:s:t:vw::x"
	"046";

enum once {
	ONCE_PROTOCOL = 1 << 0,
	ONCE_SOURCE = 1 << 1,
	ONCE_DESTINATION = 1 << 2,
	ONCE_IN = 1 << 3,
	ONCE_OUT = 1 << 4,
	ONCE_JUMP = 1 << 5,	/* -j or -g */
	ONCE_COUNTERS = 1 << 6,
};

/* Those that ip6tables reads from the last word, be that "-ieth0" or
 * "--source=::1": it refuses them, or takes an interface of that name. */
#define ONCE_APART (ONCE_PROTOCOL | ONCE_SOURCE | ONCE_DESTINATION | ONCE_IN | \
		    ONCE_OUT | ONCE_JUMP)

/* The word behind the option, where there is one that is no option. */
static char *
next_argument(struct parse *p)
{
	if (optarg)
		return optarg;
	if (optind >= p->argc || p->argv[optind][0] == '-' ||
	    p->argv[optind][0] == '!')
		return NULL;
	return p->argv[optind++];
}

static char *
another_argument(struct parse *p)
{
	optarg = NULL;
	return next_argument(p);
}

static void
take_protocol(struct parse *p)
{
	struct ip6t_ip6 *ip = &p->fw.ipv6;

	for (char *s = optarg; *s; s++)
		*s = (char)tolower((unsigned char)*s);
	p->protocol = optarg;
	ip->proto = xtables_parse_protocol(optarg);
	if (ip->proto == 0 && ip->invflags & IP6T_INV_PROTO)
		box_fail(PARAMETER_PROBLEM,
			 _("a rule with '! -p %s' would never match"), optarg);
	ip->flags |= IP6T_F_PROTO;
}

static void
take_source(struct parse *p)
{
	p->source = optarg;
}

static void
take_destination(struct parse *p)
{
	p->destination = optarg;
}

static void
take_interface(char *name, unsigned char *mask)
{
	if (!*optarg)
		box_fail(PARAMETER_PROBLEM, _("an interface without a name"));
	xtables_parse_interface(optarg, name, mask);
}

static void
take_in(struct parse *p)
{
	take_interface(p->fw.ipv6.iniface, p->fw.ipv6.iniface_mask);
}

static void
take_out(struct parse *p)
{
	take_interface(p->fw.ipv6.outiface, p->fw.ipv6.outiface_mask);
}

static void
take_match(struct parse *p)
{
	extend_match(p, optarg);
}

static void
take_jump(struct parse *p)
{
	extend_jump(p, optarg);
}

static void
take_goto(struct parse *p)
{
	p->fw.ipv6.flags |= IP6T_F_GOTO;
	extend_jump(p, optarg);
}

static void
take_fragment(struct parse *p)
{
	box_fail(PARAMETER_PROBLEM,
		 _("-f is not supported in IPv6, use -m frag instead"));
}

static uint64_t
counter_parse(const char *s)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(s, &end, 10);
	if (!isdigit((unsigned char)*s) || errno || (*end && *end != ','))
		box_fail(PARAMETER_PROBLEM, _("counter '%s' is no number"), s);
	return n;
}

/* "-c PACKETS BYTES" or "-c PACKETS,BYTES" */
static void
take_counters(struct parse *p)
{
	const char *packets = optarg;
	const char *comma = strchr(packets, ',');
	const char *bytes = comma ? comma + 1 : another_argument(p);

	if (!bytes)
		box_fail(PARAMETER_PROBLEM,
			 _("-c requires a packet and a byte counter"));
	p->counters.packets = counter_parse(packets);
	p->counters.bytes = counter_parse(bytes);
}

static void
take_ipv4(struct parse *p)
{
	p->ipv4 = true;
	box_fail(PARAMETER_PROBLEM, _("-4 has no place in an IPv6 rule"));
}

static void
take_nothing(struct parse *p)
{
}

static void
take_wait(struct parse *p)
{
	(void)next_argument(p);
}

static void
take_table(struct parse *p)
{
	free(p->command->table);
	p->command->table = xstrdup(optarg);
}

static void
take_command(struct parse *p, int letter)
{
	if (p->command->letter)
		box_fail(PARAMETER_PROBLEM, _("-%c cannot be used with -%c"),
			 letter, p->command->letter);
	p->command->letter = (char)letter;
	p->command->chain = xstrdup(next_argument(p));
}

static void
take_number(struct parse *p, const char *word)
{
	unsigned number;

	if (!xtables_strtoui(word, NULL, &number, 1, INT_MAX))
		box_fail(PARAMETER_PROBLEM, _("invalid rule number '%s'"),
			 word);
	p->command->number = number;
}

struct builtin {
	int c;
	unsigned once;		/* enum once: at most one of those */
	uint8_t inverse;	/* the flag that ! sets; 0: no ! before it */
	void (*take)(struct parse *p);
};

static const struct builtin builtins[] = {
	{ 'p', ONCE_PROTOCOL, IP6T_INV_PROTO, take_protocol },
	{ 's', ONCE_SOURCE, IP6T_INV_SRCIP, take_source },
	{ 'd', ONCE_DESTINATION, IP6T_INV_DSTIP, take_destination },
	{ 'i', ONCE_IN, IP6T_INV_VIA_IN, take_in },
	{ 'o', ONCE_OUT, IP6T_INV_VIA_OUT, take_out },
	{ 'j', ONCE_JUMP, 0, take_jump },
	{ 'g', ONCE_JUMP, 0, take_goto },
	{ 'm', 0, 0, take_match },
	{ 'c', ONCE_COUNTERS, 0, take_counters },
	{ 'f', 0, 0, take_fragment },
	{ '4', 0, 0, take_ipv4 },
	{ '6', 0, 0, take_nothing },
};

/* Options of a command line that have no place in a rule alone. */
static const struct builtin around[] = {
	{ 't', 0, 0, take_table },
	{ 'v', 0, 0, take_nothing },
	{ 'w', 0, 0, take_wait },
	{ 'W', 0, 0, take_wait },
};

/* Commands: what stands behind the chain. */
static const struct {
	int c;
	enum { NOTHING, MAYBE_NUMBER, NUMBER, WORD } then;
} commands[] = {
	{ 'A', NOTHING }, { 'C', NOTHING }, { 'D', MAYBE_NUMBER },
	{ 'E', WORD }, { 'F', NOTHING }, { 'I', MAYBE_NUMBER },
	{ 'L', MAYBE_NUMBER }, { 'N', NOTHING }, { 'P', WORD },
	{ 'R', NUMBER }, { 'S', MAYBE_NUMBER }, { 'X', NOTHING },
	{ 'Z', MAYBE_NUMBER },
};

static const struct builtin *
builtin_find(const struct builtin *table, size_t n, int c)
{
	for (size_t i = 0; i < n; i++) {
		if (table[i].c == c)
			return &table[i];
	}
	return NULL;
}

static void
builtin_take(struct parse *p, const struct builtin *b)
{
	if (p->seen & b->once)
		box_fail(PARAMETER_PROBLEM,
			 _("option '-%c' may be given only once"), b->c);
	p->seen |= b->once;
	if (p->invert && !b->inverse && b->take != take_nothing)
		box_fail(PARAMETER_PROBLEM, _("cannot have ! before -%c"),
			 b->c);
	if (p->invert)
		p->fw.ipv6.invflags |= b->inverse;
	if (b->once & ONCE_APART && optarg != p->argv[optind - 1])
		box_fail(PARAMETER_PROBLEM,
			 _("'%s': the argument of -%c must be a word of its "
			   "own"), p->words[p->at - 1], b->c);
	b->take(p);
}

/* A command and what stands behind its chain. */
static bool
command_take(struct parse *p, int c)
{
	size_t i = 0;
	char *word;

	while (i < ARRAY_LEN(commands) && commands[i].c != c)
		i++;
	if (i == ARRAY_LEN(commands))
		return false;
	if (p->invert)
		box_fail(PARAMETER_PROBLEM, _("cannot have ! before -%c"), c);
	take_command(p, c);
	word = commands[i].then == NOTHING ? NULL : another_argument(p);
	if (!word && commands[i].then == NUMBER)
		box_fail(PARAMETER_PROBLEM, _("-%c requires a rule number"), c);
	if (!word && commands[i].then == WORD)
		box_fail(PARAMETER_PROBLEM,
			 _("-%c requires two arguments"), c);
	if (word && commands[i].then == WORD)
		p->command->argument = xstrdup(word);
	else if (word)
		take_number(p, word);
	return true;
}

static bool
is_letter(int c)
{
	return c > 0 && c <= UCHAR_MAX && c != ':' && c != '?' &&
	       strchr(xt_option_letters + 2, c);
}

bool
option_take(struct parse *p, int c)
{
	const struct builtin *b = builtin_find(builtins, ARRAY_LEN(builtins),
					       c);

	if (!b && p->command)
		b = builtin_find(around, ARRAY_LEN(around), c);
	if (b) {
		builtin_take(p, b);
		return true;
	}
	if (!is_letter(c))
		return false;
	if (!p->command || !command_take(p, c))
		box_fail(PARAMETER_PROBLEM, _("option '%s' has no place here"),
			 p->words[p->at - 1]);
	return true;
}
