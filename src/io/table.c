/* See table.h. Sorted rather than hashed, so that no choice of names in a file makes it slow. */
#include "io/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static mx_strings *strings_block(size_t n, size_t bytes, const char *op) {
  size_t size;
  mx_strings *s = NULL;
  if (!__builtin_mul_overflow(n, sizeof(char *) + sizeof(size_t), &size) &&
      !__builtin_add_overflow(size, bytes + sizeof *s, &size))
    s = malloc(size);
  if (!s) {
    mx_nomem(op);
    return NULL;
  }
  *s = (mx_strings){.n = n, .data = (const char **)(s + 1)};
  s->lens = (size_t *)(s->data + n);
  return s;
}

mx_strings *mx_strings_new(size_t n, const char *op) {
  return strings_block(n, 0, op);
}

mx_strings *mx_strings_copy(size_t n, const char *const *data, const size_t *lens, bool single,
                            const char *op) {
  size_t bytes = 0;
  for (size_t i = 0; i < n; i++)
    bytes += lens[i] + 1;
  mx_strings *s = strings_block(n, bytes, op);
  if (!s)
    return NULL;
  s->own = true;
  s->single = single;
  char *at = (char *)(s->lens + n);
  for (size_t i = 0; i < n; i++) {
    s->data[i] = at;
    s->lens[i] = lens[i];
    memcpy(at, data[i], lens[i]);
    at[lens[i]] = 0;
    at += lens[i] + 1;
  }
  return s;
}

static void drop_value(mx_entry *e) {
  mx_release(e->array);
  free(e->strings);
}

static int grow(mx_table *t, const char *op) {
  size_t capacity = t->capacity ? t->capacity * 2 : 16;
  mx_entry *entries = realloc(t->entries, capacity * sizeof *entries);
  if (entries)
    t->entries = entries;
  size_t *order = entries ? realloc(t->order, capacity * sizeof *order) : NULL;
  if (!order)
    return mx_nomem(op);
  t->order = order;
  t->capacity = capacity;
  return 0;
}

int mx_table_add(mx_table *t, const char *op, const char *name, size_t len, mx_array *array,
                 mx_strings *strings) {
  char *copy = NULL;
  if (len > 0 && memchr(name, 0, len)) {
    mx_fail(MX_RUNTIME, "[%s] a name has a NUL character inside", op);
    goto fail;
  }
  if (t->n == t->capacity && grow(t, op))
    goto fail;
  copy = malloc(len + 1);
  if (!copy) {
    mx_nomem(op);
    goto fail;
  }
  if (len > 0)
    memcpy(copy, name, len);
  copy[len] = 0;
  t->entries[t->n++] = (mx_entry){copy, array ? mx_retain(array) : NULL, strings};
  return 0;
fail:
  free(strings);
  return 1;
}

static int by_name(const void *a, const void *b) {
  const mx_entry *x = *(mx_entry *const *)a, *y = *(mx_entry *const *)b;
  return strcmp(x->name, y->name);
}

int mx_table_seal(mx_table *t, const char *op, const char *what) {
  if (t->n == 0)
    return 0;
  mx_entry **sorted = malloc(t->n * sizeof *sorted);
  if (!sorted)
    return mx_nomem(op);
  for (size_t i = 0; i < t->n; i++)
    sorted[i] = &t->entries[i];
  qsort(sorted, t->n, sizeof *sorted, by_name);
  int bad = 0;
  for (size_t i = 0; i < t->n && !bad; i++) {
    t->order[i] = (size_t)(sorted[i] - t->entries);
    if (i > 0 && strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
      bad = mx_fail(MX_RUNTIME, "[%s] duplicate %s '%s'", op, what, sorted[i]->name);
  }
  free(sorted);
  return bad;
}

/* Where in `order` the name stands or belongs. */
static size_t position(const mx_table *t, const char *name, bool *found) {
  size_t lo = 0, hi = t->n;
  *found = false;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    int c = strcmp(t->entries[t->order[mid]].name, name);
    if (c == 0) {
      *found = true;
      return mid;
    }
    if (c < 0)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

mx_entry *mx_table_find(const mx_table *t, const char *name) {
  bool found;
  size_t at = position(t, name, &found);
  return found ? &t->entries[t->order[at]] : NULL;
}

int mx_table_set(mx_table *t, const char *op, const char *name, mx_array *array,
                 mx_strings *strings) {
  bool found;
  size_t at = position(t, name, &found), n = t->n;
  if (found) {
    mx_entry *e = &t->entries[t->order[at]], old = *e;
    e->array = array ? mx_retain(array) : NULL;
    e->strings = strings;
    drop_value(&old);
    return 0;
  }
  if (mx_table_add(t, op, name, strlen(name), array, strings))
    return 1;
  memmove(t->order + at + 1, t->order + at, (n - at) * sizeof *t->order);
  t->order[at] = n;
  return 0;
}

void mx_table_free(mx_table *t) {
  for (size_t i = 0; i < t->n; i++) {
    free(t->entries[i].name);
    drop_value(&t->entries[i]);
  }
  free(t->entries);
  free(t->order);
  *t = (mx_table){0};
}
