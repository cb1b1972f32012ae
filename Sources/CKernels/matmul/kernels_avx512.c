/* The kernels for AVX-512 F, BW, DQ and VL (Skylake-X 2017, Zen 4 2022, and later). */
#if defined(__x86_64__)
#include <string.h>

#include "gbk_kernels.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c"))), apply_to = function)
#define GBK_HAS_F16C 1
#define GBK_TABLE gbk_kernels_avx512
#define GBK_NAME "AVX-512"
#define GBK_LEVEL 2
#define TILE_M 4
#define TILE_N 6
#define WEIGHTED_SUMS 16
#include "matmul/kernels_body.h"
#pragma clang attribute pop
#endif
