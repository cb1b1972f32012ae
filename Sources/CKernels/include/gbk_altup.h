#ifndef GBK_ALTUP_H
#define GBK_ALTUP_H

/* Element-wise steps of Gemma 3n, a row at a time; plain C, the same bits on every machine: sums run in sixteen lanes
 * that are folded by one fixed tree, and nothing is fused. */

#include <stddef.h>

/* Mean of squares of a row. */
float gbk_mean_square(const float *values, size_t count);

/* values[i] = max(0, values[i] - (mean + deviations * standard deviation)), of the row itself. */
void gbk_keep_above(float *values, size_t count, float deviations);

/* values[i] *= factors[i] */
void gbk_multiply(float *values, const float *factors, size_t count);

/* streams[y][i] += sum over x of streams[x][i] * mixture[y][x]; streams lie `stride` apart; at most 16 of them. */
void gbk_predict_streams(float *streams, size_t stride, const float *mixture, size_t stream_count, size_t count);

/* streams[y][i] += (activated[i] - streams[active][i]) * factors[y]; at most 16 streams. */
void gbk_correct_streams(float *streams, size_t stride, const float *activated, const float *factors,
                         size_t stream_count, size_t active, size_t count);

#endif
