// Promises: npz files of MLX and NumPy load to their values, stored and compressed; what is saved
// loads again, from files and streams; a file cut short or changed in any byte is an error or loads;
// a failed allocation is an error and leaks nothing.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "allocations.h"
#include "io/npy.h"
#include "io/zip.h"
#include "mlx/c/error.h"
#include "mlx/c/io.h"
#include "mlx/c/memory.h"
#include "mlx/c/ops.h"

static const mlx_stream no_stream = {NULL};
static char folder[256], scratch[300];
static int errors;

static void on_error(const char *msg, void *data) {
  (void)msg, (void)data;
  errors++;
}

static const char *data_path(const char *name) {
  static char path[512];
  const char *root = getenv("MLX_TEST_DATA");
  snprintf(path, sizeof path, "%s/io/%s", root ? root : "tests/data", name);
  return path;
}

static char *read_all(const char *path, size_t *size) {
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  fseek(f, 0, SEEK_END);
  *size = (size_t)ftell(f);
  rewind(f);
  char *p = malloc(*size + 1);
  assert_non_null(p);
  assert_int_equal(fread(p, 1, *size, f), *size);
  fclose(f);
  return p;
}

// ---- a stream in memory ----

typedef struct memory {
  char *data;
  size_t size, at;
  bool bad;
} memory;

static bool memory_good(void *m) { return !((memory *)m)->bad; }
static size_t memory_tell(void *m) { return ((memory *)m)->at; }
static void memory_seek(void *p, int64_t off, int whence) {
  memory *m = p;
  m->at = (size_t)(off + (int64_t)(whence == SEEK_END ? m->size : whence == SEEK_CUR ? m->at : 0));
}
static void memory_read(void *p, char *data, size_t n) {
  memory *m = p;
  m->bad = m->bad || m->at > m->size || n > m->size - m->at;
  if (m->bad) return;
  memcpy(data, m->data + m->at, n);
  m->at += n;
}
static void memory_write(void *p, const char *data, size_t n) {
  memory *m = p;
  char *more = realloc(m->data, m->size + n + 1);
  m->bad = m->bad || !more;
  if (!more) return;
  m->data = more;
  memcpy(more + m->size, data, n);
  m->size += n;
}
static const mlx_io_vtable vtable = {.good = memory_good,
                                     .tell = memory_tell,
                                     .seek = memory_seek,
                                     .read = memory_read,
                                     .write = memory_write};

static int load(mlx_map_string_to_array *res, char *data, size_t size) {
  memory m = {data, size, 0, false};
  mlx_io_reader r = mlx_io_reader_new(&m, vtable);
  int bad = !r.ctx || mlx_load_npz_reader(res, r, no_stream);
  mlx_io_reader_free(r);
  return bad;
}

// ---- values ----

static void check_values(mlx_map_string_to_array map) {
  mlx_array a = mlx_array_new();
  for (int i = 0; i < 2; i++) {
    assert_int_equal(mlx_map_string_to_array_get(&a, map, i ? "a" : "arr_0"), 0);
    assert_int_equal(mlx_array_eval(a), 0);
    assert_int_equal(mlx_array_size(a), 12);
    for (int k = 0; k < 12; k++) assert_true(mlx_array_data_float32(a)[k] == (float)k);
  }
  assert_int_equal(mlx_map_string_to_array_get(&a, map, "b"), 0);
  assert_int_equal(mlx_array_eval(a), 0);
  for (int k = 0; k < 400; k++) assert_int_equal(mlx_array_data_int16(a)[k], k % 7);
  assert_int_equal(mlx_map_string_to_array_get(&a, map, "empty"), 0);
  assert_int_equal(mlx_array_dtype(a), MLX_INT8);
  assert_int_equal(mlx_array_dim(a, 1), 3);
  assert_int_equal(mlx_map_string_to_array_get(&a, map, "scalar"), 0);
  assert_int_equal(mlx_array_ndim(a), 0);
  mlx_array_free(a);
}

static void test_foreign_files(void **state) {
  static const char *const names[] = {"mlx.npz", "mlx_compressed.npz", "numpy.npz",
                                      "numpy_compressed.npz"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    mlx_map_string_to_array map = {NULL};
    assert_int_equal(mlx_load_npz(&map, data_path(names[i]), no_stream), 0);
    check_values(map);
    mlx_map_string_to_array_free(map);
  }
}

static void test_round_trip(void **state) {
  (void)state;
  mlx_map_string_to_array map = {NULL};
  assert_int_equal(mlx_load_npz(&map, data_path("numpy.npz"), no_stream), 0);
  for (int compressed = 0; compressed < 2; compressed++) {
    memory m = {0};
    mlx_map_string_to_array again = {NULL};
    snprintf(scratch, sizeof scratch, "%s/x", folder);
    assert_int_equal(mlx_save_npz(scratch, map, compressed), 0);
    snprintf(scratch, sizeof scratch, "%s/x.npz", folder);
    assert_int_equal(mlx_load_npz(&again, scratch, no_stream), 0);
    check_values(again);
    mlx_io_writer w = mlx_io_writer_new(&m, vtable);
    assert_int_equal(mlx_save_npz_writer(w, again, compressed), 0);
    mlx_io_writer_free(w);
    assert_int_equal(load(&again, m.data, m.size), 0);
    check_values(again);
    mlx_map_string_to_array_free(again);
    free(m.data);
  }
  mlx_map_string_to_array_free(map);
}

// ---- behind 4 GiB ----

#define FAR ((uint64_t)5 << 30)

/* A file whose first FAR bytes are zero, and then the memory's. */
static size_t far_tell(void *p) { return (size_t)FAR + memory_tell(p); }
static void far_seek(void *p, int64_t off, int whence) {
  memory *m = p;
  m->at = (size_t)(whence == SEEK_END   ? (int64_t)m->size + off
                   : whence == SEEK_CUR ? (int64_t)m->at + off
                                        : off - (int64_t)FAR);
}
static void far_read(void *p, char *data, size_t n) {
  memory *m = p;
  for (; (int64_t)m->at < 0 && n; n--, m->at++) *data++ = 0;
  memory_read(p, data, n);
}
static const mlx_io_vtable far_vtable = {
    .good = memory_good, .tell = far_tell, .seek = far_seek, .read = far_read};

static int put_far(mx_sink *sink, void *a) { return mx_save_npy(sink, a); }

/* Promise: offsets, and the directory's own place, may pass 4 GiB: ZIP64. */
static void test_far_members(void **state) {
  (void)state;
  mlx_array a = mlx_array_new();
  assert_int_equal(mlx_arange(&a, 0, 100, 1, MLX_INT32, no_stream), 0);
  for (int compressed = 0; compressed < 2; compressed++) {
    memory m = {0};
    mx_io io = {&m, vtable};
    mx_sink sink;
    assert_int_equal(mx_sink_io(&sink, "save", &io), 0);
    mx_zip_out z = {.out = &sink, .at = FAR};
    assert_int_equal(mx_zip_add(&z, "a.npy", compressed, 500, put_far, a.ctx), 0);
    assert_int_equal(mx_zip_add(&z, "b.npy", compressed, FAR, put_far, a.ctx), 0); /* wide */
    assert_int_equal(mx_zip_finish(&z), 0);
    mx_zip_out_free(&z);
    assert_int_equal(mx_sink_close(&sink, 0), 0);
    far_seek(&m, 0, SEEK_SET);
    mlx_map_string_to_array map = {NULL};
    mlx_io_reader r = mlx_io_reader_new(&m, far_vtable);
    assert_int_equal(mlx_load_npz_reader(&map, r, no_stream), 0);
    mlx_array b = mlx_array_new(), equal = mlx_array_new();
    bool same = false;
    for (int i = 0; i < 2; i++) {
      assert_int_equal(mlx_map_string_to_array_get(&b, map, i ? "b" : "a"), 0);
      assert_int_equal(mlx_array_equal(&equal, a, b, false, no_stream), 0);
      assert_int_equal(mlx_array_item_bool(&same, equal), 0);
      assert_true(same);
    }
    mlx_io_reader_free(r);
    mlx_map_string_to_array_free(map);
    mlx_array_free(b);
    mlx_array_free(equal);
    free(m.data);
  }
  mlx_array_free(a);
}

static void test_damaged(void **state) {
  static const char *const names[] = {"mlx.npz", "numpy_compressed.npz"};
  (void)state;
  for (int f = 0; f < 2; f++) {
    size_t size;
    char *data = read_all(data_path(names[f]), &size);
    int refused_files = 0;
    for (size_t i = 0; i < size; i++) {
      mlx_map_string_to_array map = {NULL};
      refused_files += load(&map, data, i) != 0;
      for (int bit = 0; bit < 8; bit += 3) {
        data[i] ^= (char)(1 << bit);
        load(&map, data, size);
        data[i] ^= (char)(1 << bit);
      }
      mlx_map_string_to_array_free(map);
    }
    assert_int_equal(refused_files, size); // a file cut short has no directory
    free(data);
  }
  assert_true(errors > 100);
}

#ifdef COUNTS_ALLOCATIONS
static int work(mlx_map_string_to_array map, bool compressed) {
  mlx_map_string_to_array again = {NULL};
  int bad = mlx_save_npz(scratch, map, compressed) || mlx_load_npz(&again, scratch, no_stream);
  mlx_map_string_to_array_free(again);
  return bad;
}

static void test_out_of_memory(void **state) {
  (void)state;
  mlx_map_string_to_array map = {NULL};
  assert_int_equal(mlx_load_npz(&map, data_path("mlx.npz"), no_stream), 0);
  for (int compressed = 0; compressed < 2; compressed++) {
    assert_int_equal(work(map, compressed), 0);
    mlx_clear_cache();
    long before = blocks_alive;
    bool failed = true;
    for (long at = 0; failed; at++) {
      allocations_left = at;
      int bad = work(map, compressed);
      failed = allocations_left < 0;
      allocations_left = -1;
      mlx_clear_cache();
      if (!failed) assert_int_equal(bad, 0);
      assert_int_equal(blocks_alive, before);
    }
    assert_int_equal(work(map, compressed), 0);
  }
  mlx_map_string_to_array_free(map);
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_foreign_files),
      cmocka_unit_test(test_round_trip), cmocka_unit_test(test_far_members),
      cmocka_unit_test(test_damaged),
#ifdef COUNTS_ALLOCATIONS
      cmocka_unit_test(test_out_of_memory),
#endif
  };
  mlx_set_error_handler(on_error, NULL, NULL);
  snprintf(folder, sizeof folder, "%s/npzXXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
  if (!mkdtemp(folder)) return 1;
  int bad = cmocka_run_group_tests(tests, NULL, NULL);
  unlink(scratch);
  rmdir(folder);
  return bad;
}
