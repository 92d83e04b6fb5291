"""What became of the array statements: loops, or calls as they were."""
from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from symgrad.errors import Span
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, walk
from symgrad.ir.types import dims_of

SHAPES_ONLY = (dim_length, np.zeros_like, np.ones_like, np.empty_like)


class Lowered(NamedTuple):
    """The array operations that serve one line of the primal, forwards and in reverse."""

    place: Span
    loops: bool                 # whether some are loops
    calls: tuple[str, ...]      # what is called with arrays


def lowered(looped: Iterable[Op], region: Region) -> list[Lowered]:
    """The lines whose operations became loops, of the ops `looped`, or are called in what is left, in the primal's order."""
    places: dict[tuple[str, int], Span] = {}
    loops: set[tuple[str, int]] = set()
    calls: dict[tuple[str, int], dict[str, None]] = {}
    for op in looped:
        if op.span is not None:
            places[line(op.span)] = op.span
            loops.add(line(op.span))
    for op in walk(region):
        name = called(op)
        if name and op.span is not None:
            places.setdefault(line(op.span), op.span)
            calls.setdefault(line(op.span), {})[name] = None
    return [Lowered(places[k], k in loops, tuple(calls.get(k, ()))) for k in sorted(places)]


def line(span: Span) -> tuple[str, int]:
    return span.file, span.line


def called(op: Op) -> str:
    """What an op calls with an array, in words; "" if it does not."""
    fn: Any = op.fn
    if op.kind != "call" or fn in SHAPES_ONLY or not any(dims_of(v.type) for v in op.operands):
        return ""
    if fn is operator.matmul:
        return "@"
    name, module = getattr(fn, "__name__", ""), getattr(fn, "__module__", None) or ""
    if isinstance(fn, np.ufunc):
        module = "numpy"
    if module.startswith("symgrad.") or not name:
        return ""
    return f"{module.replace('numpy', 'np')}.{name}()" if module.startswith("numpy") else f"{name}()"


__all__ = ["Lowered", "lowered"]
