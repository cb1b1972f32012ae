#include "gbd_digests.h"

static uint32_t rotate(uint32_t word, int count) { return word << count | word >> (32 - count); }

void gbd_sha1_blocks(uint32_t state[5], const uint8_t *data, size_t block_count) {
  for (; block_count > 0; block_count--, data += 64) {
    uint32_t words[80];
    for (int i = 0; i < 16; i++) {
      const uint8_t *bytes = data + 4 * i;
      words[i] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    }
    for (int i = 16; i < 80; i++) words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 80; i++) {
      uint32_t mixed, constant;
      if (i < 20) {
        mixed = (b & c) | (~b & d), constant = 0x5a827999;
      } else if (i < 40) {
        mixed = b ^ c ^ d, constant = 0x6ed9eba1;
      } else if (i < 60) {
        mixed = (b & c) | (b & d) | (c & d), constant = 0x8f1bbcdc;
      } else {
        mixed = b ^ c ^ d, constant = 0xca62c1d6;
      }
      uint32_t next = rotate(a, 5) + mixed + e + constant + words[i];
      e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
  }
}
