"""Sweeps: several models on several tasks, and their reports."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from . import _declarations, _library, signals
from .errors import SweepFailedError, error_of
from .handles import Handle, checked, using
from .models import Model
from .progress import Listener
from .tasks import Run, Task


class Comparisons(list[dict[str, Any]]):
    """Comparisons of runs, in pairs; prints as a table."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        super().__init__(found["comparisons"])
        self.left_out: list[dict[str, str]] = found["left_out"]
        self._table: str = found["table"]

    def __str__(self) -> str:
        return self._table


class Report(Handle):
    """The results of a sweep; made by sweep(). `cancelled` tells whether it stopped early."""

    _free = "gb_report_free"
    _made_by = "gb.sweep(plan) or gb.read_report(path)"
    cancelled = False

    @classmethod
    def _opened(cls, pointer: int, owner: Handle | None = None, *, cancelled: bool = False) -> Report:
        report = super()._opened(pointer, owner)
        report.cancelled = cancelled
        return report

    def _ask(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """call(pointer, ...), which may take long and has no callback."""

        def work() -> Any:
            with using(self) as pointer:
                return call(pointer, *arguments)

        return signals.interruptible(work)

    def _text(self, call: Callable[..., int], *arguments: Any) -> str:
        """The string that a function of the library returns for the report."""
        return self._ask(lambda pointer: _library.take_string(call, pointer, *arguments))

    def render(self, format: str = "table") -> str:
        """The report as "table", "terminal" (with colours), "markdown", "leaderboard", "summary", "json", "samples",
        "html", "csv" or "everything"."""
        return self._text(_library.lib.gb_report_render, _library.encode(format))

    def table(self, **axes: Any) -> str:
        """The report as a table for a terminal; or its main metrics with one axis of its runs as `rows` and another as `columns`:
        "model", "task", "run", or a key of a plan's model such as "quantization"."""
        if all(value is None for value in axes.values()):
            return self.render("table")
        return self._text(_library.lib.gb_report_pivot, _library.call_options("table", axes))

    def compare(self, other: Report | None = None, **options: Any) -> Comparisons:
        """Compares runs in pairs, sample by sample: with another report, those with the same samples; alone, its models with
        each other, or the runs that differ only in one axis, such as by="quantization", values=("none", "q4_0").

        The other options are those of compare(). Returns a list of dicts as from compare(), with run_number, and with holm and
        benjamini_hochberg, adjusted for all pairs. It prints as a table; left_out has the pairs that could not be compared.
        """
        given = _library.call_options("compare_reports", options)

        def call() -> str:
            with using(self) as one, contextlib.ExitStack() as stack:
                two = stack.enter_context(using(checked("other", other, Report))) if other is not None else None
                return _library.take_string(_library.lib.gb_compare_reports, one, two, given)

        return Comparisons(json.loads(signals.interruptible(call)))

    def write(self, folder: str | os.PathLike[str], *, force: bool = False) -> None:
        """Writes comprehensive_report.json, executive_summary.md, leaderboard.md, report.html, run_1_results.yaml, ... into a
        folder, which is created if needed. Another run's report there is an error unless `force` is True."""
        self._write(force, self._ask, _library.lib.gb_report_write, _library.encode(folder))

    def chart(self, name: str, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Draws one chart, such as "heatmap", into a file; its ending names the format: .svg, .png, .pdf, .csv. An existing
        file is replaced only with `force`."""
        self._write(force, self._ask, _library.lib.gb_report_chart, _library.encode(name), _library.encode(path))

    def charts(self, folder: str | os.PathLike[str], formats: Sequence[str] = ("svg",), *,
               force: bool = False) -> dict[str, Any]:
        """Draws every chart that has something to show into a folder: {"files": [...], "left_out": [...]}."""
        names = formats if isinstance(formats, str) else ",".join(_library.listed("formats", formats))
        return json.loads(self._write(force, self._text, _library.lib.gb_report_charts, _library.encode(folder),
                                      _library.encode(names)))

    def export(self, format: str, path: str | os.PathLike[str], *, force: bool = False) -> list[str]:
        """Writes the report for other programs: "json" or "csv" into a file, "lm-eval" into a folder. Returns the paths written."""
        return list(json.loads(self._write(force, self._text, _library.lib.gb_report_export, _library.encode(format),
                                           _library.encode(path))))

    def _write(self, force: bool, call: Callable[..., Any], *arguments: Any) -> Any:
        """A call that writes; with force it replaces existing files."""
        self._ask(_library.lib.gb_report_set_force, int(force))
        return call(*arguments)

    def runs(self) -> list[Run]:
        """The runs of the cells that did not fail; failures() has the others. They keep the report alive."""
        return [run for run in map(self._run, range(self._count())) if run is not None]

    def failures(self) -> dict[int, str]:
        """Why each failed cell has no run, by its place in the plan."""
        reasons = {}
        for index in range(self._count()):
            if self._run(index) is None:
                reasons[index] = _library.last_error()
        return reasons

    def _count(self) -> int:
        with using(self) as report:
            return int(_library.lib.gb_report_run_count(report))

    def _run(self, index: int) -> Run | None:
        with using(self) as report:
            pointer = _library.lib.gb_report_run(report, index)
            return Run._opened(pointer, self) if pointer else None


def read_report(path: str | os.PathLike[str]) -> Report:
    """A run: the latest of an output folder, "FOLDER#2" for its second, or what Report.write wrote."""
    text = _library.encode(path)
    return signals.interruptible(lambda: Report._opened(_library.take_handle(_library.lib.gb_report_read, text)[0]))


def history(folder: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The sweeps in the stores of a folder and of those in it, oldest first; read_report takes the `run` of each."""
    return list(json.loads(_library.read_string(_library.lib.gb_store_history, _library.encode(folder))))


class _Plan(Handle):
    _free = "gb_plan_free"
    own_tasks: "list[Task]" = []

    @property
    def _name(self) -> str:
        return "plan"


def _plan_tasks(tasks: Any) -> tuple[Any, list[Task]]:
    """The tasks as the plan has them, and the custom ones (of a subclass of Task)."""
    if isinstance(tasks, (str, Task)):
        tasks = [tasks]
    if not isinstance(tasks, (list, tuple)):
        return tasks, []
    own = [task for task in tasks if isinstance(task, Task)]
    for task in own:
        if type(task) is Task:
            raise error_of(-1, f"the task {task.info()['name']} goes into a plan as its options, "
                               'such as {"type": "mmlu", "shots": 5}')
    return [{"type": "callbacks", "name": task.name} if isinstance(task, Task) else task for task in tasks], own


def sweep(plan: Mapping[str, Any] | str | os.PathLike[str], *, output: str | os.PathLike[str] | None = None,
          cache: bool = True, force: bool = False, progress: Listener = None,
          on_sample: Callable[[dict[str, Any]], Any] | None = None,
          on_cell: Callable[[dict[str, Any]], Any] | None = None) -> Report:
    """Runs a plan: {"name": ..., "models": [{"path": ...}], "tasks": [{"type": "mmlu"}], "runs": 3, "output": "results"}.

    A model may also be just its path, and a task an object of a subclass of Task; a plan may be the path of a YAML or JSON
    file (docs/configuration.md). A cell that fails is in the report with its reason, and the others run; if every cell fails,
    SweepFailedError is raised, with the report as its `report`. With an output folder, responses are saved there as they come
    and the report is written: run the same sweep again to resume. Requests that an earlier sweep answered are taken from
    the user's response cache, unless `cache` is False. Another run's report in the folder, without a store, is an error
    unless `force` is True.

    `on_sample` is called with each scored sample and `on_cell` with each finished cell. Returning False from either, or from
    `progress`, stops the sweep; so does an exception, which is raised with the finished samples as its `report`.
    """
    watcher = _library.progress_callback(progress)
    hooks = {"on_sample": _library.record_callback("on_sample", on_sample), "on_cell": _library.record_callback("on_cell", on_cell)}
    with _plan(plan) as parsed:
        own = parsed.own_tasks
        options = _declarations.PlanOptions(progress=watcher.pointer, output=_library.encode_optional(output),
                                            flags=(0 if cache else _declarations.PLAN_NO_CACHE)
                                            | (_declarations.PLAN_FORCE if force else 0), task_count=len(own),
                                            **{name: hook.pointer for name, hook in hooks.items() if hook is not None})
        with using(parsed) as asked, _pointers(own) as options.tasks, signals.Deferred(watcher) as deferred:
            result, cancelled = _library.take_handle(_library.lib.gb_plan_run, asked, options)
    report = Report._opened(result, cancelled=cancelled) if result else None
    if (error := _library.first_error(deferred, watcher, *hooks.values())) is not None:
        error.report = report  # type: ignore[attr-defined]
        raise error
    if report is None:
        raise error_of(_library.CANCELLED, _library.last_error())
    if not cancelled:
        _check_cells(report, output)
    return report


def _check_cells(report: Report, output: Any) -> None:
    """Raises if every cell failed, so that a program does not end as if it had succeeded."""
    failures = report.failures()
    if not failures or len(failures) < report._count():
        return
    where = f" (report: {os.fspath(output)})" if output is not None else ""
    reasons = "; ".join(dict.fromkeys(failures.values()))
    cells = "the only cell" if len(failures) == 1 else f"all {len(failures)} cells"
    error = SweepFailedError(f"{cells} of the sweep failed{where}: {reasons}")
    error.report = report  # type: ignore[assignment]
    raise error


@contextlib.contextmanager
def _pointers(tasks: Sequence[Task]) -> Iterator[Any]:
    """The array of the pointers of tasks, for a call."""
    with contextlib.ExitStack() as stack:
        yield _library.handle_array([stack.enter_context(using(task)) for task in tasks])


def estimate(plan: Mapping[str, Any] | str | os.PathLike[str], *, progress: Listener = None) -> dict[str, Any]:
    """Estimates a plan without running it: the tokens of its cells, and its least, expected and greatest time."""
    watcher = _library.progress_callback(progress)
    with _plan(plan) as parsed, using(parsed) as asked, _pointers(parsed.own_tasks) as handles:
        options = _declarations.PlanOptions(progress=watcher.pointer, tasks=handles, task_count=len(parsed.own_tasks))
        return json.loads(_library.watched_string(watcher, _library.lib.gb_plan_estimate, asked, options))


def _plan(plan: Mapping[str, Any] | str | os.PathLike[str]) -> _Plan:
    """The plan of a file, or of a description."""
    if isinstance(plan, (str, os.PathLike)):
        pointer, _ = _library.take_handle(_library.lib.gb_plan_read, _library.encode(plan))
        return _Plan._opened(pointer)
    if not isinstance(plan, Mapping):
        raise TypeError(f"a plan is a dict with models and tasks, or the path of a file, not {type(plan).__name__}")
    description = dict(plan)
    tasks, own = _plan_tasks(description.get("tasks"))
    if tasks is not None:
        description["tasks"] = tasks
    pointer, _ = _library.take_handle(_library.lib.gb_plan_parse, _library.encode(_plan_text(description)))
    parsed = _Plan._opened(pointer)
    parsed.own_tasks = own
    return parsed


def _plan_text(plan: Mapping[str, Any]) -> str:
    """A plan as JSON, with paths of models written out."""
    description = dict(plan)
    if isinstance(description.get("models"), (str, os.PathLike)):
        description["models"] = [description["models"]]
    if isinstance(description.get("models"), (list, tuple)):
        for model in description["models"]:
            if isinstance(model, Model):
                raise TypeError('a sweep loads its models itself, one at a time: give their paths, such as "models/gemma-3-1b-it"')
        description["models"] = [
            {"path": os.fspath(model)} if isinstance(model, (str, os.PathLike)) else model
            for model in description["models"]
        ]
    try:
        return _library.to_json(description)
    except (TypeError, ValueError) as error:
        raise error_of(-1, f"the plan cannot be written as JSON: {error}") from None


def run_script(path: str | os.PathLike[str], arguments: Sequence[str] = (), *,
               output: Callable[[str], Any] | None = None, progress: Listener = None) -> None:
    """Runs a Lua script in the library's sandbox. What it prints goes to `output`, by default sys.stdout."""
    _library.run_script(path, arguments, output or sys.stdout.write, progress)
    if output is None:
        sys.stdout.flush()  # what cannot be written is an error here, and not lost
