/* What this processor can do, and which tables of kernels that lets run: the one place that asks the processor. */
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "blocks/blocks_quantize.h"
#include "gbk_bf16.h"
#include "gbk_kernels.h"
#include "gbk_packed.h"

enum feature {
  AVX2 = 1 << 0,        /* with FMA and F16C: Haswell 2013, Zen 2017 */
  AVX512 = 1 << 1,      /* F, BW, DQ and VL */
  AVX512_VNNI = 1 << 2,
  AVX512_BF16 = 1 << 3,
  NEON_DOT = 1 << 4,    /* SDOT and UDOT */
};

static unsigned features(void) {
  unsigned found = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) found |= AVX2;
  if (found && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    found |= AVX512;
    if (__builtin_cpu_supports("avx512vnni")) found |= AVX512_VNNI;
    if (__builtin_cpu_supports("avx512bf16")) found |= AVX512_BF16;
  }
#elif defined(__aarch64__)
  if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) found |= NEON_DOT;
#endif
  return found;
}

/* A table of kernels, and the features that it needs. */
typedef struct {
  unsigned needs;
  const void *table;
} candidate;

/* The table of an index among those that this processor can run, fastest first; NULL past the last. */
static const void *table_at(const candidate *candidates, size_t count, int index) {
  const unsigned found = features();
  for (size_t i = 0; i < count; i++)
    if ((candidates[i].needs & ~found) == 0 && index-- == 0) return candidates[i].table;
  return NULL;
}
#define TABLE_AT(candidates, index) table_at(candidates, sizeof(candidates) / sizeof *(candidates), index)

#define DECLARE(kind, name) extern const gbk_##kind gbk_##name
DECLARE(kernels, kernels_generic);
DECLARE(bf16_kernels, bf16_generic);
DECLARE(packed_kernels, packed_generic);
#if defined(__x86_64__)
DECLARE(kernels, kernels_avx2);
DECLARE(kernels, kernels_avx512);
DECLARE(bf16_kernels, bf16_avx2);
DECLARE(bf16_kernels, bf16_avx512);
DECLARE(bf16_kernels, bf16_avx512bf16);
DECLARE(packed_kernels, packed_avx2);
DECLARE(packed_kernels, packed_avx512);
#elif defined(__aarch64__)
DECLARE(kernels, kernels_neon);
DECLARE(bf16_kernels, bf16_neon);
DECLARE(packed_kernels, packed_neon);
DECLARE(packed_kernels, packed_neon_dot);
#endif

/* Fastest first; the last runs everywhere. */
static const candidate float_tables[] = {
#if defined(__x86_64__)
    {AVX512, &gbk_kernels_avx512},
    {AVX2, &gbk_kernels_avx2},
#elif defined(__aarch64__)
    {0, &gbk_kernels_neon},
#endif
    {0, &gbk_kernels_generic},
};

static const candidate bf16_tables[] = {
#if defined(__x86_64__)
    {AVX512_BF16, &gbk_bf16_avx512bf16},
    {AVX512, &gbk_bf16_avx512},
    {AVX2, &gbk_bf16_avx2},
#elif defined(__aarch64__)
    {0, &gbk_bf16_neon},
#endif
    {0, &gbk_bf16_generic},
};

static const candidate packed_tables[] = {
#if defined(__x86_64__)
    {AVX512_VNNI, &gbk_packed_avx512},
    {AVX2, &gbk_packed_avx2},
#elif defined(__aarch64__)
    {NEON_DOT, &gbk_packed_neon_dot},
    {0, &gbk_packed_neon},
#endif
    {0, &gbk_packed_generic},
};

static const candidate encoder_tables[] = {
#if defined(__x86_64__)
    {AVX2, &gbk_k_encoders_avx2},
#endif
    {0, &gbk_k_encoders_generic},
};

const gbk_kernels *gbk_kernels_at(int index) { return TABLE_AT(float_tables, index); }
const gbk_bf16_kernels *gbk_bf16_kernels_at(int index) { return TABLE_AT(bf16_tables, index); }
const gbk_packed_kernels *gbk_packed_kernels_at(int index) { return TABLE_AT(packed_tables, index); }
const gbk_k_encoders *gbk_k_encoders_best(void) { return TABLE_AT(encoder_tables, 0); }
