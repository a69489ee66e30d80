// Trains a network of two layers on handwritten digits, in C: gradients by mlx_value_and_grad,
// Adam by hand, arrays of a step freed together.
//
//   mlp [FILE]     FILE: safetensors with images (n, 8, 8) and labels (n), both uint8; default
//                  examples/data/digits.safetensors
#include <mlx/c/mlx.h>
#include <stdio.h>
#include <time.h>

enum { PIXELS = 64, HIDDEN = 128, CLASSES = 10, BATCH = 64, EPOCHS = 20, PARAMS = 4, POOL = 96 };

// Arrays made on the way to a result, freed together; after a failed call the rest do nothing.
typedef struct pool {
  mlx_array made[POOL], next; // next is what a call fills; it moves to made
  int n, failed;
  mlx_stream s;
} pool;

static mlx_array pool_take(pool* p, int failed) {
  mlx_array a = p->next;
  p->next = mlx_array_empty;
  p->failed = p->failed || failed || p->n == POOL;
  if (!p->failed) return p->made[p->n++] = a;
  mlx_array_free(a);
  return mlx_array_empty;
}

// OP(p, mlx_add, a, b): the result, which the pool owns. Arguments may be such calls themselves.
#define OP(p, op, ...) pool_take((p), (p)->failed || op(&(p)->next, __VA_ARGS__, (p)->s))

static mlx_array number(pool* p, float x) {
  return pool_take(p, mlx_array_set_float(&p->next, x));
}

static mlx_array item(pool* p, mlx_vector_array v, size_t i) {
  return pool_take(p, mlx_vector_array_get(&p->next, v, i));
}

static void pool_free(pool* p) {
  for (int i = 0; i < p->n; i++) mlx_array_free(p->made[i]);
  mlx_stream_free(p->s);
}

// (batch, 64) to (batch, 10): w2 relu(w1 x + b1) + b2. w holds w1, b1, w2, b2.
static mlx_array logits(pool* p, mlx_vector_array w, mlx_array x) {
  mlx_array h = OP(p, mlx_matmul, x, OP(p, mlx_transpose, item(p, w, 0)));
  h = OP(p, mlx_add, h, item(p, w, 1));
  h = OP(p, mlx_maximum, h, number(p, 0));
  mlx_array z = OP(p, mlx_matmul, h, OP(p, mlx_transpose, item(p, w, 2)));
  return OP(p, mlx_add, z, item(p, w, 3));
}

// Mean cross entropy; in: the parameters, images, labels.
static int loss(mlx_vector_array* res, const mlx_vector_array in) {
  pool p = {.s = mlx_default_cpu_stream_new()};
  mlx_array z = logits(&p, in, item(&p, in, PARAMS));
  mlx_array y = OP(&p, mlx_expand_dims, item(&p, in, PARAMS + 1), 1);
  mlx_array own = OP(&p, mlx_take_along_axis, z, y, 1);
  mlx_array all = OP(&p, mlx_logsumexp_axis, z, 1, true);
  mlx_array mean = OP(&p, mlx_subtract, all, own);
  mean = OP(&p, mlx_mean, mean, false);
  int failed = p.failed || mlx_vector_array_set_value(res, mean);
  pool_free(&p);
  return failed;
}

typedef struct network {
  mlx_vector_array w, m, v; // parameters; Adam's averages
  mlx_closure_value_and_grad slope;
} network;

static int new_network(network* net, mlx_stream s) {
  const int shapes[PARAMS][2] = {{HIDDEN, PIXELS}, {HIDDEN, 0}, {CLASSES, HIDDEN}, {CLASSES, 0}};
  const int argnums[PARAMS] = {0, 1, 2, 3};
  mlx_closure fun = mlx_closure_new_func(loss);
  *net = (network){mlx_vector_array_new(), mlx_vector_array_new(), mlx_vector_array_new(),
                   mlx_closure_value_and_grad_new()};
  int failed = mlx_value_and_grad(&net->slope, fun, argnums, PARAMS) || mlx_random_seed(0);
  mlx_closure_free(fun);
  for (int i = 0; i < PARAMS && !failed; i++) {
    size_t ndim = shapes[i][1] ? 2 : 1;
    mlx_array a = mlx_array_new(), zero = mlx_array_new();
    failed = mlx_zeros(&zero, shapes[i], ndim, MLX_FLOAT32, s) ||
             (ndim == 2 ? mlx_random_normal(&a, shapes[i], ndim, MLX_FLOAT32, 0, 0.1f,
                                            mlx_array_empty, s)
                        : mlx_array_set(&a, zero)) ||
             mlx_vector_array_append_value(net->w, a) ||
             mlx_vector_array_append_value(net->m, zero) ||
             mlx_vector_array_append_value(net->v, zero);
    mlx_array_free(zero);
    mlx_array_free(a);
  }
  return failed;
}

static void free_network(network* net) {
  mlx_closure_value_and_grad_free(net->slope);
  mlx_vector_array_free(net->v);
  mlx_vector_array_free(net->m);
  mlx_vector_array_free(net->w);
}

// running = keep * running + (1 - keep) * x
static mlx_array average(pool* p, mlx_array running, mlx_array x, float keep) {
  return OP(p, mlx_add, OP(p, mlx_multiply, running, number(p, keep)),
            OP(p, mlx_multiply, x, number(p, 1 - keep)));
}

static int adam(network* net, mlx_vector_array grads, mlx_stream s) {
  mlx_vector_array w = mlx_vector_array_new(), m = mlx_vector_array_new(),
                   v = mlx_vector_array_new();
  pool p = {.s = s};
  for (size_t i = 0; i < PARAMS; i++) {
    mlx_array g = item(&p, grads, i), squared = OP(&p, mlx_square, g);
    mlx_array first = average(&p, item(&p, net->m, i), g, 0.9f);
    mlx_array second = average(&p, item(&p, net->v, i), squared, 0.999f);
    mlx_array root = OP(&p, mlx_sqrt, second);
    root = OP(&p, mlx_add, root, number(&p, 1e-8f));
    mlx_array step = OP(&p, mlx_multiply, first, number(&p, 0.001f));
    step = OP(&p, mlx_divide, step, root);
    mlx_array moved = OP(&p, mlx_subtract, item(&p, net->w, i), step);
    p.failed = p.failed || mlx_vector_array_append_value(w, moved) ||
               mlx_vector_array_append_value(m, first) || mlx_vector_array_append_value(v, second);
  }
  int failed = p.failed || mlx_vector_array_set(&net->w, w) || mlx_vector_array_set(&net->m, m) ||
               mlx_vector_array_set(&net->v, v);
  p.s = mlx_stream_new(); // s is the caller's
  pool_free(&p);
  mlx_vector_array_free(v);
  mlx_vector_array_free(m);
  mlx_vector_array_free(w);
  return failed;
}

// One step on the images whose numbers are in `pick`; adds its loss to *total.
static int step(network* net, mlx_array x, mlx_array y, mlx_array pick, float* total,
                mlx_stream s) {
  mlx_vector_array in = mlx_vector_array_new(), values = mlx_vector_array_new(),
                   grads = mlx_vector_array_new();
  mlx_array images = mlx_array_new(), labels = mlx_array_new(), value = mlx_array_new();
  float one = 0;
  int failed = mlx_vector_array_set(&in, net->w) || mlx_take_axis(&images, x, pick, 0, s) ||
               mlx_take_axis(&labels, y, pick, 0, s) ||
               mlx_vector_array_append_value(in, images) ||
               mlx_vector_array_append_value(in, labels) ||
               mlx_closure_value_and_grad_apply(&values, &grads, net->slope, in) ||
               adam(net, grads, s) || mlx_eval(net->w) || mlx_eval(net->m) || mlx_eval(net->v) ||
               mlx_vector_array_get(&value, values, 0) || mlx_array_item_float32(&one, value);
  *total += one;
  mlx_array_free(value);
  mlx_array_free(labels);
  mlx_array_free(images);
  mlx_vector_array_free(grads);
  mlx_vector_array_free(values);
  mlx_vector_array_free(in);
  return failed;
}

static int accuracy(float* share, network* net, mlx_array x, mlx_array y) {
  pool p = {.s = mlx_default_cpu_stream_new()};
  mlx_array guess = OP(&p, mlx_argmax_axis, logits(&p, net->w, x), 1, false);
  mlx_array right = OP(&p, mlx_equal, guess, y);
  right = OP(&p, mlx_mean, right, false);
  int failed = p.failed || mlx_array_item_float32(share, right);
  pool_free(&p);
  return failed;
}

static int train(network* net, mlx_array x, mlx_array y, mlx_array test_x, mlx_array test_y,
                 float* share, mlx_stream s) {
  int n = mlx_array_dim(x, 0), failed = 0;
  for (int epoch = 1; epoch <= EPOCHS && !failed; epoch++) {
    mlx_array order = mlx_array_new();
    struct timespec a, b;
    float total = 0;
    int steps = 0;
    clock_gettime(CLOCK_MONOTONIC, &a);
    failed = mlx_random_permutation_arange(&order, n, mlx_array_empty, s);
    for (int at = 0; at < n && !failed; at += BATCH, steps++) {
      const int stop = at + BATCH < n ? at + BATCH : n, one = 1;
      mlx_array pick = mlx_array_new();
      failed = mlx_slice(&pick, order, &at, 1, &stop, 1, &one, 1, s) ||
               step(net, x, y, pick, &total, s);
      mlx_array_free(pick);
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    failed = failed || accuracy(share, net, test_x, test_y);
    double seconds = (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
    if (!failed && epoch % 5 == 0)
      printf("epoch %2d  loss %.4f  accuracy %.2f %%  %.1f ksample/s\n", epoch,
             total / (float)steps, 100 * *share, n / seconds / 1000);
    mlx_array_free(order);
  }
  return failed;
}

// Images as (n, 64) in [0, 1] and labels, shuffled; the first four fifths, and the rest.
static int load(mlx_array parts[4], const char* path, mlx_stream s) {
  mlx_map_string_to_array file = mlx_map_string_to_array_new();
  mlx_map_string_to_string notes = mlx_map_string_to_string_new();
  mlx_array x = mlx_array_new(), y = mlx_array_new(), order = mlx_array_new();
  mlx_array scale = mlx_array_new_float(1 / 16.0f), key = mlx_array_new();
  int failed = mlx_load_safetensors(&file, &notes, path, s) ||
               mlx_map_string_to_array_get(&x, file, "images") ||
               mlx_map_string_to_array_get(&y, file, "labels");
  const int n = failed ? 0 : mlx_array_dim(x, 0), flat[] = {n, PIXELS};
  failed = failed || mlx_reshape(&x, x, flat, 2, s) || mlx_multiply(&x, x, scale, s) ||
           mlx_random_key(&key, 0) || mlx_random_permutation_arange(&order, n, key, s) ||
           mlx_take_axis(&x, x, order, 0, s) || mlx_take_axis(&y, y, order, 0, s);
  for (int part = 0; part < 2 && !failed; part++) {
    const int start[] = {part ? n * 4 / 5 : 0, 0}, stop[] = {part ? n : n * 4 / 5, PIXELS};
    const int by[] = {1, 1};
    failed = mlx_slice(&parts[2 * part], x, start, 2, stop, 2, by, 2, s) ||
             mlx_slice(&parts[2 * part + 1], y, start, 1, stop, 1, by, 1, s);
  }
  mlx_array_free(key);
  mlx_array_free(scale);
  mlx_array_free(order);
  mlx_array_free(y);
  mlx_array_free(x);
  mlx_map_string_to_string_free(notes);
  mlx_map_string_to_array_free(file);
  return failed;
}

int main(int argc, char** argv) {
  const char* path = argc > 1 ? argv[1] : "examples/data/digits.safetensors";
  mlx_stream s = mlx_default_cpu_stream_new();
  mlx_array parts[4] = {mlx_array_new(), mlx_array_new(), mlx_array_new(), mlx_array_new()};
  network net;
  float share = 0;
  int failed = new_network(&net, s) || load(parts, path, s) ||
               train(&net, parts[0], parts[1], parts[2], parts[3], &share, s);
  free_network(&net);
  for (int i = 0; i < 4; i++) mlx_array_free(parts[i]);
  mlx_stream_free(s);
  return failed || share < 0.95f;
}
