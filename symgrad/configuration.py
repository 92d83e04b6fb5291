"""What holds for all gradients that are not told otherwise."""
from __future__ import annotations

import os
import threading
from typing import Any

from symgrad.errors import ArgumentError
from symgrad.structs import fields, replace, struct

BACKENDS = ("python", "numba", "auto")
LOCK = threading.Lock()


@struct(frozen=True)
class Settings:
    """The defaults, as `configure` sets them."""

    backend: str = "python"
    exact_math: bool = False
    cache_dir: str | bool | None = None         # None: the platform's; False: nothing is kept on disk
    progress: bool | None = None                # None: if stderr is a terminal
    parallel: bool = False


_current = Settings()


def settings() -> Settings:
    """The defaults that hold now."""
    return _current


class Configured:
    """What `configure` returns: as a context manager, it puts back what held before."""

    def __init__(self, before: dict[str, Any]) -> None:
        self.before = before

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        configure(**self.before)

    def __repr__(self) -> str:
        return f"configure({', '.join(f'{n}={getattr(_current, n)!r}' for n in fields(_current))})"


def configure(**changes: Any) -> Configured:
    """Set what holds for gradients that are made from now on, in all threads.

    backend: "python", "numba" or "auto": see `grad`.
    exact_math: whether compiled code calls the C library's exp, log, tanh and the like, as Python does, in place of
        functions that run several at a time and may differ in the last bit.
    cache_dir: where compiled code is kept, so that the next process need not compile; False for nowhere, None for
        the directory that the environment variable SYMGRAD_CACHE_DIR names or, without it, the platform's.
    progress: whether a compilation of more than two seconds says so on stderr; None for yes, if that is a terminal.

    parallel: whether compiled code runs loops whose iterations are independent on all cores; plain Python does not.

    Used as a context manager, it puts back what held before:

    >>> import symgrad
    >>> with symgrad.configure(backend="auto"):
    ...     symgrad.grad(lambda x: x * x).options.backend
    'auto'

    Raises ArgumentError for a name or a value that is not there.
    """
    global _current
    names = fields(Settings)
    for name, value in changes.items():
        if name not in names:
            raise ArgumentError(f"configure() has no setting {name!r}: there are {', '.join(names)}")
        check(name, value)
    with LOCK:
        before = {name: getattr(_current, name) for name in changes}
        _current = replace(_current, **changes)
    return Configured(before)


def check(name: str, value: Any) -> None:
    """Refuse a value that a setting cannot have."""
    if name == "backend":
        backend_of(value)
    elif name in ("exact_math", "parallel"):
        if not isinstance(value, bool):
            raise ArgumentError(f"configure: {name} is True or False, not {value!r}")
    elif name == "progress":
        if value is not None and not isinstance(value, bool):
            raise ArgumentError(f"configure: progress is True, False or None, not {value!r}")
    elif value is True or not isinstance(value, (str, os.PathLike, bool, type(None))):
        raise ArgumentError(f"configure: cache_dir is a directory, False or None, not {value!r}")


def backend_of(asked: str | None) -> str:
    """The backend that a gradient gets which was asked for with this name."""
    if asked is None:
        return _current.backend
    if asked not in BACKENDS:
        raise ArgumentError(f"backend={asked!r}: there are {', '.join(map(repr, BACKENDS))}")
    if asked == "numba":
        import importlib.util
        if importlib.util.find_spec("numba") is None:
            raise ArgumentError('backend="numba" needs Numba, which is not installed', hint="pip install symgrad[numba]")
    return asked


def execution(backend: str | None, exact_math: bool | None, parallel: bool | None) -> dict[str, Any]:
    """What runs a derivative that was asked for so, as options of it.

    Plain Python always calls the C library's functions, and runs on one core.
    """
    backend = backend_of(backend)
    if parallel and backend == "python":
        raise ArgumentError("parallel=True is for compiled code: plain Python runs on one core",
                            hint='pass backend="numba", or backend="auto"')
    compiled = backend != "python"
    return {"backend": backend,
            "exact_math": compiled and (_current.exact_math if exact_math is None else bool(exact_math)),
            "parallel": compiled and (_current.parallel if parallel is None else bool(parallel))}


__all__ = ["BACKENDS", "Settings", "configure", "execution", "settings"]
