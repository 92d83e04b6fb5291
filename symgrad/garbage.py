"""Python's search for garbage, and where it would find none."""
from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """While thousands of objects are made that all stay, nobody looks which of them, and of all others, are garbage.

    In a process that has imported Numba, such a look takes as long as importing the compiler does.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


__all__ = ["uncollected"]
