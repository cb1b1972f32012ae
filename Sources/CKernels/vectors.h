/* Sixteen floats as one value, whatever the machine's registers: the compiler splits it as needed.
 * Included once for each instruction set, inside its target attribute. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma clang diagnostic ignored "-Wpsabi" /* every function below is inlined */

typedef float f32x16 __attribute__((vector_size(64)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef float f32x16u __attribute__((vector_size(64), aligned(1)));
typedef uint16_t u16x16u __attribute__((vector_size(32), aligned(1)));

#define GBK_INLINE static inline __attribute__((always_inline))

GBK_INLINE f32x16 load_f32(const float *source) { return *(const f32x16u *)source; }
GBK_INLINE void store_f32(float *target, f32x16 value) { *(f32x16u *)target = value; }
GBK_INLINE f32x16 splat(float value) {
  f32x16 first = {value};
  return __builtin_shufflevector(first, first, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}
GBK_INLINE f32x16 fma16(f32x16 a, f32x16 b, f32x16 c) { return __builtin_elementwise_fma(a, b, c); }
GBK_INLINE f32x16 select16(i32x16 mask, f32x16 yes, f32x16 no) {
  return (f32x16)((mask & (i32x16)yes) | (~mask & (i32x16)no));
}

GBK_INLINE f32x16 widen_bf16(u16x16 bits) { return (f32x16)(__builtin_convertvector(bits, u32x16) << 16); }

/* Half precision by integers: the exponent is rebased by one exact multiplication, which also makes subnormals right. */
GBK_INLINE f32x16 widen_f16(u16x16 bits) {
#if defined(__F16C__) || defined(GBK_HAS_F16C)
  typedef _Float16 f16x16 __attribute__((vector_size(32)));
  return __builtin_convertvector((f16x16)bits, f32x16);
#else
  u32x16 wide = __builtin_convertvector(bits, u32x16);
  f32x16 magnitude = (f32x16)((wide & 0x7FFF) << 13) * splat(0x1p112f);
  i32x16 special = (wide & 0x7C00) == 0x7C00;
  u32x16 result = (u32x16)magnitude | ((u32x16)special & 0x7F800000u) | ((wide & 0x8000) << 16);
  return (f32x16)result;
#endif
}

GBK_INLINE f32x16 load_bf16(const uint16_t *source) { return widen_bf16(*(const u16x16u *)source); }
GBK_INLINE f32x16 load_f16(const uint16_t *source) { return widen_f16(*(const u16x16u *)source); }

/* How far ahead of a tile weights are asked for, into the second-level cache: long enough for a busy memory. */
#define PREFETCH_BYTES 16384
#define PREFETCH(address) __builtin_prefetch(address, 0, 2)

#include "cache_blocks.h"

/* Rows of weights, in panels of sixteen, that stay in the second-level cache while tile after tile of tokens passes by;
 * a single panel where one or two tiles do. */
GBK_INLINE size_t gbk_cache_block_rows(size_t panel_bytes, size_t tokens, size_t tile_tokens) {
  const size_t bytes = gbk_cache_block_bytes();
  return tokens <= 2 * tile_tokens || panel_bytes > bytes ? 16 : bytes / panel_bytes * 16;
}

/* How the tiles over one cache block ask for the next, each for its part, so that memory works all the while; where a single
 * tile does, it asks for what is PREFETCH_BYTES away: a panel is one stream, scales in front of codes, and every step asks
 * for its share of the stream, so that no part of the next panel is left out. */
typedef struct gbk_prefetch {
  size_t distance;   /* bytes from a panel to its like in the next cache block */
  size_t tile_bytes; /* bytes of a panel that one tile asks for */
  size_t step;       /* the same for each step of a tile; 0 in the last cache block */
} gbk_prefetch;

GBK_INLINE gbk_prefetch gbk_prefetch_of(size_t block_rows, size_t start, size_t end, size_t panel_bytes, size_t steps,
                                  size_t tokens, size_t tile_tokens) {
  if (steps == 0) return (gbk_prefetch){0, 0, 0};
  if (tokens <= tile_tokens) return (gbk_prefetch){PREFETCH_BYTES, 0, panel_bytes / steps};
  if (end - start <= block_rows) return (gbk_prefetch){0, 0, 0};
  const size_t tiles = (tokens + tile_tokens - 1) / tile_tokens, step = (panel_bytes / tiles + steps - 1) / steps;
  return (gbk_prefetch){block_rows / 16 * panel_bytes, step * steps, step};
}

/* The first `count` elements, zeros after them. */
GBK_INLINE f32x16 load_part_f32(const float *source, size_t count) {
  float buffer[16] = {0};
  memcpy(buffer, source, count * sizeof *source);
  return load_f32(buffer);
}
GBK_INLINE f32x16 load_part_bf16(const uint16_t *source, size_t count) {
  uint16_t buffer[16] = {0};
  memcpy(buffer, source, count * sizeof *source);
  return load_bf16(buffer);
}
GBK_INLINE f32x16 load_part_f16(const uint16_t *source, size_t count) {
  uint16_t buffer[16] = {0};
  memcpy(buffer, source, count * sizeof *source);
  return load_f16(buffer);
}
GBK_INLINE void store_part_f32(float *target, f32x16 value, size_t count) {
  float buffer[16];
  store_f32(buffer, value);
  memcpy(target, buffer, count * sizeof *target);
}

/* The one tree in which sixteen lanes become a sum. */
GBK_INLINE float reduce_add(f32x16 v) {
  typedef float f32x8 __attribute__((vector_size(32)));
  typedef float f32x4 __attribute__((vector_size(16)));
  f32x8 a = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
            __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  f32x4 b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
  float c = b[0] + b[2], d = b[1] + b[3];
  return c + d;
}

/* e^x to about 1 ulp, for x <= 88; 0 below -87. Cephes expf (Moshier 1992). */
GBK_INLINE f32x16 exponential(f32x16 x) {
  i32x16 tiny = x < splat(-87.0f);
  x = select16(x > splat(88.0f), splat(88.0f), select16(tiny, splat(-87.0f), x));
  f32x16 shifter = splat(0x1.8p23f);
  f32x16 shifted = fma16(x, splat(1.44269504088896341f), shifter);
  f32x16 n = shifted - shifter;
  f32x16 r = fma16(n, splat(-0.693359375f), x);
  r = fma16(n, splat(2.12194440e-4f), r);
  f32x16 p = splat(1.9875691500e-4f);
  p = fma16(p, r, splat(1.3981999507e-3f));
  p = fma16(p, r, splat(8.3334519073e-3f));
  p = fma16(p, r, splat(4.1665795894e-2f));
  p = fma16(p, r, splat(1.6666665459e-1f));
  p = fma16(p, r, splat(5.0000001201e-1f));
  p = fma16(p, r * r, r) + 1.0f;
  i32x16 power = (i32x16)shifted << 23;
  return select16(tiny, splat(0.0f), (f32x16)((i32x16)p + power));
}

/* tanh to a few ulp: a polynomial near zero, exponentials elsewhere. Cephes tanhf (Moshier 1992). */
GBK_INLINE f32x16 hyperbolic_tangent(f32x16 x) {
  i32x16 sign = (i32x16)x & (int32_t)0x80000000;
  f32x16 size = (f32x16)((i32x16)x & 0x7FFFFFFF);
  size = select16(size > splat(20.0f), splat(20.0f), size);
  f32x16 large = 1.0f - 2.0f / (exponential(size + size) + 1.0f);
  f32x16 square = size * size;
  f32x16 p = splat(-5.70498872745e-3f);
  p = fma16(p, square, splat(2.06390887954e-2f));
  p = fma16(p, square, splat(-5.37397155531e-2f));
  p = fma16(p, square, splat(1.33314422036e-1f));
  p = fma16(p, square, splat(-3.33332819422e-1f));
  f32x16 small = fma16(p * square, size, size);
  return (f32x16)((i32x16)select16(size < splat(0.625f), small, large) | sign);
}
