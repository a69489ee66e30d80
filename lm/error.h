/* The LLM runtime's last error, one a thread. Recording an error never allocates. */
#ifndef LM_ERROR_H
#define LM_ERROR_H

typedef enum lm_kind {
  LM_OK = 0,
  LM_BAD_ARGUMENT, /* the caller's mistake */
  LM_NOT_FOUND,    /* a file or an entry that is not there */
  LM_DAMAGED,      /* a file whose contents contradict themselves or their format */
  LM_UNSUPPORTED,  /* well formed, but not something this runtime does; the text names it */
  LM_MEMORY,
  LM_INTERRUPTED,
  LM_FAILED
} lm_kind;

/* Records "[what] what was wrong" and returns 1, so that a caller can `return lm_fail(...)`. */
int lm_fail(lm_kind kind, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int lm_nomem(const char *what);

lm_kind lm_error_kind(void);
const char *lm_error_text(void);
void lm_error_clear(void);

#endif
