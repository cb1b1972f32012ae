/* Packed products of every type, and the rounding of activations. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gbk_packed.h"
#include "kernels_test.h"

/* A type, the bytes and columns of its GGUF block, and where in that its float16 scale and minimum lie. */
static const struct packed_type {
  const char *name;
  int type;
  size_t bytes, length;
  int scale, minimum; /* -1: none */
} types[] = {
    {"Q4_0", GBK_Q4_0, sizeof(gbk_block_q4_0), 32, 0, -1},
    {"Q4_1", GBK_Q4_1, sizeof(gbk_block_q4_1), 32, 0, 2},
    {"Q5_0", GBK_Q5_0, sizeof(gbk_block_q5_0), 32, 0, -1},
    {"Q5_1", GBK_Q5_1, sizeof(gbk_block_q5_1), 32, 0, 2},
    {"Q8_0", GBK_Q8_0, sizeof(gbk_block_q8_0), 32, 0, -1},
    {"Q2_K", GBK_Q2_K, sizeof(gbk_block_q2_k), 256, 80, 82},
    {"Q3_K", GBK_Q3_K, sizeof(gbk_block_q3_k), 256, 108, -1},
    {"Q4_K", GBK_Q4_K, sizeof(gbk_block_q4_k), 256, 0, 2},
    {"Q5_K", GBK_Q5_K, sizeof(gbk_block_q5_k), 256, 0, 2},
    {"Q6_K", GBK_Q6_K, sizeof(gbk_block_q6_k), 256, 208, -1},
    {"IQ4_NL", GBK_IQ4_NL, sizeof(gbk_block_iq4_nl), 32, 0, -1},
    {"IQ4_XS", GBK_IQ4_XS, sizeof(gbk_block_iq4_xs), 256, 0, -1},
};
#define TYPE_COUNT (sizeof types / sizeof *types)

/* An ordinary float16, of either sign. */
static void store_half(uint8_t *target, const uint8_t *random) {
  target[0] = random[0];
  target[1] = (uint8_t)(0x10 | (random[1] & 0x8F));
}

/* Blocks of random bits, or of one byte all over, whose scales are ordinary numbers. */
static gbk_packed packed_matrix(const struct packed_type *kind, size_t rows, size_t columns, int byte) {
  const size_t count = rows * columns / kind->length;
  uint8_t *blocks = line_memory(count * kind->bytes), *random = line_memory(count * 4);
  fill_random_bytes(blocks, count * kind->bytes, (uint64_t)kind->type + 1);
  fill_random_bytes(random, count * 4, (uint64_t)kind->type + 100);
  if (byte >= 0) memset(blocks, byte, count * kind->bytes);
  for (size_t block = 0; block < count; block++) {
    store_half(blocks + block * kind->bytes + kind->scale, random + 4 * block);
    if (kind->minimum >= 0) store_half(blocks + block * kind->bytes + kind->minimum, random + 4 * block + 2);
  }
  const size_t panels = (rows + GBK_PANEL - 1) / GBK_PANEL;
  uint8_t *memory = line_memory(panels * gbk_packed_panel_bytes(kind->type, columns));
  gbk_packed_pack(kind->type, blocks, rows, columns, 0, panels, memory);
  free(blocks);
  free(random);
  return (gbk_packed){.panels = memory, .type = kind->type, .rows = rows, .columns = columns};
}

/* Rows [first, end) by every table; what lies around them must stay. */
static void compare_tables(const struct packed_type *kind, const gbk_packed *weight, const gbk_activation *input,
                           size_t stride, size_t tokens, size_t first, size_t end) {
  const size_t count = tokens * weight->rows;
  float *expected = line_memory(count * sizeof *expected), *found = line_memory(count * sizeof *found);
  fill_untouched(expected, count);
  gbk_reference_packed_multiply(weight, first, end, input, stride, tokens, expected, weight->rows);
  digest(expected, count * sizeof *expected);
  for (int index = 0; gbk_packed_kernels_at(index) != NULL; index++) {
    const gbk_packed_kernels *table = gbk_packed_kernels_at(index);
    fill_untouched(found, count);
    table->multiply(weight, first, end, input, stride, tokens, found, weight->rows);
    expect_bits(found, expected, count, "%s %s of %zu x %zu, rows %zu to %zu, %zu tokens", table->name, kind->name,
                weight->rows, weight->columns, first, end, tokens);
  }
  free(expected);
  free(found);
}

static gbk_activation *prepared(const float *numbers, size_t count) {
  gbk_activation *result = line_memory(count / GBK_GROUP * sizeof *result);
  gbk_reference_prepare(numbers, result, count);
  return result;
}

static void test_shapes(const struct packed_type *kind) {
  static const size_t tokens[] = {1, 2, 3, 4, 7, 9, 17}, columns[] = {32, 64, 256, 288, 768, 2304};
  for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
    if (!gbk_packed_supports(kind->type, columns[c])) continue;
    const size_t rows = columns[c] == 2304 ? 23 : 50, stride = columns[c] / GBK_GROUP + 1;
    gbk_packed weight = packed_matrix(kind, rows, columns[c], -1);
    float *numbers = random_numbers(17 * stride * GBK_GROUP, 9);
    gbk_activation *input = prepared(numbers, 17 * stride * GBK_GROUP);
    for (size_t t = 0; t < sizeof tokens / sizeof *tokens; t++) {
      const size_t pieces[][2] = {{0, rows}, {0, 16}, {3, 11}, {5, rows - 1}, {16, rows}};
      const size_t count = columns[c] == 2304 ? 1 : sizeof pieces / sizeof *pieces;
      for (size_t i = 0; i < count; i++)
        compare_tables(kind, &weight, input, stride, tokens[t], pieces[i][0], pieces[i][1]);
    }
    free((void *)weight.panels);
    free(numbers);
    free(input);
  }
}

/* The greatest codes times the greatest activations, all of one sign: where a sum of too few bits would overflow. */
static void test_extremes(const struct packed_type *kind) {
  static const int bytes[] = {0x00, 0x7F, 0x80, 0x81, 0xFF, 0xF0, 0x0F};
  const size_t columns = 512, tokens = 5;
  float *numbers = line_memory(tokens * columns * sizeof *numbers);
  for (size_t i = 0; i < tokens * columns; i++) {
    const size_t token = i / columns;
    numbers[i] = token == 0 ? 1 : token == 1 ? -1 : token == 2 ? (i % 2 ? 1 : -1) : (i / 16 % 2 ? -0.5f : 0.5f);
  }
  gbk_activation *input = prepared(numbers, tokens * columns);
  for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
    gbk_packed weight = packed_matrix(kind, 16, columns, bytes[i]);
    compare_tables(kind, &weight, input, columns / GBK_GROUP, tokens, 0, 16);
    free((void *)weight.panels);
  }
  free(numbers);
  free(input);
}

/* Enough rows for several cache blocks, which the tiles of tokens pass over one after another. */
static void test_cache_blocks(const struct packed_type *kind) {
  const size_t rows = 150, columns = 2304, tokens = 19;
  gbk_packed weight = packed_matrix(kind, rows, columns, -1);
  float *numbers = random_numbers(tokens * columns, 11);
  gbk_activation *input = prepared(numbers, tokens * columns);
  compare_tables(kind, &weight, input, columns / GBK_GROUP, tokens, 3, rows);
  free((void *)weight.panels);
  free(numbers);
  free(input);
}

/* The same rounding, odd numbers included; of a block that is not finite only the scale counts. */
static void test_preparation(void) {
  const size_t blocks = 12, count = blocks * GBK_GROUP;
  float *numbers = random_numbers(count, 4);
  for (int i = 0; i < 32; i++) {
    numbers[32 + i] = 0;
    numbers[64 + i] *= 1e-35f;
    numbers[192 + i] = (float)i - 15.5f;
    numbers[256 + i] *= 1e-30f;
    numbers[288 + i] *= 1e38f;
  }
  numbers[100] = NAN;
  numbers[130] = INFINITY;
  numbers[170] = -INFINITY;
  numbers[230] = 3.4028235e38f;
  gbk_activation *expected = prepared(numbers, count), *found = line_memory(blocks * sizeof *found);
  for (size_t block = 0; block < blocks; block++)
    if (!isnan(expected[block].scale)) digest(expected + block, sizeof *expected);
  for (int index = 0; gbk_packed_kernels_at(index) != NULL; index++) {
    const gbk_packed_kernels *table = gbk_packed_kernels_at(index);
    memset(found, 0x55, blocks * sizeof *found);
    table->prepare(numbers, found, count);
    for (size_t block = 0; block < blocks; block++) {
      const int same = isnan(expected[block].scale) ? isnan(found[block].scale)
                                                : memcmp(expected + block, found + block, sizeof *expected) == 0;
      expect(same, "%s prepare: block %zu has scale %.9g instead of %.9g, or other codes or sums", table->name, block,
             (double)found[block].scale, (double)expected[block].scale);
    }
  }
  free(numbers);
  free(expected);
  free(found);
}

void test_packed(void) {
  for (size_t i = 0; i < TYPE_COUNT; i++) {
    test_shapes(types + i);
    test_extremes(types + i);
  }
  test_cache_blocks(types);     /* Q4_0 */
  test_cache_blocks(types + 4); /* Q8_0 */
  test_cache_blocks(types + 9); /* Q6_K */
  test_preparation();
}
