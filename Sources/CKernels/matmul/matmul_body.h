/* Matrix products as dot products, for weights of element type ELEMENT read by LOAD and LOAD_PART.
 * Included once for each element type and instruction set; TILE_M x TILE_N sums are kept in registers. */

GBK_INLINE void NAME(tile)(const ELEMENT *weight, size_t weight_stride, const float *input, size_t input_stride,
                           float *output, size_t output_stride, size_t k, int add, const int rows,
                           const int columns) {
  f32x16 sums[TILE_M][TILE_N];
#pragma clang loop unroll(full)
  for (int m = 0; m < rows; m++)
#pragma clang loop unroll(full)
    for (int n = 0; n < columns; n++) sums[m][n] = (f32x16){0};

  size_t i = 0;
  for (; i + 16 <= k; i += 16) {
    f32x16 w[TILE_N];
#pragma clang loop unroll(full)
    for (int n = 0; n < columns; n++) w[n] = LOAD(weight + (size_t)n * weight_stride + i);
#pragma clang loop unroll(full)
    for (int m = 0; m < rows; m++) {
      f32x16 x = load_f32(input + (size_t)m * input_stride + i);
#pragma clang loop unroll(full)
      for (int n = 0; n < columns; n++) sums[m][n] = fma16(x, w[n], sums[m][n]);
    }
  }
  if (i < k) {
    f32x16 w[TILE_N];
#pragma clang loop unroll(full)
    for (int n = 0; n < columns; n++) w[n] = LOAD_PART(weight + (size_t)n * weight_stride + i, k - i);
#pragma clang loop unroll(full)
    for (int m = 0; m < rows; m++) {
      f32x16 x = load_part_f32(input + (size_t)m * input_stride + i, k - i);
#pragma clang loop unroll(full)
      for (int n = 0; n < columns; n++) sums[m][n] = fma16(x, w[n], sums[m][n]);
    }
  }
#pragma clang loop unroll(full)
  for (int m = 0; m < rows; m++)
#pragma clang loop unroll(full)
    for (int n = 0; n < columns; n++) {
      float *place = output + (size_t)m * output_stride + n;
      *place = add ? *place + reduce_add(sums[m][n]) : reduce_add(sums[m][n]);
    }
}

/* All rows of the input against `columns` rows of weight. */
GBK_INLINE void NAME(strip)(const ELEMENT *weight, size_t weight_stride, const float *input, size_t input_stride,
                            float *output, size_t output_stride, size_t m, size_t k, int add, const int columns) {
  size_t row = 0;
  for (; row + TILE_M <= m; row += TILE_M)
    NAME(tile)(weight, weight_stride, input + row * input_stride, input_stride, output + row * output_stride,
               output_stride, k, add, TILE_M, columns);
  for (; row < m; row++)
    NAME(tile)(weight, weight_stride, input + row * input_stride, input_stride, output + row * output_stride,
               output_stride, k, add, 1, columns);
}

static void NAME(matmul)(const ELEMENT *weight, size_t weight_stride, const float *input, size_t input_stride,
                         float *output, size_t output_stride, size_t m, size_t n, size_t k) {
  if (m == 1) { /* bound by memory: each weight row is read from end to end */
    for (size_t column = 0; column < n; column++) {
      if (k == 0) output[column] = 0;
      for (size_t start = 0; start < k; start += GBK_BLOCK)
        NAME(tile)(weight + column * weight_stride + start, weight_stride, input + start, input_stride,
                   output + column, output_stride, k - start < GBK_BLOCK ? k - start : GBK_BLOCK, start != 0, 1, 1);
    }
    return;
  }
  for (size_t start = 0; start < k || start == 0; start += GBK_BLOCK) {
    size_t length = k - start < GBK_BLOCK ? k - start : GBK_BLOCK;
    size_t column = 0;
    for (; column + TILE_N <= n; column += TILE_N)
      NAME(strip)(weight + column * weight_stride + start, weight_stride, input + start, input_stride,
                  output + column, output_stride, m, length, start != 0, TILE_N);
    for (; column < n; column++)
      NAME(strip)(weight + column * weight_stride + start, weight_stride, input + start, input_stride,
                  output + column, output_stride, m, length, start != 0, 1);
  }
}
