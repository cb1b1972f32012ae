#ifndef GBK_BF16_H
#define GBK_BF16_H

/* bfloat16 weights times activations rounded to bfloat16, summed in float32.
 *
 * Weights: panels of sixteen rows in lanes: sixteen times two consecutive columns, then sixteen times the next two; a
 * row of an odd number of columns gets a zero.
 *
 * Order of summation, the same on every machine and for any number of tokens: the columns go in blocks of GBK_BLOCK
 * from a sum of zero; two by two, the second of a pair is fused into the sum first (so does vdpbf16ps); the blocks'
 * sums are added in order. vdpbf16ps takes subnormal numbers for zeros. So that it never meets any, weights and
 * activations below 2^-50 are zeros here: then every sum is a multiple of 2^-114. */

#include <stddef.h>
#include <stdint.h>

typedef struct gbk_bf16_kernels {
  const char *name;
  int level; /* as in gbk_packed_kernels */

  /* Rounds to nearest, ties to even; below 2^-50 to zero. */
  void (*prepare)(const float *input, uint16_t *target, size_t count);

  /* output[t * output_stride + row] = weight row times token t for rows [first, end); `input_stride` from token to
   * token. An odd number of columns has a zero after the last of each token. `output` is where row 0 would be. */
  void (*multiply)(const uint16_t *panels, size_t columns, size_t first, size_t end, const uint16_t *input,
                   size_t input_stride, size_t tokens, float *output, size_t output_stride);

  /* Does rounds * 12 * 32 multiply-adds on registers alone. */
  float (*peak)(size_t rounds);
} gbk_bf16_kernels;

/* The tables this machine can run, fastest first; NULL past the last. */
const gbk_bf16_kernels *gbk_bf16_kernels_at(int index);

/* Numbers of a panel of sixteen rows. */
static inline size_t gbk_bf16_panel_count(size_t columns) { return (columns + 1) / 2 * 32; }

/* Packs panels [first, end) from rows at `source`; rows missing in the last panel become zeros. */
void gbk_bf16_pack(const uint16_t *source, size_t rows, size_t columns, size_t first, size_t end, uint16_t *panels);

/* One row as float32. */
void gbk_bf16_row(const uint16_t *panels, size_t columns, size_t row, float *target);

/* Plain loops with the same order of operations, to test the tables against; slow. */
void gbk_reference_bf16_prepare(const float *input, uint16_t *target, size_t count);
void gbk_reference_bf16_multiply(const uint16_t *panels, size_t columns, size_t first, size_t end,
                                  const uint16_t *input, size_t input_stride, size_t tokens, float *output,
                                  size_t output_stride);

#endif
