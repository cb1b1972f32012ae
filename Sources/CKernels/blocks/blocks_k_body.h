/* The encoders of the K types for one instruction set. The includer defines GBK_TABLE, and sets the target before.
 *
 * A super-block's sub-blocks first get scales of their own, by a search: for each of some candidate grids the numbers
 * are rounded to it, the scale (and minimum) that fit these roundings best follow by weighted least squares, and the
 * candidate of the least weighted error wins. The scales then become small integers times one half-precision scale,
 * and the numbers are rounded once more, to the grid that the block really holds. (The way of ggml's
 * quantize_row_q4_K_ref and its kin, https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c.) */
#include <stdint.h>
#include <string.h>

#include "blocks/blocks_quantize.h"
#include "half.h"
#include "vectors.h"

/* To the nearest integer, ties to even; for |x| < 2^22. */
GBK_INLINE f32x16 nearest(f32x16 x) {
  f32x16 shifter = splat(0x1.8p23f);
  return (x + shifter) - shifter;
}
GBK_INLINE int nearest_integer(float x) { return (int)((x + 0x1.8p23f) - 0x1.8p23f); }

GBK_INLINE f32x16 clamp(f32x16 x, float low, float high) {
  x = select16(x < splat(low), splat(low), x);
  return select16(x > splat(high), splat(high), x);
}
GBK_INLINE f32x16 absolute(f32x16 x) { return (f32x16)((i32x16)x & 0x7FFFFFFF); }

/* A sub-block: 16 or 32 numbers with the weights of their errors. */
typedef struct {
  f32x16 x[2];
  f32x16 weight[2];
  int vectors;
} part;

GBK_INLINE float sum(const f32x16 *values, int vectors) {
  return vectors == 2 ? reduce_add(values[0] + values[1]) : reduce_add(values[0]);
}

/* Numbers below this are zero to every half-precision scale, and their inverse could overflow. */
#define NEGLIGIBLE 1e-15f

typedef struct {
  float scale;
  float minimum; /* what is taken off, at least 0 */
} grid;

/* The grid x = scale * q - minimum, q from 0 to `levels`, after `steps` candidates `first`, `first` + 0.1, ... . */
GBK_INLINE grid fit_with_minimum(const part *p, int levels, float first, int steps) {
  float low = 0, high = p->x[0][0];
  for (int v = 0; v < p->vectors; v++)
    for (int i = 0; i < 16; i++) {
      float x = p->x[v][i];
      if (x < low) low = x;
      if (x > high) high = x;
    }
  grid best = {0, -low};
  if (high - low < NEGLIGIBLE) return best;
  f32x16 terms[2];
  float weights, weighted, best_error = 0;
  weights = sum(p->weight, p->vectors);
  for (int v = 0; v < p->vectors; v++) terms[v] = p->weight[v] * p->x[v];
  weighted = sum(terms, p->vectors);
  for (int step = -1; step <= steps; step++) {
    /* The first candidate is the plain grid from end to end. */
    float stretch = step < 0 ? 0 : first + 0.1f * (float)step;
    float inverse = ((float)levels + stretch) / (high - low);
    f32x16 q[2], products[2], squares[2];
    for (int v = 0; v < p->vectors; v++) {
      q[v] = clamp(nearest((p->x[v] - low) * inverse), 0, (float)levels);
      terms[v] = p->weight[v] * q[v];
      products[v] = terms[v] * p->x[v];
      squares[v] = terms[v] * q[v];
    }
    float sum_q = sum(terms, p->vectors), sum_xq = sum(products, p->vectors), sum_qq = sum(squares, p->vectors);
    float determinant = weights * sum_qq - sum_q * sum_q;
    if (!(determinant > 0)) continue;
    float scale = (weights * sum_xq - weighted * sum_q) / determinant;
    float offset = (sum_qq * weighted - sum_q * sum_xq) / determinant;
    if (offset > 0) {
      offset = 0;
      scale = sum_xq / sum_qq;
    }
    for (int v = 0; v < p->vectors; v++) {
      f32x16 error = scale * q[v] + offset - p->x[v];
      terms[v] = p->weight[v] * error * error;
    }
    float error = sum(terms, p->vectors);
    if (best.scale == 0 || error < best_error) {
      best_error = error;
      best.scale = scale;
      best.minimum = -offset;
    }
  }
  return best;
}

/* The scale of the grid x = scale * q, q from -levels to levels - 1; its sign is that of the number at -levels. */
GBK_INLINE float fit_symmetric(const part *p, int levels) {
  float extreme = 0;
  for (int v = 0; v < p->vectors; v++)
    for (int i = 0; i < 16; i++) {
      float x = p->x[v][i], largest = extreme < 0 ? -extreme : extreme;
      if ((x < 0 ? -x : x) > largest) extreme = x;
    }
  if (extreme < NEGLIGIBLE && extreme > -NEGLIGIBLE) return 0;
  float best_scale = 0, best_gain = 0;
  for (int step = -9; step <= 9; step++) {
    float inverse = -((float)levels + 0.1f * (float)step) / extreme;
    f32x16 products[2], squares[2];
    for (int v = 0; v < p->vectors; v++) {
      f32x16 q = clamp(nearest(p->x[v] * inverse), (float)-levels, (float)(levels - 1));
      products[v] = p->weight[v] * p->x[v] * q;
      squares[v] = p->weight[v] * q * q;
    }
    /* The error that is left is sum(w x x) - sum(w x q)^2 / sum(w q q). */
    float sum_xq = sum(products, p->vectors), sum_qq = sum(squares, p->vectors);
    float scale = sum_qq > 0 ? sum_xq / sum_qq : 0;
    if (sum_xq * scale > best_gain) {
      best_scale = scale;
      best_gain = sum_xq * scale;
    }
  }
  return best_scale;
}

/* Weights of the errors. Large numbers matter more: an activation multiplies them. */
GBK_INLINE part load_part(const float *x, int count, int squared) {
  part p = {.vectors = count / 16};
  f32x16 squares[2];
  for (int v = 0; v < p.vectors; v++) {
    p.x[v] = load_f32(x + 16 * v);
    squares[v] = p.x[v] * p.x[v];
  }
  float typical = __builtin_sqrtf(sum(squares, p.vectors) / (float)count);
  for (int v = 0; v < p.vectors; v++) p.weight[v] = squared ? squares[v] : typical + absolute(p.x[v]);
  return p;
}

/* Rounds a sub-block to x = scale * q - minimum, and adds `zero` to q. */
GBK_INLINE void round_part(const part *p, float scale, float minimum, int low, int high, int zero, uint8_t *out) {
  float inverse = scale != 0 ? 1 / scale : 0;
  for (int v = 0; v < p->vectors; v++) {
    float rounded[16];
    /* Clamped before it is rounded too: the inverse of a tiny scale could lead beyond the range of `nearest`. */
    f32x16 q = clamp((p->x[v] + minimum) * inverse, (float)(low - 1), (float)(high + 1));
    store_f32(rounded, clamp(nearest(q), (float)low, (float)high));
    for (int i = 0; i < 16; i++) out[16 * v + i] = (uint8_t)((int)rounded[i] + zero);
  }
}

/* The weighted error of a sub-block on the grid x = scale * q - minimum. */
GBK_INLINE float error_of(const part *p, float scale, float minimum, int low, int high) {
  float inverse = scale != 0 ? 1 / scale : 0;
  f32x16 terms[2];
  for (int v = 0; v < p->vectors; v++) {
    f32x16 q = clamp((p->x[v] + minimum) * inverse, (float)(low - 1), (float)(high + 1));
    f32x16 error = scale * clamp(nearest(q), (float)low, (float)high) - minimum - p->x[v];
    terms[v] = p->weight[v] * error * error;
  }
  return sum(terms, p->vectors);
}

#include "blocks/blocks_k_types.h"
