/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guardian: a process of its own that commits, waits, and puts the old
 * rules back when nobody confirms, whatever happened to the editor. It works
 * from the trial record alone, so that one that was killed is resumed by
 * another. A supervisor restarts it. */
#ifndef SALLYPORT_GUARDIAN_H
#define SALLYPORT_GUARDIAN_H

#include <sallyport/backend.h>
#include <sallyport/trial.h>

/* What a guardian is told on its command line (hidden option --guardian). */
struct guardian_options {
	const char *run_dir;
	const char *lock_path;		/* xtables lock, NULL: the default */
	const char *service;		/* in a service of systemd: where its
					 * client waits in the run directory */

	/* For tests, inside the guardian's process; NULL is the real thing. */
	struct backend *backend;	/* borrowed */
	const struct clock *clock;
	const char *utmp;	/* who is logged in; NULL: utmp(5) */
	void (*step)(const char *name);	/* called at each named step */
	int patience_ms;	/* with a guardian that hangs; 0: a minute */
};

/* --- In the guardian's process --- */

/* Are these the words that guardian_start() runs our program with? Then *opt
 * and *fd are what guardian_main() takes: main() asks before anything else. */
bool guardian_asked(int argc, char **argv, struct guardian_options *opt, int *fd);

/* Supervisor and guardian: does not return before the trial is settled. fd
 * is the client that started it, -1 for none; the request is read from it, or,
 * without one, the record in the run directory is resumed. Closes every other
 * file descriptor. Returns an exit status. */
int guardian_main(const struct guardian_options *opt, int fd);

/* --- In the client's process --- */

/* How far guardian_mend() has come; zeroed at first. */
struct guardian_mend {
	int64_t next_ms;	/* nothing to do before; boot clock */
	unsigned round;
	uint64_t steps;		/* of guardian and supervisor at the last look */
};

/* A connection to the guardian. */
struct guardian_client {
	int fd;			/* poll it for input; -1: not connected */
	struct str in;		/* what came */
	size_t taken;		/* and how much of it is events taken */
	int64_t deadline_ms;	/* the last one that was told; 0: none yet */
	bool asked;		/* and there was no event since */
	struct guardian_mend mend;
};

/* Events of the guardian, one JSON object a line. */
enum guardian_event_kind {
	EVENT_NONE,		/* nothing complete has come yet */
	EVENT_ON_TRIAL,		/* committed and read back, the clock runs */
	EVENT_EXTENDED,		/* the deadline moved */
	EVENT_CONFIRMED,
	EVENT_REVERTED,
	EVENT_FAILED,		/* nothing was changed; err tells the code */
	EVENT_ASKED,		/* a neighbour is made to answer once more (text) */
	EVENT_ANSWERED,		/* it did (text) */
	EVENT_LOGIN,		/* somebody logged in since the commit (text: from
				 * where; uid, proof) */
	EVENT_NOT_REVERTED,	/* the kernel refuses; it is tried again */
	EVENT_DENIED,		/* what you asked cannot be done (text); the trial
				 * goes on as before */
	EVENT_LOST,		/* the connection is gone: ask the record */
};

struct guardian_event {
	enum guardian_event_kind kind;
	enum err err;		/* FAILED: ERR_CONFLICT, ERR_BUSY, ERR_FAIL */
	char *text;		/* reason or message; heap, may be NULL */
	char *lost;		/* REVERTED: what of others was lost; may be NULL */
	int64_t deadline_ms;
	int uid;		/* LOGIN: whose */
	bool proof;		/* LOGIN: over IPv6 from elsewhere, which is what
				 * can be demanded */
	bool login_demanded;	/* ON_TRIAL: there must be such a login before
				 * it is confirmed, and there was none yet */
};
void guardian_event_done(struct guardian_event *event);

/* Start a guardian for trial (detached, own session, by exec of our own
 * program) and hand it over; the tables after and the fingerprints are filled in.
 * ERR_BUSY when a trial is running. Events follow. */
enum err guardian_start(const struct guardian_options *opt,
			struct trial *trial,
			struct guardian_client *client) must_check;

/* Start one that resumes the record in the run directory. */
enum err guardian_resume(const struct guardian_options *opt,
			 struct guardian_client *client) must_check;

/* Connect to the one that runs; ERR_NOT_FOUND when none does. The first event
 * tells how the trial stands. */
enum err guardian_connect(const struct guardian_options *opt,
			  struct guardian_client *client) must_check;
void guardian_disconnect(struct guardian_client *client);

/* Is a guardian (or its supervisor) alive for this run directory? */
bool guardian_running(const struct guardian_options *opt);

/* Ask; the answer comes as an event. extend adds ms to the deadline, an hour
 * from the commit at most. */
enum err guardian_confirm(struct guardian_client *client,
			  const struct actor *by) must_check;
enum err guardian_revert(struct guardian_client *client,
			 const struct actor *by, const char *reason) must_check;
enum err guardian_extend(struct guardian_client *client, int64_t ms) must_check;

/* Guardian and supervisor do not answer: call this now and then. It does not
 * wait. They get SIGCONT, which one that runs does not feel. Where the record says
 * that the change should have been undone long ago, and for two seconds none of
 * them got to the processor, they are killed: the record is then to be resumed. */
void guardian_mend(const struct guardian_options *opt,
		   struct guardian_mend *mend, int64_t now_ms);

/* The same by who waits at client, as long as that is in vain: for an answer, or
 * past the deadline. */
void guardian_mend_waiting(const struct guardian_options *opt,
			   struct guardian_client *client, int64_t now_ms);

/* Is it so long past the deadline of a trial that is not undone? */
bool guardian_may_be_stuck(const struct guardian_options *opt,
			   const struct trial *trial, int64_t now_ms);

/* In the systemd timer that was armed for the trial id: it has nothing to wait
 * for, and ends. */
void guardian_end_timer(const char *id);

/* Take the next event without waiting: call it until EVENT_NONE, then poll
 * client->fd. After EVENT_LOST the client is disconnected. */
void guardian_next(struct guardian_client *client, struct guardian_event *event);

#endif
