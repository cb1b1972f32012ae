/* Rows read back from panels, and the reference implementations of the packed kernels. */
#include <math.h>
#include <string.h>

#include "gbk_bf16.h"
#include "gbk_kernels.h"
#include "packed/packed_layout.h"

/* Codes of 32 columns of one row, and scale and minimum of each half. */
typedef struct {
  int codes[GBK_GROUP]; /* less their zero; numbers of the codebook */
  float scales[2];
  float minima[2];
} row_block;

static float half_at(const uint8_t *source) {
  uint16_t bits;
  memcpy(&bits, source, sizeof bits);
  return gbk_reference_f16(bits);
}

static int code_at(int type, const uint8_t *codes, int lane, int column) {
  const int bits = packed_bits(type), step = column / 4, byte = 4 * lane + column % 4;
  if (bits == 8) return codes[64 * step + byte];
  int code = bits >= 4 ? codes[64 * (step % 4) + byte] >> (step < 4 ? 0 : 4) & 15
                       : codes[64 * (step / 4) + byte] >> (2 * (step % 4)) & 3;
  if (bits == 6) code |= (codes[256 + 64 * (step / 4) + byte] >> (2 * (step % 4)) & 3) << 4;
  if (bits == 5) code |= (codes[256 + byte] >> step & 1) << 4;
  if (bits == 3) code |= (codes[128 + byte] >> step & 1) << 2;
  return packed_has_codebook(type) ? gbk_iq4_values[code] + 128 : code;
}

static row_block read_block(const gbk_packed *weight, size_t row, size_t block) {
  const int type = weight->type, halves = packed_halves(type), super = packed_is_super(type), lane = (int)(row % 16);
  const uint8_t *panel = weight->panels + row / 16 * gbk_packed_panel_bytes(type, weight->columns);
  const uint8_t *unit = panel + (super ? block / 8 : block) * packed_scale_bytes(type);
  const uint8_t *codes = panel + packed_codes_offset(type, weight->columns) + block * packed_code_bytes(type);
  const int minimum = packed_minimum(type), groups = 8 * halves;
  row_block result;
  for (int half = 0; half < 2; half++) {
    result.scales[half] = half_at(unit + 2 * lane);
    result.minima[half] = minimum == 0 ? 0 : (float)minimum * half_at(unit + 32 + 2 * lane);
    if (super) {
      const int8_t *whole = (const int8_t *)unit + (minimum ? 64 : 32);
      int group = (int)(block % 8) * halves + (halves == 2 ? half : 0);
      result.scales[half] *= (float)whole[16 * group + lane];
      if (minimum) result.minima[half] *= (float)whole[16 * (groups + group) + lane];
    }
  }
  for (int column = 0; column < GBK_GROUP; column++)
    result.codes[column] = code_at(type, codes, lane, column) - packed_zero(type);
  return result;
}

void gbk_packed_row(const gbk_packed *weight, size_t row, float *target) {
  for (size_t block = 0; block < weight->columns / GBK_GROUP; block++) {
    row_block values = read_block(weight, row, block);
    for (int column = 0; column < GBK_GROUP; column++) {
      float product = values.scales[column / 16] * (float)values.codes[column];
      target[block * GBK_GROUP + (size_t)column] =
          packed_minimum(weight->type) ? product + values.minima[column / 16] : product;
    }
  }
}

void gbk_reference_prepare(const float *input, gbk_activation *target, size_t count) {
  for (size_t block = 0; block < count / GBK_GROUP; block++, input += GBK_GROUP, target++) {
    float top = 0;
    int finite = 1;
    for (int i = 0; i < GBK_GROUP; i++) {
      if (!isfinite(input[i])) finite = 0;
      else if (fabsf(input[i]) > top) top = fabsf(input[i]);
    }
    const int zero = top < 0x1p-100f;
    const float inverse = zero || !finite ? 0 : 127.0f / top;
    int sums[2] = {0, 0};
    for (int i = 0; i < GBK_GROUP; i++) {
      target->codes[i] = finite ? (int8_t)nearbyintf(input[i] * inverse) : 0;
      sums[i / 16] += target->codes[i];
    }
    target->scale = !finite ? NAN : zero ? 0 : top / 127.0f;
    target->sum = target->scale * (float)(sums[0] + sums[1]);
    target->offset8 = -8 * (sums[0] + sums[1]);
    target->offset128 = -128 * (sums[0] + sums[1]);
    for (int half = 0; half < 2; half++) {
      target->half_sums[half] = target->scale * (float)sums[half];
      target->half_offsets4[half] = -4 * sums[half];
    }
  }
}

static float dot_block(float total, const row_block *weight, const gbk_activation *input, int type) {
  const int halves = packed_halves(type), width = GBK_GROUP / halves;
  for (int half = 0; half < halves; half++) {
    int product = 0;
    for (int i = half * width; i < (half + 1) * width; i++) product += weight->codes[i] * input->codes[i];
    total = fmaf((float)product, weight->scales[half] * input->scale, total);
    if (packed_minimum(type))
      total = fmaf(weight->minima[half], halves == 2 ? input->half_sums[half] : input->sum, total);
  }
  return total;
}

void gbk_reference_packed_multiply(const gbk_packed *weight, size_t first, size_t end, const gbk_activation *input,
                                   size_t input_stride, size_t tokens, float *output, size_t output_stride) {
  for (size_t row = first; row < end; row++)
    for (size_t token = 0; token < tokens; token++) {
      float total = 0;
      for (size_t block = 0; block < weight->columns / GBK_GROUP; block++) {
        row_block values = read_block(weight, row, block);
        total = dot_block(total, &values, input + token * input_stride + block, weight->type);
      }
      output[token * output_stride + row] = total;
    }
}

void gbk_reference_bf16_prepare(const float *input, uint16_t *target, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, input + i, sizeof bits);
    uint32_t below = bits & 0xFFFF, kept = bits >> 16;
    if (isnan(input[i])) target[i] = (uint16_t)(kept | 0x40);
    else if (fabsf(input[i]) < 0x1p-50f) target[i] = 0;
    else target[i] = (uint16_t)(kept + (below > 0x8000 || (below == 0x8000 && kept % 2 == 1) ? 1 : 0));
  }
}

void gbk_reference_bf16_multiply(const uint16_t *panels, size_t columns, size_t first, size_t end,
                                  const uint16_t *input, size_t input_stride, size_t tokens, float *output,
                                  size_t output_stride) {
  for (size_t row = first; row < end; row++) {
    const uint16_t *weights = panels + row / 16 * gbk_bf16_panel_count(columns) + 2 * (row % 16);
    for (size_t token = 0; token < tokens; token++) {
      float total = 0;
      for (size_t start = 0; start < columns; start += GBK_BLOCK) {
        float sum = 0;
        for (size_t k = start; k < columns && k < start + GBK_BLOCK; k += 2)
          for (size_t i = 2; i-- > 0;)
            sum = fmaf(gbk_reference_bf16(weights[k / 2 * 32 + i]),
                       gbk_reference_bf16(input[token * input_stride + k + i]), sum);
        total = start == 0 ? sum : total + sum;
      }
      output[token * output_stride + row] = total;
    }
  }
}
