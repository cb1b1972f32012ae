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

/* A region is as many pieces as there are threads, and whoever is free takes the next: a worker that the system does not
 * let run, since others want the processors, holds nothing up. */
struct gbk_pool {
  _Atomic uint64_t ticket; /* the region's number, and in the low half the next piece that nobody has taken */
  _Atomic uint32_t epoch; /* counts regions; workers wait for it to change */
  _Atomic uint32_t unfinished; /* pieces */
  _Atomic uint32_t sleepers;
  _Atomic int waiting; /* whether the caller sleeps until no piece is unfinished */
  _Atomic int stopping;
  pthread_mutex_t busy;
  gbk_region region;
  void *context;
  _Atomic int threads;
  unsigned forks; /* fork_count when the pool was made */
  pthread_t workers[];
};

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

/* The next piece of the region at work; -1 if there is none. What was written before the ticket is seen after it, and no
 * other region begins before the piece is finished. */
static int take_piece(gbk_pool *pool) {
  uint64_t ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
  while ((uint32_t)ticket < (uint32_t)pool->threads)
    if (atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket + 1)) return (int)(uint32_t)ticket;
  return -1;
}

static void do_pieces(gbk_pool *pool) {
  for (int piece; (piece = take_piece(pool)) >= 0;) {
    pool->region(pool->context, piece, pool->threads);
    if (atomic_fetch_sub(&pool->unfinished, 1) == 1 && atomic_load(&pool->waiting)) futex_wake(&pool->unfinished);
  }
}

static void *work(void *argument) {
  gbk_pool *pool = argument;
  while (!atomic_load(&pool->stopping)) {
    uint32_t seen = atomic_load(&pool->epoch);
    do_pieces(pool);
    if (!atomic_load(&pool->stopping)) wait_while(pool, seen);
  }
  return NULL;
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
  atomic_init(&pool->ticket, UINT32_MAX); /* no region yet */
  pthread_mutex_init(&pool->busy, NULL);
  sigset_t all, before; /* a host's signals stay with the host's threads */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int started = 1;
  for (; started < threads; started++) {
    if (pthread_create(&pool->workers[started], NULL, work, pool) != 0) break;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pool->threads = started; /* published to the workers by the first region's ticket */
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
  atomic_store(&pool->unfinished, (uint32_t)pool->threads);
  uint64_t last = atomic_load_explicit(&pool->ticket, memory_order_relaxed) >> 32;
  atomic_store(&pool->ticket, (last + 1) << 32);
  start_epoch(pool);
  do_pieces(pool);
  for (int spin = 0; atomic_load_explicit(&pool->unfinished, memory_order_acquire) != 0; spin++) {
    if (spin < SPINS) {
      relax();
      continue;
    }
    atomic_store(&pool->waiting, 1);
    for (uint32_t left; (left = atomic_load(&pool->unfinished)) != 0;) futex_wait(&pool->unfinished, left);
    atomic_store(&pool->waiting, 0);
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
