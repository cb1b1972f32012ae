/* Products with packed weights for AVX2, FMA and F16C (Haswell 2013, Zen 2017, and later). */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "gbk_packed.h"
#include "packed_layout.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define GBK_HAS_F16C 1
#include "vectors.h"

#define PACKED_TABLE gbk_packed_avx2
#define PACKED_NAME "AVX2"
#define PACKED_LEVEL 1
#define SIGNED_BYTES 1
#define TILE_TOKENS 4

typedef union {
  i32x16 all;
  u32x16 codes;
  __m256i half[2];
} two_registers;

/* Two products of codes up to 63 and activations fit 16 bits. Wider codes are 128 too great: their magnitude times the
 * activation with their sign is exact too, since -128 occurs as a code only and 2 * 128 * 127 < 32768. */
GBK_INLINE i32x16 dot(i32x16 sums, u32x16 codes, const int8_t *activations, const int wide) {
  int32_t four;
  memcpy(&four, activations, sizeof four);
  const __m256i input = _mm256_set1_epi32(four), ones = _mm256_set1_epi16(1);
  two_registers result = {.all = sums}, weights = {.codes = codes};
#pragma clang loop unroll(full)
  for (int i = 0; i < 2; i++) {
    __m256i pairs;
    if (wide) {
      __m256i numbers = _mm256_xor_si256(weights.half[i], _mm256_set1_epi8((char)0x80));
      pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(numbers), _mm256_sign_epi8(input, numbers));
    } else {
      pairs = _mm256_maddubs_epi16(weights.half[i], input);
    }
    result.half[i] = _mm256_add_epi32(result.half[i], _mm256_madd_epi16(pairs, ones));
  }
  return result.all;
}

GBK_INLINE u32x16 look_up(u32x16 codes) {
  static const uint8_t book[16] = {GBK_CODEBOOK};
  const __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)book));
  two_registers result = {.codes = codes};
  for (int i = 0; i < 2; i++) result.half[i] = _mm256_shuffle_epi8(table, result.half[i]);
  return result.codes;
}

#include "packed_body.h"
#pragma clang attribute pop
#endif
