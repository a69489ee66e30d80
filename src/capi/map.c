/* Owns map handles: string keys to arrays or strings, iterated in the order of insertion. */
#include "mlx/c/map.h"

#include <stdlib.h>
#include <string.h>

#include "capi/capi.h"

typedef struct entry {
  char *key;
  void *value; /* a retained node, or a malloc'ed string */
} entry;

/* slots holds entry numbers plus one, 0 where empty; a power of two, at most half full. */
typedef struct map {
  size_t n, cap, n_slots;
  entry *entries;
  uint32_t *slots;
} map;

typedef struct kind {
  void *(*copy)(const void *v); /* NULL: out of memory */
  void (*drop)(void *v);
} kind;

static size_t hash(const char *key) {
  size_t h = 1469598103934665603u;
  for (; *key; key++)
    h = (h ^ (unsigned char)*key) * 1099511628211u;
  return h ^ (h >> 29);
}

static uint32_t *slot_of(const map *m, const char *key) {
  size_t i = hash(key) & (m->n_slots - 1);
  while (m->slots[i] && strcmp(m->entries[m->slots[i] - 1].key, key) != 0)
    i = (i + 1) & (m->n_slots - 1);
  return &m->slots[i];
}

static entry *find(const map *m, const char *key) {
  if (!m || !m->n || !key)
    return NULL;
  uint32_t at = *slot_of(m, key);
  return at ? &m->entries[at - 1] : NULL;
}

static void map_free(map *m, const kind *k) {
  if (!m)
    return;
  for (size_t i = 0; i < m->n; i++) {
    free(m->entries[i].key);
    k->drop(m->entries[i].value);
  }
  free(m->entries);
  free(m->slots);
  free(m);
}

static map *map_new(void) {
  map *m = calloc(1, sizeof *m);
  if (!m)
    mx_nomem("map");
  return m;
}

static int reserve(map *m) {
  if (m->n < m->cap)
    return 0;
  size_t cap = m->cap ? m->cap * 2 : 8;
  entry *e = realloc(m->entries, cap * sizeof *e);
  if (!e)
    return mx_nomem("map");
  m->entries = e;
  uint32_t *slots = calloc(cap * 2, sizeof *slots);
  if (!slots)
    return mx_nomem("map");
  free(m->slots);
  m->slots = slots;
  m->n_slots = cap * 2;
  m->cap = cap;
  for (size_t i = 0; i < m->n; i++)
    *slot_of(m, m->entries[i].key) = (uint32_t)i + 1;
  return 0;
}

static int insert(map *m, const char *key, const void *value, const kind *k) {
  if (!m || !key)
    return mx_fail(MX_VALUE, "[map_insert] an empty map or key");
  if (reserve(m))
    return 1;
  void *v = k->copy(value);
  if (!v)
    return mx_nomem("map");
  entry *e = find(m, key);
  if (e) {
    k->drop(e->value);
    e->value = v;
    return 0;
  }
  char *copy = strdup(key);
  if (!copy) {
    k->drop(v);
    return mx_nomem("map");
  }
  uint32_t *slot = slot_of(m, key);
  m->entries[m->n] = (entry){copy, v};
  *slot = (uint32_t)++m->n;
  return 0;
}

static int set(void **ctx, const map *src, const kind *k) {
  map *m = map_new();
  for (size_t i = 0; m && src && i < src->n; i++)
    if (insert(m, src->entries[i].key, src->entries[i].value, k)) {
      map_free(m, k);
      m = NULL;
    }
  if (!m)
    return mx_report();
  map_free(*ctx, k);
  *ctx = m;
  return 0;
}

/* A caller may ask for a key to learn whether there is one: the calls below then return 2, and the
 * error is the thread's last one, but the handler is not called. */
static const entry *get(const map *m, const char *key) {
  const entry *e = find(m, key);
  if (!e)
    mx_fail(MX_VALUE, "[map_get] no such key: %s", key ? key : "(none)");
  return e;
}

static void *copy_array(const void *v) {
  return mx_retain((mx_array *)v);
}
static void drop_array(void *v) {
  mx_release(v);
}
static const kind arrays = {copy_array, drop_array};

static void *copy_string(const void *v) {
  return strdup(v);
}
static const kind strings = {copy_string, free};

/* What both map types have. */
#define MAP(T, K)                                                                              \
  mlx_map_string_to_##T mlx_map_string_to_##T##_new(void) {                                    \
    map *m = map_new();                                                                        \
    if (!m)                                                                                    \
      mx_report();                                                                             \
    return (mlx_map_string_to_##T){m};                                                         \
  }                                                                                            \
  int mlx_map_string_to_##T##_set(mlx_map_string_to_##T *to, const mlx_map_string_to_##T src) { \
    return mx_no_place(to, "map_set") ? 1 : set(&to->ctx, src.ctx, &K);                        \
  }                                                                                            \
  int mlx_map_string_to_##T##_free(mlx_map_string_to_##T m) {                                  \
    map_free(m.ctx, &K);                                                                       \
    return 0;                                                                                  \
  }                                                                                            \
  mlx_map_string_to_##T##_iterator mlx_map_string_to_##T##_iterator_new(                       \
      mlx_map_string_to_##T m) {                                                               \
    size_t *at = calloc(1, sizeof *at);                                                        \
    if (!at)                                                                                   \
      mx_nomem("map_iterator"), mx_report();                                                   \
    return (mlx_map_string_to_##T##_iterator){at, m.ctx};                                      \
  }                                                                                            \
  int mlx_map_string_to_##T##_iterator_free(mlx_map_string_to_##T##_iterator it) {             \
    free(it.ctx);                                                                              \
    return 0;                                                                                  \
  }
MAP(array, arrays)
MAP(string, strings)

int mlx_map_string_to_array_insert(mlx_map_string_to_array m, const char *key,
                                   const mlx_array value) {
  mx_array *a = mx_in(value, "map_insert");
  return a && !insert(m.ctx, key, a, &arrays) ? 0 : mx_report();
}

int mlx_map_string_to_array_get(mlx_array *value, const mlx_map_string_to_array m,
                                const char *key) {
  const entry *e = get(m.ctx, key);
  return e ? mlx_array_set(value, (mlx_array){e->value}) : 2;
}

int mlx_map_string_to_string_insert(mlx_map_string_to_string m, const char *key,
                                    const char *value) {
  if (!value)
    return mx_fail(MX_VALUE, "[map_insert] no value"), mx_report();
  return insert(m.ctx, key, value, &strings) ? mx_report() : 0;
}

int mlx_map_string_to_string_get(const char **value, const mlx_map_string_to_string m,
                                 const char *key) {
  const entry *e = get(m.ctx, key);
  if (!e)
    return 2;
  if (mx_no_place(value, "map_get"))
    return 1;
  *value = e->value;
  return 0;
}

/* The next entry, or NULL past the last (then the calls below return 2 without an error). */
static const entry *next(void *at_, const void *m_) {
  size_t *at = at_;
  const map *m = m_;
  return at && m && *at < m->n ? &m->entries[(*at)++] : NULL;
}

int mlx_map_string_to_array_iterator_next(const char **key, mlx_array *value,
                                          mlx_map_string_to_array_iterator it) {
  const entry *e = next(it.ctx, it.map_ctx);
  if (!e)
    return 2;
  if (key)
    *key = e->key;
  return value ? mlx_array_set(value, (mlx_array){e->value}) : 0;
}

int mlx_map_string_to_string_iterator_next(const char **key, const char **value,
                                           mlx_map_string_to_string_iterator it) {
  const entry *e = next(it.ctx, it.map_ctx);
  if (!e)
    return 2;
  if (key)
    *key = e->key;
  if (value)
    *value = e->value;
  return 0;
}
