/* The random state of a thread: one key. */
#ifndef MX_OPS_RANDOM_H
#define MX_OPS_RANDOM_H

#include "core/array.h"

/* The state's key, owned by the state; made from the clock when first asked for. NULL on failure.
 */
mx_array *mx_random_state(void);
/* Replaces it; takes a reference of its own. */
int mx_random_set_state(mx_array *key);

#endif
