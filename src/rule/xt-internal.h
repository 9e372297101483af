/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of src/rule/xt*.c, the owners of <xtables.h>. */
#ifndef RULE_XT_INTERNAL_H
#define RULE_XT_INTERNAL_H

#include <getopt.h>
#include <stdio.h>
#include <xtables.h>	/* before the kernel's: it brings <net/if.h> */
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/xt.h>

#define XT_PROGRAM "sallyport"	/* what the guests call us */

/* The box that guest code (libxtables and its plugins) runs in, xt-box.c. */

/* From now on guests may run; before, every box_run() ends early. */
void box_allow(void);

/* Run body(arg) with stdout and stderr captured; false when it ended early, by
 * box_leave() or by an exit() of the guest. Nothing it holds is freed then. No
 * nesting. */
bool box_run(void (*body)(void *arg), void *arg) must_check;

/* End box_run() early; after a crash; not at all, as the program ends: what was
 * written to stderr in the box is written to the real one. */
_Noreturn void box_leave(void);
_Noreturn void box_crash(void);
void box_abandon(void);
void fault_release(void);	/* undo xt_catch_faults() */

/* Whether guest code is running; names are then looked up if box_resolve. */
bool box_is_open(void);
extern bool box_resolve;

/* libc's getaddrinfo(), behind ours (xt-libc.c). */
struct addrinfo;
int libc_getaddrinfo(const char *node, const char *service,
		     const struct addrinfo *hints, struct addrinfo **list);

/* The same for guests that name a host (xt-resolve.c): what is no number is
 * looked up if box_resolve, in two seconds or not at all. Leaves the box, with a
 * sentence, where there is no such host. */
int resolve_host(const char *node, const char *service,
		 const struct addrinfo *hints, struct addrinfo **list);

/* xtables_globals.exit_err, the guests' way to fail, and ours in the box: keeps
 * the message and leaves. */
_Noreturn void box_fail(enum xtables_exittype status, const char *fmt, ...)
	printf_like(2, 3);

/* What was printed in the last box_run(); inside the box, so far. Borrowed. */
const struct str *box_out(void);

/* Why the last box_run() ended early: the guest's message, else what it wrote
 * to stderr before it called exit(). Without our name before it and newlines
 * around it. */
const char *box_error(void);
void box_done(void);

/* Extensions, xt-find.c. These stand for xtables_find_*: a plugin that would
 * end the process while it loads is refused first. Call them in the box. NULL
 * where there is none, but must_match(), which leaves the box instead. A match
 * is put behind matches unless that is NULL. */
struct xtables_match *find_match(const char *name,
				 struct xtables_rule_match **matches);
struct xtables_target *find_target(const char *name);
struct xtables_match *must_match(const char *name,
				 struct xtables_rule_match **matches);

/* Load the target that every rule needs, and learn from it the directory of
 * the plugins; false where there are no plugins. In the box. */
bool find_init(void) must_check;
const char *find_plugin_dir(void);
void find_done(void);

/* xtables_globals.compat_rev: asks the kernel once for each name and revision,
 * and neither loads a module nor exits. */
int find_compat_rev(const char *name, uint8_t revision, int option);

/* An entry's offsets have 16 bits, and a table's entries 512 MiB in the kernel
 * (facts.md: 2.1 million rules). */
#define ENTRY_SIZE_MAX UINT16_MAX
#define RULES_MAX (1U << 21)

/* A parse in progress, xt-parse.c. */
struct parse {
	const char *table;
	const struct chain_names *names;	/* NULL: no chains */
	struct xt_command *command;	/* NULL: a rule alone, no -A or -t */
	char *const *words;	/* as given, for messages */
	int argc;		/* of argv: the words and the one before them */
	char **argv;		/* copies: guests write into their words */
	int at;			/* where the option began in argv; 0: all read */
	const char *checked;	/* extension or address in its final check, else
				 * NULL */

	unsigned seen;		/* built-in options that come but once */
	bool invert;		/* a ! waits for its option */
	bool ipv4;		/* refused, as it says -4 */
	struct ip6t_entry fw;	/* what guests may see of the rule */
	const char *protocol;	/* the word behind -p */
	bool proto_used;	/* its match was loaded for an option of its */
	const char *source;	/* the words behind -s and -d */
	const char *destination;
	char jump[XT_EXTENSION_MAXNAMELEN];	/* "" for none */
	struct xtables_rule_match *matches;
	size_t match_bytes;	/* of all matches so far */
	struct xtables_target *target;	/* NULL for a standard one */
	struct counters counters;

	unsigned n_sources;
	struct in6_addr *sources, *source_masks;
	unsigned n_destinations;
	struct in6_addr *destinations, *destination_masks;
	struct vec rules;
};

/* The options that belong to no extension, xt-options.c. */
extern struct option xt_options[];
extern const char xt_option_letters[];

/* Take the built-in option c with its argument; false where c is none. */
bool option_take(struct parse *p, int c);

/* -m, -j and what only extensions know, xt-extend.c. */
void extend_match(struct parse *p, const char *name);
void extend_jump(struct parse *p, const char *name);

/* Take an option of an extension. False: the protocol's match was loaded for
 * it, read it again. */
bool extend_option(struct parse *p, int c) must_check;
void extend_check(struct parse *p);
void extend_reset(void);	/* before each parse */
void extend_free(struct parse *p);

/* Make the rules of what was read, xt-build.c. */
void build_rules(struct parse *p);

/* The one rule that the text of a spec says, or NULL; sets no message. jump is
 * the one chain that is known. */
struct rule *parse_back(const char *body, const char *jump);

/* Do two entries say the same (xt-agree.c)? What no spec says does not count: a
 * protocol or an interface that is any one, and the number under which some
 * program once had a file open. */
bool entries_agree(const struct rule *a, const struct rule *b);

/* Are their extensions the same ones, in the same revisions? */
bool revisions_agree(const struct rule *a, const struct rule *b);

/* Was a spec of the same parts read back and found good (xt-known.c)? */
bool known_has(const struct rule *rule);
void known_add(const struct rule *rule);
void known_done(void);

/* The number of a file that the bpf match opened, or NULL. */
int32_t *program_descriptor(struct xt_entry_match *m);

/* The protocol's name in libxtables' own list, or NULL; with db true also from
 * /etc/protocols (xt-proto.c). */
const char *proto_name(unsigned proto, bool db);
void proto_done(void);

/* A rule's parts, laid out for guests to read (xt-view.c). A guest that trusts
 * a count in its data reads past its part: the bytes after the entry are zeros
 * as far as it can get. Borrowed until the next call. */
const struct ip6t_entry *view_entry(const struct rule *rule);
const struct xt_entry_target *view_target(const struct ip6t_entry *entry);

/* The next match behind m (NULL: the first one); NULL after the last. */
const struct xt_entry_match *view_match(const struct ip6t_entry *entry,
					const struct xt_entry_match *m);

/* Has the part's data the size that the extension works on? */
bool view_match_fits(const struct xt_entry_match *m,
		     const struct xtables_match *ext);
bool view_target_fits(const struct xt_entry_target *t,
		      const struct xtables_target *ext);

#endif
