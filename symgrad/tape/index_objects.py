"""np.mgrid, np.ogrid, np.r_ and np.c_ on the tape: the functions that they stand for."""
from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.errors import UnsupportedError
from symgrad.tape.apply import live, target_of

NAMES = frozenset({"mgrid", "ogrid", "r_", "c_"})
OBJECTS = {id(x): x for x in (np.mgrid, np.ogrid, np.r_, np.c_)}


def indexed(x: Any) -> Any:
    """What is subscripted instead of `x`, which goes by one of `NAMES`."""
    return Item(x) if id(x) in OBJECTS else x


class Item:
    """``np.r_[...]``, and the like."""

    def __init__(self, of: Any) -> None:
        self.of = of

    def __getitem__(self, key: Any) -> Any:
        from symgrad.tape.run import call, read
        parts = key if isinstance(key, tuple) else (key,)
        if not any(target_of((p.start, p.stop, p.step) if isinstance(p, slice) else p) for p in parts):
            return read(self.of[live(key)])
        if self.of is np.r_ or self.of is np.c_:
            return joined(parts, self.of is np.c_)
        axes = [line(p) for p in parts]
        if not isinstance(key, tuple):
            return axes[0]
        if self.of is np.ogrid:
            return call(np.meshgrid, *axes, indexing="ij", sparse=True)
        return call(np.stack, call(np.meshgrid, *axes, indexing="ij"))


def line(part: Any, joining: bool = False) -> Any:
    """The numbers from start to stop; a complex step says how many, rounded as np.mgrid does or, `joining`, as np.r_."""
    from symgrad.tape.run import call, here
    if not isinstance(part, slice):
        raise UnsupportedError("np.mgrid and np.ogrid are indexed with slices", here(), "write np.mgrid[a:b, c:d]")
    start = 0 if part.start is None else part.start
    step = 1 if part.step is None else part.step
    if not isinstance(step, complex):
        return call(np.arange, start, part.stop, step)
    n = int(abs(step))
    if joining:
        return call(np.linspace, start, part.stop, n)
    return np.arange(float(n)) * ((part.stop - start) / max(n - 1, 1)) + start


def joined(parts: tuple[Any, ...], columns: bool) -> Any:
    """What np.r_ and np.c_ make of arrays, numbers and slices: one array after the other, or side by side."""
    from symgrad.tape.run import call, here
    name = "np.c_" if columns else "np.r_"
    if any(isinstance(p, str) for p in parts):
        raise UnsupportedError(f"{name} with directions in a string", here(),
                               "write np.concatenate, np.stack or np.column_stack")
    arrays = [line(p, True) if isinstance(p, slice) else call(np.array, p) if isinstance(p, (list, tuple)) else p
              for p in parts]
    if columns and any(np.ndim(live(a)) > 2 for a in arrays):
        raise UnsupportedError("np.c_ of arrays with more than two axes", here(), "write np.concatenate(..., axis=-1)")
    dtype = np.result_type(*map(live, arrays))
    arrays = [a if np.ndim(live(a)) else call(np.array, [a], dtype=dtype) for a in arrays]
    return call(np.column_stack if columns else np.concatenate, tuple(arrays))


__all__ = ["NAMES", "indexed"]
