/* Scopes: every node that a thread makes belongs to its innermost open scope, and is released when
 * that closes. Builders therefore free nothing, and a failed one leaks nothing. */
#ifndef MX_CORE_SCOPE_H
#define MX_CORE_SCOPE_H

#include "core/array.h"

typedef struct mx_scope {
  size_t mark;
} mx_scope;

mx_scope mx_scope_open(void);
/* Releases what was made since, except that `keep` (may be NULL) is returned retained. */
mx_array *mx_scope_close(mx_scope s, mx_array *keep);
/* The open scope takes over one reference; NULL passes through, and on failure the node is released. */
mx_array *mx_scope_own(mx_array *a);

#endif
