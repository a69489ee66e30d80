/* Loading and saving through the C API; reader and writer handles, whose ctx is an mx_io. */
#include "mlx/c/io.h"

#include <stdlib.h>
#include <string.h>

#include "capi/capi.h"
#include "capi/io.h"
#include "io/npy.h"
#include "io/safetensors.h"

/* ---- readers and writers ---- */

static void *io_new(void *desc, const mlx_io_vtable *vtable) {
  mx_io *io = malloc(sizeof *io);
  if (!io) {
    mx_nomem("io");
    mx_report();
    return NULL;
  }
  *io = (mx_io){desc, *vtable};
  return io;
}

static int io_free(mx_io *io) {
  if (io && io->vt.free)
    io->vt.free(io->desc);
  free(io);
  return 0;
}

static int io_descriptor(void **desc, const mx_io *io) {
  if (!io || !desc)
    return mx_fail(MX_VALUE, "[io_descriptor] an empty reader or writer"), mx_report();
  *desc = io->desc;
  return 0;
}

static int io_tostring(mlx_string *str, const mx_io *io) {
  if (!io)
    return mx_fail(MX_VALUE, "[io_tostring] an empty reader or writer"), mx_report();
  return mx_string_set(str, mx_io_label(io)) ? mx_report() : 0;
}

mlx_io_reader mlx_io_reader_new(void *desc, mlx_io_vtable vtable) {
  return (mlx_io_reader){io_new(desc, &vtable)};
}

int mlx_io_reader_descriptor(void **desc_, mlx_io_reader io) {
  return io_descriptor(desc_, io.ctx);
}

int mlx_io_reader_tostring(mlx_string *str_, mlx_io_reader io) {
  return io_tostring(str_, io.ctx);
}

int mlx_io_reader_free(mlx_io_reader io) {
  return io_free(io.ctx);
}

mlx_io_writer mlx_io_writer_new(void *desc, mlx_io_vtable vtable) {
  return (mlx_io_writer){io_new(desc, &vtable)};
}

int mlx_io_writer_descriptor(void **desc_, mlx_io_writer io) {
  return io_descriptor(desc_, io.ctx);
}

int mlx_io_writer_tostring(mlx_string *str_, mlx_io_writer io) {
  return io_tostring(str_, io.ctx);
}

int mlx_io_writer_free(mlx_io_writer io) {
  return io_free(io.ctx);
}

/* ---- files ---- */

int mx_capi_source(mx_source *src, const char *op, const char *file) {
  *src = (mx_source){0};
  return file ? mx_source_file(src, op, file) : mx_fail(MX_VALUE, "[%s] no file name", op);
}

int mx_capi_sink(mx_sink *out, const char *op, const char *file, const char *extension) {
  *out = (mx_sink){0};
  if (!file)
    return mx_fail(MX_VALUE, "[%s] no file name", op);
  size_t n = strlen(file), e = strlen(extension);
  if (n >= e && strcmp(file + n - e, extension) == 0)
    return mx_sink_file(out, op, file);
  char *name = malloc(n + e + 1);
  if (!name)
    return mx_nomem(op);
  memcpy(name, file, n);
  memcpy(name + n, extension, e + 1);
  int bad = mx_sink_file(out, op, name);
  out->label = file; /* the longer name goes now */
  free(name);
  return bad;
}

/* ---- npy ---- */

static int load_npy(mlx_array *res, mx_source *src, int bad) {
  mx_scope scope = mx_scope_open();
  mx_array *a = bad ? NULL : mx_load_npy(src);
  mx_source_close(src);
  return mx_return(res, a, scope);
}

int mlx_load_reader(mlx_array *res, mlx_io_reader in_stream, const mlx_stream s) {
  mx_source src;
  (void)s;
  int bad = mx_source_io(&src, "load", in_stream.ctx);
  return load_npy(res, &src, bad);
}

int mlx_load(mlx_array *res, const char *file, const mlx_stream s) {
  mx_source src;
  (void)s;
  int bad = mx_capi_source(&src, "load", file);
  return load_npy(res, &src, bad);
}

static int save_npy(mx_sink *out, const mlx_array a, int bad) {
  mx_scope scope = mx_scope_open();
  mx_array *node = bad ? NULL : mx_in(a, "save");
  bad = !node || mx_save_npy(out, node);
  bad = mx_sink_close(out, bad);
  mx_scope_close(scope, NULL);
  return bad ? mx_report() : 0;
}

int mlx_save_writer(mlx_io_writer out_stream, const mlx_array a) {
  mx_sink out;
  int bad = mx_sink_io(&out, "save", out_stream.ctx);
  return save_npy(&out, a, bad);
}

int mlx_save(const char *file, const mlx_array a) {
  mx_sink out;
  int bad = mx_capi_sink(&out, "save", file, ".npy");
  return save_npy(&out, a, bad);
}

/* ---- safetensors ---- */

/* The calls on public handles report their own errors. */
static int fill_maps(mlx_map_string_to_array arrays, mlx_map_string_to_string strings,
                     const mx_table *a, const mx_table *m) {
  if (!arrays.ctx || !strings.ctx)
    return 1;
  for (size_t i = 0; i < a->n; i++)
    if (mlx_map_string_to_array_insert(arrays, a->entries[i].name,
                                       (mlx_array){a->entries[i].array}))
      return 1;
  for (size_t i = 0; i < m->n; i++)
    if (mlx_map_string_to_string_insert(strings, m->entries[i].name,
                                        m->entries[i].strings->data[0]))
      return 1;
  return 0;
}

static int load_safetensors(mlx_map_string_to_array *res_0, mlx_map_string_to_string *res_1,
                            mx_source *src, int bad) {
  mx_table a = {0}, m = {0};
  if (!bad && (!res_0 || !res_1))
    bad = mx_fail(MX_VALUE, "[load_safetensors] no place for the result");
  bad = bad || mx_load_safetensors(&a, &m, src);
  mx_source_close(src);
  if (bad)
    return mx_report();
  mlx_map_string_to_array arrays = mlx_map_string_to_array_new();
  mlx_map_string_to_string strings = mlx_map_string_to_string_new();
  bad = fill_maps(arrays, strings, &a, &m);
  if (!bad) {
    mlx_map_string_to_array old = *res_0;
    mlx_map_string_to_string old_strings = *res_1;
    *res_0 = arrays;
    *res_1 = strings;
    arrays = old;
    strings = old_strings;
  }
  mlx_map_string_to_array_free(arrays);
  mlx_map_string_to_string_free(strings);
  mx_table_free(&a);
  mx_table_free(&m);
  return bad;
}

int mlx_load_safetensors_reader(mlx_map_string_to_array *res_0, mlx_map_string_to_string *res_1,
                                mlx_io_reader in_stream, const mlx_stream s) {
  mx_source src;
  (void)s;
  int bad = mx_source_io(&src, "load_safetensors", in_stream.ctx);
  return load_safetensors(res_0, res_1, &src, bad);
}

int mlx_load_safetensors(mlx_map_string_to_array *res_0, mlx_map_string_to_string *res_1,
                         const char *file, const mlx_stream s) {
  mx_source src;
  (void)s;
  int bad = mx_capi_source(&src, "load_safetensors", file);
  return load_safetensors(res_0, res_1, &src, bad);
}

int mx_capi_read_arrays(mx_table *t, const char *op, const mlx_map_string_to_array map) {
  const char *key;
  mlx_map_string_to_array_iterator it = mlx_map_string_to_array_iterator_new(map);
  mlx_array value = {NULL};
  int bad = !it.ctx;
  while (!bad && mlx_map_string_to_array_iterator_next(&key, &value, it) == 0)
    bad = mx_table_add(t, op, key, strlen(key), value.ctx, NULL);
  mlx_array_free(value);
  mlx_map_string_to_array_iterator_free(it);
  return bad || mx_table_seal(t, op, "name");
}

static int read_strings(mx_table *t, const mlx_map_string_to_string map) {
  const char *op = "save_safetensors", *key, *value;
  mlx_map_string_to_string_iterator it = mlx_map_string_to_string_iterator_new(map);
  int bad = !it.ctx;
  while (!bad && mlx_map_string_to_string_iterator_next(&key, &value, it) == 0) {
    size_t len = strlen(value);
    mx_strings *s = mx_strings_copy(1, &value, &len, true, op);
    bad = !s || mx_table_add(t, op, key, strlen(key), NULL, s);
  }
  mlx_map_string_to_string_iterator_free(it);
  return bad || mx_table_seal(t, op, "metadata key");
}

static int save_safetensors(mx_sink *out, const mlx_map_string_to_array param,
                            const mlx_map_string_to_string metadata, int bad) {
  mx_table a = {0}, m = {0};
  mx_scope scope = mx_scope_open();
  bad = bad || mx_capi_read_arrays(&a, "save_safetensors", param) || read_strings(&m, metadata) ||
        mx_save_safetensors(out, &a, &m);
  bad = mx_sink_close(out, bad);
  mx_scope_close(scope, NULL);
  mx_table_free(&a);
  mx_table_free(&m);
  return bad ? mx_report() : 0;
}

int mlx_save_safetensors_writer(mlx_io_writer in_stream, const mlx_map_string_to_array param,
                                const mlx_map_string_to_string metadata) {
  mx_sink out;
  int bad = mx_sink_io(&out, "save_safetensors", in_stream.ctx);
  return save_safetensors(&out, param, metadata, bad);
}

int mlx_save_safetensors(const char *file, const mlx_map_string_to_array param,
                         const mlx_map_string_to_string metadata) {
  mx_sink out;
  int bad = mx_capi_sink(&out, "save_safetensors", file, ".safetensors");
  return save_safetensors(&out, param, metadata, bad);
}
