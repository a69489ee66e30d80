/* See gguf.h. Reading: header, metadata, tensor infos, then the data. Quantized tensors are turned
 * into their arrays at once, in parallel, each piece of the mapping given back when done with, so
 * that a model does not stand in memory twice. */
#include "io/gguf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/pool.h"
#include "core/scope.h"
#include "io/gguf_types.h"

#define MAX_NAME 65535
#define PIECE (1 << 19) /* bytes of the file that are converted in one go */
#define SLAB (1 << 24)  /* bytes that neighbours share: pages come in large sizes, and few faults */
#define SMALL (1 << 16) /* bytes of a plain tensor that is copied: one touch of the file brings in up to
                           2 MB of its neighbours */

/* A tensor whose blocks are converted. */
typedef struct job {
  const mx_gguf_type *type;
  const uint8_t *src;
  int64_t blocks, first_piece;
  uint8_t *codes;            /* kept quantized */
  uint16_t *scales, *biases; /* likewise */
  uint16_t *values;          /* expanded */
} job;

typedef struct loader {
  const mx_source *src;
  mx_cursor at;
  mx_gguf g;
  uint64_t alignment, data;
  uint64_t n_tensors;
  struct info *infos;
  mx_range *ranges;
  job *jobs;
  size_t n_jobs;
  int64_t n_pieces;
  uint64_t to_come; /* bytes of memory that tensors still need */
  mx_buffer *slab;
  size_t slab_used;
  size_t page;
} loader;

typedef struct info {
  const char *name;
  size_t name_len;
  const mx_gguf_type *type;
  int ndim;
  int64_t shape[MX_GGUF_MAX_DIMS];
  int64_t blocks;
  uint64_t offset;
} info;

static int truncated(const loader *l) {
  return mx_fail(MX_RUNTIME,
                 "[%s] %s ends inside its header. Perhaps an incomplete download or corrupt file?",
                 l->src->op, l->src->label);
}

static int bad_key(const loader *l, const char *key, size_t len, const char *what) {
  return mx_fail(MX_RUNTIME, "[%s] %s: '%.*s' %s", l->src->op, l->src->label,
                 (int)(len < 200 ? len : 200), key, what);
}

/* ---- metadata ---- */

static const struct {
  uint8_t bytes;
  mlx_dtype dtype;
} values[MX_GGUF_VALUES] = {
    [MX_GGUF_U8] = {1, MLX_UINT8},     [MX_GGUF_I8] = {1, MLX_INT8},
    [MX_GGUF_U16] = {2, MLX_UINT16},   [MX_GGUF_I16] = {2, MLX_INT16},
    [MX_GGUF_U32] = {4, MLX_UINT32},   [MX_GGUF_I32] = {4, MLX_INT32},
    [MX_GGUF_F32] = {4, MLX_FLOAT32},  [MX_GGUF_BOOL] = {1, MLX_BOOL},
    [MX_GGUF_U64] = {8, MLX_UINT64},   [MX_GGUF_I64] = {8, MLX_INT64},
    [MX_GGUF_F64] = {8, MLX_FLOAT32}, /* MLX keeps no doubles here */
};

static int take_string(loader *l, const char **s, size_t *len) {
  uint64_t n = mx_take_u64(&l->at);
  *s = (const char *)mx_take_bytes(&l->at, n);
  *len = (size_t)n;
  return l->at.bad ? truncated(l) : 0;
}

static int take_name(loader *l, const char **s, size_t *len) {
  if (take_string(l, s, len))
    return 1;
  return *len > MAX_NAME ? bad_key(l, *s, *len, "is too long for a name") : 0;
}

static mx_strings *take_strings(loader *l, uint64_t n) {
  if (n > mx_cursor_left(&l->at) / sizeof(uint64_t)) {
    truncated(l);
    return NULL;
  }
  mx_strings *s = mx_strings_new((size_t)n, l->src->op);
  for (size_t i = 0; s && i < n; i++)
    if (take_string(l, &s->data[i], &s->lens[i])) {
      free(s);
      return NULL;
    }
  return s;
}

/* count values of a numeric type as an array; ndim 0 is one value. */
static mx_array *take_numbers(loader *l, uint32_t type, uint64_t count, int ndim) {
  size_t bytes = values[type].bytes;
  if (count > mx_cursor_left(&l->at) / bytes) {
    truncated(l);
    return NULL;
  }
  size_t n = (size_t)count;
  mlx_dtype dtype = values[type].dtype;
  const uint8_t *p = mx_take_bytes(&l->at, n * bytes);
  mx_buffer *b = mx_buffer_new(n * (size_t)mx_dtype_bytes(dtype));
  if (!b)
    return NULL;
  if (type == MX_GGUF_F64) {
    for (size_t i = 0; i < n; i++) {
      double v;
      memcpy(&v, p + 8 * i, sizeof v);
      ((float *)b->host)[i] = (float)v;
    }
  } else if (type == MX_GGUF_BOOL) {
    for (size_t i = 0; i < n; i++)
      ((uint8_t *)b->host)[i] = p[i] != 0;
  } else if (n > 0) {
    memcpy(b->host, p, n * bytes);
  }
  int64_t shape[1] = {(int64_t)count};
  return mx_leaf((mx_spec){dtype, ndim, shape, NULL}, b, 0);
}

static int take_value(loader *l, const char *key, size_t len) {
  mx_array *array = NULL;
  mx_strings *strings = NULL;
  uint32_t type = mx_take_u32(&l->at);
  uint64_t count = 1;
  bool list = type == MX_GGUF_ARRAY;
  if (list) {
    type = mx_take_u32(&l->at);
    count = mx_take_u64(&l->at);
    if (type == MX_GGUF_ARRAY && !l->at.bad)
      return mx_fail(MX_VALUE, "[%s] %s: '%.*s' is an array of arrays, which is not supported",
                     l->src->op, l->src->label, (int)(len < 200 ? len : 200), key);
  }
  if (l->at.bad)
    return truncated(l);
  if (type >= MX_GGUF_VALUES)
    return bad_key(l, key, len, "has a value of unknown type");
  if (type == MX_GGUF_STRING)
    strings = take_strings(l, count);
  else
    array = take_numbers(l, type, count, list ? 1 : 0);
  if (!strings && !array)
    return 1;
  if (strings)
    strings->single = !list;
  return mx_table_add(&l->g.metadata, l->src->op, key, len, array, strings);
}

static int take_metadata(loader *l, uint64_t n) {
  for (uint64_t i = 0; i < n; i++) {
    const char *key;
    size_t len;
    if (take_name(l, &key, &len) || take_value(l, key, len))
      return 1;
  }
  return mx_table_seal(&l->g.metadata, l->src->op, "metadata key");
}

static int find_alignment(loader *l) {
  const mx_entry *e = mx_table_find(&l->g.metadata, "general.alignment");
  l->alignment = MX_GGUF_ALIGNMENT;
  if (!e)
    return 0;
  if (!e->array || e->array->ndim != 0 || e->array->dtype != MLX_UINT32)
    return bad_key(l, e->name, strlen(e->name), "is not a uint32");
  l->alignment = *(const uint32_t *)mx_data(e->array);
  if (l->alignment == 0 || (l->alignment & (l->alignment - 1)))
    return bad_key(l, e->name, strlen(e->name), "is not a power of two");
  return 0;
}

/* ---- tensor infos ---- */

static int take_shape(loader *l, info *t) {
  uint32_t ndim = mx_take_u32(&l->at);
  if (l->at.bad)
    return truncated(l);
  if (ndim > MX_GGUF_MAX_DIMS)
    return bad_key(l, t->name, t->name_len, "has too many dimensions");
  t->ndim = (int)ndim;
  for (int d = t->ndim - 1; d >= 0; d--) {
    uint64_t dim = mx_take_u64(&l->at);
    t->shape[d] = dim > INT64_MAX ? -1 : (int64_t)dim;
  }
  return 0;
}

static int take_info(loader *l, info *t) {
  if (take_name(l, &t->name, &t->name_len) || take_shape(l, t))
    return 1;
  uint32_t id = mx_take_u32(&l->at);
  t->offset = mx_take_u64(&l->at);
  if (l->at.bad)
    return truncated(l);
  t->type = mx_gguf_type_by_id(id);
  if (!t->type)
    return mx_fail(MX_RUNTIME, "[%s] %s: tensor '%.*s' has type %u, which is not supported",
                   l->src->op, l->src->label, (int)(t->name_len < 200 ? t->name_len : 200), t->name,
                   (unsigned)id);
  int64_t count = mx_file_count(l->src, "a tensor", t->shape, t->ndim, sizeof(float));
  if (count < 0)
    return 1;
  int64_t row = t->ndim ? t->shape[t->ndim - 1] : 1;
  if (row % t->type->values)
    return mx_fail(MX_RUNTIME,
                   "[%s] %s: tensor '%.*s' has last dimension %lld, not a multiple of the %d of %s",
                   l->src->op, l->src->label, (int)(t->name_len < 200 ? t->name_len : 200), t->name,
                   (long long)row, t->type->values, t->type->name);
  t->blocks = count / t->type->values;
  if (t->offset % l->alignment)
    return bad_key(l, t->name, t->name_len, "is not aligned");
  return 0;
}

static size_t round_up(size_t n) {
  return (n + 63) & ~(size_t)63;
}

/* Codes, scales and biases of a tensor that stays quantized, each starting a cache line. */
static size_t codes_size(const info *t) {
  return round_up((size_t)t->blocks * t->type->bits * 4);
}

static size_t halves_size(const info *t) {
  return round_up((size_t)t->blocks * sizeof(uint16_t));
}

static size_t size_in_file(const info *t) {
  return (size_t)t->blocks * t->type->bytes;
}

/* Memory that a tensor needs; 0 for one that stays in the file. */
static size_t memory_of(const info *t) {
  if (t->type->repack)
    return codes_size(t) + 2 * halves_size(t);
  if (t->type->decode)
    return round_up((size_t)t->blocks * t->type->values * sizeof(uint16_t));
  return size_in_file(t) <= SMALL ? round_up(size_in_file(t)) : 0;
}

static int take_infos(loader *l) {
  size_t n = (size_t)l->n_tensors;
  l->infos = malloc((n + 1) * sizeof *l->infos);
  l->ranges = malloc((n + 1) * sizeof *l->ranges);
  l->jobs = malloc((n + 1) * sizeof *l->jobs);
  if (!l->infos || !l->ranges || !l->jobs)
    return mx_nomem(l->src->op);
  for (size_t i = 0; i < n; i++)
    if (take_info(l, &l->infos[i]))
      return 1;
  uint64_t mask = l->alignment - 1;
  l->data = ((uint64_t)l->at.at + mask) & ~mask;
  for (size_t i = 0; i < n; i++) {
    const info *t = &l->infos[i];
    uint64_t room = l->data < l->src->size ? l->src->size - l->data : 0;
    uint64_t bytes = (uint64_t)t->blocks * t->type->bytes;
    if (t->offset > room || bytes > room - t->offset)
      return bad_key(l, t->name, t->name_len,
                     "extends past the end of the file. Perhaps an incomplete download or corrupt "
                     "file?");
    l->ranges[i] = (mx_range){t->offset, t->offset + bytes};
    l->to_come += memory_of(t);
  }
  if (mx_ranges_overlap(l->ranges, n))
    return mx_fail(MX_RUNTIME, "[%s] %s: tensors overlap", l->src->op, l->src->label);
  return 0;
}

/* ---- arrays ---- */

static job *new_job(loader *l, const info *t) {
  job *j = &l->jobs[l->n_jobs++];
  *j = (job){.type = t->type, .blocks = t->blocks, .first_piece = l->n_pieces};
  j->src = (const uint8_t *)l->src->map->host + l->data + t->offset;
  int64_t per_piece = PIECE / t->type->bytes;
  l->n_pieces += (t->blocks + per_piece - 1) / per_piece;
  return j;
}

/* Memory for a tensor: the slab, which the loader owns, and where in it. */
static int take_memory(loader *l, const info *t, size_t *offset) {
  size_t bytes = memory_of(t);
  if (!l->slab || bytes > l->slab->size - l->slab_used) {
    size_t size = l->to_come < SLAB ? (size_t)l->to_come : SLAB;
    mx_buffer_release(l->slab);
    l->slab = mx_buffer_new(size < bytes ? bytes : size);
    l->slab_used = 0;
    if (!l->slab)
      return 1;
  }
  *offset = l->slab_used;
  l->slab_used += bytes;
  l->to_come -= bytes;
  return 0;
}

static mx_array *slab_array(loader *l, mx_spec spec, size_t offset) {
  return mx_leaf(spec, mx_buffer_retain(l->slab), (int64_t)offset);
}

static int add_expanded(loader *l, const info *t) {
  size_t at;
  if (take_memory(l, t, &at))
    return 1;
  new_job(l, t)->values = (uint16_t *)((char *)l->slab->host + at);
  mx_array *a = slab_array(l, (mx_spec){t->type->dtype, t->ndim, t->shape, NULL}, at);
  return !a || mx_table_add(&l->g.arrays, l->src->op, t->name, t->name_len, a, NULL);
}

/* "x.weight" -> "x.scales"; another name gets the suffix behind it. */
static int add_beside(loader *l, const info *t, const char *suffix, mx_array *a) {
  static const char weight[] = ".weight";
  size_t n = t->name_len, cut = sizeof weight - 1;
  if (n >= cut && memcmp(t->name + n - cut, weight, cut) == 0)
    n -= cut;
  char *name = malloc(n + strlen(suffix) + 1);
  if (!name)
    return mx_nomem(l->src->op);
  memcpy(name, t->name, n);
  strcpy(name + n, suffix);
  int bad = mx_table_add(&l->g.arrays, l->src->op, name, strlen(name), a, NULL);
  free(name);
  return bad;
}

static int add_quantized(loader *l, const info *t) {
  size_t at, codes = codes_size(t), halves = halves_size(t);
  if (take_memory(l, t, &at))
    return 1;
  job *j = new_job(l, t);
  char *host = (char *)l->slab->host + at;
  j->codes = (uint8_t *)host;
  j->scales = (uint16_t *)(host + codes);
  j->biases = (uint16_t *)(host + codes + halves);
  int last = t->ndim - 1;
  int64_t shape[MX_GGUF_MAX_DIMS];
  memcpy(shape, t->shape, sizeof shape);
  shape[last] = t->shape[last] / 32 * t->type->bits;
  mx_array *w = slab_array(l, (mx_spec){MLX_UINT32, t->ndim, shape, NULL}, at);
  shape[last] = t->shape[last] / 32;
  mx_spec half = {MLX_FLOAT16, t->ndim, shape, NULL};
  mx_array *scales = slab_array(l, half, at + codes);
  mx_array *biases = slab_array(l, half, at + codes + halves);
  return !w || !scales || !biases ||
         mx_table_add(&l->g.arrays, l->src->op, t->name, t->name_len, w, NULL) ||
         add_beside(l, t, ".scales", scales) || add_beside(l, t, ".biases", biases);
}

static int add_plain(loader *l, const info *t) {
  mx_spec spec = {t->type->dtype, t->ndim, t->shape, NULL};
  mx_array *a;
  if (memory_of(t)) {
    size_t at;
    if (take_memory(l, t, &at))
      return 1;
    memcpy((char *)l->slab->host + at, (const char *)l->src->map->host + l->data + t->offset,
           size_in_file(t));
    a = slab_array(l, spec, at);
  } else {
    a = mx_source_array(l->src, spec, l->data + t->offset);
  }
  return !a || mx_table_add(&l->g.arrays, l->src->op, t->name, t->name_len, a, NULL);
}

static int make_arrays(loader *l) {
  for (size_t i = 0; i < l->n_tensors; i++) {
    const info *t = &l->infos[i];
    int bad = t->type->repack   ? add_quantized(l, t)
              : t->type->decode ? add_expanded(l, t)
                                : add_plain(l, t);
    if (bad)
      return 1;
  }
  return mx_table_seal(&l->g.arrays, l->src->op, "tensor");
}

/* ---- conversion ---- */

static void convert_blocks(const job *j, int64_t begin, int64_t end) {
  const uint8_t *src = j->src + begin * j->type->bytes;
  if (j->type->repack)
    j->type->repack(src, end - begin, j->codes + begin * j->type->bits * 4, j->scales + begin,
                    j->biases + begin);
  else
    mx_gguf_decode(j->type, src, end - begin, j->values + begin * j->type->values);
}

/* The pages of what was read leave this process; the system keeps them as it likes. */
static void forget(const loader *l, const uint8_t *src, int64_t n) {
  uintptr_t mask = ~(uintptr_t)(l->page - 1);
  uintptr_t begin = (uintptr_t)src & mask, end = ((uintptr_t)src + (uintptr_t)n) & mask;
  if (l->src->paged && end > begin)
    madvise((void *)begin, end - begin, MADV_DONTNEED);
}

static const job *job_of_piece(const loader *l, int64_t piece) {
  size_t lo = 0, hi = l->n_jobs;
  while (hi - lo > 1) {
    size_t mid = lo + (hi - lo) / 2;
    if (l->jobs[mid].first_piece <= piece)
      lo = mid;
    else
      hi = mid;
  }
  return &l->jobs[lo];
}

static void convert_pieces(void *ctx, int64_t begin, int64_t end) {
  const loader *l = ctx;
  for (int64_t piece = begin; piece < end; piece++) {
    const job *j = job_of_piece(l, piece);
    int64_t per_piece = PIECE / j->type->bytes, from = (piece - j->first_piece) * per_piece;
    int64_t to = from + per_piece < j->blocks ? from + per_piece : j->blocks;
    convert_blocks(j, from, to);
    forget(l, j->src + from * j->type->bytes, (to - from) * j->type->bytes);
  }
}

/* ---- the whole ---- */

static int take_header(loader *l, uint64_t *n_pairs) {
  const uint8_t *magic = mx_take_bytes(&l->at, 4);
  if (!magic || memcmp(magic, "GGUF", 4) != 0)
    return mx_fail(MX_RUNTIME, "[%s] %s is not a gguf file", l->src->op, l->src->label);
  uint32_t version = mx_take_u32(&l->at);
  if (!l->at.bad && version != 2 && version != 3)
    return mx_fail(MX_RUNTIME, "[%s] %s has gguf version %u; versions 2 and 3 are supported",
                   l->src->op, l->src->label, (unsigned)version);
  l->n_tensors = mx_take_u64(&l->at);
  *n_pairs = mx_take_u64(&l->at);
  /* What an info and a pair take at least. */
  size_t left = mx_cursor_left(&l->at);
  if (l->at.bad || l->n_tensors > left / 24 || *n_pairs > left / 13)
    return truncated(l);
  return 0;
}

static int load(loader *l) {
  uint64_t n_pairs = 0;
  if (take_header(l, &n_pairs) || take_metadata(l, n_pairs) || find_alignment(l) || take_infos(l) ||
      make_arrays(l))
    return 1;
  mx_parallel_for(l->n_pieces, 1, convert_pieces, l);
  return 0;
}

int mx_load_gguf(mx_gguf *g, const mx_source *src) {
  loader l = {.src = src, .page = (size_t)sysconf(_SC_PAGESIZE)};
  l.at = (mx_cursor){.data = src->map->host, .size = src->map->size};
  mx_scope scope = mx_scope_open();
  int bad = load(&l);
  mx_scope_close(scope, NULL);
  free(l.infos);
  free(l.ranges);
  free(l.jobs);
  mx_buffer_release(l.slab);
  if (bad) {
    mx_gguf_free(&l.g);
    return 1;
  }
  *g = l.g;
  g->map = mx_buffer_retain(src->map);
  return 0;
}

void mx_gguf_free(mx_gguf *g) {
  mx_table_free(&g->arrays);
  mx_table_free(&g->metadata);
  mx_buffer_release(g->map);
  g->map = NULL;
}
