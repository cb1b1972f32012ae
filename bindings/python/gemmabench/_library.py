"""The library, loaded and called: where it is, how values go in and come out, and how its errors are raised.

ctypes is imported here and in `_declarations` alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import itertools
import json
import math
import operator
import os
import pathlib
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Mapping, Sequence
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int32, c_size_t, c_uint32, c_void_p
from typing import Any

from ._declarations import (LINE_NOTEBOOK, OUTPUT_CALLBACK, PROGRESS_CALLBACK, RECORD_CALLBACK, RELEASE_CALLBACK, SAMPLE_CALLBACK,
                            SCORE_CALLBACK, SIGNATURES, STATUS, TOKEN_CALLBACK, CHAT_CALLBACK, LuaOptions,
                            PullOptions, QuantizeOptions, TaskCallbacks)
from .errors import CancelledError, GemmaBenchError, error_of
from . import signals
from .progress import Event, Listener

CANCELLED = CancelledError.status


def _check_status(status: int, function: Any, arguments: Any) -> int:
    """Raises for every status but success and cancellation, which can come with a partial result."""
    if status not in (0, CANCELLED):
        raise error_of(status, last_error())
    return status


def _places() -> list[pathlib.Path]:
    """Where the library may be: beside this package; in the prefix or source tree that the package is in; in the prefixes of
    Python, of the user, and of the machine.
    """
    package = pathlib.Path(__file__).resolve().parent
    name = "libgemmabench.so"
    places = [package / name]
    if package.parent.parent.name == "gemmabench":  # PREFIX/share/gemmabench/python/gemmabench
        places.append(package.parents[3] / "lib" / name)
    if package.parts[-3:] == ("bindings", "python", "gemmabench"):
        places.append(package.parents[2] / ".build-dist/release" / name)
    places.append(pathlib.Path(sys.prefix) / "lib" / name)
    with contextlib.suppress(RuntimeError):  # nobody's home is known
        places.append(pathlib.Path.home() / ".local/lib" / name)
    return [*places, pathlib.Path("/usr/local/lib") / name]


def _open() -> ctypes.CDLL:
    """The library: $GEMMABENCH_LIBRARY, else the first of `_places` that exists, else where the loader finds it."""
    path = os.environ.get("GEMMABENCH_LIBRARY") or next((str(place) for place in _places() if place.exists()),
                                                        "libgemmabench.so.0")
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"libgemmabench cannot be loaded ({error}); install it with 'make install', "
                          "or set GEMMABENCH_LIBRARY to the path of libgemmabench.so") from None
    for name, (result, arguments) in SIGNATURES.items():
        function = getattr(library, name, None)
        if function is None:
            raise ImportError(f"{path} is of another version than this package: it has no {name}; install both again, "
                              "or set GEMMABENCH_LIBRARY to the path of the right library")
        function.restype, function.argtypes = result, arguments
        if result is STATUS and name != "gb_status_name":
            function.errcheck = _check_status
    return library


lib = _open()


def last_error() -> str:
    return lib.gb_last_error().decode("utf-8", "replace")


def encode(text: str | os.PathLike[str]) -> bytes:
    """UTF-8 as C reads it: a zero byte inside would cut the text silently, so it is an error."""
    if isinstance(text, os.PathLike):
        text = os.fspath(text)
    if not isinstance(text, str):
        raise TypeError(f"a text is needed, not {type(text).__name__}: {text!r}"
                        + ("; decode it first" if isinstance(text, bytes) else ""))
    data = text.encode("utf-8", "surrogateescape")
    if b"\0" in data:
        raise error_of(-1, "the text has a zero byte, which the library cannot read")
    return data


def encode_optional(text: str | os.PathLike[str] | None) -> bytes | None:
    """UTF-8, or NULL for None."""
    return None if text is None else encode(text)


def to_json(value: Any) -> str:
    """A description as JSON; numbers and arrays of numpy and paths of pathlib are converted."""
    return json.dumps(value, allow_nan=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "__index__"):
        return operator.index(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "__float__"):
        return float(value)
    raise TypeError(f"{value!r} is a {type(value).__name__}, which cannot be written as JSON")


def decode(data: bytes | None) -> Any:
    """The value of a borrowed JSON text; NULL is the error that the library left."""
    if data is None:
        raise error_of(-1, last_error())
    return json.loads(data)


def read_string(call: Callable[..., int], *arguments: Any) -> str:
    """`take_string` of a call on no handle that has no callback and may take its time: Ctrl-C is raised meanwhile."""
    return signals.interruptible(take_string, call, *arguments)


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


def token_array(name: str, values: Sequence[int]) -> tuple[Any, int]:
    """Token ids as C has them, and how many."""
    if isinstance(values, (str, bytes)):
        raise TypeError(f"{name} must be a list of token ids, not a text; model.tokenize(text) gives them")
    tokens = [integer(name, value) for value in listed(name, values)]
    for token in tokens:
        if not -2**31 <= token < 2**31:
            raise error_of(-1, f"{name}: {token!r} is not a token id")
    return (c_int32 * max(1, len(tokens)))(*tokens), len(tokens)


def listed(name: str, values: Any) -> list[Any]:
    """The values of a list or another sequence, but not of a text."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"{name} must be a list, not {type(values).__name__}: {values!r}")
    return list(values)


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
    """Texts as C has them; keep the array as long as they are read."""
    return (c_char_p * max(1, len(texts)))(*[encode(text) for text in texts])


class _Interrupts(threading.local):
    """SystemExit and Ctrl-C raised in a callback of a custom task, on this thread: the next callback ends the call with it."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []


interrupts = _Interrupts()


class Callback:
    """Carries an exception over the library: an error in the function cancels the call, and `first_error` finds it again.

    A callback is installed even where nobody listens: it is what lets Python see Ctrl-C during a long call.
    """

    def __init__(self, kind: Any, function: Callable[..., Any] | None, line: Line | None = None) -> None:
        self.error: BaseException | None = None
        self.function = function
        self.line = line
        self.pointer = kind(self._call)

    def _call(self, *arguments: Any) -> int:
        if signals.of_threads.is_ending:
            return 1
        try:
            self.error = self.error or signals.pending() or (interrupts.errors.pop() if interrupts.errors else None)
            if self.error is None and self.function is not None:
                with signals.callers_code():
                    return int(self.function(*arguments) is False)
            return int(self.error is not None)
        except BaseException as error:  # whatever it is: nothing may be lost on the way through the library
            self.error = self.error or error
            return 1

    def end(self) -> None:
        """The call has ended, and with it the line that was drawn of it."""
        if self.line is not None:
            self.line.end()


class Line:
    """The line of progress on sys.stderr: the library says what to write, for a terminal, a notebook, or a pipe."""

    def __init__(self) -> None:
        self._stream = sys.stderr
        try:
            descriptor = self._stream.fileno()
        except (AttributeError, OSError, ValueError):
            descriptor = -1
        ipython = sys.modules.get("IPython")
        is_notebook = ipython is not None and hasattr(ipython.get_ipython(), "kernel")
        self._pointer, _ = take_handle(lib.gb_progress_line_open, descriptor, LINE_NOTEBOOK if is_notebook else 0)
        weakref.finalize(self, lib.gb_progress_line_free, self._pointer)

    def show(self, progress: Any) -> None:
        self._write(lib.gb_progress_line_show(self._pointer, progress))

    def end(self) -> None:
        self._write(lib.gb_progress_line_end(self._pointer))

    def _write(self, text: bytes | None) -> None:
        if text and self._stream is not None:
            self._stream.write(text.decode("utf-8", "replace"))
            self._stream.flush()


def first_error(deferred: signals.Deferred, *callbacks: Callback | None) -> BaseException | None:
    """What ended a call: a signal, or the error of a callback."""
    for error in (deferred.error, *(callback.error for callback in callbacks if callback is not None)):
        if error is not None:
            interrupts.errors.clear()
            return error
    return None


def progress_callback(listener: Listener) -> Callback:
    """A gb_progress_callback that gives `listener` a copy of each progress, as keyword values of `Event`, or draws it."""
    if listener is True:
        line = Line()
        return Callback(PROGRESS_CALLBACK, lambda pointer, _: line.show(pointer), line)
    if listener is None or listener is False:
        return Callback(PROGRESS_CALLBACK, None)
    if not callable(listener):
        raise TypeError(f"progress must be True or a function, not {type(listener).__name__}: {listener!r}")

    def receive(pointer: Any, _: Any) -> Any:
        raw = pointer.contents
        return listener(Event(
            stage=(raw.stage or b"").decode("utf-8", "replace"),
            message=(raw.message or b"").decode("utf-8", "replace"),
            completed=raw.completed, total=raw.total or None, score=raw.score if raw.scored else None,
            scored=raw.scored, lower=raw.lower if raw.has_interval else None,
            upper=raw.upper if raw.has_interval else None, cell=raw.cell or None, cells=raw.cells or None,
            found=raw.found, seconds_left=raw.seconds_left if raw.has_seconds_left else None,
            prompt_tokens=raw.prompt_tokens, generated_tokens=raw.generated_tokens))

    return Callback(PROGRESS_CALLBACK, receive)


def record_callback(name: str, hook: Callable[[Any], Any] | None) -> Callback | None:
    """A gb_record_callback that gives `hook` each record; None where there is none."""
    if hook is None:
        return None
    if not callable(hook):
        raise TypeError(f"{name} must be a function, not {type(hook).__name__}: {hook!r}")
    return Callback(RECORD_CALLBACK, lambda text, _: hook(json.loads(text)))


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
        ending = signals.pending() or (interrupts.errors[0] if interrupts.errors else None)
        if ending is not None:  # the task is not called again
            lib.gb_reply_set(reply, _describe(ending).encode("utf-8", "replace"))
            return 1
        with signals.callers_code():
            answer = task._answer(question, index, None if response is None else json.loads(response))
        lib.gb_reply_set(reply, encode(to_json(answer)))
        return 0
    except BaseException as error:  # nothing may be lost on the way through the library
        if task is not None:
            task._error = error
        if not isinstance(error, Exception):
            interrupts.errors.append(error)
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

    if listener is None:
        return Callback(TOKEN_CALLBACK, None)
    if not callable(listener):
        raise TypeError(f"on_token must be a function, not {type(listener).__name__}: {listener!r}")
    return Callback(TOKEN_CALLBACK, lambda token, text, _: listener(token, (text or b"").decode("utf-8", "replace")))


def chat_callback(listener: Callable[[str, str], Any] | None) -> Callback:
    """A gb_chat_callback."""

    if listener is None:
        return Callback(CHAT_CALLBACK, None)
    if not callable(listener):
        raise TypeError(f"on_text must be a function, not {type(listener).__name__}: {listener!r}")
    return Callback(CHAT_CALLBACK, lambda text, part, _: listener((text or b"").decode("utf-8", "replace"),
                                                                  (part or b"").decode()))


def run_script(path: str | os.PathLike[str], arguments: Sequence[str], output: Callable[[str], Any],
               progress: Listener) -> None:
    """gb_run_lua_file"""
    watcher = progress_callback(progress)

    def receive(text: int, length: int, _: Any) -> None:
        # An output callback cannot cancel, so its error waits for the next look at the progress.
        try:
            watcher.end()
            with signals.callers_code():
                output(ctypes.string_at(text, length).decode("utf-8", "replace"))
        except BaseException as error:
            watcher.error = watcher.error or error

    words = string_array(listed("arguments", arguments))
    sink = OUTPUT_CALLBACK(receive)
    options = LuaOptions(argument_count=len(arguments), arguments=words, output=sink, progress=watcher.pointer)
    script = encode(path)
    with signals.Deferred(watcher) as deferred:
        try:
            status = lib.gb_run_lua_file(script, byref(options))
        except GemmaBenchError:
            if watcher.error is not None:
                raise watcher.error from None
            raise
    if (error := first_error(deferred, watcher)) is not None:
        raise error
    if status == CANCELLED:
        raise error_of(CANCELLED, last_error())


def pull(model: str, revision: str | None, cache_dir: str | os.PathLike[str] | None, include: Sequence[str],
         progress: Listener) -> str:
    """gb_pull_model"""
    watcher = progress_callback(progress)
    options = PullOptions(revision=encode_optional(revision), cache_dir=encode_optional(cache_dir),
                          include=string_array(include), include_count=len(include), progress=watcher.pointer)
    return watched_string(watcher, lib.gb_pull_model, encode(model), byref(options))


def fetch_data(name: str, options: bytes | None, progress: Listener) -> str:
    """gb_fetch_data"""
    watcher = progress_callback(progress)
    return watched_string(watcher, lib.gb_fetch_data, encode(name), options, watcher.pointer, None)


def quantize(model: str | os.PathLike[str], output: str | os.PathLike[str], kind: str, threads: int,
             cache_dir: str | os.PathLike[str] | None, force: bool, progress: Listener) -> str:
    """gb_quantize_model"""
    watcher = progress_callback(progress)
    options = QuantizeOptions(threads=whole_number("threads", threads), type=encode(kind),
                              cache_dir=encode_optional(cache_dir), force=int(force), progress=watcher.pointer)
    return watched_string(watcher, lib.gb_quantize_model, encode(model), encode(output), byref(options))


def watched_string(watcher: Callback, function: Callable[..., int], *arguments: Any) -> str:
    """The string of a long call, which its progress callback may cancel."""
    out = c_void_p()
    with signals.Deferred(watcher) as deferred:
        status = function(byref(out), *arguments)
    try:
        if (error := first_error(deferred, watcher)) is not None:
            raise error
        if status == CANCELLED:
            raise error_of(CANCELLED, last_error())
        return ctypes.string_at(out).decode("utf-8")
    finally:
        lib.gb_string_free(out)


def integer(name: str, value: Any) -> int:
    """A whole number, also of another type (numpy's); not True or False."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be a whole number, not {type(value).__name__}: {value!r}")
    return operator.index(value)


def whole_number(name: str, value: Any, bits: int = 32) -> int:
    """ctypes would cut a number that does not fit; here it is an error."""
    number = integer(name, value)
    if not 0 <= number < 2**bits:
        raise error_of(-1, f"{name} must be a whole number from 0 to 2^{bits} - 1, not {number!r}")
    return number


def number(name: str, value: Any) -> float:
    """A number, also of another type."""
    if isinstance(value, (bool, str, bytes)) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        raise TypeError(f"{name} must be a number, not {type(value).__name__}: {value!r}")
    result = float(value)
    if not math.isfinite(result):
        raise error_of(-1, f"{name} must be a finite number, not {value!r}")
    return result


@functools.cache
def _call_types() -> dict[str, dict[str, str]]:
    """The types of the options of every call, by its name, under each of their names."""
    calls = json.loads(take_string(lib.gb_schema))["calls"]
    return {call: {name: option["type"] for option in options for name in [option["name"], *option["aliases"]]}
            for call, options in calls.items()}


def call_options(call: str, given: Mapping[str, Any]) -> bytes:
    """The options of a call as JSON; None counts as absent. Ranges and choices are checked by the library, which declares them."""
    types = _call_types()[call]
    converted: dict[str, Any] = {}
    for name, value in given.items():
        if name not in types:
            hint = take_string(lib.gb_suggest, encode(name), string_array(list(types)), len(types))
            raise TypeError(f"{call}() got an unexpected keyword argument {name!r}{hint}")
        if value is None:
            continue
        if types[name] == "integer":
            value = integer(name, value)
        elif types[name] == "number":
            value = number(name, value)
        elif types[name] == "texts":
            value = [str(each) for each in listed(name, value)]
        elif types[name] == "text":
            value = encode(value).decode()
        converted[name] = value
    return encode(to_json(converted))


def format_value(value: float, unit: str | None) -> str:
    return take_string(lib.gb_format_value, number("value", value), encode_optional(unit))


def adjust(p_values: Sequence[float], method: str) -> list[float]:
    values = [number("p_values", value) for value in listed("p_values", p_values)]
    given = (c_double * max(1, len(values)))(*values)
    adjusted = (c_double * max(1, len(values)))()
    lib.gb_adjust(adjusted, given, len(values), encode(method))
    return list(adjusted)[:len(values)]
