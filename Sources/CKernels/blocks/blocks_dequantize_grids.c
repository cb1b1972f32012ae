/* The i-quants with grids, ternary blocks and MXFP4 to float32, in gguf.quants' order of operations. */
#include "blocks/blocks_grids.h"
#include "gbk_blocks.h"
#include "half.h"

_Static_assert(sizeof(gbk_block_iq2_xxs) == 66 && sizeof(gbk_block_iq2_xs) == 74, "as in the file");
_Static_assert(sizeof(gbk_block_iq2_s) == 82 && sizeof(gbk_block_iq3_xxs) == 98, "as in the file");
_Static_assert(sizeof(gbk_block_iq3_s) == 110 && sizeof(gbk_block_iq1_s) == 50, "as in the file");
_Static_assert(sizeof(gbk_block_iq1_m) == 56 && sizeof(gbk_block_mxfp4) == 17, "as in the file");
_Static_assert(sizeof(gbk_block_tq1_0) == 54 && sizeof(gbk_block_tq2_0) == 66, "as in the file");

static const float values_iq2[4] = {8, 25, 43, 0};
static const float values_iq3_xxs[8] = {4, 12, 20, 28, 36, 44, 52, 62};

/* Eight signs from seven bits: the eighth makes their number even. */
static unsigned eight_signs(unsigned seven) {
  unsigned odd = seven ^ seven >> 4;
  odd ^= odd >> 2;
  return seven | ((odd ^ odd >> 1) & 1) << 7;
}

static uint32_t word_of(const uint8_t bytes[4]) {
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The four bits of number `i`. */
static unsigned nibble_of(const uint8_t *bytes, int i) { return bytes[i / 2] >> (i % 2 * 4) & 15; }

static void eight_of_three(float scale, unsigned entry, unsigned signs, float *out) {
  for (int i = 0; i < 8; i++) out[i] = scale * values_iq2[entry >> (2 * i) & 3] * (signs >> i & 1 ? -1.0f : 1.0f);
}

static void block_iq2_xxs(const gbk_block_iq2_xxs *block, float *out) {
  float d = float_of_half(block->d);
  for (int part = 0; part < 8; part++) {
    uint32_t word = word_of(block->parts[part].signs);
    float scale = d * (0.5f + (float)(word >> 28)) * 0.25f;
    for (int i = 0; i < 4; i++) {
      unsigned entry = gbk_grid_iq2_xxs[block->parts[part].q[i]];
      eight_of_three(scale, entry, eight_signs(word >> (7 * i) & 127), out + 32 * part + 8 * i);
    }
  }
}

static void block_iq2_xs(const gbk_block_iq2_xs *block, float *out) {
  float d = float_of_half(block->d);
  for (int i = 0; i < 32; i++) {
    float scale = d * (0.5f + (float)nibble_of(block->scales, i / 2)) * 0.25f;
    eight_of_three(scale, gbk_grid_iq2_xs[block->q[i] & 511], eight_signs(block->q[i] >> 9), out + 8 * i);
  }
}

static void block_iq2_s(const gbk_block_iq2_s *block, float *out) {
  float d = float_of_half(block->d);
  for (int i = 0; i < 32; i++) {
    float scale = d * (0.5f + (float)nibble_of(block->scales, i / 2)) * 0.25f;
    unsigned index = block->q[i] | (block->high[i / 4] >> (i % 4 * 2) & 3u) << 8;
    eight_of_three(scale, gbk_grid_iq2_s[index], block->signs[i], out + 8 * i);
  }
}

static void block_iq3_xxs(const gbk_block_iq3_xxs *block, float *out) {
  float d = float_of_half(block->d);
  for (int i = 0; i < 64; i++) {
    uint32_t word = word_of(block->signs[i / 8]);
    float scale = d * (0.5f + (float)(word >> 28)) * 0.5f;
    unsigned signs = eight_signs(word >> (i / 2 % 4 * 7) & 127) >> (i % 2 * 4);
    unsigned entry = gbk_grid_iq3_xxs[block->q[i]];
    for (int j = 0; j < 4; j++)
      out[4 * i + j] = scale * values_iq3_xxs[entry >> (3 * j) & 7] * (signs >> j & 1 ? -1.0f : 1.0f);
  }
}

static void block_iq3_s(const gbk_block_iq3_s *block, float *out) {
  float d = float_of_half(block->d);
  for (int i = 0; i < 64; i++) {
    float scale = d * (float)(1 + 2 * nibble_of(block->scales, i / 8));
    unsigned entry = gbk_grid_iq3_s[block->q[i] | (block->high[i / 8] >> (i % 8) & 1u) << 8];
    unsigned signs = block->signs[i / 2] >> (i % 2 * 4);
    for (int j = 0; j < 4; j++)
      out[4 * i + j] = scale * (float)(1 + 2 * (entry >> (3 * j) & 7)) * (signs >> j & 1 ? -1.0f : 1.0f);
  }
}

/* Eight numbers out of -1, 0 and 1, shifted by an eighth. */
static void eight_shifted(float scale, unsigned entry, int is_negative, float *out) {
  float shift = is_negative ? -0.125f : 0.125f;
  for (int i = 0; i < 8; i++) out[i] = scale * ((float)((int)(entry >> (2 * i) & 3) - 1) + shift);
}

static void block_iq1_s(const gbk_block_iq1_s *block, float *out) {
  float d = float_of_half(block->d);
  for (int i = 0; i < 32; i++) {
    unsigned high = block->high[i / 4];
    unsigned index = block->q[i] | (high >> (i % 4 * 3) & 7) << 8;
    eight_shifted(d * (float)(2 * (high >> 12 & 7) + 1), gbk_grid_iq1_s[index], high >> 15, out + 8 * i);
  }
}

static void block_iq1_m(const gbk_block_iq1_m *block, float *out) {
  unsigned words[4], half = 0;
  for (int i = 0; i < 4; i++) {
    words[i] = block->scales[2 * i] | (unsigned)block->scales[2 * i + 1] << 8;
    half |= words[i] >> 12 << (4 * i);
  }
  float d = float_of_half((uint16_t)half);
  for (int i = 0; i < 32; i++) {
    float scale = d * (float)(2 * (words[i / 8] >> (i / 2 % 4 * 3) & 7) + 1);
    unsigned high = nibble_of(block->high, i);
    eight_shifted(scale, gbk_grid_iq1_s[block->q[i] | (high & 7) << 8], high >> 3, out + 8 * i);
  }
}

/* The digit of a byte that holds them as a fraction of 256: times a power of three, the next one stands before the point. */
static float ternary(uint8_t byte, int digit) {
  static const uint8_t powers[5] = {1, 3, 9, 27, 81};
  return (float)((int)((uint8_t)(byte * powers[digit]) * 3 >> 8) - 1);
}

static void block_tq1_0(const gbk_block_tq1_0 *block, float *out) {
  float d = float_of_half(block->d);
  for (int i = 0; i < 160; i++) out[i] = d * ternary(block->q[i % 32], i / 32);
  for (int i = 0; i < 80; i++) out[160 + i] = d * ternary(block->q[32 + i % 16], i / 16);
  for (int i = 0; i < 16; i++) out[240 + i] = d * ternary(block->last[i % 4], i / 4);
}

static void block_tq2_0(const gbk_block_tq2_0 *block, float *out) {
  float d = float_of_half(block->d);
  for (int i = 0; i < 256; i++)
    out[i] = d * (float)((block->q[i / 128 * 32 + i % 32] >> (i / 32 % 4 * 2) & 3) - 1);
}

static void block_mxfp4(const gbk_block_mxfp4 *block, float *out) {
  static const float values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
  unsigned e = block->exponent; /* half of 2^(e - 127), as the values are doubled */
  float d = float_of_bits(e < 2 ? 0x00200000u << e : (e - 1) << 23);
  for (int i = 0; i < 16; i++) {
    out[i] = d * values[block->q[i] & 15];
    out[16 + i] = d * values[block->q[i] >> 4];
  }
}

#define EACH(name, length)                                                                               \
  do {                                                                                                   \
    const gbk_block_##name *block = blocks;                                                              \
    for (size_t i = 0; i < count / (length); i++) block_##name(block + i, out + i * (length));           \
    return 1;                                                                                            \
  } while (0)

int gbk_dequantize_grids(uint32_t type, const void *blocks, float *out, size_t count) {
  switch (type) {
    case GBK_IQ2_XXS: EACH(iq2_xxs, 256);
    case GBK_IQ2_XS: EACH(iq2_xs, 256);
    case GBK_IQ2_S: EACH(iq2_s, 256);
    case GBK_IQ3_XXS: EACH(iq3_xxs, 256);
    case GBK_IQ3_S: EACH(iq3_s, 256);
    case GBK_IQ1_S: EACH(iq1_s, 256);
    case GBK_IQ1_M: EACH(iq1_m, 256);
    case GBK_TQ1_0: EACH(tq1_0, 256);
    case GBK_TQ2_0: EACH(tq2_0, 256);
    case GBK_MXFP4: EACH(mxfp4, 32);
    default: return 0;
  }
}
