/* See safetensors.h. Layout: u64 length of the header, the header in JSON, the data. */
#include "io/safetensors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/scope.h"

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
  uint64_t data; /* where the data begins */
  mx_table arrays, metadata;
  mx_range *ranges;
} loader;

static int bad_tensor(const loader *l, const char *name, const char *what) {
  return mx_fail(MX_RUNTIME, "[%s] %s: tensor '%s' %s", l->src->op, l->src->label, name, what);
}

static json_t *parse_header(loader *l) {
  const mx_source *src = l->src;
  uint64_t n;
  if (mx_source_read(src, &n, 0, sizeof n))
    return NULL;
  if (n < 2 || n > MAX_HEADER || n > src->size - sizeof n) {
    mx_fail(MX_RUNTIME, "[%s] Invalid json header length %s", src->op, src->label);
    return NULL;
  }
  l->data = sizeof n + n;
  char *copy = NULL;
  const char *text = src->map ? (const char *)src->map->host + sizeof n : NULL;
  if (!text) {
    text = copy = malloc((size_t)n);
    if (!copy) {
      mx_nomem(src->op);
      return NULL;
    }
    if (mx_source_read(src, copy, sizeof n, (size_t)n)) {
      free(copy);
      return NULL;
    }
  }
  json_error_t error;
  json_t *header = json_loadb(text, (size_t)n, JSON_REJECT_DUPLICATES, &error);
  free(copy);
  if (!header && json_error_code(&error) == json_error_out_of_memory)
    mx_nomem(src->op);
  else if (!header)
    mx_fail(MX_RUNTIME, "[%s] Invalid json metadata %s: %s at %d", src->op, src->label, error.text,
            error.position);
  else if (!json_is_object(header)) {
    mx_fail(MX_RUNTIME, "[%s] Invalid json metadata %s: not an object", src->op, src->label);
    json_decref(header);
    header = NULL;
  }
  return header;
}

static int read_metadata(loader *l, json_t *meta) {
  const char *key, *op = l->src->op;
  json_t *value;
  if (json_is_null(meta))
    return 0;
  if (!json_is_object(meta))
    return mx_fail(MX_RUNTIME, "[%s] %s: __metadata__ is not an object", op, l->src->label);
  json_object_foreach(meta, key, value) {
    if (!json_is_string(value))
      return mx_fail(MX_RUNTIME, "[%s] %s: the metadata of '%s' must be a string", op,
                     l->src->label, key);
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    mx_strings *s = mx_strings_copy(1, &text, &len, true, op);
    if (!s || mx_table_add(&l->metadata, op, key, strlen(key), NULL, s))
      return 1;
  }
  return 0;
}

static int find_dtype(const loader *l, const char *name, json_t *value, mlx_dtype *dtype) {
  const char *text = json_string_value(value);
  if (!text)
    return bad_tensor(l, name, "has no dtype");
  for (size_t i = 0; i < N_NAMES; i++)
    if (strcmp(names[i].name, text) == 0) {
      *dtype = names[i].dtype;
      return 0;
    }
  return mx_fail(MX_RUNTIME, "[%s] %s: tensor '%s' has unsupported dtype %.40s", l->src->op,
                 l->src->label, name, text);
}

static int read_tensor(loader *l, const char *name, json_t *info) {
  const mx_source *src = l->src;
  mlx_dtype dtype = MLX_FLOAT32;
  if (find_dtype(l, name, json_object_get(info, "dtype"), &dtype))
    return 1;
  json_t *dims = json_object_get(info, "shape"), *offsets = json_object_get(info, "data_offsets");
  size_t ndim = json_array_size(dims), item = (size_t)mx_dtype_bytes(dtype);
  if (!json_is_array(dims) || ndim > MX_MAX_NDIM)
    return bad_tensor(l, name, "has no shape or one of too many dimensions");
  int64_t shape[MX_MAX_NDIM];
  for (size_t i = 0; i < ndim; i++) {
    json_t *dim = json_array_get(dims, i);
    shape[i] = json_is_integer(dim) ? json_integer_value(dim) : -1;
  }
  int64_t count = mx_file_count(src, name, shape, (int)ndim, item);
  if (count < 0)
    return 1;
  json_t *from = json_array_get(offsets, 0), *to = json_array_get(offsets, 1);
  if (json_array_size(offsets) != 2 || !json_is_integer(from) || !json_is_integer(to))
    return bad_tensor(l, name, "has no data_offsets");
  int64_t begin = json_integer_value(from), end = json_integer_value(to);
  if (begin < 0 || end < begin || end - begin != count * (int64_t)item)
    return mx_fail(MX_RUNTIME,
                   "[%s] %s: tensor '%s' has invalid data offsets (%lld, %lld). Expecting %lld bytes.",
                   src->op, src->label, name, (long long)begin, (long long)end,
                   (long long)(count * (int64_t)item));
  if ((uint64_t)end > src->size - l->data)
    return mx_fail(MX_RUNTIME,
                   "[%s] %s: tensor '%s' has data offsets (%lld, %lld) beyond the end of the file. "
                   "Perhaps an incomplete download or corrupt file?",
                   src->op, src->label, name, (long long)begin, (long long)end);
  mx_array *a = mx_source_array(src, (mx_spec){dtype, (int)ndim, shape, NULL},
                                l->data + (uint64_t)begin);
  if (!a)
    return 1;
  l->ranges[l->arrays.n] = (mx_range){(uint64_t)begin, (uint64_t)end};
  return mx_table_add(&l->arrays, src->op, name, strlen(name), a, NULL);
}

static int read_all(loader *l, json_t *header) {
  const char *name;
  json_t *info;
  l->ranges = malloc((json_object_size(header) + 1) * sizeof *l->ranges);
  if (!l->ranges)
    return mx_nomem(l->src->op);
  json_object_foreach(header, name, info) {
    if (strcmp(name, "__metadata__") == 0 ? read_metadata(l, info) : read_tensor(l, name, info))
      return 1;
  }
  if (mx_ranges_overlap(l->ranges, l->arrays.n))
    return mx_fail(MX_RUNTIME, "[%s] %s: tensors overlap", l->src->op, l->src->label);
  return mx_table_seal(&l->arrays, l->src->op, "tensor") ||
         mx_table_seal(&l->metadata, l->src->op, "metadata key");
}

int mx_load_safetensors(mx_table *arrays, mx_table *metadata, const mx_source *src) {
  loader l = {.src = src};
  mx_scope scope = mx_scope_open();
  json_t *header = parse_header(&l);
  int bad = !header || read_all(&l, header);
  json_decref(header);
  free(l.ranges);
  mx_scope_close(scope, NULL);
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

/* Bytes of the UTF-8 character at s, of which n are there; 0 where it is none. */
static size_t utf8_length(const unsigned char *s, size_t n) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t len = *s < 0x80 ? 1 : *s >> 5 == 6 ? 2 : *s >> 4 == 14 ? 3 : *s >> 3 == 30 ? 4 : 0;
  if (len < 2 || len > n)
    return len == 1;
  uint32_t c = *s & (0x7fu >> len);
  for (size_t i = 1; i < len; i++) {
    if (s[i] >> 6 != 2)
      return 0;
    c = c << 6 | (s[i] & 0x3f);
  }
  return c < least[len] || c > 0x10ffff || c >> 11 == 27 ? 0 : len;
}

/* A JSON string: what must be escaped is, the rest stays UTF-8. */
static int put_string(text *t, const char *s, size_t n) {
  static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
  put(t, "\"", 1);
  for (size_t i = 0, len; i < n; i += len) {
    len = utf8_length((const unsigned char *)s + i, n - i);
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
