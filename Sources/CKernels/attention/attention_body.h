/* Attention over a paged cache of keys and values; included once for each instruction set. */

GBK_INLINE const float *page_at(const gbk_pages *pages, size_t position) {
  return pages->table[position / GBK_PAGE] + pages->offset;
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
      value = select16(value == splat(lowest), value, capped);
    }
    store_f32(scores + i, value);
    greatest = select16(value > greatest, value, greatest);
  }
  float top = greatest[0];
  for (int lane = 1; lane < 16; lane++) top = greatest[lane] > top ? greatest[lane] : top;
  f32x16 sum = {0};
  for (size_t i = 0; i < span; i += 16) {
    f32x16 value = exponential(load_f32(scores + i) - top);
    store_f32(scores + i, value);
    sum += value;
  }
  float inverse = 1.0f / reduce_add(sum);
  for (size_t i = 0; i < span; i += 16) store_f32(scores + i, load_f32(scores + i) * inverse);
}

/* Sums value rows weighted by probabilities, position by position; `vectors` sixteens of columns from `column` on.
 * The positions begin at `skipped`. */
GBK_INLINE void weighted_sum(const float *probabilities, size_t stride, const gbk_pages *values, size_t skipped,
                    size_t head_size, size_t positions, size_t column, float *output, size_t output_stride,
                    const int rows, const int vectors) {
  f32x16 sums[4][4];
#pragma clang loop unroll(full)
  for (int m = 0; m < rows; m++)
#pragma clang loop unroll(full)
    for (int n = 0; n < vectors; n++) sums[m][n] = (f32x16){0};
  for (size_t p = 0; p < positions;) {
    const size_t place = skipped + p, offset = place % GBK_PAGE;
    const size_t run = positions - p < GBK_PAGE - offset ? positions - p : GBK_PAGE - offset;
    const float *row = page_at(values, place) + offset * head_size + column;
    for (size_t end = p + run; p < end; p++, row += head_size) {
#pragma clang loop unroll(full)
      for (int n = 0; n < vectors; n++) {
        f32x16 v = load_f32(row + 16 * n);
#pragma clang loop unroll(full)
        for (int m = 0; m < rows; m++) sums[m][n] = fma16(splat(probabilities[(size_t)m * stride + p]), v, sums[m][n]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int m = 0; m < rows; m++)
#pragma clang loop unroll(full)
    for (int n = 0; n < vectors; n++) store_f32(output + (size_t)m * output_stride + column + 16 * n, sums[m][n]);
}

GBK_INLINE void weighted_sum_rows(const float *probabilities, size_t stride, const gbk_pages *values, size_t skipped,
                         size_t head_size, size_t positions, float *output, size_t output_stride, const int rows) {
  const int vectors = WEIGHTED_SUMS / rows < 4 ? WEIGHTED_SUMS / rows : 4;
  size_t d = 0;
  for (; d + 16 * vectors <= head_size; d += 16 * vectors)
    weighted_sum(probabilities, stride, values, skipped, head_size, positions, d, output, output_stride, rows, vectors);
  for (; d + 16 <= head_size; d += 16)
    weighted_sum(probabilities, stride, values, skipped, head_size, positions, d, output, output_stride, rows, 1);
  for (int m = 0; m < rows; m++)
    for (size_t tail = d; tail < head_size; tail++) {
      float sum = 0;
      for (size_t p = 0; p < positions; p++) {
        const float *row = page_at(values, skipped + p) + (skipped + p) % GBK_PAGE * head_size;
        sum = __builtin_fmaf(probabilities[(size_t)m * stride + p], row[tail], sum);
      }
      output[(size_t)m * output_stride + tail] = sum;
    }
}

static void attention(const gbk_attention_shape *shape, const float *queries, const gbk_pages *keys,
                      const gbk_pages *values, float *scores, float *output) {
  const size_t heads = shape->heads, rows = shape->rows * heads, size = shape->head_size, window = shape->window;
  const size_t end = shape->first_position + shape->rows;
  size_t begin = window != 0 && shape->first_position + 1 > window ? shape->first_position + 1 - window : 0;
  begin &= ~(size_t)15; /* so that a position's lane in a sum is the same for every query */
  const size_t span = end - begin, padded = (span + 15) & ~(size_t)15, stride = padded;
  float *gathered = scores + rows * stride; /* [rows, size]: the queries first, then what becomes of them */
  for (size_t m = 0; m < rows; m += heads)
    memcpy(gathered + m * size, queries + m / heads * shape->query_stride, heads * size * sizeof *queries);
  for (size_t place = begin; place < end;) {
    const size_t offset = place % GBK_PAGE;
    const size_t run = end - place < GBK_PAGE - offset ? end - place : GBK_PAGE - offset;
    matmul_f32(page_at(keys, place) + offset * size, size, gathered, size, scores + (place - begin), stride, rows, run,
               size);
    place += run;
  }
  for (size_t m = 0; m < rows; m++) {
    size_t last = shape->first_position + m / heads + 1;
    size_t from = window != 0 && last > window ? last - window : 0;
    softmax_row(scores + m * stride, padded, from - (from < begin ? from : begin), last - begin, shape->scale,
                shape->softcap);
  }
  size_t m = 0;
  for (; m + 4 <= rows; m += 4)
    weighted_sum_rows(scores + m * stride, stride, values, begin, size, span, gathered + m * size, size, 4);
  for (; m + 2 <= rows; m += 2)
    weighted_sum_rows(scores + m * stride, stride, values, begin, size, span, gathered + m * size, size, 2);
  for (; m < rows; m++)
    weighted_sum_rows(scores + m * stride, stride, values, begin, size, span, gathered + m * size, size, 1);
  for (m = 0; m < rows; m += heads)
    memcpy(output + m / heads * shape->output_stride, gathered + m * size, heads * size * sizeof *output);
}
