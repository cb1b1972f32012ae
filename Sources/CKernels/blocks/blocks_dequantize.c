/* Quantised blocks to float32: each formula in gguf.quants' order of operations, so that the bits are the same. */
#include "gbk_blocks.h"

#include "blocks/blocks_grids.h"
#include "half.h"

_Static_assert(sizeof(gbk_block_q4_0) == 18 && sizeof(gbk_block_q4_1) == 20, "as in the file");
_Static_assert(sizeof(gbk_block_q5_0) == 22 && sizeof(gbk_block_q5_1) == 24, "as in the file");
_Static_assert(sizeof(gbk_block_q8_0) == 34 && sizeof(gbk_block_iq4_nl) == 18, "as in the file");
_Static_assert(sizeof(gbk_block_q2_k) == 84 && sizeof(gbk_block_q3_k) == 110, "as in the file");
_Static_assert(sizeof(gbk_block_q4_k) == 144 && sizeof(gbk_block_q5_k) == 176, "as in the file");
_Static_assert(sizeof(gbk_block_q6_k) == 210 && sizeof(gbk_block_iq4_xs) == 136, "as in the file");

const int8_t gbk_iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

static void block_q4_0(const gbk_block_q4_0 *block, float *out) {
  float d = float_of_half(block->d);
  for (int i = 0; i < 16; i++) {
    out[i] = d * (float)((block->q[i] & 15) - 8);
    out[16 + i] = d * (float)((block->q[i] >> 4) - 8);
  }
}

static void block_q4_1(const gbk_block_q4_1 *block, float *out) {
  float d = float_of_half(block->d), m = float_of_half(block->m);
  for (int i = 0; i < 16; i++) {
    out[i] = d * (float)(block->q[i] & 15) + m;
    out[16 + i] = d * (float)(block->q[i] >> 4) + m;
  }
}

/* Number `i` of 32, five bits. */
static int five_bits(const uint8_t *low, const uint8_t *high, int i) {
  int nibble = i < 16 ? low[i] & 15 : low[i - 16] >> 4;
  return nibble | (high[i / 8] >> (i % 8) & 1) << 4;
}

static void block_q5_0(const gbk_block_q5_0 *block, float *out) {
  float d = float_of_half(block->d);
  for (int i = 0; i < 32; i++) out[i] = d * (float)(five_bits(block->q, block->high, i) - 16);
}

static void block_q5_1(const gbk_block_q5_1 *block, float *out) {
  float d = float_of_half(block->d), m = float_of_half(block->m);
  for (int i = 0; i < 32; i++) out[i] = d * (float)five_bits(block->q, block->high, i) + m;
}

static void block_q8_0(const gbk_block_q8_0 *block, float *out) {
  float d = float_of_half(block->d);
  for (int i = 0; i < 32; i++) out[i] = (float)block->q[i] * d;
}

static void block_iq4_nl(const gbk_block_iq4_nl *block, float *out) {
  float d = float_of_half(block->d);
  for (int i = 0; i < 16; i++) {
    out[i] = d * (float)gbk_iq4_values[block->q[i] & 15];
    out[16 + i] = d * (float)gbk_iq4_values[block->q[i] >> 4];
  }
}

static void block_q2_k(const gbk_block_q2_k *block, float *out) {
  float d = float_of_half(block->d), m = float_of_half(block->m);
  for (int part = 0; part < 16; part++) {
    float scale = d * (float)(block->scales[part] & 15), minimum = m * (float)(block->scales[part] >> 4);
    const uint8_t *q = block->q + part / 8 * 32 + part % 2 * 16;
    int shift = part % 8 / 2 * 2;
    for (int i = 0; i < 16; i++) out[part * 16 + i] = scale * (float)(q[i] >> shift & 3) - minimum;
  }
}

static void block_q3_k(const gbk_block_q3_k *block, float *out) {
  float d = float_of_half(block->d);
  int8_t scales[16];
  gbk_unpack_scales_q3_k(block->scales, scales);
  for (int part = 0; part < 16; part++) {
    float scale = d * (float)scales[part];
    const uint8_t *q = block->q + part / 8 * 32 + part % 2 * 16;
    const uint8_t *high = block->high + part % 2 * 16;
    int shift = part % 8 / 2 * 2;
    for (int i = 0; i < 16; i++) {
      int value = (q[i] >> shift & 3) - (high[i] >> (part / 2) & 1 ? 0 : 4);
      out[part * 16 + i] = scale * (float)value;
    }
  }
}

static void block_q4_k(const gbk_block_q4_k *block, float *out) {
  float d = float_of_half(block->d), m = float_of_half(block->m);
  uint8_t scales[16];
  gbk_unpack_scales_k4(block->scales, scales);
  for (int part = 0; part < 8; part++) {
    float scale = d * (float)scales[part], minimum = m * (float)scales[8 + part];
    const uint8_t *q = block->q + part / 2 * 32;
    int shift = part % 2 * 4;
    for (int i = 0; i < 32; i++) out[part * 32 + i] = scale * (float)(q[i] >> shift & 15) - minimum;
  }
}

static void block_q5_k(const gbk_block_q5_k *block, float *out) {
  float d = float_of_half(block->d), m = float_of_half(block->m);
  uint8_t scales[16];
  gbk_unpack_scales_k4(block->scales, scales);
  for (int part = 0; part < 8; part++) {
    float scale = d * (float)scales[part], minimum = m * (float)scales[8 + part];
    const uint8_t *q = block->q + part / 2 * 32;
    int shift = part % 2 * 4;
    for (int i = 0; i < 32; i++) {
      int value = (q[i] >> shift & 15) | (block->high[i] >> part & 1) << 4;
      out[part * 32 + i] = scale * (float)value - minimum;
    }
  }
}

static void block_q6_k(const gbk_block_q6_k *block, float *out) {
  float d = float_of_half(block->d);
  for (int part = 0; part < 16; part++) {
    float scale = d * (float)block->scales[part];
    int slot = part % 8 / 2; /* of the four groups of 32 that share their high bits */
    const uint8_t *low = block->low + part / 8 * 64 + slot % 2 * 32 + part % 2 * 16;
    const uint8_t *high = block->high + part / 8 * 32 + part % 2 * 16;
    for (int i = 0; i < 16; i++) {
      int value = (low[i] >> (slot / 2 * 4) & 15) | (high[i] >> (slot * 2) & 3) << 4;
      out[part * 16 + i] = scale * (float)(value - 32);
    }
  }
}

static void block_iq4_xs(const gbk_block_iq4_xs *block, float *out) {
  float d = float_of_half(block->d);
  for (int part = 0; part < 8; part++) {
    float scale = d * (float)gbk_scale_iq4_xs(block, part);
    const uint8_t *q = block->q + part * 16;
    for (int i = 0; i < 16; i++) {
      out[part * 32 + i] = scale * (float)gbk_iq4_values[q[i] & 15];
      out[part * 32 + 16 + i] = scale * (float)gbk_iq4_values[q[i] >> 4];
    }
  }
}

#define EACH(name, length)                                                                               \
  do {                                                                                                   \
    const gbk_block_##name *block = blocks;                                                              \
    for (size_t i = 0; i < count / (length); i++) block_##name(block + i, out + i * (length));           \
    return 1;                                                                                            \
  } while (0)

int gbk_dequantize(uint32_t type, const void *blocks, float *out, size_t count) {
  switch (type) {
    case GBK_F32: memcpy(out, blocks, count * sizeof *out); return 1;
    case GBK_F16:
      for (size_t i = 0; i < count; i++) out[i] = float_of_half(((const uint16_t *)blocks)[i]);
      return 1;
    case GBK_BF16:
      for (size_t i = 0; i < count; i++) out[i] = float_of_brain(((const uint16_t *)blocks)[i]);
      return 1;
    case GBK_Q4_0: EACH(q4_0, 32);
    case GBK_Q4_1: EACH(q4_1, 32);
    case GBK_Q5_0: EACH(q5_0, 32);
    case GBK_Q5_1: EACH(q5_1, 32);
    case GBK_Q8_0: EACH(q8_0, 32);
    case GBK_Q2_K: EACH(q2_k, 256);
    case GBK_Q3_K: EACH(q3_k, 256);
    case GBK_Q4_K: EACH(q4_k, 256);
    case GBK_Q5_K: EACH(q5_k, 256);
    case GBK_Q6_K: EACH(q6_k, 256);
    case GBK_IQ4_NL: EACH(iq4_nl, 32);
    case GBK_IQ4_XS: EACH(iq4_xs, 256);
    default: return gbk_dequantize_grids(type, blocks, out, count);
  }
}
