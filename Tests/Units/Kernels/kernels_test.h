/* What the tests of kernels share: numbers that are the same on every run and machine, and comparisons bit for bit. */
#ifndef KERNELS_TEST_H
#define KERNELS_TEST_H

#include <stddef.h>
#include <stdint.h>

#include "gbk_kernels.h"

/* Numbers between -1 and 1. */
float *random_numbers(size_t count, uint64_t seed);
void fill_random_bytes(uint8_t *bytes, size_t count, uint64_t seed);

/* Zeroed memory at a cache line; the test ends where there is none. */
void *line_memory(size_t bytes);

/* Fills with a NaN that no kernel makes, to see what is written. */
void fill_untouched(float *values, size_t count);

/* Says where `found` differs from `expected`, if it does; the text names the case, printf's way. */
void expect_bits(const float *found, const float *expected, size_t count, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void expect(int holds, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds bytes to the digest that the program prints: equal on machines that compute the same bits. */
void digest(const void *bytes, size_t count);

/* The table that others are held to where the reference implementation is near, not equal: the last. */
const gbk_kernels *generic_kernels(void);

void test_packed(void);
void test_brain(void);
void test_products(void);
void test_layers(void);
void test_attention(void);
void test_blocks(void);

#endif
