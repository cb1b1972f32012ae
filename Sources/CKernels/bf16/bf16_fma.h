/* The two products of a pair by float32 arithmetic, where vdpbf16ps is not there. */
GBK_INLINE f32x16 dot_pairs(f32x16 sums, u32x16 weights, uint32_t two) {
  const uint32_t second = two & 0xFFFF0000u, first = two << 16;
  float activations[2];
  memcpy(&activations[0], &first, sizeof first);
  memcpy(&activations[1], &second, sizeof second);
  sums = fma16((f32x16)(weights & 0xFFFF0000u), splat(activations[1]), sums);
  return fma16((f32x16)(weights << 16), splat(activations[0]), sums);
}
