/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trial record: one atomic JSON file in the run directory. While it says
 * that a change is on trial the kernel's rules are on probation: whoever finds
 * it past its deadline puts the old rules back. It holds all that a revert and
 * the history need, so that neither needs the editor. */
#ifndef SALLYPORT_TRIAL_H
#define SALLYPORT_TRIAL_H

#include <net/if.h>
#include <netinet/in.h>
#include <sallyport/tables.h>
#include <sallyport/clock.h>
#include <sallyport/walk.h>

enum trial_state {
	TRIAL_ARMED,		/* written before the kernel is touched */
	TRIAL_ON,		/* committed, read back, waiting for confirm */
	TRIAL_CONFIRMED,
	TRIAL_REVERTED,
	TRIAL_FAILED,		/* the kernel refused the commit: nothing changed */
	TRIAL_NOT_REVERTED,	/* the kernel refuses the revert: retried */
};

/* "on trial" ..., as records have it; N_(). */
const char *trial_state_name(enum trial_state state);

/* Why a trial ended, as records and history keep it, for people: translated if
 * it is one of ours. NULL is "". Yours. */
char *trial_reason_text(const char *reason);

/* Is nothing left to be done about it? */
bool trial_state_is_settled(enum trial_state state);

/* Is it to be kept or undone yet, neither of which was begun? */
bool trial_state_is_undecided(enum trial_state state);

/* Who did something, from where. Strings are heap, NULL where unknown. */
struct actor {
	int uid;		/* the login user: loginuid, then SUDO_UID, then uid */
	char *user;
	char *from;		/* the ssh peer's address */
	char *tty;
	char *host;
};
void actor_copy(struct actor *to, const struct actor *from);
void actor_done(struct actor *actor);
json_t *actor_to_json(const struct actor *actor);
void actor_from_json(const json_t *json, struct actor *actor);

/* Who must answer for a neighbour entry after the commit. */
struct trial_neighbour {
	char ifname[IFNAMSIZ];
	struct in6_addr addr;
	bool probed;		/* in the guardian: it is waited for */
	bool answered;		/* there too: it did */
};

/* Somebody who has logged in over SSH since the commit. */
struct trial_login {
	char *from;		/* the peer's address */
	unsigned port;
	int uid;		/* whom the session runs as */
	bool proof;		/* it came in through the IPv6 rules */
	int64_t wall_s;
};

/* Packets that a lifeline lives on: after a revert they must pass if they passed
 * under the old rules. */
struct trial_need {
	const char *way;	/* as walk() takes it; static */
	struct packet packet;
};

/* What a trial changes in one table. */
struct trial_part {
	struct changeset *changes;
	struct ruleset *before;	/* the table as judged, counters as read */
	struct ruleset *after;	/* as expected, then as read back */
	char before_print[FINGERPRINT_SIZE];
	char after_print[FINGERPRINT_SIZE];
	json_t *changes_json;	/* the changes as they were read: written back as
				 * they came, so that no extension is needed */
	struct vec found;	/* of struct ruleset *: the table as others had
				 * it when a revert took rules of theirs. None
				 * in an older record */
};

/* More of them are not kept. */
#define TRIAL_FOUND_MAX 4

struct trial {
	char id[37];		/* a random UUID: history's key for catching up */
	enum trial_state state;
	uint64_t netns_cookie;
	char boot_id[37];
	int64_t deadline_ms;	/* boot clock */
	int64_t window_ms;
	bool wall;		/* who is logged in is told of it */
	bool no_trial;		/* commit and be done: confirmed at once */
	bool login_demanded;	/* only after a new login it is confirmed */
	int64_t committed_ms;	/* boot clock; 0: not yet */
	struct actor actor;
	char *message;
	char *origin;		/* "edit", "import", "restore" */
	char *override;		/* the host name typed; NULL for none */
	int64_t committed_wall_s;
	int64_t settled_wall_s;
	char *reason;		/* why reverted or failed: "deadline", "asked" ... */
	struct actor settled_by;	/* who confirmed or reverted */
	char *lost;		/* what others did and a revert took back: the
				 * lines of ruleset_lost(), those of a table
				 * other than filter below "*TABLE" */
	char judged[TABLE_COUNT][FINGERPRINT_SIZE];	/* of the tables, as
				 * table_names has them, that the guard looked
				 * through beside these: they must be live as
				 * well when it is committed. "": any will do */
	struct vec neighbours;	/* of struct trial_neighbour *: gateways and
				 * peers of the lifelines */
	struct vec logins;	/* of struct trial_login * */
	struct vec needs;	/* of struct trial_need *: what the lifelines
				 * live on. An older record has none, and then
				 * nothing is asked after a revert */
	struct vec parts;	/* of struct trial_part *, one a table, in the
				 * order of the commit; undone in reverse */
	char *parts_text;	/* the parts as the record has them, once they
				 * were written; NULL: to be made */
};

/* The parts have changed since the record was written. */
void trial_parts_changed(struct trial *trial);

/* One neighbour more, unless it is there already. */
void trial_add_neighbour(struct trial *trial, const char *ifname,
			 const struct in6_addr *addr);

/* One login more, which is copied; false: it is known, or there are too many
 * to be told. */
bool trial_add_login(struct trial *trial, const struct trial_login *login);

/* The first one that is a proof, or NULL. */
const struct trial_login *trial_proof(const struct trial *trial);

/* Packets more that the lifelines need; beyond some hundreds they are not
 * kept. */
void trial_add_need(struct trial *trial, const char *way,
		    const struct packet *packet);

struct trial *trial_new(void);	/* zeroed, with a fresh id, cookie and boot id */

/* One part more, zeroed and the trial's: fill in changes and before. */
struct trial_part *trial_add_part(struct trial *trial);
struct trial_part *trial_part(const struct trial *trial, size_t at);

/* Copies of the changesets, for changesets_done(). */
void trial_changesets(const struct trial *trial, struct vec *changesets);
void trial_free(struct trial *trial);

/* Was it made in this boot and this network namespace? Never act on another. */
bool trial_is_ours(const struct trial *trial);

#define TRIAL_FILE "trial.json"
#define TRIAL_LOCK "trial.lock"
#define TRIAL_SPARE "trial.spare"
#define TRIAL_RESCUE "trial.rescue"
#define TRIAL_TRIES "trial.tries"	/* the reverts that were begun */
#define TRIAL_SOCKET "guardian.sock"

/* Write the record to the run directory, atomically and fsynced. */
enum err trial_save(struct trial *trial, int run_dir) must_check;

/* ERR_NOT_FOUND: no record. ERR_FAIL: it is there and unreadable, or of a
 * newer format; it is left alone and no trial may start. */
enum err trial_load(int run_dir, struct trial **trial) must_check;

/* The tables that the trial changes, as they were. Yours. */
struct tables *trial_before(const struct trial *trial);

/* A settled record that is not in history yet is set aside when the next trial
 * starts (trial-ID.json). Call each with every such record, the oldest first;
 * it returns true once the record is in history, and its file is removed. */
void trial_each_aside(int run_dir, bool (*each)(const struct trial *, void *arg),
		      void *arg);
/* Is there one of that id? */
bool trial_is_aside(int run_dir, const char *id);
enum err trial_set_aside(int run_dir, const struct trial *trial) must_check;

json_t *trial_to_json(const struct trial *trial);
enum err trial_from_json(const json_t *json, struct trial **trial) must_check;

#endif
