"""Calls that are neither inlined nor one op: builtins, functools, and NumPy functions that write."""
from __future__ import annotations

import ast
import copy
import dataclasses
import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.frontend import attributes, branches, calls, classes, containers, indexing, primitives, sets
from symgrad.frontend.array_methods import tolist
from symgrad.frontend.builtin_folds import extremum, quantifier, reduce_, sorted_, sum_
from symgrad.frontend.comprehensions import as_list
from symgrad.frontend.expressions import binary, identity, truth
from symgrad.frontend.iteration import static_items
from symgrad.frontend.iterators import ITERATORS
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import (
    Bound,
    DictC,
    DynC,
    Func,
    InstC,
    Iter,
    ListC,
    Obj,
    Ref,
    SetC,
    Slice,
    Static,
    Tup,
)
from symgrad.frontend.writers import WRITERS
from symgrad.ir.infer import PYTHON_TYPES
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import BOOL, FLOAT, Array, DictOf, ListOf, Opaque, Scalar, Tree
from symgrad.rules.broadcasting import unbroadcast
from symgrad.rules.einsum import subscripts_of

Args = list[Any]
Kwargs = dict[str, Any]


def len_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    return indexing.length(lw, args[0])


def range_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    if len(args) == 1:
        args = [Static(0), args[0]]
    if len(args) == 2:
        args = [*args, Static(1)]
    return Iter("range", tuple(args))


def iterator(kind: str) -> Callable[..., Any]:
    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        return Iter(kind, tuple(args))
    return make


def enumerate_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    return Iter("enumerate", (args[0], args[1] if len(args) > 1 else kwargs.get("start", Static(0))))


def list_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    return as_list(lw, args[0]) if args else lw.new_object(ListC(()))


def tuple_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    if not args:
        return Tup(())
    items = static_items(lw, args[0])
    if items is None and isinstance(args[0], Iter) and args[0].kind == "generator":
        args = [as_list(lw, args[0])]
        items = static_items(lw, args[0])
    if items is not None:
        return Tup(tuple(items))
    return as_list(lw, args[0])                  # a tuple of any length is a list that nobody changes


def dict_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    contents = DictC(())
    if args:
        if isinstance(args[0], Obj) and isinstance(c := lw.contents(args[0]), DictC):
            contents = c
        else:
            items = static_items(lw, args[0])
            if items is None:
                lw.error("dict() of something whose length is known at run time only")
            for i in items:
                k, v = static_items(lw, i) or (None, None)
                contents = contents.set(lw.static(k), lw.bind(v))
    for name, v in kwargs.items():
        contents = contents.set(name, lw.bind(v))
    return lw.new_object(contents)


def convert(kind: type) -> Callable[..., Any]:
    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        if not args and not kwargs:
            return Static(kind())
        if len(args) != 1 or kwargs:
            return primitives.call_primitive(lw, kind, args, kwargs)
        a = args[0]
        if isinstance(a, Static):
            try:
                return Static(kind(a.obj))
            except (TypeError, ValueError, OverflowError) as e:
                lw.error(f"{type(e).__name__}: {e}")
        if isinstance(a, Obj) and isinstance(lw.contents(a), InstC):
            return calls.call(lw, attributes.get_attribute(lw, a, f"__{kind.__name__}__"), [], {})
        v = lw.value(a)
        if isinstance(v.type, Opaque):
            return lw.b.emit(Op("call", [v], [Scalar(PYTHON_TYPES[kind])], fn=kind, args=(Slot(0),), kwargs={})).result
        if isinstance(v.type, Scalar) and v.type.python and v.type.kind == {float: "f", int: "i"}.get(kind):
            return v
        return primitives.call_primitive(lw, kind, [v], {})
    return make


def bool_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    return truth(lw, args[0]) if args else Static(False)


def isinstance_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    classes = lw.static(args[1], "the class")
    classes = classes if isinstance(classes, tuple) else (classes,)
    a = args[0]
    if isinstance(a, Value) and isinstance(a.type, Opaque) and a.type.what not in ("str", "None"):
        return lw.b.emit(Op("call", [a], [BOOL], fn=isinstance, args=(Slot(0), classes), kwargs={})).result
    if isinstance(args[0], Value) and isinstance(args[0].type, Tree):           # a tuple, or None
        a_tuple, none = (any(issubclass(kind, c) for c in classes) for kind in (tuple, type(None)))
        return Static(a_tuple) if a_tuple == none else identity(lw, args[0], Static(None), none)
    return Static(any(issubclass(class_of(lw, args[0]), c) for c in classes))


def issubclass_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    if all(map(lw.is_static, args)):
        return Static(issubclass(*map(lw.static, args)))
    cls = lw.static(args[1], "the class")
    return lw.b.emit(Op("call", [lw.value(args[0])], [BOOL], fn=issubclass, args=(Slot(0), cls), kwargs={})).result


def class_of(lw: Lowering, a: Any) -> type:
    if isinstance(a, Static):
        return type(a.obj)
    if isinstance(a, Tup):
        return a.cls or tuple
    if isinstance(a, (Func, Bound)):
        return type(class_of)
    if isinstance(a, Obj):
        c = lw.contents(a)
        if isinstance(c, InstC):
            return c.cls
        if isinstance(c, DynC):
            return dict if isinstance(lw.load(c.ref).type, DictOf) else list
        if isinstance(c, SetC):
            return set
        return dict if isinstance(c, DictC) else list
    t = lw.value(a).type
    if isinstance(t, Array):
        return np.ndarray
    if isinstance(t, Scalar):
        return {"float64": float, "int64": int, "bool": bool, "complex128": complex}[t.dtype] if t.python \
            else np.dtype(t.dtype).type
    if isinstance(t, ListOf):
        return list
    if t == Opaque("str"):
        return str
    lw.error("the class of this is not known when the function is transformed")


def type_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    return Static(class_of(lw, args[0]))


def getattr_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    name = lw.static(args[1], "the attribute's name")
    if len(args) > 2 and hasattr_(lw, args[:2], {}) == Static(False):
        return args[2]
    return attributes.get_attribute(lw, args[0], name)


def hasattr_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    name = lw.static(args[1], "the attribute's name")
    if isinstance(args[0], Obj) and isinstance(c := lw.contents(args[0]), InstC):
        return Static(c.get(name) is not None or hasattr(c.cls, name))
    return Static(hasattr(class_of(lw, args[0]), name))


def setattr_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    attributes.set_attribute(lw, args[0], lw.static(args[1], "the attribute's name"), args[2])
    return Static(None)


def callable_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    a = args[0]
    return Static(isinstance(a, (Func, Bound)) or isinstance(a, Static) and callable(a.obj))


def divmod_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    return Tup((binary(lw, ast.FloorDiv, *args), binary(lw, ast.Mod, *args)))


def partial_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    fn, bound, named = args[0], args[1:], kwargs

    def apply(lw: Lowering, self: Any, args: Args, kwargs: Kwargs) -> Any:
        return calls.call(lw, fn, [*bound, *args], {**named, **kwargs})
    return Bound(Static(None), apply, True)


def refused(what: str, hint: str) -> Callable[..., Any]:
    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        lw.error(f"{what} is not supported", hint=hint)
    return make


def deepcopy(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    """A copy of every array and object inside."""
    a = args[0]
    if isinstance(a, Ref):
        return primitives.call_primitive(lw, np.copy, [a], {})
    if isinstance(a, Tup):
        return Tup(tuple(deepcopy(lw, [i], {}) for i in a.items), a.cls)
    if isinstance(a, Obj):
        c = lw.contents(a)
        if isinstance(c, ListC):
            return lw.new_object(ListC(tuple(lw.bind(deepcopy(lw, [i], {})) for i in c.items)))
        if isinstance(c, (DictC, InstC)):
            items = tuple((k, lw.bind(deepcopy(lw, [i], {}))) for k, i in c.items)
            return lw.new_object(DictC(items) if isinstance(c, DictC) else InstC(c.cls, items))
        if isinstance(c, SetC):
            return sets.make(lw, a)
        v = lw.load(c.ref)
        return lw.b.emit(Op("copy", [v], [v.type], deep=True)).result
    if isinstance(a, Value) and isinstance(a.type, Tree):
        return lw.b.emit(Op("copy", [a], [a.type], deep=True)).result
    return a


def shallow_copy(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    a = args[0]
    if isinstance(a, Obj):
        c = lw.contents(a)
        if isinstance(c, SetC):
            return sets.make(lw, a)
        return containers.copy_list(lw, lw.load(c.ref)) if isinstance(c, DynC) else lw.new_object(c)
    return deepcopy(lw, args, kwargs)


def dataclass_replace(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    c = lw.contents(args[0])
    return classes.construct(lw, c.cls, [], {**dict(c.items), **kwargs})


def shape_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    a = args[0]
    if isinstance(a, Ref) or (isinstance(a, Value) and isinstance(a.type, (Array, Scalar))):
        return attributes.get_attribute(lw, a, "shape")
    if isinstance(a, Static):
        return Static(np.shape(a.obj))
    return attributes.get_attribute(lw, primitives.call_primitive(lw, np.asarray, [a], {}), "shape")


def ndim_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    return Static(rank(lw, args[0]))


def rank(lw: Lowering, a: Any) -> int:
    """The number of axes that NumPy sees in a value: a list of lists has two."""
    if isinstance(a, Static):
        return int(np.ndim(a.obj))
    items = a.items if isinstance(a, Tup) else None
    if isinstance(a, Obj) and isinstance(c := lw.contents(a), ListC):
        items = c.items
    if items is not None:
        return 1 + (rank(lw, items[0]) if items else 0)
    t, n = lw.value(a).type, 0
    while isinstance(t, ListOf):
        t, n = t.item, n + 1
    return n + (t.ndim if isinstance(t, Array) else 0)


def unbroadcast_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    """What a rule says of broadcasting: the types know which axes were stretched."""
    if lw.unbroadcast is None:
        return calls.inline(lw, calls.function_of(lw, unbroadcast), args, kwargs)
    return lw.unbroadcast(lw.value(args[0]), lw.value(args[1]))


def size_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    if len(args) > 1:
        return indexing.get_item(lw, shape_(lw, args[:1], {}), args[1])
    if lw.is_static(args[0]):
        return Static(np.size(lw.static(args[0])))
    return attributes.get_attribute(lw, args[0], "size")


def iscomplex(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    if isinstance(args[0], Static):
        return Static(isinstance(args[0].obj, complex))
    t = lw.value(args[0]).type
    return Static(isinstance(t, (Array, Scalar)) and t.kind == "c")


def count(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    return Iter("count", (args[0] if args else Static(0),))


def ndindex(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    lengths = args[0] if len(args) == 1 and isinstance(args[0], Tup) else Tup(tuple(args))
    return Iter("ndindex", (lengths,))


def ndenumerate(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    a = args[0]
    return Iter("map", (Bound(a, at_index, True), ndindex(lw, [shape_(lw, [a], {})], {})))


def at_index(lw: Lowering, a: Any, args: Args, kwargs: Kwargs) -> Any:
    return Tup((args[0], indexing.get_item(lw, a, args[0])))


def set_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    return sets.make(lw, *args)


def next_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    if isinstance(args[0], Iter) and args[0].kind == "generator":
        found = as_list(lw, args[0])
        if len(args) == 1:
            return indexing.get_item(lw, found, Static(0))
        some = truth(lw, found)
        if isinstance(some, Static):
            return indexing.get_item(lw, found, Static(0)) if some.obj else args[1]
        return branches.branch(lw, some, lambda: indexing.get_item(lw, found, Static(0)), lambda: args[1])
    lw.error("iterators with state are not supported", hint="loop over the items, or index them")


def math_sequence(fn: Any) -> Callable[..., Any]:
    """math.fsum, math.prod over any iterable of numbers."""

    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        a = as_list(lw, args[0]) if isinstance(args[0], Iter) else args[0]
        if isinstance(a, Tup):
            a = lw.new_object(ListC(a.items))
        v = lw.value(a)
        operands, kw = [v], {}
        if "start" in kwargs:
            operands.append(lw.value(kwargs["start"]))
            kw = {"start": Slot(1)}
        item = v.type.item if isinstance(v.type, ListOf) else v.type
        t = FLOAT
        if fn is math.prod and (isinstance(item, Array) or isinstance(item, Scalar) and not item.python):
            t = Scalar(item.dtype, False)       # the product of NumPy's numbers is one of them
        return lw.b.emit(Op("call", operands, [t], fn=fn, args=(Slot(0),), kwargs=kw)).result
    return make


def of_object(fn: Any, method: str) -> Callable[..., Any]:
    """A builtin that an object of a class written in Python answers with a method of its own."""
    def make(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
        if isinstance(args[0], Obj) and isinstance(lw.contents(args[0]), InstC):
            return calls.call(lw, attributes.get_attribute(lw, args[0], method), args[1:], kwargs)
        return primitives.call_primitive(lw, fn, args, kwargs)
    return make


def slice_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    none = Static(None)
    return Slice(*((none, args[0], none) if len(args) == 1 else (*args, none)[:3]))


def einsum(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    """np.einsum; lists of axes after the operands become subscripts."""
    if lw.is_static(args[0]):
        return primitives.call_primitive(lw, np.einsum, args, kwargs)
    pairs = len(args) // 2 * 2
    axes = [[lw.static(a, "the axes") for a in part] for part in (args[1:pairs:2], args[pairs:])]
    return primitives.call_primitive(lw, np.einsum, [Static(subscripts_of(*axes)), *args[:pairs:2]], kwargs)


def unstack(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    """np.unstack: the rows of the array with that axis first."""
    axis = kwargs.get("axis", Static(0))
    return tuple_(lw, [primitives.call_primitive(lw, np.moveaxis, [args[0], axis, Static(0)], {})], {})


def print_(lw: Lowering, args: Args, kwargs: Kwargs) -> Any:
    return primitives.call_unknown(lw, print, args, kwargs)


SPECIAL: dict[Any, Callable[[Lowering, Args, Kwargs], Any]] = {
    **WRITERS, **ITERATORS,
    len: len_, range: range_, zip: iterator("zip"), enumerate: enumerate_, reversed: iterator("reversed"),
    map: iterator("map"), filter: iterator("filter"), list: list_, tuple: tuple_, dict: dict_, float: convert(float),
    int: convert(int), complex: convert(complex), bool: bool_, sum: sum_, max: extremum(True), min: extremum(False),
    sorted: sorted_, any: quantifier(False), all: quantifier(True), isinstance: isinstance_, issubclass: issubclass_, type: type_,
    getattr: getattr_, hasattr: hasattr_, setattr: setattr_, callable: callable_, divmod: divmod_, print: print_,
    next: next_, iter: iterator("iter"), abs: of_object(abs, "__abs__"), round: of_object(round, "__round__"),
    np.nditer: refused("np.nditer()", "loop over a.flat, np.ndindex(a.shape) or np.ndenumerate(a)"),
    set: set_, frozenset: set_, slice: slice_, functools.partial: partial_, functools.reduce: reduce_,
    exec: refused("exec()", "write the code out"), eval: refused("eval()", "write the code out"),
    compile: refused("compile()", "write the code out"), np.shape: shape_, np.ndim: ndim_,
    np.size: size_, unbroadcast: unbroadcast_, np.iscomplexobj: iscomplex, np.ndindex: ndindex,
    np.ndenumerate: ndenumerate, copy.copy: shallow_copy, copy.deepcopy: deepcopy,
    itertools.count: count, itertools.pairwise: iterator("pairwise"), dataclasses.replace: dataclass_replace,
    math.fsum: math_sequence(math.fsum), math.prod: math_sequence(math.prod),
    np.einsum: einsum, np.ndarray.tolist: lambda lw, args, kwargs: tolist(lw, args[0], args[1:], kwargs)}
if hasattr(np, "unstack"):                       # NumPy 2.1
    SPECIAL[np.unstack] = unstack

__all__ = ["SPECIAL"]
