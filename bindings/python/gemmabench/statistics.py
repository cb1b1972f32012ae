"""Statistics: comparisons of two runs, adjusted p-values, power analysis."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from . import _library, signals
from .handles import checked, using
from .tasks import Run


def compare(first: Run, second: Run, **options: Any) -> dict[str, Any]:
    """Two runs of one task, sample by sample: the difference (first minus second), its interval, and the tests.

    Options are confidence_level, metric, clusters, replicates, seed and margin, which adds an equivalence test
    (docs/options.md). With clusters="subject" (or another kind that samples share, such as "passage") samples that share it
    form one cluster. Values that cannot be computed are None.
    """
    checked("first", first, Run), checked("second", second, Run)
    given = _library.call_options("compare", options)

    def call() -> str:
        with using(first, second) as (one, other):
            return _library.take_string(_library.lib.gb_compare, one, other, given)

    return json.loads(signals.interruptible(call))


def format_value(value: float, unit: str | None = None) -> str:
    """A value of a metric as reports print it, by its unit: "44.0%", "39.75 errors"; without a unit it is a fraction."""
    return _library.format_value(value, unit)


def adjust(p_values: Sequence[float], method: str = "holm") -> list[float]:
    """The p-values of many tests, adjusted by "holm" or "benjamini_hochberg", in the order given."""
    return _library.adjust(p_values, method)


def power(design: str | None = None, **options: Any) -> dict[str, Any]:
    """Power analysis of a comparison: give what is known, and the rest is computed.

    `design` is "paired" or "independent"; options are baseline, difference, items, power, significance, discordance, runs,
    sampling_variance and half_width (docs/options.md). The result has power, items_needed, runs_needed,
    minimum_detectable_effect and items_for_half_width; None if not requested, or if no number suffices. Shares are fractions.
    """
    given = _library.call_options("power", {"design": design, **options})
    return json.loads(_library.take_string(_library.lib.gb_power, given))
