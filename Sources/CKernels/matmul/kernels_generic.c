/* The kernels: the portable fallback. */
#include <string.h>

#include "gbk_kernels.h"

#define GBK_TABLE gbk_kernels_generic
#define GBK_NAME "generic"
#define GBK_LEVEL 0
#define TILE_M 2
#define TILE_N 2
#define WEIGHTED_SUMS 4
#include "matmul/kernels_body.h"
