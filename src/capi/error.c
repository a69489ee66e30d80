/* Owns the error handler. The default prints the message and exits, as mlx-c's does. Invariant: a
 * handler's dtor runs once, after it was replaced and its last call has returned. */
#include "mlx/c/error.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "capi/capi.h"

static void print_and_exit(const char *msg, void *data) {
  (void)data;
  printf("MLX error: %s\n", msg);
  fflush(stdout);
  exit(-1);
}

/* A handler that was set. It stays while a call of it runs, in whatever thread. */
typedef struct handler {
  int refs;
  mlx_error_handler_func fn;
  void *data;
  void (*dtor)(void *);
} handler;

static handler first = {2, print_and_exit, NULL, NULL}; /* one of them stays: it is never freed */
static handler *current = &first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static handler *hold(void) {
  pthread_mutex_lock(&lock);
  handler *h = current;
  h->refs++;
  pthread_mutex_unlock(&lock);
  return h;
}

static void let_go(handler *h) {
  pthread_mutex_lock(&lock);
  bool last = --h->refs == 0;
  pthread_mutex_unlock(&lock);
  if (!last)
    return;
  if (h->dtor)
    h->dtor(h->data);
  free(h);
}

void mlx_set_error_handler(mlx_error_handler_func fn, void *data, void (*dtor)(void *)) {
  handler *h = malloc(sizeof *h);
  if (!h) {
    if (dtor)
      dtor(data);
    mx_nomem("set_error_handler");
    mx_report();
    return;
  }
  *h = (handler){1, fn ? fn : print_and_exit, data, dtor};
  pthread_mutex_lock(&lock);
  handler *old = current;
  current = h;
  pthread_mutex_unlock(&lock);
  let_go(old);
}

static void call_handler(const char *msg) {
  handler *h = hold();
  h->fn(msg, h->data);
  let_go(h);
}

void _mlx_error(const char *file, const int line, const char *fmt, ...) {
  char text[900], full[1100];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof text, fmt, ap);
  va_end(ap);
  snprintf(full, sizeof full, "%s at %s:%d", text, file, line);
  call_handler(full);
}

int mx_report(void) {
  if (mx_error_kind() == MX_OK)
    mx_fail(MX_RUNTIME, "unknown error");
  call_handler(mx_error_text());
  return 1;
}

bool mx_no_place(const void *res, const char *op) {
  if (!res)
    mx_fail(MX_VALUE, "[%s] no place for the result", op), mx_report();
  return !res;
}

const char *mlx_last_error(void) {
  return mx_error_text();
}

int mlx_last_error_kind(void) {
  return (int)mx_error_kind();
}
