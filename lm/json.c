/* Owns jansson's allocator for the process. While a thread parses, jansson's memory comes from that
 * file's arena, and running out leaves the parser by a long jump; at all other times it is malloc
 * and free, so that other users of jansson see no difference. */
#include "lm/json.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "lm/error.h"

#define ALIGN alignof(max_align_t)
#define FIRST_CHUNK ((size_t)16 << 10)
#define LARGEST_CHUNK ((size_t)8 << 20)

typedef struct chunk {
  struct chunk *older;
  size_t used, cap;
  alignas(max_align_t) char data[];
} chunk;

struct lm_json {
  json_t *root;
  chunk *newest;
  jmp_buf no_memory;
};

static _Thread_local lm_json *parsing;

static chunk *add_chunk(lm_json *json, size_t size) {
  size_t cap = json->newest ? json->newest->cap * 2 : FIRST_CHUNK;
  if (cap > LARGEST_CHUNK) cap = LARGEST_CHUNK;
  if (cap < size) cap = size;
  chunk *c = cap > SIZE_MAX - sizeof *c ? NULL : malloc(sizeof *c + cap);
  if (!c) longjmp(json->no_memory, 1);
  c->older = json->newest;
  c->used = 0;
  c->cap = cap;
  return json->newest = c;
}

static void *take(size_t size) {
  if (!parsing) return malloc(size);
  if (size > SIZE_MAX - ALIGN) longjmp(parsing->no_memory, 1);
  size = (size + ALIGN - 1) / ALIGN * ALIGN;
  chunk *c = parsing->newest;
  if (!c || c->cap - c->used < size) c = add_chunk(parsing, size);
  void *p = c->data + c->used;
  c->used += size;
  return p;
}

static void give(void *p) {
  uintptr_t at = (uintptr_t)p;
  for (const chunk *c = parsing ? parsing->newest : NULL; c; c = c->older)
    if (at - (uintptr_t)c->data < c->cap) return; /* goes with the arena */
  free(p);
}

static void set_allocator(void) {
  json_set_alloc_funcs(take, give);
}

int lm_json_open(lm_json **out, const char *text, size_t len, const char *name) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  lm_json *json = calloc(1, sizeof *json);
  if (!json) return lm_nomem(name);
  pthread_once(&once, set_allocator);
  json_error_t error;
  if (setjmp(json->no_memory)) {
    parsing = NULL;
    lm_json_close(json);
    return lm_nomem(name);
  }
  parsing = json;
  json->root = json_loadb(text, len, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
  parsing = NULL;
  if (!json->root) {
    lm_json_close(json);
    return lm_fail(LM_DAMAGED, "[%s] line %d: %s", name, error.line, error.text);
  }
  *out = json;
  return 0;
}

json_t *lm_json_root(const lm_json *json) {
  return json->root;
}

void lm_json_close(lm_json *json) {
  if (!json) return;
  for (chunk *c = json->newest, *older; c; c = older) {
    older = c->older;
    free(c);
  }
  free(json);
}
