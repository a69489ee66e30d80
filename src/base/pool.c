// The thread pool: one job at a time, dynamic chunks, a bounded spin and then a futex on both
// sides.
// Invariant: `ticket` holds the job's chunk count and the next chunk to give out in one word.
// A thread reads the job's other fields only after it took a chunk, and the job ends only when
// every chunk taken is done; so a late worker reads nothing stale, it finds no chunk.
#define _GNU_SOURCE
#include "base/pool.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
  MAX_THREADS = 1024,
  CHUNKS_PER_THREAD = 8,  // so that a thread that loses its core holds back an eighth of its share
  WAKE_FANOUT = 4,        // each thread that joins wakes this many others
  SPIN_NS = 10000,  // longer helps two quiet cores, and costs more than it gives when one is taken
};

// What the waiting sides poll lies on lines of its own.
static struct {
  _Alignas(64) _Atomic uint64_t ticket;  // chunk count << 32 | next chunk
  _Alignas(64) _Atomic uint32_t done;    // chunks finished
  _Atomic uint32_t caller_waits;
  _Alignas(64) _Atomic uint32_t posted;  // jobs posted: what sleeping workers wait on
  _Atomic uint32_t sleepers;
  _Alignas(64) _Atomic bool busy;        // some caller owns the job
  mx_chunk_fn fn;
  void *ctx;
  int64_t n;
  int64_t chunk;
} pool;

static pthread_mutex_t crew_lock = PTHREAD_MUTEX_INITIALIZER;
static bool crew_alive[MAX_THREADS];   // under crew_lock
static _Atomic int crew_size;          // workers wanted and created so far: 0 asks for a look
static _Atomic int thread_count;       // 0: not known yet
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void futex_wait(_Atomic uint32_t *word, uint32_t seen) {
  syscall(SYS_futex, (uint32_t *)word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word, int count) {
  syscall(SYS_futex, (uint32_t *)word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

static inline void pause_cpu(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool chunk_waits(void) {
  uint64_t t = atomic_load_explicit(&pool.ticket, memory_order_relaxed);
  return (uint32_t)t < (uint32_t)(t >> 32);
}

// Wakes a few sleepers while there are chunks for them.
static void wake_some(void) {
  if (atomic_load(&pool.sleepers) > 0 && chunk_waits()) futex_wake(&pool.posted, WAKE_FANOUT);
}

// Takes chunks until none is left. Only a taker of a chunk may touch the job.
static void work(bool wake_others) {
  uint64_t t = atomic_load_explicit(&pool.ticket, memory_order_acquire);
  for (;;) {
    uint32_t next = (uint32_t)t, count = (uint32_t)(t >> 32);
    if (next >= count) return;
    if (!atomic_compare_exchange_weak_explicit(&pool.ticket, &t, t + 1, memory_order_acq_rel,
                                               memory_order_acquire))
      continue;
    if (wake_others) {
      wake_some();
      wake_others = false;
    }
    int64_t begin = next * pool.chunk, end = next + 1 == count ? pool.n : begin + pool.chunk;
    pool.fn(pool.ctx, begin, end);
    if (atomic_fetch_add(&pool.done, 1) + 1 == count && atomic_load(&pool.caller_waits))
      futex_wake(&pool.done, 1);
    t = atomic_load_explicit(&pool.ticket, memory_order_acquire);
  }
}

static bool spin_for_chunk(void) {
  for (int64_t end = now_ns() + SPIN_NS; now_ns() < end;)
    for (int i = 0; i < 8; i++) {
      if (chunk_waits()) return true;
      pause_cpu();
    }
  return false;
}

// Whether worker `index` is one too many; if so it is struck off.
static bool dismissed(int index) {
  if (index < atomic_load(&thread_count) - 1) return false;
  pthread_mutex_lock(&crew_lock);
  bool gone = index >= atomic_load(&thread_count) - 1;
  if (gone) crew_alive[index] = false;
  pthread_mutex_unlock(&crew_lock);
  return gone;
}

static void *worker(void *arg) {
  int index = (int)(intptr_t)arg;
  for (;;) {
    uint32_t seen = atomic_load(&pool.posted);
    if (dismissed(index)) return NULL;
    work(true);
    if (spin_for_chunk()) continue;
    atomic_fetch_add(&pool.sleepers, 1);
    futex_wait(&pool.posted, seen);
    atomic_fetch_sub(&pool.sleepers, 1);
  }
}

static bool start_worker(int index) {
  pthread_attr_t attr;
  if (pthread_attr_init(&attr)) return false;
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  // The program's signal handlers run on the program's threads.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pthread_t thread;
  bool ok = !pthread_create(&thread, &attr, worker, (void *)(intptr_t)index);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  pthread_attr_destroy(&attr);
  return ok;
}

// Brings the crew to the wanted size. A thread that cannot be created is done without.
static void muster(int wanted) {
  pthread_mutex_lock(&crew_lock);
  for (int i = 0; i < wanted; i++)
    if (!crew_alive[i]) crew_alive[i] = start_worker(i);
  atomic_store(&crew_size, wanted);
  pthread_mutex_unlock(&crew_lock);
}

static void before_fork(void) { pthread_mutex_lock(&crew_lock); }
static void after_fork_parent(void) { pthread_mutex_unlock(&crew_lock); }

// The child has the forking thread alone; its first parallel loop makes a new crew.
static void after_fork_child(void) {
  for (int i = 0; i < MAX_THREADS; i++) crew_alive[i] = false;
  atomic_store(&crew_size, 0);
  atomic_store(&pool.ticket, 0);
  atomic_store(&pool.sleepers, 0);
  atomic_store(&pool.busy, false);
  pthread_mutex_unlock(&crew_lock);
}

static int allowed_cores(void) {
  for (int cpus = CPU_SETSIZE; cpus <= 1 << 16; cpus *= 2) {
    cpu_set_t *set = CPU_ALLOC(cpus);
    if (!set) return 1;
    size_t size = CPU_ALLOC_SIZE(cpus);
    int rc = sched_getaffinity(0, size, set), count = rc ? 0 : CPU_COUNT_S(size, set);
    CPU_FREE(set);
    if (count > 0) return count;
    if (rc && errno != EINVAL) return 1;
  }
  return 1;
}

static int clamp_count(long n) { return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (int)n; }

static void init(void) {
  pthread_atfork(before_fork, after_fork_parent, after_fork_child);
  const char *env = getenv("MLX_NUM_THREADS");
  char *end = NULL;
  long n = env ? strtol(env, &end, 10) : 0;
  if (!env || end == env || *end || n < 1) n = allowed_cores();
  int unset = 0;
  atomic_compare_exchange_strong(&thread_count, &unset, clamp_count(n));
}

int mx_thread_count(void) {
  int n = atomic_load_explicit(&thread_count, memory_order_relaxed);
  if (n) return n;
  pthread_once(&once, init);
  return atomic_load(&thread_count);
}

void mx_set_thread_count(int n) {
  pthread_once(&once, init);
  pthread_mutex_lock(&crew_lock);
  atomic_store(&thread_count, clamp_count(n));
  atomic_store(&crew_size, 0);
  pthread_mutex_unlock(&crew_lock);
  atomic_fetch_add(&pool.posted, 1);
  futex_wake(&pool.posted, MAX_THREADS);
}

static void wait_done(uint32_t count) {
  for (int64_t end = now_ns() + SPIN_NS; now_ns() < end;)
    for (int i = 0; i < 8; i++) {
      if (atomic_load(&pool.done) == count) return;
      pause_cpu();
    }
  atomic_store(&pool.caller_waits, 1);
  for (uint32_t seen; (seen = atomic_load(&pool.done)) != count;) futex_wait(&pool.done, seen);
  atomic_store(&pool.caller_waits, 0);
}

void mx_parallel_for(int64_t n, int64_t grain, mx_chunk_fn fn, void *ctx) {
  if (n <= 0) return;
  if (grain < 1) grain = 1;
  int threads = n <= grain ? 1 : mx_thread_count();
  if (threads == 1 || atomic_exchange_explicit(&pool.busy, true, memory_order_acquire)) {
    fn(ctx, 0, n);
    return;
  }
  if (atomic_load(&crew_size) != threads - 1) muster(threads - 1);

  int64_t grains = n / grain + (n % grain != 0);
  int64_t most = (int64_t)threads * CHUNKS_PER_THREAD;
  pool.chunk = (grains / most + (grains % most != 0)) * grain;
  uint32_t count = (uint32_t)(n / pool.chunk + (n % pool.chunk != 0));
  pool.fn = fn;
  pool.ctx = ctx;
  pool.n = n;
  atomic_store_explicit(&pool.done, 0, memory_order_relaxed);
  atomic_store(&pool.ticket, (uint64_t)count << 32);
  atomic_fetch_add(&pool.posted, 1);
  wake_some();
  work(false);
  if (atomic_load(&pool.done) != count) wait_done(count);
  atomic_store_explicit(&pool.busy, false, memory_order_release);
}
