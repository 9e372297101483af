/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system's log, authpriv, has every commit, override, confirm and revert, who
 * it was and from where, and nothing that could control who reads it. */
#include <syslog.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include "harness.h"

static int log_fd;

/* A /dev of our own, moved over the machine's, which has its log. */
static void
make_dev(void)
{
	char *dev = xasprintf("%s/dev", dir);

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		skip_all("no mounts of its own: %s", strerror(errno));
	if (mkdir(dev, 0700) < 0 ||
	    mount("tmpfs", dev, "tmpfs", 0, "mode=755") < 0 ||
	    mount(dev, "/dev", NULL, MS_MOVE, NULL) < 0)
		skip_all("no /dev of its own: %s", strerror(errno));
	if (mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3)) < 0)
		skip_all("no device can be made: %s", strerror(errno));
	free(dev);
}

static void
listen_to_log(void)
{
	struct sockaddr_un address = {
		.sun_family = AF_UNIX, .sun_path = "/dev/log",
	};

	log_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (log_fd < 0 || bind(log_fd, (struct sockaddr *)&address,
			       sizeof(address)) < 0)
		bail_out("no log");
}

/* The next line that has text in it, or fails. */
static void
is_logged(const char *text, const char *what)
{
	char *authpriv = xasprintf("<%d>sallyport[",
				   LOG_AUTHPRIV | LOG_WARNING);
	int64_t until = now_ms() + PATIENCE_MS;
	char line[2048] = "";
	bool found = false;

	while (!found && now_ms() < until) {
		struct pollfd fd = { .fd = log_fd, .events = POLLIN };
		ssize_t n = poll(&fd, 1, 100) > 0 ?
			    recv(log_fd, line, sizeof(line) - 1, 0) : 0;

		line[n > 0 ? n : 0] = '\0';
		found = strstr(line, text) != NULL;
	}
	ok(found, "%s is logged", what);
	ok(strncmp(line, authpriv, strlen(authpriv)) == 0, "as authpriv");
	for (char *s = line; *s; s++)
		found = found && *s >= ' ' && *s <= '~';
	ok(found, "and controls nothing");
	free(authpriv);
}

static void
begin(struct guardian_client *client, int64_t ms)
{
	struct trial *trial = make_trial(new_rules, ms);

	free(trial->message);
	trial->message = xstrdup("open \033]0;pwned\a 8080\nand so on");
	trial->override = xstrdup("vps.example");
	if (guardian_start(&options, trial, client))
		bail_out("no guardian: %s", err_message());
	free(expect(client, EVENT_ON_TRIAL, 5000, "on trial"));
	trial_free(trial);
	is_logged("alice from 2001:db8::77 changes the IPv6 rules: filter (3 "
		  "changes), \"open <1b>]0;pwned<07> 8080<0a>and so on\", the "
		  "guard was overridden, on trial", "a commit, its override");
}

static void
test_settled(enum err (*settle)(struct guardian_client *client),
	     enum guardian_event_kind kind, const char *text, int64_t ms)
{
	struct guardian_client client;

	fresh();
	begin(&client, ms);
	if (settle)
		is_int(settle(&client), OK, "it is asked to end");
	free(expect(&client, kind, 5000, "it ends"));
	is_logged(text, text);
	guardian_disconnect(&client);
	ok(all_left(3000), "the guardian leaves");
}

static enum err
confirm(struct guardian_client *client)
{
	return guardian_confirm(client, &somebody);
}

static enum err
revert(struct guardian_client *client)
{
	return guardian_revert(client, &somebody, "bad \033[31m idea");
}

int
main(int argc, char **argv)
{
	struct guardian_options opt;
	struct guardian_client client;
	int fd;

	if (guardian_asked(argc, argv, &opt, &fd))
		return guardian_main(&opt, fd);
	begin_tests();
	make_dev();
	listen_to_log();
	test_settled(confirm, EVENT_CONFIRMED, "alice: confirmed by alice",
		     60000);
	test_settled(revert, EVENT_REVERTED, "alice: reverted by alice", 60000);
	test_settled(NULL, EVENT_REVERTED, "(deadline)", 300);
	fresh();
	begin(&client, 60000);
	guardian_disconnect(&client);
	kill_9(GUARD);
	is_logged("the guardian died", "a guardian that is killed");
	xt_done();
	return done_testing();
}
