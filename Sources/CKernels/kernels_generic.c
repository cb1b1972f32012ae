/* The kernels for a machine of which nothing is known. */
#include <string.h>

#include "gbk_kernels.h"

#define GBK_TABLE gbk_kernels_generic
#define GBK_NAME "generic"
#define GBK_LEVEL 0
#define TILE_M 2
#define TILE_N 2
#define MIX_SUMS 4
#include "kernels_body.h"
