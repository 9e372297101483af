/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that survive kill -9, and directories that are ours alone. */
#ifndef SALLYPORT_FILE_H
#define SALLYPORT_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sallyport/clock.h>
#include <sallyport/err.h>
#include <sallyport/str.h>

/* Where our state is unless another place is named. */
#define STATE_DIR "/var/lib/sallyport"
#define RUN_DIR "/run/sallyport"

/* Open the directory path, made with its parents (mode 0700) where missing.
 * Refused when path is a symbolic link, is not owned by the effective user, or
 * may be written by group or others. One of the two above that others may look
 * into is made 0700; any other may have another use. */
enum err dir_open_private(const char *path, int *fd) must_check;

/* The same for one that is there, which stays as it is: ERR_NOT_FOUND where it is
 * not. */
enum err dir_open_ours(const char *path, int *fd) must_check;

/* A regular file of ours that nobody else may write, or ERR_FAIL; name is for the
 * message, *st what lstat(2) or fstat(2) said. */
enum err file_check_ours(const struct stat *st, const char *name) must_check;

/* Append the whole file to out. ERR_NOT_FOUND where there is none, ERR_FAIL
 * past max bytes or for what is no regular file. dirfd may be AT_FDCWD; else it is
 * a directory of ours, where all but a file of ours is refused, by its whole name. */
enum err file_read(int dirfd, const char *name, size_t max, struct str *out)
	must_check;

/* The same for a path that somebody named, which may be a pipe: *secret is as
 * caller_open() has it. */
enum err file_read_named(const char *path, size_t max, struct str *out,
			 bool *secret) must_check;

/* The same for what is open already; name is for the message. */
enum err file_read_fd(int fd, const char *name, size_t max, struct str *out)
	must_check;

/* Replace name by data in one step: written aside, fsynced, renamed, the
 * directory fsynced. After a failure the old file is whole. The directory is ours
 * alone: aside is NAME.new, and what is there goes. */
enum err file_write_atomic(int dirfd, const char *name, const void *data,
			   size_t len, mode_t mode) must_check;

/* The same in a directory where others keep files too: aside has a random name,
 * .NAME.sallyport-*, and what those who were killed left by such a one goes. The
 * caller has what keeps two from writing name at once. */
enum err file_write_beside(int dirfd, const char *name, const void *data,
			   size_t len, mode_t mode) must_check;

/* The same for a file of the administrator's, path: its mode and owner are kept,
 * and a symbolic link goes on naming it. A new one is made with mode 0600.
 * ERR_FAIL for what is no regular file. */
enum err file_replace(const char *path, const void *data, size_t len) must_check;

/* Remove name; no error where it is gone. Fsyncs the directory. */
enum err file_remove(int dirfd, const char *name) must_check;

/* Fsync the directory that holds name, as far as that goes. */
void file_sync_parent(int dirfd, const char *name);

/* All of it, or ERR_FAIL. */
enum err fd_write_all(int fd, const void *data, size_t len) must_check;

/* Take flock(LOCK_EX) on fd, trying until clock's boot time deadline_ms; the
 * past means once. ERR_BUSY when somebody else still holds it; *holder then
 * gets "NAME (pid N)" where /proc/locks tells, else "". */
enum err file_lock(int fd, const struct clock *clock, int64_t deadline_ms,
		   struct str *holder) must_check;

#endif
