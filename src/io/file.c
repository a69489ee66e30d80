/* See file.h. Owns every open, map, seek and write of the formats. */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the file formats are little endian, and so must the machine be"
#endif

const char *mx_io_label(const mx_io *io) {
  const char *label = io->vt.label ? io->vt.label(io->desc) : NULL;
  return label ? label : "(stream)";
}

/* ---- source ---- */

static void unmap(mx_buffer *b) {
  if (b->host)
    munmap(b->host, b->size);
}

static int map_fd(mx_source *src, int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return mx_fail(MX_RUNTIME, "[%s] cannot stat %s: %s", src->op, src->label, strerror(errno));
  if (!S_ISREG(st.st_mode))
    return mx_fail(MX_RUNTIME, "[%s] %s is not a regular file", src->op, src->label);
  if ((uint64_t)st.st_size > SIZE_MAX / 2)
    return mx_fail(MX_RUNTIME, "[%s] %s is too large", src->op, src->label);
  size_t size = (size_t)st.st_size;
  void *host = NULL;
  if (size > 0 && (host = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0)) == MAP_FAILED)
    return mx_fail(MX_RUNTIME, "[%s] cannot map %s: %s", src->op, src->label, strerror(errno));
  src->map = mx_buffer_wrap(host, size, false, unmap, NULL);
  if (!src->map) {
    if (host)
      munmap(host, size);
    return 1;
  }
  src->size = size;
  src->paged = true;
  return 0;
}

int mx_source_file(mx_source *src, const char *op, const char *path) {
  *src = (mx_source){.op = op, .label = path};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return mx_fail(MX_RUNTIME, "[%s] Failed to open file %s: %s", op, path, strerror(errno));
  int bad = map_fd(src, fd);
  close(fd);
  return bad;
}

static bool io_good(const mx_io *io) {
  return !io->vt.good || io->vt.good(io->desc);
}

int mx_source_io(mx_source *src, const char *op, mx_io *io) {
  *src = (mx_source){.op = op, .io = io};
  if (!io)
    return mx_fail(MX_RUNTIME, "[%s] the reader is empty", op);
  src->label = mx_io_label(io);
  const mlx_io_vtable *vt = &io->vt;
  if (!vt->read || !vt->seek || !vt->tell)
    return mx_fail(MX_RUNTIME, "[%s] the reader %s lacks read, seek or tell", op, src->label);
  if ((vt->is_open && !vt->is_open(io->desc)) || !io_good(io))
    return mx_fail(MX_RUNTIME, "[%s] Failed to open %s", op, src->label);
  src->base = vt->tell(io->desc);
  vt->seek(io->desc, 0, SEEK_END);
  uint64_t end = vt->tell(io->desc);
  if (!io_good(io) || end < src->base || end > INT64_MAX)
    return mx_fail(MX_RUNTIME, "[%s] cannot find the size of %s", op, src->label);
  src->size = end - src->base;
  return 0;
}

void mx_source_close(mx_source *src) {
  mx_buffer_release(src->map);
  src->map = NULL;
}

static int source_range(const mx_source *src, uint64_t off, uint64_t n) {
  if (off > src->size || n > src->size - off)
    return mx_fail(MX_RUNTIME,
                   "[%s] %s ends too early: bytes %llu to %llu of %llu are asked for. Perhaps an "
                   "incomplete download or corrupt file?",
                   src->op, src->label, (unsigned long long)off, (unsigned long long)(off + n),
                   (unsigned long long)src->size);
  return 0;
}

int mx_source_part(mx_source *part, const mx_source *src, uint64_t off, uint64_t n) {
  *part = (mx_source){.op = src->op, .label = src->label};
  if (source_range(src, off, n))
    return 1;
  *part = *src;
  part->base = src->base + off;
  part->size = n;
  if (part->map)
    mx_buffer_retain(part->map);
  return 0;
}

int mx_source_read(const mx_source *src, void *dst, uint64_t off, size_t n) {
  if (source_range(src, off, n))
    return 1;
  if (n == 0)
    return 0;
  if (src->map) {
    memcpy(dst, (const char *)src->map->host + src->base + off, n);
    return 0;
  }
  const mx_io *io = src->io;
  io->vt.seek(io->desc, (int64_t)(src->base + off), SEEK_SET);
  io->vt.read(io->desc, dst, n);
  if (!io_good(io))
    return mx_fail(MX_RUNTIME, "[%s] Unable to read %zu bytes from %s", src->op, n, src->label);
  return 0;
}

int64_t mx_file_count(const mx_source *src, const char *name, const int64_t *shape, int ndim,
                      size_t item) {
  /* A length of zero does not excuse the others: strides are products of them. */
  int64_t all = (int64_t)item, count = 1;
  bool bad = ndim > MX_MAX_NDIM;
  for (int i = 0; i < ndim && !bad; i++) {
    bad = shape[i] < 0 || (shape[i] > 0 && __builtin_mul_overflow(all, shape[i], &all));
    count = bad ? 0 : count * shape[i];
  }
  if (bad)
    return -mx_fail(MX_RUNTIME, "[%s] %s: the shape of '%s' is negative or too large", src->op,
                    src->label, name);
  return count;
}

/* What a dtype wants of an address: complex numbers are pairs of floats. */
static size_t dtype_align(mlx_dtype t) {
  return t == MLX_COMPLEX64 ? sizeof(float) : (size_t)mx_dtype_bytes(t);
}

mx_array *mx_source_array(const mx_source *src, mx_spec spec, uint64_t off) {
  int64_t count = mx_shape_size(src->op, spec.shape, spec.ndim, spec.dtype);
  if (count < 0)
    return NULL;
  size_t bytes = (size_t)count * (size_t)mx_dtype_bytes(spec.dtype);
  if (source_range(src, off, bytes))
    return NULL;
  if (src->map && bytes > 0 && (src->base + off) % dtype_align(spec.dtype) == 0)
    return mx_leaf(spec, mx_buffer_retain(src->map), (int64_t)(src->base + off));
  mx_buffer *b = mx_buffer_new(bytes);
  if (!b)
    return NULL;
  if (mx_source_read(src, b->host, off, bytes)) {
    mx_buffer_release(b);
    return NULL;
  }
  return mx_leaf(spec, b, 0);
}

/* ---- sink ---- */

/* A new file in the folder of out->path; its name goes to out->temp, which has room for n bytes. */
static int open_beside(mx_sink *out, size_t n) {
  static atomic_uint serial;
  for (int attempt = 0; attempt < 100; attempt++) {
    unsigned number = atomic_fetch_add(&serial, 1);
    snprintf(out->temp, n, "%s.%ld-%u.tmp", out->path, (long)getpid(), number);
    int fd = open(out->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST)
      return fd;
  }
  return -1;
}

static void sink_free(mx_sink *out) {
  free(out->temp);
  free(out->path);
  *out = (mx_sink){0};
}

int mx_sink_file(mx_sink *out, const char *op, const char *path) {
  *out = (mx_sink){.op = op, .label = path};
  struct stat st;
  bool exists = stat(path, &st) == 0, in_place = exists && !S_ISREG(st.st_mode);
  int fd;
  if (in_place) {
    fd = open(path, O_WRONLY | O_CLOEXEC);
  } else {
    /* A link stays a link: the file that it names is the one replaced. */
    out->path = exists ? realpath(path, NULL) : strdup(path);
    size_t n = out->path ? strlen(out->path) + 48 : 0;
    out->temp = n ? malloc(n) : NULL;
    if (!out->temp) {
      sink_free(out);
      return mx_nomem(op);
    }
    fd = open_beside(out, n);
    if (fd >= 0 && exists && fchmod(fd, st.st_mode & 07777) != 0)
      errno = 0; /* a file system without modes: the default ones stand */
  }
  if (fd < 0) {
    mx_fail(MX_RUNTIME, "[%s] Failed to open %s: %s", op, path, strerror(errno));
    sink_free(out);
    return 1;
  }
  out->file = fdopen(fd, "wb");
  if (!out->file) {
    close(fd);
    mx_nomem(op);
    return mx_sink_close(out, 1);
  }
  return 0;
}

int mx_sink_io(mx_sink *out, const char *op, mx_io *io) {
  *out = (mx_sink){.op = op, .io = io};
  if (!io)
    return mx_fail(MX_RUNTIME, "[%s] the writer is empty", op);
  out->label = mx_io_label(io);
  if (!io->vt.write)
    return mx_fail(MX_RUNTIME, "[%s] the writer %s lacks write", op, out->label);
  if ((io->vt.is_open && !io->vt.is_open(io->desc)) || !io_good(io))
    return mx_fail(MX_RUNTIME, "[%s] Failed to open %s", op, out->label);
  return 0;
}

int mx_sink_write(mx_sink *out, const void *data, size_t n) {
  if (n == 0)
    return 0;
  if (out->io) {
    out->io->vt.write(out->io->desc, data, n);
    if (!io_good(out->io))
      return mx_fail(MX_RUNTIME, "[%s] Unable to write %zu bytes to %s", out->op, n, out->label);
    return 0;
  }
  if (fwrite(data, 1, n, out->file) != n)
    return mx_fail(MX_RUNTIME, "[%s] Unable to write %zu bytes to %s: %s", out->op, n, out->label,
                   strerror(errno));
  return 0;
}

int mx_sink_zeros(mx_sink *out, size_t n) {
  static const char zeros[256];
  for (; n > 0; n -= n < sizeof zeros ? n : sizeof zeros)
    if (mx_sink_write(out, zeros, n < sizeof zeros ? n : sizeof zeros))
      return 1;
  return 0;
}

/* One element of `item` bytes after another, `stride` bytes apart. */
static void gather(char *dst, const char *src, int64_t n, int64_t stride, size_t item) {
  for (int64_t i = 0; i < n; i++, dst += item, src += stride) {
    if (item == 1)
      *dst = *src;
    else if (item == 2)
      memcpy(dst, src, 2);
    else if (item == 4)
      memcpy(dst, src, 4);
    else
      memcpy(dst, src, 8);
  }
}

/* Rows of the last axis, put together in a block that is written when it is full. */
static int write_strided(mx_sink *out, const mx_array *a) {
  enum { BLOCK = 1 << 15 };
  char *block = malloc(BLOCK);
  if (!block)
    return mx_nomem(out->op);
  size_t item = mx_itemsize(a), used = 0;
  int last = a->ndim - 1, bad = 0;
  int64_t at[MX_MAX_NDIM] = {0}, row = a->shape[last], step = a->strides[last] * (int64_t)item;
  int64_t rows = a->size / row;
  const char *p = mx_data(a);
  for (int64_t r = 0; r < rows && !bad; r++) {
    for (int64_t i = 0; i < row && !bad;) {
      int64_t room = (int64_t)((BLOCK - used) / item), n = row - i < room ? row - i : room;
      gather(block + used, p + i * step, n, step, item);
      used += (size_t)n * item;
      i += n;
      if (used == BLOCK) {
        bad = mx_sink_write(out, block, used);
        used = 0;
      }
    }
    for (int d = last - 1; d >= 0; d--) {
      p += a->strides[d] * (int64_t)item;
      if (++at[d] < a->shape[d])
        break;
      p -= a->strides[d] * (int64_t)item * a->shape[d];
      at[d] = 0;
    }
  }
  bad = bad || mx_sink_write(out, block, used);
  free(block);
  return bad;
}

int mx_sink_array(mx_sink *out, const mx_array *a) {
  if (a->size == 0)
    return 0;
  return a->row_contiguous ? mx_sink_write(out, mx_data(a), mx_nbytes(a)) : write_strided(out, a);
}

int mx_sink_close(mx_sink *out, int failed) {
  if (out->file && fclose(out->file) != 0 && !failed)
    failed =
        mx_fail(MX_RUNTIME, "[%s] Unable to write %s: %s", out->op, out->label, strerror(errno));
  if (out->temp && !failed && rename(out->temp, out->path) != 0)
    failed = mx_fail(MX_RUNTIME, "[%s] cannot rename %s: %s", out->op, out->temp, strerror(errno));
  if (out->temp && failed)
    unlink(out->temp);
  sink_free(out);
  return failed;
}

/* ---- cursor ---- */

const uint8_t *mx_take_bytes(mx_cursor *c, uint64_t n) {
  if (c->bad || n > mx_cursor_left(c)) {
    c->bad = true;
    return NULL;
  }
  const uint8_t *p = c->data + c->at;
  c->at += (size_t)n;
  return p;
}

static void take(mx_cursor *c, void *dst, size_t n) {
  const uint8_t *p = mx_take_bytes(c, n);
  if (p)
    memcpy(dst, p, n);
}

uint8_t mx_take_u8(mx_cursor *c) {
  uint8_t v = 0;
  take(c, &v, sizeof v);
  return v;
}

uint16_t mx_take_u16(mx_cursor *c) {
  uint16_t v = 0;
  take(c, &v, sizeof v);
  return v;
}

uint32_t mx_take_u32(mx_cursor *c) {
  uint32_t v = 0;
  take(c, &v, sizeof v);
  return v;
}

uint64_t mx_take_u64(mx_cursor *c) {
  uint64_t v = 0;
  take(c, &v, sizeof v);
  return v;
}

float mx_take_f32(mx_cursor *c) {
  float v = 0;
  take(c, &v, sizeof v);
  return v;
}

double mx_take_f64(mx_cursor *c) {
  double v = 0;
  take(c, &v, sizeof v);
  return v;
}

/* ---- ranges ---- */

static int by_begin(const void *a, const void *b) {
  const mx_range *x = a, *y = b;
  return (x->begin > y->begin) - (x->begin < y->begin);
}

bool mx_ranges_overlap(mx_range *r, size_t n) {
  uint64_t end = 0;
  if (n > 0)
    qsort(r, n, sizeof *r, by_begin);
  for (size_t i = 0; i < n; i++) {
    if (r[i].begin == r[i].end)
      continue;
    if (r[i].begin < end)
      return true;
    end = r[i].end;
  }
  return false;
}
