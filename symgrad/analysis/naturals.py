"""Which whole numbers are never negative, whatever the arguments are.

An index that may be negative is counted from the end then: what reads or writes ``a[i]`` asks for the sign of `i` first.
In a loop that is asked in every iteration, and keeps it from being vectorised.
"""
from __future__ import annotations

from symgrad.analysis.elements import Moment
from symgrad.analysis.linear import Affine
from symgrad.ir.nodes import Value
from symgrad.ir.types import Dim, Length


class Lengths(Moment):
    """What is known of whole numbers, where nothing is taken to be as long as its slices need it to be."""

    def length(self, d: Length) -> Affine | None:
        return None if isinstance(d, Dim) and d.offset < 0 else super().length(d)


class Naturals:
    """Which values of a function are proven to be whole numbers that are not negative."""

    def __init__(self) -> None:
        self.found: dict[Value, bool] = {}

    def has(self, v: Value) -> bool:
        if v not in self.found:
            moment = Lengths(set(), {}, "")
            known = moment.affine(v)
            self.found[v] = known is not None and moment.known.proves(known)
        return self.found[v]


__all__ = ["Naturals"]
