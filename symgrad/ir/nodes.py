"""The expression DAG.

A `Region` is a list of operations; an `Op` has operands, results, attributes and
nested regions; every operand is a `Value` that one op (or region) defined. Values
are never changed. Memory that the program writes to is a chain of *versions*:
`store` takes a version and gives the next, loops carry versions as they carry
numbers. Pure operations are hash-consed per region: equal expression, equal node.

Ops by `kind`::

    const   value                                a Python constant, or a global of the primal
    call    fn, args, kwargs -> results          a function or operator; `effect` if it must run once
    load    memory, *indices; path               read along an access path
    store   memory, value, *indices; path        the next version of memory; `add` accumulates
    if      condition; regions then, else        results are what the arms yield
    for     start, stop, step, *inits            region params: index, *carried
    while   *inits; regions test, body           region params: carried
    undef                                        an unbound variable
    copy    value                                a fresh copy
    append, pop, ...                             list versions (see `call` with `memory=True`)

A loop's body yields ``[stop,] *carried, *taped``: `stop` where the loop can be left
early, `taped` values are gathered, one per iteration, into a list result each.
The results are ``*carried, *taped [, trips]``.
"""
from __future__ import annotations

import itertools
import operator
import types
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from symgrad.errors import Span
from symgrad.ir.types import BOTTOM, Type
from symgrad.passes import runs
from symgrad.structs import struct

_ids = itertools.count()


class Value:
    """A result of `op`, or a parameter of `region`. `name` is what the primal calls it."""

    __slots__ = ("id", "name", "op", "region", "type")

    def __init__(self, type: Type, op: Op | None = None, name: str = "", region: Region | None = None) -> None:
        self.type, self.op, self.name, self.region = type, op, name, region
        self.id = next(_ids)

    def __repr__(self) -> str:
        return f"%{self.name or ''}{self.id}"


@struct(frozen=True)
class Slot:
    """The place of operand number `index` in the argument structure of a call or a path."""

    index: int


@struct(frozen=True)
class Step:
    """One step of an access path: an index, an attribute, or a function that returns a view."""

    kind: str                   # "index" | "attr" | "view" | "method"
    key: Any                    # index tree | attribute name | (function, args, kwargs)


class Op:
    """One operation. `attrs` never holds a Value; operands never anything else."""

    __slots__ = ("adjoint", "again", "attrs", "key", "kind", "operands", "regions", "results", "span")

    def __init__(self, kind: str, operands: Iterable[Value] = (), types: Iterable[Type] = (),
                 regions: Iterable[Region] = (), span: Span | None = None, **attrs: Any) -> None:
        self.kind = kind
        self.operands = list(operands)
        self.attrs = attrs
        self.regions = list(regions)
        self.span = span
        self.results = [Value(t, self) for t in types]
        self.key: Any = None
        self.adjoint = False                # part of the reverse sweep
        self.again: Op | None = None        # the op of the primal that it does once more
        for region in self.regions:
            region.parent = self

    @property
    def result(self) -> Value:
        return self.results[0]

    @property
    def fn(self) -> Any:
        return self.attrs.get("fn")

    def add_result(self, type: Type, name: str = "") -> Value:
        value = Value(type, self, name)
        self.results.append(value)
        return value

    def __repr__(self) -> str:
        return f"<{self.kind} {self.attrs.get('fn', '')}>"


class Region:
    """A list of ops that runs as a whole; `yields` are what its owner receives."""

    __slots__ = ("known", "ops", "params", "parent", "yields")

    def __init__(self, parent: Op | None = None) -> None:
        self.params: list[Value] = []
        self.ops: list[Op] = []
        self.yields: list[Value] = []
        self.parent = parent
        self.known: dict[Any, Op] = {}      # hash-consing table

    def param(self, type: Type, name: str = "") -> Value:
        value = Value(type, None, name, self)
        self.params.append(value)
        return value


def hashable(x: Any) -> bool:
    """Whether `x` can be a key of the tables of functions."""
    try:
        hash(x)
    except TypeError:
        return False
    return True


def walk(region: Region) -> list[Op]:
    """Every op of a region, nested ones after their owner."""
    out: list[Op] = []
    _walk(region, out)
    return out


def _walk(region: Region, out: list[Op]) -> None:
    for op in region.ops:
        out.append(op)
        for inner in op.regions:
            _walk(inner, out)


def uses(region: Region) -> dict[Value, int]:
    """How often each value is used as an operand or a yield, in the region and inside it."""
    count: dict[Value, int] = {}
    stack = [region]
    while stack:
        r = stack.pop()
        for v in r.yields:
            count[v] = count.get(v, 0) + 1
        for op in r.ops:
            for v in op.operands:
                count[v] = count.get(v, 0) + 1
            stack.extend(op.regions)
    return count


def captured(region: Region) -> list[Value]:
    """The outer values that a region uses, in the order of their first use."""
    inner: set[Value] = set()
    seen: dict[Value, None] = {}

    def visit(r: Region) -> None:
        inner.update(r.params)
        for op in r.ops:
            for v in op.operands:
                if v not in inner:
                    seen.setdefault(v)
            for sub in op.regions:
                visit(sub)
            inner.update(op.results)
        for v in r.yields:
            if v not in inner:
                seen.setdefault(v)

    visit(region)
    return [v for v in seen if v not in inner]


def map_tree(tree: Any, f: Callable[[Slot], Any]) -> Any:
    """Replace every slot of an argument structure."""
    if isinstance(tree, Slot):
        return f(tree)
    if isinstance(tree, tuple):
        return tuple(map_tree(t, f) for t in tree)
    if isinstance(tree, list):
        return [map_tree(t, f) for t in tree]
    if isinstance(tree, dict):
        return {k: map_tree(t, f) for k, t in tree.items()}
    if isinstance(tree, slice):
        return slice(map_tree(tree.start, f), map_tree(tree.stop, f), map_tree(tree.step, f))
    if isinstance(tree, Step):
        return Step(tree.kind, map_tree(tree.key, f))
    return tree


FUNCTIONS = frozenset([types.FunctionType, types.BuiltinFunctionType, type, np.ufunc])


def freeze(tree: Any) -> Any:
    """A hashable form of an argument structure, equal only for structures that print alike."""
    kind = type(tree)
    if kind is Slot:
        return (Slot, tree.index)                   # which has its hash sooner
    if kind is tuple:
        return tuple([freeze(t) for t in tree])
    if kind is int or kind is str or kind is bool or tree is None:
        return (kind, tree)                         # 1, 1.0 and True are not the same
    if kind in FUNCTIONS:
        return ("object", id(tree))
    if isinstance(tree, tuple):
        return tuple(map(freeze, tree))
    if isinstance(tree, list):
        return ("list", *map(freeze, tree))
    if isinstance(tree, dict):
        return ("dict", *((k, freeze(v)) for k, v in tree.items()))
    if isinstance(tree, slice):
        return ("slice", freeze(tree.start), freeze(tree.stop), freeze(tree.step))
    if isinstance(tree, Step):
        return (tree.kind, freeze(tree.key))
    if isinstance(tree, (int, float, complex, str, bool, type(None), bytes)):
        return (kind, repr(tree))                   # nor are 0.0 and -0.0
    return ("object", id(tree))


class Builder:
    """Appends ops to a region; equal pure ops give the value that is already there."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.outer: list[Region] = []       # enclosing regions, outermost first
        self.span: Span | None = None
        self.adjoint = False
        self.keep = False                   # an op that raises decides what happens next: none is dropped

    def emit(self, op: Op) -> Op:
        op.span = op.span or self.span
        op.adjoint = self.adjoint
        if self.keep and op.kind in ("call", "load"):
            op.attrs["effect"] = True
        if not op.attrs.get("effect") and not op.regions and op.kind != "copy" and runs("sharing"):
            op.key = (op.kind, tuple(v.id for v in op.operands), freeze(op.attrs))
            for region in (self.region, *reversed(self.outer)):
                if op.key in region.known:
                    return region.known[op.key]
            self.region.known[op.key] = op
        self.region.ops.append(op)
        return op

    def const(self, value: Any, type: Type) -> Value:
        return self.emit(Op("const", (), [type], value=value)).result

    def undef(self, type: Type = BOTTOM) -> Value:
        return self.emit(Op("undef", (), [type], of=type)).result

    def nested(self, region: Region) -> Nested:
        """``with builder.nested(region):`` appends to `region`."""
        return Nested(self, region)


class Nested:
    """Directs a builder to a nested region for the length of a with-block."""

    def __init__(self, builder: Builder, region: Region) -> None:
        self.builder, self.region = builder, region

    def __enter__(self) -> Region:
        self.saved = (self.builder.region, self.builder.outer)
        self.builder.outer = [*self.builder.outer, self.builder.region]
        self.builder.region = self.region
        return self.region

    def __exit__(self, *exc: object) -> None:
        self.builder.region, self.builder.outer = self.saved


def first_argument(op: Op) -> Value | None:
    """The value that is the first argument of a call as it is; None where that is a list of values."""
    if op.kind != "call" or not op.attrs["args"] or not isinstance(op.attrs["args"][0], Slot):
        return None
    return op.operands[op.attrs["args"][0].index]


def known_number(v: Value) -> Any:
    """The number that a value is known to be, ``np.inf`` and ``-np.inf`` too, or None."""
    op = v.op
    if op is not None and op.kind == "call" and op.fn is operator.neg:
        x = known_number(op.operands[0])
        return None if x is None else -x
    if op is not None and op.kind == "const" and isinstance(op.attrs["value"], (int, float)):
        return op.attrs["value"]
    return None


def is_number(v: Value, x: int) -> bool:
    """Whether a value is the constant `x`."""
    return v.op is not None and v.op.kind == "const" and v.op.attrs["value"] == x
