/* The kernels for NEON as every aarch64 has it. */
#if defined(__aarch64__)
#include <string.h>

#include "gbk_kernels.h"

#define GBK_HAS_F16C 1 /* every aarch64 converts float16 */
#define GBK_TABLE gbk_kernels_neon
#define GBK_NAME "NEON"
#define GBK_LEVEL 1
#define TILE_M 3
#define TILE_N 2
#define PEAK_SUMS 6
#define WEIGHTED_SUMS 4
#include "matmul/kernels_body.h"
#endif
