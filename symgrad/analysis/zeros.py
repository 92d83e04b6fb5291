"""Where an adjoint can be exactly zero, and where a partial derivative can be infinite or NaN.

``0 * inf`` is NaN. An adjoint that comes out of a mask (np.where, clip, maximum) is
exactly 0 where the value was not used, and must stay 0 however wild the derivative is
there. Three questions decide whether that has to be written down.
"""
from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Slot, Value, first_argument, hashable
from symgrad.ir.types import Array
from symgrad.rules.core import find

PRODUCTS = (operator.mul, np.multiply, operator.truediv, np.divide)
SUMS = (operator.add, np.add)
POWERS = (operator.pow, np.power, math.pow, pow)
EXPONENTIALS = (math.exp, np.exp, math.exp2, np.exp2, math.cosh, np.cosh)
ROOTS = (math.sqrt, np.sqrt, math.cbrt, np.cbrt)
ABSOLUTE = (abs, operator.abs, np.abs, math.fabs, np.fabs, np.square)


class Zeros:
    """Answers, remembered, about the values of one function and its reverse sweep."""

    def __init__(self, active: set[Value]) -> None:
        self.active = active
        self.known: dict[tuple[str, Value], bool] = {}

    def ask(self, question: Any, v: Value, meanwhile: bool) -> bool:
        key = (question.__name__, v)
        if key not in self.known:
            self.known[key] = meanwhile             # what a value leads back to itself by decides nothing
            self.known[key] = question(v)
        return self.known[key]

    # -- adjoints ----------------------------------------------------------------------------

    def mark(self, d: Value) -> None:
        """Note that an adjoint comes out of a mask."""
        self.known["_masked", d] = True

    def masked(self, d: Value) -> bool:
        """Whether a mask may have put exact zeros into an adjoint."""
        return self.ask(self._masked, d, False)

    def _masked(self, d: Value) -> bool:
        op = d.op
        if op is None or not op.adjoint or op.kind in ("const", "arg"):
            return False
        if op.kind == "accumulate":
            return all(map(self.masked, op.operands))
        if op.kind == "store":
            mask = any(isinstance(i.type, Array) and i.type.kind == "b" for i in op.operands[2:])
            cleared = is_zero(op.operands[1]) if not op.attrs.get("add") else blank(op.operands[0])
            return mask and cleared or self.masked(op.operands[0])
        if op.kind == "if":
            k = op.results.index(d)
            return any(self.masked(r.yields[k]) for r in op.regions if k < len(r.yields))
        if op.kind == "for":
            k = op.results.index(d)
            return k + 3 < len(op.operands) and self.masked(op.operands[k + 3])
        if op.kind == "call" and op.fn is np.where and any(map(is_zero, arms(op))):
            return True
        return any(map(self.masked, op.operands))

    def nonzero(self, d: Value) -> bool:
        """Whether an adjoint is surely not zero (where the function's own cotangent is not)."""
        return self.ask(self._nonzero, d, False)

    def _nonzero(self, d: Value) -> bool:
        op = d.op
        if op is None:
            return False
        if op.kind == "arg":
            return bool(op.attrs.get("seed"))
        if op.kind == "const":
            return not is_zero(d)
        if op.kind != "call":
            return False
        if op.fn is dim_length or op.fn is operator.neg or keeps_elements(op):
            return op.fn is dim_length or self.nonzero(op.operands[0])
        if op.fn in PRODUCTS:
            return all(self.nonzero(v) or self.positive(v) for v in op.operands)
        return False

    # -- values of the primal ------------------------------------------------------------------

    def positive(self, v: Value) -> bool:
        """Whether a value is greater than zero, as far as its expression tells.

        A number that the caller gives and nothing is differentiated by (the eps of a
        smoothed absolute value) is taken to be there in order to be positive.
        """
        return self.ask(self._positive, v, False)

    def _positive(self, v: Value) -> bool:
        op = v.op
        if op is None:
            return False
        if op.kind == "const":
            x = op.attrs["value"]
            return isinstance(x, (int, float)) and x > 0
        if op.kind != "call" or not hashable(op.fn):
            return False
        if op.fn in EXPONENTIALS or op.fn is dim_length:
            return True
        if op.fn in SUMS:
            return all(map(self.nonnegative, op.operands)) and any(
                self.positive(x) or self.given(x) for x in op.operands)
        if op.fn in PRODUCTS:
            return all(map(self.positive, op.operands))
        if op.fn in ROOTS or keeps_elements(op):
            return self.positive(op.operands[0])
        if op.fn in POWERS and len(op.operands) == 2:
            return self.positive(op.operands[0])
        if op.fn in (max, np.maximum):
            return any(map(self.positive, op.operands))
        return False

    def given(self, v: Value) -> bool:
        """Whether a value is computed from what is not differentiated by."""
        return v not in self.active and v.op is not None and v.op.kind == "call"

    def nonnegative(self, v: Value) -> bool:
        return self.ask(self._nonnegative, v, False)

    def _nonnegative(self, v: Value) -> bool:
        if self.positive(v):
            return True
        op = v.op
        if op is None:
            return False
        if op.kind == "const":
            return is_zero(v)
        if op.kind != "call" or not hashable(op.fn):
            return False
        if op.fn in PRODUCTS[:2] and op.operands[0] is op.operands[-1]:
            return True
        if op.fn in ABSOLUTE or op.fn in (math.sqrt, np.sqrt):
            return True
        if op.fn in POWERS and len(op.operands) == 2:
            n = exponent(op)
            return isinstance(n, (int, float)) and n % 2 == 0 or self.nonnegative(op.operands[0])
        if op.fn in SUMS or op.fn in PRODUCTS or op.fn in (np.sum, np.mean):
            return all(map(self.nonnegative, op.operands))
        return False

    def wild(self, v: Value) -> bool:
        """Whether a value of the primal may be infinite or NaN where no argument is."""
        return self.ask(self._wild, v, False)

    def _wild(self, v: Value) -> bool:
        op = v.op
        if op is None or op.kind == "arg":
            return False
        if op.kind == "const":
            x = op.attrs["value"]
            return isinstance(x, float) and not math.isfinite(x)
        if op.kind == "call" and hashable(op.fn):
            rule = find(op.fn)
            if rule is not None and rule.singular and not self.tame(op):
                return True
        if op.kind == "if":
            k = op.results.index(v)
            return any(self.wild(r.yields[k]) for r in op.regions if k < len(r.yields))
        return op.kind not in ("for", "while") and any(map(self.wild, op.operands))

    def tame(self, op: Op) -> bool:
        """Whether a singular function is used where neither it nor its derivative is singular."""
        fn, operands = op.fn, op.operands
        if fn in (operator.truediv, np.divide):
            return self.positive(operands[1]) or self.nonzero(operands[1])
        if fn in POWERS and len(operands) == 2:
            n = exponent(op)
            whole = getattr(operands[1].type, "kind", "") in ("i", "b")
            steep = not isinstance(n, (int, float)) or n < 1
            return whole or not steep and (n % 1 == 0 or self.nonnegative(operands[0])) or self.positive(operands[0])
        if fn in EXPONENTIALS or len(operands) != 1:
            return False
        return self.positive(operands[0])


def exponent(op: Op) -> Any:
    """The exponent of a power, where it is known."""
    if op.fn not in POWERS or len(op.operands) != 2:
        return None
    made = op.operands[1].op
    return made.attrs["value"] if made is not None and made.kind == "const" else None


def arms(op: Op) -> list[Any]:
    """What np.where chooses from: values or numbers."""
    return [op.operands[a.index] if isinstance(a, Slot) else a for a in op.attrs["args"][1:]]


def is_zero(x: Any) -> bool:
    """Whether a value, or a number, is known to be zero."""
    if isinstance(x, Value):
        if x.op is None or x.op.kind != "const":
            return False
        x = x.op.attrs["value"]
    return isinstance(x, (int, float)) and not isinstance(x, bool) and x == 0


def blank(v: Value) -> bool:
    """Whether a value is an array of zeros."""
    rule = find(v.op.fn) if v.op is not None and v.op.kind == "call" else None
    return rule is not None and rule.zeros


def keeps_elements(op: Op) -> bool:
    """Whether a call gives the elements of its first operand, as they are."""
    rule = find(op.fn)
    return rule is not None and rule.moves and first_argument(op) is op.operands[0] or op.fn in (operator.pos, float)
