/* Products with packed weights for AVX-512 with VNNI (Ice Lake 2019, Zen 4 2022, and later). */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "gbk_packed.h"
#include "packed/packed_layout.h"

#pragma clang attribute push(                                                                                         \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma,f16c"))), apply_to = function)
#define GBK_HAS_F16C 1
#include "vectors.h"

#define PACKED_TABLE gbk_packed_avx512
#define PACKED_NAME "AVX-512 VNNI"
#define PACKED_LEVEL 2
#define SIGNED_BYTES 0
#define PEAK_SUMS 12
#ifndef TILE_TOKENS
#define TILE_TOKENS 8
#endif

GBK_INLINE i32x16 dot(i32x16 sums, u32x16 codes, const int8_t *activations) {
  int32_t four;
  memcpy(&four, activations, sizeof four);
  return (i32x16)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)codes, _mm512_set1_epi32(four));
}

GBK_INLINE u32x16 look_up(u32x16 codes) {
  static const uint8_t book[16] = {GBK_CODEBOOK};
  __m512i table = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)book));
  return (u32x16)_mm512_shuffle_epi8(table, (__m512i)codes);
}

#include "packed/packed_unpack.h"
#include "packed/packed_dot.h"
#include "packed/packed_body.h"
#pragma clang attribute pop
#endif
