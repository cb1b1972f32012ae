"""Ctrl-C during a call of the library: raised promptly, and never inside ctypes, which would lose it.

Python runs the handlers of signals on the main thread, between two of its own instructions. During a call of the library
those instructions are a callback's, where an exception has nowhere to go. So what a handler raises there is kept, the call is
cancelled, and the exception is raised when the call has come back. A call that has no callback goes on in a thread of its own,
while the main thread waits for it in a way that a signal can end.
"""

from __future__ import annotations

import atexit
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


class _CallsOfThreads:
    """Calls at work on other threads than the main one. A callback after the interpreter's end would crash the process, and Python
    does not wait for daemon threads, nor, before 3.13, for one whose `join` Ctrl-C has ended once (CPython issue 45274)."""

    SECONDS = 30.0  # after which the process ends all the same

    def __init__(self) -> None:
        self.is_ending = False
        self._count = 0
        self._changed = threading.Condition()
        atexit.register(self._end)

    def add(self, count: int) -> None:
        with self._changed:
            self._count += count
            self._changed.notify_all()

    def _end(self) -> None:
        """Has every call end at its next callback, and waits for it."""
        self.is_ending = True
        deadline = time.monotonic() + self.SECONDS
        with self._changed:
            while self._count > 0 and time.monotonic() < deadline:
                self._changed.wait(0.1)


of_threads = _CallsOfThreads()


class Deferred:
    """Keeps what the handlers of signals raise while a call is at work; `error` is the first of it. The call's watcher, if
    there is one, ends with it.
    """

    def __init__(self, watcher: Any = None) -> None:
        self.error: BaseException | None = None
        self._watcher = watcher
        self._handlers: dict[Any, Callable[..., Any]] = {}
        self._outer: Deferred | None = None
        # Whether the code of a caller is running, which may as well see the exception itself.
        self.is_in_callback = False

    def _receive(self, number: int, frame: Any) -> None:
        try:
            self._handlers[number](number, frame)
        except BaseException as error:
            self.error = self.error or error
            if self.is_in_callback:
                raise

    def __enter__(self) -> Deferred:
        global _current
        if not _is_main_thread():
            of_threads.add(1)
            return self
        try:
            # Ctrl-C first: from then on it is kept.
            for number in sorted(signal.valid_signals(), key=lambda number: number != signal.SIGINT):
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, self._receive)
        except ValueError:  # another interpreter than the main one: it gets no signals
            self._handlers.clear()
        self._outer, _current = _current, self
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        global _current
        if self._watcher is not None:
            self._watcher.end()
        if not _is_main_thread():
            of_threads.add(-1)
            return
        _current = self._outer
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if error is not None and self.error is not None and error is not self.error:
            raise self.error from error


# Of the main thread; other threads get no signals.
_current: Deferred | None = None


def pending() -> BaseException | None:
    """What a signal raised during the call at work on this thread."""
    return _current.error if _current is not None and _is_main_thread() else None


class callers_code:
    """Around the code of a caller inside a callback: a signal is raised in it as anywhere else."""

    def __enter__(self) -> None:
        self._deferred = _current if _is_main_thread() else None
        if self._deferred is not None:
            self._before, self._deferred.is_in_callback = self._deferred.is_in_callback, True

    def __exit__(self, *_: Any) -> None:
        if self._deferred is not None:
            self._deferred.is_in_callback = self._before


def interruptible(call: Callable[..., Result], *arguments: Any) -> Result:
    """The result of a call that has no callback. Ctrl-C is raised while it goes on; the call then ends unseen."""
    if not _is_main_thread() or not callable(signal.getsignal(signal.SIGINT)):
        return call(*arguments)
    outcome: list[Any] = []
    done = threading.Event()

    def work() -> None:
        try:
            outcome.append((call(*arguments), None))
        except BaseException as error:
            outcome.append((None, error))
        done.set()

    threading.Thread(target=work, name="gemmabench", daemon=True).start()
    # With a timeout, since a signal that another thread received does not end a wait.
    while not done.wait(0.1):
        pass
    result, error = outcome[0]
    if error is not None:
        try:
            raise error
        finally:
            del error, outcome[:]  # else the traceback would hold this frame, and with it what it names
    return result
