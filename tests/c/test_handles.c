// What a program written for mlx-c does with handles: make, replace and free them, in every order.
// Promises: a result handle that holds something is replaced and nothing leaks; a result may be an
// input; a destructor runs once; a get of what is not there says so without an error.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocations.h"
#include "mlx/c/mlx.h"

#define OK(call) assert_int_equal(call, 0)
#define FAILS(call) assert_int_not_equal(call, 0)

static const mlx_stream s = {NULL};
static atomic_int reports;
static _Thread_local char last[512]; /* of this thread */

static void note(const char *msg, void *data) {
  (void)data;
  reports++;
  snprintf(last, sizeof last, "%s", msg);
}

static atomic_int dropped;
static void drop(void *p) {
  (void)p;
  dropped++;
}

// ---- arrays ----

static void arrays_of_every_dtype(void **state) {
  (void)state;
  static const size_t bytes[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 2, 8};
  int shape[] = {2, 3};
  uint64_t zeros[12] = {0};
  mlx_array a = mlx_array_new(), one = mlx_array_new_int(1), sum = mlx_array_new();
  for (mlx_dtype t = MLX_BOOL; t <= MLX_COMPLEX64; t++) {
    OK(mlx_array_set_data(&a, zeros, shape, 2, t));
    assert_int_equal(mlx_dtype_size(t), bytes[t]);
    assert_int_equal(mlx_array_itemsize(a), bytes[t]);
    assert_int_equal(mlx_array_nbytes(a), 6 * bytes[t]);
    assert_int_equal(mlx_array_dtype(a), t);
    assert_int_equal(mlx_array_dim(a, -1), 3);
    assert_int_equal(mlx_array_shape(a)[0], 2);
    assert_int_equal(mlx_array_strides(a)[0], 3);
    OK(mlx_add(&sum, a, one, s));
    OK(mlx_astype(&sum, sum, t, s)); // the result is the input
    OK(mlx_sum(&sum, sum, false, s));
    double v;
    OK(mlx_array_item_float64(&v, sum));
    assert_true(v == 6);
  }
  mlx_array_free(a);
  mlx_array_free(one);
  mlx_array_free(sum);
}

#define READ(ctype, name, dtype, ...)                                                      \
  do {                                                                                     \
    ctype in[] = {__VA_ARGS__}, got;                                                       \
    int n = (int)(sizeof in / sizeof *in);                                                 \
    OK(mlx_array_set_data(&a, in, &n, 1, dtype));                                          \
    assert_memory_equal(mlx_array_data_##name(a), in, sizeof in);                          \
    OK(mlx_slice(&last_one, a, &(int){n - 1}, 1, &n, 1, &(int){1}, 1, s));                 \
    OK(mlx_array_item_##name(&got, last_one));                                             \
    assert_memory_equal(&got, &in[n - 1], sizeof got);                                     \
    assert_null(mlx_array_data_##name(other));                                             \
  } while (0)

static void values_come_back(void **state) {
  (void)state;
  mlx_array a = mlx_array_new(), last_one = mlx_array_new(), other = mlx_array_new();
  mlx_array half = mlx_array_new_float(1.5f);
  OK(mlx_astype(&half, half, MLX_BFLOAT16, s));
  OK(mlx_array_set(&other, half)); // of a dtype that none of the following reads
  READ(bool, bool, MLX_BOOL, false, true);
  READ(uint8_t, uint8, MLX_UINT8, 1, 255);
  READ(uint16_t, uint16, MLX_UINT16, 1, 65535);
  READ(uint32_t, uint32, MLX_UINT32, 1, UINT32_MAX);
  READ(uint64_t, uint64, MLX_UINT64, 1, UINT64_MAX);
  READ(int8_t, int8, MLX_INT8, 1, INT8_MIN);
  READ(int16_t, int16, MLX_INT16, 1, INT16_MIN);
  READ(int32_t, int32, MLX_INT32, 1, INT32_MIN);
  READ(int64_t, int64, MLX_INT64, 1, INT64_MIN);
  READ(float, float32, MLX_FLOAT32, 0.5f, -3e38f);
  READ(double, float64, MLX_FLOAT64, 0.5, -1e300);
  READ(mlx_complex64_t, complex64, MLX_COMPLEX64, 1, 2 + 3 * I);
  float f;
  int32_t i;
  OK(mlx_array_item_float32(&f, half));
  assert_true(f == 1.5f);
  OK(mlx_array_item_int32(&i, half));
  assert_int_equal(i, 1);
  FAILS(mlx_array_item_int32(&i, mlx_array_empty));
  OK(mlx_ones(&a, (int[]){2, 2}, 2, MLX_FLOAT32, s));
  FAILS(mlx_array_item_float32(&f, a));
  assert_non_null(strstr(last, "(2,2)"));
  mlx_array_free(a);
  mlx_array_free(half);
  mlx_array_free(other);
  mlx_array_free(last_one);
}

static void lent_memory_is_given_back(void **state) {
  (void)state;
  float data[6] = {1, 2, 3, 4, 5, 6};
  int shape[] = {2, 3}, wrong[] = {-2, 3};
  dropped = 0;
  mlx_array a = mlx_array_new_data_managed(data, shape, 2, MLX_FLOAT32, drop), b = mlx_array_new();
  OK(mlx_transpose(&b, a, s)); // a view holds the memory
  mlx_array_free(a);
  assert_int_equal(dropped, 0);
  OK(mlx_multiply(&b, b, b, s));
  OK(mlx_array_eval(b));
  assert_int_equal(dropped, 1);
  assert_true(data[5] == 6); // and nobody wrote to it
  mlx_array_free(b);
  // What is refused is given back too.
  FAILS(mlx_array_new_data_managed(data, wrong, 2, MLX_FLOAT32, drop).ctx != NULL ? 0 : 1);
  assert_int_equal(dropped, 2);
  a = mlx_array_new_data_managed_payload(data, shape, 2, MLX_FLOAT32, NULL, NULL);
  mlx_array_free(a);
  a = mlx_array_new_data(data, shape, 2, MLX_FLOAT32);
  data[0] = 9; // a copy
  assert_true(mlx_array_data_float32(a)[0] == 1);
  mlx_array_free(a);
}

static void handles_are_replaced(void **state) {
  (void)state;
  mlx_array a = mlx_array_new_float(2), b = mlx_array_new();
  for (int k = 0; k < 20; k++) OK(mlx_add(&a, a, a, s));
  OK(mlx_array_set(&b, a));
  OK(mlx_array_set(&b, b));
  OK(mlx_array_set_complex(&a, 1, 2));
  float v;
  OK(mlx_array_item_float32(&v, b));
  assert_true(v == 2097152);
  // A failed call leaves its result as it was.
  mlx_array before = a;
  FAILS(mlx_matmul(&a, mlx_array_empty, b, s));
  FAILS(mlx_reshape(&a, b, (int[]){7}, 1, s));
  assert_ptr_equal(a.ctx, before.ctx);
  OK(mlx_array_set(&a, mlx_array_empty));
  assert_null(a.ctx);
  OK(mlx_array_free(a));
  OK(mlx_array_free(b));
  OK(mlx_array_free(mlx_array_empty));
}

static void state_of_arrays(void **state) {
  (void)state;
  mlx_array a = mlx_array_new(), t = mlx_array_new();
  bool is;
  OK(mlx_ones(&a, (int[]){2, 3}, 2, MLX_INT32, s));
  OK(mlx_add(&a, a, a, s));
  OK(_mlx_array_is_available(&is, a));
  assert_false(is);
  mlx_vector_array all = mlx_vector_array_new_value(a);
  OK(mlx_async_eval(all));
  OK(_mlx_array_wait(a));
  OK(_mlx_array_is_available(&is, a));
  assert_true(is);
  OK(mlx_transpose(&t, a, s));
  OK(mlx_array_eval(t));
  OK(_mlx_array_is_contiguous(&is, t));
  assert_true(is);
  OK(_mlx_array_is_row_contiguous(&is, t));
  assert_false(is);
  OK(_mlx_array_is_col_contiguous(&is, t));
  assert_true(is);
  mlx_string text = mlx_string_new();
  OK(mlx_array_tostring(&text, t));
  OK(mlx_array_tostring(&text, t)); // again into the same
  assert_string_equal(mlx_string_data(text),
                      "array([[2, 2],\n       [2, 2],\n       [2, 2]], dtype=int32)");
  mlx_string_free(text);
  mlx_vector_array_free(all);
  mlx_array_free(a);
  mlx_array_free(t);
}

// ---- lists, maps, strings ----

static void lists(void **state) {
  (void)state;
  mlx_array a = mlx_array_new_int(1), b = mlx_array_new_int(2), r = mlx_array_new();
  mlx_vector_array v = mlx_vector_array_new(),
                   w = mlx_vector_array_new_data((mlx_array[]){a, b}, 2);
  for (int i = 0; i < 100; i++) OK(mlx_vector_array_append_value(v, i % 2 ? b : a));
  OK(mlx_vector_array_append_data(v, (mlx_array[]){b, a}, 2));
  assert_int_equal(mlx_vector_array_size(v), 102);
  OK(mlx_vector_array_set(&v, w));
  OK(mlx_vector_array_set(&v, v));
  OK(mlx_vector_array_set_value(&w, b));
  mlx_array_free(a);
  mlx_array_free(b);
  int32_t i;
  OK(mlx_vector_array_get(&r, v, 0));
  OK(mlx_vector_array_get(&r, v, 1));
  OK(mlx_array_item_int32(&i, r));
  assert_int_equal(i, 2);
  FAILS(mlx_vector_array_get(&r, v, 2));
  FAILS(mlx_vector_array_append_value((mlx_vector_array){NULL}, r));
  mlx_vector_vector_array vv = mlx_vector_vector_array_new_data((mlx_vector_array[]){v, w}, 2);
  OK(mlx_vector_vector_array_append_value(vv, v));
  mlx_vector_array_free(v);
  OK(mlx_vector_vector_array_get(&w, vv, 2));
  assert_int_equal(mlx_vector_array_size(w), 2);
  mlx_vector_vector_array_free(vv);
  mlx_vector_array_free(w);
  mlx_array_free(r);

  mlx_vector_int ints = mlx_vector_int_new_data((int[]){4, 5, 6}, 3);
  OK(mlx_vector_int_append_value(ints, -7));
  OK(mlx_vector_int_get(&i, ints, 3));
  assert_int_equal(i, -7);
  mlx_vector_int_free(ints);

  const char *words[] = {"un", "deux"};
  char *got;
  mlx_vector_string texts = mlx_vector_string_new_data(words, 2), more = mlx_vector_string_new();
  OK(mlx_vector_string_set(&more, texts));
  OK(mlx_vector_string_append_value(more, "trois"));
  mlx_vector_string_free(texts);
  OK(mlx_vector_string_get(&got, more, 2));
  assert_string_equal(got, "trois");
  FAILS(mlx_vector_string_get(&got, more, 3));
  mlx_vector_string_free(more);
}

static void maps(void **state) {
  (void)state;
  mlx_map_string_to_array m = mlx_map_string_to_array_new(), n = mlx_map_string_to_array_new();
  mlx_array a = mlx_array_new(), r = mlx_array_new();
  char key[16];
  for (int i = 0; i < 100; i++) {
    snprintf(key, sizeof key, "key %d", i % 50);
    OK(mlx_array_set_int(&a, i));
    OK(mlx_map_string_to_array_insert(m, key, a));
  }
  OK(mlx_map_string_to_array_set(&n, m));
  OK(mlx_map_string_to_array_set(&n, n));
  OK(mlx_map_string_to_array_free(m));
  // To ask for a key is no error that the handler hears of.
  reports = 0;
  assert_int_equal(mlx_map_string_to_array_get(&r, (mlx_map_string_to_array){NULL}, "a"), 2);
  assert_int_equal(mlx_map_string_to_array_get(&r, n, "missing"), 2);
  assert_int_equal(reports, 0);
  assert_non_null(strstr(mlx_last_error(), "missing"));
  OK(mlx_map_string_to_array_get(&r, n, "key 3"));
  int32_t v;
  OK(mlx_array_item_int32(&v, r));
  assert_int_equal(v, 53);
  mlx_map_string_to_array_iterator it = mlx_map_string_to_array_iterator_new(n);
  const char *name;
  int count = 0, code;
  while ((code = mlx_map_string_to_array_iterator_next(&name, &r, it)) == 0) {
    snprintf(key, sizeof key, "key %d", count);
    assert_string_equal(name, key);
    count++;
  }
  assert_int_equal(count, 50);
  assert_int_equal(code, 2);
  mlx_map_string_to_array_iterator_free(it);
  mlx_map_string_to_array_free(n);
  mlx_array_free(a);
  mlx_array_free(r);

  mlx_map_string_to_string t = mlx_map_string_to_string_new();
  OK(mlx_map_string_to_string_insert(t, "k", "old"));
  OK(mlx_map_string_to_string_insert(t, "k", "new"));
  OK(mlx_map_string_to_string_insert(t, "", ""));
  OK(mlx_map_string_to_string_get(&name, t, "k"));
  assert_string_equal(name, "new");
  assert_int_equal(mlx_map_string_to_string_get(&name, t, "none"), 2);
  mlx_map_string_to_string_iterator st = mlx_map_string_to_string_iterator_new(t);
  const char *text;
  for (count = 0; !mlx_map_string_to_string_iterator_next(&name, &text, st);) count++;
  assert_int_equal(count, 2);
  mlx_map_string_to_string_iterator_free(st);
  mlx_map_string_to_string_free(t);
}

static void strings(void **state) {
  (void)state;
  mlx_string a = mlx_string_new_data("one"), b = mlx_string_new();
  assert_string_equal(mlx_string_data(b), "");
  OK(mlx_string_set(&b, a));
  OK(mlx_string_set(&b, b));
  mlx_string_free(a);
  assert_string_equal(mlx_string_data(b), "one");
  OK(mlx_version(&b));
  assert_true(strlen(mlx_string_data(b)) > 2);
  mlx_string_free(b);
}

// ---- devices and streams ----

static void devices_and_streams(void **state) {
  (void)state;
  mlx_device d = mlx_device_new(), cpu = mlx_device_new_type(MLX_CPU, 0), e = mlx_device_new();
  mlx_device_type type;
  mlx_string text = mlx_string_new();
  bool yes;
  int n;
  OK(mlx_get_default_device(&d));
  OK(mlx_device_set(&e, cpu));
  assert_true(mlx_device_equal(e, cpu));
  OK(mlx_device_get_type(&type, cpu));
  OK(mlx_device_get_index(&n, cpu));
  assert_true(type == MLX_CPU && n == 0);
  OK(mlx_device_tostring(&text, cpu));
  assert_string_equal(mlx_string_data(text), "Device(cpu, 0)");
  OK(mlx_device_is_available(&yes, cpu));
  OK(mlx_device_count(&n, MLX_CPU));
  assert_true(yes && n == 1);
  OK(mlx_set_default_device(cpu));
  mlx_stream a = mlx_default_cpu_stream_new(), b = mlx_stream_new_device(cpu), c = mlx_stream_new();
  assert_false(mlx_stream_equal(a, b));
  OK(mlx_stream_set(&c, b));
  assert_true(mlx_stream_equal(c, b));
  OK(mlx_set_default_stream(b));
  OK(mlx_get_default_stream(&c, cpu));
  assert_true(mlx_stream_equal(c, b));
  OK(mlx_stream_tostring(&text, a));
  assert_string_equal(mlx_string_data(text), "Stream(Device(cpu, 0), 0)");
  OK(mlx_stream_get_index(&n, a));
  OK(mlx_stream_get_device(&e, b));
  assert_true(mlx_device_equal(e, cpu));
  // Streams wait for each other; what lies between is let go of by a thread that has not made it.
  mlx_array x = mlx_array_new();
  for (int i = 0; i < 200; i++) {
    float v;
    OK(mlx_array_set_float(&x, 1));
    for (int k = 0; k < 8; k++) OK(mlx_add(&x, x, x, k % 2 ? a : b));
    OK(mlx_array_item_float32(&v, x));
    assert_true(v == 256);
  }
  OK(mlx_synchronize(b));
  OK(mlx_set_default_stream(a));
  OK(mlx_set_default_device(d));
  mlx_array_free(x);
  mlx_stream_free(a);
  mlx_stream_free(b);
  mlx_stream_free(c);
  mlx_device_free(d);
  mlx_device_free(e);

  mlx_device_info info = mlx_device_info_new();
  mlx_vector_string keys = mlx_vector_string_new();
  OK(mlx_device_info_get(&info, cpu));
  OK(mlx_device_info_get(&info, cpu));
  OK(mlx_device_info_get_keys(&keys, info));
  assert_true(mlx_vector_string_size(keys) >= 2);
  for (size_t i = 0; i < mlx_vector_string_size(keys); i++) {
    char *key;
    const char *value;
    size_t size;
    OK(mlx_vector_string_get(&key, keys, i));
    OK(mlx_device_info_has_key(&yes, info, key));
    assert_true(yes);
    OK(mlx_device_info_is_string(&yes, info, key));
    assert_int_equal(mlx_device_info_get_string(&value, info, key), yes ? 0 : 2);
    assert_int_equal(mlx_device_info_get_size(&size, info, key), yes ? 2 : 0);
  }
  mlx_vector_string_free(keys);
  mlx_device_info_free(info);
  mlx_device_free(cpu);
  mlx_string_free(text);
}

// ---- errors ----

static void *err(void *p) {
  mlx_array a = mlx_array_new();
  char want[32];
  for (int i = 0; i < 200; i++) {
    int n = (int)(intptr_t)p + 2;
    if (mlx_reshape(&a, (mlx_array){NULL}, &n, 1, s) == 0) return "no error";
    if (mlx_ones(&a, (int[]){2, 3}, 2, MLX_FLOAT32, s) || mlx_reshape(&a, a, &n, 1, s) == 0)
      return "wrong result";
    snprintf(want, sizeof want, "(%d", n);
    if (!strstr(mlx_last_error(), want)) return "another thread's error";
  }
  mlx_array_free(a);
  return NULL;
}

static void count_data(const char *msg, void *data) {
  (void)msg;
  atomic_fetch_add((atomic_int *)data, 1);
}
static void free_data(void *data) {
  dropped++;
  free(data);
}

/* Handlers are exchanged while four threads fail: none is called after its destructor ran. */
static void errors_of_threads(void **state) {
  (void)state;
  enum { THREADS = 4, HANDLERS = 500 };
  pthread_t t[THREADS];
  dropped = 0;
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&t[i], NULL, err, (void *)(intptr_t)(i + 5)), 0);
  for (int i = 0; i < HANDLERS; i++) {
    atomic_int *data = malloc(sizeof *data);
    atomic_init(data, 0);
    mlx_set_error_handler(count_data, data, free_data);
  }
  for (int i = 0; i < THREADS; i++) {
    void *failed;
    pthread_join(t[i], &failed);
    if (failed) fail_msg("%s", (const char *)failed);
  }
  mlx_set_error_handler(note, NULL, NULL);
  assert_int_equal(dropped, HANDLERS);
  mlx_error("made by %s", "hand");
  assert_non_null(strstr(last, "made by hand at "));
}

// ---- what is not there ----

static void absent_hardware(void **state) {
  (void)state;
  mlx_vector_string names = mlx_vector_string_new_value("x");
  mlx_vector_array arrays = mlx_vector_array_new(), out = mlx_vector_array_new();
  mlx_fast_metal_kernel_config c = mlx_fast_metal_kernel_config_new();
  OK(mlx_fast_metal_kernel_config_add_output_arg(c, (int[]){2}, 1, MLX_FLOAT32));
  OK(mlx_fast_metal_kernel_config_set_grid(c, 1, 1, 1));
  OK(mlx_fast_metal_kernel_config_set_thread_group(c, 1, 1, 1));
  OK(mlx_fast_metal_kernel_config_set_init_value(c, 0));
  OK(mlx_fast_metal_kernel_config_set_verbose(c, true));
  OK(mlx_fast_metal_kernel_config_add_template_arg_dtype(c, "T", MLX_FLOAT32));
  OK(mlx_fast_metal_kernel_config_add_template_arg_int(c, "N", 2));
  OK(mlx_fast_metal_kernel_config_add_template_arg_bool(c, "B", true));
  FAILS(mlx_fast_metal_kernel_config_add_template_arg_int(c, NULL, 2));
  mlx_fast_metal_kernel k = mlx_fast_metal_kernel_new("k", names, names, "source", "", true, false);
  FAILS(mlx_fast_metal_kernel_apply(&out, k, arrays, c, s));
  assert_non_null(strstr(last, "metal"));
  mlx_fast_metal_kernel_free(k);
  mlx_fast_metal_kernel_config_free(c);
  mlx_fast_cuda_kernel_config cc = mlx_fast_cuda_kernel_config_new();
  FAILS(mlx_fast_cuda_kernel_config_add_output_arg(cc, NULL, 1, MLX_FLOAT32));
  mlx_fast_cuda_kernel ck = mlx_fast_cuda_kernel_new("k", names, names, "source", "", true, 0);
  FAILS(mlx_fast_cuda_kernel_apply(&out, ck, arrays, cc, s));
  assert_non_null(strstr(last, "cuda"));
  mlx_fast_cuda_kernel_free(ck);
  mlx_fast_cuda_kernel_config_free(cc);
  bool yes = true;
  OK(mlx_metal_is_available(&yes));
  assert_false(yes);
  FAILS(mlx_metal_start_capture("x"));
  mlx_vector_string_free(names);
  mlx_vector_array_free(arrays);
  mlx_vector_array_free(out);
}

static void one_process(void **state) {
  (void)state;
  mlx_distributed_group g = mlx_distributed_group_new(), part = mlx_distributed_group_new();
  OK(mlx_distributed_init(&g, false, "any"));
  OK(mlx_distributed_init(&g, false, "any"));
  assert_int_equal(mlx_distributed_group_rank(g), 0);
  assert_int_equal(mlx_distributed_group_size(g), 1);
  FAILS(mlx_distributed_init(&part, true, "any"));
  FAILS(mlx_distributed_group_split(&part, g, 0, 0));
  mlx_array a = mlx_array_new_float(3), b = mlx_array_new();
  OK(mlx_distributed_all_sum(&b, a, g, s));
  OK(mlx_distributed_all_gather(&b, b, g, s));
  float v;
  OK(mlx_array_item_float32(&v, b));
  assert_true(v == 3);
  FAILS(mlx_distributed_send(&b, a, 1, g, s));
  FAILS(mlx_distributed_recv_like(&b, a, 1, g, s));
  mlx_array_free(a);
  mlx_array_free(b);
  mlx_distributed_group_free(g);
  mlx_distributed_group_free(part);
}

// ---- graphs as text ----

static void graphs_as_text(void **state) {
  (void)state;
  mlx_array a = mlx_array_new_float(1), b = mlx_array_new(), c = mlx_array_new();
  OK(mlx_exp(&b, a, s));
  OK(mlx_add(&c, a, b, s));
  mlx_node_namer n = mlx_node_namer_new();
  const char *name;
  OK(mlx_node_namer_set_name(n, a, "a \"quoted\" name"));
  OK(mlx_node_namer_set_name(n, a, "input"));
  OK(mlx_node_namer_get_name(&name, n, a));
  assert_string_equal(name, "input");
  mlx_vector_array out = mlx_vector_array_new_value(c);
  char *text = NULL;
  size_t size;
  FILE *f = open_memstream(&text, &size);
  OK(mlx_export_to_dot(f, n, out));
  OK(mlx_print_graph(f, n, out));
  OK(mlx_export_to_dot(f, (mlx_node_namer){NULL}, out));
  fclose(f);
  assert_non_null(strstr(text, "digraph {"));
  assert_non_null(strstr(text, "\"input\" -> "));
  assert_non_null(strstr(text, "Add"));
  free(text);
  FAILS(mlx_export_to_dot(NULL, n, out));
  mlx_node_namer_free(n);
  mlx_vector_array_free(out);
  mlx_array_free(a);
  mlx_array_free(b);
  mlx_array_free(c);
}

// ---- memory and chance ----

static void memory_limits(void **state) {
  (void)state;
  size_t old, now, again;
  OK(mlx_clear_cache());
  OK(mlx_get_active_memory(&old));
  mlx_array a = mlx_array_new();
  OK(mlx_ones(&a, (int[]){1 << 18}, 1, MLX_FLOAT32, s));
  OK(mlx_copy(&a, a, s));
  OK(mlx_array_eval(a));
  OK(mlx_get_active_memory(&now));
  /* Threads of streams may still be letting go of what earlier tests evaluated. */
  assert_true(now + (1 << 16) >= old + (1 << 20));
  OK(mlx_reset_peak_memory());
  mlx_array_free(a);
  OK(mlx_get_active_memory(&now));
  assert_true(now <= old);
  OK(mlx_set_cache_limit(&old, 0));
  OK(mlx_get_cache_memory(&now));
  assert_int_equal(now, 0);
  OK(mlx_set_cache_limit(&again, old));
  assert_int_equal(again, 0);
  OK(mlx_get_memory_limit(&old));
  OK(mlx_set_memory_limit(&now, old));
  assert_int_equal(now, old);
  OK(mlx_set_wired_limit(&old, 0));
}

/* A draw without a key moves the shared state on; one with a key depends on it alone. */
static void draws(void **state) {
  (void)state;
  mlx_array lo = mlx_array_new_float(0), hi = mlx_array_new_float(1), key = mlx_array_new();
  mlx_array r[4] = {{NULL}, {NULL}, {NULL}, {NULL}};
  int shape[] = {5};
  bool same;
  OK(mlx_random_key(&key, 3));
  for (int i = 0; i < 4; i++)
    OK(mlx_random_uniform(&r[i], lo, hi, shape, 1, MLX_FLOAT32, i < 2 ? key : mlx_array_empty, s));
  OK(mlx_array_equal(&lo, r[0], r[1], false, s));
  OK(mlx_array_equal(&hi, r[2], r[3], false, s));
  OK(mlx_array_item_bool(&same, lo));
  assert_true(same);
  OK(mlx_array_item_bool(&same, hi));
  assert_false(same);
  OK(mlx_random_seed(7));
  OK(mlx_random_normal(&r[0], shape, 1, MLX_FLOAT32, 0, 1, mlx_array_empty, s));
  OK(mlx_random_seed(7));
  OK(mlx_random_normal(&r[1], shape, 1, MLX_FLOAT32, 0, 1, mlx_array_empty, s));
  OK(mlx_array_equal(&lo, r[0], r[1], false, s));
  OK(mlx_array_item_bool(&same, lo));
  assert_true(same);
  OK(mlx_random_split(&r[0], &r[1], key, s));
  OK(mlx_random_split(&key, &r[1], key, s)); // one result is the input
  OK(mlx_array_eval(key));
  for (int i = 0; i < 4; i++) mlx_array_free(r[i]);
  mlx_array_free(lo);
  mlx_array_free(hi);
  mlx_array_free(key);
}

#ifdef COUNTS_ALLOCATIONS
/* The second run of each finds every cache warm: it leaves not one block behind. */
static void nothing_stays(void **state) {
  static void (*const tests[])(void **) = {arrays_of_every_dtype, values_come_back,
    lent_memory_is_given_back, handles_are_replaced, state_of_arrays, lists, maps, strings,
    absent_hardware, one_process, graphs_as_text, draws};
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    tests[i](state);
    mlx_clear_cache();
    long before = atomic_load(&blocks_alive);
    tests[i](state);
    mlx_clear_cache();
    if (atomic_load(&blocks_alive) != before)
      fail_msg("test %zu leaves %ld blocks", i, atomic_load(&blocks_alive) - before);
  }
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arrays_of_every_dtype), cmocka_unit_test(values_come_back),
      cmocka_unit_test(lent_memory_is_given_back), cmocka_unit_test(handles_are_replaced),
      cmocka_unit_test(state_of_arrays), cmocka_unit_test(lists), cmocka_unit_test(maps),
      cmocka_unit_test(strings), cmocka_unit_test(devices_and_streams),
      cmocka_unit_test(errors_of_threads), cmocka_unit_test(absent_hardware),
      cmocka_unit_test(one_process), cmocka_unit_test(graphs_as_text),
      cmocka_unit_test(memory_limits), cmocka_unit_test(draws),
#ifdef COUNTS_ALLOCATIONS
      cmocka_unit_test(nothing_stays),
#endif
  };
  mlx_set_error_handler(note, NULL, NULL);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
