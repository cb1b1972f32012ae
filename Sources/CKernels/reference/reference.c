/* The reference implementations: the kernels' arithmetic written as plain loops, in the same order. */
#include "gbk_kernels.h"

#include <math.h>
#include <string.h>

static float reduce_add(const float *lanes) {
  float sums[16];
  memcpy(sums, lanes, sizeof sums);
  for (int width = 8; width > 0; width /= 2)
    for (int lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
  return sums[0];
}

void gbk_reference_matmul(const float *weight, size_t weight_stride, const float *input, size_t input_stride,
                          float *output, size_t output_stride, size_t m, size_t n, size_t k) {
  for (size_t row = 0; row < m; row++)
    for (size_t column = 0; column < n; column++) {
      float total = 0;
      for (size_t start = 0; start < k; start += GBK_BLOCK) {
        float lanes[16] = {0};
        for (size_t i = start; i < k && i < start + GBK_BLOCK; i++)
          lanes[i % 16] = fmaf(input[row * input_stride + i], weight[column * weight_stride + i], lanes[i % 16]);
        total = start == 0 ? reduce_add(lanes) : total + reduce_add(lanes);
      }
      output[row * output_stride + column] = total;
    }
}

float gbk_reference_bf16(uint16_t bits) {
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, sizeof value);
  return value;
}

float gbk_reference_f16(uint16_t bits) {
  int exponent = bits >> 10 & 31;
  float fraction = (float)(bits & 1023);
  float size = exponent == 31  ? (bits & 1023 ? NAN : INFINITY)
               : exponent == 0 ? ldexpf(fraction, -24)
                               : ldexpf(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -size : size;
}

void gbk_reference_rms_norm(const float *input, const float *weight, float *output, size_t count, float epsilon) {
  float lanes[16] = {0};
  for (size_t i = 0; i < count; i++) lanes[i % 16] = fmaf(input[i], input[i], lanes[i % 16]);
  float factor = 1.0f / sqrtf(reduce_add(lanes) / (float)count + epsilon);
  for (size_t i = 0; i < count; i++) output[i] = input[i] * factor * weight[i];
}

/* In double precision and without tiles: near the kernels, not equal to them. */
void gbk_reference_attention(const gbk_attention_shape *shape, const float *queries, const float *keys,
                             const float *values, float *scores, float *output) {
  for (size_t m = 0; m < shape->rows; m++) {
    size_t position = shape->first_position + m, size = shape->head_size;
    size_t from = shape->window != 0 && position + 1 > shape->window ? position + 1 - shape->window : 0;
    double greatest = -INFINITY, sum = 0;
    for (size_t p = from; p <= position; p++) {
      double score = 0;
      for (size_t d = 0; d < size; d++) score += (double)queries[m * shape->query_stride + d] * keys[p * size + d];
      score *= shape->scale;
      if (shape->softcap != 0) score = shape->softcap * tanh(score / shape->softcap);
      scores[p] = (float)score;
      greatest = score > greatest ? score : greatest;
    }
    for (size_t p = from; p <= position; p++) sum += exp(scores[p] - greatest);
    for (size_t d = 0; d < size; d++) {
      double mixed = 0;
      for (size_t p = from; p <= position; p++) mixed += exp(scores[p] - greatest) / sum * values[p * size + d];
      output[m * shape->output_stride + d] = (float)mixed;
    }
  }
}
