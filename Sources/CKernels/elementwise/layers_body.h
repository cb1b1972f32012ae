/* Norm, activation, rotation; included once for each instruction set. */

static void convert_bf16(const uint16_t *source, float *target, size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) store_f32(target + i, load_bf16(source + i));
  if (i < count) store_part_f32(target + i, load_part_bf16(source + i, count - i), count - i);
}

static void convert_f16(const uint16_t *source, float *target, size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) store_f32(target + i, load_f16(source + i));
  if (i < count) store_part_f32(target + i, load_part_f16(source + i, count - i), count - i);
}

static void rms_norm(const float *input, const float *weight, float *output, size_t count, float epsilon) {
  f32x16 sum = {0};
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    f32x16 x = load_f32(input + i);
    sum = fma16(x, x, sum);
  }
  if (i < count) {
    f32x16 x = load_part_f32(input + i, count - i);
    sum = fma16(x, x, sum);
  }
  float factor = 1.0f / __builtin_sqrtf(reduce_add(sum) / (float)count + epsilon);
  for (i = 0; i + 16 <= count; i += 16)
    store_f32(output + i, load_f32(input + i) * factor * load_f32(weight + i));
  for (; i < count; i++) output[i] = input[i] * factor * weight[i];
}

static void add(float *target, const float *source, size_t count) {
  for (size_t i = 0; i < count; i++) target[i] += source[i];
}

static void scale(float *target, float factor, size_t count) {
  for (size_t i = 0; i < count; i++) target[i] *= factor;
}

/* gelu_tanh(x) = x/2 (1 + tanh(u)) = x / (1 + e^-2u), u = sqrt(2/pi) (x + 0.044715 x^3); Hendrycks and Gimpel 2016. */
GBK_INLINE f32x16 gelu(f32x16 x) {
  f32x16 u = x * (0.7978845608028654f + 0.035677408136300125f * (x * x));
  f32x16 result = x / (1.0f + exponential(u * -2.0f));
  return select16(u < splat(-43.0f), splat(-0.0f), result);
}

static void gelu_multiply(float *gate, const float *up, size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) store_f32(gate + i, gelu(load_f32(gate + i)) * load_f32(up + i));
  if (i < count) {
    f32x16 result = gelu(load_part_f32(gate + i, count - i)) * load_part_f32(up + i, count - i);
    store_part_f32(gate + i, result, count - i);
  }
}

/* silu(x) = x / (1 + e^-x), also called swish; Elfwing et al. 2018. */
GBK_INLINE f32x16 silu(f32x16 x) { return x / (1.0f + exponential(-x)); }

static void silu_multiply(float *gate, const float *up, size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) store_f32(gate + i, silu(load_f32(gate + i)) * load_f32(up + i));
  if (i < count) {
    f32x16 result = silu(load_part_f32(gate + i, count - i)) * load_part_f32(up + i, count - i);
    store_part_f32(gate + i, result, count - i);
  }
}

static void softcap(float *values, float cap, size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16)
    store_f32(values + i, hyperbolic_tangent(load_f32(values + i) / cap) * cap);
  if (i < count) {
    f32x16 result = hyperbolic_tangent(load_part_f32(values + i, count - i) / cap) * cap;
    store_part_f32(values + i, result, count - i);
  }
}

static void rotate(float *head, const float *cosine, const float *sine, size_t half) {
  float *other = head + half;
  for (size_t i = 0; i < half; i++) {
    float a = head[i], b = other[i];
    head[i] = a * cosine[i] - b * sine[i];
    other[i] = b * cosine[i] + a * sine[i];
  }
}
