"""Shifts that cancel: ``m + log(sum(exp(x - m)))`` does not depend on m, so m needs no adjoint.

The maximum that keeps an exponential from overflowing is differentiated by nobody who
writes the gradient by hand: its contributions cancel (and, computed, leave rounding
errors of their own). How each value depends on m is followed through the program: not
at all, as ``v + k m``, or as ``v exp(k m)``. If all that depends on m in another way is
of no use to the result, or nothing is, m is a constant to the derivative.
"""
from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Slot, Value
from symgrad.ir.types import Array, Scalar, dims_of, is_float
from symgrad.optimize.dce import carried_count
from symgrad.structs import struct

MAXIMA = (max, np.max, np.amax)
ORDERS = (operator.lt, operator.le, operator.gt, operator.ge)
EXP, LOG = (math.exp, np.exp), (math.log, np.log)
SUMS = (np.sum, np.mean)
AXES = tuple[int, ...]


@struct(frozen=True)
class Dependence:
    """How a value depends on m: `kind` "none", "shift" (v + k m), "scale" (v exp(k m)), "zero" or "other".

    `axes` are the axes along which m varies, counted from the last as -1.
    """

    kind: str
    k: int = 0
    axes: AXES = ()


NONE, ZERO, OTHER = Dependence("none"), Dependence("zero"), Dependence("other")


def cancelling(region: Region, active: set[Value], outputs: list[Value]) -> set[Value]:
    """The active maxima on which no output depends."""
    found: set[Value] = set()
    for m in _maxima(region):
        if m in active and Follow(region, m).invariant(outputs):
            found.add(m)
    return found


def _maxima(region: Region) -> list[Value]:
    out: list[Value] = []
    for op in region.ops:
        if op.kind == "call" and _is(op, MAXIMA) and isinstance(op.results[0].type, (Array, Scalar)):
            out.append(op.results[0])
        if op.kind == "for":
            body = op.regions[0]
            early = 1 if op.attrs.get("early") else 0
            for k in range(carried_count(op)):
                y = body.yields[k + early]
                if isinstance(y.type, Scalar) and y.op is not None and (
                        y.op.kind == "call" and _is(y.op, MAXIMA) or _chosen(y)):
                    out.append(op.results[k])
        if op.kind == "if":
            out.extend(v for v in op.results if isinstance(v.type, Scalar) and _chosen(v))
        for r in op.regions:
            out.extend(_maxima(r))
    return out


def _chosen(v: Value) -> bool:
    """Whether a value is one of two numbers, as a comparison of them decides: a maximum written out."""
    op = v.op
    if op is None or op.kind != "if" or not is_float(v.type):
        return False
    test = op.operands[0].op
    k = op.results.index(v)
    return test is not None and test.kind == "call" and _is(test, ORDERS) and \
        {r.yields[k] for r in op.regions} == set(test.operands)


def _is(op: Op, functions: tuple[Any, ...]) -> bool:
    return any(op.fn is f for f in functions)


class Follow:
    """The dependence of every value on one m."""

    def __init__(self, region: Region, m: Value) -> None:
        self.m = m
        self.of: dict[Value, Dependence] = {}
        dims = dims_of(m.type)
        self.mine = Dependence("shift", 1, tuple(i - len(dims) for i, d in enumerate(dims) if d != 1))
        self.region(region)

    def invariant(self, outputs: list[Value]) -> bool:
        return all(self.at(v).kind in ("none", "zero") for v in outputs)

    def at(self, v: Value) -> Dependence:
        if v is self.m:
            return self.mine
        if v in self.of:
            return self.of[v]
        if v.op is not None and v.op.kind == "const" and isinstance(v.op.attrs["value"], (int, float)) \
                and v.op.attrs["value"] == 0:
            return ZERO
        return NONE

    def region(self, region: Region) -> None:
        for op in region.ops:
            if op.kind in ("for", "while"):
                self.loop(op)
            elif op.kind == "if":
                for r in op.regions:
                    self.region(r)
                for k, result in enumerate(op.results):
                    arms = [self.at(r.yields[k]) for r in op.regions if k < len(r.yields)]
                    self.set(result, _join(*arms) if len(arms) == 2 else OTHER)
                if self.at(op.operands[0]) not in (NONE, ZERO):
                    self.spoil(op)
            else:
                needs = [self.at(v) for v in op.operands]
                for result in op.results:
                    if result is not self.m:
                        self.set(result, self.result(op, needs))

    def set(self, v: Value, d: Dependence) -> None:
        if d != NONE and v is not self.m:
            self.of[v] = d

    def spoil(self, op: Op) -> None:
        for v in op.results:
            self.set(v, OTHER)

    def loop(self, op: Op) -> None:
        first, shift = (1, 3) if op.kind == "for" else (0, 0)
        early = 1 if op.attrs.get("early") else 0
        body = op.regions[-1]
        n = carried_count(op)
        state = [self.at(v) for v in op.operands[shift:]]
        for _ in range(3):
            for r in op.regions:
                for p, d in zip(r.params[first:], state):
                    self.of.pop(p, None)
                    self.set(p, d)
                self.region(r)
            new = [_join(d, self.at(y)) for d, y in zip(state, body.yields[early:early + n])]
            if new == state:
                break
            state = new
        else:
            state = [d if d == NONE else OTHER for d in state]
        controls = [*op.operands[:shift], *(body.yields[:1] if early else []),
                    *(op.regions[0].yields if op.kind == "while" else [])]
        if any(self.at(v) not in (NONE, ZERO) for v in controls):
            state = [OTHER] * n
        for k, result in enumerate(op.results):
            self.set(result, state[k] if k < n else NONE if self.at(body.yields[early + k]) == NONE else OTHER)

    def result(self, op: Op, needs: list[Dependence]) -> Dependence:
        if all(d == NONE for d in needs):
            return NONE
        if op.kind == "copy":
            return needs[0]
        if op.kind != "call" or op.attrs.get("unknown"):
            return NONE if all(d.kind in ("none", "zero") for d in needs) else OTHER
        if op.fn is dim_length or all(d.kind in ("none", "zero") for d in needs):
            return NONE
        if op.fn in (operator.add, operator.sub) and len(needs) == 2:
            return _added(needs[0], needs[1], 1 if op.fn is operator.add else -1)
        if op.fn is operator.neg:
            d = needs[0]
            return Dependence("shift", -d.k, d.axes) if d.kind == "shift" else d
        if op.fn in (operator.mul, operator.truediv) and len(needs) == 2:
            return _multiplied(needs[0], needs[1], 1 if op.fn is operator.mul else -1)
        if _is(op, EXP) and needs[0].kind == "shift":
            return Dependence("scale", needs[0].k, needs[0].axes)
        if _is(op, LOG) and needs[0].kind == "scale":
            return Dependence("shift", needs[0].k, needs[0].axes)
        if _is(op, SUMS) and needs[0].kind in ("scale",) and len(needs) == 1:
            return self.summed(op, needs[0])
        return OTHER

    def summed(self, op: Op, d: Dependence) -> Dependence:
        """A sum over axes along which m does not vary."""
        kwargs = op.attrs["kwargs"]
        args = op.attrs["args"]
        if set(kwargs) - {"axis", "keepdims"} or len(args) > 2:
            return OTHER
        axis = kwargs.get("axis", args[1] if len(args) > 1 else None)
        rank = len(dims_of(op.operands[0].type))
        if isinstance(axis, Slot):
            return OTHER
        over = range(rank) if axis is None else (axis,) if isinstance(axis, int) else axis
        gone = sorted(i - rank if i >= 0 else i for i in over)
        if any(a in gone for a in d.axes):
            return OTHER
        if kwargs.get("keepdims"):
            return d
        return Dependence("scale", d.k, tuple(a + sum(1 for g in gone if g > a) for a in d.axes))


def _join(a: Dependence, b: Dependence) -> Dependence:
    """What holds whichever of the two a value comes from."""
    if a == b:
        return a
    for x, y in ((a, b), (b, a)):
        if x == ZERO and y.kind in ("scale", "none"):
            return y
    return OTHER


def _added(a: Dependence, b: Dependence, sign: int) -> Dependence:
    if OTHER in (a, b):
        return OTHER
    if a.kind == b.kind == "scale":
        return a if (a.k, a.axes) == (b.k, b.axes) else OTHER
    if "scale" in (a.kind, b.kind):
        if a == ZERO or b == ZERO:
            return b if a == ZERO else a
        return OTHER
    shifts = [(d, s) for d, s in ((a, 1), (b, sign)) if d.kind == "shift"]
    if len({d.axes for d, _ in shifts}) > 1:
        return OTHER
    k = sum(s * d.k for d, s in shifts)
    return Dependence("shift", k, shifts[0][0].axes) if k else NONE


def _multiplied(a: Dependence, b: Dependence, sign: int) -> Dependence:
    if OTHER in (a, b) or "shift" in (a.kind, b.kind):
        return OTHER
    scales = [(d, s) for d, s in ((a, 1), (b, sign)) if d.kind == "scale"]
    if len({d.axes for d, _ in scales}) > 1:
        return OTHER
    k = sum(s * d.k for d, s in scales)
    return Dependence("scale", k, scales[0][0].axes) if k else NONE
