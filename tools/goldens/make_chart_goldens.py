#!/usr/bin/env python3
"""Makes Tests/Goldens/charts/colors.json: the colour maps of the charts as matplotlib has them.

    python3 -m pip install matplotlib==3.11.2
    python3 tools/goldens/make_chart_goldens.py
"""

import json
from pathlib import Path

import matplotlib

OUT = Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "charts"


def rows(name):
    """A number and the colour of it; matplotlib's maps have 256 colours, so numbers are those that have one of their own."""
    colors = matplotlib.colormaps[name]
    return [[index / 255] + [255 * part for part in colors(index)[:3]] for index in range(0, 256, 5)]


(OUT / "colors.json").write_text(json.dumps({"sequential": rows("Blues"), "diverging": rows("PuOr")}) + "\n")
