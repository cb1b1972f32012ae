"""One exception per status of the library; GemmaBenchError is the base of all."""

from __future__ import annotations


class GemmaBenchError(Exception):
    """A call of the library failed; the message is its one line, `status` the number of gemmabench.h."""

    status: int = 0
    partial: int = 0  # a handle that came with the failure, for whoever caught it inside this package


class InvalidArgumentError(GemmaBenchError, ValueError):
    """An argument or option that cannot be used."""

    status = -1


class MissingFileError(GemmaBenchError, FileNotFoundError):
    """No such file, model, task or split."""

    status = -2


class InvalidFileError(GemmaBenchError):
    """A file that is malformed or contradicts itself."""

    status = -3


class UnsupportedError(GemmaBenchError):
    """Valid input that this build does not support."""

    status = -4


class InputOutputError(GemmaBenchError, OSError):
    """The operating system refused to read or write."""

    status = -5


class OutOfMemoryError(GemmaBenchError, MemoryError):
    """Memory could not be allocated."""

    status = -6


class CancelledError(GemmaBenchError):
    """A callback asked to stop."""

    status = -7


class CallbackFailedError(GemmaBenchError):
    """A callback or a script failed. `run` has the samples finished before, or is None."""

    status = -8
    run = None


class InternalError(GemmaBenchError):
    """A defect of the library: please report it."""

    status = -9


class NetworkError(GemmaBenchError, ConnectionError):
    """The network or the Hub failed."""

    status = -10


class AccessDeniedError(GemmaBenchError, PermissionError):
    """The Hub denied access: no token, an invalid one, or a licence that was not accepted."""

    status = -11


class SweepFailedError(GemmaBenchError):
    """Every cell of a sweep failed: nothing was measured. `report` has the reason of each cell."""

    report = None


BY_STATUS: dict[int, type[GemmaBenchError]] = {
    kind.status: kind for kind in GemmaBenchError.__subclasses__() if kind.status != 0}


def error_of(status: int, message: str) -> GemmaBenchError:
    """The exception of a status."""
    return BY_STATUS.get(status, GemmaBenchError)(message or f"status {status}")
