/* Products in float32, and what is done to rows beside them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gbk_kernels.h"
#include "kernels_test.h"

static void test_shape(size_t m, size_t n, size_t k) {
  float *input = random_numbers(m * k, 1), *numbers = random_numbers(n * k, 2);
  float *bf16 = line_memory(n * k * sizeof *bf16), *half = line_memory(n * k * sizeof *half);
  uint16_t *bf16Kernels = line_memory(n * k * sizeof *bf16Kernels), *halves = line_memory(n * k * sizeof *halves);
  float *bf16_twin = line_memory(m * n * sizeof *bf16_twin), *half_twin = line_memory(m * n * sizeof *half_twin);
  float *found = line_memory(m * n * sizeof *found);
  for (size_t i = 0; i < n * k; i++) {
    uint32_t bits;
    memcpy(&bits, numbers + i, sizeof bits);
    bf16Kernels[i] = (uint16_t)(bits >> 16);
    halves[i] = (uint16_t)(fabsf(numbers[i]) * 15000 + (numbers[i] < 0 ? 32768 : 0));
    bf16[i] = gbk_reference_bf16(bf16Kernels[i]);
    half[i] = gbk_reference_f16(halves[i]);
  }
  gbk_reference_matmul(bf16, k, input, k, bf16_twin, n, m, n, k);
  gbk_reference_matmul(half, k, input, k, half_twin, n, m, n, k);
  digest(bf16_twin, m * n * sizeof *bf16_twin);
  digest(half_twin, m * n * sizeof *half_twin);
  for (int index = 0; gbk_kernels_at(index) != NULL; index++) {
    const gbk_kernels *table = gbk_kernels_at(index);
    fill_untouched(found, m * n);
    table->matmul_f32(bf16, k, input, k, found, n, m, n, k);
    expect_bits(found, bf16_twin, m * n, "%s matmul_f32 %zu x %zu x %zu", table->name, m, n, k);
    fill_untouched(found, m * n);
    table->matmul_bf16(bf16Kernels, k, input, k, found, n, m, n, k);
    expect_bits(found, bf16_twin, m * n, "%s matmul_bf16 %zu x %zu x %zu", table->name, m, n, k);
    fill_untouched(found, m * n);
    table->matmul_f16(halves, k, input, k, found, n, m, n, k);
    expect_bits(found, half_twin, m * n, "%s matmul_f16 %zu x %zu x %zu", table->name, m, n, k);
  }
  float *all[] = {input, numbers, bf16, half, bf16_twin, half_twin, found};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
  free(bf16Kernels);
  free(halves);
}

void test_products(void) {
  static const size_t shapes[][3] = {{1, 1, 1},     {1, 7, 16},   {3, 5, 17},   {4, 6, 1024}, {9, 13, 1025},
                                     {5, 8, 2100},  {2, 25, 33},  {1, 3, 3000}, {6, 4, 64},   {7, 3, 48},
                                     {17, 10, 300}, {12, 64, 256}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) test_shape(shapes[i][0], shapes[i][1], shapes[i][2]);
}

static void test_conversions(void) {
  const size_t count = 65536;
  uint16_t *bits = line_memory(count * sizeof *bits);
  float *bf16 = line_memory(count * sizeof *bf16), *half = line_memory(count * sizeof *half);
  for (size_t i = 0; i < count; i++) bits[i] = (uint16_t)i;
  for (int index = 0; gbk_kernels_at(index) != NULL; index++) {
    const gbk_kernels *table = gbk_kernels_at(index);
    table->convert_bf16(bits, bf16, count);
    table->convert_f16(bits, half, count);
    for (size_t i = 0; i < count; i++) {
      const float wide = gbk_reference_bf16(bits[i]), wide_half = gbk_reference_f16(bits[i]);
      const int same_half = memcmp(half + i, &wide_half, sizeof wide_half) == 0 || (isnan(half[i]) && isnan(wide_half));
      expect(memcmp(bf16 + i, &wide, sizeof wide) == 0, "%s bfloat16 %04x converts to %.9g", table->name, bits[i],
             (double)bf16[i]);
      expect(same_half, "%s float16 %04x converts to %.9g", table->name, bits[i], (double)half[i]);
    }
  }
  free(bits);
  free(bf16);
  free(half);
}

static void test_norms(void) {
  static const size_t counts[] = {1, 15, 16, 56, 1152};
  for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
    const size_t count = counts[c];
    float *input = random_numbers(count, 4), *weight = random_numbers(count, 5);
    float *expected = line_memory(count * sizeof *expected), *found = line_memory(count * sizeof *found);
    gbk_reference_rms_norm(input, weight, expected, count, 1e-6f);
    digest(expected, count * sizeof *expected);
    for (int index = 0; gbk_kernels_at(index) != NULL; index++) {
      gbk_kernels_at(index)->rms_norm(input, weight, found, count, 1e-6f);
      expect_bits(found, expected, count, "%s norm of %zu", gbk_kernels_at(index)->name, count);
    }
    free(input);
    free(weight);
    free(expected);
    free(found);
  }
}

/* One after another on a copy of the numbers: activation, cap, rotation, sum, factor. */
static void change_rows(const gbk_kernels *table, const float *numbers, const float *others, float *result,
                        size_t count) {
  float *gelu = result, *cap = result + count, *turned = result + 2 * count;
  for (int copy = 0; copy < 3; copy++) memcpy(result + (size_t)copy * count, numbers, count * sizeof *numbers);
  table->gelu_multiply(gelu, others, count);
  table->softcap(cap, 7, count);
  table->rotate(turned, others, others + count / 2, count / 2);
  table->add(turned, others, count);
  table->scale(turned, 1.7f, count);
}

static void test_rows(void) {
  const size_t count = 8005;
  float *numbers = line_memory(count * sizeof *numbers), *others = random_numbers(count, 6);
  float *expected = line_memory(3 * count * sizeof *expected), *found = line_memory(3 * count * sizeof *found);
  for (size_t i = 0; i < count; i++) numbers[i] = ((float)i - 4000) / 100;
  const float odd[] = {-1e30f, 1e30f, -0.0f, 1e-20f, -1e-20f};
  memcpy(numbers + 4, odd, sizeof odd);
  change_rows(generic_kernels(), numbers, others, expected, count);
  digest(expected, 3 * count * sizeof *expected);
  for (int index = 0; gbk_kernels_at(index) != NULL; index++) {
    change_rows(gbk_kernels_at(index), numbers, others, found, count);
    expect_bits(found, expected, 3 * count, "%s activation, cap and rotation", gbk_kernels_at(index)->name);
  }
  free(numbers);
  free(others);
  free(expected);
  free(found);
}

static void test_logits(void) {
  static const size_t counts[] = {1, 15, 16, 4096, 4100, 10007};
  for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
    float *logits = random_numbers(counts[c], 9);
    for (size_t i = 0; i < counts[c]; i++) logits[i] *= 20;
    logits[counts[c] / 3] = logits[counts[c] - 1] = 21;
    gbk_logits_summary expected;
    memset(&expected, 0, sizeof expected);
    generic_kernels()->summarize_logits(logits, counts[c], &expected);
    digest(&expected, sizeof expected);
    for (int index = 0; gbk_kernels_at(index) != NULL; index++) {
      gbk_logits_summary found;
      memset(&found, 0, sizeof found);
      gbk_kernels_at(index)->summarize_logits(logits, counts[c], &found);
      expect(found.greatest == 21 && found.index == counts[c] / 3 && memcmp(&found, &expected, sizeof found) == 0,
             "%s logits of %zu: sum %.17g instead of %.17g", gbk_kernels_at(index)->name, counts[c],
             found.exponential_sum, expected.exponential_sum);
    }
    free(logits);
  }
}

void test_layers(void) {
  test_conversions();
  test_norms();
  test_rows();
  test_logits();
}
