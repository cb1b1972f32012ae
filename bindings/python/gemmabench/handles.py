"""The base of everything that owns an object of the library."""

from __future__ import annotations

import weakref
from typing import Any, TypeVar

from . import _library
from .errors import InvalidArgumentError

Self = TypeVar("Self", bound="Handle")


class Handle:
    """Owns one pointer: freed by close(), by leaving a `with` block, or when nothing refers to it any more."""

    _free = ""  # the name of the function that frees it; "" if another handle owns the pointer

    def __init__(self, pointer: int, owner: "Handle | None" = None) -> None:
        self._pointer = pointer
        self._owner = owner  # kept alive, since the pointer is borrowed from it
        self._users = 0  # calls at work on it
        self._finalizer = weakref.finalize(self, getattr(_library.lib, self._free), pointer) if owner is None else None

    @property
    def _handle(self) -> int:
        """The pointer, for a call."""
        if not self._pointer or (self._owner is not None and not self._owner._pointer):
            raise InvalidArgumentError(f"this {type(self).__name__.lower()} was closed")
        return self._pointer

    def close(self) -> None:
        """Frees it now. Closing twice does nothing."""
        if self._users:
            raise InvalidArgumentError(f"the {type(self).__name__.lower()} is at work and cannot be closed")
        self._pointer = 0
        if self._finalizer is not None:
            self._finalizer()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class in_use:
    """Keeps handles from being closed (by a callback, or another thread) while a call is at work on them."""

    def __init__(self, *handles: Handle) -> None:
        self._handles = handles

    def __enter__(self) -> None:
        for handle in self._handles:
            handle._users += 1

    def __exit__(self, *_: Any) -> None:
        for handle in self._handles:
            handle._users -= 1
