/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The environment that we were started in: nobody else looks at it. */
#ifndef SALLYPORT_ENVIRONMENT_H
#define SALLYPORT_ENVIRONMENT_H

#include <sallyport/world.h>

/* Where somebody else had root run us (sudo, doas, pkexec): forget all
 * variables that could choose what code root loads, which files it reads or
 * which lock it respects. To be called before anything else reads them. */
void environment_distrust(void);

/* Fill in what the environment, the terminal and the kernel say of us. */
void environment_find(struct world *world);

#endif
