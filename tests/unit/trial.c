/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trial record: what is written is read back, and what does not hold
 * together is not acted on. The conversation's lines likewise. */
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sallyport/file.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include <sallyport/trial.h>
#include "../../src/trial/event.h"
#include "../../src/trial/record.h"
#include "rules.h"

static struct trial *
make_trial(void)
{
	struct trial *trial = trial_new();
	struct trial_part *part = trial_add_part(trial);

	part->before = rules("-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
			      "-A INPUT -m comment --comment \"x\xff\\\"y\" "
			      "-j DROP\n");
	part->after = ruleset_copy(part->before);
	part->changes = changeset_new("filter");
	if (changeset_push_take(part->changes, part->after,
				change_delete("INPUT", 1)) ||
	    changeset_push_take(part->changes, part->after,
				change_policy("INPUT", POLICY_DROP)))
		bail_out("%s", err_message());
	ruleset_fingerprint(part->before, part->before_print);
	ruleset_fingerprint(part->after, part->after_print);
	trial->state = TRIAL_ON;
	trial->deadline_ms = 123456789012;
	trial->window_ms = 120000;
	trial->committed_wall_s = 1790000000;
	trial->message = xstrdup("open the door\nfor a while");
	trial->origin = xstrdup("edit");
	trial->actor.uid = 1000;
	trial->actor.user = xstrdup("al\xffice");
	trial->actor.from = xstrdup("2001:db8::77");
	return trial;
}

static struct trial *
reread(const struct trial *trial)
{
	json_t *json = trial_to_json(trial);
	struct trial *back = NULL;
	enum err err = trial_from_json(json, &back);

	is_int(err, OK, "read back: %s", err ? err_message() : "");
	json_decref(json);
	return back;
}

static void
test_round_trip(void)
{
	struct trial *trial = make_trial();
	struct trial *back = reread(trial);
	json_t *one, *two;

	is_str(back->id, trial->id, "the id");
	is_int(strlen(back->id), 36, "a UUID");
	is_int(back->state, TRIAL_ON, "the state");
	is_int(back->netns_cookie, trial->netns_cookie, "the namespace");
	is_str(back->boot_id, trial->boot_id, "the boot");
	is_int(back->deadline_ms, trial->deadline_ms, "the deadline");
	is_str(back->message, trial->message, "the message, of two lines");
	is_str(back->actor.user, "al\xff" "ice",
	       "a user's name that is not UTF-8");
	is_str(back->actor.tty, NULL, "a terminal that is not known");
	is_int(back->settled_by.uid, -1, "nobody settled it");
	ok(ruleset_equal(trial_part(back, 0)->before, trial_part(trial, 0)->before), "the table before");
	ok(ruleset_equal(trial_part(back, 0)->after, trial_part(trial, 0)->after), "the table after");
	is_int(trial_part(back, 0)->changes->changes.n, 2, "the changes");
	ok(trial_is_ours(back), "it is ours");
	back->netns_cookie++;
	ok(!trial_is_ours(back), "that of another namespace is not");
	back->netns_cookie--;
	one = trial_to_json(trial);
	two = trial_to_json(back);
	ok(json_equal(json_object_get(one, "tables"),
		      json_object_get(two, "tables")),
	   "written again as they came");
	json_decref(one);
	json_decref(two);
	trial_free(trial);
	trial_free(back);
}

/* What others had is for the history alone: it makes no record unreadable. */
static void
test_found(void)
{
	struct trial *trial = make_trial(), *back;
	struct trial_part *part = trial_part(trial, 0);
	json_t *json = trial_to_json(trial), *parts, *list;

	parts = json_object_get(json, "tables");
	ok(!json_object_get(json_array_get(parts, 0), "found"),
	   "where nothing was lost nothing is kept");
	json_decref(json);
	vec_push(&part->found, ruleset_copy(part->before));
	vec_push(&part->found, ruleset_copy(part->after));
	back = reread(trial);
	is_int(trial_part(back, 0)->found.n, 2, "both tables of others");
	ok(trial_part(back, 0)->found.n == 2 &&
	   ruleset_equal(trial_part(back, 0)->found.v[1], part->after),
	   "as they were");
	trial_free(back);

	json = trial_to_json(trial);
	parts = json_object_get(json, "tables");
	list = json_object_get(json_array_get(parts, 0), "found");
	json_array_set_new(list, 0, json_true());
	is_int(trial_from_json(json, &back), OK, "one that is none");
	is_int(trial_part(back, 0)->found.n, 1, "is left out");
	trial_free(back);
	json_decref(json);
	trial_free(trial);
}

/* However many prove nothing, the one that does is kept. */
static void
test_logins(void)
{
	struct trial *trial = make_trial(), *back;
	struct trial_login login = {
		.from = (char *)"192.0.2.7", .port = 4000, .uid = 1000,
		.wall_s = 1790000001,
	};
	json_t *json;

	back = reread(trial);
	ok(!back->login_demanded && !trial_proof(back), "no login, none asked for");
	trial_free(back);
	ok(trial_add_login(trial, &login), "a login over IPv4");
	ok(!trial_add_login(trial, &login), "the same once only");
	for (login.port = 4001; login.port < 4200; login.port++)
		trial_add_login(trial, &login);
	ok(trial->logins.n < 100 && !trial_proof(trial), "few are kept");
	login.from = (char *)"2001:db8::77";
	login.proof = true;
	ok(trial_add_login(trial, &login), "the one that proves something is");
	trial->login_demanded = true;
	trial->committed_ms = 123456;
	back = reread(trial);
	is_int(back->logins.n, trial->logins.n, "all are read back");
	ok(trial_proof(back) && !strcmp(trial_proof(back)->from,
					"2001:db8::77"), "the proof as well");
	ok(back->login_demanded && back->committed_ms == 123456,
	   "that one is demanded, and since when");
	trial_free(back);

	json = trial_to_json(trial);
	json_object_del(json, "logins");
	json_object_del(json, "login_demanded");
	json_object_del(json, "committed_ms");
	is_int(trial_from_json(json, &back), OK, "an older record is read");
	ok(!back->login_demanded && !back->logins.n, "and demands none");
	trial_free(back);
	json_decref(json);
	trial_free(trial);
}

static void
test_states(void)
{
	static const enum trial_state settled[] = {
		TRIAL_CONFIRMED, TRIAL_REVERTED, TRIAL_FAILED,
	};
	enum trial_state state;
	int n = 0;

	for (size_t i = 0; i < ARRAY_LEN(settled); i++)
		ok(trial_state_is_settled(settled[i]), "%s is settled",
		   trial_state_name(settled[i]));
	for (int i = TRIAL_ARMED; i <= TRIAL_NOT_REVERTED; i++)
		n += trial_state_is_settled(i) ? 0 :
		     trial_state_parse(trial_state_name(i), &state) &&
		     (int)state == i;
	is_int(n, 3, "the other three are not, and each has its name");
	ok(!trial_state_parse("on probation", &state), "no other word is one");
}

/* Each key with a value that it must not have; NULL takes the key away. */
static const struct {
	const char *key;
	const char *value;
} hostile[] = {
	{ "format", NULL }, { "format", "1" }, { "format", "3" }, { "format", "\"1\"" },
	{ "format", "-1" }, { "id", NULL }, { "id", "\"../../etc/passwd\"" },
	{ "id", "\"../../../../../../../../../etc/shadow\"" }, { "id", "7" },
	{ "state", "\"won\"" }, { "state", "3" }, { "state", NULL },
	{ "netns_cookie", "\"1\"" }, { "netns_cookie", NULL },
	{ "boot_id", "null" }, { "boot_id", "\"a\"" },
	{ "deadline_ms", "1.5" }, { "deadline_ms", NULL },
	{ "window_ms", "[]" }, { "committed_wall_s", "{}" },
	{ "before_print", "\"\"" }, { "before_print", NULL },
	{ "before_print", "\"00000000000000000000000000000000"
		"00000000000000000000000000000000\"" },
	{ "after_print", "\"\"" }, { "after_print", "\"g\"" },
	{ "changes", NULL }, { "changes", "null" }, { "changes", "[]" },
	{ "changes", "{\"table\":\"nat\",\"changes\":[]}" },
	{ "before", NULL }, { "before", "null" }, { "before", "{}" },
	{ "before", "{\"table\":\"filter\",\"chains\":[]}" },
	{ "after", "{\"table\":\"filter\",\"chains\":[{}]}" }, { "after", "3" },
	{ "tables", NULL }, { "tables", "[]" }, { "tables", "{}" },
	{ "tables", "[1,2,3,4,5,6]" }, { "tables", "[null]" },
};

static void
test_hostile(void)
{
	struct trial *trial = make_trial();

	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		json_t *json = trial_to_json(trial);
		json_t *object = json_object_get(json, hostile[i].key) ? json :
			json_array_get(json_object_get(json, "tables"), 0);
		struct trial *back = NULL;

		if (hostile[i].value)
			json_object_set_new(object, hostile[i].key, json_loads(
				hostile[i].value, JSON_DECODE_ANY, NULL));
		else
			json_object_del(object, hostile[i].key);
		is_int(trial_from_json(json, &back), ERR_FAIL, "%s: %s",
		       hostile[i].key, hostile[i].value ? hostile[i].value :
		       "missing");
		ok(!back, "nothing was made of it");
		json_decref(json);
	}
	trial_free(trial);
}

static void
test_twice(void)
{
	struct trial *trial = make_trial(), *back = NULL;
	json_t *json = trial_to_json(trial);
	json_t *tables = json_object_get(json, "tables");

	json_array_append(tables, json_array_get(tables, 0));
	is_int(trial_from_json(json, &back), ERR_FAIL, "a table twice");
	is_str(err_message(), "a table comes twice",
	       "is told");
	json_decref(json);
	trial_free(trial);
}

static int
make_dir(char *path)
{
	int fd;

	if (!mkdtemp(path) || dir_open_private(path, &fd))
		bail_out("no directory: %s", err_message());
	return fd;
}

static bool
has_file(int fd, const char *name)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
test_files(void)
{
	char path[] = "/tmp/trial-XXXXXX";
	int fd = make_dir(path);
	struct trial *trial = make_trial(), *back = NULL;
	struct stat st;
	char *aside;

	is_int(trial_load(fd, &back), ERR_NOT_FOUND, "no record yet");
	is_int(trial_save(trial, fd), OK, "written");
	ok(fstatat(fd, TRIAL_FILE, &st, 0) == 0 && (st.st_mode & 0777) == 0600,
	   "for us alone");
	is_int(trial_load(fd, &back), OK, "read");
	trial_free(back);

	is_int(trial_spare_make(trial, fd), OK, "the spare is made");
	ok(fstatat(fd, TRIAL_SPARE, &st, 0) == 0 && st.st_blocks * 512 >= 65536,
	   "with room on the disk");
	trial->state = TRIAL_CONFIRMED;
	is_int(trial_settle(trial, fd), OK, "settled");
	ok(!has_file(fd, TRIAL_SPARE), "the spare became the record");
	is_int(trial_load(fd, &back), OK, "which is read");
	is_int(back->state, TRIAL_CONFIRMED, "and says so");
	trial_free(back);
	trial->state = TRIAL_REVERTED;
	is_int(trial_settle(trial, fd), OK, "without a spare it goes as well");

	is_int(trial_set_aside(fd, trial), OK, "set aside");
	is_int(trial_load(fd, &back), ERR_NOT_FOUND, "no record then");
	if (symlinkat("/etc/passwd", fd, TRIAL_FILE) < 0)
		bail_out("no symlink");
	is_int(trial_load(fd, &back), ERR_FAIL, "a symbolic link is no record");
	trial_forget(fd);
	ok(!has_file(fd, TRIAL_FILE), "forgotten");
	aside = xasprintf("trial-%s.json", trial->id);
	is_int(unlinkat(fd, aside, 0), 0, "the one set aside is still there");
	free(aside);
	close(fd);
	rmdir(path);
	trial_free(trial);
}

static void
test_lines(void)
{
	struct trial *trial = make_trial();
	struct request request = {
		.kind = REQUEST_TRIAL, .by.uid = 7, .ms = 60000,
		.reason = (char *)"two\nlines", .trial = trial,
	}, back;
	const struct guardian_event event = {
		.kind = EVENT_REVERTED, .err = ERR_CONFLICT,
		.text = (char *)"deadline", .deadline_ms = 99,
	};
	struct guardian_event got = { 0 };
	struct str line = { 0 };

	request_write(&request, &line);
	ok(strchr(line.s, '\n') == line.s + line.len - 1,
	   "a request is one line");
	is_int(request_read(line.s, line.len, &back), OK, "and is read");
	is_int(back.kind, REQUEST_TRIAL, "as what it is");
	is_int(back.by.uid, 7, "by whom");
	is_str(back.reason, "two\nlines", "why");
	ok(back.trial && ruleset_equal(trial_part(back.trial, 0)->after, trial_part(trial, 0)->after),
	   "with its trial");
	request_done(&back);
	is_int(request_read("{\"do\":\"dance\"}", 14, &back), ERR_PARSE,
	       "an unknown request");
	request_done(&back);
	is_int(request_read("{\"do\":\"trial\"}", 14, &back), ERR_FAIL,
	       "a trial without one");
	request_done(&back);

	str_clear(&line);
	event_write(&event, &line);
	is_int(event_read(line.s, line.len, &got), OK, "an event is read");
	ok(got.kind == EVENT_REVERTED && got.err == ERR_CONFLICT &&
	   got.deadline_ms == 99 && !got.lost, "as it was written");
	is_str(got.text, "deadline", "with its text");
	guardian_event_done(&got);
	is_int(event_read("[]", 2, &got), ERR_PARSE, "junk is none");
	guardian_event_done(&got);
	str_done(&line);
	trial_free(trial);
}

static char words_dir[] = "/tmp/sallyport-words.XXXXXX";

static void
forget_german(void)
{
	static const char *const names[] = {
		"/de/LC_MESSAGES/" PACKAGE ".mo", "/de/LC_MESSAGES", "/de", "",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *path = xasprintf("%s%s", words_dir, names[i]);

		remove(path);
		free(path);
	}
}

/* The catalogue as it is installed, in a directory of its own. */
static bool
speak_german(void)
{
	char *dir = words_dir;
	const char *srcdir = getenv("top_srcdir");
	char *from = xasprintf("%s/po/de.gmo", srcdir ? srcdir : ".");
	char *to, *real = realpath(from, NULL);
	bool there = real && mkdtemp(dir) && setlocale(LC_ALL, "C.UTF-8");

	free(from);
	if (there) {
		to = xasprintf("%s/de", dir);
		there = mkdir(to, 0700) == 0;
		free(to);
		to = xasprintf("%s/de/LC_MESSAGES", dir);
		there = there && mkdir(to, 0700) == 0;
		free(to);
		to = xasprintf("%s/de/LC_MESSAGES/" PACKAGE ".mo", dir);
		there = there && symlink(real, to) == 0;
		free(to);
		setenv("LANGUAGE", "de", 1);
		bindtextdomain(PACKAGE, dir);
		textdomain(PACKAGE);
		there = there && strcmp(_("asked"), "asked") != 0;
	}
	free(real);
	return there;
}

static void
reason_is(const char *reason, const char *expected)
{
	char *text = trial_reason_text(reason);

	is_str(text, expected, "%s", reason ? reason : "no reason");
	free(text);
}

static void
test_reasons(void)
{
	static const char *const reasons[] = {
		"asked", "deadline", "new login from 2001:db8::1",
		"the neighbour fe80::1 does not answer any more",
		"deadline, without the xtables lock: it is held",
		"deadline, the whole old table 'nat': beside what others "
		"changed a lifeline would be cut",
		"cannot read table 'filter': no memory", "100% %s", "",
	};

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		reason_is(reasons[i], reasons[i]);
	reason_is(NULL, "");
	if (!speak_german()) {
		forget_german();
		skip("no German here");
		return;
	}
	reason_is("asked", "auf Wunsch");
	reason_is("deadline", "Frist abgelaufen");
	reason_is("terminated", "Wächter beendet");
	reason_is("new login from 2001:db8::1",
		  "neue Anmeldung von 2001:db8::1");
	reason_is("the neighbour fe80::1 does not answer any more",
		  "der Nachbar fe80::1 antwortet nicht mehr");
	reason_is("deadline, without the xtables lock: it is held",
		  "Frist abgelaufen, ohne die xtables-Sperre: it is held");
	reason_is("deadline, without the xtables lock: it is held, the whole "
		  "old table 'nat': beside what others changed a lifeline "
		  "would be cut",
		  "Frist abgelaufen, ohne die xtables-Sperre: it is held, die "
		  "ganze alte Tabelle 'nat': neben dem, was andere geändert "
		  "haben, wäre eine Lebensader gekappt");
	reason_is("100% %s", "100% %s");
	reason_is("", "");
	forget_german();
}

int
main(void)
{
	rules_start();
	test_round_trip();
	test_found();
	test_logins();
	test_states();
	test_hostile();
	test_twice();
	test_files();
	test_lines();
	test_reasons();
	xt_done();
	return done_testing();
}
