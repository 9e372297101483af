/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SSH servers in all their forms: one that is set to another port, one that init
 * or inetd listens for, mosh, and a session in a terminal multiplexer. */
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sallyport/mem.h>
#include "lifeline.h"

#define VIA " | up0 via fe80::77\n"
#define PORT22 "ssh port 22 | the SSH server listens" VIA

static const char *dir;

static void
expect(const struct lifeline_sources *src, const char *expected,
       const char *what)
{
	struct str got = { 0 };

	account_of(src, &got);
	is_str(str_text(&got), expected, "%s", what);
	str_done(&got);
}

static void
plain(const char *expected, const char *what)
{
	expect(&(struct lifeline_sources){ .self = getpid() }, expected, what);
}

static void
make_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0 || chmod(path, 0755) < 0)
		bail_out("%s: %s", path, strerror(errno));
}

/* Who listens, and under which name. */
static struct {
	const char *name;
	uint16_t port;
} serve;

static void
server(void)
{
	prctl(PR_SET_NAME, serve.name);
	listen_on("::", serve.port);
}

static pid_t
start_server(const char *name, uint16_t port)
{
	serve.name = name;
	serve.port = port;
	return child(server);
}

/* --- sshd -T --- */

static void
test_asked(void)
{
	char *path = xasprintf("%s/sshd", dir);
	struct lifeline_sources src = { .self = getpid(), .sshd = path };
	pid_t sshd = start_server("sshd", 22);
	time_t begun;

	expect(&src, PORT22, "no such sshd");
	make_file(path, "#!/bin/sh\n[ \"$*\" = -T ] || exit\n"
		  "echo port 2222\necho addressfamily any\n"
		  "echo 'listenaddress [::]:2222'\n"
		  "echo 'listenaddress 0.0.0.0:2222'\n"
		  "echo 'listenaddress [::1]:2223'\n"
		  "echo 'listenaddress [2001:db8::1]:22'\n");
	expect(&src, PORT22 "ssh port 2222 | the SSH server is set to listen"
	       " (sshd -T)" VIA, "what it is set to listen on");
	make_file(path, "#!/bin/sh\necho 'listenaddress [::]:2222'\nexit 1\n");
	expect(&src, PORT22, "an sshd that is set wrong says nothing");
	make_file(path, "#!/bin/sh\necho 'listenaddress [::]:2222'\n"
		  "trap '' ALRM\nexec sleep 100\n");
	begun = time(NULL);
	expect(&src, PORT22, "nor one that hangs");
	ok(time(NULL) - begun < 10, "which is not waited for");
	make_file(path, "#!/bin/sh\necho \"listenaddress [::]:$HOME$X\"2222\n");
	setenv("X", "1", 1);
	expect(&src, PORT22 "ssh port 2222 | the SSH server is set to listen"
	       " (sshd -T)" VIA, "it has nothing of our environment");
	stop(sshd);
	plain("", "no server, no lifeline");
	expect(&src, "", "and nobody is asked");
	unlink(path);
	free(path);
}

/* --- Others that serve SSH --- */

static void
test_names(void)
{
	pid_t pid = start_server("sshd-session", 2200), client;

	plain("ssh port 2200 | the SSH server listens" VIA, "sshd-session");
	stop(pid);
	pid = start_server("dropbear", 2201);
	plain("ssh port 2201 | the SSH server listens" VIA, "dropbear");
	stop(pid);
	pid = start_server("inetd", 2202);
	plain("", "inetd serves anything");
	client = connect_client(NEAR, 40002, HOST, 2202);
	plain("", "and does so to anybody");
	stop(client);
	stop(pid);
}

/* inetd's port, the connection in an sshd's hands. */
static void
inetd(void)
{
	struct sockaddr_in6 sa;
	int fd;

	prctl(PR_SET_NAME, "inetd");
	fd = tcp_socket("::", 2202, &sa);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, 8) < 0)
		_exit(1);
	if (fork() > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "sshd");
	if (accept4(fd, NULL, NULL, SOCK_CLOEXEC) < 0)
		_exit(1);
	close(fd);
	for (;;)
		pause();
}

static void
test_inetd(void)
{
	static const char expected[] =
		"ssh " NEAR " -> :2202 | a connection to the SSH server | up0"
		" running on-link via ::\n"
		"ssh port 2202 | the SSH server listens" VIA;
	struct str got = { 0 };
	pid_t pid = child(inetd), client;

	client = connect_client(NEAR, 40003, HOST, 2202);
	for (int i = 0; i < 2000 && strcmp(str_text(&got), expected); i++) {
		account_of(&(struct lifeline_sources){ .self = getpid() },
			   &got);
		usleep(10000);
	}
	is_str(str_text(&got), expected, "inetd, once an sshd was started");
	str_done(&got);
	stop(client);
	stop(pid);
}

/* A session that stays when its server is stopped, with a forwarded connection
 * that it made later. */
static volatile pid_t *session_pid;	/* shared; once it has both */

static void
server_for_one(void)
{
	struct sockaddr_in6 sa;
	int fd = tcp_socket("::", 2204, &sa), one;

	prctl(PR_SET_NAME, "sshd");
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, 8) < 0)
		_exit(1);
	if (fork() > 0)
		return;
	prctl(PR_SET_PDEATHSIG, 0);
	one = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	close(fd);
	fd = tcp_socket("::1", 8080, &sa);
	if (one < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		_exit(1);
	*session_pid = getpid();
	for (;;)
		pause();
}

static void
test_orphan(void)
{
	static const char expected[] =
		"ssh " NEAR " -> :2204 | a connection to an SSH server that"
		" listens there no more | up0 running on-link via ::\n";
	struct str got = { 0 };
	pid_t web = start_server("nginx", 8080), sshd, client;

	session_pid = mmap(NULL, sizeof(*session_pid), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (session_pid == MAP_FAILED)
		bail_out("mmap: %s", strerror(errno));
	sshd = child(server_for_one);
	client = connect_client(NEAR, 40005, HOST, 2204);
	plain("ssh " NEAR " -> :2204 | a connection to the SSH server | up0"
	      " running on-link via ::\n"
	      "ssh port 2204 | the SSH server listens" VIA,
	      "a session and its server");
	for (int i = 0; i < 2000 && !*session_pid; i++)
		usleep(10000);
	stop(sshd);
	for (int i = 0; i < 2000 && strcmp(str_text(&got), expected); i++) {
		account_of(&(struct lifeline_sources){ .self = getpid() },
			   &got);
		usleep(10000);
	}
	is_str(str_text(&got), expected, "a session whose server has gone");
	str_done(&got);
	kill(*session_pid, SIGKILL);
	stop(client);
	stop(web);
}

/* --- mosh --- */

static const char *mosh_from;

static void
become_mosh(void)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6,
				   .sin6_port = htons(60001) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	prctl(PR_SET_NAME, "mosh-server");
	inet_pton(AF_INET6, HOST, &sa.sin6_addr);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		_exit(1);
}

/* A process has the environment that it was started with. */
static pid_t
start_mosh(void)
{
	char *env[] = { NULL, NULL };
	int ready[2];
	char c, word[16];
	pid_t pid;

	if (pipe(ready) < 0)
		bail_out("pipe: %s", strerror(errno));
	if (mosh_from)
		env[0] = xasprintf("SSH_CONNECTION=%s", mosh_from);
	snprintf(word, sizeof(word), "%d", ready[1]);
	pid = fork();
	if (pid == 0) {
		execle("/proc/self/exe", "x", "mosh", word, NULL, env);
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		bail_out("mosh-server did not start");
	close(ready[0]);
	free(env[0]);
	return pid;
}

static void
test_mosh(void)
{
	pid_t pid;

	mosh_from = NEAR " 40001 " HOST " 22";
	pid = start_mosh();
	plain("mosh " NEAR " -> :60001 | a mosh session, from where it logged"
	      " in | up0 on-link via ::\n", "a mosh session without an sshd");
	stop(pid);
	mosh_from = "192.0.2.77 40001 192.0.2.1 22";
	pid = start_mosh();
	plain("mosh 192.0.2.77 -> :60001 (IPv4) | a mosh session, from where"
	      " it logged in |  via ::\n", "over IPv4");
	stop(pid);
	mosh_from = NULL;
	pid = start_mosh();
	plain("mosh port 60001 | a mosh session, from where it logged in" VIA,
	      "from nobody knows where");
	stop(pid);
}

/* --- tmux and screen --- */

static char terminal[64];

/* An sshd's session: the connection, a terminal, a shell on it. */
static void
session(void)
{
	struct sockaddr_in6 sa;
	int fd, master, slave;

	prctl(PR_SET_NAME, "sshd");
	fd = tcp_socket("::", 22, &sa);
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, 8) < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		_exit(1);
	make_file(terminal, ptsname(master));
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (accept4(fd, NULL, NULL, SOCK_CLOEXEC) < 0)
			_exit(1);
		slave = fork();
		if (slave == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			prctl(PR_SET_NAME, "sh");
			close(fd);
			setsid();
			if (open(ptsname(master), O_RDWR | O_CLOEXEC) < 0)
				_exit(1);
		}
		for (;;)
			pause();
	}
}

/* The server of a multiplexer, nobody's child, with the terminal open. */
static void
multiplexer(void)
{
	char path[64] = "";
	FILE *f = fopen(terminal, "r");

	if (!f || !fgets(path, sizeof(path), f) ||
	    open(path, O_RDWR | O_NOCTTY | O_CLOEXEC) < 0)
		_exit(1);
	fclose(f);
}

static void
test_multiplexer(void)
{
	struct str got = { 0 };
	pid_t sshd, client, tmux;
	static const char expected[] =
		"ssh " NEAR " -> :22 | this session (a process above us) | up0"
		" running on-link via ::\n" PORT22;

	snprintf(terminal, sizeof(terminal), "%.40s/terminal", dir);
	sshd = child(session);
	client = connect_client(NEAR, 40004, HOST, 22);
	tmux = child(multiplexer);
	for (int i = 0; i < 2000 && strcmp(str_text(&got), expected); i++) {
		account_of(&(struct lifeline_sources){ .self = tmux }, &got);
		usleep(10000);
	}
	is_str(str_text(&got), expected, "through a terminal multiplexer");
	stop(tmux);
	tmux = child(own_namespace);
	expect(&(struct lifeline_sources){ .self = tmux },
	       "ssh " NEAR " -> :22 | a connection to the SSH server | up0"
	       " running on-link via ::\n" PORT22,
	       "which has the terminal open, or is not ours");
	stop(tmux);
	stop(client);
	stop(sshd);
	/* Its children go a moment after it, and have its port open. */
	for (int i = 0; i < 2000 && got.len; i++) {
		account_of(&(struct lifeline_sources){ .self = getpid() },
			   &got);
		usleep(10000);
	}
	unlink(terminal);
	str_done(&got);
}

/* --- Socket activation: in a PID namespace, whose first process listens --- */

static void
init_main(int report)
{
	static const char unit[] = "/run/systemd/system/ssh.socket";
	struct str got = { 0 };

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0 ||
	    mkdir("/run/systemd", 0755) < 0 ||
	    mkdir("/run/systemd/system", 0755) < 0)
		_exit(1);
	prctl(PR_SET_NAME, "systemd");
	listen_on("::", 2222);
	listen_on("::", 8080);
	account_of(&(struct lifeline_sources){ .self = 1 }, &got);
	make_file(unit, "[Socket]\nListenStream = [::]:2222\nAccept=yes\n");
	account_of(&(struct lifeline_sources){ .self = 1 }, &got);
	dprintf(report, "%s", str_text(&got));
	make_file(unit, "[Socket]\nListenStream=2223\n");
	mkdir("/run/systemd/generator", 0755);
	mkdir("/run/systemd/generator/ssh.socket.d", 0755);
	make_file("/run/systemd/generator/ssh.socket.d/addresses.conf",
		  "[Socket]\nListenStream=\nListenStream=0.0.0.0:8080\n");
	account_of(&(struct lifeline_sources){ .self = 1 }, &got);
	dprintf(report, "%s", str_text(&got));
	_exit(0);
}

static void
test_activation(void)
{
	char text[512] = "";
	size_t len = 0;
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe(ends) < 0)
		bail_out("pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		pid_t init;

		if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
			_exit(1);
		init = fork();
		if (init == 0)
			init_main(ends[1]);
		_exit(waitpid(init, &status, 0) < 0 || status);
	}
	close(ends[1]);
	while ((n = read(ends[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(ends[0]);
	waitpid(pid, &status, 0);
	is_int(status, 0, "a PID namespace of its own");
	is_str(text, "ssh port 2222 | the SSH server listens" VIA
	       "ssh port 8080 | the SSH server listens" VIA,
	       "a port of init, by a unit; then by a drop-in that was made");
}

int
main(int argc, char **argv)
{
	char path[64];

	if (argc == 3 && strcmp(argv[1], "mosh") == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		become_mosh();
		if (write(atoi(argv[2]), "r", 1) != 1)
			return 1;
		for (;;)
			pause();
	}
	ns_or_skip();
	snprintf(path, sizeof(path), "%.40s/life-%d",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid());
	dir = path;
	if (mkdir(dir, 0700) < 0)
		bail_out("%s: %s", dir, strerror(errno));
	set_up();
	test_asked();
	test_names();
	test_inetd();
	test_orphan();
	test_mosh();
	test_multiplexer();
	test_activation();
	stop(client_ns);
	rmdir(dir);
	return done_testing();
}
