/* Float32 to quantised blocks: the types of one scale (and one minimum) for 32 numbers, and the way to the K types.
 *
 * Each formula follows gguf.quants' order of operations, so that the bits are the same. */
#include "blocks/blocks_quantize.h"

#include "half.h"

static float magnitude(float x) { return __builtin_fabsf(x); }

/* 1 / d, or 0 where that is not a number: such a d is 0 in half precision, and every q is as good. */
static float inverse(float d) {
  float result = d != 0 ? 1 / d : 0;
  return magnitude(result) <= 3.4028234e38f ? result : 0;
}

/* The integer part of a number that is not negative, at most `limit`. */
static uint8_t limited(float x, int limit) {
  int q = (int)x;
  return (uint8_t)(q > limit ? limit : q);
}

/* The number of the largest magnitude, the first of its equals; its sign kept. */
static float signed_maximum(const float *x) {
  float maximum = x[0];
  for (int i = 1; i < 32; i++)
    if (magnitude(x[i]) > magnitude(maximum)) maximum = x[i];
  return maximum;
}

static void bounds(const float *x, float *low, float *high) {
  *low = *high = x[0];
  for (int i = 1; i < 32; i++) {
    if (x[i] < *low) *low = x[i];
    if (x[i] > *high) *high = x[i];
  }
}

static void pack_nibbles(const uint8_t *q, uint8_t *packed) {
  for (int i = 0; i < 16; i++) packed[i] = (uint8_t)((q[i] & 15) | q[16 + i] << 4);
}

static void pack_fifth_bits(const uint8_t *q, uint8_t *high) {
  memset(high, 0, 4);
  for (int i = 0; i < 32; i++) high[i / 8] |= (uint8_t)((q[i] >> 4) << (i % 8));
}

static void encode_q4_0(const float *x, gbk_block_q4_0 *block) {
  float d = signed_maximum(x) / -8, id = inverse(d);
  uint8_t q[32];
  for (int i = 0; i < 32; i++) q[i] = limited(x[i] * id + 8.5f, 15);
  block->d = half_of_float(d);
  pack_nibbles(q, block->q);
}

static void encode_q5_0(const float *x, gbk_block_q5_0 *block) {
  float d = signed_maximum(x) / -16, id = inverse(d);
  uint8_t q[32];
  for (int i = 0; i < 32; i++) q[i] = limited(x[i] * id + 16.5f, 31);
  block->d = half_of_float(d);
  pack_fifth_bits(q, block->high);
  pack_nibbles(q, block->q);
}

static void encode_q4_1(const float *x, gbk_block_q4_1 *block) {
  float low, high;
  bounds(x, &low, &high);
  float d = (high - low) / 15, id = inverse(d);
  uint8_t q[32];
  for (int i = 0; i < 32; i++) q[i] = limited((x[i] - low) * id + 0.5f, 15);
  block->d = half_of_float(d);
  block->m = half_of_float(low);
  pack_nibbles(q, block->q);
}

static void encode_q5_1(const float *x, gbk_block_q5_1 *block) {
  float low, high;
  bounds(x, &low, &high);
  float d = (high - low) / 31, id = inverse(d);
  uint8_t q[32];
  for (int i = 0; i < 32; i++) q[i] = limited((x[i] - low) * id + 0.5f, 31);
  block->d = half_of_float(d);
  block->m = half_of_float(low);
  pack_fifth_bits(q, block->high);
  pack_nibbles(q, block->q);
}

static void encode_q8_0(const float *x, gbk_block_q8_0 *block) {
  float d = magnitude(signed_maximum(x)) / 127, id = inverse(d);
  for (int i = 0; i < 32; i++) { /* to the nearest, ties away from zero */
    float size = magnitude(x[i] * id);
    int q = (int)size;
    if (2 * (size - (float)q) >= 1) q++;
    block->q[i] = (int8_t)(x[i] < 0 ? -q : q);
  }
  block->d = half_of_float(d);
}

/* Whether no number is NaN or beyond the limit. Finite floats are ordered as their bits are. */
static int all_within(const float *x, size_t count, float limit) {
  uint32_t largest = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t size = bits_of_float(x[i]) & 0x7FFFFFFF;
    if (size > largest) largest = size;
  }
  return largest <= bits_of_float(limit);
}

#define LARGEST_FLOAT 3.4028234e38f
/* No K type reaches that far; the searches square and add without fear of overflow. */
#define LARGEST_K 1e9f

static int finite_half(uint16_t half) { return (half & 0x7C00) != 0x7C00; }

#define EACH(name, length, limit, encoder, check)                                                               \
  do {                                                                                                   \
    gbk_block_##name *block = blocks;                                                                    \
    for (size_t i = 0; i < count / (length); i++, block++) {                                             \
      if (!all_within(numbers + i * (length), (length), (limit))) return GBK_NOT_FINITE;                          \
      encoder(numbers + i * (length), block);                                                            \
      if (!(check)) return GBK_NOT_FINITE;                                                               \
    }                                                                                                    \
    return GBK_QUANTIZED;                                                                                \
  } while (0)
#define SCALE finite_half(block->d)
#define SCALE_AND_MINIMUM (finite_half(block->d) && finite_half(block->m))

static int quantize(const gbk_k_encoders *k, uint32_t type, const float *numbers, void *blocks, size_t count) {
  switch (type) {
    case GBK_F32:
      memcpy(blocks, numbers, count * sizeof *numbers);
      return all_within(numbers, count, LARGEST_FLOAT) ? GBK_QUANTIZED : GBK_NOT_FINITE;
    case GBK_F16:
      for (size_t i = 0; i < count; i++)
        if (!finite_half(((uint16_t *)blocks)[i] = half_of_float(numbers[i]))) return GBK_NOT_FINITE;
      return GBK_QUANTIZED;
    case GBK_BF16:
      for (size_t i = 0; i < count; i++) {
        uint16_t bf16 = bf16_of_float(numbers[i]);
        if ((bf16 & 0x7F80) == 0x7F80) return GBK_NOT_FINITE;
        ((uint16_t *)blocks)[i] = bf16;
      }
      return GBK_QUANTIZED;
    case GBK_Q4_0: EACH(q4_0, 32, LARGEST_FLOAT, encode_q4_0, SCALE);
    case GBK_Q4_1: EACH(q4_1, 32, LARGEST_FLOAT, encode_q4_1, SCALE_AND_MINIMUM);
    case GBK_Q5_0: EACH(q5_0, 32, LARGEST_FLOAT, encode_q5_0, SCALE);
    case GBK_Q5_1: EACH(q5_1, 32, LARGEST_FLOAT, encode_q5_1, SCALE_AND_MINIMUM);
    case GBK_Q8_0: EACH(q8_0, 32, LARGEST_FLOAT, encode_q8_0, SCALE);
    case GBK_Q2_K: EACH(q2_k, 256, LARGEST_K, k->q2_k, SCALE_AND_MINIMUM);
    case GBK_Q3_K: EACH(q3_k, 256, LARGEST_K, k->q3_k, SCALE);
    case GBK_Q4_K: EACH(q4_k, 256, LARGEST_K, k->q4_k, SCALE_AND_MINIMUM);
    case GBK_Q5_K: EACH(q5_k, 256, LARGEST_K, k->q5_k, SCALE_AND_MINIMUM);
    case GBK_Q6_K: EACH(q6_k, 256, LARGEST_K, k->q6_k, SCALE);
    default: return GBK_NO_ENCODER;
  }
}

int gbk_quantize(uint32_t type, const float *numbers, void *blocks, size_t count) {
  return quantize(gbk_k_encoders_best(), type, numbers, blocks, count);
}

int gbk_quantize_generic(uint32_t type, const float *numbers, void *blocks, size_t count) {
  return quantize(&gbk_k_encoders_generic, type, numbers, blocks, count);
}
