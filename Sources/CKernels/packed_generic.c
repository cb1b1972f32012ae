/* Products with packed weights for a machine of which nothing is known, and the choice between all. */
#include <string.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "gbk_packed.h"
#include "packed_layout.h"
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

#include "packed_unpack.h"
#include "packed_dot.h"
#include "packed_body.h"

#if defined(__x86_64__)
extern const gbk_packed_kernels gbk_packed_avx512, gbk_packed_avx2;
#elif defined(__aarch64__)
extern const gbk_packed_kernels gbk_packed_neon_dot, gbk_packed_neon;
#endif

const gbk_packed_kernels *gbk_packed_kernels_at(int index) {
  const gbk_packed_kernels *tables[3];
  int count = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  int haswell = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (haswell && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
    tables[count++] = &gbk_packed_avx512;
  if (haswell) tables[count++] = &gbk_packed_avx2;
#elif defined(__aarch64__)
  if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) tables[count++] = &gbk_packed_neon_dot;
  tables[count++] = &gbk_packed_neon;
#endif
  tables[count++] = &gbk_packed_generic;
  return index >= 0 && index < count ? tables[index] : NULL;
}
