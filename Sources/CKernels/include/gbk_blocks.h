#ifndef GBK_BLOCKS_H
#define GBK_BLOCKS_H

/* Quantised blocks as GGUF files hold them (little endian), and the way from and to float32.
 *
 * Layouts: ggml's block_q4_0 and its kin (https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h). Types are
 * numbered as in `ggml_type`. Halves are IEEE binary16, kept as bits; blocks are aligned to two bytes. */

#include <stddef.h>
#include <stdint.h>

enum gbk_type {
  GBK_F32 = 0,
  GBK_F16 = 1,
  GBK_Q4_0 = 2,
  GBK_Q4_1 = 3,
  GBK_Q5_0 = 6,
  GBK_Q5_1 = 7,
  GBK_Q8_0 = 8,
  GBK_Q2_K = 10,
  GBK_Q3_K = 11,
  GBK_Q4_K = 12,
  GBK_Q5_K = 13,
  GBK_Q6_K = 14,
  GBK_IQ2_XXS = 16,
  GBK_IQ2_XS = 17,
  GBK_IQ3_XXS = 18,
  GBK_IQ1_S = 19,
  GBK_IQ4_NL = 20,
  GBK_IQ3_S = 21,
  GBK_IQ2_S = 22,
  GBK_IQ4_XS = 23,
  GBK_IQ1_M = 29,
  GBK_BF16 = 30,
  GBK_TQ1_0 = 34,
  GBK_TQ2_0 = 35,
  GBK_MXFP4 = 39,
};

/* Blocks of 32 numbers. Number i < 16 is in the low half of byte i, number 16 + i in the high half. */

typedef struct {  /* x = d * (q - 8) */
  uint16_t d;
  uint8_t q[16];
} gbk_block_q4_0;

typedef struct {  /* x = d * q + m */
  uint16_t d, m;
  uint8_t q[16];
} gbk_block_q4_1;

typedef struct {  /* x = d * (q - 16); the fifth bit of number i is bit i of `high` */
  uint16_t d;
  uint8_t high[4];
  uint8_t q[16];
} gbk_block_q5_0;

typedef struct {  /* x = d * q + m */
  uint16_t d, m;
  uint8_t high[4];
  uint8_t q[16];
} gbk_block_q5_1;

typedef struct {  /* x = d * q */
  uint16_t d;
  int8_t q[32];
} gbk_block_q8_0;

typedef struct {  /* x = d * gbk_iq4_values[q] */
  uint16_t d;
  uint8_t q[16];
} gbk_block_iq4_nl;

/* Super-blocks of 256 numbers, in sub-blocks of 16 or 32 with small integer scales. Bits of q lie in groups of 32 bytes:
 * two bits: numbers 128 g + 32 s + i are bits 2 s of byte 32 g + i; four bits: numbers 64 g + 32 s + i, bits 4 s. */

typedef struct {  /* 16 sub-blocks of 16: x = (d * (scales & 15)) * q - (m * (scales >> 4)) */
  uint8_t scales[16];
  uint8_t q[64];
  uint16_t d, m;
} gbk_block_q2_k;

typedef struct {  /* 16 sub-blocks of 16: x = (d * (scale - 32)) * (q - 4); bit g of high[i] is the third of 32 g + i */
  uint8_t high[32];
  uint8_t q[64];
  uint8_t scales[12];
  uint16_t d;
} gbk_block_q3_k;

typedef struct {  /* 8 sub-blocks of 32: x = (d * scale) * q - (m * minimum) */
  uint16_t d, m;
  uint8_t scales[12];
  uint8_t q[128];
} gbk_block_q4_k;

typedef struct {  /* as q4_k; bit g of high[i] is the fifth of number 32 g + i */
  uint16_t d, m;
  uint8_t scales[12];
  uint8_t high[32];
  uint8_t q[128];
} gbk_block_q5_k;

typedef struct {  /* 16 sub-blocks of 16: x = (d * scales) * (q - 32); for numbers 128 g + 32 s + i the low four bits are
                     bits 4 (s / 2) of low[64 g + 32 (s % 2) + i], the high two bits 2 s of high[32 g + i] */
  uint8_t low[128];
  uint8_t high[64];
  int8_t scales[16];
  uint16_t d;
} gbk_block_q6_k;

typedef struct {  /* 8 sub-blocks of 32, each as in iq4_nl: x = (d * (scale - 32)) * gbk_iq4_values[q] */
  uint16_t d;
  uint16_t scales_high;
  uint8_t scales_low[4];
  uint8_t q[128];
} gbk_block_iq4_xs;

extern const int8_t gbk_iq4_values[16];

/* Super-blocks whose numbers are looked up eight or four at a time in a grid; see blocks_grids.h. Signs are a bit each: or
 * seven bits of eight numbers, of which an even count is negative. */

typedef struct {  /* 8 sub-blocks of 32: four indices; four times seven signs, then four bits of scale */
  uint16_t d;
  struct {
    uint8_t q[4];
    uint8_t signs[4];
  } parts[8];
} gbk_block_iq2_xxs;

typedef struct {  /* 32 groups of 8: nine bits of index, seven signs; 16 scales of four bits */
  uint16_t d;
  uint16_t q[32];
  uint8_t scales[8];
} gbk_block_iq2_xs;

typedef struct {  /* 32 groups of 8: the low eight bits of the index, eight signs, two high bits of the index; 16 scales */
  uint16_t d;
  uint8_t q[32];
  uint8_t signs[32];
  uint8_t high[8];
  uint8_t scales[8];
} gbk_block_iq2_s;

typedef struct {  /* 64 groups of 4, an index each; for each 32 numbers four times seven signs, then four bits of scale */
  uint16_t d;
  uint8_t q[64];
  uint8_t signs[8][4];
} gbk_block_iq3_xxs;

typedef struct {  /* 64 groups of 4: the low eight bits of the index, one high bit; a sign for each number; 8 scales */
  uint16_t d;
  uint8_t q[64];
  uint8_t high[8];
  uint8_t signs[32];
  uint8_t scales[4];
} gbk_block_iq3_s;

typedef struct {  /* 32 groups of 8: the low bits of the index; for 4 groups three high bits each, 3 of scale, 1 of shift */
  uint16_t d;
  uint8_t q[32];
  uint16_t high[8];
} gbk_block_iq1_s;

typedef struct {  /* 32 groups of 8: the low bits of the index; three high bits and one of shift; 16 scales of three bits,
                     four to a word, and in the words' upper four bits the float16 that scales them all */
  uint8_t q[32];
  uint8_t high[16];
  uint8_t scales[8];
} gbk_block_iq1_m;

typedef struct {  /* x = d * (digit - 1); five digits to base three in a byte, four in the last ones */
  uint8_t q[48];
  uint8_t last[4];
  uint16_t d;
} gbk_block_tq1_0;

typedef struct {  /* x = d * (q - 1); two bits as in q2_k */
  uint8_t q[64];
  uint16_t d;
} gbk_block_tq2_0;

typedef struct {  /* 32 numbers of four bits (sign, two bits of exponent, one of fraction) times a power of two */
  uint8_t exponent;
  uint8_t q[16];
} gbk_block_mxfp4;

/* The six-bit scales (0..7) and minima (8..15) of a q4_k or q5_k block. */
static inline void gbk_unpack_scales_k4(const uint8_t packed[12], uint8_t unpacked[16]) {
  for (int i = 0; i < 4; i++) {
    unpacked[i] = packed[i] & 63;
    unpacked[8 + i] = packed[4 + i] & 63;
    unpacked[4 + i] = (uint8_t)((packed[8 + i] & 15) | (packed[i] >> 6) << 4);
    unpacked[12 + i] = (uint8_t)((packed[8 + i] >> 4) | (packed[4 + i] >> 6) << 4);
  }
}

/* The six-bit scales of a q3_k block, 32 taken off. */
static inline void gbk_unpack_scales_q3_k(const uint8_t packed[12], int8_t unpacked[16]) {
  for (int i = 0; i < 16; i++) {
    int low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4;
    int high = packed[8 + i % 4] >> (2 * (i / 4)) & 3;
    unpacked[i] = (int8_t)((low | high << 4) - 32);
  }
}

/* The six-bit scale of sub-block `index` of an iq4_xs block, 32 taken off. */
static inline int gbk_scale_iq4_xs(const gbk_block_iq4_xs *block, int index) {
  int low = block->scales_low[index / 2] >> (4 * (index % 2)) & 15;
  return (low | (block->scales_high >> (2 * index) & 3) << 4) - 32;
}

/* Writes `count` numbers, a whole number of blocks, as float32; 0 for a type that is not in the list, else 1.
 * Bits are those of gguf.quants.dequantize (pip gguf). `blocks` is aligned to two bytes, to four for F32. */
int gbk_dequantize(uint32_t type, const void *blocks, float *out, size_t count);

enum gbk_quantize_result {
  GBK_QUANTIZED = 0,
  GBK_NO_ENCODER = 1,  /* the type can be read, not written */
  GBK_NOT_FINITE = 2,  /* a number is infinite, NaN, or too large for the type's half-precision scales */
};

/* Writes `count` float32 numbers, a whole number of blocks, in a type's form: F32, F16, BF16, Q4_0 to Q8_0, the K types.
 * Up to Q8_0 the bits are those of gguf.quants.quantize; the K types search their scales by weighted least squares.
 * The same bits on every machine. Answers an enum gbk_quantize_result. */
int gbk_quantize(uint32_t type, const float *numbers, void *blocks, size_t count);

/* The same without the instructions that not every machine has; to test against. */
int gbk_quantize_generic(uint32_t type, const float *numbers, void *blocks, size_t count);

#endif
