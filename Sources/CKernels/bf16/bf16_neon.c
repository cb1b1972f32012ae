/* bfloat16 products for NEON as every aarch64 has it. */
#if defined(__aarch64__)

#include "vectors.h"

#define BF16_TABLE gbk_bf16_neon
#define BF16_NAME "NEON"
#define BF16_LEVEL 1
#define BF16_TOKENS 4 /* 16 registers of sums, 8 of weights */
#define PEAK_SUMS 6

/* As in bf16_fma.h; the activations are widened together in one register, of which the products take either lane. */
GBK_INLINE f32x16 dot_pairs(f32x16 sums, u32x16 weights, uint32_t two) {
  typedef uint16_t u16x4 __attribute__((vector_size(8)));
  typedef uint32_t u32x4 __attribute__((vector_size(16)));
  typedef float f32x4 __attribute__((vector_size(16)));
  u16x4 pair = {0};
  memcpy(&pair, &two, sizeof two);
  const f32x4 activations = (f32x4)(__builtin_convertvector(pair, u32x4) << 16);
  sums = fma16((f32x16)(weights & 0xFFFF0000u), splat(activations[1]), sums);
  return fma16((f32x16)(weights << 16), splat(activations[0]), sums);
}

#include "bf16/bf16_body.h"
#endif
