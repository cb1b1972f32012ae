/* bfloat16 products for AVX-512 without BF16 (Skylake-X 2017, Ice Lake 2019). */
#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c"))), apply_to = function)
#define GBK_HAS_F16C 1

#include "vectors.h"

#define BF16_TABLE gbk_bf16_avx512
#define BF16_NAME "AVX-512"
#define BF16_LEVEL 2
#define BF16_TOKENS 8
#include "bf16/bf16_fma.h"

#include "bf16/bf16_body.h"
#pragma clang attribute pop
#endif
