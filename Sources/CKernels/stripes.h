#ifndef GBK_STRIPES_H
#define GBK_STRIPES_H

#include <stddef.h>

/* Bytes of a stripe: a quarter of this machine's second-level cache, since the next one and the activations go there
 * too; at most 256 KB. */
size_t gbk_stripe_bytes(void);

#endif
