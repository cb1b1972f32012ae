#include "gbk_altup.h"

#include <math.h>

#define LANES 16

static float reduce_add(float *lanes) {
  for (size_t half = LANES / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half; i++) lanes[i] += lanes[i + half];
  return lanes[0];
}

/* Sum of (values[i] - shift)^power, power 1 or 2. */
static inline float sum(const float *values, size_t count, float shift, int power) {
  float lanes[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++) {
      float value = values[i + lane] - shift;
      lanes[lane] += power == 2 ? value * value : value;
    }
  for (size_t lane = 0; i + lane < count; lane++) {
    float value = values[i + lane] - shift;
    lanes[lane] += power == 2 ? value * value : value;
  }
  return reduce_add(lanes);
}

float gbk_mean_square(const float *values, size_t count) { return sum(values, count, 0, 2) / (float)count; }

void gbk_keep_above(float *values, size_t count, float deviations) {
  float mean = sum(values, count, 0, 1) / (float)count;
  float cut = mean + sqrtf(sum(values, count, mean, 2) / (float)count) * deviations;
  for (size_t i = 0; i < count; i++) {
    float rest = values[i] - cut;
    values[i] = rest > 0 ? rest : 0;
  }
}

void gbk_multiply(float *values, const float *factors, size_t count) {
  for (size_t i = 0; i < count; i++) values[i] *= factors[i];
}

void gbk_predict_streams(float *streams, size_t stride, const float *mixture, size_t stream_count, size_t count) {
  enum { BLOCK = 64 };
  float before[16][BLOCK];
  for (size_t start = 0; start < count; start += BLOCK) {
    size_t length = count - start < BLOCK ? count - start : BLOCK;
    for (size_t x = 0; x < stream_count; x++)
      for (size_t i = 0; i < length; i++) before[x][i] = streams[x * stride + start + i];
    for (size_t y = 0; y < stream_count; y++) {
      float mixed[BLOCK] = {0};
      for (size_t x = 0; x < stream_count; x++) {
        float factor = mixture[y * stream_count + x];
        for (size_t i = 0; i < length; i++) mixed[i] += before[x][i] * factor;
      }
      for (size_t i = 0; i < length; i++) streams[y * stride + start + i] += mixed[i];
    }
  }
}

void gbk_correct_streams(float *streams, size_t stride, const float *activated, const float *factors,
                         size_t stream_count, size_t active, size_t count) {
  enum { BLOCK = 64 };
  float innovation[BLOCK];
  for (size_t start = 0; start < count; start += BLOCK) {
    size_t length = count - start < BLOCK ? count - start : BLOCK;
    for (size_t i = 0; i < length; i++)
      innovation[i] = activated[start + i] - streams[active * stride + start + i];
    for (size_t y = 0; y < stream_count; y++)
      for (size_t i = 0; i < length; i++) streams[y * stride + start + i] += innovation[i] * factors[y];
  }
}
