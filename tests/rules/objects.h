/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules name and the kernel must have before it takes them: the sets
 * set6 and pair6, the accounts acct0 and "acct 1", the timeout policy policy0
 * of TCP, the program at /sys/fs/bpf/sallyport-test. Made in this network
 * namespace; the program in a mount namespace of the caller's own. */
#ifndef TESTS_OBJECTS_H
#define TESTS_OBJECTS_H

#define OBJECTS_PROGRAM "/sys/fs/bpf/sallyport-test"

/* Says by diag() what could not be made; rules that name it are refused. */
void objects_make(void);

#endif
