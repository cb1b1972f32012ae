"""Tasks and their runs."""

from __future__ import annotations

import contextlib
import copy
import json
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import _library, signals
from .errors import CallbackFailedError, InvalidArgumentError
from .handles import Handle, using


# What an object of a task keeps of the library.
_OF_THE_LIBRARY = frozenset({"_resource", "_owner", "_is_defined", "_samples", "_error"})


class Task(Handle):
    """A benchmark with its data: made by task(), or a subclass of yours.

    A subclass defines `name`, `samples()` and `prompt(sample)`, and any of the other attributes:

        class Capitals(gb.Task):
            name = "capitals"
            def samples(self): return [{"question": "Capital of France?", "answer": "Paris"}]
            def prompt(self, sample): return f"Question: {sample['question']}\\nAnswer:"
            def score(self, sample, response): return sample["answer"] in response["text"]

    `choices`, `target`, `stop`, `max_tokens`, `id`, `subject` and `clusters` may be values or methods of a sample. The
    methods run on the thread that runs the task; an exception in one ends the run and is raised, with the finished samples as its `run`.
    """

    _free = "gb_task_free"
    _made_by = 'gb.task("mmlu", shots=5), or a subclass of Task,'
    # Of a subclass: whether it was put to use; its __init__ owes the base nothing.
    _is_defined = False
    _error: BaseException | None = None

    name: Any = ""
    """The name in reports."""
    choices: Any = None
    """The texts to choose among; None if the response is generated."""
    score: Any = None
    """A method (sample, response) -> number, bool, None (unscored), or {"score", "scores", "prediction", "flags"}."""
    target: Any = None
    """The right answer; None: the sample's "target" or "answer". Without `score`, responses are compared with it."""
    stop: Any = None
    """Texts that end a generation; `stops` is its older name."""
    stops: Any = None
    max_tokens: Any = None
    id: Any = None
    subject: Any = None
    clusters: Any = None
    """The clusters of a sample, by kind: {"passage": "p1"}; None: the sample's "clusters"."""
    description: Any = None
    metric: Any = None
    metrics: Any = None
    version: Any = None
    repeats: Any = None
    """Responses to each sample, each sampled anew; more than 1 need a `temperature`."""
    temperature: Any = None
    top_k: Any = None
    top_p: Any = None
    sampling_seed: Any = None

    def __init__(self, *values: Any, **named: Any) -> None:
        if values or named:
            super().__init__()

    def samples(self) -> Sequence[Any]:
        """The samples; called once."""
        raise InvalidArgumentError("a custom task is a subclass of Task that defines samples() and prompt(sample)")

    def prompt(self, sample: Any) -> str:
        """The prompt of a sample."""
        raise InvalidArgumentError("a custom task is a subclass of Task that defines samples() and prompt(sample)")

    def info(self) -> dict[str, Any]:
        """Name, type, options with defaults filled in, sample count."""
        with using(self) as task:
            return _library.decode(_library.lib.gb_task_info(task))

    def prompts(self, count: int = 0) -> list[dict[str, Any]]:
        """The first `count` prompts (0: all), for reading and checking."""
        count = _library.whole_number("count", count, 64)
        with using(self) as task, signals.Deferred() as deferred, self.raising():
            text = _library.take_string(_library.lib.gb_task_prompts, task, count)
        if deferred.error is not None:
            raise deferred.error
        return json.loads(text)

    def close(self) -> None:
        """Frees it now. Closing twice does nothing."""
        self._is_defined = True
        super().close()

    def _enter(self) -> int:
        if not self._is_defined:
            self._define()
        return super()._enter()

    # A custom task is code and data: its copy, here or in another process, is a separate task.
    def __reduce_ex__(self, protocol: Any) -> Any:
        if type(self) is Task:
            self._refuse_copy()
        return object.__reduce_ex__(self, protocol)

    def __copy__(self) -> Task:
        if type(self) is Task:
            self._refuse_copy()
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__getstate__())
        return copied

    def __deepcopy__(self, memo: Any) -> Task:
        copied = self.__copy__()
        copied.__dict__.update(copy.deepcopy(self.__getstate__(), memo))
        return copied

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in _OF_THE_LIBRARY}

    def _define(self) -> None:
        self._samples = list(self.samples())
        description = {key: getattr(self, key) for key in (
            "name", "metric", "metrics", "version", "repeats", "temperature", "top_k", "top_p", "sampling_seed")}
        text = _library.to_json({key: value for key, value in description.items() if value is not None})
        with self.raising():
            pointer = _library.define_task(self, text, len(self._samples), self.score is not None)
        self._own(pointer)
        self._is_defined = True

    def _of(self, sample: Any, key: str) -> Any:
        """An attribute of a sample: from a method, a value, or the sample itself."""
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
            document = {key: value for key, value in sample.items()
                        if isinstance(value, (str, int, float, bool)) or hasattr(value, "__index__")} \
                if isinstance(sample, dict) else {"sample": str(sample)}
            return {"id": self._of(sample, "id"), "subject": self._of(sample, "subject"),
                    "clusters": self._of(sample, "clusters"), "target": target, "document": document}
        if question == "prompt":
            # The sample's own fields of these names are data; only the class configures the request.
            own = {key: value(sample) if callable(value := getattr(self, key)) else value
                   for key in ("choices", "stop", "stops", "max_tokens", "description")}
            older = own.pop("stops")
            own["stop"] = older if own["stop"] is None else own["stop"]
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
            run = Run._opened(failure.partial) if failure.partial else None
            failure.partial, failure.run = 0, run
            if cause is None:
                raise
            line = str(failure)
        _library.interrupts.errors.clear()
        cause.run = run  # type: ignore[attr-defined]
        if hasattr(cause, "add_note"):
            cause.add_note(line)
        raise cause


def task(type: str | Mapping[str, Any], **options: Any) -> Task:
    """Loads a task: task("mmlu", subset="mathematics", shots=5), or task({"type": "mmlu", "shots": 5}), as in a plan.
    tasks() lists the available ones."""
    if isinstance(type, Mapping):
        options = {**type, **options}
        type = options.pop("type", None)
    if not isinstance(type, str):
        raise TypeError(f'the name of a task must be a text such as "mmlu", not {type.__class__.__name__}: {type!r}')
    specification = _library.encode(_library.to_json({"type": type, **options}))

    def call() -> Task:
        loaded = Task._opened(_library.take_handle(_library.lib.gb_load_task, specification)[0])
        loaded._is_defined = True
        return loaded

    return signals.interruptible(call)


def as_task(given: Any) -> Task:
    """The task that a caller means: an object, a name, or a description as in a plan."""
    if isinstance(given, Task):
        return given
    if isinstance(given, str):
        return task(given)
    if isinstance(given, Mapping) and isinstance(given.get("type"), str):
        return task(given)
    raise TypeError('a task is gb.task("mmlu", shots=5), the object of a subclass of gb.Task, "mmlu", or '
                    f'{{"type": "mmlu", "shots": 5}}, not {given.__class__.__name__}: {given!r}')


def tasks() -> list[dict[str, Any]]:
    """The available tasks: type, title, options."""
    return json.loads(_library.take_string(_library.lib.gb_task_catalogue))


def schema() -> dict[str, Any]:
    """Every option, with type, default, choices, aliases and help: of a "plan", of its "model" entries, of "tasks", and of
    "calls" by their name."""
    return json.loads(_library.take_string(_library.lib.gb_schema))


class Stats(types.SimpleNamespace):
    """The statistics of a run, in the metric's unit (shares as fractions); None if there are too few samples.

    Latencies, rates and memory have a median instead of a mean; the interval is then the median's. vars(stats) is the whole
    result as a dict.
    """

    metric: str
    unit: str
    higher_is_better: bool
    count: int
    unscored: int
    mean: float | None
    median: float | None
    standard_error: float | None
    lower: float | None
    upper: float | None
    confidence_level: float
    clusters: int | None
    """Number of clusters of the scored samples, which the error and the interval are computed by. None: not requested."""
    statistics: dict[str, dict[str, Any]]
    """Further statistics that options request, by name, such as "trimmed_mean"."""
    sampling_variance: float | None = None
    """Variance of one response's score about its sample's mean, for `power`. None: a single response to each sample."""
    sampling_share: float | None = None
    """Its share of the variance of one response's score."""

    def __str__(self) -> str:
        value = self.mean if self.median is None else self.median
        if value is None:
            return f"no mean: none of {self.count} samples was scored"
        word = "" if self.median is None else "median "
        interval = " (no interval)"
        if self.lower is not None and self.upper is not None:
            interval = f" [{self._text(self.lower)}, {self._text(self.upper)}]"
        unscored = f", {self.unscored} unscored" if self.unscored else ""
        return f"{word}{self._text(value)}{interval} n={self.count}{unscored}"

    def _text(self, value: float) -> str:
        return f"{value:.3f}" if self.unit == "fraction" else _library.format_value(value, self.unit)


class Run(Handle):
    """A task run on a model. `cancelled` tells whether it stopped early."""

    _free = "gb_run_free"
    _made_by = "model.run(task) or report.runs()"
    cancelled = False

    @classmethod
    def _opened(cls, pointer: int, owner: Handle | None = None, *, cancelled: bool = False) -> Run:
        run = super()._opened(pointer, owner)
        run.cancelled = cancelled
        return run

    def count(self) -> int:
        """How many samples it holds."""
        with using(self) as run:
            return int(_library.lib.gb_run_count(run))

    def sample(self, index: int) -> dict[str, Any]:
        """One sample, counted from 0."""
        index = _library.integer("index", index)
        if not 0 <= index < self.count():
            raise IndexError(f"sample {index} of a run with {self.count()}")
        with using(self) as run:
            return _library.decode(_library.lib.gb_run_sample(run, index))

    def samples(self) -> Iterator[dict[str, Any]]:
        """Every sample, in order."""
        return (self.sample(index) for index in range(self.count()))

    def info(self) -> dict[str, Any]:
        """Model, task, options, counts, statistics, timings; without the samples."""
        with using(self) as run:
            return _library.decode(_library.lib.gb_run_info(run))

    def stats(self, confidence_level: float | None = None, metric: str | None = None, **options: Any) -> Stats:
        """Mean, standard error and confidence interval of the scores.

        Options are interval ("wilson", for scores of 0 and 1 and their default; "student", the default of others; "normal",
        "clopper_pearson", "jeffreys", "bootstrap"), clusters ("subject": samples of one subject form one cluster), replicates
        and seed, and those that add further statistics, such as trim (docs/options.md).
        """
        given = _library.call_options("stats", {"confidence_level": confidence_level, "metric": metric, **options})

        def call() -> str:
            with using(self) as run:
                return _library.take_string(_library.lib.gb_stats, run, given)

        return Stats(**json.loads(signals.interruptible(call)))
