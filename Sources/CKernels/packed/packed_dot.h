/* Products by an instruction for four at once. The includer defines
 *   dot(sums, codes, activations): adds to each lane's sum its four codes times the four activations. */

/* Adds to each token's sums the products of codes and activations in half `half` of a block. */
GBK_INLINE void add_products(const int type, const uint8_t *codes, const int half, const gbk_activation *input,
                             size_t input_stride, i32x16 *products, const int tokens) {
  const int steps = 8 / packed_halves(type);
#pragma clang loop unroll(full)
  for (int step = half * steps; step < (half + 1) * steps; step++) {
    u32x16 weights = unpack(type, codes, step);
#pragma clang loop unroll(full)
    for (int t = 0; t < tokens; t++)
      products[t] = dot(products[t], weights, input[(size_t)t * input_stride].codes + 4 * step);
  }
}

GBK_INLINE i32x16 peak_step(i32x16 sums, u32x16 codes, const int8_t *activations) {
  return dot(sums, codes, activations);
}
