/* Norm, activation, rotation and attention; included once for each instruction set. */

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

static void rms_norm(const float *input, const float *gain, float *output, size_t count, float epsilon) {
  f32x16 sum = {0};
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    f32x16 x = load_f32(input + i);
    sum = fused(x, x, sum);
  }
  if (i < count) {
    f32x16 x = load_part_f32(input + i, count - i);
    sum = fused(x, x, sum);
  }
  float factor = 1.0f / __builtin_sqrtf(fold(sum) / (float)count + epsilon);
  for (i = 0; i + 16 <= count; i += 16)
    store_f32(output + i, load_f32(input + i) * factor * load_f32(gain + i));
  for (; i < count; i++) output[i] = input[i] * factor * gain[i];
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
  return choose(u < splat(-43.0f), splat(-0.0f), result);
}

static void gelu_multiply(float *gate, const float *up, size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) store_f32(gate + i, gelu(load_f32(gate + i)) * load_f32(up + i));
  if (i < count) {
    f32x16 result = gelu(load_part_f32(gate + i, count - i)) * load_part_f32(up + i, count - i);
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

/* Scores become probabilities on [from, to), zeros elsewhere on [0, span); span is a multiple of 16. */
static void softmax_row(float *scores, size_t span, size_t from, size_t to, float factor, float cap) {
  const float lowest = -__builtin_inff();
  f32x16 greatest = splat(lowest);
  for (size_t i = 0; i < from; i++) scores[i] = lowest;
  for (size_t i = to; i < span; i++) scores[i] = lowest;
  for (size_t i = from & ~(size_t)15; i < to; i += 16) {
    f32x16 value = load_f32(scores + i) * factor;
    if (cap != 0) {
      f32x16 capped = hyperbolic_tangent(value / cap) * cap;
      value = choose(value == splat(lowest), value, capped);
    }
    store_f32(scores + i, value);
    greatest = choose(value > greatest, value, greatest);
  }
  float top = greatest[0];
  for (int lane = 1; lane < 16; lane++) top = greatest[lane] > top ? greatest[lane] : top;
  f32x16 sum = {0};
  for (size_t i = 0; i < span; i += 16) {
    f32x16 value = exponential(load_f32(scores + i) - top);
    store_f32(scores + i, value);
    sum += value;
  }
  float inverse = 1.0f / fold(sum);
  for (size_t i = 0; i < span; i += 16) store_f32(scores + i, load_f32(scores + i) * inverse);
}

/* Sums value rows weighted by probabilities, position by position; `vectors` sixteens of columns. */
GBK_INLINE void mix(const float *probabilities, size_t stride, const float *values, size_t head_size,
                    size_t positions, float *output, size_t output_stride, const int rows, const int vectors) {
  f32x16 sums[4][4];
#pragma clang loop unroll(full)
  for (int m = 0; m < rows; m++)
#pragma clang loop unroll(full)
    for (int n = 0; n < vectors; n++) sums[m][n] = (f32x16){0};
  for (size_t p = 0; p < positions; p++) {
#pragma clang loop unroll(full)
    for (int n = 0; n < vectors; n++) {
      f32x16 v = load_f32(values + p * head_size + 16 * n);
#pragma clang loop unroll(full)
      for (int m = 0; m < rows; m++) sums[m][n] = fused(splat(probabilities[(size_t)m * stride + p]), v, sums[m][n]);
    }
  }
#pragma clang loop unroll(full)
  for (int m = 0; m < rows; m++)
#pragma clang loop unroll(full)
    for (int n = 0; n < vectors; n++) store_f32(output + (size_t)m * output_stride + 16 * n, sums[m][n]);
}

GBK_INLINE void mix_rows(const float *probabilities, size_t stride, const float *values, size_t head_size,
                         size_t positions, float *output, size_t output_stride, const int rows) {
  size_t d = 0;
  for (; d + 64 <= head_size; d += 64)
    mix(probabilities, stride, values + d, head_size, positions, output + d, output_stride, rows, 4);
  for (; d + 16 <= head_size; d += 16)
    mix(probabilities, stride, values + d, head_size, positions, output + d, output_stride, rows, 1);
  for (int m = 0; m < rows; m++)
    for (size_t tail = d; tail < head_size; tail++) {
      float sum = 0;
      for (size_t p = 0; p < positions; p++)
        sum = __builtin_fmaf(probabilities[(size_t)m * stride + p], values[p * head_size + tail], sum);
      output[(size_t)m * output_stride + tail] = sum;
    }
}

static void attention(const gbk_attention_shape *shape, const float *queries, const float *keys,
                      const float *values, float *scores, float *output) {
  const size_t rows = shape->rows, size = shape->head_size, window = shape->window;
  const size_t end = shape->first_position + rows;
  size_t begin = window != 0 && shape->first_position + 1 > window ? shape->first_position + 1 - window : 0;
  begin &= ~(size_t)15; /* so that a position's lane in a sum is the same for every query */
  const size_t span = end - begin, padded = (span + 15) & ~(size_t)15, stride = padded;
  matmul_f32(keys + begin * size, size, queries, shape->query_stride, scores, stride, rows, span, size);
  for (size_t m = 0; m < rows; m++) {
    size_t last = shape->first_position + m + 1;
    size_t from = window != 0 && last > window ? last - window : 0;
    softmax_row(scores + m * stride, padded, from - (from < begin ? from : begin), last - begin, shape->scale,
                shape->softcap);
  }
  size_t m = 0;
  for (; m + 4 <= rows; m += 4)
    mix_rows(scores + m * stride, stride, values + begin * size, size, span, output + m * shape->output_stride,
             shape->output_stride, 4);
  for (; m < rows; m++)
    mix_rows(scores + m * stride, stride, values + begin * size, size, span, output + m * shape->output_stride,
             shape->output_stride, 1);
}
