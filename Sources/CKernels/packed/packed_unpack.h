/* Codes and scales of packed weights in registers, for one instruction set. The includer sets the target attribute and
 * defines SIGNED_BYTES (1 where bytes above 127 need a signed product, which then needs no offset for the zero) and
 *   look_up(codes): the codebook's number of each code, plus 128. */

#include "packed/packed_layout.h"

typedef uint32_t u32x16u __attribute__((vector_size(64), aligned(4)));
typedef int8_t i8x16 __attribute__((vector_size(16)));
typedef i8x16 i8x16u __attribute__((aligned(1)));

GBK_INLINE u32x16 load_codes(const uint8_t *source) { return *(const u32x16 *)source; }

/* The codes of four columns of sixteen rows, a byte each; `step` 0 to 7 of a block's 32 columns. */
GBK_INLINE u32x16 unpack(const int type, const uint8_t *codes, const int step) {
  const int bits = packed_bits(type), quarter = 2 * (step & 3);
  if (bits == 8) return load_codes(codes + 64 * step);
  u32x16 result;
  if (bits >= 4) {
    u32x16 pairs = load_codes(codes + 64 * (step & 3));
    result = (step < 4 ? pairs : pairs >> 4) & 0x0F0F0F0Fu;
  } else {
    result = (load_codes(codes + 64 * (step >> 2)) >> quarter) & 0x03030303u;
  }
  if (bits == 6) {
    u32x16 high = load_codes(codes + 256 + 64 * (step >> 2));
    result |= (quarter <= 4 ? high << (4 - quarter) : high >> (quarter - 4)) & 0x30303030u;
  } else if (bits == 5) {
    u32x16 high = load_codes(codes + 256);
    result |= (step <= 4 ? high << (4 - step) : high >> (step - 4)) & 0x10101010u;
  } else if (bits == 3) {
    u32x16 high = load_codes(codes + 128);
    result |= (step <= 2 ? high << (2 - step) : high >> (step - 2)) & 0x04040404u;
  }
  return packed_has_codebook(type) ? look_up(result) : result;
}

/* Scales and minima of half `half` of block `block`, sixteen rows; a product of float16 and int8 is exact in float32. */
GBK_INLINE f32x16 load_scales(const int type, const uint8_t *scales, size_t block, const int half, const int minimum) {
  const int super = packed_is_super(type);
  const uint8_t *unit = scales + (super ? block / 8 : block) * packed_scale_bytes(type);
  f32x16 factor = load_f16((const uint16_t *)(unit + (minimum ? 32 : 0)));
  if (minimum && packed_minimum(type) < 0) factor = -factor;
  if (!super) return factor;
  const int groups = 8 * packed_halves(type);
  const uint8_t *whole = unit + (packed_minimum(type) ? 64 : 32) + (minimum ? 16 * groups : 0);
  size_t group = (block & 7) * (size_t)packed_halves(type) + (size_t)half;
  return factor * __builtin_convertvector(*(const i8x16u *)(whole + 16 * group), f32x16);
}

GBK_INLINE i32x16 splat_integer(int32_t value) { return (i32x16){0} + value; }

/* The integer that a sum of codes times activations starts from, so that codes count from zero. */
GBK_INLINE i32x16 start_sum(const int type, const gbk_activation *input, const int half) {
  const int zero = packed_zero(type);
  if (zero == 0 || (SIGNED_BYTES && zero == 128)) return (i32x16){0};
  if (zero == 128) return splat_integer(input->offset128);
  if (zero == 8 || zero == 16) return splat_integer(input->offset8) << (zero == 16 ? 1 : 0);
  return splat_integer(input->half_offsets4[half]) << (zero == 32 ? 3 : 0);
}
