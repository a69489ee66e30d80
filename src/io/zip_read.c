/* Reads zip files; see zip.h. Nothing that the file says about itself is believed: every offset and
 * length is checked against the source, and no more memory is taken than its bytes can unpack to. */
#include "io/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"

enum {
  LOCAL = 0x04034b50,
  ENTRY = 0x02014b50,
  END = 0x06054b50,
  END64 = 0x06064b50,
  LOCATOR64 = 0x07064b50,
  LOCAL_BYTES = 30,
  END_BYTES = 22,
  END64_BYTES = 56,
  LOCATOR_BYTES = 20,
  CHUNK = 1 << 16,
  MOST_UNPACKED = 1032 /* bytes that one deflated byte can stand for */
};

static int bad_zip(const mx_source *src, const char *what) {
  return mx_fail(MX_RUNTIME, "[%s] %s is no zip file that can be read: %s", src->op, src->label,
                 what);
}

/* ---- the directory ---- */

typedef struct directory {
  uint64_t begin, size, count;
  uint64_t shift; /* what stands before the zip file, which its offsets do not count */
} directory;

/* The end record is last, behind it only its comment. */
static int find_end(const mx_source *src, uint64_t *at, uint8_t record[END_BYTES]) {
  uint64_t room = END_BYTES + 65535, n = src->size < room ? src->size : room;
  uint8_t *tail = malloc(n ? n : 1);
  if (!tail)
    return mx_nomem(src->op);
  int bad = mx_source_read(src, tail, src->size - n, n);
  bool found = false;
  for (uint64_t i = n < END_BYTES ? 0 : n - END_BYTES + 1; !bad && !found && i-- > 0;) {
    uint32_t mark = (uint32_t)tail[i] | (uint32_t)tail[i + 1] << 8 | (uint32_t)tail[i + 2] << 16 |
                    (uint32_t)tail[i + 3] << 24;
    uint64_t comment = tail[i + 20] | (uint64_t)tail[i + 21] << 8;
    found = mark == END && i + END_BYTES + comment == n;
    if (found) {
      *at = src->size - n + i;
      memcpy(record, tail + i, END_BYTES);
    }
  }
  free(tail);
  return bad ? 1 : found ? 0 : bad_zip(src, "it has no directory");
}

/* Where the 64-bit end record stands before the end record at `end`, it has the last word. */
static int read_end64(const mx_source *src, uint64_t end, directory *d, uint64_t *tail) {
  uint8_t bytes[END64_BYTES];
  if (end < LOCATOR_BYTES || mx_source_read(src, bytes, end - LOCATOR_BYTES, LOCATOR_BYTES))
    return end < LOCATOR_BYTES ? 0 : 1;
  mx_cursor c = {.data = bytes, .size = LOCATOR_BYTES};
  if (mx_take_u32(&c) != LOCATOR64)
    return 0;
  if (end < LOCATOR_BYTES + END64_BYTES)
    return bad_zip(src, "its 64-bit end record is missing");
  /* Just before the locator, where all writers put it; the stated place may be off by a prefix. */
  if (mx_source_read(src, bytes, end - LOCATOR_BYTES - END64_BYTES, END64_BYTES))
    return 1;
  c = (mx_cursor){.data = bytes, .size = END64_BYTES};
  if (mx_take_u32(&c) != END64)
    return bad_zip(src, "its 64-bit end record is missing");
  mx_take_bytes(&c, 28);
  d->count = mx_take_u64(&c);
  d->size = mx_take_u64(&c);
  d->begin = mx_take_u64(&c);
  *tail = end - LOCATOR_BYTES - END64_BYTES;
  return 0;
}

static int find_directory(const mx_source *src, directory *d) {
  uint8_t record[END_BYTES];
  uint64_t end;
  if (find_end(src, &end, record))
    return 1;
  mx_cursor c = {.data = record, .size = END_BYTES};
  mx_take_bytes(&c, 10);
  d->count = mx_take_u16(&c);
  d->size = mx_take_u32(&c);
  d->begin = mx_take_u32(&c);
  uint64_t tail = end;
  if (read_end64(src, end, d, &tail))
    return 1;
  if (d->size > tail || d->begin > tail - d->size)
    return bad_zip(src, "its directory is outside of it");
  d->shift = tail - d->size - d->begin;
  return 0;
}

/* Numbers that do not fit 32 bits stand in the entry's extra field. */
static int read_extra64(const mx_source *src, const uint8_t *extra, size_t n, mx_zip_member *m) {
  const uint64_t full = UINT32_MAX;
  mx_cursor c = {.data = extra, .size = n};
  while (mx_cursor_left(&c) >= 4) {
    uint16_t id = mx_take_u16(&c), len = mx_take_u16(&c);
    const uint8_t *p = mx_take_bytes(&c, len);
    if (!p)
      break;
    if (id != 1)
      continue;
    mx_cursor e = {.data = p, .size = len};
    if (m->size == full)
      m->size = mx_take_u64(&e);
    if (m->packed == full)
      m->packed = mx_take_u64(&e);
    if (m->begin == full)
      m->begin = mx_take_u64(&e);
    return e.bad ? bad_zip(src, "a 64-bit field is cut short") : 0;
  }
  return 0;
}

static int read_entry(const mx_source *src, const directory *d, mx_cursor *c, mx_zip_member *m) {
  if (mx_take_u32(c) != ENTRY)
    return bad_zip(src, "its directory is damaged");
  mx_take_bytes(c, 4);
  uint16_t flags = mx_take_u16(c);
  m->method = mx_take_u16(c);
  mx_take_bytes(c, 4);
  m->crc = mx_take_u32(c);
  m->packed = mx_take_u32(c);
  m->size = mx_take_u32(c);
  size_t name = mx_take_u16(c), extra = mx_take_u16(c), comment = mx_take_u16(c);
  mx_take_bytes(c, 8);
  m->begin = mx_take_u32(c);
  const uint8_t *n = mx_take_bytes(c, name), *x = mx_take_bytes(c, extra);
  mx_take_bytes(c, comment);
  if (c->bad)
    return bad_zip(src, "its directory is cut short");
  if (read_extra64(src, x, extra, m))
    return 1;
  if (flags & 1)
    return bad_zip(src, "a member is encrypted");
  if (m->method != 0 && m->method != 8)
    return bad_zip(src, "a member is neither stored nor deflated");
  if (m->method == 0 && m->packed != m->size)
    return bad_zip(src, "a stored member has two sizes");
  if (m->begin > src->size || __builtin_add_overflow(m->begin, d->shift, &m->begin))
    return bad_zip(src, "a member is outside of it");
  if (!(m->name = malloc(name + 1)))
    return mx_nomem(src->op);
  memcpy(m->name, n, name);
  m->name[name] = 0;
  m->len = name;
  return 0;
}

/* The member's own header says where its bytes begin. */
static int locate(const mx_source *src, const directory *d, mx_zip_member *m) {
  uint8_t bytes[LOCAL_BYTES];
  uint64_t end = d->shift + d->begin;
  if (m->begin > end || end - m->begin < LOCAL_BYTES)
    return bad_zip(src, "a member is outside of it");
  if (mx_source_read(src, bytes, m->begin, LOCAL_BYTES))
    return 1;
  mx_cursor c = {.data = bytes, .size = LOCAL_BYTES};
  if (mx_take_u32(&c) != LOCAL)
    return bad_zip(src, "a member's header is damaged");
  mx_take_bytes(&c, 22);
  m->data = m->begin + LOCAL_BYTES;
  m->data += mx_take_u16(&c);
  m->data += mx_take_u16(&c);
  if (m->data > end || m->packed > end - m->data)
    return bad_zip(src, "a member goes on behind its end");
  return 0;
}

static int refuse_overlap(const mx_source *src, const mx_zip *zip) {
  mx_range *r = malloc((zip->n ? zip->n : 1) * sizeof *r);
  if (!r)
    return mx_nomem(src->op);
  for (size_t i = 0; i < zip->n; i++)
    r[i] = (mx_range){zip->members[i].begin, zip->members[i].data + zip->members[i].packed};
  bool overlap = mx_ranges_overlap(r, zip->n);
  free(r);
  return overlap ? bad_zip(src, "members overlap") : 0;
}

static int read_entries(mx_zip *zip, const mx_source *src, const directory *d, mx_cursor *c) {
  if (d->count > d->size / 46) /* bytes of the shortest entry */
    return bad_zip(src, "its directory is cut short");
  zip->members = calloc(d->count ? d->count : 1, sizeof *zip->members);
  if (!zip->members)
    return mx_nomem(src->op);
  for (zip->n = 0; zip->n < d->count; zip->n++) {
    mx_zip_member *m = &zip->members[zip->n];
    if (read_entry(src, d, c, m) || locate(src, d, m)) {
      free(m->name);
      return 1;
    }
  }
  return refuse_overlap(src, zip);
}

int mx_zip_open(mx_zip *zip, const mx_source *src) {
  directory d;
  *zip = (mx_zip){0};
  if (find_directory(src, &d))
    return 1;
  uint8_t *bytes = malloc(d.size ? d.size : 1);
  if (!bytes)
    return mx_nomem(src->op);
  mx_cursor c = {.data = bytes, .size = d.size};
  int bad = mx_source_read(src, bytes, d.shift + d.begin, d.size) ||
            read_entries(zip, src, &d, &c);
  free(bytes);
  return bad;
}

void mx_zip_free(mx_zip *zip) {
  for (size_t i = 0; i < zip->n; i++)
    free(zip->members[i].name);
  free(zip->members);
  *zip = (mx_zip){0};
}

/* ---- members ---- */

static int check(const mx_source *src, const mx_zip_member *m, uint32_t crc) {
  if (crc == m->crc)
    return 0;
  return mx_fail(MX_RUNTIME, "[%s] %s: the checksum of '%s' is wrong, the file is damaged", src->op,
                 src->label, m->name);
}

static int stored(mx_source *member, const mx_source *src, const mx_zip_member *m, uint8_t *chunk) {
  uint32_t crc = 0;
  for (uint64_t at = 0; at < m->size; at += CHUNK) {
    size_t n = m->size - at < CHUNK ? (size_t)(m->size - at) : CHUNK;
    if (mx_source_read(src, chunk, m->data + at, n))
      return 1;
    crc = (uint32_t)crc32(crc, chunk, (uInt)n);
  }
  return check(src, m, crc) || mx_source_part(member, src, m->data, m->size);
}

/* Unpacks exactly `size` bytes into dst. */
static int unpack(const mx_source *src, const mx_zip_member *m, z_stream *z, uint8_t *chunk,
                  uint8_t *dst) {
  uint64_t at = 0, done = 0;
  int state = Z_OK;
  while (state == Z_OK) {
    if (z->avail_in == 0 && at < m->packed) {
      size_t n = m->packed - at < CHUNK ? (size_t)(m->packed - at) : CHUNK;
      if (mx_source_read(src, chunk, m->data + at, n))
        return 1;
      z->next_in = chunk;
      z->avail_in = (uInt)n;
      at += n;
    }
    uint64_t left = m->size - done;
    uint8_t over; /* where nothing is left, one byte more would show that the size is wrong */
    z->next_out = left ? dst + done : &over;
    z->avail_out = left == 0 ? 1 : left < CHUNK ? (uInt)left : CHUNK;
    uInt room = z->avail_out;
    state = inflate(z, Z_NO_FLUSH);
    if (left == 0 && z->avail_out == 0)
      return bad_zip(src, "a member unpacks to more than it says");
    done += left ? room - z->avail_out : 0;
  }
  if (state == Z_MEM_ERROR)
    return mx_nomem(src->op);
  if (state != Z_STREAM_END || done != m->size)
    return bad_zip(src, "a member's packed bytes are damaged");
  return check(src, m, (uint32_t)crc32_z(0, dst, m->size));
}

static int deflated(mx_source *member, const mx_source *src, const mx_zip_member *m,
                    uint8_t *chunk) {
  if (m->size / MOST_UNPACKED > m->packed || m->size > SIZE_MAX / 2)
    return bad_zip(src, "a member says to unpack to more than it can");
  mx_buffer *b = mx_buffer_new((size_t)m->size);
  if (!b)
    return 1;
  z_stream z = {0};
  int bad = inflateInit2(&z, -MAX_WBITS) != Z_OK ? mx_nomem(src->op) : 0;
  if (!bad) {
    bad = unpack(src, m, &z, chunk, b->host);
    inflateEnd(&z);
  }
  if (bad) {
    mx_buffer_release(b);
    return 1;
  }
  member->map = b;
  member->size = m->size;
  return 0;
}

int mx_zip_source(mx_source *member, const mx_source *src, const mx_zip_member *m) {
  *member = (mx_source){.op = src->op, .label = src->label};
  uint8_t *chunk = malloc(CHUNK);
  if (!chunk)
    return mx_nomem(src->op);
  int bad = m->method == 0 ? stored(member, src, m, chunk) : deflated(member, src, m, chunk);
  free(chunk);
  return bad;
}
