/* bfloat16 products for AVX-512 without BF16 (Skylake-X 2017, Ice Lake 2019). */
#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c"))), apply_to = function)
#define GBK_HAS_F16C 1

#include "vectors.h"

#define BRAIN_TABLE gbk_brain_avx512
#define BRAIN_NAME "AVX-512"
#define BRAIN_LEVEL 2
#define BRAIN_TOKENS 8
#include "brain_fused.h"

#include "brain_body.h"
#pragma clang attribute pop
#endif
