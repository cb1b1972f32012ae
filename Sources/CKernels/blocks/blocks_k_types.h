/* The K types' super-blocks: how their sub-blocks' scales share one, and where the bits go. Part of blocks_k_body.h. */

/* A scale in half precision; its smallest number rather than 0 where multiples of that are of use up to `largest`. */
GBK_INLINE uint16_t half_of_positive(float scale, float largest) {
  uint16_t half = half_of_float(scale);
  return half == 0 && largest > 0x1p-25f ? 1 : half;
}

/* Small integers for scales that are not negative, as multiples of one in half precision, which is answered. */
GBK_INLINE uint16_t share_scales(const float *values, int count, int levels, uint8_t *integers) {
  float largest = 0;
  for (int i = 0; i < count; i++)
    if (values[i] > largest) largest = values[i];
  uint16_t shared = half_of_positive(largest / (float)levels, largest);
  /* By the scale as it is stored: near half precision's smallest number it is far from what was asked for. */
  float inverse = shared != 0 ? 1 / float_of_half(shared) : 0;
  for (int i = 0; i < count; i++) {
    int integer = nearest_integer(inverse * values[i]);
    integers[i] = (uint8_t)(integer < 0 ? 0 : integer > levels ? levels : integer);
  }
  return shared;
}

/* The best of the integers next to a sub-block's scale and minimum. */
GBK_INLINE void choose_integers(const part *p, float d, float m, int levels, int scale_levels, uint8_t *scale,
                                uint8_t *minimum) {
  int best_scale = *scale, best_minimum = *minimum;
  float best = error_of(p, d * (float)*scale, m * (float)*minimum, 0, levels);
  for (int s = *scale - 1; s <= *scale + 1; s++)
    for (int t = *minimum - 1; t <= *minimum + 1; t++) {
      if (s < 0 || t < 0 || s > scale_levels || t > scale_levels || (s == *scale && t == *minimum)) continue;
      float error = error_of(p, d * (float)s, m * (float)t, 0, levels);
      if (error < best) {
        best = error;
        best_scale = s;
        best_minimum = t;
      }
    }
  if (d * (float)best_scale == 0 && error_of(p, 0, 0, 0, levels) < best) best_minimum = 0;
  *scale = (uint8_t)best_scale;
  *minimum = (uint8_t)best_minimum;
}

/* A super-block with minima, as far as its bits' places do not matter: `parts` sub-blocks, `levels` the largest q. */
GBK_INLINE void fit_block(const float *numbers, int parts, int levels, int scale_levels, float first, int steps,
                          uint16_t *d, uint16_t *m, uint8_t *scales, uint8_t *minima, uint8_t *q) {
  part loaded[16];
  float own_scales[16], own_minima[16];
  int length = 256 / parts;
  for (int i = 0; i < parts; i++) {
    loaded[i] = load_part(numbers + i * length, length, 0);
    grid fitted = fit_with_minimum(&loaded[i], levels, first, steps);
    own_scales[i] = fitted.scale;
    own_minima[i] = fitted.minimum;
  }
  *d = share_scales(own_scales, parts, scale_levels, scales);
  *m = share_scales(own_minima, parts, scale_levels, minima);
  for (int i = 0; i < parts; i++) {
    choose_integers(&loaded[i], float_of_half(*d), float_of_half(*m), levels, scale_levels, &scales[i], &minima[i]);
    float scale = float_of_half(*d) * (float)scales[i], minimum = float_of_half(*m) * (float)minima[i];
    round_part(&loaded[i], scale, minimum, 0, levels, 0, q + i * length);
  }
}

static void pack_scales_k4(const uint8_t *scales, const uint8_t *minima, uint8_t *packed) {
  for (int i = 0; i < 4; i++) {
    packed[i] = (uint8_t)(scales[i] | scales[4 + i] >> 4 << 6);
    packed[4 + i] = (uint8_t)(minima[i] | minima[4 + i] >> 4 << 6);
    packed[8 + i] = (uint8_t)((scales[4 + i] & 15) | (minima[4 + i] & 15) << 4);
  }
}

static void encode_q2_k(const float *numbers, gbk_block_q2_k *block) {
  uint8_t scales[16], minima[16], q[256];
  fit_block(numbers, 16, 3, 15, -0.5f, 15, &block->d, &block->m, scales, minima, q);
  for (int i = 0; i < 16; i++) block->scales[i] = (uint8_t)(scales[i] | minima[i] << 4);
  for (int i = 0; i < 64; i++) {
    const uint8_t *four = q + i / 32 * 128 + i % 32;
    block->q[i] = (uint8_t)(four[0] | four[32] << 2 | four[64] << 4 | four[96] << 6);
  }
}

static void encode_q4_k(const float *numbers, gbk_block_q4_k *block) {
  uint8_t scales[8], minima[8], q[256];
  fit_block(numbers, 8, 15, 63, -1, 20, &block->d, &block->m, scales, minima, q);
  pack_scales_k4(scales, minima, block->scales);
  for (int i = 0; i < 128; i++) {
    const uint8_t *two = q + i / 32 * 64 + i % 32;
    block->q[i] = (uint8_t)(two[0] | two[32] << 4);
  }
}

static void encode_q5_k(const float *numbers, gbk_block_q5_k *block) {
  uint8_t scales[8], minima[8], q[256];
  fit_block(numbers, 8, 31, 63, -0.5f, 15, &block->d, &block->m, scales, minima, q);
  pack_scales_k4(scales, minima, block->scales);
  for (int i = 0; i < 128; i++) {
    const uint8_t *two = q + i / 32 * 64 + i % 32;
    block->q[i] = (uint8_t)((two[0] & 15) | (two[32] & 15) << 4);
  }
  for (int i = 0; i < 32; i++) {
    int bits = 0;
    for (int group = 0; group < 8; group++) bits |= (q[group * 32 + i] >> 4) << group;
    block->high[i] = (uint8_t)bits;
  }
}

/* A super-block of 16 sub-blocks with signed scales from -scale_levels to scale_levels - 1 and no minima.
 * With few levels, errors weighed by the numbers' squares would leave too much of the small ones. */
GBK_INLINE void fit_signed_block(const float *numbers, int levels, int scale_levels, uint16_t *d, int8_t *scales,
                                 uint8_t *q) {
  part loaded[16];
  float own_scales[16], extreme = 0;
  for (int i = 0; i < 16; i++) {
    loaded[i] = load_part(numbers + i * 16, 16, levels > 4);
    own_scales[i] = fit_symmetric(&loaded[i], levels);
    float size = own_scales[i] < 0 ? -own_scales[i] : own_scales[i];
    if (size > (extreme < 0 ? -extreme : extreme)) extreme = own_scales[i];
  }
  uint16_t sign = extreme > 0 ? 0x8000 : 0; /* the extreme scale becomes the lowest integer */
  float size = extreme < 0 ? -extreme : extreme;
  *d = sign | half_of_positive(size / (float)scale_levels, size);
  float inverse = float_of_half(*d) != 0 ? 1 / float_of_half(*d) : 0;
  for (int i = 0; i < 16; i++) {
    int integer = nearest_integer(inverse * own_scales[i]), lowest = integer - 1;
    if (lowest > scale_levels - 3) lowest = scale_levels - 3;
    if (lowest < -scale_levels) lowest = -scale_levels;
    float best = 0;
    for (int s = lowest; s < lowest + 3; s++) {
      float error = error_of(&loaded[i], float_of_half(*d) * (float)s, 0, -levels, levels - 1);
      if (s == lowest || error < best) {
        best = error;
        scales[i] = (int8_t)s;
      }
    }
    round_part(&loaded[i], float_of_half(*d) * (float)scales[i], 0, -levels, levels - 1, levels, q + i * 16);
  }
}

static void encode_q3_k(const float *numbers, gbk_block_q3_k *block) {
  int8_t scales[16];
  uint8_t q[256];
  fit_signed_block(numbers, 4, 32, &block->d, scales, q);
  memset(block->scales, 0, sizeof block->scales);
  for (int i = 0; i < 16; i++) {
    int scale = scales[i] + 32;
    block->scales[i % 8] |= (uint8_t)((scale & 15) << (i / 8 * 4));
    block->scales[8 + i % 4] |= (uint8_t)((scale >> 4) << (i / 4 * 2));
  }
  for (int i = 0; i < 64; i++) {
    const uint8_t *four = q + i / 32 * 128 + i % 32;
    block->q[i] =
        (uint8_t)((four[0] & 3) | (four[32] & 3) << 2 | (four[64] & 3) << 4 | (four[96] & 3) << 6);
  }
  for (int i = 0; i < 32; i++) {
    int bits = 0;
    for (int group = 0; group < 8; group++) bits |= (q[group * 32 + i] >> 2) << group;
    block->high[i] = (uint8_t)bits;
  }
}

static void encode_q6_k(const float *numbers, gbk_block_q6_k *block) {
  uint8_t q[256];
  fit_signed_block(numbers, 32, 128, &block->d, block->scales, q);
  for (int i = 0; i < 64; i++) {
    const uint8_t *four = q + i / 32 * 128 + i % 32;
    uint8_t *low = block->low + i / 32 * 64 + i % 32;
    low[0] = (uint8_t)((four[0] & 15) | (four[64] & 15) << 4);
    low[32] = (uint8_t)((four[32] & 15) | (four[96] & 15) << 4);
    block->high[i] = (uint8_t)(four[0] >> 4 | (four[32] >> 4) << 2 | (four[64] >> 4) << 4 | (four[96] >> 4) << 6);
  }
}

const gbk_k_encoders GBK_TABLE = {encode_q2_k, encode_q3_k, encode_q4_k, encode_q5_k, encode_q6_k};
