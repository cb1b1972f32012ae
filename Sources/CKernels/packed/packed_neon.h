/* Sixteen rows in four registers of NEON, for the tables of packed products. The includer includes arm_neon.h and
 * vectors.h before. */

typedef union {
  i32x16 all;
  u32x16 codes;
  uint8x16_t bytes[4];
  int8x16_t numbers[4];
  int16x8_t halves[4];
  int32x4_t sums[4];
} four_registers;

GBK_INLINE u32x16 look_up(u32x16 codes) {
  static const uint8_t book[16] = {GBK_CODEBOOK};
  const uint8x16_t table = vld1q_u8(book);
  four_registers result = {.codes = codes};
  for (int i = 0; i < 4; i++) result.bytes[i] = vqtbl1q_u8(table, result.bytes[i]);
  return result.codes;
}

#include "packed/packed_unpack.h"

/* Codes as signed bytes: those up to 127 are, and of eight bits the top one is flipped, which takes off their zero. */
GBK_INLINE four_registers unpack_signed(const int type, const uint8_t *codes, const int step) {
  four_registers result = {.codes = unpack(type, codes, step)};
  if (packed_zero(type) == 128) result.codes ^= 0x80808080u;
  return result;
}
