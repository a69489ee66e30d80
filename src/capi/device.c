/* Owns device and stream handles. A device handle's ctx is a malloc'ed mx_device; a stream's is the
 * stream itself, which lives as long as the process. */
#include "mlx/c/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend.h"
#include "capi/capi.h"
#include "mlx/c/cuda.h"
#include "mlx/c/metal.h"

/* ---- devices ---- */

static mx_device device_of(const mlx_device d) {
  return d.ctx ? *(const mx_device *)d.ctx : mx_default_device();
}

static int device_set(mlx_device *dev, mx_device d) {
  if (mx_no_place(dev, "device"))
    return 1;
  mx_device *copy = malloc(sizeof *copy);
  if (!copy)
    return mx_nomem("device"), mx_report();
  *copy = d;
  free(dev->ctx);
  dev->ctx = copy;
  return 0;
}

mlx_device mlx_device_new(void) {
  mlx_device d = {NULL};
  device_set(&d, mx_default_device());
  return d;
}

mlx_device mlx_device_new_type(mlx_device_type type, int index) {
  mlx_device d = {NULL};
  device_set(&d, (mx_device){type, index});
  return d;
}

int mlx_device_free(mlx_device dev) {
  free(dev.ctx);
  return 0;
}

int mlx_device_set(mlx_device *dev, const mlx_device src) {
  return device_set(dev, device_of(src));
}

static void device_text(char *buf, size_t n, mx_device d) {
  snprintf(buf, n, "Device(%s, %d)", d.type == MLX_GPU ? "gpu" : "cpu", d.index);
}

int mlx_device_tostring(mlx_string *str, mlx_device dev) {
  char text[64];
  device_text(text, sizeof text, device_of(dev));
  return mx_string_set(str, text) ? mx_report() : 0;
}

bool mlx_device_equal(mlx_device lhs, mlx_device rhs) {
  mx_device a = device_of(lhs), b = device_of(rhs);
  return a.type == b.type && a.index == b.index;
}

int mlx_device_get_index(int *index, mlx_device dev) {
  if (mx_no_place(index, "device_get_index"))
    return 1;
  *index = device_of(dev).index;
  return 0;
}

int mlx_device_get_type(mlx_device_type *type, mlx_device dev) {
  if (mx_no_place(type, "device_get_type"))
    return 1;
  *type = device_of(dev).type;
  return 0;
}

int mlx_get_default_device(mlx_device *dev) {
  return device_set(dev, mx_default_device());
}

int mlx_set_default_device(mlx_device dev) {
  return mx_set_default_device(device_of(dev)) ? mx_report() : 0;
}

int mlx_device_is_available(bool *avail, mlx_device dev) {
  mx_device d = device_of(dev);
  if (mx_no_place(avail, "device_is_available"))
    return 1;
  *avail = mx_backend_for(d.type) != NULL && d.index == 0;
  return 0;
}

int mlx_device_count(int *count, mlx_device_type type) {
  if (mx_no_place(count, "device_count"))
    return 1;
  *count = mx_backend_for(type) != NULL;
  return 0;
}

/* ---- what is known of a device ---- */

typedef struct info {
  char architecture[64], name[128];
  size_t memory;
} info;

static void read_cpu_name(char *to, size_t n) {
  snprintf(to, n, "CPU");
  FILE *f = fopen("/proc/cpuinfo", "r");
  if (!f)
    return;
  char line[256];
  while (fgets(line, sizeof line, f)) {
    char *v = strchr(line, ':');
    if (v && strncmp(line, "model name", 10) == 0) {
      v += 1 + strspn(v + 1, " ");
      v[strcspn(v, "\n")] = '\0';
      snprintf(to, n, "%.*s", (int)n - 1, v);
      break;
    }
  }
  fclose(f);
}

mlx_device_info mlx_device_info_new(void) {
  return (mlx_device_info){NULL};
}

int mlx_device_info_get(mlx_device_info *out, mlx_device dev) {
  mx_device d = device_of(dev);
  if (mx_no_place(out, "device_info"))
    return 1;
  if (!mx_backend_for(d.type))
    return mx_fail(MX_VALUE, "[device_info] the device is not available"), mx_report();
  info *i = calloc(1, sizeof *i);
  if (!i)
    return mx_nomem("device_info"), mx_report();
#if defined(__aarch64__)
  snprintf(i->architecture, sizeof i->architecture, "arm64");
#else
  snprintf(i->architecture, sizeof i->architecture, "x86_64");
#endif
  read_cpu_name(i->name, sizeof i->name);
  i->memory = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
  free(out->ctx);
  out->ctx = i;
  return 0;
}

int mlx_device_info_free(mlx_device_info i) {
  free(i.ctx);
  return 0;
}

static const char *info_string(mlx_device_info i, const char *key) {
  const info *v = i.ctx;
  if (!v || !key)
    return NULL;
  return strcmp(key, "architecture") == 0 ? v->architecture
         : strcmp(key, "device_name") == 0 ? v->name
                                           : NULL;
}

static bool info_size(mlx_device_info i, const char *key, size_t *value) {
  const info *v = i.ctx;
  if (!v || !key || strcmp(key, "memory_size") != 0)
    return false;
  *value = v->memory;
  return true;
}

int mlx_device_info_has_key(bool *exists, mlx_device_info i, const char *key) {
  size_t n;
  if (mx_no_place(exists, "device_info"))
    return 1;
  *exists = info_string(i, key) || info_size(i, key, &n);
  return 0;
}

int mlx_device_info_is_string(bool *is_string, mlx_device_info i, const char *key) {
  if (mx_no_place(is_string, "device_info"))
    return 1;
  *is_string = info_string(i, key) != NULL;
  return 0;
}

/* A caller may ask for a key to learn whether there is one: recorded, not reported. */
static int no_key(const char *key) {
  mx_fail(MX_VALUE, "[device_info] no such key: %s", key ? key : "(none)");
  return 2;
}

int mlx_device_info_get_string(const char **value, mlx_device_info i, const char *key) {
  const char *text = info_string(i, key);
  if (!text)
    return no_key(key);
  if (mx_no_place(value, "device_info"))
    return 1;
  *value = text;
  return 0;
}

int mlx_device_info_get_size(size_t *value, mlx_device_info i, const char *key) {
  size_t n;
  if (!info_size(i, key, &n))
    return no_key(key);
  if (mx_no_place(value, "device_info"))
    return 1;
  *value = n;
  return 0;
}

int mlx_device_info_get_keys(mlx_vector_string *keys, mlx_device_info i) {
  const char *all[] = {"architecture", "device_name", "memory_size"};
  return mlx_vector_string_set_data(keys, all, i.ctx ? 3 : 0);
}

/* ---- streams ---- */

mx_stream *mx_in_stream(const mlx_stream s) {
  return s.ctx ? s.ctx : mx_default_stream(mx_default_device());
}

mlx_stream mlx_stream_new(void) {
  return (mlx_stream){NULL};
}

mlx_stream mlx_stream_new_device(mlx_device dev) {
  mx_stream *s = mx_stream_new(device_of(dev));
  if (!s)
    mx_report();
  return (mlx_stream){s};
}

int mlx_stream_set(mlx_stream *stream, const mlx_stream src) {
  if (mx_no_place(stream, "stream_set"))
    return 1;
  stream->ctx = src.ctx;
  return 0;
}

int mlx_stream_free(mlx_stream stream) {
  (void)stream; /* a pending node may still name it */
  return 0;
}

int mlx_stream_tostring(mlx_string *str, mlx_stream stream) {
  mx_stream *s = mx_in_stream(stream);
  char dev[64], text[128];
  if (!s)
    return mx_report();
  device_text(dev, sizeof dev, s->device);
  snprintf(text, sizeof text, "Stream(%s, %d)", dev, s->index);
  return mx_string_set(str, text) ? mx_report() : 0;
}

bool mlx_stream_equal(mlx_stream lhs, mlx_stream rhs) {
  return mx_in_stream(lhs) == mx_in_stream(rhs);
}

int mlx_stream_get_device(mlx_device *dev, mlx_stream stream) {
  mx_stream *s = mx_in_stream(stream);
  return s ? device_set(dev, s->device) : mx_report();
}

int mlx_stream_get_index(int *index, mlx_stream stream) {
  mx_stream *s = mx_in_stream(stream);
  if (!s)
    return mx_report();
  if (mx_no_place(index, "stream_get_index"))
    return 1;
  *index = s->index;
  return 0;
}

int mlx_synchronize(mlx_stream stream) {
  mx_stream *s = mx_in_stream(stream);
  if (!s)
    return mx_report();
  mx_stream_synchronize(s);
  return 0;
}

int mlx_get_default_stream(mlx_stream *stream, mlx_device dev) {
  mx_stream *s = mx_default_stream(device_of(dev));
  if (!s)
    return mx_report();
  if (mx_no_place(stream, "get_default_stream"))
    return 1;
  stream->ctx = s;
  return 0;
}

int mlx_set_default_stream(mlx_stream stream) {
  mx_stream *s = mx_in_stream(stream);
  return s && !mx_set_default_stream(s) ? 0 : mx_report();
}

mlx_stream mlx_default_cpu_stream_new(void) {
  mx_stream *s = mx_default_stream((mx_device){MLX_CPU, 0});
  if (!s)
    mx_report();
  return (mlx_stream){s};
}

mlx_stream mlx_default_gpu_stream_new(void) {
  mx_stream *s = mx_default_stream((mx_device){MLX_GPU, 0});
  if (!s)
    mx_report();
  return (mlx_stream){s};
}

/* ---- absent hardware ---- */

int mlx_cuda_is_available(bool *res) {
  if (mx_no_place(res, "cuda"))
    return 1;
  *res = mx_backend_for(MLX_GPU) != NULL;
  return 0;
}

int mlx_metal_is_available(bool *res) {
  if (mx_no_place(res, "metal"))
    return 1;
  *res = false;
  return 0;
}

int mlx_metal_start_capture(const char *path) {
  (void)path;
  return mx_fail(MX_RUNTIME, "[metal] Metal is not available on this platform"), mx_report();
}

int mlx_metal_stop_capture(void) {
  return mx_fail(MX_RUNTIME, "[metal] Metal is not available on this platform"), mx_report();
}
