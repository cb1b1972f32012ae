/* What a packed type looks like; every function folds to a constant where the type is one. */
#ifndef GBK_PACKED_LAYOUT_H
#define GBK_PACKED_LAYOUT_H

#include "gbk_packed.h"

#define GBK_TRAIT static inline __attribute__((always_inline, unused))

/* Bits of a code. */
GBK_TRAIT int packed_bits(int type) {
  switch (type) {
  case GBK_Q2_K: return 2;
  case GBK_Q3_K: return 3;
  case GBK_Q4_0: case GBK_Q4_1: case GBK_Q4_K: case GBK_IQ4_NL: case GBK_IQ4_XS: return 4;
  case GBK_Q5_0: case GBK_Q5_1: case GBK_Q5_K: return 5;
  case GBK_Q6_K: return 6;
  case GBK_Q8_0: return 8;
  default: return 0;
  }
}

/* Codes that stand for zero: value = scale * (code - zero). Of a codebook: of the number that the book gives. */
GBK_TRAIT int packed_zero(int type) {
  switch (type) {
  case GBK_Q3_K: return 4;
  case GBK_Q4_0: return 8;
  case GBK_Q5_0: return 16;
  case GBK_Q6_K: return 32;
  case GBK_Q8_0: case GBK_IQ4_NL: case GBK_IQ4_XS: return 128;
  default: return 0;
  }
}

/* Scales of 32 columns: two where 16 share one. */
GBK_TRAIT int packed_halves(int type) { return type == GBK_Q2_K || type == GBK_Q3_K || type == GBK_Q6_K ? 2 : 1; }

/* The added minimum: +1 stored as it is, -1 to be subtracted, 0 none. */
GBK_TRAIT int packed_minimum(int type) {
  switch (type) {
  case GBK_Q4_1: case GBK_Q5_1: return 1;
  case GBK_Q2_K: case GBK_Q4_K: case GBK_Q5_K: return -1;
  default: return 0;
  }
}

/* Whether scales are whole numbers times one float for 256 columns. */
GBK_TRAIT int packed_is_super(int type) { return (type >= GBK_Q2_K && type <= GBK_Q6_K) || type == GBK_IQ4_XS; }

/* Whether a code is looked up in a table of sixteen numbers. */
GBK_TRAIT int packed_has_codebook(int type) { return type == GBK_IQ4_NL || type == GBK_IQ4_XS; }

/* Bytes of the sixteen rows' scales for one unit of 32 columns, or of 256 for a super-block: float16 scales, float16
 * minima; of a super-block then int8 scales and int8 minima, group after group. */
GBK_TRAIT size_t packed_scale_bytes(int type) {
  size_t floats = packed_minimum(type) ? 64 : 32;
  size_t groups = packed_is_super(type) ? 8 * (size_t)packed_halves(type) : 0;
  return floats + groups * (packed_minimum(type) ? 32 : 16);
}
GBK_TRAIT size_t packed_unit(int type) { return packed_is_super(type) ? 256 : 32; }

/* Bytes of the sixteen rows' codes for 32 columns. */
GBK_TRAIT size_t packed_code_bytes(int type) { return 64 * (size_t)packed_bits(type); }

/* Where the codes of a panel begin. */
GBK_TRAIT size_t packed_codes_offset(int type, size_t columns) {
  return (columns / packed_unit(type) * packed_scale_bytes(type) + 63) / 64 * 64;
}

/* gbk_iq4_values plus 128, where a constant is needed. */
#define GBK_CODEBOOK 1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241

#endif
