"""Whether compiling a function pays: whether it has loops over numbers."""
from __future__ import annotations

from symgrad.ir.functions import FunctionRef
from symgrad.ir.nodes import Region, walk
from symgrad.ir.types import Scalar


def worth_compiling(region: Region) -> bool:
    """Whether a function, as it was written for a compiler, spends its time in Python rather than in NumPy.

    It does in loops that compute with numbers, element by element, and in recursion. Calls on whole arrays take as
    long compiled as not, whether they stand in a loop or alone; a handful of numbers is not worth the wait.
    """
    for op in walk(region):
        if isinstance(op.fn, FunctionRef):
            return True
        if op.kind in ("for", "while") and any(
                isinstance(v.type, Scalar) and v.type.kind in "fc" and inner.kind in ("call", "load", "reload")
                for body in op.regions for inner in walk(body) for v in inner.results):
            return True
    return False


__all__ = ["worth_compiling"]
