/* Which tables this machine can run. */
#include "gbk_kernels.h"

extern const gbk_kernels gbk_kernels_generic;
#if defined(__x86_64__)
extern const gbk_kernels gbk_kernels_avx2, gbk_kernels_avx512;
#elif defined(__aarch64__)
extern const gbk_kernels gbk_kernels_neon;
#endif

const gbk_kernels *gbk_kernels_at(int index) {
  const gbk_kernels *tables[3];
  int count = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  int haswell = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (haswell && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    tables[count++] = &gbk_kernels_avx512;
  if (haswell) tables[count++] = &gbk_kernels_avx2;
#elif defined(__aarch64__)
  tables[count++] = &gbk_kernels_neon;
#endif
  tables[count++] = &gbk_kernels_generic;
  return index >= 0 && index < count ? tables[index] : NULL;
}

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
