/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe: would this packet get through, and which rules did it meet? */
#ifndef SALLYPORT_PROBE_H
#define SALLYPORT_PROBE_H

#include <sallyport/rehearsal.h>
#include <sallyport/walk.h>

/* What can be said of a packet. */
enum probe_field {
	PROBE_FROM,
	PROBE_TO,
	PROBE_PROTOCOL,
	PROBE_DPORT,
	PROBE_SPORT,
	PROBE_ICMP_TYPE,
	PROBE_IN,
	PROBE_OUT,
	PROBE_STATE,
	PROBE_FIELDS
};

/* In words, as they are typed; NULL or "" where nothing is said. Without
 * PROBE_FROM it comes from this host, or with PROBE_IN from anywhere. */
struct probe_words {
	const char *v[PROBE_FIELDS];
};

/* The packets that are meant, and the way that they take. */
struct probe_question {
	struct packet packet;
	const char *way;	/* "INPUT", "OUTPUT" or "FORWARD"; static */
	bool in_by_route;	/* nobody named the interface: the routes did */
	bool out_by_route;
	bool in_missing;	/* this host has no interface of that name */
	bool out_missing;
	const char *note;	/* why it may come to nothing whatever the rules
				 * say, translated, static; or NULL */
};

/* Can this be said of a packet of such a protocol? */
bool probe_field_fits(enum probe_field field, uint8_t proto);

/* Understand words. Whose addresses they are and which interfaces are named
 * says which way it is; here: the routes of this host name the interfaces that
 * are not. ERR_USAGE quotes the word that is wrong. */
enum err probe_ask(const struct probe_words *words, bool here,
		   struct probe_question *question) must_check;

/* "tcp 2001:db8::77 -> any port 22, NEW, in eth0 (by route), INPUT": a notation
 * but for what stands in brackets. */
void probe_describe(const struct probe_question *question, struct str *out);

/* Append that interfaces are not there, as one sentence, translated; nothing where
 * they are. They are asked about all the same: rules may name what comes later. */
void probe_missing_links(const struct probe_question *question, struct str *out);

/* "NEW", "ESTABLISHED" ... */
const char *probe_state_name(enum ct_state state);

/* A rule that is met, counted from 1. */
struct probe_step {
	char table[TABLE_NAME_SIZE];
	char chain[CHAIN_NAME_SIZE];
	size_t rule;
};

struct probe_answer {
	struct probe_question question;
	struct walk_result walk;
	struct vec path;	/* of struct probe_step *: each once, in the
				 * order in which they are met first */
	void *seen;		/* the same, to be found */
	/* What the kernel says of the connection that they begin. */
	struct lifeline lifeline;
	struct rehearsal *running;	/* owned; NULL: none runs */
	struct rehearsal_report *rehearsal;	/* owned; NULL: none was made */
	const char *unasked;	/* why it is not asked, translated, or NULL */
	const char *fickle;	/* a match that it meets whose answer hangs on
				 * time, rate or history: a pass proves nothing;
				 * or NULL */
};

/* Walk the packets through the tables, which are borrowed for the answer's life
 * (walk.why). Yours. */
struct probe_answer *probe_walk(const struct tables *tables,
				const struct probe_question *question);
void probe_answer_free(struct probe_answer *answer);

/* Ask the kernel of this host, too, where that can be: about new connections of
 * TCP and UDP. To wait for it, limit_ms at most. */
void probe_rehearse(struct probe_answer *answer, const struct tables *tables,
		    int limit_ms);

/* The same in the background: probe_rehearse_take() is true when the answer is
 * there. The descriptor, -1 where nothing runs, is readable when there is
 * something to take. */
void probe_rehearse_start(struct probe_answer *answer,
			  const struct tables *tables);
int probe_rehearse_fd(const struct probe_answer *answer);
bool probe_rehearse_take(struct probe_answer *answer);

/* What the kernel said; whether its word decides, which it does where it was
 * asked and a pass proves anything; what the two say together; whether the walk
 * says the same. */
enum rehearsed probe_rehearsed(const struct probe_answer *answer);
bool probe_by_kernel(const struct probe_answer *answer);
enum verdict probe_judgement(const struct probe_answer *answer);
bool probe_agrees(const struct probe_answer *answer);

/* The kernel's account where it says otherwise than the walk, or why there is
 * none. Translated; nothing is added where there is nothing to say. */
void probe_account(const struct probe_answer *answer, struct str *out);

/* Was this rule, or the policy of the chain (rule 0), met? Did it decide? */
bool probe_met(const struct probe_answer *answer, const char *table,
	       const char *chain, size_t rule);
bool probe_decided(const struct probe_answer *answer, const char *table,
		   const char *chain, size_t rule);

/* "ACCEPT by INPUT 2", "UNKNOWN by INPUT 4, which hangs on limit".
 * Translated. */
void probe_verdict(const struct probe_answer *answer, struct str *out);

/* "INPUT 2" or, outside of filter, "nat PREROUTING 1". */
void probe_step_name(const struct probe_step *step, struct str *out);

#endif
