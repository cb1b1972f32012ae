/* Products with packed weights for NEON with dot products (Cortex-A55 and A75 2017, Neoverse N1 2019, and later). */
#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "gbk_packed.h"
#include "packed/packed_layout.h"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#define GBK_HAS_F16C 1 /* every aarch64 converts float16 */
#include "vectors.h"

#define PACKED_TABLE gbk_packed_neon_dot
#define PACKED_NAME "NEON DotProd"
#define PACKED_LEVEL 1
#define SIGNED_BYTES 1
#define TILE_TOKENS 4 /* 16 registers of integer sums; those of floats wait in memory, they are needed once a block */
#define PEAK_SUMS 6

#include "packed/packed_neon.h"

GBK_INLINE i32x16 dot(i32x16 sums, four_registers weights, int32_t four) {
  four_registers result = {.all = sums};
  const int8x16_t activations = vreinterpretq_s8_s32(vdupq_n_s32(four));
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) result.sums[i] = vdotq_s32(result.sums[i], weights.numbers[i], activations);
  return result.all;
}

/* Sixteen activations are loaded at once: the instruction takes its four from any quarter of a register. */
GBK_INLINE void add_products(const int type, const uint8_t *codes, const int half, const gbk_activation *input,
                             size_t input_stride, i32x16 *sums, const int tokens) {
  const int steps = 8 / packed_halves(type);
  int32x4_t activations[TILE_TOKENS];
#pragma clang loop unroll(full)
  for (int step = half * steps; step < (half + 1) * steps; step++) {
    const four_registers weights = unpack_signed(type, codes, step);
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++) {
      if (step % 4 == 0)
        activations[t] = vreinterpretq_s32_s8(vld1q_s8(input[(size_t)t * input_stride].codes + 4 * step));
      sums[t] = dot(sums[t], weights, activations[t][step % 4]);
    }
  }
}

GBK_INLINE i32x16 peak_step(i32x16 sums, u32x16 codes, const int8_t *activations) {
  int32_t four;
  memcpy(&four, activations, sizeof four);
  return dot(sums, (four_registers){.codes = codes}, four);
}

#include "packed/packed_body.h"
#pragma clang attribute pop
#endif
