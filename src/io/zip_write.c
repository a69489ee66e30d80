/* Writes zip files; see zip.h. The sink need not seek: a stored member's size and checksum are known
 * before it is written, those of a deflated one stand behind it. */
#include "io/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"

enum { FULL16 = 0xffff, CHUNK = 1 << 16, BEHIND = 8, UTF8 = 0x800, DATE = 0x21 /* 1980-01-01 */ };
#define FULL32 UINT32_MAX

/* ---- a few bytes at a time ---- */

typedef struct record {
  uint8_t bytes[128];
  size_t n;
} record;

static void put(record *r, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++)
    r->bytes[r->n++] = (uint8_t)(value >> (8 * i));
}

static int emit(mx_zip_out *z, const void *data, size_t n) {
  if (mx_sink_write(z->out, data, n))
    return 1;
  z->at += n;
  return 0;
}

/* ---- what a member's bytes go through ---- */

typedef struct duct {
  mx_zip_out *z; /* NULL: only counted */
  z_stream *deflate;
  uint8_t *chunk;
  uint64_t size, packed;
  uint32_t crc;
  bool failed;
} duct;

static void pack(duct *p, const char *data, size_t n, int flush) {
  z_stream *d = p->deflate;
  size_t at = 0;
  do {
    uInt take = n - at < CHUNK ? (uInt)(n - at) : CHUNK;
    d->next_in = (Bytef *)(uintptr_t)(data + at);
    d->avail_in = take;
    at += take;
    do {
      d->next_out = p->chunk;
      d->avail_out = CHUNK;
      deflate(d, at == n ? flush : Z_NO_FLUSH);
      size_t made = CHUNK - d->avail_out;
      p->packed += made;
      p->failed = p->failed || emit(p->z, p->chunk, made);
    } while (d->avail_out == 0 && !p->failed);
  } while (at < n && !p->failed);
}

static void duct_write(void *desc, const char *data, size_t n) {
  duct *p = desc;
  p->size += n;
  p->crc = (uint32_t)crc32_z(p->crc, (const Bytef *)data, n);
  if (p->failed || !p->z)
    return;
  if (p->deflate)
    pack(p, data, n, Z_NO_FLUSH);
  else
    p->failed = emit(p->z, data, n) != 0;
}

static bool duct_good(void *desc) {
  return !((duct *)desc)->failed;
}

typedef struct content {
  int (*put)(mx_sink *sink, void *ctx);
  void *ctx;
} content;

static int run(duct *p, const mx_zip_out *z, content c) {
  mx_io io = {p, {.write = duct_write, .good = duct_good}};
  mx_sink sink;
  int bad = mx_sink_io(&sink, z->out->op, &io);
  sink.label = z->out->label;
  bad = bad || c.put(&sink, c.ctx);
  return mx_sink_close(&sink, bad);
}

/* ---- members ---- */

static uint16_t flags_of(const mx_zip_member *m) {
  uint16_t flags = m->method ? BEHIND : 0;
  for (size_t i = 0; i < m->len; i++)
    if ((uint8_t)m->name[i] >= 0x80)
      flags |= UTF8;
  return flags;
}

static int put_header(mx_zip_out *z, const mx_zip_member *m, bool wide) {
  bool known = m->method == 0;
  record r = {.n = 0};
  put(&r, 0x04034b50, 4);
  put(&r, wide ? 45 : 20, 2);
  put(&r, flags_of(m), 2);
  put(&r, m->method, 2);
  put(&r, (uint64_t)DATE << 16, 4);
  put(&r, known ? m->crc : 0, 4);
  put(&r, wide ? FULL32 : known ? m->size : 0, 4);
  put(&r, wide ? FULL32 : known ? m->size : 0, 4);
  put(&r, m->len, 2);
  put(&r, wide ? 20 : 0, 2);
  if (emit(z, r.bytes, r.n) || emit(z, m->name, m->len))
    return 1;
  r.n = 0;
  if (wide) {
    put(&r, 1, 2);
    put(&r, 16, 2);
    put(&r, known ? m->size : 0, 8);
    put(&r, known ? m->size : 0, 8);
  }
  return emit(z, r.bytes, r.n);
}

static int put_stored(mx_zip_out *z, mx_zip_member *m, content c) {
  duct count = {.z = NULL}, write = {.z = z};
  if (run(&count, z, c))
    return 1;
  m->size = m->packed = count.size;
  m->crc = count.crc;
  if (put_header(z, m, m->size >= FULL32) || run(&write, z, c))
    return 1;
  if (write.size != count.size || write.crc != count.crc)
    return mx_fail(MX_RUNTIME, "[%s] %s changed while it was written", z->out->op, m->name);
  return 0;
}

static int put_deflated(mx_zip_out *z, mx_zip_member *m, bool wide, content c) {
  z_stream d = {0};
  duct p = {.z = z, .deflate = &d, .chunk = malloc(CHUNK)};
  if (!p.chunk || deflateInit2(&d, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
                               Z_DEFAULT_STRATEGY) != Z_OK) {
    free(p.chunk);
    return mx_nomem(z->out->op);
  }
  int bad = put_header(z, m, wide) || run(&p, z, c);
  if (!bad)
    pack(&p, "", 0, Z_FINISH);
  deflateEnd(&d);
  free(p.chunk);
  if (bad || p.failed)
    return 1;
  m->size = p.size;
  m->packed = p.packed;
  m->crc = p.crc;
  record r = {.n = 0};
  put(&r, 0x08074b50, 4);
  put(&r, m->crc, 4);
  put(&r, m->packed, wide ? 8 : 4);
  put(&r, m->size, wide ? 8 : 4);
  return emit(z, r.bytes, r.n);
}

static mx_zip_member *new_member(mx_zip_out *z, const char *name) {
  const char *op = z->out->op;
  size_t len = strlen(name);
  if (len > FULL16) {
    mx_fail(MX_VALUE, "[%s] a name of %zu bytes is too long", op, len);
    return NULL;
  }
  if (z->zip.n == z->room) {
    size_t room = z->room ? 2 * z->room : 16;
    mx_zip_member *more = realloc(z->zip.members, room * sizeof *more);
    if (!more) {
      mx_nomem(op);
      return NULL;
    }
    z->zip.members = more;
    z->room = room;
  }
  mx_zip_member m = {.name = strdup(name), .len = len, .begin = z->at};
  if (!m.name) {
    mx_nomem(op);
    return NULL;
  }
  z->zip.members[z->zip.n] = m;
  return &z->zip.members[z->zip.n++];
}

int mx_zip_add(mx_zip_out *z, const char *name, bool compressed, uint64_t size_hint,
               int (*fn)(mx_sink *sink, void *ctx), void *ctx) {
  content c = {fn, ctx};
  mx_zip_member *m = new_member(z, name);
  if (!m)
    return 1;
  m->method = compressed ? 8 : 0;
  /* Deflated bytes may be a little more than those that went in. */
  bool wide = size_hint >= FULL32 - (FULL32 >> 8);
  return compressed ? put_deflated(z, m, wide, c) : put_stored(z, m, c);
}

/* ---- the directory ---- */

static int put_entry(mx_zip_out *z, const mx_zip_member *m) {
  bool size = m->size >= FULL32, packed = m->packed >= FULL32, far = m->begin >= FULL32;
  int wide = size + packed + far;
  record r = {.n = 0};
  put(&r, 0x02014b50, 4);
  put(&r, 0x0300 | (wide ? 45 : 20), 2); /* written on Unix */
  put(&r, wide ? 45 : 20, 2);
  put(&r, flags_of(m), 2);
  put(&r, m->method, 2);
  put(&r, (uint64_t)DATE << 16, 4);
  put(&r, m->crc, 4);
  put(&r, packed ? FULL32 : m->packed, 4);
  put(&r, size ? FULL32 : m->size, 4);
  put(&r, m->len, 2);
  put(&r, wide ? (uint64_t)(4 + 8 * wide) : 0, 2);
  put(&r, 0, 6); /* no comment, first disk, no attributes within */
  put(&r, (uint64_t)0600 << 16, 4);
  put(&r, far ? FULL32 : m->begin, 4);
  if (emit(z, r.bytes, r.n) || emit(z, m->name, m->len))
    return 1;
  r.n = 0;
  if (wide) {
    put(&r, 1, 2);
    put(&r, (uint64_t)(8 * wide), 2);
  }
  if (size)
    put(&r, m->size, 8);
  if (packed)
    put(&r, m->packed, 8);
  if (far)
    put(&r, m->begin, 8);
  return emit(z, r.bytes, r.n);
}

int mx_zip_finish(mx_zip_out *z) {
  uint64_t begin = z->at, n = z->zip.n;
  for (size_t i = 0; i < n; i++)
    if (put_entry(z, &z->zip.members[i]))
      return 1;
  uint64_t size = z->at - begin, end = z->at;
  record r = {.n = 0};
  if (n >= FULL16 || size >= FULL32 || begin >= FULL32) {
    put(&r, 0x06064b50, 4);
    put(&r, 44, 8);
    put(&r, 0x032d, 2);
    put(&r, 45, 2);
    put(&r, 0, 8);
    put(&r, n, 8);
    put(&r, n, 8);
    put(&r, size, 8);
    put(&r, begin, 8);
    put(&r, 0x07064b50, 4);
    put(&r, 0, 4);
    put(&r, end, 8);
    put(&r, 1, 4);
  }
  put(&r, 0x06054b50, 4);
  put(&r, 0, 4);
  put(&r, n < FULL16 ? n : FULL16, 2);
  put(&r, n < FULL16 ? n : FULL16, 2);
  put(&r, size < FULL32 ? size : FULL32, 4);
  put(&r, begin < FULL32 ? begin : FULL32, 4);
  put(&r, 0, 2);
  return emit(z, r.bytes, r.n);
}

void mx_zip_out_free(mx_zip_out *z) {
  mx_zip_free(&z->zip);
}
