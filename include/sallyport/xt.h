/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules as text, by libxtables: each extension's own print, save and option
 * tables. Nothing above src/rule/xt*.c sees that library, its stdout, its error
 * callback or its exit(). Not thread safe; output is captured without a file
 * descriptor. */
#ifndef SALLYPORT_XT_H
#define SALLYPORT_XT_H

#include <stdbool.h>
#include <stddef.h>
#include <sallyport/err.h>
#include <sallyport/rule.h>
#include <sallyport/str.h>
#include <sallyport/vec.h>

/* Once per process, before any other: without it rules are opaque and nothing
 * can be parsed. Numeric only: no name is ever looked up unless resolve. */
enum err xt_init(bool resolve) must_check;

/* Extensions that crash on data that no kernel checked are survived, by handlers
 * for SIGSEGV, SIGBUS and SIGFPE which hand on any other crash. xt_init() sets
 * them; whoever sets handlers of these signals later calls this behind it. One
 * that loops for ever is not stopped: what an alarm interrupts may hold malloc's
 * lock, so that there is no way back. It costs a client, which can be killed;
 * the guardian, which must go on, is a process that never calls xt_init(). */
void xt_catch_faults(void);

/* Free what libxtables keeps, so that leak checkers see only leaks. */
void xt_done(void);

/* One rule as `ip6tables -nL --line-numbers -v` shows it, in cells. Protocols by
 * name where IANA's small numbers have one in libxtables' own list, as releases
 * other than 1.8.9 print. Text is as libxtables printed it: pass it through
 * text_visible() before it meets a terminal. */
struct row {
	char *target;	/* "" for none */
	char *prot;	/* "tcp", "!udp", "all" */
	char *opt;	/* as the stock tool's opt column */
	char *in;	/* "*" for any; "!eth0" */
	char *out;
	char *source;	/* "::/0", "!2001:db8::/32" */
	char *destination;
	char *extra;	/* what the matches and the target print; "" for none */
};

/* Never fails: an extension that is missing, or that cannot print, is shown by
 * its name as the stock tool does ("UNKNOWN match `foo'"). */
void xt_row(const struct rule *rule, struct row *row);
void row_done(struct row *row);

/* The row as the stock tool prints it, without newline: num, (verbose: packets,
 * bytes in K/M/G/T), target ... extra. num 0 leaves the number out. */
void xt_row_line(const struct rule *rule, size_t num, bool verbose,
		 struct str *out);

/* The two header words line that stands below "Chain ...". */
void xt_row_header(bool verbose, struct str *out);

/* Append the spec as ip6tables-save writes it, without newline:
 * "-A CHAIN ...", or with counters "[1:60] -A CHAIN ...". A rule that
 * libxtables cannot print in full is written "# opaque CHAIN BASE64" or
 * "# opaque CHAIN [1:60] BASE64" (its whole entry). Never fails. */
void xt_spec(const struct rule *rule, const char *chain, bool counters,
	     struct str *out);

/* The spec without "-A CHAIN ": what the rule form edits. An opaque rule is
 * "# opaque BASE64". */
void xt_spec_body(const struct rule *rule, struct str *out);

bool xt_is_opaque(const struct rule *rule);

/* Which names are chains; asked before a target is looked for. NULL: none. */
struct chain_names {
	bool (*is_chain)(const char *name, void *arg);
	void *arg;
};

/* Parse the words of a rule (no -A CHAIN before them; argv need not end in
 * NULL): "-p", "tcp", "-j", "ACCEPT", "-c" with two numbers. "-s a,b" makes
 * several rules. table is "filter" and so on: extensions check it. The new
 * rules, yours, are pushed to rules. ERR_PARSE, the message naming the word or
 * option, as libxtables says it but without its program name and its "Try
 * `ip6tables -h'" line. Nothing is pushed then;
 * ERR_USAGE where that is because -4 makes it a rule of iptables.
 * The words "#", "opaque", "BASE64" gives that very entry back. */
enum err xt_parse(const char *table, int argc, char *const *argv,
		  const struct chain_names *names, struct vec *rules) must_check;

/* What an ip6tables command line says besides its rule. */
struct xt_command {
	char letter;		/* of the command: 'A' 'C' 'D' 'E' 'F' 'I' 'L' 'N' 'P'
				 * 'R' 'S' 'X' 'Z' */
	char *chain;		/* NULL for none (-F, -L, -S, -X, -Z) */
	char *argument;		/* -E: the new name; -P: the policy; else NULL */
	size_t number;		/* -D, -I, -R ...: from 1; 0 for none */
	char *table;		/* -t; NULL for none */
};

/* The same for a whole command line, whose options may come in any order;
 * -v, -w and -W are passed over. The rules of -A, -C, -I, -R and -D without a
 * number are pushed to rules. */
enum err xt_parse_command(const char *table, int argc, char *const *argv,
			  const struct chain_names *names,
			  struct xt_command *command, struct vec *rules) must_check;
void xt_command_done(struct xt_command *command);

/* Is rule text-equal: the same spec, whatever the bytes? (A rule that another
 * program loaded through another revision of an extension.) */
bool xt_same(const struct rule *a, const struct rule *b);

/* Is there a target extension of this name? A chain must not bear it. */
bool xt_has_target(const char *name);

/* Names of the extensions (installed plugins) for help and tests: each called
 * once with "match" or "target". */
void xt_each_extension(void (*each)(const char *kind, const char *name, void *arg),
		       void *arg);

/* The help text an extension prints ("" where there is none). */
void xt_help(const char *name, struct str *out);

/* Protocol name for numbers 0..255: "all", "tcp", "ipv6-icmp" as the article's
 * listing prints them, else the number. Appended to out. */
void xt_proto_name(unsigned proto, struct str *out);

#endif
