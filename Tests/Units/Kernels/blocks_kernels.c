/* Encoders of blocks, as fast as this machine can and without the instructions that not every machine has. */
#include <stdlib.h>
#include <string.h>

#include "gbk_blocks.h"
#include "kernels_test.h"

static const struct block_type {
  const char *name;
  uint32_t type;
  size_t bytes, length;
} types[] = {
    {"F16", GBK_F16, 2, 1},
    {"BF16", GBK_BF16, 2, 1},
    {"Q4_0", GBK_Q4_0, sizeof(gbk_block_q4_0), 32},
    {"Q4_1", GBK_Q4_1, sizeof(gbk_block_q4_1), 32},
    {"Q5_0", GBK_Q5_0, sizeof(gbk_block_q5_0), 32},
    {"Q5_1", GBK_Q5_1, sizeof(gbk_block_q5_1), 32},
    {"Q8_0", GBK_Q8_0, sizeof(gbk_block_q8_0), 32},
    {"Q2_K", GBK_Q2_K, sizeof(gbk_block_q2_k), 256},
    {"Q3_K", GBK_Q3_K, sizeof(gbk_block_q3_k), 256},
    {"Q4_K", GBK_Q4_K, sizeof(gbk_block_q4_k), 256},
    {"Q5_K", GBK_Q5_K, sizeof(gbk_block_q5_k), 256},
    {"Q6_K", GBK_Q6_K, sizeof(gbk_block_q6_k), 256},
};

void test_blocks(void) {
  const size_t count = 256 * 40;
  float *numbers = random_numbers(count, 12), *decoded = line_memory(count * sizeof *decoded);
  for (size_t i = 0; i < count; i += 37) numbers[i] *= 20; /* as weights have them: a few far out */
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    const size_t bytes = count / types[i].length * types[i].bytes;
    uint8_t *found = line_memory(bytes), *generic = line_memory(bytes);
    const int results = gbk_quantize(types[i].type, numbers, found, count) == GBK_QUANTIZED &&
                        gbk_quantize_generic(types[i].type, numbers, generic, count) == GBK_QUANTIZED;
    expect(results && memcmp(found, generic, bytes) == 0, "%s: the blocks differ from the generic encoder's",
           types[i].name);
    expect(gbk_dequantize(types[i].type, found, decoded, count) == 1, "%s: no decoder", types[i].name);
    digest(found, bytes);
    digest(decoded, count * sizeof *decoded);
    free(found);
    free(generic);
  }
  free(numbers);
  free(decoded);
}
