// Copies strided elements into consecutive memory for the elementwise engine.
#include "backend/cpu/elementwise_plan.h"

#include <string.h>

// Elements are moved whatever they mean.
typedef uint8_t __attribute__((may_alias)) bits8;
typedef uint16_t __attribute__((may_alias)) bits16;
typedef uint32_t __attribute__((may_alias)) bits32;
typedef uint64_t __attribute__((may_alias)) bits64;

// run: n elements a stride apart. plane: n elements of rows `width` long from column `column` on,
// where an element is `across` from the one before it in its row and `down` from the one above.
// panel: rows of a plane whose elements are dense downwards, read column by column.
#define COPIES(T)                                                                             \
  static void run_##T(T *out, const T *in, int64_t stride, int64_t n) {                       \
    if (stride == 1) {                                                                        \
      memcpy(out, in, (size_t)n * sizeof(T));                                                 \
    } else if (stride == 0) {                                                                 \
      const T value = *in;                                                                    \
      for (int64_t i = 0; i < n; i++) out[i] = value;                                         \
    } else {                                                                                  \
      for (int64_t i = 0; i < n; i++) out[i] = in[i * stride];                                \
    }                                                                                         \
  }                                                                                           \
  static void plane_##T(T *out, const T *in, int64_t down, int64_t across, int64_t width,     \
                        int64_t column, int64_t n) {                                          \
    for (; n > 0; in += down, column = 0) {                                                   \
      int64_t run = width - column < n ? width - column : n;                                  \
      const T *row = in + column * across;                                                    \
      if (run >= 32)                                                                          \
        run_##T(out, row, across, run);                                                       \
      else                                                                                    \
        for (int64_t i = 0; i < run; i++) out[i] = row[i * across];                           \
      out += run;                                                                             \
      n -= run;                                                                               \
    }                                                                                         \
  }                                                                                           \
  static void panel_##T(T *out, const T *in, int64_t across, int rows, int columns) {         \
    for (int c = 0; c < columns; c++)                                                         \
      for (int r = 0; r < rows; r++) out[r * PANEL_PITCH + c] = in[c * across + r];           \
  }
COPIES(bits8)
COPIES(bits16)
COPIES(bits32)
COPIES(bits64)

void mx_ew_copy_run(void *out, const void *in, int64_t stride, int64_t n, int size) {
  switch (size) {
    case 1: run_bits8(out, in, stride, n); break;
    case 2: run_bits16(out, in, stride, n); break;
    case 4: run_bits32(out, in, stride, n); break;
    default: run_bits64(out, in, stride, n); break;
  }
}

void mx_ew_copy_panel(void *out, const void *in, int64_t across, int rows, int columns, int size) {
  switch (size) {
    case 1: panel_bits8(out, in, across, rows, columns); break;
    case 2: panel_bits16(out, in, across, rows, columns); break;
    case 4: panel_bits32(out, in, across, rows, columns); break;
    default: panel_bits64(out, in, across, rows, columns); break;
  }
}

int64_t mx_ew_element(const plan *p, int input, const int64_t *at) {
  int64_t e = 0;
  for (int d = 0; d < p->axes; d++) e += at[d] * p->strides[input][d];
  return e;
}

void mx_ew_advance(const plan *p, int64_t *at, int64_t by) {
  int d = p->axes - 1;
  at[d] += by;
  for (; d > 0 && at[d] >= p->shape[d]; d--) {
    int64_t carry = at[d] / p->shape[d];
    at[d] -= carry * p->shape[d];
    at[d - 1] += carry;
  }
}

void mx_ew_gather(const plan *p, int input, const int64_t *from, char *out, int64_t n) {
  const reg *r = &p->regs[input];
  const int64_t *strides = p->strides[input];
  int last = p->axes - 1;
  int64_t at[MAX_AXES], width = p->shape[last], across = strides[last];
  memcpy(at, from, (size_t)p->axes * sizeof *at);
  while (n > 0) {
    int64_t rows = last ? p->shape[last - 1] - at[last - 1] : 1;
    int64_t down = last ? strides[last - 1] : 0, column = at[last];
    int64_t run = rows * width - column < n ? rows * width - column : n;
    const char *in = r->data + (mx_ew_element(p, input, at) - column * across) * r->size;
    switch (r->size) {
      case 1: plane_bits8((bits8 *)out, (const bits8 *)in, down, across, width, column, run); break;
      case 2:
        plane_bits16((bits16 *)out, (const bits16 *)in, down, across, width, column, run);
        break;
      case 4:
        plane_bits32((bits32 *)out, (const bits32 *)in, down, across, width, column, run);
        break;
      default:
        plane_bits64((bits64 *)out, (const bits64 *)in, down, across, width, column, run);
        break;
    }
    out += run * r->size;
    n -= run;
    mx_ew_advance(p, at, run);
  }
}
