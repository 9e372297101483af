/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: prints its version. */
#include <stdio.h>

int
main(void)
{
	printf("%s\n", PACKAGE_STRING);
	return 0;
}
