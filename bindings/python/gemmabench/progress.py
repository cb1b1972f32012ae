"""What a long call is doing, and a listener that draws it on stderr."""

from __future__ import annotations

import dataclasses
import sys
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
    found: int = 0  # samples that were there already: in the store or the cache of answers
    seconds_left: float | None = None  # of a sweep: until its last cell ends, by what was measured so far


# A listener gets each Event; returning False cancels the call. True draws on stderr.
Listener = Union[Callable[[Event], Any], bool, None]


def draw(event: Event) -> None:
    """Writes one line on stderr, over the one before."""
    total = f"/{event.total}" if event.total else ""
    score = f"  mean {event.score:.3f}" if event.score is not None else ""
    end = "\n" if event.completed == event.total else ""
    sys.stderr.write(f"\r{event.stage} {event.message} {event.completed}{total}{score}\x1b[K{end}")
    sys.stderr.flush()


def listener_of(progress: Listener) -> Callable[[Event], Any] | None:
    """The function behind the `progress` argument of a call."""
    if progress is True:
        return draw
    if progress is None or progress is False:
        return None
    if not callable(progress):
        raise TypeError(f"progress must be True or a function, not {type(progress).__name__}")
    return progress
