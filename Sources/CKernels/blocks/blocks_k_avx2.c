/* The encoders of the K types for AVX2; without fused products, whose bits other machines could not repeat. */
#if defined(__x86_64__)
#include <stdint.h>
#include <string.h>

#include "blocks/blocks_quantize.h"
#include "half.h"

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define GBK_TABLE gbk_k_encoders_avx2
#include "blocks/blocks_k_body.h"
#pragma clang attribute pop
#endif
