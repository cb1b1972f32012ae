"""The library, loaded and called: where it is, how values go in and come out, and how its errors are raised.

ctypes is imported here and in `_declarations` alone.
"""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import pathlib
import traceback
import weakref
from collections.abc import Callable, Sequence
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int32, c_size_t, c_uint32, c_void_p
from typing import Any

from ._declarations import (OUTPUT_CALLBACK, PROGRESS_CALLBACK, RECORD_CALLBACK, RELEASE_CALLBACK, SAMPLE_CALLBACK,
                            SCORE_CALLBACK, SIGNATURES, STATUS, TOKEN_CALLBACK, CompareOptions, LuaOptions,
                            PowerOptions, PullOptions, QuantizeOptions, StatsOptions, StatsResult, TaskCallbacks)
from .errors import CancelledError, GemmaBenchError, error_of
from .progress import Event

CANCELLED = CancelledError.status


def _check_status(status: int, function: Any, arguments: Any) -> int:
    """Raises for every status but success and cancellation, which can come with a partial result."""
    if status not in (0, CANCELLED):
        raise error_of(status, last_error())
    return status


def _open() -> ctypes.CDLL:
    """The library: $GEMMABENCH_LIBRARY, else beside this package, else where the loader finds it."""
    beside = pathlib.Path(__file__).parent / "libgemmabench.so"
    path = os.environ.get("GEMMABENCH_LIBRARY") or (str(beside) if beside.exists() else "libgemmabench.so.0")
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"libgemmabench cannot be loaded ({error}); install it with 'make install', "
                          "or set GEMMABENCH_LIBRARY to the path of libgemmabench.so") from None
    for name, (result, arguments) in SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
        if result is STATUS and name != "gb_status_name":
            function.errcheck = _check_status
    return library


lib = _open()


def last_error() -> str:
    return lib.gb_last_error().decode("utf-8", "replace")


def encode(text: str | os.PathLike[str]) -> bytes:
    """UTF-8 as C reads it: a zero byte inside would cut the text silently, so it is an error."""
    data = os.fspath(text).encode("utf-8", "surrogateescape")
    if b"\0" in data:
        raise error_of(-1, "the text has a zero byte, which the library cannot take")
    return data


def encode_optional(text: str | os.PathLike[str] | None) -> bytes | None:
    """UTF-8, or NULL for None."""
    return None if text is None else encode(text)


def decode(data: bytes | None) -> Any:
    """The value of a borrowed JSON text; NULL is the error that the library left."""
    if data is None:
        raise error_of(-1, last_error())
    return json.loads(data)


def take_string(call: Callable[..., int], *arguments: Any) -> str:
    """Calls a function that gives a string through its first parameter, and frees it."""
    out = c_void_p()
    call(byref(out), *arguments)
    try:
        return ctypes.string_at(out).decode("utf-8")
    finally:
        lib.gb_string_free(out)


def take_handle(call: Callable[..., int], *arguments: Any) -> tuple[int, bool]:
    """Calls a function that gives a handle through its first parameter: the handle, and whether it was cancelled."""
    out = c_void_p()
    try:
        status = call(byref(out), *arguments)
    except GemmaBenchError as error:
        error.partial = out.value or 0  # a run that a task's callback ended comes with what was done
        raise
    return out.value or 0, status == CANCELLED


def int32_array(values: Sequence[int]) -> Any:
    for value in values:
        if not isinstance(value, int) or not -2**31 <= value < 2**31:
            raise error_of(-1, f"{value!r} is not a token id")
    return (c_int32 * max(1, len(values)))(*values)


def uint32_array(values: Sequence[int]) -> Any:
    return (c_uint32 * max(1, len(values)))(*values)


def float_array(count: int) -> Any:
    return (c_float * max(1, count))()


def tokenize(model: int, text: str, bos: bool) -> list[int]:
    tokens, count = POINTER(c_int32)(), c_size_t()
    lib.gb_tokenize(byref(tokens), byref(count), model, encode(text), int(bos))
    try:
        return tokens[:count.value]
    finally:
        lib.gb_tokens_free(tokens)


def string_array(texts: Sequence[str]) -> Any:
    return (c_char_p * max(1, len(texts)))(*[encode(text) for text in texts])


# Ctrl-C and the like that came while a task of one's own was asked: the next callback ends the call with it.
interrupts: list[BaseException] = []


class Callback:
    """Carries an exception over the library: an error in the function cancels the call, and `check` raises it again.

    A callback is installed even where nobody listens: it is what lets Python see Ctrl-C during a long call.
    """

    def __init__(self, kind: Any, function: Callable[..., Any] | None) -> None:
        self.error: BaseException | None = None
        self.function = function
        self.pointer = kind(self._call)

    def _call(self, *arguments: Any) -> int:
        if interrupts:
            self.error = self.error or interrupts.pop()
        try:
            if self.error is None and self.function is not None:
                return int(self.function(*arguments) is False)
            return int(self.error is not None)
        except BaseException as error:  # KeyboardInterrupt too: nothing may be lost on the way through the library
            self.error = error
            return 1

    def check(self) -> None:
        if self.error is not None:
            error, self.error = self.error, None
            raise error


def progress_callback(listener: Callable[[Any], Any] | None) -> Callback:
    """A gb_progress_callback that gives `listener` a copy of each progress, as keyword values of `Event`."""

    def receive(pointer: Any, _: Any) -> Any:
        raw = pointer.contents
        return listener(Event(  # type: ignore[misc]
            stage=(raw.stage or b"").decode("utf-8", "replace"),
            message=(raw.message or b"").decode("utf-8", "replace"),
            completed=raw.completed, total=raw.total or None, score=raw.score if raw.scored else None,
            scored=raw.scored, lower=raw.lower if raw.has_interval else None,
            upper=raw.upper if raw.has_interval else None, cell=raw.cell or None, cells=raw.cells or None,
            found=raw.found, seconds_left=raw.seconds_left if raw.has_seconds_left else None))

    return Callback(PROGRESS_CALLBACK, receive if listener else None)


def record_callback(hook: Callable[[Any], Any] | None) -> Callback | None:
    """A gb_record_callback that gives `hook` each record; None where there is none."""
    return Callback(RECORD_CALLBACK, lambda text, _: hook(json.loads(text))) if hook else None


# Tasks of one's own by the user data of their callbacks. Weak: whoever runs a task holds it.
_own_tasks: dict[int, weakref.ref[Any]] = {}
_own_task_numbers = itertools.count(1)


def _describe(error: BaseException) -> str:
    """Where an exception comes from and what it says, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}: " if frames else ""
    text = f": {error}" if str(error) else ""
    return f"{place}{type(error).__name__}{text}".replace("\0", " ")


def _answer(question: str, reply: int, index: int, number: int, response: bytes | None = None) -> int:
    reference = _own_tasks.get(number)
    task = reference() if reference else None
    try:
        if task is None:
            raise ReferenceError("the task object is gone")
        answer = task._answer(question, index, None if response is None else json.loads(response))
        lib.gb_reply_set(reply, encode(json.dumps(answer, allow_nan=False)))
        return 0
    except BaseException as error:  # nothing may be lost on the way through the library
        if task is not None:
            task._error = error
        if not isinstance(error, Exception):
            interrupts.append(error)
        lib.gb_reply_set(reply, _describe(error).encode("utf-8", "replace"))
        return 1


# One set of functions for all tasks: they must live as long as any of them.
_on_sample = SAMPLE_CALLBACK(lambda reply, index, number: _answer("sample", reply, index, number))
_on_prompt = SAMPLE_CALLBACK(lambda reply, index, number: _answer("prompt", reply, index, number))
_on_score = SCORE_CALLBACK(lambda reply, index, response, number: _answer("score", reply, index, number, response))
_on_release = RELEASE_CALLBACK(lambda number: _own_tasks.pop(number, None) and None)


def define_task(task: Any, description: str, count: int, has_score: bool) -> int:
    """gb_define_task with callbacks that ask task._answer(question, index, response)."""
    number = next(_own_task_numbers)
    _own_tasks[number] = weakref.ref(task)
    callbacks = TaskCallbacks(description=encode(description), sample_count=count, sample=_on_sample,
                              prompt=_on_prompt, release=_on_release, user_data=number)
    if has_score:
        callbacks.score = _on_score
    try:
        return take_handle(lib.gb_define_task, callbacks)[0]
    except BaseException:
        _own_tasks.pop(number, None)
        raise


def handle_array(handles: Sequence[int]) -> Any:
    return (c_void_p * max(1, len(handles)))(*handles)


def token_callback(listener: Callable[[int, str], Any] | None) -> Callback:
    """A gb_token_callback."""

    def receive(token: int, text: bytes, _: Any) -> Any:
        return listener(token, (text or b"").decode("utf-8", "replace"))  # type: ignore[misc]

    return Callback(TOKEN_CALLBACK, receive if listener else None)


def run_script(path: str | os.PathLike[str], arguments: Sequence[str], output: Callable[[str], Any],
               progress: Callable[[Any], Any] | None) -> None:
    """gb_run_lua_file"""
    watcher = progress_callback(progress)

    def receive(text: int, length: int, _: Any) -> None:
        # An output callback cannot cancel, so its error waits for the next look at the progress.
        try:
            output(ctypes.string_at(text, length).decode("utf-8", "replace"))
        except BaseException as error:
            watcher.error = watcher.error or error

    words = string_array(arguments)
    sink = OUTPUT_CALLBACK(receive)
    options = LuaOptions(argument_count=len(arguments), arguments=words, output=sink, progress=watcher.pointer)
    try:
        status = lib.gb_run_lua_file(encode(path), byref(options))
    finally:
        watcher.check()
    if status == CANCELLED:
        raise error_of(CANCELLED, last_error())


def pull(model: str, revision: str | None, cache_dir: str | os.PathLike[str] | None, include: Sequence[str],
         progress: Callable[[Any], Any] | None) -> str:
    """gb_pull_model"""
    watcher = progress_callback(progress)
    options = PullOptions(revision=encode_optional(revision), cache_dir=encode_optional(cache_dir),
                          include=string_array(include), include_count=len(include), progress=watcher.pointer)
    return _watched_string(watcher, lib.gb_pull_model, encode(model), byref(options))


def quantize(model: str | os.PathLike[str], output: str | os.PathLike[str], kind: str, threads: int,
             cache_dir: str | os.PathLike[str] | None, progress: Callable[[Any], Any] | None) -> str:
    """gb_quantize_model"""
    watcher = progress_callback(progress)
    options = QuantizeOptions(threads=whole_number("threads", threads), type=encode(kind),
                              cache_dir=encode_optional(cache_dir), progress=watcher.pointer)
    return _watched_string(watcher, lib.gb_quantize_model, encode(model), encode(output), byref(options))


def _watched_string(watcher: Callback, function: Callable[..., int], *arguments: Any) -> str:
    """The string of a long call, which its progress callback may cancel."""
    out = c_void_p()
    try:
        status = function(byref(out), *arguments)
    finally:
        watcher.check()
    if status == CANCELLED:
        raise error_of(CANCELLED, last_error())
    try:
        return ctypes.string_at(out).decode("utf-8")
    finally:
        lib.gb_string_free(out)


def whole_number(name: str, value: int, bits: int = 32) -> int:
    """ctypes would cut a number that does not fit; here it is an error."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**bits:
        raise error_of(-1, f"{name} must be a whole number from 0 to 2^{bits} - 1, not {value!r}")
    return value


def _text(value: str | None) -> bytes | None:
    return None if value is None else encode(value)


def stats(run: int, confidence_level: float, metric: str | None, interval: str | None, clusters: str | None,
          replicates: int, seed: int) -> StatsResult:
    result = StatsResult()
    options = StatsOptions(confidence_level=confidence_level, metric=_text(metric), interval=_text(interval),
                           clusters=_text(clusters), replicates=whole_number("replicates", replicates, 64),
                           seed=whole_number("seed", seed, 64))
    lib.gb_stats(byref(result), run, byref(options))
    return result


def compare(first: int, second: int, confidence_level: float, margin: float, metric: str | None,
            clusters: str | None, replicates: int, seed: int) -> str:
    options = CompareOptions(confidence_level=confidence_level, margin=margin, metric=_text(metric),
                             clusters=_text(clusters), replicates=whole_number("replicates", replicates, 64),
                             seed=whole_number("seed", seed, 64))
    return take_string(lib.gb_compare, first, second, byref(options))


def adjust(probabilities: Sequence[float], method: str) -> list[float]:
    count = len(probabilities)
    given = (c_double * max(1, count))(*probabilities)
    adjusted = (c_double * max(1, count))()
    lib.gb_adjust(adjusted, given, count, encode(method))
    return list(adjusted)[:count]


def power(design: str, runs: int, items: int, **numbers: float) -> str:
    options = PowerOptions(design=encode(design), runs=whole_number("runs", runs),
                           items=whole_number("items", items, 64), **numbers)
    return take_string(lib.gb_power, byref(options))
