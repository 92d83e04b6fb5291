"""grad(f) called inside a function that is itself differentiated: the generated code takes the call's place."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgrad.arguments import name_of
from symgrad.errors import AliasError
from symgrad.frontend import calls
from symgrad.frontend.indexing import get_item
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.signature import Known, Leaf, Struct, describe
from symgrad.frontend.values import DictC, DynC, Func, InstC, ListC, Obj, Ref, Static, Tup
from symgrad.ir.nodes import Value
from symgrad.ir.types import Array, DictOf, Dim, Instance, ListOf, Optional_, TupleOf, Type
from symgrad.specialise import Specialisation, Specialisations


def inline_gradient(compiled: Specialisations, lw: Lowering, args: list[Any], kwargs: dict[str, Any],
                    tangents: list[Any] | None = None) -> Any:
    """The abstract result of calling a gradient, or a pushforward along `tangents`, with abstract arguments."""
    parameters = compiled.parameters
    try:
        bound = parameters.signature.bind(*args, **kwargs)
    except TypeError as error:
        lw.error(f"TypeError: {name_of(compiled.function)}() {error}")
    given = set(bound.arguments)
    bound.apply_defaults()
    values: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        if name == parameters.rest:
            values[name] = Tup(tuple(value))
        elif name == parameters.named:
            values[name] = lw.new_object(DictC(tuple(value.items())))
        else:
            values[name] = value if name in given else calls.lift(lw, value)

    def specs(names: Any, forced: frozenset[Any]) -> dict[str, Any]:
        lengths: dict[Any, Any] = {}
        return {n: spec_of(lw, values[n], lengths, n, forced) for n in names}

    s = compiled.of(dict(bound.arguments), specs, quiet=True)
    along = {}
    if tangents is not None:
        if parameters.rest in s.specs:
            lw.error("jvp of a function with *args inside a function that is differentiated")
        by_name = dict(zip(parameters.signature.parameters, tangents))
        wrt = dict.fromkeys(place.parameter for place in compiled.selected(dict(bound.arguments), s.specs))
        along = {seed: by_name[n] for n, seed in zip(wrt, s.generated.seeds)}
    result = inline_generated(lw, s, {**{n: values[n] for n in s.specs}, **along})
    return result if s.picks is None else s.picks.of(result, lambda a, key: get_item(lw, a, Static(key)))


def inline_generated(lw: Lowering, s: Specialisation, values: dict[str, Any]) -> Any:
    """Lower a generated function where it is called."""
    function: Any = s.function
    func = calls.function_of(lw, function)
    captured = {c.name: calls.capture(lw, c.where[2], c.read(), c.where) for c in s.generated.captures}
    for (name, keys) in s.forced:
        if isinstance(name, tuple) and name[1] in captured:     # the code depends on this one's value
            part = captured[name[1]]
            for key in keys:
                part = get_item(lw, part, Static(key))
            lw.static(part)
    for p, q in s.generated.apart:
        a, b = values.get(p.name), values.get(q.name)
        one = isinstance(a, Ref) and isinstance(b, Ref) and a.root == b.root
        if p != q and (one or isinstance(a, Obj) and a == b and not p.path and not q.path):
            lw.error(f"{p} and {q} are the same memory, and {s.guard.__qualname__}() writes to {p}",
                     hint=f"pass a copy for one of them: {q}.copy()", kind=AliasError)
    positional = function.__code__.co_varnames[:function.__code__.co_argcount]
    return calls.inline(lw, func, [v for n, v in values.items() if n in positional],
                        {n: v for n, v in values.items() if n not in positional})


def spec_of(lw: Lowering, a: Any, lengths: dict[Any, Any], name: Any = "",
            forced: frozenset[Any] = frozenset(), path: Any = ()) -> Any:
    """The spec of an abstract value: what `describe` gives for the object that it stands for.

    `lengths` gives the unknown lengths names that do not depend on where they come from, so
    that calls of the same types share one compiled function.
    """
    if (name, path) in forced:
        return Known(lw.static(a))
    if isinstance(a, Static):
        return describe(a.obj, name, forced, path)
    if isinstance(a, Value):
        return Leaf(renamed(a.type, lengths))
    if isinstance(a, Ref):
        return Leaf(renamed(lw.load(a).type, lengths))
    if isinstance(a, Tup):
        return Struct("tuple", a.cls, tuple(
            (i, spec_of(lw, x, lengths, name, forced, (*path, i))) for i, x in enumerate(a.items)))
    if isinstance(a, Obj):
        c = lw.contents(a)
        items: tuple[tuple[Any, Any], ...]
        if isinstance(c, DynC):
            return Leaf(renamed(lw.load(c.ref).type, lengths))
        if isinstance(c, ListC):
            kind, cls, items = "list", None, tuple(enumerate(c.items))
        elif isinstance(c, DictC):
            kind, cls, items = "dict", None, c.items
        elif isinstance(c, InstC):
            kind, cls, items = "instance", c.cls, c.items
        else:
            lw.error("this cannot be an argument of a gradient")
        return Struct(kind, cls, tuple((k, spec_of(lw, x, lengths, name, forced, (*path, k))) for k, x in items))
    lw.error("this cannot be an argument of a gradient that is differentiated again",
             hint="pass numbers, arrays and structures of them")


def renamed(t: Type, lengths: dict[Any, Any]) -> Type:
    """A type whose unknown lengths are numbered in the order in which they are met."""
    if isinstance(t, Array):
        return Array(t.dtype, tuple(
            Dim(lengths.setdefault(d.base, ("length", len(lengths))), d.offset, d.many) if isinstance(d, Dim) else d
            for d in t.dims))
    if isinstance(t, ListOf):
        return ListOf(renamed(t.item, lengths))
    if isinstance(t, Optional_):
        return Optional_(renamed(t.item, lengths))
    if isinstance(t, DictOf):
        return DictOf(t.key, renamed(t.item, lengths))
    if isinstance(t, TupleOf):
        return TupleOf(tuple(renamed(i, lengths) for i in t.items))
    if isinstance(t, Instance):
        return Instance(t.cls, tuple((n, renamed(i, lengths)) for n, i in t.fields))
    return t


def make_gradient(function: Callable[..., Any], lw: Lowering, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``grad(f, ...)`` inside a function that is differentiated: f is known, so the gradient is made now."""
    for a in [*args, *kwargs.values()]:
        if isinstance(a, Func):
            lw.error("the gradient of a function that is defined inside the function that is differentiated",
                     hint="define the inner function at the module's level, and pass it what it closes over")
    result = function(*(lw.static(a, "what is differentiated") for a in args),
                      **{k: lw.static(v, k) for k, v in kwargs.items()})
    return Static(result)


__all__ = ["inline_generated", "inline_gradient", "make_gradient", "spec_of"]
