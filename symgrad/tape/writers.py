"""NumPy functions that write into an argument."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.errors import UnsupportedError
from symgrad.tape.apply import live
from symgrad.tape.arrays import Array
from symgrad.tape.memory import write


def at(ufunc: np.ufunc, target: Any, index: Any, value: Any = None) -> None:
    """``np.add.at(target, index, value)``."""
    if ufunc not in (np.add, np.subtract) or not isinstance(target, Array):
        raise UnsupportedError(f"np.{ufunc.__name__}.at() is not differentiated, or its target is not on the tape",
                               hint="write the loop out")
    write(target, index, value if ufunc is np.add else np.negative(value), f"{ufunc.__name__}.at", add=True)


def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    if not isinstance(dst, Array):
        raise UnsupportedError("np.copyto() from the tape into an array that is not on it")
    dst[...] = src if where is True else np.where(where, src, dst)              # type: ignore[call-overload]


def by_places(function: Callable[..., None], at: int) -> Callable[..., None]:
    """A function that puts elements of its argument number `at` into its first argument, wherever it may be.

    Run on numbered places instead of on values, it tells which element ended up where.
    """
    def put(target: Any, *args: Any, **kwargs: Any) -> None:
        if not isinstance(target, Array):
            raise UnsupportedError(f"np.{function.__name__}() from the tape into an array that is not on it")
        given = list(args)
        source = given[at - 1]
        shape = np.shape(live(source))
        numbered = np.arange(target.size).reshape(target.shape)
        given[at - 1] = target.size + np.arange(int(np.prod(shape))).reshape(shape)
        function(numbered, *map(live, given), **{k: live(v) for k, v in kwargs.items()})
        moved = numbered >= target.size
        if np.any(moved):
            items = source if isinstance(source, Array) else np.asarray(source) if not shape else source
            values = np.ravel(items)[numbered[moved] - target.size] if shape else source
            target[moved] = values

    return put


WRITERS: dict[Any, Callable[..., Any]] = {
    np.copyto: copyto, np.fill_diagonal: by_places(np.fill_diagonal, 1), np.putmask: by_places(np.putmask, 2),
    np.put: by_places(np.put, 2), np.place: by_places(np.place, 2), np.put_along_axis: by_places(np.put_along_axis, 2)}
