/* bfloat16 products for AVX2 and FMA (Haswell 2013, Zen 2017, and later). */
#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define GBK_HAS_F16C 1
#include "vectors.h"

#define BF16_TABLE gbk_bf16_avx2
#define BF16_NAME "AVX2"
#define BF16_LEVEL 1
#define BF16_TOKENS 4
#define PEAK_SUMS 6

/* As in bf16_fma.h, but both activations are made from one broadcast: the compiler alone would split them in a
 * general register, which costs four instructions more. */
GBK_INLINE f32x16 dot_pairs(f32x16 sums, u32x16 weights, uint32_t two) {
  typedef union {
    f32x16 all;
    __m256 half[2];
  } two_registers;
  __m256i both = _mm256_set1_epi32((int32_t)two);
  __asm__("" : "+x"(both));
  const __m256 first = (__m256)_mm256_slli_epi32(both, 16);
  const __m256 second = (__m256)_mm256_blend_epi16(both, _mm256_setzero_si256(), 0x55);
  const two_registers highs = {.all = (f32x16)(weights & 0xFFFF0000u)}, lows = {.all = (f32x16)(weights << 16)};
  two_registers result = {.all = sums};
#pragma clang loop unroll(full)
  for (int i = 0; i < 2; i++) {
    result.half[i] = _mm256_fmadd_ps(highs.half[i], second, result.half[i]);
    result.half[i] = _mm256_fmadd_ps(lows.half[i], first, result.half[i]);
  }
  return result.all;
}

#include "bf16/bf16_body.h"
#pragma clang attribute pop
#endif
