/* See npy.h. Layout: magic, version, length of the header, the header (a Python dict), the data. */
#include "io/npy.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define MAX_HEADER (1 << 20)

static const char magic[6] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};

/* bfloat16, which NumPy lacks, is two opaque bytes. */
static const struct {
  char kind, digit;
  mlx_dtype dtype;
} kinds[] = {
    {'b', '1', MLX_BOOL},     {'u', '1', MLX_UINT8},   {'u', '2', MLX_UINT16},
    {'u', '4', MLX_UINT32},   {'u', '8', MLX_UINT64},  {'i', '1', MLX_INT8},
    {'i', '2', MLX_INT16},    {'i', '4', MLX_INT32},   {'i', '8', MLX_INT64},
    {'f', '2', MLX_FLOAT16},  {'f', '4', MLX_FLOAT32}, {'f', '8', MLX_FLOAT64},
    {'V', '2', MLX_BFLOAT16}, {'c', '8', MLX_COMPLEX64},
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

/* ---- the header ---- */

typedef struct header {
  const mx_source *src;
  const char *at; /* NUL at the end */
  mlx_dtype dtype;
  bool swap, fortran;
  int ndim;
  int64_t shape[MX_MAX_NDIM];
  unsigned seen; /* bit per key */
  uint64_t data;
} header;

static int bad_header(const header *h, const char *what) {
  return mx_fail(MX_RUNTIME, "[%s] %s: the header %s", h->src->op, h->src->label, what);
}

static bool skip(header *h, char c) {
  while (*h->at == ' ' || *h->at == '\t' || *h->at == '\n' || *h->at == '\r')
    h->at++;
  if (*h->at != c || c == 0)
    return false;
  h->at++;
  return true;
}

/* A string in either quotes, without escapes. */
static int take_text(header *h, char *text, size_t room) {
  char quote = skip(h, '\'') ? '\'' : skip(h, '"') ? '"' : 0;
  const char *end = quote ? strchr(h->at, quote) : NULL;
  if (!end || (size_t)(end - h->at) >= room)
    return bad_header(h, "lacks a string where one must be");
  memcpy(text, h->at, (size_t)(end - h->at));
  text[end - h->at] = 0;
  h->at = end + 1;
  return 0;
}

static int take_descr(header *h) {
  char text[32];
  skip(h, 0);
  if (*h->at != '\'' && *h->at != '"')
    return mx_fail(MX_VALUE, "[%s] %s holds records, which are not supported", h->src->op,
                   h->src->label);
  if (take_text(h, text, sizeof text))
    return 1;
  if (strlen(text) == 3 && strchr("<>|=", text[0]))
    for (size_t i = 0; i < N_KINDS; i++)
      if (text[1] == kinds[i].kind && text[2] == kinds[i].digit) {
        h->dtype = kinds[i].dtype;
        h->swap = text[0] == '>';
        return 0;
      }
  return mx_fail(MX_VALUE, "[%s] %s: unsupported array type %s", h->src->op, h->src->label, text);
}

static int take_bool(header *h) {
  skip(h, 0);
  if (strncmp(h->at, "True", 4) == 0) {
    h->fortran = true;
    h->at += 4;
  } else if (strncmp(h->at, "False", 5) == 0) {
    h->at += 5;
  } else {
    return bad_header(h, "has a fortran_order that is neither True nor False");
  }
  return 0;
}

static int take_shape(header *h) {
  if (!skip(h, '('))
    return bad_header(h, "has no shape");
  while (!skip(h, ')')) {
    int64_t n = 0;
    bool over = false;
    if (*h->at < '0' || *h->at > '9')
      return bad_header(h, *h->at == '-' ? "has a negative dimension" : "has a malformed shape");
    for (; *h->at >= '0' && *h->at <= '9'; h->at++)
      over = over || __builtin_mul_overflow(n, 10, &n) ||
             __builtin_add_overflow(n, *h->at - '0', &n);
    if (h->ndim == MX_MAX_NDIM || over)
      return bad_header(h, "has a shape that is too large");
    h->shape[h->ndim++] = n;
    if (!skip(h, ',') && *h->at != ')')
      return bad_header(h, "has a malformed shape");
  }
  return 0;
}

static int take_dict(header *h) {
  char key[32];
  if (!skip(h, '{'))
    return bad_header(h, "is not a dict");
  while (!skip(h, '}')) {
    if (take_text(h, key, sizeof key))
      return 1;
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    unsigned k = 0;
    while (k < 3 && strcmp(keys[k], key) != 0)
      k++;
    if (k == 3 || (h->seen & 1u << k) || !skip(h, ':'))
      return bad_header(h, "has an unknown, repeated or malformed key");
    h->seen |= 1u << k;
    if (k == 0 ? take_descr(h) : k == 1 ? take_bool(h) : take_shape(h))
      return 1;
    if (!skip(h, ',') && *h->at != '}')
      return bad_header(h, "is malformed");
  }
  skip(h, 0);
  if (*h->at)
    return bad_header(h, "goes on behind its dict");
  return h->seen == 7 ? 0 : bad_header(h, "lacks a key");
}

static int read_header(header *h) {
  const mx_source *src = h->src;
  uint8_t head[12] = {0};
  if (mx_source_read(src, head, 0, 10))
    return 1;
  if (memcmp(head, magic, sizeof magic) != 0)
    return mx_fail(MX_RUNTIME, "[%s] Invalid header in %s", src->op, src->label);
  if (head[6] < 1 || head[6] > 3 || head[7] != 0)
    return mx_fail(MX_RUNTIME, "[%s] Unsupported npy format version in %s", src->op, src->label);
  uint64_t at = head[6] == 1 ? 10 : 12;
  if (mx_source_read(src, head, 0, (size_t)at))
    return 1;
  size_t n = head[8] | (size_t)head[9] << 8;
  if (head[6] > 1)
    n |= (size_t)head[10] << 16 | (size_t)head[11] << 24;
  if (n > MAX_HEADER || n > src->size - at)
    return bad_header(h, "is longer than the file or than any");
  char *text = malloc(n + 1);
  if (!text)
    return mx_nomem(src->op);
  int bad = mx_source_read(src, text, at, n);
  text[n] = 0;
  h->at = text;
  bad = bad || take_dict(h);
  free(text);
  h->data = at + n;
  return bad;
}

/* ---- reading ---- */

static void swap_bytes(uint8_t *p, int64_t n, size_t size) {
  for (int64_t i = 0; i < n; i++, p += size)
    for (size_t k = 0; k < size / 2; k++) {
      uint8_t t = p[k];
      p[k] = p[size - 1 - k];
      p[size - 1 - k] = t;
    }
}

static mx_array *load_swapped(const header *h, mx_spec spec, int64_t count) {
  size_t item = (size_t)mx_dtype_bytes(h->dtype), bytes = (size_t)count * item;
  mx_buffer *b = mx_buffer_new(bytes);
  if (!b)
    return NULL;
  if (mx_source_read(h->src, b->host, h->data, bytes)) {
    mx_buffer_release(b);
    return NULL;
  }
  bool pairs = h->dtype == MLX_COMPLEX64;
  swap_bytes(b->host, pairs ? 2 * count : count, pairs ? item / 2 : item);
  return mx_leaf(spec, b, 0);
}

mx_array *mx_load_npy(const mx_source *src) {
  header h = {.src = src};
  if (read_header(&h))
    return NULL;
  size_t item = (size_t)mx_dtype_bytes(h.dtype);
  int64_t count = mx_file_count(src, "data", h.shape, h.ndim, item);
  if (count < 0)
    return NULL;
  if ((uint64_t)count * item > src->size - h.data) {
    mx_fail(MX_RUNTIME, "[%s] %s ends too early. Perhaps an incomplete download or corrupt file?",
            src->op, src->label);
    return NULL;
  }
  int64_t strides[MX_MAX_NDIM], step = 1;
  for (int d = 0; d < h.ndim; d++) {
    strides[d] = step;
    step *= h.shape[d] > 0 ? h.shape[d] : 1;
  }
  mx_spec spec = {h.dtype, h.ndim, h.shape, h.fortran && count > 0 ? strides : NULL};
  return h.swap && item > 1 ? load_swapped(&h, spec, count) : mx_source_array(src, spec, h.data);
}

/* ---- writing ---- */

/* Strides of Fortran order, as MLX has it: axes of length 1 do not count, an empty array has it. */
static bool is_fortran(const mx_array *a) {
  int64_t step = 1;
  for (int d = 0; d < a->ndim && a->size > 0; d++) {
    if (a->shape[d] == 1)
      continue;
    if (a->strides[d] != step)
      return false;
    step *= a->shape[d];
  }
  return true;
}

/* A copy in C order reads as Fortran order too where at most one axis is longer than 1. */
static bool one_long_axis(const mx_array *a) {
  int longer = 0;
  for (int d = 0; d < a->ndim; d++)
    longer += a->shape[d] != 1;
  return longer <= 1;
}

static size_t put_dict(char *text, size_t room, const mx_array *a, bool fortran) {
  char kind = 'b', digit = '1';
  for (size_t i = 0; i < N_KINDS; i++)
    if (kinds[i].dtype == (mlx_dtype)a->dtype) {
      kind = kinds[i].kind;
      digit = kinds[i].digit;
    }
  size_t n = (size_t)snprintf(text, room, "{'descr': '%c%c%c', 'fortran_order': %s, 'shape': (",
                              digit == '1' ? '|' : '<', kind, digit, fortran ? "True" : "False");
  for (int d = 0; d < a->ndim; d++)
    n += (size_t)snprintf(text + n, room - n, "%lld, ", (long long)a->shape[d]);
  return n + (size_t)snprintf(text + n, room - n, ")}");
}

int mx_save_npy(mx_sink *out, mx_array *a) {
  char text[64 * 24 + 256];
  if (mx_eval1(a))
    return 1;
  bool fortran = is_fortran(a), in_order = fortran || a->row_contiguous;
  size_t n = put_dict(text, sizeof text - 20, a, in_order ? fortran : one_long_axis(a));
  size_t pad = (n + 13) % 16;
  memset(text + n, ' ', pad);
  text[n + pad] = '\n';
  n += pad + 1;
  uint8_t head[10] = {0};
  memcpy(head, magic, sizeof magic);
  head[6] = 1;
  head[8] = (uint8_t)(n & 255);
  head[9] = (uint8_t)(n >> 8);
  if (mx_sink_write(out, head, sizeof head) || mx_sink_write(out, text, n))
    return 1;
  return in_order && a->size > 0 ? mx_sink_write(out, mx_data(a), mx_nbytes(a))
                                 : mx_sink_array(out, a);
}
