/* Which tables this machine can run. */
#include "gbk_kernels.h"

extern const gbk_kernels gbk_kernels_generic;
#if defined(__x86_64__)
extern const gbk_kernels gbk_kernels_avx2, gbk_kernels_avx512;
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
#endif
  tables[count++] = &gbk_kernels_generic;
  return index >= 0 && index < count ? tables[index] : NULL;
}
