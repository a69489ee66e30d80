// What this machine can do at best: bytes read from memory and float32 multiply-adds, by threads.
// Prints one JSON object. Every number is the best of several runs.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { max_threads = 64, runs = 7 };
static const size_t region = (size_t)256 << 20;
static const int64_t fma_steps = 20000000;

typedef struct job {
  const uint64_t *words;
  size_t count;
  uint64_t sum;
  double flops;
  pthread_barrier_t *start;
} job;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *read_memory(void *arg) {
  job *j = arg;
  uint64_t s[8] = {0};
  pthread_barrier_wait(j->start);
  for (size_t i = 0; i + 8 <= j->count; i += 8)
    for (int k = 0; k < 8; k++) s[k] ^= j->words[i + (size_t)k];
  for (int k = 0; k < 8; k++) j->sum ^= s[k];
  return NULL;
}

// Ten independent chains hide the latency of the multiply-add.
#define CHAINS(vec, set1, fma, width)                                       \
  do {                                                                      \
    vec a[10];                                                              \
    const vec x = set1(0.999f), y = set1(0.001f);                           \
    for (int k = 0; k < 10; k++) a[k] = set1((float)k);                     \
    for (int64_t i = 0; i < fma_steps; i++)                                 \
      for (int k = 0; k < 10; k++) a[k] = fma(a[k], x, y);                  \
    float out[10][width];                                                   \
    memcpy(out, a, sizeof out);                                             \
    for (int k = 0; k < 10; k++) j->sum += (uint64_t)(out[k][0] * 100.0f);  \
    j->flops = (double)fma_steps * 10 * 2 * (width);                        \
  } while (0)

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void fma_256(job *j) {
  CHAINS(__m256, _mm256_set1_ps, _mm256_fmadd_ps, 8);
}
__attribute__((target("avx512f"))) static void fma_512(job *j) {
  CHAINS(__m512, _mm512_set1_ps, _mm512_fmadd_ps, 16);
}
#elif defined(__aarch64__)
static float32x4_t fma_neon(float32x4_t a, float32x4_t x, float32x4_t y) {
  return vfmaq_f32(y, a, x);
}
#endif

static void *multiply_add(void *arg) {
  job *j = arg;
  pthread_barrier_wait(j->start);
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    fma_512(j);
  else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    fma_256(j);
#elif defined(__aarch64__)
  CHAINS(float32x4_t, vdupq_n_f32, fma_neon, 4);
#endif
  return NULL;
}

// Seconds of the slowest of n threads running fn on its own job, timed from a common start.
static double timed(void *(*fn)(void *), job *jobs, int n) {
  pthread_t threads[max_threads];
  pthread_barrier_t start;
  pthread_barrier_init(&start, NULL, (unsigned)n + 1);
  int started = 0;
  for (; started < n; started++) {
    jobs[started].start = &start;
    if (pthread_create(&threads[started], NULL, fn, &jobs[started]) != 0) {
      fprintf(stderr, "machine: no thread\n");
      exit(1);
    }
  }
  pthread_barrier_wait(&start);
  double t = now();
  for (int i = 0; i < n; i++) pthread_join(threads[i], NULL);
  t = now() - t;
  pthread_barrier_destroy(&start);
  return t;
}

int main(void) {
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  int most = cpus > max_threads ? max_threads : (int)cpus;
  uint64_t *words = malloc(region);
  job *jobs = calloc(max_threads, sizeof *jobs);
  if (!words || !jobs) {
    fprintf(stderr, "machine: out of memory\n");
    free(words);
    free(jobs);
    return 1;
  }
  memset(words, 1, region);
  uint64_t sum = 0;
  printf("{\"threads\": [");
  for (int n = 1; n <= most; n = n < most && n * 2 > most ? most : n * 2) {
    double read = 0, flops = 0;
    for (int r = 0; r < runs; r++) {
      size_t each = region / sizeof *words / (size_t)n;
      for (int i = 0; i < n; i++) jobs[i] = (job){.words = words + each * (size_t)i, .count = each};
      double t = timed(read_memory, jobs, n);
      if ((double)region / t > read) read = (double)region / t;
      t = timed(multiply_add, jobs, n);
      double all = 0;
      for (int i = 0; i < n; i++) {
        all += jobs[i].flops;
        sum += jobs[i].sum;
      }
      if (all / t > flops) flops = all / t;
    }
    printf("%s{\"threads\": %d, \"read_gb_s\": %.1f, \"fma_f32_gflops\": %.1f}", n > 1 ? ", " : "",
           n, read * 1e-9, flops * 1e-9);
  }
  printf("], \"check\": %llu}\n", (unsigned long long)(sum & 1));
  free(words);
  free(jobs);
  return 0;
}
