#define _GNU_SOURCE
#include "gbk_pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPINS 2000

struct gbk_pool {
  _Atomic uint32_t epoch; /* counts regions; workers wait for it to change */
  _Atomic uint32_t remaining;
  _Atomic uint32_t sleepers;
  _Atomic int stopping;
  pthread_mutex_t busy;
  gbk_region region;
  void *context;
  int threads;
  unsigned forks; /* fork_count when the pool was made */
  pthread_t workers[];
};

typedef struct {
  gbk_pool *pool;
  int thread;
} worker_start;

static unsigned fork_count;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static void count_fork(void) { fork_count++; }
static void watch_forks(void) { pthread_atfork(NULL, NULL, count_fork); }

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void futex_wait(_Atomic uint32_t *word, uint32_t value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}
static void futex_wake(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0); }

static void wait_while(gbk_pool *pool, uint32_t seen) {
  for (int spin = 0; spin < SPINS; spin++) {
    if (atomic_load_explicit(&pool->epoch, memory_order_acquire) != seen) return;
    relax();
  }
  atomic_fetch_add(&pool->sleepers, 1);
  while (atomic_load(&pool->epoch) == seen) futex_wait(&pool->epoch, seen);
  atomic_fetch_sub(&pool->sleepers, 1);
}

static void *work(void *argument) {
  worker_start start = *(worker_start *)argument;
  free(argument);
  gbk_pool *pool = start.pool;
  for (uint32_t seen = 0;; seen++) {
    wait_while(pool, seen);
    if (atomic_load(&pool->stopping)) return NULL;
    pool->region(pool->context, start.thread, pool->threads);
    if (atomic_fetch_sub(&pool->remaining, 1) == 1) futex_wake(&pool->remaining);
  }
}

int gbk_processor_count(void) {
  cpu_set_t set;
  int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? count : 1;
}

gbk_pool *gbk_pool_create(int threads) {
  if (threads < 1) threads = 1;
  if (threads > 1024) threads = 1024;
  gbk_pool *pool = calloc(1, sizeof *pool + (size_t)threads * sizeof(pthread_t));
  if (pool == NULL) return NULL;
  pthread_once(&fork_once, watch_forks);
  pool->forks = fork_count;
  pthread_mutex_init(&pool->busy, NULL);
  sigset_t all, before; /* a host's signals stay with the host's threads */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int started = 1;
  for (; started < threads; started++) {
    worker_start *start = malloc(sizeof *start);
    if (start == NULL) break;
    *start = (worker_start){pool, started};
    if (pthread_create(&pool->workers[started], NULL, work, start) != 0) {
      free(start);
      break;
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pool->threads = started; /* published to the workers by the first region's epoch */
  return pool;
}

int gbk_pool_threads(const gbk_pool *pool) { return pool->threads; }

static void start_epoch(gbk_pool *pool) {
  atomic_fetch_add(&pool->epoch, 1);
  if (atomic_load(&pool->sleepers) > 0) futex_wake(&pool->epoch);
}

void gbk_pool_run(gbk_pool *pool, gbk_region region, void *context) {
  if (pool->threads == 1 || pool->forks != fork_count || pthread_mutex_trylock(&pool->busy) != 0) {
    region(context, 0, 1);
    return;
  }
  pool->region = region;
  pool->context = context;
  atomic_store(&pool->remaining, (uint32_t)pool->threads - 1);
  start_epoch(pool);
  region(context, 0, pool->threads);
  for (int spin = 0;; spin++) {
    uint32_t left = atomic_load_explicit(&pool->remaining, memory_order_acquire);
    if (left == 0) break;
    if (spin < SPINS) relax();
    else futex_wait(&pool->remaining, left);
  }
  pthread_mutex_unlock(&pool->busy);
}

void gbk_pool_destroy(gbk_pool *pool) {
  if (pool == NULL) return;
  if (pool->forks == fork_count) {
    atomic_store(&pool->stopping, 1);
    start_epoch(pool);
    for (int thread = 1; thread < pool->threads; thread++) pthread_join(pool->workers[thread], NULL);
    pthread_mutex_destroy(&pool->busy);
  }
  free(pool);
}
