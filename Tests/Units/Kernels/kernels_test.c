/* Every table of kernels that this machine can run against the reference implementation and against the generic table, bit for bit.
 * Prints a digest of the results: the same number on every machine. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gbk_bf16.h"
#include "gbk_kernels.h"
#include "gbk_packed.h"
#include "kernels_test.h"

#define UNTOUCHED 0x7FC0BEEFu

static int compared = 0, failed = 0;
static uint64_t digest_state = 0xCBF29CE484222325u;

/* FNV-1a. */
void digest(const void *bytes, size_t count) {
  const uint8_t *source = bytes;
  for (size_t i = 0; i < count; i++) digest_state = (digest_state ^ source[i]) * 0x100000001B3u;
}

static uint64_t next_number(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return *state >> 20;
}

void fill_random_bytes(uint8_t *bytes, size_t count, uint64_t seed) {
  uint64_t state = seed * 0x9E3779B97F4A7C15u | 1;
  for (size_t i = 0; i < count; i++) bytes[i] = (uint8_t)(next_number(&state) >> 20);
}

float *random_numbers(size_t count, uint64_t seed) {
  uint64_t state = seed * 0x9E3779B97F4A7C15u | 1;
  float *numbers = line_memory(count * sizeof *numbers);
  for (size_t i = 0; i < count; i++) numbers[i] = (float)(int32_t)(uint32_t)next_number(&state) / 2147483648.0f;
  return numbers;
}

void *line_memory(size_t bytes) {
  const size_t rounded = (bytes + 63) / 64 * 64 + 64;
  void *memory = aligned_alloc(64, rounded);
  if (memory == NULL) {
    printf("FAILED: no memory for %zu bytes\n", rounded);
    exit(1);
  }
  return memset(memory, 0, rounded);
}

void fill_untouched(float *values, size_t count) {
  const uint32_t bits = UNTOUCHED;
  for (size_t i = 0; i < count; i++) memcpy(values + i, &bits, sizeof bits);
}

const gbk_kernels *generic_kernels(void) {
  int index = 0;
  while (gbk_kernels_at(index + 1) != NULL) index++;
  return gbk_kernels_at(index);
}

static void report(const char *format, va_list arguments) {
  failed++;
  printf("FAILED: ");
  vprintf(format, arguments);
}

void expect(int holds, const char *format, ...) {
  compared++;
  if (holds) return;
  va_list arguments;
  va_start(arguments, format);
  report(format, arguments);
  va_end(arguments);
  printf("\n");
}

void expect_bits(const float *found, const float *expected, size_t count, const char *format, ...) {
  compared++;
  for (size_t i = 0; i < count; i++) {
    uint32_t left, right;
    memcpy(&left, found + i, sizeof left);
    memcpy(&right, expected + i, sizeof right);
    if (left == right) continue;
    va_list arguments;
    va_start(arguments, format);
    report(format, arguments);
    va_end(arguments);
    printf(": number %zu of %zu is %.9g (%08x) instead of %.9g (%08x)\n", i, count, (double)found[i], left,
           (double)expected[i], right);
    return;
  }
}

#define PRINT_TABLES(title, at)                                                                                        \
  printf(title);                                                                                                       \
  for (int index = 0; at(index) != NULL; index++)                                                                      \
    printf("%s %s (level %d)", index == 0 ? "" : ",", at(index)->name, at(index)->level);                              \
  printf("\n");

int main(void) {
  PRINT_TABLES("packed:", gbk_packed_kernels_at)
  PRINT_TABLES("bf16:", gbk_bf16_kernels_at)
  PRINT_TABLES("float:", gbk_kernels_at)
  test_packed();
  test_brain();
  test_products();
  test_layers();
  test_attention();
  test_blocks();
  printf("%d comparisons, %d failed\n", compared, failed);
  printf("digest %016llx\n", (unsigned long long)digest_state);
  return failed == 0 ? 0 : 1;
}
