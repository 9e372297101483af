/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What guardian and client say to each other: one JSON object a line. */
#ifndef TRIAL_EVENT_H
#define TRIAL_EVENT_H

#include <sallyport/guardian.h>

/* What a client asks, and the words of the protocol for it. */
enum request_kind {
	REQUEST_NONE,
	REQUEST_STATUS,
	REQUEST_CONFIRM,
	REQUEST_REVERT,
	REQUEST_EXTEND,
	REQUEST_RESUME,		/* the first line only: go by the record */
	REQUEST_TRIAL,		/* the first line only: a trial to be started */
};

struct request {
	enum request_kind kind;
	struct actor by;	/* CONFIRM, REVERT */
	char *reason;		/* REVERT; NULL for none */
	int64_t ms;		/* EXTEND */
	struct trial *trial;	/* TRIAL */
};
void request_done(struct request *request);

/* The line, with its newline, appended to out. request->trial is borrowed. */
void request_write(const struct request *request, struct str *out);

/* ERR_PARSE for what is no request. */
enum err request_read(const char *line, size_t len, struct request *request)
	must_check;

void event_write(const struct guardian_event *event, struct str *out);
enum err event_read(const char *line, size_t len, struct guardian_event *event)
	must_check;

#endif
