/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's end of the conversation: ask, and take events without ever
 * waiting for them. A guardian that dies is an event, not a signal. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sallyport/i18n.h>
#include <sallyport/mem.h>
#include "client.h"

/* No event is longer: it carries at most a list of lost rules. */
#define INPUT_MAX ((size_t)64 << 20)

void
client_init(struct guardian_client *client, int fd)
{
	const struct timeval patience = { .tv_sec = 10 };

	*client = (struct guardian_client){ .fd = fd };
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
			   sizeof(patience));
}

void
guardian_disconnect(struct guardian_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	client->taken = 0;
	client->deadline_ms = 0;
	client->asked = false;
	client->mend = (struct guardian_mend){ 0 };
	str_done(&client->in);
}

void
guardian_event_done(struct guardian_event *event)
{
	free(event->text);
	free(event->lost);
	*event = (struct guardian_event){ 0 };
}

enum err
client_send(struct guardian_client *client, const struct request *request)
{
	struct str line = { 0 };
	size_t done = 0;
	enum err err = OK;

	if (client->fd < 0)
		return fail(ERR_NOT_FOUND, _("no guardian is running"));
	request_write(request, &line);
	while (done < line.len && !err) {
		ssize_t n = send(client->fd, line.s + done, line.len - done,
				 MSG_NOSIGNAL);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EPIPE)
			break;	/* its last words are still to be read */
		else if (errno != EINTR)
			err = fail_errno(_("cannot speak to the guardian"));
	}
	str_done(&line);
	client->asked = !err;
	return err;
}

enum err
guardian_confirm(struct guardian_client *client, const struct actor *by)
{
	const struct request request = { .kind = REQUEST_CONFIRM, .by = *by };

	return client_send(client, &request);
}

enum err
guardian_revert(struct guardian_client *client, const struct actor *by,
		const char *reason)
{
	const struct request request = {
		.kind = REQUEST_REVERT,
		.by = *by,
		.reason = (char *)(uintptr_t)reason,
	};

	return client_send(client, &request);
}

enum err
guardian_extend(struct guardian_client *client, int64_t ms)
{
	const struct request request = {
		.kind = REQUEST_EXTEND, .by.uid = -1, .ms = ms,
	};

	return client_send(client, &request);
}

/* The guardian speaks no language: its constant sentences are translated
 * here, and the reasons that it makes of several parts. */
static void
event_translate(struct guardian_event *event)
{
	char *text = event->text;

	if (!text || !*text)
		return;
	event->text = trial_reason_text(_(text));
	free(text);
}

/* The next whole line of what came that is an event, if there is one. */
static bool
take_event(struct guardian_client *client, struct guardian_event *event)
{
	const char *s = str_text(&client->in) + client->taken, *end;

	for (end = memchr(s, '\n', client->in.len - client->taken); end;
	     end = memchr(s, '\n', client->in.len - client->taken)) {
		enum err err = event_read(s, (size_t)(end - s), event);

		client->taken += (size_t)(end + 1 - s);
		s = end + 1;
		if (!err) {
			client->asked = false;
			if (event->deadline_ms)
				client->deadline_ms = event->deadline_ms;
			event_translate(event);
			return true;
		}
		guardian_event_done(event);
	}
	str_drop(&client->in, client->taken);
	client->taken = 0;
	return false;
}

/* False at the end of the conversation. */
static bool
take_input(struct guardian_client *client)
{
	char buf[16384];
	ssize_t n;

	do {
		n = recv(client->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n > 0)
			str_addn(&client->in, buf, (size_t)n);
	} while ((n > 0 && client->in.len < INPUT_MAX) ||
		 (n < 0 && errno == EINTR));
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void
guardian_next(struct guardian_client *client, struct guardian_event *event)
{
	bool open;

	*event = (struct guardian_event){ 0 };
	if (take_event(client, event) || client->fd < 0)
		return;
	open = take_input(client);
	if (take_event(client, event) || open)
		return;
	guardian_disconnect(client);
	event->kind = EVENT_LOST;
}
