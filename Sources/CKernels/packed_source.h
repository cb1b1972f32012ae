/* GGUF blocks as 32 codes and their scales. Layouts: https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h. */
#ifndef GBK_PACKED_SOURCE_H
#define GBK_PACKED_SOURCE_H

#include <string.h>

#include "packed_layout.h"

/* Bytes of a GGUF block, which holds 32 columns, or 256 for a super-block. */
GBK_TRAIT size_t source_bytes(int type) {
  switch (type) {
  case GBK_Q4_0: case GBK_IQ4_NL: return 18;
  case GBK_Q4_1: return 20;
  case GBK_Q5_0: return 22;
  case GBK_Q5_1: return 24;
  case GBK_Q8_0: return 34;
  case GBK_Q2_K: return 84;
  case GBK_Q3_K: return 110;
  case GBK_Q4_K: return 144;
  case GBK_Q5_K: return 176;
  case GBK_Q6_K: return 210;
  case GBK_IQ4_XS: return 136;
  default: return 0;
  }
}

GBK_TRAIT uint32_t word_at(const uint8_t *source) {
  uint32_t word;
  memcpy(&word, source, sizeof word);
  return word;
}

/* Bit i of four becomes the lowest bit of byte i. */
GBK_TRAIT uint32_t spread_bits(uint32_t four) { return ((four & 15) * 0x00204081u) & 0x01010101u; }

/* The codes of 32 columns, four to a word: those at 32 * `part` of a block. Codes of a codebook are its indices. */
GBK_TRAIT void source_codes(const int type, const uint8_t *block, const int part, uint32_t *codes) {
  switch (type) {
  case GBK_Q4_0: case GBK_IQ4_NL: case GBK_Q4_1: case GBK_IQ4_XS: {
    const uint8_t *pairs = block + (type == GBK_Q4_1 ? 4 : type == GBK_IQ4_XS ? 8 + 16 * part : 2);
    for (int i = 0; i < 4; i++) {
      uint32_t word = word_at(pairs + 4 * i);
      codes[i] = word & 0x0F0F0F0Fu;
      codes[i + 4] = word >> 4 & 0x0F0F0F0Fu;
    }
    break;
  }
  case GBK_Q5_0: case GBK_Q5_1: {
    const uint8_t *high = block + (type == GBK_Q5_1 ? 4 : 2);
    uint32_t bits = word_at(high);
    for (int i = 0; i < 4; i++) {
      uint32_t word = word_at(high + 4 + 4 * i);
      codes[i] = (word & 0x0F0F0F0Fu) | spread_bits(bits >> (4 * i)) << 4;
      codes[i + 4] = (word >> 4 & 0x0F0F0F0Fu) | spread_bits(bits >> (4 * i + 16)) << 4;
    }
    break;
  }
  case GBK_Q8_0:
    for (int i = 0; i < 8; i++) codes[i] = word_at(block + 2 + 4 * i) ^ 0x80808080u;
    break;
  case GBK_Q4_K: case GBK_Q5_K: {
    const uint8_t *pairs = block + (type == GBK_Q5_K ? 48 : 16) + part / 2 * 32;
    for (int i = 0; i < 8; i++) {
      codes[i] = word_at(pairs + 4 * i) >> (part & 1 ? 4 : 0) & 0x0F0F0F0Fu;
      if (type == GBK_Q5_K) codes[i] |= (word_at(block + 16 + 4 * i) >> part & 0x01010101u) << 4;
    }
    break;
  }
  case GBK_Q6_K: {
    const int quarter = part & 3;
    const uint8_t *low = block + part / 4 * 64 + (quarter & 1) * 32, *high = block + 128 + part / 4 * 32;
    for (int i = 0; i < 8; i++)
      codes[i] = (word_at(low + 4 * i) >> (quarter & 2 ? 4 : 0) & 0x0F0F0F0Fu) |
                 (word_at(high + 4 * i) >> (2 * quarter) & 0x03030303u) << 4;
    break;
  }
  case GBK_Q3_K:
    for (int i = 0; i < 8; i++)
      codes[i] = (word_at(block + 32 + part / 4 * 32 + 4 * i) >> (2 * (part & 3)) & 0x03030303u) |
                 (word_at(block + 4 * i) >> part & 0x01010101u) << 2;
    break;
  case GBK_Q2_K:
    for (int i = 0; i < 8; i++)
      codes[i] = word_at(block + 16 + part / 4 * 32 + 4 * i) >> (2 * (part & 3)) & 0x03030303u;
    break;
  }
}

/* The bytes at which the float16 scale and minimum lie. */
GBK_TRAIT size_t source_scale_offset(int type) {
  return type == GBK_Q2_K ? 80 : type == GBK_Q3_K ? 108 : type == GBK_Q6_K ? 208 : 0;
}

/* The whole-number scale of a group of a super-block, and its minimum where it has one. */
GBK_TRAIT void source_group(const int type, const uint8_t *block, const int group, int8_t *scale, int8_t *minimum) {
  switch (type) {
  case GBK_Q2_K:
    *scale = (int8_t)(block[group] & 15);
    *minimum = (int8_t)(block[group] >> 4);
    break;
  case GBK_Q3_K: { /* the low four bits of sixteen scales in eight bytes, the high two in four */
    const uint8_t *packed = block + 96;
    int low = group < 8 ? packed[group] & 15 : packed[group - 8] >> 4;
    int high = packed[8 + (group & 3)] >> (2 * (group / 4)) & 3;
    *scale = (int8_t)((low | high << 4) - 32);
    break;
  }
  case GBK_Q4_K: case GBK_Q5_K: { /* six bits each: the first four whole, the others' high bits in the first four's */
    const uint8_t *packed = block + 4;
    if (group < 4) {
      *scale = (int8_t)(packed[group] & 63);
      *minimum = (int8_t)(packed[group + 4] & 63);
    } else {
      *scale = (int8_t)((packed[group + 4] & 15) | (packed[group - 4] >> 6) << 4);
      *minimum = (int8_t)((packed[group + 4] >> 4) | (packed[group] >> 6) << 4);
    }
    break;
  }
  case GBK_Q6_K: *scale = (int8_t)block[192 + group]; break;
  case GBK_IQ4_XS: {
    int low = block[4 + group / 2] >> (group & 1 ? 4 : 0) & 15;
    int high = (block[2] | block[3] << 8) >> (2 * group) & 3;
    *scale = (int8_t)((low | high << 4) - 32);
    break;
  }
  }
}

#endif
