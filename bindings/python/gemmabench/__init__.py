"""gemmabench: benchmarks of language models.

    import gemmabench as gb
    with gb.load_model("path/of/model") as model:
        run = model.run(gb.task("mmlu", subset="mathematics", shots=5), limit=20, progress=True)
    print(run.stats())
"""

import json as _json
from typing import Any as _Any

from . import _library
from .errors import (AccessDeniedError, CallbackFailedError, CancelledError, GemmaBenchError, InputOutputError,
                     InternalError, InvalidArgumentError, InvalidFileError, MissingFileError, NetworkError,
                     OutOfMemoryError, SweepFailedError, UnsupportedError)
from .hub import cached_data, cached_models, fetch_data, hub_identity, memory_estimate, pull, quantize, resolve
from .models import Model, load_model
from .progress import Event
from .statistics import adjust, compare, format_value, power
from .sweeps import Comparisons, Report, estimate, history, read_report, run_script, sweep
from .tasks import Run, Stats, Task, schema, task, tasks


def version() -> str:
    """The library's version."""
    return _library.lib.gb_version().decode()


def system_info() -> "dict[str, _Any]":
    """The machine and the build."""
    return _json.loads(_library.take_string(_library.lib.gb_system_info))


__all__ = [
    "AccessDeniedError", "CallbackFailedError", "CancelledError", "Comparisons", "Event", "GemmaBenchError", "InputOutputError",
    "InternalError", "InvalidArgumentError", "InvalidFileError", "MissingFileError", "Model", "NetworkError",
    "OutOfMemoryError", "Report", "Run", "Stats", "SweepFailedError", "Task", "UnsupportedError", "adjust", "cached_data", "cached_models", "compare",
    "estimate", "fetch_data", "format_value", "history", "hub_identity", "load_model", "memory_estimate", "power", "pull", "quantize", "read_report",
    "resolve", "run_script", "schema", "sweep", "system_info", "task", "tasks", "version",
]
