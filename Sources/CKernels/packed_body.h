/* Products with packed weights, for one instruction set. The includer sets the target attribute and defines
 * PACKED_TABLE, PACKED_NAME and PACKED_LEVEL, TILE_TOKENS, SIGNED_BYTES (1 where bytes above 127 need a signed product,
 * which then needs no offset for the zero), and
 *   dot(sums, codes, activations, wide): adds to each lane's sum its four codes times the four activations;
 *   look_up(codes): the codebook's number of each code, plus 128. */

#include "packed_layout.h"

typedef uint32_t u32x16u __attribute__((vector_size(64), aligned(4)));
typedef int8_t i8x16 __attribute__((vector_size(16)));
typedef i8x16 i8x16u __attribute__((aligned(1)));

GBK_INLINE u32x16 load_codes(const uint8_t *source) { return *(const u32x16 *)source; }

/* The codes of four columns of sixteen rows, a byte each; `step` 0 to 7 of a block's 32 columns. */
GBK_INLINE u32x16 unpack(const int type, const uint8_t *codes, const int step) {
  const int bits = packed_bits(type), quarter = 2 * (step & 3);
  if (bits == 8) return load_codes(codes + 64 * step);
  u32x16 result;
  if (bits >= 4) {
    u32x16 pairs = load_codes(codes + 64 * (step & 3));
    result = (step < 4 ? pairs : pairs >> 4) & 0x0F0F0F0Fu;
  } else {
    result = (load_codes(codes + 64 * (step >> 2)) >> quarter) & 0x03030303u;
  }
  if (bits == 6) {
    u32x16 high = load_codes(codes + 256 + 64 * (step >> 2));
    result |= (quarter <= 4 ? high << (4 - quarter) : high >> (quarter - 4)) & 0x30303030u;
  } else if (bits == 5) {
    u32x16 high = load_codes(codes + 256);
    result |= (step <= 4 ? high << (4 - step) : high >> (step - 4)) & 0x10101010u;
  } else if (bits == 3) {
    u32x16 high = load_codes(codes + 128);
    result |= (step <= 2 ? high << (2 - step) : high >> (step - 2)) & 0x04040404u;
  }
  return packed_has_codebook(type) ? look_up(result) : result;
}

/* Scales and minima of half `half` of block `block`, sixteen rows; a product of float16 and int8 is exact in float32. */
GBK_INLINE f32x16 load_scales(const int type, const uint8_t *scales, size_t block, const int half, const int minimum) {
  const int super = packed_is_super(type);
  const uint8_t *unit = scales + (super ? block / 8 : block) * packed_scale_bytes(type);
  f32x16 factor = load_f16((const uint16_t *)(unit + (minimum ? 32 : 0)));
  if (minimum && packed_minimum(type) < 0) factor = -factor;
  if (!super) return factor;
  const int groups = 8 * packed_halves(type);
  const uint8_t *whole = unit + (packed_minimum(type) ? 64 : 32) + (minimum ? 16 * groups : 0);
  size_t group = (block & 7) * (size_t)packed_halves(type) + (size_t)half;
  return factor * __builtin_convertvector(*(const i8x16u *)(whole + 16 * group), f32x16);
}

GBK_INLINE i32x16 splat_integer(int32_t value) { return (i32x16){0} + value; }

/* The integer that a sum of codes times activations starts from, so that codes count from zero. */
GBK_INLINE i32x16 start_sum(const int type, const gbk_activation *input, const int half) {
  const int zero = packed_zero(type);
  if (zero == 0 || (SIGNED_BYTES && zero == 128)) return (i32x16){0};
  if (zero == 128) return splat_integer(input->offset128);
  if (zero == 8 || zero == 16) return splat_integer(input->offset8) << (zero == 16 ? 1 : 0);
  return splat_integer(input->half_offsets4[half]) << (zero == 32 ? 3 : 0);
}

/* One panel against `tokens` tokens, kept in registers. Block by block it asks for `ahead_step` bytes from `ahead` on:
 * what comes after the panels at work. */
GBK_INLINE void packed_tile(const int type, const uint8_t *panel, size_t columns, const gbk_activation *input,
                            size_t input_stride, const uint8_t *ahead, size_t ahead_step, f32x16 *result,
                            const int tokens) {
  const int halves = packed_halves(type), steps = 8 / halves;
  const uint8_t *codes = panel + packed_codes_offset(type, columns);
  /* A panel is one stream, scales in front of codes: every block asks for its share of the stream, so that no part of the
   * next panel is left out. */
  const size_t share = packed_code_bytes(type) + 32 * packed_scale_bytes(type) / packed_unit(type);
  const uint8_t *next = panel + AHEAD_BYTES;
  f32x16 sums[TILE_TOKENS];
#pragma clang loop unroll(full)
  for (int t = 0; t < tokens; t++) sums[t] = (f32x16){0};
  for (size_t block = 0; block < columns / GBK_GROUP; block++, codes += packed_code_bytes(type)) {
    if (tokens <= 4) { /* bound by memory, and each panel read once as a rule */
#pragma clang loop unroll(full)
      for (size_t line = 0; line < share; line += 64) PREFETCH(next + line);
      next += share;
    } else {
      for (size_t line = 0; line < ahead_step; line += 64) PREFETCH(ahead + line);
      ahead += ahead_step;
    }
#pragma clang loop unroll(full)
    for (int half = 0; half < halves; half++) {
      i32x16 products[TILE_TOKENS];
#pragma clang loop unroll(full)
      for (int t = 0; t < tokens; t++) products[t] = start_sum(type, input + (size_t)t * input_stride + block, half);
#pragma clang loop unroll(full)
      for (int step = half * steps; step < (half + 1) * steps; step++) {
        u32x16 weights = unpack(type, codes, step);
#pragma clang loop unroll(full)
        for (int t = 0; t < tokens; t++)
          products[t] = dot(products[t], weights, input[(size_t)t * input_stride + block].codes + 4 * step,
                            packed_zero(type) == 128);
      }
      f32x16 scales = load_scales(type, panel, block, half, 0);
#pragma clang loop unroll(full)
      for (int t = 0; t < tokens; t++) {
        const gbk_activation *row = input + (size_t)t * input_stride + block;
        sums[t] = fused(__builtin_convertvector(products[t], f32x16), scales * splat(row->scale), sums[t]);
      }
      if (packed_minimum(type)) {
        f32x16 minima = load_scales(type, panel, block, half, 1);
#pragma clang loop unroll(full)
        for (int t = 0; t < tokens; t++) {
          const gbk_activation *row = input + (size_t)t * input_stride + block;
          sums[t] = fused(minima, splat(halves == 2 ? row->half_sums[half] : row->sum), sums[t]);
        }
      }
    }
  }
#pragma clang loop unroll(full)
  for (int t = 0; t < tokens; t++) result[t] = sums[t];
}

GBK_INLINE void store_rows(const f32x16 *result, int tokens, size_t panel_row, size_t first, size_t end, float *output,
                           size_t output_stride) {
  if (panel_row >= first && panel_row + GBK_PANEL <= end) {
    for (int t = 0; t < tokens; t++) store_f32(output + (size_t)t * output_stride + panel_row, result[t]);
    return;
  }
  size_t from = panel_row < first ? first : panel_row, to = panel_row + GBK_PANEL < end ? panel_row + GBK_PANEL : end;
  for (int t = 0; t < tokens; t++) {
    float lanes[GBK_PANEL];
    store_f32(lanes, result[t]);
    memcpy(output + (size_t)t * output_stride + from, lanes + (from - panel_row), (to - from) * sizeof *lanes);
  }
}

GBK_INLINE void packed_rows(const int type, const gbk_packed *weight, size_t first, size_t end,
                            const gbk_activation *input, size_t input_stride, size_t tokens, float *output,
                            size_t output_stride) {
  const size_t columns = weight->columns;
  const size_t panel_bytes = packed_codes_offset(type, columns) + columns / GBK_GROUP * packed_code_bytes(type);
  const size_t stripe = gbk_stripe_rows(panel_bytes, tokens, TILE_TOKENS);
  for (size_t start = first / GBK_PANEL * GBK_PANEL; start < end; start += stripe) {
    const size_t stop = end - start < stripe ? end : start + stripe;
    const gbk_ahead ahead = gbk_ahead_of(stripe, start, end, panel_bytes, columns / GBK_GROUP, tokens, TILE_TOKENS);
    f32x16 result[TILE_TOKENS];
    size_t token = 0;
#define TILES(count)                                                                                                   \
  for (; token + (count) <= tokens; token += (count))                                                                  \
    for (size_t row = start; row < stop; row += GBK_PANEL) {                                                           \
      const uint8_t *panel = weight->panels + row / GBK_PANEL * panel_bytes;                                           \
      packed_tile(type, panel, columns, input + token * input_stride, input_stride,                                    \
                  panel + ahead.distance + token / TILE_TOKENS * ahead.tile_bytes, ahead.step, result, (count));       \
      store_rows(result, (count), row, first, end, output + token * output_stride, output_stride);                     \
    }
    TILES(TILE_TOKENS)
#if TILE_TOKENS > 4
    TILES(4)
#endif
    TILES(1)
#undef TILES
  }
}

#define PACKED_ROWS(type)                                                                                              \
  static void rows_##type(const gbk_packed *weight, size_t first, size_t end, const gbk_activation *input,            \
                          size_t input_stride, size_t tokens, float *output, size_t output_stride) {                   \
    packed_rows(GBK_##type, weight, first, end, input, input_stride, tokens, output, output_stride);                   \
  }
#define PACKED_TYPES(X)                                                                                                \
  X(Q4_0) X(Q4_1) X(Q5_0) X(Q5_1) X(Q8_0) X(Q2_K) X(Q3_K) X(Q4_K) X(Q5_K) X(Q6_K) X(IQ4_NL) X(IQ4_XS)
PACKED_TYPES(PACKED_ROWS)

static void packed_multiply(const gbk_packed *weight, size_t first, size_t end, const gbk_activation *input,
                            size_t input_stride, size_t tokens, float *output, size_t output_stride) {
  switch (weight->type) {
#define PACKED_CASE(type)                                                                                              \
  case GBK_##type: rows_##type(weight, first, end, input, input_stride, tokens, output, output_stride); break;
    PACKED_TYPES(PACKED_CASE)
  default: break; /* gbk_packed_supports says no */
  }
}

/* Rounds to the codes of one scale; `greatest` magnitudes are compared as integers, where NaN is above infinity. */
static void packed_prepare(const float *input, gbk_activation *target, size_t count) {
  for (size_t block = 0; block < count / GBK_GROUP; block++, target++) {
    const f32x16 values[2] = {load_f32(input + 32 * block), load_f32(input + 32 * block + 16)};
    f32x16 a = (f32x16)((i32x16)values[0] & 0x7FFFFFFF), b = (f32x16)((i32x16)values[1] & 0x7FFFFFFF);
    /* As integers magnitudes order like floats, with NaN above infinity. */
    i32x16 larger = __builtin_elementwise_max((i32x16)a, (i32x16)b);
    int32_t bits = __builtin_reduce_max(larger);
    float top;
    memcpy(&top, &bits, sizeof top);
    const int finite = bits < 0x7F800000, zero = finite && top < 0x1p-100f;
    const float inverse = finite && !zero ? 127.0f / top : 0.0f;
    target->scale = !finite ? __builtin_nanf("") : zero ? 0.0f : top / 127.0f;
    int32_t sums[2];
    for (int half = 0; half < 2; half++) {
      f32x16 shifter = splat(0x1.8p23f); /* rounds to the nearest whole number, ties to even */
      f32x16 scaled = finite ? values[half] * inverse + shifter : shifter;
      i32x16 whole = ((i32x16)scaled & 0x7FFFFF) - 0x400000;
      sums[half] = __builtin_reduce_add(whole);
      *(i8x16u *)(target->codes + 16 * half) = __builtin_convertvector(whole, i8x16);
    }
    const int32_t sum = sums[0] + sums[1];
    target->sum = target->scale * (float)sum;
    target->offset8 = -8 * sum;
    target->offset128 = -128 * sum;
    for (int half = 0; half < 2; half++) {
      target->half_sums[half] = target->scale * (float)sums[half];
      target->half_offsets4[half] = -4 * sums[half];
    }
  }
}

static int32_t packed_peak(size_t rounds) {
  int8_t activations[4] = {1, 2, 3, 4};
  i32x16 sums[GBK_PEAK_SUMS];
  u32x16 codes = (u32x16){0} + 0x01020304u;
  for (int i = 0; i < GBK_PEAK_SUMS; i++) sums[i] = splat_integer(i);
  for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < GBK_PEAK_SUMS; i++) sums[i] = dot(sums[i], codes, activations, 0);
    __asm__ volatile("" : : "r"(activations) : "memory");
  }
  i32x16 total = {0};
  for (int i = 0; i < GBK_PEAK_SUMS; i++) total += sums[i];
  return __builtin_reduce_add(total);
}

const gbk_packed_kernels PACKED_TABLE = {
    .name = PACKED_NAME,
    .level = PACKED_LEVEL,
    .prepare = packed_prepare,
    .multiply = packed_multiply,
    .peak = packed_peak,
};
