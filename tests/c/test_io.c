// Promises: what MLX and the formats' reference programs wrote loads to their values, and saving it
// again gives their bytes; a file cut short, mutated or lying about itself gives an error or arrays
// of bytes that are there, never a crash; a failed allocation is an error and leaks nothing;
// readers and writers of the caller work and their failures are seen; saving over a mapped file is
// safe.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "allocations.h"
#include "base/error.h"
#include "core/array.h"
#include "core/scope.h"
#include "io/gguf.h"
#include "io/npy.h"
#include "io/safetensors.h"
#include "mlx/c/error.h"
#include "mlx/c/io.h"

// ---- files ----

static const mlx_stream no_stream = {NULL};
static char folder[256], scratch[300];

static const char *data_path(const char *name) {
  static char path[512];
  const char *root = getenv("MLX_TEST_DATA");
  snprintf(path, sizeof path, "%s/io/%s", root ? root : "tests/data", name);
  return path;
}

typedef struct bytes {
  uint8_t *p;
  size_t n;
} bytes;

static bytes slurp(const char *path) {
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  bytes b = {malloc(1 << 20), 0};
  b.n = fread(b.p, 1, 1 << 20, f);
  fclose(f);
  return b;
}

static void spill(const char *path, const void *p, size_t n) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(p, 1, n, f), n);
  fclose(f);
}

static const char *scratch_file(const char *name) {
  snprintf(scratch, sizeof scratch, "%s/%s", folder, name);
  return scratch;
}

static char last_error[512];
static int errors;
static void on_error(const char *msg, void *data) {
  (void)data;
  errors++;
  snprintf(last_error, sizeof last_error, "%s", msg);
}

static int set_up(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/mlxc_io_XXXXXX");
  mlx_set_error_handler(on_error, NULL, NULL);
  return mkdtemp(folder) ? 0 : 1;
}

static int tear_down(void **state) {
  (void)state;
  char command[300];
  snprintf(command, sizeof command, "rm -r %s", folder);
  return system(command);
}

static void assert_same_bytes(const char *path, const char *expected) {
  bytes a = slurp(path), b = slurp(expected);
  assert_int_equal(a.n, b.n);
  assert_memory_equal(a.p, b.p, a.n);
  free(a.p);
  free(b.p);
}

// ---- loading without the handles ----

enum format { SAFETENSORS, GGUF, NPY };

// Touches every byte of every array, so that one beyond its file is seen.
static uint64_t touch(const mx_table *t) {
  uint64_t sum = 0;
  for (size_t i = 0; i < t->n; i++) {
    const mx_entry *e = &t->entries[i];
    assert_int_equal(e->name[strlen(e->name)], 0);
    for (size_t k = 0; e->array && k < mx_nbytes(e->array); k++)
      sum += ((const uint8_t *)mx_data(e->array))[k];
    for (size_t k = 0; e->strings && k < e->strings->n; k++)
      for (size_t c = 0; c < e->strings->lens[k]; c++) sum += (uint8_t)e->strings->data[k][c];
  }
  return sum;
}

static int try_load(enum format format, const char *path) {
  mx_source src;
  mx_error_clear();
  mx_scope scope = mx_scope_open();
  int bad = mx_source_file(&src, "test", path);
  mx_table a = {0}, m = {0};
  mx_gguf g = {0};
  if (!bad && format == SAFETENSORS) bad = mx_load_safetensors(&a, &m, &src);
  if (!bad && format == GGUF) bad = mx_load_gguf(&g, &src);
  if (!bad && format == NPY) {
    mx_array *x = mx_load_npy(&src);
    bad = !x || mx_table_add(&a, "test", "x", 1, x, NULL);
  }
  mx_source_close(&src);
  if (!bad) touch(&a), touch(&m), touch(&g.arrays), touch(&g.metadata);
  if (bad) assert_true(mx_error_kind() != MX_OK);
  mx_table_free(&a);
  mx_table_free(&m);
  mx_gguf_free(&g);
  mx_scope_close(scope, NULL);
  return bad;
}

static int try_bytes(enum format format, const void *p, size_t n) {
  const char *path = scratch_file("try");
  spill(path, p, n);
  return try_load(format, path);
}

// ---- values ----

static mlx_array load_npy(const char *name) {
  mlx_array a = {NULL};
  assert_int_equal(mlx_load(&a, data_path(name), no_stream), 0);
  return a;
}

static void npy_as_written(void **state) {
  (void)state;
  static const char *const names[] = {
      "bool_", "uint8",   "uint16",  "uint32",   "uint64",    "int8",    "int16",  "int32",
      "int64", "float16", "float32", "bfloat16", "complex64", "fortran", "scalar", "empty"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char name[32];
    snprintf(name, sizeof name, "%s.npy", names[i]);
    mlx_array a = load_npy(name);
    assert_int_equal(mlx_save(scratch_file("again"), a), 0);
    assert_same_bytes(scratch_file("again.npy"), data_path(name));
    mlx_array_free(a);
  }
  mlx_array a = load_npy("fortran.npy");
  const mx_array *n = a.ctx;
  assert_int_equal(n->shape[0], 3);
  assert_int_equal(n->strides[0], 1);
  assert_int_equal(n->strides[1], 3);
  mlx_array_free(a);
}

static void npy_of_other_machines(void **state) {
  (void)state;
  mlx_array a = load_npy("big_endian.npy");
  for (int i = 0; i < 6; i++) assert_int_equal(mlx_array_data_int32(a)[i], i);
  mlx_array_free(a);
  a = load_npy("big_complex.npy");
  const float *c = mx_data(a.ctx);
  assert_true(c[0] == 1 && c[1] == 2 && c[2] == 3 && c[3] == -4);
  mlx_array_free(a);
  a = load_npy("version3.npy");
  const mx_array *n = a.ctx;
  assert_int_equal(n->dtype, MLX_FLOAT64);
  for (int64_t i = 0; i < 6; i++)
    assert_true(((double *)mx_data(n))[i / 3 * n->strides[0] + i % 3 * n->strides[1]] == (double)i);
  mlx_array_free(a);
}

static void npy_headers(void **state) {
  (void)state;
  static const struct {
    const char *dict;
    mx_kind kind;
  } cases[] = {
      {"{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }", MX_OK},
      {"{\"shape\":(2 , ),'fortran_order':True,'descr':'=i4'} \n", MX_OK},
      {"{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }", MX_RUNTIME},
      {"{'descr': '<i4', 'fortran_order': False, 'shape': (-2,), }", MX_RUNTIME},
      {"{'descr': '<i4', 'fortran_order': False, 'shape': (4294967296,4294967296), }", MX_RUNTIME},
      {"{'descr': '<i4', 'fortran_order': False, 'shape': (0,9223372036854775807,9), }",
       MX_RUNTIME},
      {"{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999999999999,), }", MX_RUNTIME},
      {"{'descr': '<i4', 'fortran_order': False, 'shape': (2,", MX_RUNTIME},
      {"{'descr': '<i4', 'fortran_order': False}", MX_RUNTIME},
      {"{'descr': '<i4', 'descr': '<i4', 'fortran_order': False, 'shape': (2,)}", MX_RUNTIME},
      {"{'descr': '<U1', 'fortran_order': False, 'shape': (2,), }", MX_VALUE},
      {"{'descr': '<c16', 'fortran_order': False, 'shape': (2,), }", MX_VALUE},
      {"{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,), }", MX_VALUE},
      {"", MX_RUNTIME},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    uint8_t file[300] = "\x93NUMPY\x01\x00";
    size_t n = strlen(cases[i].dict);
    file[8] = (uint8_t)n;
    memcpy(file + 10, cases[i].dict, n);
    try_bytes(NPY, file, 10 + n + 8);
    assert_int_equal(mx_error_kind(), cases[i].kind);
  }
}

typedef struct placed {
  const char *name;
  mx_array *array;
  long begin;
} placed;

static int by_place(const void *a, const void *b) {
  const placed *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  return (x->array->size > y->array->size) - (x->array->size < y->array->size);
}

// Where the data of a tensor begin, as the header in `text` tells. A quote or line feed in the name
// is escaped there, so look for what follows the last of them.
static long begin_of(const char *text, const char *name) {
  char key[100];
  const char *plain = strrchr(name, '\n');
  snprintf(key, sizeof key, "%s%s\":{\"data_offsets\":[", plain ? "\\n" : "\"",
           plain ? plain + 1 : name);
  const char *at = strstr(text, key);
  assert_non_null(at);
  return strtol(at + strlen(key), NULL, 10);
}

// Saving in the order in which the data stood gives the same bytes.
static void safetensors_as_written(void **state) {
  (void)state;
  static const char *const names[] = {"one.safetensors", "all.safetensors"};
  for (int i = 0; i < 2; i++) {
    mx_source src;
    mx_table a = {0}, m = {0};
    assert_int_equal(mx_source_file(&src, "test", data_path(names[i])), 0);
    assert_int_equal(mx_load_safetensors(&a, &m, &src), 0);
    mx_source_close(&src);
    bytes file = slurp(data_path(names[i]));
    placed order[32];
    assert_in_range(a.n, 1, 32);
    for (size_t k = 0; k < a.n; k++) {
      mx_entry *e = &a.entries[k];
      order[k] = (placed){e->name, e->array, begin_of((char *)file.p + 8, e->name)};
    }
    qsort(order, a.n, sizeof *order, by_place);
    mlx_map_string_to_array arrays = mlx_map_string_to_array_new();
    mlx_map_string_to_string strings = mlx_map_string_to_string_new();
    for (size_t k = 0; k < a.n; k++)
      mlx_map_string_to_array_insert(arrays, order[k].name, (mlx_array){order[k].array});
    for (size_t k = 0; k < m.n; k++)
      mlx_map_string_to_string_insert(strings, m.entries[k].name, m.entries[k].strings->data[0]);
    assert_int_equal(mlx_save_safetensors(scratch_file("again"), arrays, strings), 0);
    assert_same_bytes(scratch_file("again.safetensors"), data_path(names[i]));
    mlx_map_string_to_array_free(arrays);
    mlx_map_string_to_string_free(strings);
    mx_table_free(&a);
    mx_table_free(&m);
    free(file.p);
  }
}

static void safetensors_values(void **state) {
  (void)state;
  mlx_map_string_to_array arrays = {NULL};
  mlx_map_string_to_string strings = {NULL};
  const char *value = NULL;
  mlx_array a = {NULL};
  assert_int_equal(mlx_load_safetensors(&arrays, &strings, data_path("all.safetensors"), no_stream),
                   0);
  assert_int_equal(mlx_map_string_to_string_get(&value, strings, "b"), 0);
  assert_string_equal(value, "v\xc3\xa9\"\x01/\t");
  assert_int_equal(mlx_map_string_to_array_get(&a, arrays, "odd \"name\"\n\xc3\xa9"), 0);
  assert_int_equal(mlx_array_ndim(a), 3);
  assert_int_equal(mlx_map_string_to_array_get(&a, arrays, "uint16"), 0);
  assert_int_equal(mlx_array_data_uint16(a)[5], 5);
  assert_int_equal(mlx_map_string_to_array_get(&a, arrays, "scalar"), 0);
  assert_true(mlx_array_data_float32(a)[0] == 2.5f);
  mlx_array_free(a);
  mlx_map_string_to_array_free(arrays);
  mlx_map_string_to_string_free(strings);
}

static int try_header(const char *json) {
  uint8_t file[2000] = {0};
  uint64_t n = strlen(json);
  memcpy(file, &n, 8);
  memcpy(file + 8, json, n);
  return try_bytes(SAFETENSORS, file, 8 + n + 16);
}

static void safetensors_headers(void **state) {
  (void)state;
#define T(dtype, shape, begin, end)                                                                \
  "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"
  assert_int_equal(
      try_header("{\"x\":" T("F32", "[2]", 0, 8) ",\"y\":" T("F32", "[2]", 8, 16) "}  "), 0);
  assert_int_equal(
      try_header("{\"x\":" T("F8_E4M3", "[2,1]", 1, 3) ",\"y\":" T("C64", "[1]", 8, 16) "}"), 0);
  assert_int_equal(try_header("{\"x\":" T("F32", "[0]", 16, 16) ",\"__metadata__\":null}"), 0);
  assert_int_equal(try_header("{}"), 0);
  assert_int_equal(
      try_header("{\"x\":{\"more\":[{},[],{\"a\":[-1.5e+3,true,null,\"\"]}],\"dtype\":\"F32\","
                 "\"shape\":[ ],\"data_offsets\":[0, 4]}}"),
      0);
  assert_int_equal(try_header("{\"__metadata__\":{\"\\u00e9\\ud83d\\ude00\":\"\\/\\t\"}}"), 0);
  char deep[900] = "{\"x\":{\"more\":";
  memset(deep + strlen(deep), '[', 800);
  assert_int_not_equal(try_header(deep), 0);
  static const char *const bad[] = {
      "{\"x\":" T("F32", "[2]", 0, 8) ",\"y\":" T("F32", "[2]", 4, 12) "}",
      "{\"x\":" T("F32", "[2]", 0, 8) ",\"x\":" T("F32", "[2]", 8, 16) "}",
      "{\"x\":" T("F32", "[2]", 12, 20) "}",
      "{\"x\":" T("F32", "[2]", 0, 4) "}",
      "{\"x\":" T("F32", "[2]", 8, 0) "}",
      "{\"x\":" T("F32", "[-2]", 8, 0) "}",
      "{\"x\":" T("F32", "[-1,-2]", 0, 8) "}",
      "{\"x\":" T("F32", "[4611686018427387904,4]", 0, 0) "}",
      "{\"x\":" T("F32", "[0,4611686018427387904,4]", 0, 0) "}",
      "{\"x\":" T("F32", "[99999999999999999999]", 0, 0) "}",
      "{\"x\":" T("F32", "[2.0]", 0, 8) "}",
      "{\"x\":" T("F32", "2", 0, 8) "}",
      "{\"x\":" T("F64", "[1]", 0, 8) "}",
      "{\"x\":" T("I4", "[1]", 0, 8) "}",
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[2]}}",
      "{\"x\":3}",
      "{\"__metadata__\":{\"a\":1}}",
      "{\"__metadata__\":[]}",
      "{\"a\\u0000b\":" T("F32", "[2]", 0, 8) "}",
      "{\"x\":" T("F32", "[2]", 0, 8) ",}",
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"shape\":[2],\"data_offsets\":[0,8]}}",
      "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}",
      "{\"__metadata__\":{},\"__metadata__\":{}}",
      "{\"__metadata__\":{\"a\":\"\\ud800\"}}",
      "{\"__metadata__\":{\"a\":\"\\x\"}}",
      "{\"__metadata__\":{\"a\":\"\xc0\x80\"}}",
      "{\"__metadata__\":{\"a\":\"\n\"}}",
      "{\"x\":" T("F32", "[02]", 0, 8) "}",
      "[]",
      "{",
      "{}x",
      "",
      " ",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_not_equal(try_header(bad[i]), 0);
#undef T
}

static void safetensors_refuses_to_write(void **state) {
  (void)state;
  mlx_map_string_to_array arrays = mlx_map_string_to_array_new();
  mlx_map_string_to_string strings = mlx_map_string_to_string_new();
  mlx_array a = mlx_array_new_float64(1.0);
  mlx_map_string_to_array_insert(arrays, "x", a);
  const char *path = scratch_file("never.safetensors");
  assert_int_not_equal(mlx_save_safetensors(path, arrays, strings), 0);
  assert_non_null(strstr(last_error, "float64"));
  assert_int_not_equal(access(path, F_OK), 0);
  mlx_map_string_to_array_free(arrays);
  arrays = mlx_map_string_to_array_new();
  mlx_array_free(a);
  a = mlx_array_new_int(1);
  mlx_map_string_to_array_insert(arrays, "bad \xff", a);
  assert_int_not_equal(mlx_save_safetensors(path, arrays, strings), 0);
  assert_int_not_equal(access(path, F_OK), 0);
  mlx_array_free(a);
  mlx_map_string_to_array_free(arrays);
  mlx_map_string_to_string_free(strings);
}

// ---- gguf ----

static void gguf_as_written(void **state) {
  (void)state;
  mlx_io_gguf g = mlx_io_gguf_new();
  assert_int_equal(mlx_load_gguf(&g, data_path("all.gguf"), no_stream), 0);
  assert_int_equal(mlx_save_gguf(scratch_file("again"), g), 0);
  assert_same_bytes(scratch_file("again.gguf"), data_path("all.gguf"));
  mlx_io_gguf_free(g);
}

static void gguf_contents(void **state) {
  (void)state;
  mlx_io_gguf g = mlx_io_gguf_new();
  assert_int_equal(mlx_load_gguf(&g, data_path("all.gguf"), no_stream), 0);
  mlx_vector_string keys = mlx_vector_string_new(), list = mlx_vector_string_new();
  assert_int_equal(mlx_io_gguf_get_keys(&keys, g), 0);
  assert_int_equal(mlx_vector_string_size(keys), 7);
  assert_int_equal(mlx_io_gguf_get_metadata_keys(&keys, g), 0);
  assert_int_equal(mlx_vector_string_size(keys), 9);
  bool flag = false;
  assert_int_equal(mlx_io_gguf_has_metadata_vector_string(&flag, g, "list"), 0);
  assert_true(flag);
  assert_int_equal(mlx_io_gguf_has_metadata_string(&flag, g, "list"), 0);
  assert_false(flag);
  char *text = NULL;
  assert_int_equal(mlx_io_gguf_get_metadata_vector_string(&list, g, "list"), 0);
  assert_int_equal(mlx_vector_string_get(&text, list, 2), 0);
  assert_string_equal(text, "bc");
  const char *const *data;
  const size_t *lengths;
  size_t n;
  assert_int_equal(mlx_io_gguf_get_metadata_strings(&data, &lengths, &n, g, "list"), 0);
  assert_int_equal(n, 3);
  assert_true(lengths[0] == 1 && lengths[1] == 0 && lengths[2] == 2 && !memcmp(data[2], "bc", 2));
  assert_int_equal(mlx_io_gguf_get_metadata_strings(&data, &lengths, &n, g, "str"), 0);
  assert_true(n == 1 && lengths[0] == 4);
  mlx_string s = mlx_string_new();
  assert_int_equal(mlx_io_gguf_get_metadata_string(&s, g, "str"), 0);
  assert_string_equal(mlx_string_data(s), "text");
  mlx_array a = {NULL};
  assert_int_equal(mlx_io_gguf_get_metadata_array(&a, g, "i"), 0);
  assert_int_equal(mlx_array_data_int32(a)[0], -3);
  assert_int_equal(mlx_io_gguf_get_array(&a, g, "int16"), 0);
  assert_int_equal(mlx_array_data_int16(a)[5], 5);
  assert_int_not_equal(mlx_io_gguf_get_array(&a, g, "nothing"), 0);
  assert_int_equal(mlx_io_gguf_set_metadata_string(g, "list", "one"), 0);
  assert_int_equal(mlx_io_gguf_get_metadata_string(&s, g, "list"), 0);
  assert_string_equal(mlx_string_data(s), "one");
  assert_int_equal(mlx_io_gguf_set_metadata_vector_string(g, "aaa", list), 0);
  assert_int_equal(mlx_io_gguf_set_array(g, "new", a), 0);
  assert_int_equal(mlx_save_gguf(scratch_file("set.gguf"), g), 0);
  assert_int_equal(mlx_load_gguf(&g, scratch_file("set.gguf"), no_stream), 0);
  assert_int_equal(mlx_io_gguf_get_array(&a, g, "new"), 0);
  assert_int_equal(mlx_io_gguf_get_metadata_vector_string(&list, g, "aaa"), 0);
  assert_int_equal(mlx_vector_string_size(list), 3);
  mlx_array_free(a);
  mlx_string_free(s);
  mlx_vector_string_free(keys);
  mlx_vector_string_free(list);
  mlx_io_gguf_free(g);
}

// The values of every type against the format's reference decoder, in every bit.
static void gguf_quantized_values(void **state) {
  (void)state;
  static const char *const names[] = {"Q4_0", "Q4_1", "Q8_0", "Q5_0", "Q5_1", "Q2_K",
                                      "Q3_K", "Q4_K", "Q5_K", "Q6_K", "BF16"};
  mlx_io_gguf g = mlx_io_gguf_new();
  mlx_array expected = load_npy("quants.npy"), a = {NULL};
  assert_int_equal(mlx_load_gguf(&g, data_path("quants.gguf"), no_stream), 0);
  for (int i = 3; i < 11; i++) {
    char key[32];
    snprintf(key, sizeof key, "%s.weight", names[i]);
    assert_int_equal(mlx_io_gguf_get_array(&a, g, key), 0);
    assert_int_equal(mlx_array_dtype(a), MLX_FLOAT16);
    const uint16_t *want = (const uint16_t *)mx_data(expected.ctx) + i * 3 * 512;
    assert_memory_equal(mx_data(a.ctx), want, 3 * 512 * 2);
  }
  mlx_array_free(a);
  mlx_array_free(expected);
  mlx_io_gguf_free(g);
}

// Names, shapes and bits as MLX has them after loading the same file.
static void gguf_as_mlx_loads_it(void **state) {
  (void)state;
  mlx_io_gguf g = mlx_io_gguf_new();
  mlx_map_string_to_array arrays = {NULL};
  mlx_map_string_to_string strings = {NULL};
  mlx_array a = {NULL}, want = {NULL};
  const char *key;
  assert_int_equal(mlx_load_gguf(&g, data_path("quants_mlx.gguf"), no_stream), 0);
  assert_int_equal(
      mlx_load_safetensors(&arrays, &strings, data_path("quants_mlx.safetensors"), no_stream), 0);
  mlx_map_string_to_array_iterator it = mlx_map_string_to_array_iterator_new(arrays);
  size_t n = 0;
  for (; mlx_map_string_to_array_iterator_next(&key, &want, it) == 0; n++) {
    assert_int_equal(mlx_io_gguf_get_array(&a, g, key), 0);
    assert_int_equal(mlx_array_dtype(a), mlx_array_dtype(want));
    assert_int_equal(mlx_array_ndim(a), mlx_array_ndim(want));
    assert_int_equal(mlx_array_dim(a, 1), mlx_array_dim(want, 1));
    assert_memory_equal(mx_data(a.ctx), mx_data(want.ctx), mx_nbytes(want.ctx));
  }
  assert_int_equal(n, 6 + 3 * 2);
  mlx_array_free(a);
  mlx_array_free(want);
  mlx_map_string_to_array_iterator_free(it);
  mlx_map_string_to_array_free(arrays);
  mlx_map_string_to_string_free(strings);
  mlx_io_gguf_free(g);
}

// A file as it is put together.
typedef struct draft {
  uint8_t p[1000];
  size_t n;
} draft;
static void put(draft *d, const void *p, size_t n) {
  memcpy(d->p + d->n, p, n);
  d->n += n;
}
static void put32(draft *d, uint32_t v) {
  put(d, &v, 4);
}
static void put64(draft *d, uint64_t v) {
  put(d, &v, 8);
}
static void put_text(draft *d, const char *s) {
  put64(d, strlen(s));
  put(d, s, strlen(s));
}
static draft start(uint32_t version, uint64_t tensors, uint64_t pairs) {
  draft d = {.n = 0};
  put(&d, "GGUF", 4);
  put32(&d, version);
  put64(&d, tensors);
  put64(&d, pairs);
  return d;
}
static void put_tensor(draft *d, const char *name, int ndim, uint64_t dim, uint32_t type,
                       uint64_t at) {
  put_text(d, name);
  put32(d, (uint32_t)ndim);
  for (int i = 0; i < ndim; i++) put64(d, dim);
  put32(d, type);
  put64(d, at);
}
static int finish(draft *d) {
  memset(d->p + d->n, 1, 200);
  return try_bytes(GGUF, d->p, (d->n + 31) / 32 * 32 + 128);
}

static void gguf_tensors_that_lie(void **state) {
  (void)state;
  static const struct {
    int ndim;
    uint64_t dim;
    uint32_t type;
    uint64_t at;
    int bad;
  } cases[] = {
      {1, 32, 0, 0, 0},         {1, 33, 0, 0, 1},         {1, 2, 0, 4, 1},  {1, 2, 0, 96, 0},
      {1, 2, 0, 128, 1},        {1, 2, 0, UINT64_MAX, 1}, {1, 32, 2, 0, 0}, {1, 16, 2, 0, 1},
      {2, 1ull << 62, 0, 0, 1}, {1, UINT64_MAX, 0, 0, 1}, {8, 1, 0, 0, 0},  {9, 1, 0, 0, 1},
      {0, 0, 0, 0, 0},          {0, 0, 2, 0, 1},          {1, 0, 2, 0, 0},  {1, 2, 27, 0, 1},
      {1, 2, 9999, 0, 1},       {3, 1ull << 33, 2, 0, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    draft d = start(3, 1, 0);
    put_tensor(&d, "x", cases[i].ndim, cases[i].dim, cases[i].type, cases[i].at);
    assert_int_equal(finish(&d) != 0, cases[i].bad);
  }
  for (int same = 0; same < 2; same++)
    for (uint64_t at = 0; at < 64; at += 32) { // the first takes 33 to 64 bytes
      draft d = start(2, 2, 0);
      put_tensor(&d, "x", 1, 8, 0, 0);
      put_tensor(&d, same ? "x" : "y", 1, 8, 0, at);
      assert_int_equal(finish(&d) != 0, same || at == 0);
    }
  draft d = start(3, 2, 0); // the scales of the first have the name of the second
  put_tensor(&d, "x.weight", 1, 32, 2, 0);
  put_tensor(&d, "x.scales", 1, 2, 0, 32);
  assert_int_not_equal(finish(&d), 0);
}

static void gguf_metadata_that_lies(void **state) {
  (void)state;
  for (uint32_t version = 0; version < 6; version++) {
    draft d = start(version, 0, 0);
    assert_int_equal(finish(&d) != 0, version != 2 && version != 3);
  }
  draft d = start(3, 1ull << 60, 0);
  assert_int_not_equal(finish(&d), 0);
  d = start(3, 0, 1ull << 60);
  assert_int_not_equal(finish(&d), 0);
  for (uint32_t type = 0; type < 14; type++) // an array of a count that overflows or is too long
    for (int huge = 0; huge < 3; huge++) {
      d = start(3, 0, 1);
      put_text(&d, "key");
      put32(&d, MX_GGUF_ARRAY);
      put32(&d, type);
      put64(&d, huge == 2 ? UINT64_MAX / 4 : huge ? 1000 : 0);
      int bad = finish(&d);
      assert_int_equal(bad != 0, huge || type == MX_GGUF_ARRAY || type == 13);
      if (type == MX_GGUF_ARRAY) assert_int_equal(mx_error_kind(), MX_VALUE);
    }
  for (uint32_t align = 0; align < 70; align++) {
    d = start(3, 0, 1);
    put_text(&d, "general.alignment");
    put32(&d, MX_GGUF_U32);
    put32(&d, align);
    assert_int_equal(finish(&d) != 0, align == 0 || (align & (align - 1)) != 0);
  }
  d = start(3, 0, 2); // the same key twice
  for (int i = 0; i < 2; i++) {
    put_text(&d, "key");
    put32(&d, MX_GGUF_BOOL);
    put(&d, "\1", 1);
  }
  assert_int_not_equal(finish(&d), 0);
}

// ---- damage ----

static const struct {
  const char *name;
  enum format format;
  size_t header; // bytes worth mutating
} samples[] = {{"all.safetensors", SAFETENSORS, 1000},
               {"all.gguf", GGUF, 700},
               {"quants.gguf", GGUF, 800},
               {"fortran.npy", NPY, 100}};
#define N_SAMPLES (sizeof samples / sizeof *samples)

static void cut_short(void **state) {
  (void)state;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    bytes b = slurp(data_path(samples[i].name));
    size_t step = b.n > 4000 ? 7 : 1;
    for (size_t n = 0; n < b.n; n += n < 1000 ? 1 : step)
      // The trailing scalar of all.gguf and every other last byte matter.
      assert_int_not_equal(try_bytes(samples[i].format, b.p, n), 0);
    assert_int_equal(try_bytes(samples[i].format, b.p, b.n), 0);
    free(b.p);
  }
}

static void mutated(void **state) {
  (void)state;
  for (size_t i = 0; i < N_SAMPLES; i++) {
    bytes b = slurp(data_path(samples[i].name));
    for (size_t at = 0; at < samples[i].header && at < b.n; at++) {
      uint8_t old = b.p[at], now[] = {0, 0xff, (uint8_t)(old ^ 0x80), (uint8_t)(old + 1), '9'};
      for (size_t k = 0; k < sizeof now; k++) {
        b.p[at] = now[k];
        try_bytes(samples[i].format, b.p, b.n);
      }
      b.p[at] = old;
    }
    free(b.p);
  }
}

static void no_such_file(void **state) {
  (void)state;
  mlx_array a = {NULL};
  mlx_io_gguf g = mlx_io_gguf_new();
  assert_int_not_equal(mlx_load(&a, "/nowhere/x.npy", no_stream), 0);
  assert_int_not_equal(mlx_load(&a, NULL, no_stream), 0);
  assert_int_not_equal(mlx_load(&a, folder, no_stream), 0);
  assert_int_not_equal(mlx_load_gguf(&g, "/nowhere/x.gguf", no_stream), 0);
  assert_int_not_equal(mlx_save_gguf("/nowhere/x.gguf", g), 0);
  assert_int_equal(mlx_last_error_kind(), MX_RUNTIME);
  assert_null(a.ctx);
  mlx_io_gguf_free(g);
}

// ---- saving over what is mapped ----

static void over_a_mapped_file(void **state) {
  (void)state;
  char path[300];
  snprintf(path, sizeof path, "%s", scratch_file("mapped.npy"));
  int shape[1] = {1000};
  float *values = calloc(1000, sizeof *values);
  values[999] = 7;
  mlx_array a = mlx_array_new_data(values, shape, 1, MLX_FLOAT32), small = mlx_array_new_int(1);
  assert_int_equal(mlx_save(path, a), 0);
  mlx_array mapped = {NULL};
  assert_int_equal(mlx_load(&mapped, path, no_stream), 0);
  assert_int_equal(mlx_save(path, small), 0);
  assert_true(mlx_array_data_float32(mapped)[999] == 7);
  assert_int_equal(mlx_save(path, mapped), 0);
  assert_int_equal(mlx_load(&a, path, no_stream), 0);
  assert_true(mlx_array_data_float32(a)[999] == 7);
  mlx_array_free(a);
  mlx_array_free(small);
  mlx_array_free(mapped);
  free(values);
}

// Any strides, also where a row is longer than the block that rows are gathered in.
static void strided_arrays(void **state) {
  (void)state;
  enum { N = 40000 };
  mx_scope scope = mx_scope_open();
  int64_t shape[] = {2, N}, strides[] = {1, 2};
  mx_buffer *b = mx_buffer_new(2 * N * sizeof(int32_t));
  for (int i = 0; i < 2 * N; i++) ((int32_t *)b->host)[i] = i;
  mx_array *x = mx_leaf((mx_spec){MLX_INT32, 2, shape, strides}, b, 0);
  mlx_map_string_to_array arrays = mlx_map_string_to_array_new();
  mlx_map_string_to_string strings = mlx_map_string_to_string_new();
  mlx_map_string_to_array_insert(arrays, "x", (mlx_array){x});
  const char *path = scratch_file("strided.safetensors");
  assert_int_equal(mlx_save_safetensors(path, arrays, strings), 0);
  assert_int_equal(mlx_load_safetensors(&arrays, &strings, path, no_stream), 0);
  mlx_array y = {NULL};
  assert_int_equal(mlx_map_string_to_array_get(&y, arrays, "x"), 0);
  for (int i = 0; i < 2; i++)
    for (int k = 0; k < N; k++) assert_int_equal(mlx_array_data_int32(y)[i * N + k], i + 2 * k);
  mlx_array_free(y);
  mlx_map_string_to_array_free(arrays);
  mlx_map_string_to_string_free(strings);
  mx_scope_close(scope, NULL);
}

// ---- a caller's reader and writer ----

typedef struct memory {
  uint8_t *p;
  size_t n, at, room;
  bool good;
  int freed;
} memory;
static bool mem_good(void *m) {
  return ((memory *)m)->good;
}
static size_t mem_tell(void *m) {
  return ((memory *)m)->at;
}
static void mem_seek(void *m_, int64_t off, int whence) {
  memory *m = m_;
  m->at = (size_t)(whence == SEEK_SET   ? off
                   : whence == SEEK_CUR ? (int64_t)m->at + off
                                        : (int64_t)m->n + off);
}
static void mem_read(void *m_, char *data, size_t n) {
  memory *m = m_;
  size_t there = m->at < m->n && m->n <= m->room ? m->n - m->at : 0;
  if (there < n) m->good = false;
  memcpy(data, m->p + m->at, there < n ? there : n);
  m->at += n;
}
static void mem_write(void *m_, const char *data, size_t n) {
  memory *m = m_;
  if (n > m->room - m->at) {
    m->good = false;
    return;
  }
  memcpy(m->p + m->at, data, n);
  m->at += n;
  if (m->n < m->at) m->n = m->at;
}
static const char *mem_label(void *m) {
  return m ? "memory" : NULL;
}
static void mem_free(void *m) {
  ((memory *)m)->freed++;
}
static const mlx_io_vtable mem_vtable = {.good = mem_good,
                                         .tell = mem_tell,
                                         .seek = mem_seek,
                                         .read = mem_read,
                                         .write = mem_write,
                                         .label = mem_label,
                                         .free = mem_free};

static void callers_streams(void **state) {
  (void)state;
  bytes file = slurp(data_path("all.safetensors"));
  memory in = {file.p, file.n, 0, 1 << 20, true, 0}, out = {malloc(4096), 0, 0, 4096, true, 0};
  mlx_io_reader r = mlx_io_reader_new(&in, mem_vtable);
  mlx_io_writer w = mlx_io_writer_new(&out, mem_vtable);
  mlx_map_string_to_array arrays = {NULL};
  mlx_map_string_to_string strings = {NULL};
  assert_int_equal(mlx_load_safetensors_reader(&arrays, &strings, r, no_stream), 0);
  assert_int_equal(mlx_save_safetensors_writer(w, arrays, strings), 0);
  assert_int_equal(try_bytes(SAFETENSORS, out.p, out.n), 0);
  // A reader that loses its end, one that fails at once, a writer that is full.
  for (size_t n = 0; n < file.n; n += 13) {
    in = (memory){file.p, n, 0, 1 << 20, true, 0};
    assert_int_not_equal(mlx_load_safetensors_reader(&arrays, &strings, r, no_stream), 0);
    in = (memory){file.p, file.n, 0, n, true, 0};
    assert_int_not_equal(mlx_load_safetensors_reader(&arrays, &strings, r, no_stream), 0);
    out = (memory){out.p, 0, 0, n, true, 0};
    assert_int_not_equal(mlx_save_safetensors_writer(w, arrays, strings), 0);
  }
  assert_non_null(strstr(last_error, "memory"));
  mlx_array a = mlx_array_new_int(5), b = {NULL};
  out = (memory){out.p, 0, 0, 4096, true, 0};
  assert_int_equal(mlx_save_writer(w, a), 0);
  in = (memory){out.p, out.n, 0, 1 << 20, true, 0};
  assert_int_equal(mlx_load_reader(&b, r, no_stream), 0);
  assert_int_equal(mlx_array_data_int32(b)[0], 5);
  mlx_string s = mlx_string_new();
  void *desc = NULL;
  assert_int_equal(mlx_io_reader_tostring(&s, r), 0);
  assert_int_equal(mlx_io_writer_descriptor(&desc, w), 0);
  assert_true(desc == &out && strcmp(mlx_string_data(s), "memory") == 0);
  mlx_io_reader_free(r);
  mlx_io_writer_free(w);
  assert_true(in.freed == 1 && out.freed == 1);
  r = mlx_io_reader_new(NULL, (mlx_io_vtable){0});
  assert_int_not_equal(mlx_load_reader(&b, r, no_stream), 0);
  mlx_io_reader_free(r);
  assert_int_not_equal(mlx_load_reader(&b, (mlx_io_reader){NULL}, no_stream), 0);
  mlx_string_free(s);
  mlx_array_free(a);
  mlx_array_free(b);
  mlx_map_string_to_array_free(arrays);
  mlx_map_string_to_string_free(strings);
  free(out.p);
  free(file.p);
}

// ---- no memory ----

#ifdef COUNTS_ALLOCATIONS
static int load_and_save(int which, const char *path, const char *again) {
  mlx_map_string_to_array arrays = {NULL};
  mlx_map_string_to_string strings = {NULL};
  mlx_io_gguf g = {NULL};
  mlx_array a = {NULL};
  mlx_stream s = {NULL};
  int bad;
  if (which == 0) {
    bad = mlx_load_safetensors(&arrays, &strings, path, s) ||
          mlx_save_safetensors(again, arrays, strings);
  } else if (which == 1) {
    bad = mlx_load_gguf(&g, path, s);
  } else if (which == 2) {
    bad = mlx_load(&a, path, s) || mlx_save(again, a);
  } else {
    bad = mlx_load_gguf(&g, path, s) || mlx_io_gguf_set_metadata_string(g, "new", "value") ||
          mlx_save_gguf(again, g);
  }
  mlx_map_string_to_array_free(arrays);
  mlx_map_string_to_string_free(strings);
  mlx_io_gguf_free(g);
  mlx_array_free(a);
  return bad;
}

static void memory_runs_out(void **state) {
  (void)state;
  static const char *const files[] = {"all.safetensors", "quants.gguf", "fortran.npy", "all.gguf"};
  for (int i = 0; i < 4; i++) {
    // Paths first: what the test itself needs must not fail.
    const char *path = data_path(files[i]), *again = scratch_file("memory");
    assert_int_equal(load_and_save(i, path, again), 0); // what stays for good is there now
    long before = blocks_alive;
    bool ran_out = true;
    for (long left = 0; ran_out; left++) {
      allocations_left = left;
      int bad = load_and_save(i, path, again);
      ran_out = allocations_left < 0;
      allocations_left = -1;
      if (bad && mlx_last_error_kind() != MX_MEMORY) fail_msg("%s", last_error);
      // Some do without: a stream without its buffer, the allocator after emptying its cache.
      assert_true(!bad || ran_out);
      // The allocator may hold one more block, or one fewer, in its cache.
      if (blocks_alive > before + 4)
        fail_msg("%ld blocks leaked by allocation %ld", blocks_alive - before, left);
      assert_true(left < 10000);
    }
  }
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(npy_as_written),
      cmocka_unit_test(npy_of_other_machines),
      cmocka_unit_test(npy_headers),
      cmocka_unit_test(safetensors_as_written),
      cmocka_unit_test(safetensors_values),
      cmocka_unit_test(safetensors_headers),
      cmocka_unit_test(safetensors_refuses_to_write),
      cmocka_unit_test(gguf_as_written),
      cmocka_unit_test(gguf_contents),
      cmocka_unit_test(gguf_quantized_values),
      cmocka_unit_test(gguf_as_mlx_loads_it),
      cmocka_unit_test(gguf_tensors_that_lie),
      cmocka_unit_test(gguf_metadata_that_lies),
      cmocka_unit_test(cut_short),
      cmocka_unit_test(mutated),
      cmocka_unit_test(no_such_file),
      cmocka_unit_test(over_a_mapped_file),
      cmocka_unit_test(strided_arrays),
      cmocka_unit_test(callers_streams),
#ifdef COUNTS_ALLOCATIONS
      cmocka_unit_test(memory_runs_out),
#endif
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
