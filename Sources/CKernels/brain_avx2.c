/* bfloat16 products for AVX2 and FMA (Haswell 2013, Zen 2017, and later). */
#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define GBK_HAS_F16C 1
#include "vectors.h"

#define BRAIN_TABLE gbk_brain_avx2
#define BRAIN_NAME "AVX2"
#define BRAIN_LEVEL 1
#define BRAIN_TOKENS 4
#include "brain_fused.h"

#include "brain_body.h"
#pragma clang attribute pop
#endif
