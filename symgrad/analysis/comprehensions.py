"""Loops that are list comprehensions."""
from __future__ import annotations

from symgrad.ir.nodes import Op, uses
from symgrad.optimize.dce import carried_count


def is_comprehension(op: Op) -> bool:
    """Whether a loop only gathers one pure expression per item."""
    if op.kind != "for" or carried_count(op) or op.attrs.get("taped") != 1 or op.attrs.get("early"):
        return False
    body = op.regions[0]
    count = uses(body)
    pure = all(o.kind in ("const", "load", "call", "arg") and not o.attrs.get("effect") and not o.attrs.get("memory")
               and len(o.results) == 1 for o in body.ops)
    return pure and all(o.kind in ("const",) or count.get(o.results[0], 0) == 1 for o in body.ops)
