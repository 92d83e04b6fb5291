"""Arithmetic on adjoints: the products and sums that one would write by hand.

Only adjoints are rearranged; the primal keeps its bits. A product is kept as a
number times scalars times arrays over scalars and arrays, so that ``dy * (1.0 / b)``
becomes ``dy / b`` and numbers meet before they meet an array. ``0 * y`` is never
folded where y is not known: it could hide a NaN.
"""
from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from symgrad.ir.infer import infer
from symgrad.ir.nodes import Builder, Op, Slot, Value, first_argument
from symgrad.ir.types import Array, Scalar, Type, dims_of
from symgrad.passes import runs
from symgrad.rules.core import find


class Algebra:
    """Builds simplified arithmetic with a builder."""

    def __init__(self, b: Builder) -> None:
        self.b = b

    def op(self, fn: Any, *operands: Value) -> Value:
        t = infer(fn, tuple(Slot(i) for i in range(len(operands))), {}, list(operands), True)
        return self.b.emit(Op("call", operands, [t], fn=fn, args=tuple(Slot(i) for i in range(len(operands))),
                              kwargs={})).result

    def const(self, x: Any) -> Value:
        from symgrad.frontend.lowering import type_of_constant
        return self.b.const(x, type_of_constant(x))

    def mul(self, a: Value, b: Value) -> Value:
        """``a * b`` for an adjoint `a` and a partial derivative `b`."""
        if not runs("algebra"):
            return self.op(operator.mul, a, b)
        ca, ra = self.signed(a)
        factors = Product()
        factors.add(b, +1)
        factors.coefficient *= ca
        if ra is not None:
            factors.num.insert(0, ra)
        return self.build(factors)

    def neg(self, a: Value) -> Value:
        c, r = self.signed(a)
        if r is None:
            return self.const(-c)
        return self.build(Product(-c, [r]))

    def scaled(self, a: Value, c: Any) -> Value:
        """``c * a`` where nothing else will use `a`: its factors are taken apart."""
        p = Product(c)
        p.add(a, +1, named=True)
        return self.build(p)

    def sum(self, parts: list[Value]) -> Value:
        """``a + b - c``: sums in the parts are taken apart where no array is stretched by that."""
        terms: list[tuple[Value, float]] = []
        for part in parts:
            self.terms(part, 1.0, dims_of(part.type), terms)
        merged: dict[Value, float] = {}
        for v, sign in terms:
            c, rest = self.coefficient(v)
            if rest is not None:
                merged[rest] = merged.get(rest, 0.0) + sign * c
            elif c != 0:
                one = self.const(abs(c))
                merged[one] = merged.get(one, 0.0) + (sign if c > 0 else -sign)
        total: Value | None = None
        for v, c in sorted(merged.items(), key=lambda term: term[1] < 0):
            if total is None:
                total = v if c == 1 else self.mul(self.const(c), v)
            else:
                term = v if abs(c) == 1 else self.mul(self.const(abs(c)), v)
                total = self.op(operator.add if c > 0 else operator.sub, total, term)
        return self.const(0.0) if total is None else total

    def terms(self, v: Value, sign: float, dims: Any, out: list[tuple[Value, float]]) -> None:
        """The terms of a sum that the derivative itself has made."""
        op = v.op
        if op is not None and op.kind == "call" and op.adjoint and not v.name and op.fn in (operator.add, operator.sub) \
                and all(dims_of(o.type) == dims for o in op.operands):
            self.terms(op.operands[0], sign, dims, out)
            self.terms(op.operands[1], sign if op.fn is operator.add else -sign, dims, out)
        elif op is not None and op.kind == "call" and op.adjoint and not v.name and op.fn is operator.neg:
            self.terms(op.operands[0], -sign, dims, out)
        else:
            out.append((v, sign))

    def coefficient(self, v: Value) -> tuple[Any, Value | None]:
        """A term as a real number times the rest of a product; without a sign in it, it is left as it is."""
        x = number(v)
        if x is not None:
            return x, None
        p = Product()
        p.add(v, +1)
        if not isinstance(p.coefficient, (int, float)) or not p.coefficient < 0:
            return 1.0, v
        p.coefficient = -p.coefficient
        return -1.0, self.build(p)

    def signed(self, a: Value) -> tuple[Any, Value | None]:
        """A number and the rest: ``-2.0 * x`` is (-2.0, x); the rest is not taken apart."""
        x = number(a)
        if x is not None:
            return x, None
        op = a.op
        if op is not None and op.kind == "call" and op.adjoint and not a.name:
            if op.fn is operator.neg:
                c, r = self.signed(op.operands[0])
                return -c, r
            if op.fn is operator.mul:
                c = number(op.operands[0])
                if c is not None:
                    inner, r = self.signed(op.operands[1])
                    return c * inner, r
        return 1.0, a

    def build(self, p: Product) -> Value:
        """The value of a product: number, scalars, arrays; then what divides.

        Nothing is cancelled: x / x is NaN at 0, and the primal may have been there.
        """
        num, den = strip_broadcasts(p.num, p.den)
        scalars = [v for v in num if isinstance(v.type, Scalar)]
        arrays = [v for v in num if not isinstance(v.type, Scalar)]
        below_s = [v for v in den if isinstance(v.type, Scalar)]
        below_a = [v for v in den if not isinstance(v.type, Scalar)]
        c = p.coefficient
        minus = False
        if isinstance(c, (int, float)) and not math.isnan(c) and c < 0:
            c, minus = -c, True
        head: Value | None = None
        one = isinstance(c, (int, float)) and c == 1
        if not one or not (scalars or arrays):
            head = self.const(c)
        elif minus and scalars and (arrays or below_s or len(scalars) > 1):
            head, minus = self.op(operator.neg, scalars.pop(0)), False
        if head is not None and minus:
            head, minus = self.const(-c), False
        for v in scalars:
            head = v if head is None else self.op(operator.mul, head, v)
        for v in below_s:
            head = self.op(operator.truediv, self.const(1.0) if head is None else head, v) if head is not None or (
                not arrays) else None
            if head is None:
                below_a.insert(0, v)
        rest = head
        for v in arrays:
            rest = v if rest is None else self.op(operator.mul, rest, v)
        for v in below_a:
            rest = self.op(operator.truediv, self.const(1.0) if rest is None else rest, v)
        assert rest is not None
        return self.op(operator.neg, rest) if minus else rest


class Product:
    """A product taken apart."""

    def __init__(self, coefficient: Any = 1.0, num: list[Value] | None = None) -> None:
        self.coefficient = coefficient
        self.num: list[Value] = num or []
        self.den: list[Value] = []

    def add(self, v: Value, power: int, named: bool = False) -> None:
        """Multiply by a value, or divide by it, taking apart what the adjoint sweep itself has made."""
        x = number(v)
        if x is not None and (power > 0 or x != 0) and not isinstance(x, complex):
            self.coefficient = self.coefficient * x if power > 0 else self.coefficient / x
            return
        op = v.op
        if op is not None and op.kind == "call" and op.adjoint and (named or not v.name) and not op.attrs["kwargs"]:
            if op.fn is operator.neg:
                self.coefficient = -self.coefficient
                self.add(op.operands[0], power)
                return
            if op.fn is operator.mul:
                self.add(op.operands[0], power)
                self.add(op.operands[1], power)
                return
            if op.fn is operator.truediv:
                self.add(op.operands[0], power)
                self.add(op.operands[1], -power)
                return
        (self.num if power > 0 else self.den).append(v)


def number(v: Value) -> Any:
    """The number that a value is known to be, or None."""
    if v.op is not None and v.op.kind == "const" and isinstance(v.type, Scalar) and v.type.python \
            and v.type.kind in "if" and not v.op.attrs.get("module"):
        return v.op.attrs["value"]
    return None


def strip_broadcasts(num: list[Value], den: list[Value]) -> tuple[list[Value], list[Value]]:
    """``broadcast_to(x, shape) * y`` is ``x * y`` where y has that shape."""
    out = list(num)
    for i, v in enumerate(num):
        inner = unbroadcast(v)
        if inner is v:
            continue
        if any(same_shape(w.type, v.type) and unbroadcast(w) is w
               for w in [*out[:i], *out[i + 1:], *den]):
            out[i] = inner
    return out, den


def same_shape(a: Type, b: Type) -> bool:
    """Whether two arrays that take part in one product have the same shape, none stretched to the other."""
    x, y = dims_of(a), dims_of(b)
    return len(x) == len(y) and all(i == j or never_one(i) and never_one(j) for i, j in zip(x, y))


def never_one(d: Any) -> bool:
    return d != 1 if isinstance(d, int) else bool(d.many)


def unbroadcast(v: Value) -> Value:
    """What was broadcast, where `v` is a lazy broadcast."""
    op = v.op
    if op is None or op.kind != "call" or not op.adjoint:
        return v
    if op.fn is np.broadcast_to:
        inner = unbroadcast(op.operands[0])
        if isinstance(inner.type, (Scalar, Array)) and aligned(inner.type, v.type):
            return inner
    elif moves(op):                                                        # a number has no axes to move
        inner = unbroadcast(op.operands[0])
        if isinstance(inner.type, Scalar):
            return inner
    return v


def moves(op: Op) -> bool:
    """Whether the result of a call has the elements of its first argument, in other places."""
    rule = find(op.fn)
    return rule is not None and rule.moves and first_argument(op) is op.operands[0]


def aligned(inner: Type, outer: Type) -> bool:
    return len(dims_of(inner)) <= len(dims_of(outer))
