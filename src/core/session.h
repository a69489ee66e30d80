/* Sessions: a thread that transforms a function (gradient, map, compile) needs the graph of what
 * the function does, also of what the function evaluates on its way.
 *
 * A session is open from a thread's outermost transformation to its end; what is nested shares it.
 * Arrays that stand for arguments join it (mx_session_enter), and every node made from one of a
 * session belongs to it too. While it is open, its operations keep their inputs after they have
 * run; when it closes, those that ran let go of them. Session and level stand at a node's owner:
 *   session  id, 0 for none; ids are not used again, so that one that has closed means nothing
 *   level    above that of every input; what was made before an argument entered is below it */
#ifndef MX_CORE_SESSION_H
#define MX_CORE_SESSION_H

#include "core/array.h"

typedef struct mx_session {
  uint32_t id, depth, top; /* top: the highest level given */
  mx_array *kept;          /* evaluated, retained, linked by next; under the lock of session.c */
  struct mx_session *next;
} mx_session;

/* Each open is followed by a close on the same thread. */
void mx_session_open(void);
void mx_session_close(void);
/* The calling thread's session, 0 when it has none. */
uint32_t mx_session_mine(void);
/* Whether what this thread traces is to be made again for other shapes, so that builders must not
 * take the lengths of a traced array for constants. The second returns what was set before. */
bool mx_session_shapeless(void);
bool mx_session_set_shapeless(bool on);
/* For builders that cannot help it, because they were given lengths as numbers: what is traced serves
 * the shapes of its arguments alone. It holds until the next shapeless trace begins. */
void mx_session_pin_shapes(void);
bool mx_session_pinned(void);
/* An argument joins the calling thread's open session, above all that was made before. */
void mx_session_enter(mx_array *a);
static inline bool mx_session_has(uint32_t id, const mx_array *a) {
  return a->owner->session == id;
}
/* Somebody still works on the graph that the array is part of. */
bool mx_session_is_open(uint32_t id);
static inline bool mx_session_traces(const mx_array *a) {
  return a->owner->session && mx_session_is_open(a->owner->session);
}

/* For array.c: a node just made takes its session from its inputs: the calling thread's before others,
 * an open one before one that has closed. */
void mx_session_inherit(mx_array *first, int n_in, mx_array *const *in);
/* For array.c: whether the operation that made `first`, which has run, keeps its inputs for now. */
bool mx_session_keeps(mx_array *first);
/* In array.c: lets go of the operation's inputs. */
void mx_op_release_inputs(mx_op *op);

#endif
