/* bfloat16 products: the portable fallback, and the packing. */

#include "vectors.h"

#define BF16_TABLE gbk_bf16_generic
#define BF16_NAME "generic"
#define BF16_LEVEL 0
#define BF16_TOKENS 2
#include "bf16/bf16_fma.h"

#include "bf16/bf16_body.h"

static uint16_t without_tiny(uint16_t bits) { return (bits & 0x7FFF) < 0x2680 ? 0 : bits; }

void gbk_bf16_pack(const uint16_t *source, size_t rows, size_t columns, size_t first, size_t end, uint16_t *panels) {
  const size_t panel_count = gbk_bf16_panel_count(columns);
  for (size_t index = first; index < end && index * 16 < rows; index++) {
    uint16_t *panel = panels + index * panel_count;
    const size_t count = rows - index * 16 < 16 ? rows - index * 16 : 16;
    if (count < 16 || columns % 2 != 0) memset(panel, 0, panel_count * sizeof *panel);
    /* Eight pairs at a time, so that each row's cache line is read at one go. */
    for (size_t start = 0; start < columns; start += 32)
      for (size_t row = 0; row < count; row++) {
        const uint16_t *values = source + (index * 16 + row) * columns;
        const size_t stop = columns - start < 32 ? columns : start + 32;
        for (size_t k = start; k < stop; k++) panel[k / 2 * 32 + 2 * row + k % 2] = without_tiny(values[k]);
      }
  }
}

void gbk_bf16_row(const uint16_t *panels, size_t columns, size_t row, float *target) {
  const uint16_t *panel = panels + row / 16 * gbk_bf16_panel_count(columns) + 2 * (row % 16);
  for (size_t k = 0; k < columns; k++) {
    uint32_t bits = (uint32_t)panel[k / 2 * 32 + k % 2] << 16;
    memcpy(target + k, &bits, sizeof bits);
  }
}
