/* GGUF blocks as 32 codes and their scales. Layouts: https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h. */
#ifndef GBK_PACKED_SOURCE_H
#define GBK_PACKED_SOURCE_H

#include <string.h>

#include "packed/packed_layout.h"

/* Bytes of a GGUF block, which holds 32 columns, or 256 for a super-block. */
GBK_TRAIT size_t source_bytes(int type) {
  switch (type) {
  case GBK_Q4_0: return sizeof(gbk_block_q4_0);
  case GBK_Q4_1: return sizeof(gbk_block_q4_1);
  case GBK_Q5_0: return sizeof(gbk_block_q5_0);
  case GBK_Q5_1: return sizeof(gbk_block_q5_1);
  case GBK_Q8_0: return sizeof(gbk_block_q8_0);
  case GBK_Q2_K: return sizeof(gbk_block_q2_k);
  case GBK_Q3_K: return sizeof(gbk_block_q3_k);
  case GBK_Q4_K: return sizeof(gbk_block_q4_k);
  case GBK_Q5_K: return sizeof(gbk_block_q5_k);
  case GBK_Q6_K: return sizeof(gbk_block_q6_k);
  case GBK_IQ4_NL: return sizeof(gbk_block_iq4_nl);
  case GBK_IQ4_XS: return sizeof(gbk_block_iq4_xs);
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

/* The bytes at which the float16 scale lies; a minimum is behind it. */
GBK_TRAIT size_t source_scale_offset(int type) {
  switch (type) {
  case GBK_Q2_K: return offsetof(gbk_block_q2_k, d);
  case GBK_Q3_K: return offsetof(gbk_block_q3_k, d);
  case GBK_Q6_K: return offsetof(gbk_block_q6_k, d);
  default: return 0;
  }
}

/* The whole-number scales of a super-block's groups, then the minima where it has them. */
GBK_TRAIT void source_groups(const int type, const uint8_t *block, int8_t *groups) {
  const void *start = block;
  switch (type) {
  case GBK_Q2_K:
    for (int i = 0; i < 16; i++) {
      groups[i] = (int8_t)(block[i] & 15);
      groups[16 + i] = (int8_t)(block[i] >> 4);
    }
    break;
  case GBK_Q3_K: gbk_unpack_scales_q3_k(((const gbk_block_q3_k *)start)->scales, groups); break;
  case GBK_Q4_K: case GBK_Q5_K: gbk_unpack_scales_k4(block + offsetof(gbk_block_q4_k, scales), (uint8_t *)groups); break;
  case GBK_Q6_K: memcpy(groups, ((const gbk_block_q6_k *)start)->scales, 16); break;
  case GBK_IQ4_XS:
    for (int i = 0; i < 8; i++) groups[i] = (int8_t)gbk_scale_iq4_xs(start, i);
    break;
  }
}

#endif
