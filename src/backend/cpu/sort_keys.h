/* Sorting of one kind of element by the unsigned key inside it: a template. The includer defines
 * ELEM (the type), KEY(e) (its key, unsigned), KEY_BITS, LESS(a, b) (an order that breaks no tie
 * of equal keys, or breaks it by place) and NAME(f) (the functions' names), and gets
 *
 *   NAME(sort)(ELEM *a, ELEM *tmp, int64_t n)               stable, ascending
 *   NAME(select)(ELEM *a, ELEM *tmp, int64_t n, int64_t k)  a[k] in its sorted place, less before
 *
 * tmp has room for n. Short rows merge; long ones go through a least-significant-digit radix sort,
 * cut into chunks where a pool is idle. The order of the result does not depend on the chunks. */

#define DIGIT_MAX 11
#define RADIX_MIN 192
#define CHUNK_MIN (64 << 10)
#define CHUNKS_MAX 16

static void NAME(insertion)(ELEM *a, int64_t n) {
  for (int64_t i = 1; i < n; i++) {
    ELEM x = a[i];
    int64_t j = i;
    for (; j > 0 && LESS(x, a[j - 1]); j--) a[j] = a[j - 1];
    a[j] = x;
  }
}

static void NAME(merge)(ELEM *restrict out, const ELEM *x, int64_t nx, const ELEM *y, int64_t ny) {
  const ELEM *xe = x + nx, *ye = y + ny;
  while (x < xe && y < ye) {
    bool right = LESS(*y, *x);
    *out++ = right ? *y : *x;
    y += right;
    x += !right;
  }
  while (x < xe) *out++ = *x++;
  while (y < ye) *out++ = *y++;
}

static void NAME(merge_sort)(ELEM *a, ELEM *tmp, int64_t n) {
  enum { RUN = 16 };
  for (int64_t i = 0; i < n; i += RUN) NAME(insertion)(a + i, n - i < RUN ? n - i : RUN);
  ELEM *from = a, *to = tmp;
  for (int64_t w = RUN; w < n; w *= 2) {
    for (int64_t i = 0; i < n; i += 2 * w) {
      int64_t left = n - i < w ? n - i : w, right = n - i - left < w ? n - i - left : w;
      NAME(merge)(to + i, from + i, left, from + i + left, right);
    }
    ELEM *t = from;
    from = to;
    to = t;
  }
  if (from != a) memcpy(a, from, (size_t)n * sizeof *a);
}

typedef struct NAME(radix) {
  const ELEM *from;
  ELEM *to;
  int64_t n, chunk;
  int shift, bits;
  uint32_t count[CHUNKS_MAX][1 << DIGIT_MAX];
} NAME(radix);

#define DIGIT(r, e) ((size_t)(KEY(e) >> (r)->shift) & (((size_t)1 << (r)->bits) - 1))

static void NAME(count)(void *ctx, int64_t begin, int64_t end) {
  NAME(radix) *r = ctx;
  for (int64_t c = begin; c < end; c++) {
    uint32_t *count = r->count[c];
    int64_t stop = (c + 1) * r->chunk < r->n ? (c + 1) * r->chunk : r->n;
    memset(count, 0, sizeof r->count[c]);
    for (int64_t i = c * r->chunk; i < stop; i++) count[DIGIT(r, r->from[i])]++;
  }
}

static void NAME(move)(void *ctx, int64_t begin, int64_t end) {
  NAME(radix) *r = ctx;
  const ELEM *from = r->from;
  ELEM *to = r->to;
  for (int64_t c = begin; c < end; c++) {
    uint32_t *place = r->count[c];
    int64_t stop = (c + 1) * r->chunk < r->n ? (c + 1) * r->chunk : r->n;
    for (int64_t i = c * r->chunk; i < stop; i++) to[place[DIGIT(r, from[i])]++] = from[i];
  }
}

/* Counts become places; false when all elements share the digit. */
static bool NAME(places)(NAME(radix) *r, int64_t chunks) {
  uint32_t at = 0;
  for (int64_t d = 0; d < (int64_t)1 << r->bits; d++) {
    uint32_t before = at;
    for (int64_t c = 0; c < chunks; c++) {
      uint32_t n = r->count[c][d];
      r->count[c][d] = at;
      at += n;
    }
    if (at - before == (uint32_t)r->n) return false;
  }
  return true;
}

static int NAME(radix_sort)(ELEM *a, ELEM *tmp, int64_t n) {
  NAME(radix) *r = malloc(sizeof *r);
  if (!r) return 1;
  int64_t chunks = n / CHUNK_MIN, threads = mx_thread_count();
  chunks = chunks > threads ? threads : chunks;
  chunks = chunks < 1 ? 1 : chunks > CHUNKS_MAX ? CHUNKS_MAX : chunks;
  r->n = n;
  r->chunk = (n + chunks - 1) / chunks;
  r->from = a;
  r->to = tmp;
  int width = n < 4096 ? 8 : DIGIT_MAX;
  for (r->shift = 0; r->shift < KEY_BITS; r->shift += width) {
    r->bits = KEY_BITS - r->shift < width ? KEY_BITS - r->shift : width;
    mx_parallel_for(chunks, 1, NAME(count), r);
    if (!NAME(places)(r, chunks)) continue;
    mx_parallel_for(chunks, 1, NAME(move), r);
    ELEM *t = r->to;
    r->to = (ELEM *)r->from;
    r->from = t;
  }
  if (r->from != a) memcpy(a, r->from, (size_t)n * sizeof *a);
  free(r);
  return 0;
}

/* Falls back on merging where there is no memory for the counters. */
static void NAME(sort)(ELEM *a, ELEM *tmp, int64_t n) {
  if (n < RADIX_MIN || n > UINT32_MAX || NAME(radix_sort)(a, tmp, n)) NAME(merge_sort)(a, tmp, n);
}

/* Splits by the leading digit and sorts only the elements that share it with the k-th. */
static void NAME(select)(ELEM *a, ELEM *tmp, int64_t n, int64_t k) {
  enum { TOP = KEY_BITS - 8 };
  int64_t count[256] = {0}, below = 0;
  if (n < RADIX_MIN) {
    NAME(merge_sort)(a, tmp, n);
    return;
  }
  for (int64_t i = 0; i < n; i++) count[KEY(a[i]) >> TOP]++;
  int64_t d = 0;
  while (below + count[d] <= k) below += count[d++];
  int64_t less = 0, same = below, more = below + count[d];
  for (int64_t i = 0; i < n; i++) {
    int64_t x = (int64_t)(KEY(a[i]) >> TOP);
    int64_t *to = x < d ? &less : x == d ? &same : &more;
    tmp[(*to)++] = a[i];
  }
  memcpy(a, tmp, (size_t)n * sizeof *a);
  NAME(sort)(a + below, tmp, count[d]);
}

#undef DIGIT
#undef DIGIT_MAX
#undef RADIX_MIN
#undef CHUNK_MIN
#undef CHUNKS_MAX
#undef ELEM
#undef KEY
#undef KEY_BITS
#undef LESS
#undef NAME
