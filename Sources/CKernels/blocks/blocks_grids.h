#ifndef GBK_BLOCKS_GRIDS_H
#define GBK_BLOCKS_GRIDS_H

#include <stddef.h>
#include <stdint.h>

/* gbk_dequantize for the types whose numbers stand in a grid, in powers of three, or in powers of two. */
int gbk_dequantize_grids(uint32_t type, const void *blocks, float *out, size_t count);

extern const uint16_t gbk_grid_iq2_xxs[256];
extern const uint16_t gbk_grid_iq2_xs[512];
extern const uint16_t gbk_grid_iq2_s[1024];
extern const uint16_t gbk_grid_iq3_xxs[256];
extern const uint16_t gbk_grid_iq3_s[512];
extern const uint16_t gbk_grid_iq1_s[2048];

#endif
