/* The kernels for AVX2, FMA and F16C (Haswell 2013, Zen 2017, and later). */
#if defined(__x86_64__)
#include <string.h>

#include "gbk_kernels.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define GBK_HAS_F16C 1
#define GBK_TABLE gbk_kernels_avx2
#define GBK_NAME "AVX2"
#define GBK_LEVEL 1
#define TILE_M 2
#define TILE_N 3
#define PEAK_SUMS 6
#define WEIGHTED_SUMS 4
#include "matmul/kernels_body.h"
#pragma clang attribute pop
#endif
