"""Statistics: comparisons of two runs, adjusted p-values, power analysis."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from . import _library, signals
from .errors import error_of
from .handles import checked, using
from .tasks import Run


def compare(first: Run, second: Run, *, confidence_level: float = 0.95, margin: float | None = None,
            metric: str | None = None, clusters: str | None = None, replicates: int = 10_000,
            seed: int = 1234) -> dict[str, Any]:
    """Two runs of one task, sample by sample: the difference (first minus second), its interval, and the tests.

    `margin` adds an equivalence test. With clusters="subject" (or another kind that samples share, such as "passage")
    samples that share it form one cluster. Values that cannot be computed are None.
    """
    checked("first", first, Run), checked("second", second, Run)

    def call() -> str:
        with using(first, second) as (one, other):
            return _library.compare(one, other, confidence_level, asked("margin", margin), metric, clusters, replicates,
                                    seed)

    return json.loads(signals.interruptible(call))


def format_value(value: float, unit: str | None = None) -> str:
    """A value of a metric as reports print it, by its unit: "44.0%", "39.75 errors"; without a unit it is a fraction."""
    return _library.format_value(value, unit)


def adjust(p_values: Sequence[float], method: str = "holm") -> list[float]:
    """The p-values of many tests, adjusted by "holm" or "benjamini_hochberg", in the order given."""
    return _library.adjust(p_values, method)


def power(design: str = "paired", *, baseline: float = 0.5, difference: float | None = None, items: int | None = None,
          power: float = 0.8, significance: float = 0.05, discordance: float | None = None, runs: int = 1, repeats: int = 1,
          sampling_variance: float = 0.0, half_width: float | None = None) -> dict[str, Any]:
    """Power analysis of a comparison: give what is known, and the rest is computed.

    The result has power, items_needed, runs_needed, repeats_needed, minimum_detectable_effect and items_for_half_width;
    None if not requested, or if no number suffices. Shares are fractions. `Run.stats` of a task with `repeats` gives the
    sampling_variance.
    """
    return json.loads(_library.power(
        design, runs, repeats, 0 if items is None else _positive("items", items), baseline=_positive("baseline", baseline),
        power=_positive("power", power), significance=_positive("significance", significance),
        difference=asked("difference", difference), discordance=asked("discordance", discordance),
        sampling_variance=sampling_variance, half_width=asked("half_width", half_width)))


def asked(name: str, value: float | None) -> float:
    """Zero means "not given" in the library, so a 0 that a caller gives is an error."""
    return 0.0 if value is None else _positive(name, _library.number(name, value))


def _positive(name: str, value: Any) -> Any:
    if value == 0:
        raise error_of(-1, f"{name} is 0: give another value, or None if it is not known")
    return value
