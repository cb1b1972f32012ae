"""Rounds a model's matrices to four bits and back, as ggml's Q4_0 does: blocks of 32 inputs share one half-precision scale."""

import torch

BLOCK = 32


def round_to_four_bits(weight):
    """Quantises and dequantises [out, in] along its inputs: the scale is the entry of largest magnitude over -8."""
    blocks = weight.float().reshape(-1, BLOCK)
    extreme = blocks.gather(1, blocks.abs().argmax(1, keepdim=True))
    scale = extreme / -8
    inverse = torch.where(scale == 0, torch.zeros_like(scale), 1 / scale)
    steps = torch.clamp(torch.floor(blocks * inverse + 8.5), 0, 15) - 8
    return (steps * scale.half().float()).reshape(weight.shape)


def quantize(model, with_embedding):
    """Rounds every matrix of the layers in place, and the tied embedding if asked."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim == 2 and (with_embedding or "embed" not in name):
                weight.copy_(round_to_four_bits(weight))
