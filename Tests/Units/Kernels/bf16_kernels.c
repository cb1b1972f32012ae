/* Products of bfloat16 with bfloat16, and the rounding of activations. */
#include <stdlib.h>
#include <string.h>

#include "gbk_bf16.h"
#include "kernels_test.h"

static uint16_t *bf16_numbers(size_t count, uint64_t seed) {
  float *numbers = random_numbers(count, seed);
  uint16_t *result = line_memory(count * sizeof *result);
  for (size_t i = 0; i < count; i++) {
    const float value = i % 5 == 0 ? numbers[i] * 1e-18f : numbers[i]; /* some are below the smallest that is kept */
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    result[i] = (uint16_t)(bits >> 16);
  }
  free(numbers);
  return result;
}

static void test_shape(size_t rows, size_t columns, size_t tokens) {
  const size_t panel_count = (rows + 15) / 16, stride = (columns + 1) / 2 * 2 + 2, count = tokens * rows;
  uint16_t *source = bf16_numbers(rows * columns, 2);
  uint16_t *panels = line_memory(panel_count * gbk_bf16_panel_count(columns) * sizeof *panels);
  uint16_t *input = line_memory(tokens * stride * sizeof *input);
  float *numbers = random_numbers(tokens * columns, 3);
  float *expected = line_memory(count * sizeof *expected), *found = line_memory(count * sizeof *found);
  gbk_bf16_pack(source, rows, columns, 0, panel_count, panels);
  for (size_t token = 0; token < tokens; token++)
    gbk_reference_bf16_prepare(numbers + token * columns, input + token * stride, columns);
  const size_t pieces[][2] = {{0, rows}, {rows / 3, rows}, {0, rows / 2}};
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    fill_untouched(expected, count);
    gbk_reference_bf16_multiply(panels, columns, pieces[i][0], pieces[i][1], input, stride, tokens, expected, rows);
    digest(expected, count * sizeof *expected);
    for (int index = 0; gbk_bf16_kernels_at(index) != NULL; index++) {
      const gbk_bf16_kernels *table = gbk_bf16_kernels_at(index);
      fill_untouched(found, count);
      table->multiply(panels, columns, pieces[i][0], pieces[i][1], input, stride, tokens, found, rows);
      expect_bits(found, expected, count, "%s bfloat16 of %zu x %zu, rows %zu to %zu, %zu tokens", table->name, rows,
                  columns, pieces[i][0], pieces[i][1], tokens);
    }
  }
  free(source);
  free(panels);
  free(input);
  free(numbers);
  free(expected);
  free(found);
}

static void test_preparation(void) {
  static const uint32_t odd[] = {0,          0x80000000, 0x7F800000, 0xFF800000, 0x7FC00001, 0x7F800001,
                                 1,          0x007FFFFF, 0x267FFFFF, 0x26800000, 0x3F808000, 0x3F818000,
                                 0x3F808001, 0x3F807FFF, 0x7F7FFFFF, 0xBF818000, 0xA67FFFFF};
  const size_t count = 517;
  float *numbers = random_numbers(count, 5);
  memcpy(numbers, odd, sizeof odd);
  uint16_t *expected = line_memory(count * sizeof *expected), *found = line_memory(count * sizeof *found);
  gbk_reference_bf16_prepare(numbers, expected, count);
  digest(expected, count * sizeof *expected);
  for (int index = 0; gbk_bf16_kernels_at(index) != NULL; index++) {
    const gbk_bf16_kernels *table = gbk_bf16_kernels_at(index);
    memset(found, 0x55, count * sizeof *found);
    table->prepare(numbers, found, count);
    for (size_t i = 0; i < count; i++)
      expect(found[i] == expected[i], "%s bfloat16 prepare: number %zu is %04x instead of %04x", table->name, i, found[i],
             expected[i]);
  }
  free(numbers);
  free(expected);
  free(found);
}

void test_brain(void) {
  static const size_t tokens[] = {1, 2, 3, 4, 7, 9, 17};
  for (size_t t = 0; t < sizeof tokens / sizeof *tokens; t++) {
    test_shape(37, 32, tokens[t]);
    test_shape(16, 77, tokens[t]);
    test_shape(50, 1025, tokens[t]);
  }
  test_shape(37, 2304, 6);
  test_shape(1, 1, 1);
  test_shape(150, 2304, 11); /* several cache blocks */
  test_preparation();
}
