"""Tasks, and the runs that come out of them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from . import _ffi
from .handles import Handle


class Task(Handle):
    """A benchmark with its data; made by task()."""

    _free = "gb_task_free"

    def info(self) -> dict[str, Any]:
        """Name, type, options with defaults filled in, sample count."""
        return _ffi.decode(_ffi.lib.gb_task_info(self._handle))

    def prompts(self, count: int = 0) -> list[dict[str, Any]]:
        """The first `count` prompts (0: all), for reading and checking."""
        count = _ffi.whole_number("count", count, 64)
        return json.loads(_ffi.take_string(_ffi.lib.gb_task_prompts, self._handle, count))


def task(type: str, **options: Any) -> Task:
    """Loads a task: task("mmlu", subset="mathematics", shots=5). tasks() lists what there is."""
    specification = json.dumps({"type": type, **options}, allow_nan=False)
    pointer, _ = _ffi.take_handle(_ffi.lib.gb_load_task, _ffi.encode(specification))
    return Task(pointer)


def tasks() -> list[dict[str, Any]]:
    """The tasks there are: type, title, options."""
    return json.loads(_ffi.take_string(_ffi.lib.gb_task_catalogue))


@dataclasses.dataclass(frozen=True)
class Stats:
    """What a run measured, as fractions. None where there is too little to say it."""

    count: int
    unscored: int
    mean: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    confidence_level: float

    def __str__(self) -> str:
        if self.mean is None:
            return f"no mean: none of {self.count} samples was scored"
        interval = f" [{self.lower:.3f}, {self.upper:.3f}]" if self.lower is not None else " (no interval)"
        unscored = f", {self.unscored} unscored" if self.unscored else ""
        return f"{self.mean:.3f}{interval} n={self.count}{unscored}"


class Run(Handle):
    """A task run on a model. `cancelled` tells whether it stopped early."""

    _free = "gb_run_free"

    def __init__(self, pointer: int, cancelled: bool = False, owner: Handle | None = None) -> None:
        super().__init__(pointer, owner)
        self.cancelled = cancelled

    def count(self) -> int:
        """How many samples it holds."""
        return int(_ffi.lib.gb_run_count(self._handle))

    def sample(self, index: int) -> dict[str, Any]:
        """One sample, counted from 0."""
        if not 0 <= index < self.count():
            raise IndexError(f"sample {index} of a run with {self.count()}")
        return _ffi.decode(_ffi.lib.gb_run_sample(self._handle, index))

    def samples(self) -> Iterator[dict[str, Any]]:
        """Every sample, in order."""
        return (self.sample(index) for index in range(self.count()))

    def info(self) -> dict[str, Any]:
        """Model, task, options, counts, statistics, timings; without the samples."""
        return _ffi.decode(_ffi.lib.gb_run_info(self._handle))

    def stats(self, confidence_level: float = 0.95, metric: str | None = None, *, interval: str | None = None,
              clusters: str | None = None, replicates: int = 10_000, seed: int = 1234) -> Stats:
        """Mean, standard error and confidence interval of the scores.

        interval: "wilson" (scores of 0 and 1; their default), "student" (the default of others), "normal",
        "clopper_pearson", "jeffreys", "bootstrap". clusters="subject": samples of one subject stand or fall together.
        """
        raw = _ffi.stats(self._handle, confidence_level, metric, interval, clusters, replicates, seed)
        return Stats(
            count=raw.count,
            unscored=raw.unscored,
            mean=raw.mean if raw.has_mean else None,
            standard_error=raw.standard_error if raw.has_error else None,
            lower=raw.lower if raw.has_interval else None,
            upper=raw.upper if raw.has_interval else None,
            confidence_level=raw.confidence_level,
        )
