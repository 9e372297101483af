/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard: does every lifeline live under the candidate? Joins what the two
 * judges say, the walk and the rehearsal, into one word per lifeline and one for
 * the commit. */
#ifndef SALLYPORT_GUARD_H
#define SALLYPORT_GUARD_H

#include <sallyport/tables.h>
#include <sallyport/lifeline.h>
#include <sallyport/rehearsal.h>
#include <sallyport/walk.h>

enum judgement {
	JUDGED_SAFE,		/* every packet is accepted */
	JUDGED_ADVISED,		/* all that must be is; what is only good to
				 * have is dropped */
	JUDGED_WARN,		/* unknown, and not proven before either */
	JUDGED_REFUSED,		/* a packet is dropped, or no longer proven */
};

/* One set of packets that a lifeline needs, and what becomes of it. */
struct check {
	const char *packet;	/* translated: "a new connection in" */
	const char *hook;	/* its way: INPUT, OUTPUT, FORWARD */
	bool advisory;		/* good to have: never more than advice */
	bool running;		/* of the connection that is there now */
	bool lost;		/* only where conntrack has no entry of it: the
				 * other end has not sent since */
	bool led;		/* it comes in by way of nat */
	bool kept;		/* refused only where it is accepted now */
	struct packet set;
	struct walk_result candidate;
	struct walk_result live;	/* walked where the candidate does not
					 * accept; else zeroed */
	const char *fickle;	/* UNKNOWN: a match that it meets and whose
				 * answer hangs on time, rate or history, so
				 * that one packet proves nothing; or NULL */
	bool live_fickle;	/* the same under the live tables */
	enum judgement judgement;
};

/* What the two judges make together: the cells of design section 5. */
enum joined {
	JOINED_NOT,		/* the walk has judged alone, so far */
	JOINED_COMMIT,
	JOINED_WALKED,		/* commit, "walked only" */
	JOINED_REFUSE,
	JOINED_DISAGREE,	/* refuse, both accounts shown (P10) */
	JOINED_AS_BEFORE,	/* refused if the live tables were proven, else
				 * allowed with a warning */
};
enum joined guard_join(enum verdict walked, enum rehearsed rehearsed);

struct lifeline_verdict {
	const struct lifeline *lifeline;	/* borrowed */
	struct lifeline *somebody;	/* any peer will do: the lifeline with
					 * one that is let in; owned, or NULL */
	enum judgement judgement;	/* the worst of its checks */
	bool untouchable;	/* IPv4: these rules do not decide about it */
	const char *note;	/* why there is no check, translated, or NULL.
				 * Nothing was proven then: never say safe. */
	struct vec checks;	/* of struct check * */
	enum verdict walked;	/* the worst of what must be accepted */
	enum joined joined;
	enum rehearsed rehearsed;
	const char *account;	/* of the rehearsal, or NULL; of the report */
};

/* Who has judged. */
enum guard_stage {
	GUARD_WALKED,		/* the walk alone, also where the rehearsal is
				 * not usable: its report tells */
	GUARD_REHEARSING,	/* the same; the kernel is being asked */
	GUARD_REHEARSED,
};

struct guard_report {
	enum judgement judgement;	/* the worst of all lifelines */
	bool other_world;	/* nf_tables has rules that this guard does not see */
	bool none;		/* nothing over IPv6 has to be kept */
	bool waived;		/* as lifelines = none says: set by who judges */
	enum guard_stage stage;
	struct rehearsal *running;	/* owned; NULL: none runs */
	struct rehearsal_report *rehearsal;	/* owned; NULL: none was made */
	struct vec verdicts;	/* of struct lifeline_verdict * */
};

/* Judge the candidate, all its tables together. lifelines are borrowed for the
 * report's life. With other_world every lifeline is UNKNOWN (design section 4).
 * Yours. */
struct guard_report *guard_judge(const struct vec *lifelines,
				 const struct tables *live,
				 const struct tables *candidate,
				 bool other_world);
/* Are these the lifelines that were judged, and as they were? */
bool guard_is_about(const struct guard_report *report,
		    const struct vec *lifelines);
void guard_report_free(struct guard_report *report);

/* Ask the kernel too, about the same tables; nothing is asked where no lifeline
 * is to be tried. To wait for the answer, limit_ms at most. */
void guard_rehearse(struct guard_report *report, const struct tables *live,
		    const struct tables *candidate, int limit_ms);

/* The same in the background: GUARD_REHEARSING until guard_rehearse_take() is
 * true. The descriptor, -1 where nothing runs, is readable when there is
 * something to take. guard_report_free() stops it. */
void guard_rehearse_start(struct guard_report *report,
			  const struct tables *live,
			  const struct tables *candidate);
int guard_rehearse_fd(const struct guard_report *report);
bool guard_rehearse_take(struct guard_report *report);

/* The lifelines that a rehearsal is to try, struct lifeline * borrowed of the
 * report: those that were judged. */
void guard_tries(const struct guard_report *report, struct vec *lifelines);

/* Join what the kernel said of these (eaten) to what was walked. */
void guard_join_take(struct guard_report *report,
		     struct rehearsal_report *rehearsal);

/* The kernel refuses the candidate: the sentence that says why, or NULL. No
 * override helps against that. */
const char *guard_kernel_refusal(const struct guard_report *report);

/* The first check that decided for report->judgement, and its lifeline. NULL
 * where all that must be is safe, and where the rehearsal alone decided: of
 * *verdict, or with NULL there the kernel, which refuses the candidate. */
const struct check *guard_deciding_check(const struct guard_report *report,
					 const struct lifeline_verdict **verdict);

/* "safe (walked), 1 warning", "safe (rehearsed)", "unknown", "cut", or the
 * verdict's note. Appended to out, translated. */
void guard_verdict_text(const struct guard_report *report,
			const struct lifeline_verdict *verdict,
			struct str *out);

/* The end of that line: "safe (walked), rehearsing", "not proven", "REFUSED".
 * Translated. */
void guard_word(const struct guard_report *report, struct str *out);

/* One line for the title: "ssh 2001:db8::77 -> :22  safe (rehearsed 0.2 ms)",
 * "ssh ... REFUSED: neighbour solicitation in: INPUT policy". Translated. */
void guard_summary(const struct guard_report *report, struct str *out);

/* Whole account, one line a lifeline and one a failing check. Translated. */
void guard_explain(const struct guard_report *report, struct str *out);

/* The one-sentence refusal, for the CLI and the message line. */
void guard_refusal(const struct guard_report *report, struct str *out);

/* The candidate with the least changes that make it safe: accept rules in the
 * table that decides, put just before the rule that does. *fixed is yours; what
 * was added is its difference to candidate. ERR_NOT_FOUND when there is nothing
 * to mend or no such rules are found that make it safe. */
enum err guard_fix(const struct vec *lifelines, const struct tables *live,
		   const struct tables *candidate, struct tables **fixed)
	must_check;

#endif
