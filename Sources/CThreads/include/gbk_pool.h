#ifndef GBK_POOL_H
#define GBK_POOL_H

/* A pool of worker threads for short regions: workers spin a while for the next region, then sleep. */

typedef struct gbk_pool gbk_pool;

/* Piece `thread` of `count`; pieces run side by side on whatever threads are free, or after one another on one thread if
 * the others are kept from running. A region must do all its work whatever `count` is. */
typedef void (*gbk_region)(void *context, int thread, int count);

/* A pool of `threads` threads, the caller included; fewer if the system gives no more. NULL without memory. */
gbk_pool *gbk_pool_create(int threads);

/* Threads of a region, the caller included. */
int gbk_pool_threads(const gbk_pool *pool);

/* Runs the pieces of a region, as many as threads, and returns when all are done; as one piece on the caller while
 * another thread's region runs, and in a process forked after the pool was made. */
void gbk_pool_run(gbk_pool *pool, gbk_region region, void *context);

void gbk_pool_destroy(gbk_pool *pool);

/* Processors this process may use. */
int gbk_processor_count(void);

#endif
