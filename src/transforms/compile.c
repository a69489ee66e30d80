/* Owns the cache of traces, and calls of compiled functions.
 *
 * A trace is of arguments in rows. That of other layouts is made from it, and not the arguments
 * copied: how an operation walks its input decides in which order it adds. Invariant: everything in
 * `cache` is read and written under its lock; a program found there is retained before the lock is
 * let go. */
#include "transforms/compile.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/session.h"
#include "core/stream.h"

/* ---- keys ---- */

/* What a key says of arguments: dtypes and ranks, also shapes, also strides where not in rows. */
enum form { RANKS, SHAPES, LAYOUTS };
enum { KEY_WORDS = 64 };

/* space, id, form, mode, stream, number of constants, constants, then the arguments. */
typedef struct key {
  uint64_t few[KEY_WORDS], *w;
  size_t n;
  uint64_t hash;
} key;

static uint64_t hash_words(const uint64_t *w, size_t n) {
  uint64_t h = n;
  for (size_t i = 0; i < n; i++) {
    h = (h ^ w[i]) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
  }
  return h;
}

static int key_make(key *k, const mx_compiled *c, mx_vec in, enum form form, int mode) {
  size_t n = 6 + c->n_constants;
  for (size_t i = 0; i < in.n; i++)
    n += 2 + 2 * (size_t)in.p[i]->ndim;
  k->w = n <= KEY_WORDS ? k->few : malloc(n * sizeof *k->w);
  if (!k->w)
    return mx_nomem("compile");
  uint64_t *w = k->w;
  *w++ = c->space;
  *w++ = c->id;
  *w++ = (uint64_t)form;
  *w++ = (uint64_t)mode;
  *w++ = (uintptr_t)mx_default_stream(mx_default_device());
  *w++ = c->n_constants;
  for (size_t i = 0; i < c->n_constants; i++)
    *w++ = c->constants[i];
  for (size_t i = 0; i < in.n; i++) {
    const mx_array *a = in.p[i];
    *w++ = (uint64_t)a->dtype << 8 | a->ndim;
    for (int d = 0; form != RANKS && d < a->ndim; d++)
      *w++ = (uint64_t)a->shape[d];
    if (form == LAYOUTS)
      *w++ = a->row_contiguous;
    for (int d = 0; form == LAYOUTS && !a->row_contiguous && d < a->ndim; d++)
      *w++ = (uint64_t)a->strides[d];
  }
  k->n = (size_t)(w - k->w);
  k->hash = hash_words(k->w, k->n);
  return 0;
}

static void key_free(key *k) {
  if (k->w != k->few)
    free(k->w);
}

/* ---- the cache ---- */

typedef struct entry {
  struct entry *chain;        /* in its slot */
  struct entry *newer, *older;
  mx_program *program;
  uint64_t hash;
  size_t n, bytes;
  uint64_t words[];
} entry;

static struct {
  pthread_mutex_t lock;
  entry **slots;
  size_t n_slots; /* a power of two, or 0 */
  entry *newest, *oldest;
  mx_compile_limits limits;
  mx_compile_stats stats;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER, .limits = {4096, (size_t)256 << 20}};

static void unlink_use(entry *e) {
  *(e->newer ? &e->newer->older : &cache.newest) = e->older;
  *(e->older ? &e->older->newer : &cache.oldest) = e->newer;
}

static void link_newest(entry *e) {
  e->newer = NULL;
  e->older = cache.newest;
  *(cache.newest ? &cache.newest->newer : &cache.oldest) = e;
  cache.newest = e;
}

/* Takes an entry out; `dropped` lists what is to be freed without the lock. */
static void take_out(entry *e, entry **dropped) {
  entry **at = &cache.slots[e->hash & (cache.n_slots - 1)];
  while (*at != e)
    at = &(*at)->chain;
  *at = e->chain;
  unlink_use(e);
  cache.stats.entries--;
  cache.stats.bytes -= e->bytes;
  e->chain = *dropped;
  *dropped = e;
}

static void free_dropped(entry *e) {
  for (entry *next; e; e = next) {
    next = e->chain;
    mx_program_release(e->program);
    free(e);
  }
}

/* The entry of a key, now the newest; under the lock. */
static entry *find(const key *k) {
  entry *e = cache.n_slots ? cache.slots[k->hash & (cache.n_slots - 1)] : NULL;
  while (e && !(e->hash == k->hash && e->n == k->n && !memcmp(e->words, k->w, k->n * sizeof *k->w)))
    e = e->chain;
  if (e && e != cache.newest) {
    unlink_use(e);
    link_newest(e);
  }
  return e;
}

static mx_program *look_up(const key *k) {
  pthread_mutex_lock(&cache.lock);
  entry *e = find(k);
  mx_program *p = e ? mx_program_retain(e->program) : NULL;
  cache.stats.hits += e != NULL;
  pthread_mutex_unlock(&cache.lock);
  return p;
}

static void grow_slots(void) {
  size_t n = cache.n_slots ? cache.n_slots * 2 : 64;
  entry **slots = calloc(n, sizeof *slots);
  if (!slots)
    return; /* longer chains, or nothing is kept */
  for (entry *e = cache.newest; e; e = e->older) {
    e->chain = slots[e->hash & (n - 1)];
    slots[e->hash & (n - 1)] = e;
  }
  free(cache.slots);
  cache.slots = slots;
  cache.n_slots = n;
}

/* Drops old entries down to the limits; the newest stays. Under the lock. */
static void trim(entry **dropped) {
  while (cache.oldest && cache.oldest != cache.newest &&
         (cache.stats.entries > cache.limits.entries || cache.stats.bytes > cache.limits.bytes)) {
    take_out(cache.oldest, dropped);
    cache.stats.evicted++;
  }
}

/* Keeps p under the key. Another thread's trace of the same key goes: both compute the same. */
static void keep(const key *k, mx_program *p) {
  entry *e = malloc(sizeof *e + k->n * sizeof *k->w), *dropped = NULL;
  if (!e)
    return;
  *e = (entry){.program = mx_program_retain(p), .hash = k->hash, .n = k->n};
  e->bytes = sizeof *e + k->n * sizeof *k->w + p->bytes;
  memcpy(e->words, k->w, k->n * sizeof *k->w);
  pthread_mutex_lock(&cache.lock);
  entry *same = find(k);
  if (same)
    take_out(same, &dropped);
  if (cache.stats.entries >= cache.n_slots)
    grow_slots();
  if (cache.n_slots) {
    e->chain = cache.slots[e->hash & (cache.n_slots - 1)];
    cache.slots[e->hash & (cache.n_slots - 1)] = e;
    link_newest(e);
    cache.stats.entries++;
    cache.stats.bytes += e->bytes;
    trim(&dropped);
  } else {
    e->chain = dropped;
    dropped = e;
  }
  pthread_mutex_unlock(&cache.lock);
  free_dropped(dropped);
}

static void drop_all(bool all, uint64_t space, uint64_t id) {
  entry *dropped = NULL;
  pthread_mutex_lock(&cache.lock);
  for (entry *e = cache.oldest, *next; e; e = next) {
    next = e->newer;
    if (all || (e->words[0] == space && e->words[1] == id))
      take_out(e, &dropped);
  }
  pthread_mutex_unlock(&cache.lock);
  free_dropped(dropped);
}

void mx_compile_erase(uint64_t space, uint64_t id) {
  drop_all(false, space, id);
}

void mx_compile_clear(void) {
  drop_all(true, 0, 0);
}

mx_compile_limits mx_compile_set_limits(mx_compile_limits l) {
  entry *dropped = NULL;
  pthread_mutex_lock(&cache.lock);
  mx_compile_limits old = cache.limits;
  cache.limits = l;
  trim(&dropped);
  pthread_mutex_unlock(&cache.lock);
  free_dropped(dropped);
  return old;
}

mx_compile_stats mx_compile_stats_now(void) {
  pthread_mutex_lock(&cache.lock);
  mx_compile_stats s = cache.stats;
  pthread_mutex_unlock(&cache.lock);
  return s;
}

static void count(uint64_t *c) {
  pthread_mutex_lock(&cache.lock);
  ++*c;
  pthread_mutex_unlock(&cache.lock);
}

/* ---- modes ---- */

static atomic_int mode = -1; /* of mlx_compile_mode */

static int mode_now(void) {
  int m = atomic_load_explicit(&mode, memory_order_relaxed);
  if (m < 0) {
    m = getenv("MLX_DISABLE_COMPILE") ? MLX_COMPILE_MODE_DISABLED : MLX_COMPILE_MODE_ENABLED;
    int none = -1;
    if (!atomic_compare_exchange_strong(&mode, &none, m))
      m = none;
  }
  return m;
}

int mx_compile_set_mode(mlx_compile_mode m) {
  if ((int)m < MLX_COMPILE_MODE_DISABLED || m > MLX_COMPILE_MODE_ENABLED)
    return mx_fail(MX_VALUE, "[set_compile_mode] invalid mode %d", (int)m);
  atomic_store(&mode, (int)m);
  return 0;
}

uint64_t mx_compile_id(void) {
  static atomic_ullong last;
  return atomic_fetch_add(&last, 1) + 1;
}

/* ---- tracing ---- */

static int flags_of(int m) {
  return (m == MLX_COMPILE_MODE_NO_SIMPLIFY ? 0 : MX_PROGRAM_SIMPLIFY) |
         (m == MLX_COMPILE_MODE_NO_FUSE ? 0 : MX_PROGRAM_FUSE);
}

static int remade_outputs(const mx_program *base, mx_vec in, mx_vec *out) {
  return mx_vec_alloc(out, (size_t)base->n_out, "compile") || mx_program_remake(base, in.p, out->p);
}

/* Placeholders of the dtypes, shapes and, where asked, strides of `like`, in the open session. */
static int placeholders(mx_vec *in, mx_vec like, bool strides) {
  if (mx_vec_alloc(in, like.n, "compile"))
    return 1;
  for (size_t i = 0; i < like.n; i++) {
    const mx_array *a = like.p[i];
    const int64_t *by = strides && !a->row_contiguous ? a->strides : NULL;
    in->p[i] = mx_placeholder((mx_spec){(mlx_dtype)a->dtype, a->ndim, a->shape, by});
    if (!in->p[i])
      return 1;
    mx_session_enter(in->p[i]);
  }
  return 0;
}

/* What the function, or the operations of `base` where it is given, do to arguments like these. */
static mx_program *trace(mx_fun f, const mx_program *base, mx_vec like, bool strides, int m) {
  mx_program *p = NULL;
  mx_vec in = {NULL, 0}, out = {NULL, 0};
  mx_scope scope = mx_scope_open();
  mx_session_open();
  if (!placeholders(&in, like, strides) &&
      !(base ? remade_outputs(base, in, &out) : f.call(f.ctx, in, &out)))
    p = mx_program_make(in, out, flags_of(m));
  mx_session_close();
  mx_scope_close(scope, NULL);
  free(in.p);
  free(out.p);
  return p;
}

/* Something captured is itself an argument of a transformation around this one: the trace serves
 * this call alone. */
static bool captures_argument(const mx_program *p) {
  for (size_t i = 0; i < p->n_const; i++) {
    const mx_array *a = p->consts[i];
    if ((!a->op && !mx_ready(a)) || mx_session_traces(a))
      return true;
  }
  return false;
}

/* By calling the function; `shapeless`: to be made again for other shapes. */
static mx_program *of_function(const mx_compiled *c, mx_vec in, bool shapeless, int m) {
  count(&cache.stats.traces);
  bool was = mx_session_set_shapeless(shapeless);
  mx_program *p = trace(c->fun, NULL, in, false, m);
  if (p) p->pinned = shapeless && mx_session_pinned();
  mx_session_set_shapeless(was);
  return p;
}

static bool same_shapes(mx_vec in, mx_array *const *as) {
  for (size_t i = 0; i < in.n; i++) {
    const mx_array *a = in.p[i], *b = as[i];
    if (a->ndim != b->ndim ||
        (a->ndim && memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape)))
      return false;
  }
  return true;
}

/* From the trace of another form, without calling the function. NULL, and no error, where an
 * operation depends on its shape in a way that only the function knows. */
static mx_program *of_base(const mx_compiled *c, const mx_program *base, mx_vec in, bool strides,
                           int m) {
  if (base->pinned && !same_shapes(in, base->in)) return NULL;
  mx_program *p = trace(c->fun, base, in, strides, m);
  if (p)
    count(&cache.stats.remade);
  else
    mx_error_clear();
  return p;
}

/* The program for arguments in the given form, made from that of the form before it. */
static mx_program *program_for(const mx_compiled *c, mx_vec in, enum form form, int m) {
  key k;
  mx_program *p, *base = NULL;
  if (key_make(&k, c, in, form, m))
    return NULL;
  if (!(p = look_up(&k))) {
    if (form == LAYOUTS || (form == SHAPES && c->shapeless)) {
      if ((base = program_for(c, in, form - 1, m)) &&
          !(p = of_base(c, base, in, form == LAYOUTS, m)))
        p = form == LAYOUTS ? mx_program_retain(base) : of_function(c, in, false, m);
    } else {
      p = of_function(c, in, form == RANKS, m);
    }
    if (p && !captures_argument(p))
      keep(&k, p);
  }
  mx_program_release(base);
  key_free(&k);
  return p;
}

static bool in_rows(mx_vec in) {
  for (size_t i = 0; i < in.n; i++)
    if (!in.p[i]->row_contiguous)
      return false;
  return true;
}

int mx_compiled_call(const mx_compiled *c, mx_vec in, mx_vec *out) {
  int m = mode_now();
  /* What stands here for one shape must not end in a trace that serves others. */
  if (m == MLX_COMPILE_MODE_DISABLED || mx_session_shapeless())
    return c->fun.call(c->fun.ctx, in, out);
  mx_program *p = program_for(c, in, in_rows(in) ? SHAPES : LAYOUTS, m);
  if (!p)
    return 1;
  int bad = mx_vec_alloc(out, (size_t)p->n_out, "compile");
  bad = bad || mx_program_call(p, in.p, out->p);
  mx_program_release(p);
  return bad;
}
