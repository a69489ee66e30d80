/* See safetensors.h. Layout: u64 length of the header, the header in JSON, the data. */
#include "io/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/scope.h"
#include "io/json.h"

#define MAX_HEADER 100000000 /* the format's own bound */

static const struct {
  const char *name;
  mlx_dtype dtype;
} names[] = {
    {"F32", MLX_FLOAT32}, {"F16", MLX_FLOAT16}, {"BF16", MLX_BFLOAT16}, {"BOOL", MLX_BOOL},
    {"U8", MLX_UINT8},    {"U16", MLX_UINT16},  {"U32", MLX_UINT32},    {"U64", MLX_UINT64},
    {"I8", MLX_INT8},     {"I16", MLX_INT16},   {"I32", MLX_INT32},     {"I64", MLX_INT64},
    {"C64", MLX_COMPLEX64},
    /* No dtype holds these: their bytes. Only read. */
    {"F8_E4M3", MLX_UINT8}, {"F8_E8M0", MLX_UINT8},
};
#define N_NAMES (sizeof names / sizeof *names)

/* ---- reading ---- */

typedef struct loader {
  const mx_source *src;
  mx_json json;
  uint64_t data; /* where the data begins */
  mx_table arrays, metadata;
  mx_range *ranges; /* of the arrays, in their order */
  size_t capacity;
  mx_json_text name, text;
} loader;

/* What the header says about one tensor. */
typedef struct info {
  unsigned seen; /* bit per key */
  mlx_dtype dtype;
  int ndim;
  int64_t shape[MX_MAX_NDIM], begin, end;
} info;

static int bad_tensor(const loader *l, const char *what) {
  return mx_fail(MX_RUNTIME, "[%s] %s: tensor '%.200s' %s", l->src->op, l->src->label, l->name.p,
                 what);
}

static int bad_json(const loader *l, const char *text) {
  if (l->json.no_memory)
    return mx_nomem(l->src->op);
  return mx_fail(MX_RUNTIME, "[%s] Invalid json metadata %s: %s at %td", l->src->op, l->src->label,
                 l->json.fault, l->json.at - text);
}

static int read_metadata(loader *l) {
  mx_json *j = &l->json;
  const char *op = l->src->op;
  if (mx_json_null(j))
    return 0;
  if (mx_json_need(j, '{'))
    return 1;
  if (mx_json_take(j, '}'))
    return 0;
  do {
    if (mx_json_string(j, &l->name) || mx_json_need(j, ':') || mx_json_string(j, &l->text))
      return 1;
    const char *text = l->text.p;
    mx_strings *s = mx_strings_copy(1, &text, &l->text.n, true, op);
    if (!s || mx_table_add(&l->metadata, op, l->name.p, l->name.n, NULL, s))
      return 1;
  } while (mx_json_take(j, ','));
  return mx_json_need(j, '}');
}

static int read_dtype(loader *l, info *t) {
  if (mx_json_string(&l->json, &l->text))
    return 1;
  for (size_t i = 0; i < N_NAMES; i++)
    if (strcmp(names[i].name, l->text.p) == 0) {
      t->dtype = names[i].dtype;
      return 0;
    }
  return mx_fail(MX_RUNTIME, "[%s] %s: tensor '%.200s' has unsupported dtype %.40s", l->src->op,
                 l->src->label, l->name.p, l->text.p);
}

static int read_shape(loader *l, info *t) {
  mx_json *j = &l->json;
  if (mx_json_need(j, '['))
    return 1;
  if (mx_json_take(j, ']'))
    return 0;
  do {
    if (t->ndim == MX_MAX_NDIM)
      return bad_tensor(l, "has too many dimensions");
    if (mx_json_integer(j, &t->shape[t->ndim]))
      return 1;
    t->ndim++;
  } while (mx_json_take(j, ','));
  return mx_json_need(j, ']');
}

static int read_offsets(loader *l, info *t) {
  mx_json *j = &l->json;
  return mx_json_need(j, '[') || mx_json_integer(j, &t->begin) || mx_json_need(j, ',') ||
         mx_json_integer(j, &t->end) || mx_json_need(j, ']');
}

static int read_info(loader *l, info *t) {
  static const char *const keys[] = {"dtype", "shape", "data_offsets"};
  static int (*const readers[])(loader *, info *) = {read_dtype, read_shape, read_offsets};
  mx_json *j = &l->json;
  if (mx_json_need(j, '{'))
    return 1;
  do {
    if (mx_json_string(j, &l->text) || mx_json_need(j, ':'))
      return 1;
    unsigned k = 0;
    while (k < 3 && strcmp(keys[k], l->text.p) != 0)
      k++;
    if (t->seen & 1u << k & 7)
      return bad_tensor(l, "has a key twice");
    t->seen |= 1u << k;
    if (k < 3 ? readers[k](l, t) : mx_json_skip(j))
      return 1;
  } while (mx_json_take(j, ','));
  if (mx_json_need(j, '}'))
    return 1;
  return (t->seen & 7) == 7 ? 0 : bad_tensor(l, "lacks dtype, shape or data_offsets");
}

static int add_range(loader *l, const info *t) {
  if (l->arrays.n == l->capacity) {
    size_t capacity = 2 * l->capacity + 64;
    mx_range *ranges = realloc(l->ranges, capacity * sizeof *ranges);
    if (!ranges)
      return mx_nomem(l->src->op);
    l->ranges = ranges;
    l->capacity = capacity;
  }
  l->ranges[l->arrays.n] = (mx_range){(uint64_t)t->begin, (uint64_t)t->end};
  return 0;
}

static int read_tensor(loader *l) {
  const mx_source *src = l->src;
  info t = {.dtype = MLX_FLOAT32};
  if (read_info(l, &t))
    return 1;
  int64_t item = mx_dtype_bytes(t.dtype);
  int64_t count = mx_file_count(src, l->name.p, t.shape, t.ndim, (size_t)item);
  if (count < 0)
    return 1;
  if (t.begin < 0 || t.end < t.begin || t.end - t.begin != count * item)
    return mx_fail(MX_RUNTIME,
                   "[%s] %s: tensor '%.200s' has invalid data offsets (%lld, %lld). Expecting %lld "
                   "bytes.",
                   src->op, src->label, l->name.p, (long long)t.begin, (long long)t.end,
                   (long long)(count * item));
  if ((uint64_t)t.end > src->size - l->data)
    return mx_fail(MX_RUNTIME,
                   "[%s] %s: tensor '%.200s' has data offsets (%lld, %lld) beyond the end of the "
                   "file. Perhaps an incomplete download or corrupt file?",
                   src->op, src->label, l->name.p, (long long)t.begin, (long long)t.end);
  mx_array *a = mx_source_array(src, (mx_spec){t.dtype, t.ndim, t.shape, NULL},
                                l->data + (uint64_t)t.begin);
  return !a || add_range(l, &t) ||
         mx_table_add(&l->arrays, src->op, l->name.p, l->name.n, a, NULL);
}

static int read_entries(loader *l) {
  mx_json *j = &l->json;
  bool meta = false;
  if (mx_json_need(j, '{'))
    return 1;
  if (mx_json_take(j, '}'))
    return mx_json_end(j);
  do {
    if (mx_json_string(j, &l->name) || mx_json_need(j, ':'))
      return 1;
    bool is_meta = strcmp(l->name.p, "__metadata__") == 0;
    if (is_meta && meta)
      return mx_json_fail(j, "__metadata__ stands twice");
    meta = meta || is_meta;
    if (is_meta ? read_metadata(l) : read_tensor(l))
      return 1;
  } while (mx_json_take(j, ','));
  return mx_json_need(j, '}') || mx_json_end(j);
}

static int read_header(loader *l, const char *text, size_t n) {
  l->json = (mx_json){.at = text, .end = text + n};
  if (read_entries(l))
    return l->json.fault ? bad_json(l, text) : 1;
  if (mx_ranges_overlap(l->ranges, l->arrays.n))
    return mx_fail(MX_RUNTIME, "[%s] %s: tensors overlap", l->src->op, l->src->label);
  return mx_table_seal(&l->arrays, l->src->op, "tensor") ||
         mx_table_seal(&l->metadata, l->src->op, "metadata key");
}

static int load(loader *l) {
  const mx_source *src = l->src;
  uint64_t n;
  if (mx_source_read(src, &n, 0, sizeof n))
    return 1;
  if (n < 2 || n > MAX_HEADER || n > src->size - sizeof n)
    return mx_fail(MX_RUNTIME, "[%s] Invalid json header length %s", src->op, src->label);
  l->data = sizeof n + n;
  if (src->map)
    return read_header(l, (const char *)src->map->host + sizeof n, (size_t)n);
  char *copy = malloc((size_t)n);
  if (!copy)
    return mx_nomem(src->op);
  int bad = mx_source_read(src, copy, sizeof n, (size_t)n) || read_header(l, copy, (size_t)n);
  free(copy);
  return bad;
}

int mx_load_safetensors(mx_table *arrays, mx_table *metadata, const mx_source *src) {
  loader l = {.src = src};
  mx_scope scope = mx_scope_open();
  int bad = load(&l);
  mx_scope_close(scope, NULL);
  free(l.ranges);
  free(l.name.p);
  free(l.text.p);
  if (bad) {
    mx_table_free(&l.arrays);
    mx_table_free(&l.metadata);
    return 1;
  }
  *arrays = l.arrays;
  *metadata = l.metadata;
  return 0;
}

/* ---- writing ---- */

/* The header as it grows. */
typedef struct text {
  char *p;
  size_t n, capacity;
  bool bad;
} text;

static void put(text *t, const char *s, size_t n) {
  if (!t->bad && n > t->capacity - t->n) {
    size_t capacity = 2 * t->capacity + n + 256;
    char *p = realloc(t->p, capacity);
    t->bad = !p;
    if (p) {
      t->p = p;
      t->capacity = capacity;
    }
  }
  if (t->bad)
    return;
  memcpy(t->p + t->n, s, n);
  t->n += n;
}

static void put_text(text *t, const char *s) {
  put(t, s, strlen(s));
}

static void put_number(text *t, int64_t v) {
  char digits[24];
  snprintf(digits, sizeof digits, "%lld", (long long)v);
  put_text(t, digits);
}

/* A JSON string: what must be escaped is, the rest stays UTF-8. */
static int put_string(text *t, const char *s, size_t n) {
  static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
  put(t, "\"", 1);
  for (size_t i = 0, len; i < n; i += len) {
    len = mx_utf8_length((const unsigned char *)s + i, n - i);
    const char *escape = s[i] ? strchr(plain, s[i]) : NULL;
    if (len == 0)
      return mx_fail(MX_RUNTIME, "[save_safetensors] a name or metadata value is not UTF-8");
    if (escape) {
      put(t, "\\", 1);
      put(t, letter + (escape - plain), 1);
    } else if ((unsigned char)s[i] < 0x20) {
      char code[8];
      snprintf(code, sizeof code, "\\u%04x", (unsigned)(unsigned char)s[i]);
      put_text(t, code);
    } else {
      put(t, s + i, len);
    }
  }
  put(t, "\"", 1);
  return 0;
}

static int put_metadata(text *t, const mx_table *meta) {
  put_text(t, "\"__metadata__\":");
  if (!meta || meta->n == 0) {
    put_text(t, "null");
    return 0;
  }
  for (size_t i = 0; i < meta->n; i++) {
    const mx_entry *e = &meta->entries[meta->order[i]];
    put_text(t, i ? "," : "{");
    if (put_string(t, e->name, strlen(e->name)))
      return 1;
    put_text(t, ":");
    if (put_string(t, e->strings->data[0], e->strings->lens[0]))
      return 1;
  }
  put_text(t, "}");
  return 0;
}

static int put_tensor(text *t, const mx_entry *e, int64_t begin) {
  const mx_array *a = e->array;
  const char *dtype = NULL;
  for (size_t i = 0; i < N_NAMES && !dtype; i++)
    if (names[i].dtype == (mlx_dtype)a->dtype)
      dtype = names[i].name;
  if (!dtype)
    return mx_fail(MX_RUNTIME, "[save_safetensors] '%s' has dtype %s, which the format lacks",
                   e->name, mx_dtype_name((mlx_dtype)a->dtype));
  if (put_string(t, e->name, strlen(e->name)))
    return 1;
  put_text(t, ":{\"data_offsets\":[");
  put_number(t, begin);
  put_text(t, ",");
  put_number(t, begin + (int64_t)mx_nbytes(a));
  put_text(t, "],\"dtype\":\"");
  put_text(t, dtype);
  put_text(t, "\",\"shape\":[");
  for (int d = 0; d < a->ndim; d++) {
    put_text(t, d ? "," : "");
    put_number(t, a->shape[d]);
  }
  put_text(t, "]}");
  return 0;
}

/* Keys in the order of their bytes; the data stands in the order of the table. */
static int put_header(text *t, const mx_table *arrays, const mx_table *metadata) {
  int64_t *begin = malloc((arrays->n + 1) * sizeof *begin);
  if (!begin)
    return mx_nomem("save_safetensors");
  begin[0] = 0;
  for (size_t i = 0; i < arrays->n; i++)
    begin[i + 1] = begin[i] + (int64_t)mx_nbytes(arrays->entries[i].array);
  bool meta_done = false;
  int bad = 0;
  put_text(t, "{");
  for (size_t i = 0; i < arrays->n && !bad; i++) {
    const mx_entry *e = &arrays->entries[arrays->order[i]];
    int place = strcmp(e->name, "__metadata__");
    if (place == 0)
      bad = mx_fail(MX_RUNTIME, "[save_safetensors] a tensor cannot be named __metadata__");
    if (place > 0 && !meta_done) {
      bad = put_metadata(t, metadata);
      put_text(t, ",");
      meta_done = true;
    }
    bad = bad || put_tensor(t, e, begin[arrays->order[i]]);
    if (i + 1 < arrays->n || !meta_done)
      put_text(t, ",");
  }
  if (!meta_done)
    bad = bad || put_metadata(t, metadata);
  put_text(t, "}");
  free(begin);
  return bad;
}

int mx_save_safetensors(mx_sink *out, const mx_table *arrays, const mx_table *metadata) {
  text t = {0};
  int bad = 0;
  for (size_t i = 0; i < arrays->n && !bad; i++)
    bad = mx_eval1(arrays->entries[i].array);
  bad = bad || put_header(&t, arrays, metadata);
  if (!bad && t.bad)
    bad = mx_nomem("save_safetensors");
  uint64_t n = t.n;
  bad = bad || mx_sink_write(out, &n, sizeof n) || mx_sink_write(out, t.p, t.n);
  free(t.p);
  for (size_t i = 0; i < arrays->n && !bad; i++)
    bad = mx_sink_array(out, arrays->entries[i].array);
  return bad;
}
