/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The protocol's two tables. Words, not numbers, cross the socket: the two
 * ends may be of different releases. */
#include <stdlib.h>
#include <string.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "event.h"
#include "record.h"

static const char *const request_words[] = {
	[REQUEST_NONE] = "",
	[REQUEST_STATUS] = "status",
	[REQUEST_CONFIRM] = "confirm",
	[REQUEST_REVERT] = "revert",
	[REQUEST_EXTEND] = "extend",
	[REQUEST_RESUME] = "resume",
	[REQUEST_TRIAL] = "trial",
};

static const char *const event_words[] = {
	[EVENT_NONE] = "",
	[EVENT_ON_TRIAL] = "on-trial",
	[EVENT_EXTENDED] = "extended",
	[EVENT_CONFIRMED] = "confirmed",
	[EVENT_REVERTED] = "reverted",
	[EVENT_FAILED] = "failed",
	[EVENT_ASKED] = "asked",
	[EVENT_ANSWERED] = "answered",
	[EVENT_LOGIN] = "login",
	[EVENT_NOT_REVERTED] = "not-reverted",
	[EVENT_DENIED] = "denied",
	[EVENT_LOST] = "lost",
};

static const char *const err_words[] = {
	[OK] = "ok",
	[ERR_FAIL] = "fail",
	[ERR_USAGE] = "usage",
	[ERR_PARSE] = "parse",
	[ERR_REFUSED] = "refused",
	[ERR_CONFLICT] = "conflict",
	[ERR_REVERTED] = "reverted",
	[ERR_BUSY] = "busy",
	[ERR_NOT_FOUND] = "not-found",
	[ERR_CANCELLED] = "cancelled",
};

/* The index of the member's word among n words; 0 where it is none of them. */
static size_t
word_index(const json_t *json, const char *key, const char *const *words,
	   size_t n)
{
	const char *s = json_string_value(json_object_get(json, key));

	for (size_t i = 0; s && i < n; i++)
		if (strcmp(s, words[i]) == 0)
			return i;
	return 0;
}

static void
write_line(json_t *json, struct str *out)
{
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	if (!text)
		die("cannot write a message");
	str_add(out, text);
	str_addc(out, '\n');
	free(text);
}

void
request_done(struct request *request)
{
	actor_done(&request->by);
	free(request->reason);
	trial_free(request->trial);
	*request = (struct request){ .by.uid = -1 };
}

void
request_write(const struct request *request, struct str *out)
{
	json_t *json = json_object();

	json_object_set_new(json, "do",
			    json_string(request_words[request->kind]));
	json_object_set_new(json, "by", actor_to_json(&request->by));
	json_object_set_new(json, "reason", json_exact(request->reason));
	json_object_set_new(json, "ms", json_integer(request->ms));
	if (request->trial)
		json_object_set_new(json, "trial",
				    trial_to_json(request->trial));
	write_line(json, out);
}

enum err
request_read(const char *line, size_t len, struct request *request)
{
	json_t *json = json_loadb(line, len, 0, NULL);
	enum err err = OK;

	*request = (struct request){ .by.uid = -1 };
	request->kind = (enum request_kind)word_index(json, "do", request_words,
						      ARRAY_LEN(request_words));
	if (request->kind == REQUEST_NONE)
		err = fail(ERR_PARSE,
			   _("the guardian does not know this request"));
	if (request->kind == REQUEST_TRIAL)
		err = trial_from_json(json_object_get(json, "trial"),
				      &request->trial);
	actor_from_json(json_object_get(json, "by"), &request->by);
	request->reason = json_text_get(json, "reason");
	request->ms = json_integer_value(json_object_get(json, "ms"));
	json_decref(json);
	return err;
}

void
event_write(const struct guardian_event *event, struct str *out)
{
	json_t *json = json_object();

	json_object_set_new(json, "event",
			    json_string(event_words[event->kind]));
	json_object_set_new(json, "err", json_string(err_words[event->err]));
	json_object_set_new(json, "text", json_exact(event->text));
	json_object_set_new(json, "lost", json_exact(event->lost));
	json_object_set_new(json, "deadline_ms",
			    json_integer(event->deadline_ms));
	json_object_set_new(json, "uid", json_integer(event->uid));
	json_object_set_new(json, "proof", json_boolean(event->proof));
	json_object_set_new(json, "login_demanded",
			    json_boolean(event->login_demanded));
	write_line(json, out);
}

enum err
event_read(const char *line, size_t len, struct guardian_event *event)
{
	json_t *json = json_loadb(line, len, 0, NULL);
	enum err err = OK;

	event->kind = (enum guardian_event_kind)
		word_index(json, "event", event_words, ARRAY_LEN(event_words));
	event->err = (enum err)word_index(json, "err", err_words,
					  ARRAY_LEN(err_words));
	event->text = json_text_get(json, "text");
	event->lost = json_text_get(json, "lost");
	event->deadline_ms =
		json_integer_value(json_object_get(json, "deadline_ms"));
	event->uid = (int)json_integer_value(json_object_get(json, "uid"));
	event->proof = json_is_true(json_object_get(json, "proof"));
	event->login_demanded = json_is_true(
		json_object_get(json, "login_demanded"));
	if (event->kind == EVENT_NONE)
		err = fail(ERR_PARSE, _("the guardian said something unknown"));
	json_decref(json);
	return err;
}
