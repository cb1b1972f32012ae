/* bfloat16 products for a machine of which nothing is known, the packing, and the choice between all. */

#include "vectors.h"

#define BRAIN_TABLE gbk_brain_generic
#define BRAIN_NAME "generic"
#define BRAIN_LEVEL 0
#define BRAIN_TOKENS 2
#include "brain_fused.h"

#include "brain_body.h"

static uint16_t without_tiny(uint16_t bits) { return (bits & 0x7FFF) < 0x2680 ? 0 : bits; }

void gbk_brain_pack(const uint16_t *source, size_t rows, size_t columns, size_t first, size_t end, uint16_t *panels) {
  const size_t panel_count = gbk_brain_panel_count(columns);
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

void gbk_brain_row(const uint16_t *panels, size_t columns, size_t row, float *target) {
  const uint16_t *panel = panels + row / 16 * gbk_brain_panel_count(columns) + 2 * (row % 16);
  for (size_t k = 0; k < columns; k++) {
    uint32_t bits = (uint32_t)panel[k / 2 * 32 + k % 2] << 16;
    memcpy(target + k, &bits, sizeof bits);
  }
}

#if defined(__x86_64__)
extern const gbk_brain_kernels gbk_brain_avx512bf16, gbk_brain_avx512, gbk_brain_avx2;
#elif defined(__aarch64__)
extern const gbk_brain_kernels gbk_brain_neon;
#endif

const gbk_brain_kernels *gbk_brain_kernels_at(int index) {
  const gbk_brain_kernels *tables[4];
  int count = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  int haswell = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  int wide = haswell && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (wide && __builtin_cpu_supports("avx512bf16")) tables[count++] = &gbk_brain_avx512bf16;
  if (wide) tables[count++] = &gbk_brain_avx512;
  if (haswell) tables[count++] = &gbk_brain_avx2;
#elif defined(__aarch64__)
  tables[count++] = &gbk_brain_neon;
#endif
  tables[count++] = &gbk_brain_generic;
  return index >= 0 && index < count ? tables[index] : NULL;
}
