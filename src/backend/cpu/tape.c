/* Fused groups on the elementwise engine: nodes become the operands of a tape. */
#include "backend/cpu/elementwise.h"
#include "backend/cpu/engines.h"

/* The strides by which an input follows the output's shape: 0 along axes that broadcast. */
static void follow(const mx_array *in, const mx_array *out, int64_t *strides) {
  int lead = out->ndim - in->ndim;
  for (int i = 0; i < out->ndim; i++)
    strides[i] = i < lead || (in->shape[i - lead] == 1 && out->shape[i] != 1)
                     ? 0
                     : in->strides[i - lead];
}

static bool same_shape(const mx_array *a, const mx_array *b) {
  if (a->ndim != b->ndim)
    return false;
  for (int i = 0; i < a->ndim; i++)
    if (a->shape[i] != b->shape[i])
      return false;
  return true;
}

/* Each output takes the memory of a dying input of its own shape and element size, once. */
static int place_output(const mx_step *step, int o, bool *taken) {
  mx_array *out = step->out[o];
  for (int i = 0; i < step->n_in; i++)
    if (!taken[i] && step->last_use[i] && mx_itemsize(step->in[i]) == mx_itemsize(out) &&
        same_shape(step->in[i], out)) {
      taken[i] = true;
      return mx_out_donate(step, i, out);
    }
  return mx_out_alloc(out);
}

int mx_cpu_tape(const mx_step *step) {
  const mx_array *shape = step->out[0];
  int64_t strides[MX_TAPE_MAX_INPUTS * MX_MAX_NDIM];
  mx_tape_in in[MX_TAPE_MAX_INPUTS];
  mx_tape_out out[MX_TAPE_MAX_OUTPUTS];
  bool taken[MX_TAPE_MAX_INPUTS] = {false};
  for (int i = 0; i < step->n_in; i++) {
    int64_t *s = strides + i * shape->ndim;
    follow(step->in[i], shape, s);
    in[i] = (mx_tape_in){mx_data(step->in[i]), s, (mlx_dtype)step->in[i]->dtype};
  }
  for (int o = 0; o < step->n_out; o++) {
    if (place_output(step, o, taken))
      return 1;
    out[o] = (mx_tape_out){mx_data(step->out[o]), step->out_regs[o]};
  }
  mx_tape t = {shape->ndim, shape->shape, step->n_in, step->n_instrs, step->n_out,
               in,          step->instrs, out};
  return mx_tape_run(&t);
}
