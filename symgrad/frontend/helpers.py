"""Functions of symgrad's own in the head of generated modules, and how a call of one is read again.

Their source is part of the generated module. Where that is differentiated in turn, a call of one is
again the op that it was printed from.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.frontend.lowering import Lowering
from symgrad.ir.nodes import Op, Slot


def zeros_of_tree(x: Any) -> Any:
    """Zeros in the structure of a record."""
    if isinstance(x, tuple):
        return tuple([zeros_of_tree(i) for i in x])
    if isinstance(x, list):
        return [zeros_of_tree(i) for i in x]
    if isinstance(x, np.ndarray):
        return np.zeros_like(x)
    return None if x is None else 0.0


def add_trees(a: Any, b: Any) -> Any:
    """The sums, item by item, of two adjoints of one record."""
    if isinstance(a, tuple):
        return tuple([add_trees(x, y) for x, y in zip(a, b)])
    if isinstance(a, list):
        return [add_trees(x, y) for x, y in zip(a, b)]
    return None if a is None else a + b


def like_first(fn: Any) -> Any:
    """Reads a call whose result is a tree as its first argument is."""
    def read(lw: Lowering, args: list[Any], kwargs: dict[str, Any]) -> Any:
        operands = [lw.value(a) for a in args]
        return lw.b.emit(Op("call", operands, [operands[0].type], fn=fn, args=tuple(map(Slot, range(len(operands)))),
                            kwargs={}, fresh=next(lw.ids))).result
    return read


HELPERS = {"_" + fn.__name__: fn for fn in (zeros_of_tree, add_trees)}
READERS = {fn: like_first(fn) for fn in HELPERS.values()}
