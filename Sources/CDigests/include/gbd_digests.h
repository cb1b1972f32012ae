/* Block functions of two digests: SHA-256 and SHA-1 (FIPS 180-4). Padding and text are the caller's.
 * SHA-256 uses the processor's own instructions where it has them; the result is the same. */
#ifndef GBD_DIGESTS_H
#define GBD_DIGESTS_H

#include <stddef.h>
#include <stdint.h>

/* Adds blocks of 64 bytes each to a state. */
void gbd_sha256_blocks(uint32_t state[8], const uint8_t *data, size_t block_count);
void gbd_sha1_blocks(uint32_t state[5], const uint8_t *data, size_t block_count);

/* The same in plain C on every machine, for tests. */
void gbd_sha256_blocks_portable(uint32_t state[8], const uint8_t *data, size_t block_count);

#endif
