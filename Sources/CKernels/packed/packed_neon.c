/* Products with packed weights for NEON as every aarch64 has it (Cortex-A53 2012, A72 2015). */
#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "gbk_packed.h"
#include "packed/packed_layout.h"

#define GBK_HAS_F16C 1 /* every aarch64 converts float16 */
#include "vectors.h"

#define PACKED_TABLE gbk_packed_neon
#define PACKED_NAME "NEON"
#define PACKED_LEVEL 1
#define SIGNED_BYTES 1
#define TILE_TOKENS 2 /* 16 registers of sums of 16 bits */
#define PEAK_SUMS 6

#include "packed/packed_neon.h"

/* Steps of four columns whose products, added up column by column of the four, stay within 16 bits: a code is below
 * 2^bits, an activation at most 127. Of signed codes of eight bits there are two: 2 * 128 * 127 < 32768. */
GBK_INLINE int steps_of_sum(const int type) {
  const int largest = packed_zero(type) == 128 ? 128 : (1 << packed_bits(type)) - 1;
  const int steps = 32767 / (127 * largest);
  return steps > 8 ? 8 : steps;
}

GBK_INLINE int8x16_t repeated(const int8_t *activations) {
  int32_t four;
  memcpy(&four, activations, sizeof four);
  return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

/* The sums of each four neighbours, in order. */
GBK_INLINE int32x4_t add_fours(int16x8_t low, int16x8_t high) {
  return vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high));
}

/* Products are summed in 16 bits, column by column of four, as long as they fit; then the four become one of 32. */
GBK_INLINE void add_products(const int type, const uint8_t *codes, const int half, const gbk_activation *input,
                             size_t input_stride, i32x16 *sums, const int tokens) {
  const int steps = 8 / packed_halves(type), together = steps_of_sum(type);
  int16x8_t low[TILE_TOKENS][4], high[TILE_TOKENS][4];
#pragma clang loop unroll(full)
  for (int step = 0; step < steps; step++) {
    const int first = step % together == 0, last = step % together == together - 1 || step == steps - 1;
    const four_registers weights = unpack_signed(type, codes, half * steps + step);
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++) {
      const int8x16_t right = repeated(input[(size_t)t * input_stride].codes + 4 * (half * steps + step));
      four_registers total = {.all = sums[t]};
#pragma clang loop unroll(full)
      for (int i = 0; i < 4; i++) {
        const int8x16_t left = weights.numbers[i];
        const int16x8_t zero = vdupq_n_s16(0);
        low[t][i] = vmlal_s8(first ? zero : low[t][i], vget_low_s8(left), vget_low_s8(right));
        high[t][i] = vmlal_high_s8(first ? zero : high[t][i], left, right);
        if (last) total.sums[i] = vaddq_s32(total.sums[i], add_fours(low[t][i], high[t][i]));
      }
      sums[t] = total.all;
    }
  }
}

GBK_INLINE i32x16 peak_step(i32x16 sums, u32x16 codes, const int8_t *activations) {
  four_registers result = {.all = sums}, weights = {.codes = codes};
  const int8x16_t right = repeated(activations);
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    result.halves[i] = vmlal_s8(result.halves[i], vget_low_s8(weights.numbers[i]), vget_low_s8(right));
    result.halves[i] = vmlal_high_s8(result.halves[i], weights.numbers[i], right);
  }
  return result.all;
}

#include "packed/packed_body.h"
#endif
