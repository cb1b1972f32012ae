#ifndef GBK_KERNELS_H
#define GBK_KERNELS_H

/* Numeric kernels, one table for each instruction set.
 *
 * Every table computes the same bits: sums run in sixteen lanes (lane = index mod 16) that are folded by one fixed
 * tree, products that feed a sum are fused (fma), and nothing else is. A result therefore depends neither on the
 * machine, nor on how many rows are computed together, nor on which thread computes them. */

#include <stddef.h>
#include <stdint.h>

/* Sums over k are cut into blocks of this many elements; the sums of blocks are added in order. */
#define GBK_BLOCK 1024

typedef struct gbk_attention_shape {
  size_t rows;           /* tokens, at consecutive positions */
  size_t heads;          /* queries of each token, one after another, that share the keys and values */
  size_t first_position; /* position of the first query */
  size_t window;         /* positions a query sees, its own included; 0 means all */
  size_t head_size;
  size_t query_stride;   /* elements from one token's queries to the next's */
  size_t output_stride;
  float scale;           /* of the scores, before the cap */
  float softcap;         /* scores become softcap * tanh(score / softcap); 0 means no cap */
} gbk_attention_shape;

/* Positions of a sequence that lie together in memory. */
#define GBK_PAGE 64

/* One head's keys or values, in pages that hold them as [GBK_PAGE][head_size] from `offset` on: position p lies in
 * table[p / GBK_PAGE]. */
typedef struct gbk_pages {
  float *const *table; /* the pages of the sequence, in order */
  size_t offset;       /* floats from a page's start to this head's */
} gbk_pages;

/* softmax(logits)[i] = exp(logits[i] - greatest) / exponential_sum */
typedef struct gbk_logits_summary {
  float greatest;
  uint32_t index;         /* of the greatest, the lowest among equals */
  double exponential_sum; /* sum over i of exp(logits[i] - greatest) */
} gbk_logits_summary;

typedef struct gbk_kernels {
  const char *name;
  int level; /* 0 plain C, 1 AVX2 or NEON, 2 AVX-512: what GB_ISA may limit */

  /* output[m][n] = sum over k of input[m][k] * weight[n][k]; strides in elements between rows. */
  void (*matmul_f32)(const float *weight, size_t weight_stride, const float *input, size_t input_stride,
                     float *output, size_t output_stride, size_t m, size_t n, size_t k);
  void (*matmul_bf16)(const uint16_t *weight, size_t weight_stride, const float *input, size_t input_stride,
                      float *output, size_t output_stride, size_t m, size_t n, size_t k);
  void (*matmul_f16)(const uint16_t *weight, size_t weight_stride, const float *input, size_t input_stride,
                     float *output, size_t output_stride, size_t m, size_t n, size_t k);

  void (*convert_bf16)(const uint16_t *source, float *target, size_t count);
  void (*convert_f16)(const uint16_t *source, float *target, size_t count);

  /* output = input * weight / sqrt(mean(input^2) + epsilon); output may be input. */
  void (*rms_norm)(const float *input, const float *weight, float *output, size_t count, float epsilon);
  void (*add)(float *target, const float *source, size_t count);
  void (*scale)(float *target, float factor, size_t count);
  /* gate[i] = gelu_tanh(gate[i]) * up[i] */
  void (*gelu_multiply)(float *gate, const float *up, size_t count);
  /* gate[i] = silu(gate[i]) * up[i] */
  void (*silu_multiply)(float *gate, const float *up, size_t count);
  void (*softcap)(float *values, float cap, size_t count);
  /* Rotates the pairs (i, i + half) of one head by angles with the given cosines and sines. */
  void (*rotate)(float *head, const float *cosine, const float *sine, size_t half);

  /* Causal attention of the queries of some heads over the keys and values that they share; the bits depend neither on
   * which pages hold those nor on how many heads and tokens go together.
   * scores: room for rows * heads * (gbk_score_stride(...) + head_size) floats. */
  void (*attention)(const gbk_attention_shape *shape, const float *queries, const gbk_pages *keys,
                    const gbk_pages *values, float *scores, float *output);

  void (*summarize_logits)(const float *logits, size_t count, gbk_logits_summary *summary);

  /* Does rounds * 12 * 16 multiply-adds on registers alone. */
  float (*peak)(size_t rounds);
} gbk_kernels;

/* Floats of scratch for each query row: positions rounded up to whole vectors, plus one for the window's alignment. */
static inline size_t gbk_score_stride(size_t positions) { return (positions + 15) / 16 * 16 + 16; }

/* Reads memory from end to end as fast as one thread can; `bytes` is a multiple of 256. Answers a mix of what it read. */
uint64_t gbk_read_memory(const void *memory, size_t bytes);

/* The tables this machine can run, fastest first; NULL past the last. */
const gbk_kernels *gbk_kernels_at(int index);

/* Plain loops with the same order of operations, to test the tables against; slow. */
void gbk_reference_matmul(const float *weight, size_t weight_stride, const float *input, size_t input_stride,
                          float *output, size_t output_stride, size_t m, size_t n, size_t k);
float gbk_reference_bf16(uint16_t bits);
float gbk_reference_f16(uint16_t bits);
void gbk_reference_rms_norm(const float *input, const float *weight, float *output, size_t count, float epsilon);
void gbk_reference_attention(const gbk_attention_shape *shape, const float *queries, const float *keys,
                             const float *values, float *scores, float *output);

#endif
