/* All kernels for one instruction set. The includer defines GBK_TABLE (the table's name), GBK_NAME (its text),
 * GBK_LEVEL, TILE_M, TILE_N and WEIGHTED_SUMS (sixteens of sums, 4 or 16, that attention keeps in registers), and sets the
 * target attribute before; PEAK_SUMS, if fewer sums than 12 fit the registers. */

#include "vectors.h"

#ifndef PEAK_SUMS
#define PEAK_SUMS 12
#endif

#define ELEMENT float
#define LOAD load_f32
#define LOAD_PART load_part_f32
#define NAME(part) part##_f32
#include "matmul/matmul_body.h"
#undef ELEMENT
#undef LOAD
#undef LOAD_PART
#undef NAME

#define ELEMENT uint16_t
#define LOAD load_bf16
#define LOAD_PART load_part_bf16
#define NAME(part) part##_bf16
#include "matmul/matmul_body.h"
#undef LOAD
#undef LOAD_PART
#undef NAME

#define LOAD load_f16
#define LOAD_PART load_part_f16
#define NAME(part) part##_f16
#include "matmul/matmul_body.h"

#include "elementwise/layers_body.h"
#include "attention/attention_body.h"
#include "elementwise/logits_body.h"

static float peak(size_t rounds) {
  f32x16 sums[PEAK_SUMS];
  for (int i = 0; i < PEAK_SUMS; i++) sums[i] = splat((float)i);
  const f32x16 factor = splat(1.0f - 0x1p-20f);
  for (size_t round = 0; round < rounds * 12 / PEAK_SUMS; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < PEAK_SUMS; i++) sums[i] = fma16(factor, factor, sums[i]);
  }
  f32x16 total = {0};
  for (int i = 0; i < PEAK_SUMS; i++) total += sums[i];
  return reduce_add(total);
}

const gbk_kernels GBK_TABLE = {
    .name = GBK_NAME,
    .level = GBK_LEVEL,
    .matmul_f32 = matmul_f32,
    .matmul_bf16 = matmul_bf16,
    .matmul_f16 = matmul_f16,
    .convert_bf16 = convert_bf16,
    .convert_f16 = convert_f16,
    .rms_norm = rms_norm,
    .add = add,
    .scale = scale,
    .gelu_multiply = gelu_multiply,
    .silu_multiply = silu_multiply,
    .softcap = softcap,
    .rotate = rotate,
    .attention = attention,
    .peak = peak,
    .summarize_logits = summarize_logits,
};
