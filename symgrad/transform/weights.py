"""What storing and computing numbers costs on a backend, in units of about a Python operation or, compiled, a few cycles."""
from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from symgrad.ir.nodes import Op, known_number
from symgrad.structs import struct

ARITHMETIC = (operator.add, operator.sub, operator.mul, operator.neg, operator.lt, operator.gt, operator.le, operator.ge,
              operator.eq, operator.ne, operator.not_)
WHOLE = (operator.floordiv, operator.mod, operator.lshift, operator.rshift, operator.and_, operator.or_, operator.xor)
QUICK = (abs, min, max, int, float, bool, math.fabs, math.floor, math.ceil, math.copysign)

VECTORS = (math.exp, math.expm1, math.log, math.log1p, math.tanh, np.exp, np.expm1, np.log, np.log1p, np.tanh)


@struct(frozen=True)
class Weights:
    """The costs of numbers."""

    record: float               # a store to and a load from a tape
    hand_out: float             # a name that leaves an arm
    load: float
    arithmetic: float           # sums, products, comparisons
    division: float
    quick: float                # calls that compiled code has an instruction for
    root: float
    vector: float               # functions that the native backend has in vectors
    function: float             # any other

    def of(self, op: Op) -> float:
        """What a call that takes numbers and gives one costs."""
        fn: Any = op.fn
        if fn in ARITHMETIC:
            return self.arithmetic
        if fn is operator.truediv:
            return self.division
        if fn in QUICK:
            return self.quick
        if fn in WHOLE:                 # of whole numbers, mostly: an index; by a constant it is a product
            return self.quick if known_number(op.operands[-1]) is not None else max(self.quick, self.division)
        if fn is operator.pow and known_number(op.operands[-1]) in (2, 3):
            return self.quick
        return self.root if fn in (math.sqrt, np.sqrt) else self.vector if fn in VECTORS else self.function


# Python takes as long for a name as for an operation, and longer for a call; a list's item is two operations and
# memory for a float
PYTHON = Weights(record=20.0, hand_out=3.0, load=1.0, arithmetic=1.0, division=1.0, quick=4.0, root=4.0, vector=4.0, function=4.0)
# what is compiled computes while it waits for memory; what has no instruction of its own costs more than that
NATIVE = Weights(record=8.0, hand_out=2.0, load=0.5, arithmetic=0.5, division=3.0, quick=0.5, root=4.0, vector=4.0,
                 function=25.0)

__all__ = ["ARITHMETIC", "NATIVE", "PYTHON", "Weights"]
