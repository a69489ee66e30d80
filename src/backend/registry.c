/* The only file that names backends. */
#include <stdatomic.h>
#include <string.h>

#include "backend/backend.h"
#include "base/error.h"

static const mx_backend *const all[] = {&mx_cpu_backend, &mx_null_backend};
static _Atomic(const mx_backend *) selected = &mx_cpu_backend;

const mx_backend *mx_backend_for(mlx_device_type type) {
  return type == MLX_CPU ? atomic_load_explicit(&selected, memory_order_relaxed) : NULL;
}

int mx_backend_select(const char *name) {
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (strcmp(all[i]->name, name) == 0) {
      atomic_store(&selected, all[i]);
      return 0;
    }
  return mx_fail(MX_VALUE, "[backend] there is no backend %s", name);
}
