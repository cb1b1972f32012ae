"""The base of everything that owns an object of the library."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from . import _library
from .errors import InvalidArgumentError

Self = TypeVar("Self", bound="Handle")


class _Resource:
    """What a handle owns. It is freed once it is closed and no call is at work on it any more, in whatever order."""

    def __init__(self, pointer: int, free: Callable[[int], None] | None, owner: _Resource | None) -> None:
        self.pointer = pointer
        self._free = free
        self._owner = owner  # whose pointer it is
        self._users = 0
        self._is_closed = False
        self._lock = threading.RLock()  # a finaliser may run at any point of the same thread

    def enter(self, name: str) -> int:
        """The pointer, which stays as it is until `leave`."""
        with self._lock:
            if self._is_closed or not self.pointer:
                raise InvalidArgumentError(f"this {name} was closed")
            if self._owner is not None:
                self._owner.enter(name)
            self._users += 1
            return self.pointer

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            self._free_if_unused()
        if self._owner is not None:
            self._owner.leave()

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            self._free_if_unused()

    def _free_if_unused(self) -> None:
        if self._is_closed and self._users == 0 and self.pointer:
            pointer, self.pointer = self.pointer, 0
            if self._free is not None:
                self._free(pointer)


class Handle:
    """Owns one object of the library: freed by close(), by leaving a `with` block, or when nothing refers to it any more."""

    _free = ""  # the name of the function that frees it
    _made_by = ""  # what a program calls to get one
    _resource: _Resource | None = None

    def __init__(self, *_: Any, **__: Any) -> None:
        raise TypeError(f"a {type(self).__name__} is not made by its class; {self._made_by} gives one")

    @classmethod
    def _opened(cls: type[Self], pointer: int, owner: Handle | None = None) -> Self:
        """The handle of a pointer, which it owns unless another handle does."""
        handle = cls.__new__(cls)
        handle._own(pointer, owner)
        return handle

    def _own(self, pointer: int, owner: Handle | None = None) -> None:
        free = getattr(_library.lib, self._free) if owner is None else None
        self._resource = _Resource(pointer, free, owner._resource if owner is not None else None)
        self._owner = owner  # kept alive
        weakref.finalize(self, self._resource.close)

    @property
    def _name(self) -> str:
        return type(self).__name__.lower()

    def _enter(self) -> int:
        if self._resource is None:
            raise InvalidArgumentError(f"this {self._name} was closed")
        return self._resource.enter(self._name)

    def _leave(self) -> None:
        if self._resource is not None:
            self._resource.leave()

    def close(self) -> None:
        """Frees it now, or once the calls at work on it have ended. Closing twice does nothing."""
        if self._resource is not None:
            self._resource.close()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _refuse_copy(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled, because its native object exists only in this "
                        f"process; share it between threads, or call {self._made_by} for another one")

    def __copy__(self) -> Any:
        self._refuse_copy()

    def __deepcopy__(self, memo: Any) -> Any:
        self._refuse_copy()

    def __reduce_ex__(self, protocol: Any) -> Any:
        self._refuse_copy()


class using:
    """The pointers of handles for a call; whoever closes one meanwhile, it is freed when the call has ended."""

    def __init__(self, *handles: Handle) -> None:
        self._handles = handles
        self._entered: list[Handle] = []

    def __enter__(self) -> Any:
        """The pointer, or a tuple of them where there are several handles."""
        pointers = []
        try:
            for handle in self._handles:
                pointers.append(handle._enter())
                self._entered.append(handle)
        except BaseException:
            self.__exit__()
            raise
        return pointers[0] if len(pointers) == 1 else tuple(pointers)

    def __exit__(self, *_: Any) -> None:
        while self._entered:
            self._entered.pop()._leave()


def checked(name: str, value: Any, kind: type[Self]) -> Self:
    """The value if it is a handle of this kind; else a TypeError that says which is needed."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, not {type(value).__name__}; {kind._made_by} gives one")
    return value
