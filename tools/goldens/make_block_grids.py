#!/usr/bin/env python3
"""Writes Sources/CKernels/blocks/blocks_grids.c: the grids of llama.cpp's i-quants, as pip gguf has them.

    python3 -m pip install numpy gguf==0.19.0
    python3 tools/goldens/make_block_grids.py

An entry of a grid is eight numbers out of three, or four out of eight: their places in the list of numbers, two or three
bits each, the first lowest.
"""

from pathlib import Path

from gguf import quants

OUT = Path(__file__).resolve().parents[2] / "Sources" / "CKernels" / "blocks" / "blocks_grids.c"
HEAD = """/* The grids of i-quants, eight places of two bits or four of three to an entry, the first lowest; made by
 * tools/goldens/make_block_grids.py from pip gguf. They are the format: nothing derives them. */
#include "blocks_grids.h"
"""
GRIDS = ["IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ1_S"]


def entries(kind):
    kind.init_grid()
    count, length = kind.grid_shape
    numbers = list(kind.grid_map)
    bits = 3 if len(numbers) > 4 else 2
    rows = kind.grid.reshape(count, length).astype(int).tolist()
    return [sum(numbers.index(number) << bits * place for place, number in enumerate(row)) for row in rows]


def main():
    parts = [HEAD]
    for name in GRIDS:
        values = entries(getattr(quants, name))
        parts.append(f"\nconst uint16_t gbk_grid_{name.lower()}[{len(values)}] = {{\n")
        for start in range(0, len(values), 16):
            parts.append("    " + ", ".join(f"{value:5}" for value in values[start:start + 16]) + ",\n")
        parts.append("};\n")
    OUT.write_text("".join(parts))


main()
