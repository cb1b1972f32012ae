/* Products with packed weights for AVX2, FMA and F16C (Haswell 2013, Zen 2017, and later). */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "gbk_packed.h"
#include "packed/packed_layout.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define GBK_HAS_F16C 1
#include "vectors.h"

#define PACKED_TABLE gbk_packed_avx2
#define PACKED_NAME "AVX2"
#define PACKED_LEVEL 1
#define SIGNED_BYTES 1
#define TILE_TOKENS 4
#define PEAK_SUMS 4

typedef union {
  i32x16 all;
  u32x16 codes;
  __m256i half[2];
} two_registers;

GBK_INLINE u32x16 look_up(u32x16 codes) {
  static const uint8_t book[16] = {GBK_CODEBOOK};
  const __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)book));
  two_registers result = {.codes = codes};
  for (int i = 0; i < 2; i++) result.half[i] = _mm256_shuffle_epi8(table, result.half[i]);
  return result.codes;
}

#include "packed/packed_unpack.h"

/* Keeps the compiler from reordering: token by token it would need every step's weights at once, more than there are
 * registers for. */
#define IN_TURN(value) __asm__ volatile("" : "+x"(value))

/* Steps of four columns whose products, pair by pair, stay within 16 bits: a code is below 2^bits, an activation at
 * most 127. Of codes of eight bits there is one: they are 128 too great, and their magnitude times the activation with
 * their sign is exact too, since -128 occurs as a code only and 2 * 128 * 127 < 32768. */
GBK_INLINE int steps_of_sum(const int type) {
  const int bits = packed_zero(type) == 128 ? 8 : packed_bits(type), steps = 32767 / (2 * 127 * ((1 << bits) - 1));
  return bits == 8 ? 1 : steps > 8 ? 8 : steps;
}

/* Pairs of products are summed in 16 bits as long as they fit, then, two lanes to one, in 32. */
GBK_INLINE void add_products(const int type, const uint8_t *codes, const int half, const gbk_activation *input,
                             size_t input_stride, i32x16 *sums, const int tokens) {
  const int steps = 8 / packed_halves(type), together = steps_of_sum(type), wide = packed_zero(type) == 128;
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i pairs[TILE_TOKENS][2];
#pragma clang loop unroll(full)
  for (int step = 0; step < steps; step++) {
    two_registers weights = {.codes = unpack(type, codes, half * steps + step)}, sizes;
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++) {
      if (wide) weights.half[i] = _mm256_xor_si256(weights.half[i], _mm256_set1_epi8((char)0x80));
      sizes.half[i] = wide ? _mm256_abs_epi8(weights.half[i]) : weights.half[i];
    }
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++) {
      int32_t four;
      memcpy(&four, input[(size_t)t * input_stride].codes + 4 * (half * steps + step), sizeof four);
      const __m256i activations = _mm256_set1_epi32(four);
      two_registers total = {.all = sums[t]};
#pragma clang loop unroll(full)
      for (int i = 0; i < 2; i++) {
        const __m256i right = wide ? _mm256_sign_epi8(activations, weights.half[i]) : activations;
        const __m256i products = _mm256_maddubs_epi16(sizes.half[i], right);
        pairs[t][i] = step % together == 0 ? products : _mm256_add_epi16(pairs[t][i], products);
        if (step % together == together - 1 || step == steps - 1)
          total.half[i] = _mm256_add_epi32(total.half[i], _mm256_madd_epi16(pairs[t][i], ones));
        if (together == 1)
          IN_TURN(total.half[i]);
        else
          IN_TURN(pairs[t][i]);
      }
      sums[t] = total.all;
    }
  }
}

GBK_INLINE i32x16 peak_step(i32x16 sums, u32x16 codes, const int8_t *activations) {
  int32_t four;
  memcpy(&four, activations, sizeof four);
  two_registers result = {.all = sums}, weights = {.codes = codes};
#pragma clang loop unroll(full)
  for (int i = 0; i < 2; i++) {
    IN_TURN(weights.half[i]); /* so that no product is taken for another */
    result.half[i] = _mm256_add_epi16(result.half[i], _mm256_maddubs_epi16(weights.half[i], _mm256_set1_epi32(four)));
  }
  return result.all;
}

#include "packed/packed_body.h"
#pragma clang attribute pop
#endif
