/* Owns the list of streams, the default device, and each thread's default streams. */
#include "core/stream.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"

#define MAX_STREAMS 4096

static _Atomic(mx_stream *) streams[MAX_STREAMS];
static atomic_int count;
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int default_type = MLX_CPU;

/* One default stream a device type, made on first use, unless the thread has set its own. */
static _Atomic(mx_stream *) shared_default[2];
static _Thread_local mx_stream *own_default[2];

static int valid(mx_device d) {
  if ((int)d.type != MLX_CPU && (int)d.type != MLX_GPU)
    return mx_fail(MX_VALUE, "[device] unknown device type %d", (int)d.type);
  if (d.type == MLX_GPU)
    return mx_fail(MX_VALUE, "[device] no GPU backend is available");
  if (d.index != 0)
    return mx_fail(MX_VALUE, "[device] there is no CPU device %d", d.index);
  return 0;
}

mx_device mx_default_device(void) {
  return (mx_device){(mlx_device_type)atomic_load_explicit(&default_type, memory_order_relaxed), 0};
}

int mx_set_default_device(mx_device d) {
  if (valid(d))
    return 1;
  atomic_store(&default_type, (int)d.type);
  return 0;
}

mx_stream *mx_stream_new(mx_device d) {
  if (valid(d))
    return NULL;
  mx_stream *s = calloc(1, sizeof *s);
  if (!s) {
    mx_nomem("new_stream");
    return NULL;
  }
  s->device = d;
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->turn, NULL);
  pthread_mutex_lock(&list_lock);
  int n = atomic_load(&count);
  if (n < MAX_STREAMS) {
    s->index = n;
    atomic_store(&streams[n], s);
    atomic_store(&count, n + 1);
  }
  pthread_mutex_unlock(&list_lock);
  if (n == MAX_STREAMS) {
    pthread_cond_destroy(&s->turn);
    pthread_mutex_destroy(&s->lock);
    free(s);
    mx_fail(MX_RUNTIME, "[new_stream] more than %d streams", MAX_STREAMS);
    return NULL;
  }
  return s;
}

mx_stream *mx_default_stream(mx_device d) {
  if (own_default[d.type == MLX_GPU])
    return own_default[d.type == MLX_GPU];
  mx_stream *s = atomic_load_explicit(&shared_default[d.type == MLX_GPU], memory_order_acquire);
  if (s)
    return s;
  static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&once);
  s = atomic_load(&shared_default[d.type == MLX_GPU]);
  if (!s && (s = mx_stream_new(d)))
    atomic_store_explicit(&shared_default[d.type == MLX_GPU], s, memory_order_release);
  pthread_mutex_unlock(&once);
  return s;
}

int mx_set_default_stream(mx_stream *s) {
  own_default[s->device.type == MLX_GPU] = s;
  return 0;
}

mx_stream *mx_stream_at(int index) {
  return index >= 0 && index < atomic_load(&count) ? atomic_load(&streams[index]) : NULL;
}

int mx_stream_count(void) {
  return atomic_load(&count);
}

uint64_t mx_stream_ticket(mx_stream *s) {
  pthread_mutex_lock(&s->lock);
  uint64_t t = s->next_ticket++;
  pthread_mutex_unlock(&s->lock);
  return t;
}

void mx_stream_enter(mx_stream *s, uint64_t ticket) {
  pthread_mutex_lock(&s->lock);
  while (s->serving != ticket)
    pthread_cond_wait(&s->turn, &s->lock);
  pthread_mutex_unlock(&s->lock);
}

void mx_stream_leave(mx_stream *s) {
  pthread_mutex_lock(&s->lock);
  s->serving++;
  pthread_cond_broadcast(&s->turn);
  pthread_mutex_unlock(&s->lock);
}

void mx_stream_synchronize(mx_stream *s) {
  pthread_mutex_lock(&s->lock);
  uint64_t until = s->next_ticket;
  while (s->serving < until)
    pthread_cond_wait(&s->turn, &s->lock);
  pthread_mutex_unlock(&s->lock);
}
