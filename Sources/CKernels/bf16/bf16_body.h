/* Products of bfloat16 weights and activations, for one instruction set. The includer sets the target attribute and
 * defines BF16_TABLE, BF16_NAME, BF16_LEVEL, BF16_TOKENS and
 *   dot_pairs(sums, weights, activations): adds each lane's two products to its sum, the second one's first;
 * PEAK_SUMS too, if fewer sums than 12 fit the registers. */

#include "gbk_bf16.h"
#include "gbk_kernels.h"

#ifndef PEAK_SUMS
#define PEAK_SUMS 12
#endif

typedef uint32_t u32x16a __attribute__((vector_size(64), aligned(4)));

GBK_INLINE void bf16_tile(const uint16_t *panel, size_t columns, const uint16_t *input, size_t input_stride,
                           const uint8_t *prefetch, size_t prefetch_step, f32x16 *result, const int tokens) {
  const size_t pairs = (columns + 1) / 2;
#pragma clang loop unroll(full)
  for (int t = 0; t < tokens; t++) result[t] = (f32x16){0};
  for (size_t start = 0; start < pairs; start += GBK_BLOCK / 2) {
    const size_t end = pairs - start < GBK_BLOCK / 2 ? pairs : start + GBK_BLOCK / 2;
    f32x16 sums[BF16_TOKENS];
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++) sums[t] = (f32x16){0};
    for (size_t pair = start; pair < end; pair++) {
      PREFETCH(prefetch + prefetch_step * pair);
      u32x16 weights = *(const u32x16 *)(const void *)(panel + 32 * pair);
#pragma clang loop unroll(full)
      for (int t = 0; t < tokens; t++) {
        uint32_t two;
        memcpy(&two, input + (size_t)t * input_stride + 2 * pair, sizeof two);
        sums[t] = dot_pairs(sums[t], weights, two);
      }
    }
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++) result[t] += sums[t]; /* a sum from +0 is never -0, so the first stays as it is */
  }
}

GBK_INLINE void bf16_store(const f32x16 *result, int tokens, size_t row, size_t first, size_t end, float *output,
                            size_t output_stride) {
  const size_t from = row < first ? first : row, to = row + 16 < end ? row + 16 : end;
  for (int t = 0; t < tokens; t++) {
    if (to - from == 16) {
      store_f32(output + (size_t)t * output_stride + row, result[t]);
      continue;
    }
    float lanes[16];
    store_f32(lanes, result[t]);
    memcpy(output + (size_t)t * output_stride + from, lanes + (from - row), (to - from) * sizeof *lanes);
  }
}

static void bf16_multiply(const uint16_t *panels, size_t columns, size_t first, size_t end, const uint16_t *input,
                           size_t input_stride, size_t tokens, float *output, size_t output_stride) {
  const size_t panel_count = gbk_bf16_panel_count(columns), panel_bytes = panel_count * sizeof *panels;
  const size_t block_rows = gbk_cache_block_rows(panel_bytes, tokens, BF16_TOKENS);
  for (size_t start = first / 16 * 16; start < end; start += block_rows) {
    const size_t stop = end - start < block_rows ? end : start + block_rows;
    const gbk_prefetch prefetch = gbk_prefetch_of(block_rows, start, end, panel_bytes, (columns + 1) / 2, tokens, BF16_TOKENS);
    f32x16 result[BF16_TOKENS];
    size_t token = 0;
#define TILES(count)                                                                                                   \
  for (; token + (count) <= tokens; token += (count))                                                                  \
    for (size_t row = start; row < stop; row += 16) {                                                                  \
      const uint16_t *panel = panels + row / 16 * panel_count;                                                         \
      bf16_tile(panel, columns, input + token * input_stride, input_stride,                                           \
                 (const uint8_t *)panel + prefetch.distance + token / BF16_TOKENS * prefetch.tile_bytes, prefetch.step,        \
                 result, (count));                                                                                     \
      bf16_store(result, (count), row, first, end, output + token * output_stride, output_stride);                    \
    }
    TILES(BF16_TOKENS)
#if BF16_TOKENS > 8
    TILES(8)
#endif
#if BF16_TOKENS > 4
    TILES(4)
#endif
    TILES(1)
#undef TILES
  }
}

static void bf16_prepare(const float *input, uint16_t *target, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, input + i, sizeof bits);
    uint32_t magnitude = bits & 0x7FFFFFFFu;
    uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    target[i] = (uint16_t)(magnitude > 0x7F800000u ? bits >> 16 | 0x40 : magnitude < 0x26800000u ? 0 : rounded);
  }
}

static float bf16_peak(size_t rounds) {
  f32x16 sums[PEAK_SUMS];
  u32x16 weights = (u32x16){0} + 0x3F813F81u;
  for (int i = 0; i < PEAK_SUMS; i++) sums[i] = splat((float)i);
  for (size_t round = 0; round < rounds * 12 / PEAK_SUMS; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < PEAK_SUMS; i++) sums[i] = dot_pairs(sums[i], weights, 0x3F813F81u);
  }
  f32x16 total = {0};
  for (int i = 0; i < PEAK_SUMS; i++) total += sums[i];
  return reduce_add(total);
}

const gbk_bf16_kernels BF16_TABLE = {
    .name = BF16_NAME,
    .level = BF16_LEVEL,
    .prepare = bf16_prepare,
    .multiply = bf16_multiply,
    .peak = bf16_peak,
};
