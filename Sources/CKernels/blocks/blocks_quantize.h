#ifndef GBK_BLOCKS_QUANTIZE_H
#define GBK_BLOCKS_QUANTIZE_H

#include "gbk_blocks.h"

/* Encoders of one super-block of 256 finite numbers, one table for each instruction set; all give the same bits. */
typedef struct {
  void (*q2_k)(const float *numbers, gbk_block_q2_k *block);
  void (*q3_k)(const float *numbers, gbk_block_q3_k *block);
  void (*q4_k)(const float *numbers, gbk_block_q4_k *block);
  void (*q5_k)(const float *numbers, gbk_block_q5_k *block);
  void (*q6_k)(const float *numbers, gbk_block_q6_k *block);
} gbk_k_encoders;

extern const gbk_k_encoders gbk_k_encoders_generic;
#if defined(__x86_64__)
extern const gbk_k_encoders gbk_k_encoders_avx2;
#endif

/* The fastest table that this processor can run. */
const gbk_k_encoders *gbk_k_encoders_best(void);

#endif
