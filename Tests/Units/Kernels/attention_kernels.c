/* Attention, of all tokens together and one by one. */
#include <stdlib.h>

#include "gbk_kernels.h"
#include "kernels_test.h"

typedef struct attention_case {
  size_t head_size, heads, rows, first, window;
  float softcap;
} attention_case;

static void test_attention_case(const attention_case *c) {
  const size_t positions = c->first + c->rows, pages = (positions + GBK_PAGE - 1) / GBK_PAGE;
  const size_t page_size = GBK_PAGE * c->head_size, stride = (c->heads + 1) * c->head_size, count = c->rows * stride;
  float *keys = random_numbers(pages * page_size, 7), *values = random_numbers(pages * page_size, 8);
  float *queries = random_numbers(count, 6);
  float *scores = line_memory(c->rows * c->heads * (gbk_score_stride(positions) + c->head_size) * sizeof *scores);
  float *expected = line_memory(count * sizeof *expected), *found = line_memory(count * sizeof *found);
  float *key_table[8], *value_table[8];
  for (size_t page = 0; page < pages; page++) {
    key_table[page] = keys + page * page_size;
    value_table[page] = values + page * page_size;
  }
  const gbk_pages key_pages = {key_table, 0}, value_pages = {value_table, 0};
  gbk_attention_shape shape = {c->rows,       c->heads, c->first, c->window, c->head_size,
                               stride, stride,   0.3f,     c->softcap};
  fill_untouched(expected, count);
  generic_kernels()->attention(&shape, queries, &key_pages, &value_pages, scores, expected);
  digest(expected, count * sizeof *expected);
  for (int index = 0; gbk_kernels_at(index) != NULL; index++) {
    const gbk_kernels *table = gbk_kernels_at(index);
    fill_untouched(found, count);
    table->attention(&shape, queries, &key_pages, &value_pages, scores, found);
    expect_bits(found, expected, count, "%s attention of %zu heads of %zu, %zu tokens", table->name, c->heads,
                c->head_size, c->rows);
    /* Token by token. */
    fill_untouched(found, count);
    for (size_t row = 0; row < c->rows; row++) {
      gbk_attention_shape one = shape;
      one.rows = 1;
      one.first_position += row;
      table->attention(&one, queries + row * stride, &key_pages, &value_pages, scores, found + row * stride);
    }
    expect_bits(found, expected, count, "%s attention of %zu heads of %zu, %zu tokens one by one", table->name,
                c->heads, c->head_size, c->rows);
  }
  float *all[] = {keys, values, queries, scores, expected, found};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

void test_attention(void) {
  static const attention_case cases[] = {
      {18, 1, 45, 0, 0, 0},   {64, 1, 45, 0, 8, 5},   {12, 1, 200, 0, 20, 0}, {256, 1, 45, 0, 3, 2},
      {80, 1, 150, 0, 0, 4},  {16, 1, 193, 0, 70, 0}, {64, 2, 1, 44, 0, 0},   {256, 4, 8, 30, 0, 0},
      {64, 3, 5, 0, 0, 50},   {128, 8, 1, 300, 64, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) test_attention_case(cases + i);
}
