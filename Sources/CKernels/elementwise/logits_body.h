/* What a row of logits says; included once for each instruction set. */

/* Exponentials are summed in sixteen lanes over blocks of this many, and the blocks in double precision. */
#define GBK_LOGITS_BLOCK 4096

static void summarize_logits(const float *logits, size_t count, gbk_logits_summary *summary) {
  const f32x16 lowest = splat(-__builtin_inff());
  f32x16 greatest = lowest;
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    f32x16 value = load_f32(logits + i);
    greatest = select16(value > greatest, value, greatest);
  }
  float top = greatest[0];
  for (int lane = 1; lane < 16; lane++) top = greatest[lane] > top ? greatest[lane] : top;
  for (; i < count; i++) top = logits[i] > top ? logits[i] : top;
  size_t index = 0;
  while (index < count && logits[index] != top) index++;
  double total = 0;
  for (size_t start = 0; start < count; start += GBK_LOGITS_BLOCK) {
    const size_t end = count - start < GBK_LOGITS_BLOCK ? count : start + GBK_LOGITS_BLOCK;
    f32x16 sum = {0};
    for (i = start; i + 16 <= end; i += 16) sum += exponential(load_f32(logits + i) - top);
    if (i < end) {
      f32x16 rest = lowest;
      for (int lane = 0; i + (size_t)lane < end; lane++) rest[lane] = logits[i + (size_t)lane];
      sum += exponential(rest - top);
    }
    total += (double)reduce_add(sum);
  }
  summary->greatest = top;
  summary->index = (uint32_t)(index < count ? index : 0);
  summary->exponential_sum = total;
}
