/* Groups and collectives, for the one process that there is: a collective gives its input back. */
#include "mlx/c/distributed.h"

#include <stdlib.h>
#include <string.h>

#include "capi/capi.h"
#include "mlx/c/distributed_group.h"

/* ctx of a group handle: nothing to own yet but its size and rank. */
typedef struct group {
  int rank, size;
} group;

mlx_distributed_group mlx_distributed_group_new(void) {
  return (mlx_distributed_group){NULL};
}

int mlx_distributed_group_free(mlx_distributed_group g) {
  free(g.ctx);
  return 0;
}

int mlx_distributed_group_rank(mlx_distributed_group g) {
  return g.ctx ? ((group *)g.ctx)->rank : 0;
}

int mlx_distributed_group_size(mlx_distributed_group g) {
  return g.ctx ? ((group *)g.ctx)->size : 1;
}

int mlx_distributed_group_split(mlx_distributed_group *res, mlx_distributed_group g, int color,
                                int key) {
  (void)res;
  (void)g;
  (void)color;
  (void)key;
  return mx_fail(MX_RUNTIME, "[distributed] a group of one process cannot be split"), mx_report();
}

static bool known(const char *bk) {
  static const char *const names[] = {"any", "mpi", "ring", "nccl", "jaccl"};
  for (size_t i = 0; bk && i < sizeof names / sizeof *names; i++)
    if (strcmp(bk, names[i]) == 0)
      return true;
  return false;
}

bool mlx_distributed_is_available(const char *bk) {
  (void)bk; /* no backend carries data between processes */
  return false;
}

int mlx_distributed_init(mlx_distributed_group *res, bool strict, const char *bk) {
  if (mx_no_place(res, "distributed"))
    return 1;
  if (!known(bk))
    return mx_fail(MX_VALUE, "[distributed] unknown backend '%s'", bk ? bk : ""), mx_report();
  if (strict)
    return mx_fail(MX_RUNTIME, "[distributed] backend '%s' is not available", bk), mx_report();
  group *g = malloc(sizeof *g);
  if (!g)
    return mx_nomem("distributed"), mx_report();
  *g = (group){0, 1};
  free(res->ctx);
  res->ctx = g;
  return 0;
}

#define COLLECTIVE(name, stream)                                              \
  int mlx_distributed_##name(mlx_array *res, const mlx_array x,               \
                             const mlx_distributed_group group_,              \
                             const mlx_stream stream) {                       \
    (void)group_;                                                             \
    (void)stream;                                                             \
    return mx_in(x, #name) ? mlx_array_set(res, x) : mx_report();             \
  }
COLLECTIVE(all_gather, S)
COLLECTIVE(all_max, s)
COLLECTIVE(all_min, s)
COLLECTIVE(all_sum, s)
COLLECTIVE(sum_scatter, s)

static int alone(const char *op) {
  mx_fail(MX_VALUE, "[%s] there is no other process in a group of one", op);
  return mx_report();
}

int mlx_distributed_send(mlx_array *res, const mlx_array x, int dst,
                         const mlx_distributed_group group_, const mlx_stream s) {
  (void)res;
  (void)x;
  (void)dst;
  (void)group_;
  (void)s;
  return alone("send");
}

int mlx_distributed_recv(mlx_array *res, const int *shape, size_t shape_num, mlx_dtype dtype,
                         int src, const mlx_distributed_group group_, const mlx_stream s) {
  (void)res;
  (void)shape;
  (void)shape_num;
  (void)dtype;
  (void)src;
  (void)group_;
  (void)s;
  return alone("recv");
}

int mlx_distributed_recv_like(mlx_array *res, const mlx_array x, int src,
                              const mlx_distributed_group group_, const mlx_stream s) {
  (void)res;
  (void)x;
  (void)src;
  (void)group_;
  (void)s;
  return alone("recv_like");
}
