/* bfloat16 products for NEON as every aarch64 has it. */
#if defined(__aarch64__)

#include "vectors.h"

#define BRAIN_TABLE gbk_brain_neon
#define BRAIN_NAME "NEON"
#define BRAIN_LEVEL 1
#define BRAIN_TOKENS 4 /* 16 registers of sums, 8 of weights */
#define PEAK_SUMS 6

/* As in brain_fused.h; the activations are widened together in one register, of which the products take either lane. */
GBK_INLINE f32x16 dot_pairs(f32x16 sums, u32x16 weights, uint32_t two) {
  typedef uint16_t u16x4 __attribute__((vector_size(8)));
  typedef uint32_t u32x4 __attribute__((vector_size(16)));
  typedef float f32x4 __attribute__((vector_size(16)));
  u16x4 pair = {0};
  memcpy(&pair, &two, sizeof two);
  const f32x4 activations = (f32x4)(__builtin_convertvector(pair, u32x4) << 16);
  sums = fused((f32x16)(weights & 0xFFFF0000u), splat(activations[1]), sums);
  return fused((f32x16)(weights << 16), splat(activations[0]), sums);
}

#include "brain_body.h"
#endif
