"""Types of IR values: what the compiler knows before the program runs, never a value.

A dimension is an int where the length is known, else a `Dim`: a symbol plus a
constant, so that ``u[2:]``, ``u[:-2]`` and ``u[1:-1]`` have equal lengths. A
symbol that comes from an argument is known not to be 1 (lengths of 1 are part of
the signature); any other may turn out to be 1 when the program runs.
"""
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.structs import struct


@struct(frozen=True)
class Dim:
    """The length of an axis: ``base + offset``."""

    base: Any
    offset: int = 0
    many: bool = False          # known not to be 1

    def __add__(self, n: int) -> Dim:
        return self if n == 0 else Dim(self.base, self.offset + n)

    @property
    def varies(self) -> bool:
        """A length that differs from item to item, or from run to run: equal to no other."""
        return bool(self.base == VARIES)

    @property
    def fixed(self) -> bool:
        """Whether the arguments decide it: the same wherever and whenever it is looked at."""
        return _fixed(self.base)


VARIES = ("varies",)
Length = int | Dim


def _fixed(base: Any) -> bool:
    if isinstance(base, Dim):
        return _fixed(base.base)
    if not isinstance(base, tuple) or not base:
        return base is None or isinstance(base, int)
    if base[0] in ("arg", "length"):
        return True
    parts = base[1:] if isinstance(base[0], str) and base[0] in ("slice", "upto", "broadcast") else base
    return base != VARIES and all(map(_fixed, parts))


@struct(frozen=True)
class Type:
    """Base of all types."""

    holds_memory = False                        # whether a value is memory, or may have memory inside


@struct(frozen=True)
class Scalar(Type):
    """A number: `dtype` by NumPy's name; `python` for Python's own float, int, bool, complex."""

    dtype: str
    python: bool = True

    @property
    def kind(self) -> str:
        return kind_of(self.dtype)


@struct(frozen=True)
class Array(Type):
    """An array of known dtype and rank, with what is known of its lengths."""

    holds_memory = True
    dtype: str
    dims: tuple[Length, ...]

    @property
    def kind(self) -> str:
        return kind_of(self.dtype)

    @property
    def ndim(self) -> int:
        return len(self.dims)


@struct(frozen=True)
class ListOf(Type):
    """A list whose length is known at run time only."""

    holds_memory = True
    item: Type

    def __post_init__(self) -> None:
        object.__setattr__(self, "item", of_items(self.item))


@struct(frozen=True)
class DictOf(Type):
    """A dict whose keys are known at run time only."""

    holds_memory = True
    key: Type
    item: Type

    def __post_init__(self) -> None:
        object.__setattr__(self, "item", of_items(self.item))


@struct(frozen=True)
class TupleOf(Type):
    """A tuple inside a list or dict."""

    holds_memory = True
    items: tuple[Type, ...]


@struct(frozen=True)
class Instance(Type):
    """An object with known fields inside a list or dict."""

    holds_memory = True
    cls: type
    fields: tuple[tuple[str, Type], ...]


@struct(eq=False)
class Node:
    """What a tree's tuples hold: types, among which may be the tree's own."""

    items: tuple[Type, ...] = ()

    def __repr__(self) -> str:
        return "..."                    # it may hold itself


@struct(frozen=True, eq=False)
class Tree(Type):
    """None, or a tuple whose items may be such trees again: what a recursive function builds.

    Two trees are equal if no difference is found by going down both.
    """

    node: Node

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tree):
            return NotImplemented
        pair = (self.node, other.node)
        if self.node is other.node or pair in _compared:
            return True
        _compared.append(pair)
        try:
            return self.node.items == other.node.items
        finally:
            _compared.pop()

    def __hash__(self) -> int:
        return hash(Tree)

    @property
    def holds_memory(self) -> bool:                     # type: ignore[override]
        return self.any(lambda t: t.holds_memory) or any(isinstance(t, (ListOf, DictOf)) for t in self.node.items)

    def any(self, test: Callable[[Type], bool]) -> bool:
        """Whether the tuples hold a thing whose type passes a test, at any depth."""
        seen: set[Node] = set()
        todo: list[Type] = [self]
        while todo:
            t = todo.pop()
            if isinstance(t, Tree):
                if t.node not in seen:
                    seen.add(t.node)
                    todo.extend(t.node.items)
            elif isinstance(t, (ListOf, DictOf, Optional_)):
                todo.append(t.item)
            elif isinstance(t, TupleOf):
                todo.extend(t.items)
            elif test(t):
                return True
        return False


_compared: list[tuple[Node, Node]] = []         # the trees that are being compared: the same until a difference is found


@struct(frozen=True)
class Opaque(Type):
    """Anything that carries no derivative: a string, a file, a random generator."""

    what: str = "object"
    cls: type | None = None


@struct(frozen=True)
class Bottom(Type):
    """The item type of an empty list, the type of a variable that is not yet bound."""


@struct(frozen=True)
class Optional_(Type):
    """None, or a value of a type."""

    holds_memory = True
    item: Type


BOTTOM = Bottom()
FLOAT = Scalar("float64")
INT = Scalar("int64")
BOOL = Scalar("bool")
STR = Opaque("str")
NONE = Opaque("None")


@functools.lru_cache(None)
def kind_of(dtype: str) -> str:
    """'b', 'i', 'f', 'c' or 'O'."""
    kind = np.dtype(dtype).kind
    return {"u": "i"}.get(kind, kind if kind in "bifc" else "O")


def is_float(t: Type) -> bool:
    """Whether a value of this type is, or holds, numbers that a derivative can flow through."""
    if isinstance(t, (Scalar, Array)):
        return t.kind in "fc"
    if isinstance(t, (ListOf, DictOf, Optional_)):
        return is_float(t.item)
    if isinstance(t, TupleOf):
        return any(map(is_float, t.items))
    if isinstance(t, Tree):
        return t.any(is_float)
    if isinstance(t, Instance):
        return any(is_float(f) for _, f in t.fields)
    return False


def is_complex(t: Type) -> bool:
    """Whether values of this type are complex numbers or arrays of them."""
    return isinstance(t, (Scalar, Array)) and t.kind == "c"


def is_memory(t: Type) -> bool:
    """Whether values of this type can be written to."""
    return isinstance(t, (Array, ListOf, DictOf, Instance))


def join(a: Type, b: Type) -> Type | None:
    """The least type that holds both, or None where there is no useful one."""
    if a == b:
        return a
    if isinstance(a, Bottom):
        return b
    if isinstance(b, Bottom):
        return a
    if a == NONE or b == NONE:
        other = b if a == NONE else a
        return other if isinstance(other, (Optional_, Tree)) else Optional_(other)
    if isinstance(a, Optional_) or isinstance(b, Optional_):
        inner = join(a.item if isinstance(a, Optional_) else a, b.item if isinstance(b, Optional_) else b)
        return None if inner is None else Optional_(inner)
    if isinstance(a, Tree) or isinstance(b, Tree):
        tree, other = (a, b) if isinstance(a, Tree) else (b, a)
        return tree if isinstance(tree, Tree) and fits(tree, other) else None
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return Scalar(np.result_type(a.dtype, b.dtype).name, a.python and b.python)
    if isinstance(a, Array) and isinstance(b, Array) and a.ndim == b.ndim and (a.kind == "b") == (b.kind == "b"):
        dims = tuple(x if x == y else Dim(VARIES, many=_many(x) and _many(y)) for x, y in zip(a.dims, b.dims))
        return Array(np.result_type(a.dtype, b.dtype).name, dims)
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        return ListOf(join(a.item, b.item) or Opaque())
    if isinstance(a, DictOf) and isinstance(b, DictOf):
        key, item = join(a.key, b.key), join(a.item, b.item)
        return None if key is None or item is None else DictOf(key, item)
    if isinstance(a, TupleOf) and isinstance(b, TupleOf) and len(a.items) == len(b.items):
        items = [join(x, y) for x, y in zip(a.items, b.items)]
        return None if any(i is None for i in items) else TupleOf(tuple(i for i in items if i is not None))
    if isinstance(a, Instance) and isinstance(b, Instance) and a.cls is b.cls:
        fields = [(n, join(x, y)) for (n, x), (_, y) in zip(a.fields, b.fields)]
        if any(t is None for _, t in fields):
            return None
        return Instance(a.cls, tuple((n, t) for n, t in fields if t is not None))
    if isinstance(a, Opaque) and isinstance(b, Opaque):
        return Opaque("object")
    return None


def joined_items(tree: Tree, t: Type) -> tuple[Type, ...] | None:
    """What a tree's tuples hold if a value of type `t` is one of them, or None if it cannot be."""
    if not isinstance(t, TupleOf) or len(t.items) != len(tree.node.items):
        return None
    items = [join(x, of_items(y)) for x, y in zip(tree.node.items, t.items)]
    return None if any(i is None for i in items) else tuple(of_items(i) for i in items if i is not None)


def fits(tree: Tree, t: Type) -> bool:
    """Whether a value of type `t` can be one of a tree's tuples; Python's and NumPy's numbers are the same in it."""
    items = joined_items(tree, t)
    return items is not None and all(x == y or isinstance(x, Scalar) and isinstance(y, Scalar) and x.dtype == y.dtype
                                     for x, y in zip(items, tree.node.items))


def _many(d: Length) -> bool:
    return d != 1 if isinstance(d, int) else d.many


def of_items(t: Type) -> Type:
    """What is known of every item of a list, at any time: lengths that the arguments do not fix vary."""

    def dim(d: Length) -> Length:
        return d if isinstance(d, int) or d.fixed else Dim(VARIES, many=d.many)
    return map_dims(t, dim)


def located(t: Type, place: Any) -> Type:
    """The type of one value: its lengths that vary get symbols of their own."""
    counter = iter(range(1 << 30))

    def dim(d: Length) -> Length:
        return Dim(("at", place, next(counter)), many=d.many) if isinstance(d, Dim) and d.varies else d
    return map_dims(t, dim)


def map_dims(t: Type, f: Callable[[Length], Length]) -> Type:
    """A type with `f` applied to the lengths of its arrays; what is in lists stays."""
    if isinstance(t, Array):
        dims = tuple(map(f, t.dims))
        return t if dims == t.dims else Array(t.dtype, dims)
    if isinstance(t, TupleOf):
        return TupleOf(tuple(map_dims(i, f) for i in t.items))
    if isinstance(t, Instance):
        return Instance(t.cls, tuple((n, map_dims(i, f)) for n, i in t.fields))
    if isinstance(t, Optional_):
        return Optional_(map_dims(t.item, f))
    return t


def broadcast_dim(a: Length, b: Length) -> Length:
    """The length that two axes of these lengths have together."""
    if a == 1:
        return b
    if b == 1 or a == b:
        return a
    if isinstance(a, int) or (isinstance(a, Dim) and a.many):
        return a
    if isinstance(b, int) or (isinstance(b, Dim) and b.many):
        return b
    return Dim(("broadcast", a, b))


def broadcast(*shapes: tuple[Length, ...]) -> tuple[Length, ...]:
    """The dims that arrays of these dims have when broadcast together."""
    rank = max(map(len, shapes), default=0)
    out: list[Length] = [1] * rank
    for shape in shapes:
        for i, d in enumerate(shape, start=rank - len(shape)):
            out[i] = broadcast_dim(out[i], d)
    return tuple(out)


def never_stretched(dim: Length, result: Length) -> bool:
    """Whether an axis of length `dim` is certainly not stretched when it takes part in `result`."""
    if dim == result and not (isinstance(dim, Dim) and dim.varies):
        return True
    return (isinstance(dim, int) and dim != 1) or (isinstance(dim, Dim) and dim.many)


def dims_of(t: Type) -> tuple[Length, ...]:
    if isinstance(t, Optional_):
        t = t.item
    return t.dims if isinstance(t, Array) else ()


def with_dtype(dtype: str, dims: tuple[Length, ...], python: bool = False) -> Type:
    """An array type, or a scalar type where there are no dims."""
    return Array(dtype, dims) if dims else Scalar(dtype, python)
