"""gemmabench: benchmarks of Gemma language models.

    import gemmabench as gb
    with gb.load_model("path/of/model") as model:
        run = model.run(gb.task("mmlu", subset="mathematics", shots=5), limit=20, progress=True)
    print(run.stats())
"""

import json as _json
from typing import Any as _Any

from . import _ffi
from .errors import (CallbackFailedError, CancelledError, GemmaBenchError, InputOutputError, InternalError,
                     InvalidArgumentError, InvalidFileError, MissingFileError, OutOfMemoryError, UnsupportedError)
from .models import Model, load_model
from .progress import Event
from .statistics import adjust, compare, power
from .sweeps import Report, read_report, run_script, sweep
from .tasks import Run, Stats, Task, task, tasks


def version() -> str:
    """The library's version."""
    return _ffi.lib.gb_version().decode()


def system_info() -> "dict[str, _Any]":
    """The machine and the build."""
    return _json.loads(_ffi.take_string(_ffi.lib.gb_system_info))


__all__ = [
    "CallbackFailedError", "CancelledError", "Event", "GemmaBenchError", "InputOutputError", "InternalError",
    "InvalidArgumentError", "InvalidFileError", "MissingFileError", "Model", "OutOfMemoryError", "Report", "Run",
    "Stats", "Task", "UnsupportedError", "adjust", "compare", "load_model", "power", "read_report", "run_script", "sweep",
    "system_info", "task", "tasks", "version",
]
