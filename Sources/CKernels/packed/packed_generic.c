/* Products with packed weights: the portable fallback. */
#include <string.h>

#include "gbk_packed.h"
#include "packed/packed_layout.h"
#include "vectors.h"

#define PACKED_TABLE gbk_packed_generic
#define PACKED_NAME "generic"
#define PACKED_LEVEL 0
#define SIGNED_BYTES 0
#define PEAK_SUMS 2
#define TILE_TOKENS 2

GBK_INLINE i32x16 dot(i32x16 sums, u32x16 codes, const int8_t *activations) {
  for (int byte = 0; byte < 4; byte++) sums += (i32x16)((codes >> (8 * byte)) & 255u) * (int32_t)activations[byte];
  return sums;
}

GBK_INLINE u32x16 look_up(u32x16 codes) {
  static const uint8_t book[16] = {GBK_CODEBOOK};
  uint8_t bytes[64];
  memcpy(bytes, &codes, sizeof bytes);
  for (int i = 0; i < 64; i++) bytes[i] = book[bytes[i] & 15];
  memcpy(&codes, bytes, sizeof bytes);
  return codes;
}

#include "packed/packed_unpack.h"
#include "packed/packed_dot.h"
#include "packed/packed_body.h"
