/* Devices and streams. A stream is a queue in which plans run one after another in the order of
 * their tickets, whoever's thread runs them. Streams live as long as the process. */
#ifndef MX_CORE_STREAM_H
#define MX_CORE_STREAM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "mlx/c/device.h"

typedef struct mx_device {
  mlx_device_type type;
  int index;
} mx_device;

typedef struct mx_stream mx_stream;
struct mx_stream {
  mx_device device;
  int index;
  pthread_mutex_t lock;
  pthread_cond_t turn;
  uint64_t next_ticket; /* given out under the graph lock */
  uint64_t serving;     /* under lock */
  void *worker;         /* the thread for async work, made when first needed */
};

mx_device mx_default_device(void);
int mx_set_default_device(mx_device d);
mx_stream *mx_default_stream(mx_device d);
int mx_set_default_stream(mx_stream *s);
mx_stream *mx_stream_new(mx_device d);
mx_stream *mx_stream_at(int index); /* NULL when there is none */
int mx_stream_count(void);

/* Ticket order: take under the graph lock, then wait for the turn, work, and leave. */
uint64_t mx_stream_ticket(mx_stream *s);
void mx_stream_enter(mx_stream *s, uint64_t ticket);
void mx_stream_leave(mx_stream *s);
/* Waits until everything ticketed so far has left. */
void mx_stream_synchronize(mx_stream *s);

#endif
