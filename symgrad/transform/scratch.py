"""Adjoints of scratch memory, which are zero between the iterations of a loop.

An array that each iteration fills anew before it reads it hands nothing from one iteration to the next, though the loop
carries it. What an iteration's adjoint adds to its shadow, it takes out again where it reverses the writes. So if
the shadow is zero before the reverse loop, it is zero between all iterations, and these do not wait for each other.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.ir.nodes import Op, Value
from symgrad.ir.types import Array
from symgrad.passes import runs
from symgrad.transform.base import shapeless


def zero_between(r: Any, forward: Op, backward: Op, carried: list[int]) -> dict[int, Value]:
    """Which of the values that a reverse loop carries are zero before and after each iteration.

    `carried` says of which values of the forward loop the first of them are the adjoints. For each there is the array
    as it is before the forward loop, which the adjoint has the shape of.
    """
    if not runs("scratch"):
        return {}
    first, shift = (1, 3) if forward.kind == "for" else (0, 0)
    early = 1 if forward.attrs.get("early") else 0
    body, inner = forward.regions[-1], backward.regions[0]
    found = {}
    for j, k in enumerate(carried):
        before, param, zeros, y = forward.operands[shift + k], body.params[first + k], backward.operands[3 + j], inner.yields[j]
        if not isinstance(param.type, Array) or shapeless(before) or not before.type == zeros.type == y.type \
                or zeros.op is None or zeros.op.fn is not np.zeros_like:
            continue
        chain = r.dependence.chain(forward, param)
        others = [v for i, v in enumerate(body.yields) if i != early + k]
        if chain is not None and chain.k == k and not any(v in chain.number for v in others) \
                and inner.yields.count(y) == 1 and r.dependence.filled(chain):
            found[j] = before
    return found


__all__ = ["zero_between"]
