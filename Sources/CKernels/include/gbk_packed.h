#ifndef GBK_PACKED_H
#define GBK_PACKED_H

/* Quantised weights repacked for speed, and their products with activations of eight bits.
 *
 * Weights: panels of sixteen rows. Within a panel the rows lie in lanes: sixteen times the same four consecutive
 * columns, then sixteen times the next four. A panel is its scales, rounded up to 64 bytes, then its codes; a code is
 * an unsigned number of 2 to 8 bits, and weight = scale * (code - zero) + minimum, the very numbers of the GGUF block.
 *
 * Activations: 32 columns share one scale = greatest magnitude / 127.
 *
 * Order of summation, the same on every machine and for any number of tokens: blocks of 32 columns in order; within a
 * block the codes' products are summed as integers, exactly; that sum, as a float, is fused into the total with the
 * factor (weight scale * activation scale); then the minimum times the activations' sum. */

#include "gbk_blocks.h"

#define GBK_PANEL 16 /* rows of a panel */
#define GBK_GROUP 32 /* columns that share a scale of activations */
#define GBK_PEAK_SUMS 12

/* 32 activations: value = scale * code. One cache line. */
typedef struct gbk_activation {
  int8_t codes[GBK_GROUP];
  float scale;
  float sum;               /* scale * (sum of codes), rounded once */
  float half_sums[2];      /* the same of the first and the last 16 */
  int32_t offset8;         /* -8 * (sum of codes) */
  int32_t offset128;       /* -128 * (sum of codes) */
  int32_t half_offsets4[2]; /* -4 * (sum of the first and the last 16) */
} gbk_activation;

/* A packed matrix; `panels` is 64-byte aligned and holds gbk_packed_bytes(...) bytes. */
typedef struct gbk_packed {
  const uint8_t *panels;
  int type; /* enum gbk_type */
  size_t rows;
  size_t columns;
} gbk_packed;

typedef struct gbk_packed_kernels {
  const char *name;
  int level; /* 0 plain C, 1 AVX2 or NEON, 2 AVX-512: what GB_ISA may limit */

  /* Rounds `count` activations, a multiple of 32, to blocks. A block with a number that is not finite has the scale NaN;
   * one whose numbers are all below 2^-100 becomes zeros. */
  void (*prepare)(const float *input, gbk_activation *target, size_t count);

  /* output[t * output_stride + row] = weight row times token t, for rows [first, end); tokens `input_stride` blocks
   * apart. `output` is where row 0 would be. */
  void (*multiply)(const gbk_packed *weight, size_t first, size_t end, const gbk_activation *input,
                   size_t input_stride, size_t tokens, float *output, size_t output_stride);

  /* Does rounds * GBK_PEAK_SUMS * 64 multiply-adds on registers alone: what the arithmetic could reach. */
  int32_t (*peak)(size_t rounds);
} gbk_packed_kernels;

/* The tables this machine can run, fastest first; NULL past the last. */
const gbk_packed_kernels *gbk_packed_kernels_at(int index);

/* 1 if the type can be packed, with rows of so many columns. */
int gbk_packed_supports(int type, size_t columns);

/* Bytes of a packed matrix, of one panel of it; 0 if the type cannot be packed. The caller sees to it that the product
 * of panels and bytes stays within 64 bits. */
size_t gbk_packed_panel_bytes(int type, size_t columns);

/* Packs panels [first, end) from GGUF blocks, row after row at `source`; rows missing in the last panel become zeros. */
void gbk_packed_pack(int type, const uint8_t *source, size_t rows, size_t columns, size_t first, size_t end,
                     uint8_t *panels);

/* One row as float32, bit for bit what its GGUF blocks stand for. */
void gbk_packed_row(const gbk_packed *weight, size_t row, float *target);

/* Plain loops with the same order of operations, to test the tables against; slow. */
void gbk_reference_prepare(const float *input, gbk_activation *target, size_t count);
void gbk_reference_packed_multiply(const gbk_packed *weight, size_t first, size_t end, const gbk_activation *input,
                                   size_t input_stride, size_t tokens, float *output, size_t output_stride);

#endif
