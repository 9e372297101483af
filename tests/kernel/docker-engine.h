/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Docker Engine that answers what a test wants, on a Unix socket in this
 * network namespace; good answers are those of tests/peers. */
#ifndef TESTS_KERNEL_DOCKER_ENGINE_H
#define TESTS_KERNEL_DOCKER_ENGINE_H

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sallyport/file.h>
#include <sallyport/str.h>
#include "../ns.h"

enum engine_mood {
	ENGINE_GOOD,
	ENGINE_GARBAGE,		/* 200, and no JSON */
	ENGINE_OTHER,		/* JSON of another shape */
	ENGINE_SILENT,		/* takes the question and says nothing */
	ENGINE_SLOW,		/* a byte now and then */
	ENGINE_HUGE,		/* without end */
	ENGINE_ERROR,		/* 500 */
	ENGINE_MOVED,		/* 301 to another place */
	ENGINE_GONE,		/* hangs up */
	ENGINE_HOSTILE,		/* good JSON, evil names */
};

struct engine {
	pid_t pid;
	char path[108];
};

static void
engine_say(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t sent = write(fd, text, n);

		if (sent <= 0)
			return;
		text += sent;
		n -= (size_t)sent;
	}
}

static void
engine_answer(int fd, const char *status, const char *body)
{
	struct str out = { 0 };

	str_addf(&out, "HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
		 "Location: http://localhost/elsewhere\r\n"
		 "Content-Length: %zu\r\n\r\n%s", status, strlen(body), body);
	engine_say(fd, str_text(&out), out.len);
	str_done(&out);
}

/* What a browser of sallyport must never see as it stands. */
#define ENGINE_EVIL_NETWORKS \
	"[7,null,{},{\"Name\":\"e\\u001b[2J\",\"Id\":\"77aa01c2d3e4ff\"," \
	"\"Driver\":\"bridge\",\"EnableIPv6\":true,\"IPAM\":{\"Config\":[" \
	"{\"Subnet\":\"::/0\"},{\"Subnet\":\"x\"},{\"Subnet\":9}," \
	"{\"Subnet\":\"fe80::/10\"}]},\"Options\":[]}]"
#define ENGINE_EVIL_LIST \
	"[{},[],{\"Names\":[\"/\\u001b]0;x\\u0007\\u202e\"]," \
	"\"Ports\":[{\"PrivatePort\":70000,\"Type\":\"tcp\"}," \
	"{\"PrivatePort\":-1,\"Type\":\"udp\"},{\"PrivatePort\":\"1\"}]," \
	"\"NetworkSettings\":{\"Networks\":{\"e\":{\"NetworkID\":" \
	"\"77aa01c2d3e4ff\",\"GlobalIPv6Address\":\"2001:db8:1::66\"}," \
	"\"f\":{\"GlobalIPv6Address\":\"ff02::1\"}," \
	"\"g\":{\"GlobalIPv6Address\":\"10.0.0.1\"}," \
	"\"h\":{\"GlobalIPv6Address\":7},\"i\":null}}}]"

static void
engine_good(int fd, bool list, const char *version)
{
	const char *top = getenv("top_srcdir");
	struct str path = { 0 }, body = { 0 };

	str_addf(&path, "%s/tests/peers/docker-%s-%s.json", top ? top : ".",
		 version, list ? "containers" : "networks");
	if (file_read(AT_FDCWD, str_text(&path), 1 << 20, &body))
		_exit(1);
	engine_answer(fd, "200 OK", str_text(&body));
	str_done(&body);
	str_done(&path);
}

static void
engine_trickle(int fd)
{
	for (;;) {
		if (write(fd, "x", 1) != 1)
			return;
		usleep(50000);
	}
}

static void
engine_flood(int fd)
{
	static char block[65536];

	memset(block, ' ', sizeof(block));
	while (write(fd, block, sizeof(block)) > 0)
		continue;
}

static void
engine_serve(int fd, enum engine_mood mood, const char *version)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n[";
	char request[4096];
	ssize_t n = read(fd, request, sizeof(request) - 1);
	bool list;

	if (n <= 0)
		return;
	request[n] = '\0';
	list = strncmp(request, "GET /containers/json ", 21) == 0;
	if (!list && strncmp(request, "GET /networks ", 14))
		_exit(1);
	switch (mood) {
	case ENGINE_GOOD:
		engine_good(fd, list, version);
		return;
	case ENGINE_GARBAGE:
		engine_answer(fd, "200 OK", "<html>\x01");
		return;
	case ENGINE_OTHER:
		engine_answer(fd, "200 OK", "{\"message\":\"hello\"}");
		return;
	case ENGINE_SILENT:
		pause();
		return;
	case ENGINE_SLOW:
		engine_say(fd, head, sizeof(head) - 1);
		engine_trickle(fd);
		return;
	case ENGINE_HUGE:
		engine_say(fd, head, sizeof(head) - 1);
		engine_flood(fd);
		return;
	case ENGINE_ERROR:
		engine_answer(fd, "500 Internal Server Error", "[]");
		return;
	case ENGINE_MOVED:
		engine_answer(fd, "301 Moved Permanently", "[]");
		return;
	case ENGINE_GONE:
		return;
	case ENGINE_HOSTILE:
		engine_answer(fd, "200 OK", list ? ENGINE_EVIL_LIST :
						   ENGINE_EVIL_NETWORKS);
		return;
	}
}

static void
engine_run(int fd, int ready, enum engine_mood mood, const char *version)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "dockerd");
	signal(SIGPIPE, SIG_IGN);
	close(ready);
	for (;;) {
		int one = accept(fd, NULL, NULL);

		if (one < 0)
			_exit(1);
		engine_serve(one, mood, version);
		close(one);
	}
}

static void TAP_UNUSED
engine_start(struct engine *engine, const char *dir, enum engine_mood mood,
	     const char *version)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), ready[2];
	char c;

	snprintf(engine->path, sizeof(engine->path), "%s/docker.sock", dir);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", engine->path);
	unlink(engine->path);
	if (fd < 0 || pipe(ready) < 0 ||
	    bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    listen(fd, 8) < 0)
		bail_out("docker.sock: %s", strerror(errno));
	engine->pid = fork();
	if (engine->pid == 0) {
		close(ready[0]);
		engine_run(fd, ready[1], mood, version);
	}
	close(fd);
	close(ready[1]);
	if (read(ready[0], &c, 1) != 0)
		bail_out("the engine did not start");
	close(ready[0]);
}

static void TAP_UNUSED
engine_stop(struct engine *engine)
{
	kill(engine->pid, SIGKILL);
	waitpid(engine->pid, NULL, 0);
	unlink(engine->path);
}

#endif
