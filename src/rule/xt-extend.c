/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matches and targets of a rule that is being parsed: loaded by name, given
 * their options, checked at the end. Each extension parses its own, the old
 * style and the new one. All state that libxtables keeps between parses is
 * reset here. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "xt-internal.h"

/* libxtables gives each extension's options numbers from a range of its own:
 * XT_OPTION_OFFSET_SCALE. */
#define OPTION_RANGE 256

void
extend_reset(void)
{
	for (struct xtables_match *m = xtables_matches; m; m = m->next)
		m->mflags = 0;
	for (struct xtables_target *t = xtables_targets; t; t = t->next) {
		t->tflags = 0;
		t->used = 0;
	}
	xt_params->opts = xt_params->orig_opts;
	xt_params->option_offset = 0;
}

/* Add an extension's options, of either style, to those that getopt knows. */
static void
add_options(const struct xt_option_entry *x6, const struct option *old,
	    unsigned *offset)
{
	struct option *opts = xt_params->opts;

	if (x6)
		opts = xtables_options_xfrm(xt_params->orig_opts, opts, x6,
					    offset);
	else if (old)
		opts = xtables_merge_options(xt_params->orig_opts, opts, old,
					     offset);
	if (!opts)
		die("libxtables: no memory");
	xt_params->opts = opts;
}

/* A second use of an extension is a copy with the first one's options. */
static bool
is_clone(const struct xtables_match *m)
{
	return m->next == m;
}

/* Give the match its data. alias: under the name of what stands behind it. What
 * would be too long in the end is refused before thousands are searched. */
static void
match_init(struct parse *p, struct xtables_match *m, bool alias)
{
	size_t size = XT_ALIGN(sizeof(struct xt_entry_match)) + m->size;

	/* First: until then a clone has the data of what it was made of. */
	m->m = xtables_calloc(1, size);
	p->match_bytes += size;
	if (p->match_bytes > ENTRY_SIZE_MAX)
		box_fail(PARAMETER_PROBLEM, _("the rule is too long"));
	m->m->u.match_size = (uint16_t)size;
	strcpy(m->m->u.user.name,
	       alias && m->real_name ? m->real_name : m->name);
	m->m->u.user.revision = m->revision;
	if (m->udata_size) {
		free(m->udata);
		m->udata = xtables_calloc(1, m->udata_size);
	}
	if (m->init)
		m->init(m->m);
}

void
extend_match(struct parse *p, const char *name)
{
	struct xtables_match *m = must_match(name, &p->matches);

	match_init(p, m, true);
	if (!is_clone(m))
		add_options(m->x6_options, m->extra_opts, &m->option_offset);
}

static void
target_init(struct xtables_target *t, const char *name)
{
	size_t size = XT_ALIGN(sizeof(struct xt_entry_target)) + t->size;

	t->t = xtables_calloc(1, size);
	t->t->u.target_size = (uint16_t)size;
	strcpy(t->t->u.user.name, t->real_name ? t->real_name : name);
	t->t->u.user.revision = t->revision;
	if (t->udata_size) {
		free(t->udata);
		t->udata = xtables_calloc(1, t->udata_size);
	}
	if (t->init)
		t->init(t->t);
}

static void
jump_name_check(const char *name)
{
	if (!*name)
		box_fail(PARAMETER_PROBLEM, _("a target without a name"));
	if (strlen(name) >= XT_EXTENSION_MAXNAMELEN)
		box_fail(PARAMETER_PROBLEM,
			 _("target name '%s' is too long (%u characters at "
			   "most)"), name, XT_EXTENSION_MAXNAMELEN - 1);
	for (const char *s = name; *s; s++) {
		if (isspace((unsigned char)*s))
			box_fail(PARAMETER_PROBLEM,
				 _("invalid target name '%s'"), name);
	}
}

static bool
is_verdict(const char *name)
{
	return strcmp(name, "ACCEPT") == 0 || strcmp(name, "DROP") == 0 ||
	       strcmp(name, "QUEUE") == 0 || strcmp(name, "RETURN") == 0;
}

/* Chains come first: that saves a search for a plugin, and a chain that bears
 * an extension's name is what the kernel would take. */
void
extend_jump(struct parse *p, const char *name)
{
	bool is_chain = p->names && p->names->is_chain(name, p->names->arg);

	jump_name_check(name);
	strcpy(p->jump, name);
	if (is_chain)
		return;
	if (p->fw.ipv6.flags & IP6T_F_GOTO)
		box_fail(PARAMETER_PROBLEM,
			 _("goto '%s' is not a chain"), name);
	if (is_verdict(name))
		return;
	p->target = find_target(name);
	if (!p->target)
		box_fail(PARAMETER_PROBLEM,
			 _("'%s' is neither a chain nor a target"), name);
	target_init(p->target, name);
	add_options(p->target->x6_options, p->target->extra_opts,
		    &p->target->option_offset);
}

static bool
in_range(int c, unsigned offset)
{
	return c >= (int)offset && c < (int)offset + OPTION_RANGE;
}

static bool
target_option(struct parse *p, int c)
{
	struct xtables_target *t = p->target;

	if (!t || (!t->parse && !t->x6_parse) || !in_range(c, t->option_offset))
		return false;
	xtables_option_tpcall((unsigned)c, p->argv, p->invert, t, &p->fw);
	return true;
}

static bool
match_option(struct parse *p, int c)
{
	struct xtables_rule_match *i;

	for (i = p->matches; i; i = i->next) {
		struct xtables_match *m = i->match;

		if (i->completed || (!m->parse && !m->x6_parse) ||
		    !in_range(c, m->option_offset))
			continue;
		xtables_option_mpcall((unsigned)c, p->argv, p->invert, m,
				      &p->fw);
		return true;
	}
	return false;
}

/* The match that "-p tcp" implies, for an option that nobody knew. */
static bool
load_protocol(struct parse *p)
{
	const char *name = p->protocol;
	struct xtables_match *m;
	unsigned number;

	if (!name || p->proto_used)
		return false;
	if (xtables_strtoui(name, NULL, &number, 0, UINT8_MAX))
		name = proto_name(number, true);
	m = name ? find_match(name, &p->matches) : NULL;
	if (!m)
		return false;
	p->proto_used = true;
	match_init(p, m, false);
	add_options(m->x6_options, m->extra_opts, &m->option_offset);
	return true;
}

static bool
is_of_ports(const char *word)
{
	static const char *const options[] = {
		"--dport", "--destination-port", "--sport", "--source-port",
	};

	return str_find(options, ARRAY_LEN(options), word) != NULL;
}

static _Noreturn void
unknown_option(const struct parse *p, int c)
{
	const char *word = p->words[p->at - 1];

	if (c == ':')
		box_fail(PARAMETER_PROBLEM,
			 _("option '%s' requires an argument"), word);
	if (optopt && str_starts(word, "--"))
		box_fail(PARAMETER_PROBLEM,
			 _("option '%s' takes no argument"), word);
	if (optopt)
		box_fail(PARAMETER_PROBLEM, _("unknown option '-%c'"), optopt);
	if (is_of_ports(word))
		box_fail(PARAMETER_PROBLEM, _("unknown option '%s' (it needs -p "
			 "tcp or -p udp before it)"), word);
	box_fail(PARAMETER_PROBLEM, _("unknown option '%s'"), word);
}

bool
extend_option(struct parse *p, int c)
{
	if (target_option(p, c) || match_option(p, c))
		return true;
	if (c == '?' && !optopt && load_protocol(p)) {
		optind--;
		return false;
	}
	unknown_option(p, c);
}

/* The bpf match never closes the program that it opened; the kernel finds it by
 * its path. */
static void
close_program(struct xt_entry_match *m)
{
	int32_t *fd = program_descriptor(m);

	if (fd && *fd > STDERR_FILENO)
		close(*fd);
	if (fd)
		*fd = 0;
}

void
extend_check(struct parse *p)
{
	struct xtables_rule_match *i;

	for (i = p->matches; i; i = i->next) {
		p->checked = i->match->name;
		xtables_option_mfcall(i->match);
		close_program(i->match->m);
	}
	if (p->target) {
		p->checked = p->target->name;
		xtables_option_tfcall(p->target);
	}
	p->checked = NULL;
}

void
extend_free(struct parse *p)
{
	struct xtables_rule_match *i;

	for (i = p->matches; i; i = i->next) {
		close_program(i->match->m);
		free(i->match->udata);
		i->match->udata = NULL;
	}
	xtables_rule_matches_free(&p->matches);
	if (p->target) {
		free(p->target->t);
		p->target->t = NULL;
		free(p->target->udata);
		p->target->udata = NULL;
	}
	if (xt_params)	/* not before libxtables was started */
		xtables_free_opts(1);
	p->target = NULL;
}
