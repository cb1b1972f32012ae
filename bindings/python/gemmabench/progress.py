"""The progress of a long call."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Union


@dataclasses.dataclass(frozen=True)
class Event:
    """One step of a long call."""

    stage: str  # "download", "fingerprint", "load", "run", "plan" or "script"
    message: str  # the model, task or cell at work
    completed: int  # bytes for "download", "fingerprint" and "load", samples otherwise
    total: int | None  # None if not known
    score: float | None  # mean score so far
    scored: int  # samples in that mean
    lower: float | None = None  # interval of that mean
    upper: float | None = None
    cell: int | None = None  # of a sweep: the cell at work, from 1
    cells: int | None = None  # of a sweep: how many there are
    found: int = 0  # samples taken from the store or the response cache
    seconds_left: float | None = None  # of a sweep: until its last cell ends, by what was measured so far
    prompt_tokens: int = 0  # of "run": prompt tokens since the cell began
    generated_tokens: int = 0  # of "run": tokens generated since then


# A listener gets each Event; returning False cancels the call. True draws one line on stderr, as the library words it.
Listener = Union[Callable[[Event], Any], bool, None]
