"""The passes that make a gradient quicker or shorter, and a way to leave them out.

Without a pass the generated code is another one and computes the same numbers, up to rounding: sums and products
may be in another order. So the rest of the compiler is a test of each pass::

    with without("fuse", "final"):
        ...                                 # what is compiled here has neither

What is compiled under `without` has to be kept apart by whoever asks for it: the memory of compiled gradients
does not know about passes. `symgrad.build.build` remembers nothing.
"""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PASSES = {
    "algebra": "collect the factors of products of adjoints",
    "counters": "count backwards in place of recording whole numbers that a loop adds up",
    "cut": "compute values again where that is cheaper than recording them; without it all are recorded",
    "filled": "fill an array again that each iteration fills anew, rather than record it",
    "final": "read from an array what nothing overwrites later, in place of recording it",
    "fuse": "reverse independent iterations right after each has run, in one loop",
    "guards": "guard only those adjoints that a mask can have made zero; without it all are guarded",
    "hoist": "make the buffers of compiled loops once, before the loops",
    "in_place": "write where the old version is dead; without it every write copies",
    "inline": "print an operation inside of the expression that uses it",
    "invariant": "carry through a loop, and out of a branch, only what changes",
    "scratch": "take adjoints of what each iteration fills anew for zero between iterations, so that these are reversed in any order",
    "searches": "reverse only the winner's iteration of a loop that searches for the best",
    "sharing": "equal expressions are one node",
    "shifts": "carry no adjoint of a maximum that cancels",
    "undo": "put back what a store overwrote, where that is less than recording what was read",
    "upwards": "let a reverse loop count upwards where its iterations may run in any order",
}

_left_out: ContextVar[frozenset[str]] = ContextVar("left_out", default=frozenset())


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Leave these passes out of what is compiled in the `with` block (by this thread)."""
    unknown = set(names) - set(PASSES)
    if unknown:
        raise ValueError(f"no pass is called {', '.join(sorted(unknown))}; there are {', '.join(PASSES)}")
    token = _left_out.set(_left_out.get() | set(names))
    try:
        yield
    finally:
        _left_out.reset(token)


def runs(name: str) -> bool:
    """Whether a pass is to be made."""
    return name not in _left_out.get()


def complete() -> bool:
    """Whether none is left out."""
    return not _left_out.get()


__all__ = ["PASSES", "complete", "runs", "without"]
