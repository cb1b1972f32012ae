/* Products with packed weights, for one instruction set. The includer sets the target attribute and defines
 * PACKED_TABLE, PACKED_NAME and PACKED_LEVEL, TILE_TOKENS, PEAK_SUMS (sums that fit its registers), and
 *   add_products(type, codes, half, input, input_stride, sums, tokens): adds to each token's sums the products of codes
 *     and activations in half `half` of a block;
 *   peak_step(sums, codes, activations): the fastest such products, of 64 codes.
 * packed_unpack.h comes before, and where one instruction multiplies and adds to 32 bits, packed_dot.h. */

/* One panel against `tokens` tokens, kept in registers. Block by block it asks for `prefetch_step` bytes from `prefetch` on:
 * what comes after the panels at work. */
GBK_INLINE void packed_tile(const int type, const uint8_t *panel, size_t columns, const gbk_activation *input,
                            size_t input_stride, const uint8_t *prefetch, size_t prefetch_step, f32x16 *result,
                            const int tokens) {
  const int halves = packed_halves(type);
  const uint8_t *codes = panel + packed_codes_offset(type, columns);
  f32x16 sums[TILE_TOKENS];
#pragma clang loop unroll(full)
  for (int t = 0; t < tokens; t++) sums[t] = (f32x16){0};
  for (size_t block = 0; block < columns / GBK_GROUP; block++, codes += packed_code_bytes(type)) {
    for (size_t line = 0; line < prefetch_step; line += 64) PREFETCH(prefetch + line);
    prefetch += prefetch_step;
#pragma clang loop unroll(full)
    for (int half = 0; half < halves; half++) {
      i32x16 products[TILE_TOKENS];
#pragma clang loop unroll(full)
      for (int t = 0; t < tokens; t++) products[t] = start_sum(type, input + (size_t)t * input_stride + block, half);
      add_products(type, codes, half, input + block, input_stride, products, tokens);
      f32x16 scales = load_scales(type, panel, block, half, 0);
#pragma clang loop unroll(full)
      for (int t = 0; t < tokens; t++) {
        const gbk_activation *row = input + (size_t)t * input_stride + block;
        sums[t] = fma16(__builtin_convertvector(products[t], f32x16), scales * splat(row->scale), sums[t]);
      }
      if (packed_minimum(type)) {
        f32x16 minima = load_scales(type, panel, block, half, 1);
#pragma clang loop unroll(full)
        for (int t = 0; t < tokens; t++) {
          const gbk_activation *row = input + (size_t)t * input_stride + block;
          sums[t] = fma16(minima, splat(halves == 2 ? row->half_sums[half] : row->sum), sums[t]);
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
  const size_t block_rows = gbk_cache_block_rows(panel_bytes, tokens, TILE_TOKENS);
  for (size_t start = first / GBK_PANEL * GBK_PANEL; start < end; start += block_rows) {
    const size_t stop = end - start < block_rows ? end : start + block_rows;
    const gbk_prefetch prefetch = gbk_prefetch_of(block_rows, start, end, panel_bytes, columns / GBK_GROUP, tokens, TILE_TOKENS);
    f32x16 result[TILE_TOKENS];
    size_t token = 0;
#define TILES(count)                                                                                                   \
  for (; token + (count) <= tokens; token += (count))                                                                  \
    for (size_t row = start; row < stop; row += GBK_PANEL) {                                                           \
      const uint8_t *panel = weight->panels + row / GBK_PANEL * panel_bytes;                                           \
      packed_tile(type, panel, columns, input + token * input_stride, input_stride,                                    \
                  panel + prefetch.distance + token / TILE_TOKENS * prefetch.tile_bytes, prefetch.step, result, (count));       \
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
  i32x16 sums[PEAK_SUMS];
  u32x16 codes = (u32x16){0} + 0x01020304u;
  for (int i = 0; i < PEAK_SUMS; i++) sums[i] = splat_integer(i);
  for (size_t round = 0; round < rounds * GBK_PEAK_SUMS / PEAK_SUMS; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < PEAK_SUMS; i++) sums[i] = peak_step(sums[i], codes, activations);
    __asm__ volatile("" : : "r"(activations) : "memory");
  }
  i32x16 total = {0};
  for (int i = 0; i < PEAK_SUMS; i++) total += sums[i];
  return __builtin_reduce_add(total);
}

const gbk_packed_kernels PACKED_TABLE = {
    .name = PACKED_NAME,
    .level = PACKED_LEVEL,
    .prepare = packed_prepare,
    .multiply = packed_multiply,
    .peak = packed_peak,
};
