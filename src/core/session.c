/* Owns the sessions of all threads. Invariant: a node in a kept list is retained by it, so that its
 * `next` is free for the list. */
#include "core/session.h"

#include <pthread.h>

static _Thread_local mx_session mine;
static _Thread_local bool shapeless, pinned;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static mx_session *open_sessions; /* under the lock */
static atomic_int n_open;
static uint32_t last_id; /* under the lock */

void mx_session_open(void) {
  if (mine.depth++) return;
  pthread_mutex_lock(&lock);
  if (++last_id == 0) last_id = 1;
  mine.id = last_id;
  mine.top = 0;
  mine.kept = NULL;
  mine.next = open_sessions;
  open_sessions = &mine;
  atomic_fetch_add(&n_open, 1);
  pthread_mutex_unlock(&lock);
}

void mx_session_close(void) {
  if (--mine.depth) return;
  pthread_mutex_lock(&lock);
  mx_session **at = &open_sessions;
  while (*at != &mine) at = &(*at)->next;
  *at = mine.next;
  mine.id = 0;
  atomic_fetch_sub(&n_open, 1);
  pthread_mutex_unlock(&lock);
  for (mx_array *a = mine.kept, *next; a; a = next) {
    next = a->next;
    mx_op_release_inputs(a->op);
    mx_release(a);
  }
  mine.kept = NULL;
}

uint32_t mx_session_mine(void) {
  return mine.id;
}

bool mx_session_shapeless(void) {
  return shapeless;
}

bool mx_session_set_shapeless(bool on) {
  bool was = shapeless;
  if (on && !was) pinned = false;
  shapeless = on;
  return was;
}

void mx_session_pin_shapes(void) {
  pinned = pinned || shapeless;
}

bool mx_session_pinned(void) {
  return pinned;
}

void mx_session_enter(mx_array *a) {
  a->owner->session = mine.id;
  a->owner->level = ++mine.top;
}

/* Under the lock. */
static mx_session *find(uint32_t id) {
  mx_session *s = open_sessions;
  while (s && s->id != id) s = s->next;
  return s;
}

bool mx_session_is_open(uint32_t id) {
  if (id == mine.id) return id != 0;
  if (atomic_load_explicit(&n_open, memory_order_acquire) == 0) return false;
  pthread_mutex_lock(&lock);
  bool is = find(id) != NULL;
  pthread_mutex_unlock(&lock);
  return is;
}

void mx_session_inherit(mx_array *first, int n_in, mx_array *const *in) {
  uint32_t session = 0, level = 0;
  for (int i = 0; i < n_in; i++) {
    const mx_array *a = in[i] ? in[i]->owner : NULL;
    if (!a || !a->session) continue;
    if (a->session == session) {
      level = a->level > level ? a->level : level;
    } else if (!session || a->session == mine.id ||
               (session != mine.id && !mx_session_is_open(session))) {
      session = a->session;
      level = a->level;
    }
  }
  if (!session) return;
  first->session = session;
  first->level = level + 1;
  if (session == mine.id && first->level > mine.top) mine.top = first->level;
}

bool mx_session_keeps(mx_array *first) {
  if (!first->session || atomic_load_explicit(&n_open, memory_order_acquire) == 0) return false;
  pthread_mutex_lock(&lock);
  mx_session *s = find(first->session);
  if (s) {
    first->next = s->kept;
    s->kept = mx_retain(first);
  }
  pthread_mutex_unlock(&lock);
  return s != NULL;
}
