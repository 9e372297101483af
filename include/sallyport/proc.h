/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes as /proc shows them. A process is a pid and its start time. */
#ifndef SALLYPORT_PROC_H
#define SALLYPORT_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sallyport/err.h>
#include <sallyport/str.h>

pid_t proc_parent(pid_t pid);		/* 0 where unknown */
uint64_t proc_start_time(pid_t pid);	/* clock ticks since boot; 0: none */
bool proc_alive(pid_t pid, uint64_t start_time);
bool proc_is_stopped(pid_t pid);	/* by a signal, not by a debugger */
void proc_comm(pid_t pid, struct str *out);	/* "" where unknown */

/* The login user (/proc/self/loginuid); (uid_t)-1 where not set. */
uid_t proc_loginuid(void);

/* SO_NETNS_COOKIE of the calling process's network namespace: unlike the
 * inode number never reused. 0 where the kernel does not tell (< 5.14). */
uint64_t proc_netns_cookie(void);

/* Whether pid is in our network namespace (same /proc/PID/ns/net), or mount
 * namespace. False where we may not see it. */
bool proc_same_netns(pid_t pid);
bool proc_same_mntns(pid_t pid);

pid_t proc_session(pid_t pid);		/* its session's leader; 0: unknown */
unsigned proc_tty(pid_t pid);		/* its controlling terminal's device
					 * number; 0: none */

/* Call each with the device number of every terminal that pid has open, as
 * proc_tty() gives it; each returns false to stop. */
void proc_each_tty(pid_t pid, bool (*each)(unsigned tty, void *arg),
		   void *arg);

/* The variable in the environment that pid was started with; "" where there is
 * none or it cannot be seen. */
void proc_environ(pid_t pid, const char *name, struct str *out);

/* Call each with the inode of every socket that pid has open; each returns
 * false to stop. */
void proc_each_socket(pid_t pid, bool (*each)(uint64_t inode, void *arg),
		      void *arg);

/* The same with the number of the descriptor, too. */
void proc_each_socket_fd(pid_t pid, bool (*each)(uint64_t inode, int fd,
						 void *arg), void *arg);

/* A descriptor of ours for what pid has open as fd; -1 where that is gone, or is
 * not for us. */
int proc_take_fd(pid_t pid, int fd);

/* Call each with every process's pid; each returns false to stop. */
void proc_each(bool (*each)(pid_t pid, void *arg), void *arg);

/* What the kernel tells about a process without waiting for it. */
struct proc_status {
	pid_t pid;
	char state;		/* proc(5): 'Z' is dead */
	pid_t parent;
	pid_t session;		/* its session's leader */
	unsigned long long start_ticks;	/* as proc_start_time() */
	unsigned uid;		/* real */
	unsigned loginuid;	/* (unsigned)-1 where not set */
	unsigned long seccomp;	/* more with every filter; 0 without any */
};
bool proc_status(pid_t pid, struct proc_status *status);

/* Have both the same root directory? False where that cannot be seen. */
bool proc_same_root(pid_t a, pid_t b);

/* Call each with every child; each returns false to stop. */
void proc_each_child(pid_t pid, bool (*each)(pid_t child, void *arg),
		     void *arg);

/* exec of our own program: the path that names this very binary. */
#define PROC_SELF_EXE "/proc/self/exe"

#endif
