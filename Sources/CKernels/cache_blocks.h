#ifndef GBK_CACHE_BLOCKS_H
#define GBK_CACHE_BLOCKS_H

#include <stddef.h>

/* Bytes of a cache block: a quarter of this machine's second-level cache, since the next one and the activations go there
 * too; at most 256 KB. */
size_t gbk_cache_block_bytes(void);

#endif
