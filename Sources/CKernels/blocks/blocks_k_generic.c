/* The encoders of the K types: the portable fallback. */
#define GBK_TABLE gbk_k_encoders_generic
#include "blocks/blocks_k_body.h"
