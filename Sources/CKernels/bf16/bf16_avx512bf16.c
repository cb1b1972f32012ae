/* bfloat16 products for AVX-512 with BF16 (Cooper Lake 2020, Zen 4 2022, and later). */
#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(                                                                                         \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma,f16c"))), apply_to = function)
#define GBK_HAS_F16C 1
#include "vectors.h"

#define BF16_TABLE gbk_bf16_avx512bf16
#define BF16_NAME "AVX-512 BF16"
#define BF16_LEVEL 2
#ifndef BF16_TOKENS
#define BF16_TOKENS 16
#endif

GBK_INLINE f32x16 dot_pairs(f32x16 sums, u32x16 weights, uint32_t two) {
  return (f32x16)_mm512_dpbf16_ps((__m512)sums, (__m512bh)weights, (__m512bh)_mm512_set1_epi32((int)two));
}

#include "bf16/bf16_body.h"
#pragma clang attribute pop
#endif
