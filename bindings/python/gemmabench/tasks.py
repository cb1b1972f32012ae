"""Tasks, and the runs that come out of them."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import Any

from . import _library
from .errors import CallbackFailedError, InvalidArgumentError
from .handles import Handle


class Task(Handle):
    """A benchmark with its data: made by task(), or a subclass of yours.

    A subclass gives `name`, `samples()` and `prompt(sample)`, and what it needs of the rest:

        class Capitals(gb.Task):
            name = "capitals"
            def samples(self): return [{"question": "Capital of France?", "answer": "Paris"}]
            def prompt(self, sample): return f"Question: {sample['question']}\\nAnswer:"
            def score(self, sample, response): return sample["answer"] in response["text"]

    `choices`, `target`, `stops`, `max_tokens`, `id`, `subject` and `clusters` may be values or methods of a sample. The
    methods run on the thread that runs the task; an exception in one ends the run and comes out of it, with what was done as its `run`.
    """

    _free = "gb_task_free"
    # Of a subclass that has not been put to use yet; its __init__ owes the base nothing.
    _pointer, _owner, _users, _finalizer = 0, None, 0, None
    _is_defined = False
    _error: BaseException | None = None

    name: Any = ""
    """What reports call it."""
    choices: Any = None
    """The texts to choose among; None where the answer is generated."""
    score: Any = None
    """A method (sample, response) -> number, bool, None (unscored), or {"score", "scores", "prediction", "flags"}."""
    target: Any = None
    """The right answer; None: the sample's "target" or "answer". Without `score` it decides."""
    stops: Any = None
    max_tokens: Any = None
    id: Any = None
    subject: Any = None
    clusters: Any = None
    """What a sample shares with others, by kind: {"passage": "p1"}; None: the sample's "clusters"."""
    description: Any = None
    metric: Any = None
    metrics: Any = None
    version: Any = None

    def __init__(self, pointer: int = 0) -> None:
        super().__init__(pointer)
        self._is_defined = pointer != 0

    def samples(self) -> Sequence[Any]:
        """The samples, asked for once."""
        raise InvalidArgumentError("a task of yours is a subclass of Task with samples() and prompt(sample)")

    def prompt(self, sample: Any) -> str:
        """The text put to the model."""
        raise InvalidArgumentError("a task of yours is a subclass of Task with samples() and prompt(sample)")

    def info(self) -> dict[str, Any]:
        """Name, type, options with defaults filled in, sample count."""
        return _library.decode(_library.lib.gb_task_info(self._handle))

    def prompts(self, count: int = 0) -> list[dict[str, Any]]:
        """The first `count` prompts (0: all), for reading and checking."""
        count = _library.whole_number("count", count, 64)
        with self.raising():
            return json.loads(_library.take_string(_library.lib.gb_task_prompts, self._handle, count))

    def close(self) -> None:
        """Frees it now. Closing twice does nothing."""
        self._is_defined = True
        super().close()

    @property
    def _handle(self) -> int:
        if not self._is_defined:
            self._define()
        return Handle._handle.fget(self)  # type: ignore[attr-defined]

    def _define(self) -> None:
        self._samples = list(self.samples())
        description = {"name": self.name, "metric": self.metric, "metrics": self.metrics, "version": self.version}
        text = json.dumps({key: value for key, value in description.items() if value is not None})
        with self.raising():
            pointer = _library.define_task(self, text, len(self._samples), self.score is not None)
        super().__init__(pointer)
        self._is_defined = True

    def _of(self, sample: Any, key: str) -> Any:
        """What is said of a sample: by a method, a value, or the sample itself."""
        value = getattr(self, key)
        if callable(value):
            return value(sample)
        return value if value is not None or not isinstance(sample, dict) else sample.get(key)

    def _answer(self, question: str, index: int, response: Any) -> Any:
        """The answer to a callback of the library."""
        sample = self._samples[index]
        if question == "sample":
            target = self._of(sample, "target")
            if target is None and isinstance(sample, dict):
                target = sample.get("answer")
            document = {key: value for key, value in sample.items() if isinstance(value, (str, int, float, bool))} \
                if isinstance(sample, dict) else {"sample": str(sample)}
            return {"id": self._of(sample, "id"), "subject": self._of(sample, "subject"),
                    "clusters": self._of(sample, "clusters"), "target": target, "document": document}
        if question == "prompt":
            # The sample's own fields of these names are data; only the class says how it is asked.
            own = {key: value(sample) if callable(value := getattr(self, key)) else value
                   for key in ("choices", "stops", "max_tokens", "description")}
            own["continuations"] = own.pop("choices")
            return {"prompt": self.prompt(sample), **own}
        return self.score(sample, response)

    @contextlib.contextmanager
    def raising(self) -> Iterator[None]:
        """Turns the failure of a callback into the exception that was its cause."""
        self._error = None
        try:
            yield
            return
        except CallbackFailedError as failure:
            cause, self._error = self._error, None
            run = Run(failure.partial) if failure.partial else None
            failure.partial, failure.run = 0, run
            if cause is None:
                raise
            line = str(failure)
        _library.interrupts.clear()
        cause.run = run  # type: ignore[attr-defined]
        if hasattr(cause, "add_note"):
            cause.add_note(line)
        raise cause


def task(type: str, **options: Any) -> Task:
    """Loads a task: task("mmlu", subset="mathematics", shots=5). tasks() lists what there is."""
    specification = json.dumps({"type": type, **options}, allow_nan=False)
    pointer, _ = _library.take_handle(_library.lib.gb_load_task, _library.encode(specification))
    return Task(pointer)


def tasks() -> list[dict[str, Any]]:
    """The tasks there are: type, title, options."""
    return json.loads(_library.take_string(_library.lib.gb_task_catalogue))


@dataclasses.dataclass(frozen=True)
class Stats:
    """What a run measured, as fractions; None where there is too little to say it.

    Latencies, rates and memory have a median instead of a mean; the interval is then the median's.
    """

    count: int
    unscored: int
    mean: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    confidence_level: float
    median: float | None = None
    clusters: int | None = None
    """How many clusters the scored samples form; the error and the interval are by them. None: not asked for."""

    def __str__(self) -> str:
        if self.median is not None:
            interval = f" [{self.lower:.6g}, {self.upper:.6g}]" if self.lower is not None else ""
            return f"median {self.median:.6g}{interval} n={self.count}"
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
        return int(_library.lib.gb_run_count(self._handle))

    def sample(self, index: int) -> dict[str, Any]:
        """One sample, counted from 0."""
        if not 0 <= index < self.count():
            raise IndexError(f"sample {index} of a run with {self.count()}")
        return _library.decode(_library.lib.gb_run_sample(self._handle, index))

    def samples(self) -> Iterator[dict[str, Any]]:
        """Every sample, in order."""
        return (self.sample(index) for index in range(self.count()))

    def info(self) -> dict[str, Any]:
        """Model, task, options, counts, statistics, timings; without the samples."""
        return _library.decode(_library.lib.gb_run_info(self._handle))

    def stats(self, confidence_level: float = 0.95, metric: str | None = None, *, interval: str | None = None,
              clusters: str | None = None, replicates: int = 10_000, seed: int = 1234) -> Stats:
        """Mean, standard error and confidence interval of the scores.

        interval: "wilson" (scores of 0 and 1; their default), "student" (the default of others), "normal",
        "clopper_pearson", "jeffreys", "bootstrap". clusters="subject": samples of one subject stand or fall together.
        """
        raw = _library.stats(self._handle, confidence_level, metric, interval, clusters, replicates, seed)
        return Stats(
            count=raw.count,
            unscored=raw.unscored,
            mean=raw.mean if raw.has_mean else None,
            standard_error=raw.standard_error if raw.has_error else None,
            lower=raw.lower if raw.has_interval else None,
            upper=raw.upper if raw.has_interval else None,
            confidence_level=raw.confidence_level,
            median=raw.median if raw.has_median else None,
            clusters=raw.clusters if clusters is not None else None,
        )
