/* The functions that save; load.c adds them to the module with its own. */
#ifndef MXP_SAVE_H
#define MXP_SAVE_H

#include "core.h"

extern PyMethodDef mxp_save_functions[];

#endif
