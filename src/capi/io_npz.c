/* npz files through the C API. */
#include "capi/capi.h"
#include "capi/io.h"
#include "io/npz.h"
#include "mlx/c/io.h"

static int load(mlx_map_string_to_array *res, mx_source *src, int bad) {
  mx_table t = {0};
  mx_scope scope = mx_scope_open();
  if (!bad && !res)
    bad = mx_fail(MX_VALUE, "[load_npz] no place for the result");
  bad = bad || mx_load_npz(&t, src);
  mx_source_close(src);
  if (bad) {
    mx_report();
  } else {
    /* The calls on public handles report their own errors. */
    mlx_map_string_to_array map = mlx_map_string_to_array_new();
    bad = !map.ctx;
    for (size_t i = 0; i < t.n && !bad; i++)
      bad = mlx_map_string_to_array_insert(map, t.entries[i].name,
                                           (mlx_array){t.entries[i].array});
    if (!bad) {
      mlx_map_string_to_array old = *res;
      *res = map;
      map = old;
    }
    mlx_map_string_to_array_free(map);
  }
  mx_table_free(&t);
  mx_scope_close(scope, NULL);
  return bad;
}

int mlx_load_npz_reader(mlx_map_string_to_array *res, mlx_io_reader in_stream, const mlx_stream s) {
  mx_source src;
  (void)s;
  int bad = mx_source_io(&src, "load_npz", in_stream.ctx);
  return load(res, &src, bad);
}

int mlx_load_npz(mlx_map_string_to_array *res, const char *file, const mlx_stream s) {
  mx_source src;
  (void)s;
  int bad = mx_capi_source(&src, "load_npz", file);
  return load(res, &src, bad);
}

static int save(mx_sink *out, const mlx_map_string_to_array param, bool compressed, int bad) {
  mx_table t = {0};
  mx_scope scope = mx_scope_open();
  bad = bad || mx_capi_read_arrays(&t, "save_npz", param) || mx_save_npz(out, &t, compressed);
  bad = mx_sink_close(out, bad);
  mx_scope_close(scope, NULL);
  mx_table_free(&t);
  return bad ? mx_report() : 0;
}

int mlx_save_npz_writer(mlx_io_writer out_stream, const mlx_map_string_to_array param,
                        bool compressed) {
  mx_sink out;
  int bad = mx_sink_io(&out, "save_npz", out_stream.ctx);
  return save(&out, param, compressed, bad);
}

int mlx_save_npz(const char *file, const mlx_map_string_to_array param, bool compressed) {
  mx_sink out;
  int bad = mx_capi_sink(&out, "save_npz", file, ".npz");
  return save(&out, param, compressed, bad);
}
