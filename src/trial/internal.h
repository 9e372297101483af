/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the guardian's process. */
#ifndef TRIAL_INTERNAL_H
#define TRIAL_INTERNAL_H

#include <sys/types.h>
#include <sallyport/login.h>
#include "event.h"
#include "record.h"

struct peer;

enum phase {
	PHASE_WAIT,		/* on trial: deadline or request decides */
	PHASE_REVERT,		/* the old rules are being put back */
	PHASE_SETTLED,		/* told to the clients, then we leave */
	PHASE_GONE,
};

/* What the guardian lets its supervisor know, in memory that both have. */
struct pulse {
	int64_t deadline_ms;	/* the last one known; 0: none yet */
	volatile unsigned beats;	/* steps and rounds so far */
	int64_t told_ms;	/* when systemd heard of it */
};
struct pulse *pulse_new(void);

struct guardian {
	const struct guardian_options *opt;
	const struct clock *clock;
	struct backend *be;
	int run_dir;
	int lock_fd;		/* trial.lock, shared with the supervisor */
	int listen_fd;		/* guardian.sock, shared too; -1 without */
	struct pulse *pulse;	/* shared too */
	int signal_fd;
	int timer_fd;
	pid_t supervisor;	/* our parent, or our child; 0: none */
	int supervisor_fd;	/* its pidfd; -1: looked for now and then */
	int64_t renew_ms;	/* not another supervisor before */
	struct vec peers;	/* of struct peer * */
	struct trial *trial;	/* NULL until there is one */
	enum phase phase;
	enum err err;		/* of a trial that failed */
	char *failure;		/* its message */
	int64_t next_ms;	/* when tick() has something to do */
	int64_t lock_until_ms;	/* REVERT: no longer waiting for the lock */
	int64_t leave_ms;	/* SETTLED: clients have until then */
	int64_t life_ms;	/* WAIT, probing: when to look again */
	int64_t life_end_ms;	/* and when no longer */
	bool probing;		/* an answer of a neighbour is waited for */
	struct login_watch *logins;	/* WAIT: who logs in */
	int64_t logins_ms;	/* and when to look again */
	bool whole;		/* REVERT: by the old tables as they were */
	bool blind;		/* REVERT: and what others lose is not told */
	bool tried;		/* REVERT: begun by this process */
	bool unsaved;		/* SETTLED: the record does not say so yet */
	bool leaving;		/* TERM came */
};

/* It does not hang: whoever looks after it is let know. */
void pulse_beat(const struct guardian *g);

/* This step is reached: a test may wait for it. */
static inline void
step(const struct guardian *g, const char *name)
{
	pulse_beat(g);
	if (g->opt->step)
		g->opt->step(name);
}

static inline int64_t
guardian_now(const struct guardian *g)
{
	return g->clock->boot_ms(g->clock);
}

/* process.c: what makes a process a guardian's. */
void process_detach(int *keep_fd);
void process_leave_cgroup(void);	/* for one of its own, where possible */
void process_note(const char *fmt, ...) printf_like(1, 2);	/* to syslog */
void process_name(const char *name);	/* as ps and top show it */
int process_signals(void);	/* a signalfd of TERM and CHLD */
int process_next_signal(int signal_fd);	/* 0: none is waiting */
bool process_is_terminated(void);	/* TERM waits to be taken */
/* Does pid, our parent or our child, live? Needs no descriptor, and is never
 * deceived by another process of that number. status, where not NULL, gets how a
 * child ended. */
bool process_lives(pid_t pid, int *status);

/* Does the record want a guardian? NONE: there is no record, or it is settled or
 * not ours. UNKNOWN: it cannot be read. */
enum work {
	WORK_NONE,
	WORK_LEFT,
	WORK_UNKNOWN,
};
enum work work_find(const struct guardian *g);
/* In a service, where it cannot be gone on with: wait until the record can be
 * read, and be in nobody's way. systemd then starts a guardian that goes on. */
void work_await(struct guardian *g);

/* supervisor.c: look after the guardian pid until its trial is settled. */
int supervise(struct guardian *g, pid_t pid);
/* A guardian gives itself another supervisor, unless it has one. */
void supervisor_renew(struct guardian *g);
/* One that was stopped would hold trial.lock for ever. */
void supervisor_wake(const struct guardian *g);
int process_watch(pid_t pid);	/* pidfd_open() */

/* guardian.c: the child's body. The exit status is 0 only where nothing is left
 * to be done. */
int guardian_run(struct guardian *g, pid_t supervisor, int fd);
void guardian_close(struct guardian *g);

/* table.c: the kernel's tables. */
enum err table_read(struct guardian *g, const char *table,
		    struct ruleset **live, char print[FINGERPRINT_SIZE])
	must_check;
/* Copy rs and apply cs to it. */
enum err table_expect(const struct ruleset *rs, const struct changeset *cs,
		      struct ruleset **expected) must_check;
/* Read again and compare with what was committed. */
enum err table_read_back(struct guardian *g, const struct ruleset *expected,
			 struct ruleset **back, char print[FINGERPRINT_SIZE])
	must_check;

/* arm.c: from a request to a change on trial. */
void guardian_arm(struct guardian *g, struct trial *trial_take);

/* rescue.c: the old tables, prepared for a revert without memory. */
void rescue_arm(struct guardian *g);	/* before the commit */
void rescue_take_up(struct guardian *g);	/* what another one prepared */
/* The deadline is the record's, from now on and for who comes after us. */
void rescue_move(const struct guardian *g);
/* It comes never for who comes after us: until rescue_move(), or for good where
 * the record says by then that the trial is over. */
void rescue_rest(const struct guardian *g);
/* In a process that is no guardian, or not any more: nothing is prepared. */
void rescue_leave(void);
/* A revert failed: where that is for want of memory they are put back. */
bool rescue_if_short(void);
void rescue_disarm(const struct guardian *g);	/* before the outcome */

/* resume.c: from a record to wherever it had come. */
void guardian_take_over(struct guardian *g);

/* tell.c: the log, and who is logged in. */
void tell_begun(const struct guardian *g);
void tell_ended(const struct guardian *g);

/* life.c: the neighbours are made to answer; that is looked for. */
void life_begin(struct guardian *g);
void life_tick(struct guardian *g);
/* A client that comes later is told what was seen so far. */
void life_tell(struct guardian *g, struct peer *peer);

/* logins.c: who has logged in since the commit. */
void logins_begin(struct guardian *g);
void logins_look(struct guardian *g);
void logins_tell(const struct guardian *g, struct peer *peer);
/* May it be confirmed? Where a login proves it, the record's reason says so. */
enum err logins_prove(struct guardian *g) must_check;

/* revert.c. A trial that was never committed whole ends as failed. */
void revert_begin(struct guardian *g, const char *reason,
		  const struct actor *by);
void revert_try(struct guardian *g);

/* undo.c: the changes that undo this part of the trial on the live table, whose
 * fingerprint is print. The exact inverse where nobody else was there; else the
 * work of others is kept; else the touched chains are made what they were, or
 * the whole table: that also where whole is asked for, and where what others
 * did would cut a lifeline that the old rules keep (the reason then says so).
 * What of others goes by that is appended to lost. Yours. */
struct changeset *undo_plan(struct guardian *g, const struct trial_part *part,
			    const struct ruleset *live, const char *print,
			    bool whole, struct str *lost);

/* tries.c: the reverts of this trial that were begun, in the run directory until
 * it is settled. Where that takes no file nothing is known of them. */

/* How many guardians have begun before; from now on one more. */
unsigned tries_begin(int run_dir);
/* print: the fingerprint of the table as it will be once the old rules are put
 * back. Was it about to be that one already? Whoever resumes and finds it so
 * has nothing left to undo, whatever the rules of others look like. */
void tries_plan(int run_dir, const char *table, const char *print);
bool tries_planned(int run_dir, const char *table, const char *print);

/* lost.c: what a commit that undoes part on live takes from others. It is in
 * the record, with the table live, before the commit; no full disk stops that.
 * lost: it is gone; else the record is again without it, from the next time it
 * is written. */
struct lost {
	struct trial_part *part;
	char *listed;		/* the list as it was */
	bool any;
	bool found;		/* live was kept */
};
void lost_begin(struct guardian *g, struct trial_part *part,
		const struct ruleset *live, const struct str *lost,
		struct lost *taken);
void lost_end(struct guardian *g, struct lost *taken, bool lost);

/* outcome.c: how a trial ends, and how it stands. */

/* Write the outcome, tell everybody, and leave when they heard it. The state is
 * kept in memory even where the record cannot be written: that is tried on. */
void outcome_settle(struct guardian *g, enum trial_state state);
/* The same for an outcome that is none unless it is written. */
enum err outcome_confirm(struct guardian *g, const struct actor *by) must_check;
void outcome_save(struct guardian *g);
/* There is no trial: err and err_message() say why. */
void outcome_fail(struct guardian *g, enum err err);
/* How the trial stands. The texts are borrowed. */
void outcome_event(const struct guardian *g, struct guardian_event *event);

/* peer.c: clients, who cannot make us wait. */
struct peer {
	int fd;
	struct str in;
	struct str out;
	bool gone;
};
struct peer *peer_add(struct guardian *g, int fd);
void peer_accept(struct guardian *g);
void peer_say(struct peer *peer, const struct guardian_event *event);
void peer_say_all(struct guardian *g, const struct guardian_event *event);
void peer_flush(struct peer *peer);
/* Take what came; each line goes to handle. */
void peer_take(struct guardian *g, struct peer *peer,
	       void (*handle)(struct guardian *, struct peer *,
			      const struct request *));
bool peers_are_told(const struct guardian *g);
void peers_sweep(struct guardian *g);
void peers_done(struct guardian *g);
/* The first line of the client that started us, waited for. */
enum err peer_first(struct peer *peer, struct request *request) must_check;

/* serve.c: the only place that waits. */
void guardian_serve(struct guardian *g);

#endif
