/* The encoders of the K types for a machine of which nothing is known. */
#define GBK_TABLE gbk_k_encoders_generic
#include "blocks_k_body.h"
