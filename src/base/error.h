/* The thread's last error. Owns one fixed buffer a thread; recording an error never allocates. */
#ifndef MX_BASE_ERROR_H
#define MX_BASE_ERROR_H

/* A kind gives the exception that Python raises. */
typedef enum mx_kind {
  MX_OK = 0,
  MX_VALUE,
  MX_INDEX,
  MX_TYPE,
  MX_RUNTIME,
  MX_MEMORY
} mx_kind;

/* Records "[op] what was wrong" and gives 1, so that a caller can `return mx_fail(...)`. A macro, so
 * that the compiler sees the 1. */
#define mx_fail(...) (mx_record(__VA_ARGS__), mx_failed())
#define mx_nomem(what) mx_fail(MX_MEMORY, "[%s] out of memory", what)
static inline int mx_failed(void) {
  return 1;
}
void mx_record(mx_kind kind, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

mx_kind mx_error_kind(void);
const char *mx_error_text(void);
void mx_error_clear(void);
/* Carries an error from a worker to the thread that waits for it. */
void mx_error_set(mx_kind kind, const char *text);

#endif
