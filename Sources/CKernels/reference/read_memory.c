/* The rate at which one thread reads memory. */
#include "gbk_kernels.h"

uint64_t gbk_read_memory(const void *memory, size_t bytes) {
  typedef uint64_t line __attribute__((vector_size(64)));
  const line *lines = memory;
  line mixes[4] = {{0}};
  for (size_t i = 0; i + 4 <= bytes / 64; i += 4)
    for (size_t j = 0; j < 4; j++) {
      __builtin_prefetch((const char *)(lines + i + j) + 4096, 0, 3);
      mixes[j] ^= lines[i + j];
    }
  line mix = mixes[0] ^ mixes[1] ^ mixes[2] ^ mixes[3];
  return mix[0] ^ mix[1] ^ mix[2] ^ mix[3] ^ mix[4] ^ mix[5] ^ mix[6] ^ mix[7];
}
