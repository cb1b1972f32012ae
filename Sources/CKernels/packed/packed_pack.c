/* GGUF blocks into panels of sixteen rows. */
#include "packed/packed_source.h"

int gbk_packed_supports(int type, size_t columns) {
  return packed_bits(type) != 0 && columns != 0 && columns % packed_unit(type) == 0;
}

size_t gbk_packed_panel_bytes(int type, size_t columns) {
  if (!gbk_packed_supports(type, columns)) return 0;
  return packed_codes_offset(type, columns) + columns / GBK_GROUP * packed_code_bytes(type);
}

/* The words of one row in the planes of 32 columns: nibbles, then two bits, then one; see unpack() in packed_body.h. */
GBK_TRAIT void store_codes(const int type, const uint32_t *codes, uint32_t *target) {
  const int bits = packed_bits(type);
  if (bits == 8) {
    for (int i = 0; i < 8; i++) target[GBK_PANEL * i] = codes[i];
    return;
  }
  if (bits >= 4) {
    for (int i = 0; i < 4; i++) target[GBK_PANEL * i] = (codes[i] & 0x0F0F0F0Fu) | (codes[i + 4] & 0x0F0F0F0Fu) << 4;
    target += 4 * GBK_PANEL;
  }
  if (bits == 6 || bits < 4) {
    const int shift = bits == 6 ? 4 : 0;
    for (int i = 0; i < 2; i++) {
      uint32_t word = 0;
      for (int j = 0; j < 4; j++) word |= (codes[4 * i + j] >> shift & 0x03030303u) << (2 * j);
      target[GBK_PANEL * i] = word;
    }
    target += 2 * GBK_PANEL;
  }
  if (bits == 5 || bits == 3) {
    uint32_t word = 0;
    for (int j = 0; j < 8; j++) word |= (codes[j] >> (bits - 1) & 0x01010101u) << j;
    *target = word;
  }
}

GBK_TRAIT void pack_panel(const int type, const uint8_t *source, size_t row_bytes, int rows, size_t columns,
                          uint8_t *panel) {
  const int super = packed_is_super(type), parts = super ? 8 : 1, groups = 8 * packed_halves(type);
  const int minimum = packed_minimum(type);
  uint8_t *codes_start = panel + packed_codes_offset(type, columns);
  for (size_t unit = 0; unit < columns / packed_unit(type); unit++) {
    uint8_t *scales = panel + unit * packed_scale_bytes(type);
    uint8_t *codes_of_unit = codes_start + unit * (size_t)parts * packed_code_bytes(type);
    for (int row = 0; row < rows; row++) {
      const uint8_t *block = source + (size_t)row * row_bytes + unit * source_bytes(type);
      memcpy(scales + 2 * row, block + source_scale_offset(type), 2);
      if (minimum) memcpy(scales + 32 + 2 * row, block + source_scale_offset(type) + 2, 2);
      if (super) {
        int8_t *whole = (int8_t *)scales + (minimum ? 64 : 32);
        int8_t numbers[32];
        source_groups(type, block, numbers);
        for (int group = 0; group < (minimum ? 2 * groups : groups); group++) whole[16 * group + row] = numbers[group];
      }
      for (int part = 0; part < parts; part++) {
        uint32_t codes[8];
        source_codes(type, block, part, codes);
        store_codes(type, codes, (uint32_t *)(void *)(codes_of_unit + (size_t)part * packed_code_bytes(type)) + row);
      }
    }
  }
}

#define PACK(type)                                                                                                     \
  static void pack_##type(const uint8_t *source, size_t row_bytes, int rows, size_t columns, uint8_t *panel) {         \
    pack_panel(GBK_##type, source, row_bytes, rows, columns, panel);                                                   \
  }
#define PACKED_TYPES(X)                                                                                                \
  X(Q4_0) X(Q4_1) X(Q5_0) X(Q5_1) X(Q8_0) X(Q2_K) X(Q3_K) X(Q4_K) X(Q5_K) X(Q6_K) X(IQ4_NL) X(IQ4_XS)
PACKED_TYPES(PACK)

void gbk_packed_pack(int type, const uint8_t *source, size_t rows, size_t columns, size_t first, size_t end,
                     uint8_t *panels) {
  const size_t panel_bytes = gbk_packed_panel_bytes(type, columns);
  if (panel_bytes == 0) return;
  const size_t row_bytes = columns / packed_unit(type) * source_bytes(type);
  for (size_t index = first; index < end && index * GBK_PANEL < rows; index++) {
    const size_t row = index * GBK_PANEL;
    const int count = (int)(rows - row < GBK_PANEL ? rows - row : GBK_PANEL);
    uint8_t *panel = panels + index * panel_bytes;
    if (count < GBK_PANEL) memset(panel, 0, panel_bytes);
    switch (type) {
#define PACK_CASE(type)                                                                                                \
  case GBK_##type: pack_##type(source + row * row_bytes, row_bytes, count, columns, panel); break;
      PACKED_TYPES(PACK_CASE)
    }
  }
}
