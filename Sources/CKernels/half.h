#ifndef GBK_HALF_H
#define GBK_HALF_H

/* IEEE binary16 and bfloat16 to and from float32, one at a time; vectors.h has sixteen at a time. */

#include <stdint.h>
#include <string.h>

static inline float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint32_t bits_of_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* The exponent is rebased by one exact multiplication, which also makes subnormals right. */
static inline float float_of_half(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  uint32_t magnitude = (uint32_t)(half & 0x7FFF) << 13;
  if ((half & 0x7C00) == 0x7C00) return float_of_bits(sign | 0x7F800000u | magnitude);
  return float_of_bits(sign | bits_of_float(float_of_bits(magnitude) * 0x1p112f));
}

/* To the nearest, ties to even; beyond 65,504 infinity. */
static inline uint16_t half_of_float(float value) {
  uint32_t bits = bits_of_float(value);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) return (uint16_t)(sign | 0x7E00);
  if (magnitude >= 0x477FF000) return (uint16_t)(sign | 0x7C00); /* 65,520 and more */
  if (magnitude < 0x38800000) { /* below 2^-14: adding 1/2 leaves the subnormal's bits in the sum's fraction */
    return (uint16_t)(sign | (bits_of_float(float_of_bits(magnitude) + 0.5f) & 0x7FFF));
  }
  uint32_t rounded = magnitude + 0xFFF + (magnitude >> 13 & 1) - 0x38000000;
  return (uint16_t)(sign | rounded >> 13);
}

static inline float float_of_brain(uint16_t bf16) { return float_of_bits((uint32_t)bf16 << 16); }

/* To the nearest, ties to even; a NaN stays one, quiet. */
static inline uint16_t bf16_of_float(float value) {
  uint32_t bits = bits_of_float(value);
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return (uint16_t)(bits >> 16 | 64);
  return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

#endif
