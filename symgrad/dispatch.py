"""From a call's arguments to the function compiled for their types, in well under a microsecond.

For each specialisation a small *guard* is generated: a function with the primal's own parameters
that compares types, dtypes, ranks and structures with those it was compiled for, as a handful of
identity tests, and calls the generated function where all agree. Where they do not it returns
`MISS`, and the caller tries the next one.
"""
from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.analysis.written import Place, check, meet, repeats
from symgrad.arguments import MISS
from symgrad.backends.python import annotate
from symgrad.frontend.signature import Known, Leaf, Struct, describe
from symgrad.ir.types import BOTTOM, Array, ListOf, Opaque, Scalar, TupleOf, Type

PREFIX = "_sg_"
PYTHON = {"float64": float, "int64": int, "bool": bool, "complex128": complex}


class Conditions:
    """Writes the tests that a value fits a spec."""

    def __init__(self, forced: frozenset[Any]) -> None:
        self.forced = forced
        self.namespace: dict[str, Any] = {}
        self.count = itertools.count()

    def constant(self, obj: Any) -> str:
        name = f"{PREFIX}k{next(self.count)}"
        self.namespace[name] = obj
        return name

    def local(self) -> str:
        return f"{PREFIX}v{next(self.count)}"

    def of(self, e: str, spec: Any, name: Any, path: tuple[Any, ...] = ()) -> list[str]:
        """Tests that ``describe(e, name, forced, path) == spec``, cheap ones first."""
        if isinstance(spec, Known):
            found = self.known(e, spec.obj)
        elif isinstance(spec, Leaf):
            found = self.leaf(e, spec.type)
        else:
            found = self.struct(e, spec, name, path)
        if found is None:
            where = ", ".join(map(self.constant, (name, self.forced, path)))
            found = [f"{self.constant(describe)}({e}, {where}) == {self.constant(spec)}"]
        return found

    def known(self, e: str, obj: Any) -> list[str] | None:
        if obj is None or isinstance(obj, bool):
            return [f"{e} is {obj}"]
        if type(obj) in (int, str):
            return [f"type({e}) is {type(obj).__name__}", f"{e} == {obj!r}"]
        if isinstance(obj, (tuple, list, dict, float, complex)):
            return None
        if inspect.ismethod(obj):                       # each look-up of a method makes a new object
            method = self.constant(obj)
            return [f"type({e}) is type({method})", f"{e}.__self__ is {method}.__self__",
                    f"{e}.__func__ is {method}.__func__"]
        return [f"{e} is {self.constant(obj)}"]

    def leaf(self, e: str, t: Type) -> list[str] | None:
        if isinstance(t, Scalar):
            return [f"type({e}) is {self.type_name(t)}"]
        if isinstance(t, Array):
            return self.array(e, t)
        if isinstance(t, ListOf):
            return self.items(e, t.item)
        return None

    def type_name(self, t: Scalar) -> str:
        return PYTHON[t.dtype].__name__ if t.python else self.constant(np.dtype(t.dtype).type)

    def array(self, e: str, t: Array) -> list[str]:
        dtype = self.constant(np.dtype(t.dtype))
        tests = [f"type({e}) is {self.constant(np.ndarray)}", f"({e}.dtype is {dtype} or {e}.dtype == {dtype})"]
        ones = [d == 1 for d in t.dims]
        if not ones:
            return [*tests, f"{e}.ndim == 0"]
        shape = self.local()
        tests.append(f"len({shape} := {e}.shape) == {len(ones)}")
        if not any(ones):
            return [*tests, f"1 not in {shape}"]
        return [*tests, *(f"{shape}[{i}] {'==' if one else '!='} 1" for i, one in enumerate(ones))]

    def items(self, e: str, item: Type) -> list[str] | None:
        """A list of one kind of items: the set of their types is the fastest full check."""
        if item == BOTTOM:
            return [f"type({e}) is list", f"not {e}"]
        kinds, inner = self.local(), self.local()
        tests = [f"type({e}) is list"]
        if isinstance(item, Scalar) and item.python:
            exact = self.constant({PYTHON[item.dtype]})
            if item.dtype != "float64":
                return [*tests, f"{{*map(type, {e})}} == {exact}"]
            mixed = self.constant({float, int})
            return [*tests, f"(({kinds} := {{*map(type, {e})}}) == {exact} or {kinds} == {mixed})"]
        if isinstance(item, Scalar):
            return [*tests, f"{{*map(type, {e})}} == {self.constant({np.dtype(item.dtype).type})}"]
        if isinstance(item, (Array, ListOf)):
            # a name bound by := in a comprehension would be the function's; a lambda keeps it to itself
            each = self.leaf(inner, item)
            return None if each is None else [*tests, e, f"all(map(lambda {inner}: {' and '.join(each)}, {e}))"]
        if isinstance(item, TupleOf) and all(isinstance(i, Scalar) for i in item.items):
            each = [f"type({inner}) is tuple", f"len({inner}) == {len(item.items)}"]
            for i, t in enumerate(item.items):
                each.extend(self.leaf(f"{inner}[{i}]", t) or [])
            return [*tests, e, f"all(map(lambda {inner}: {' and '.join(each)}, {e}))"]
        return None

    def struct(self, e: str, spec: Struct, name: Any, path: tuple[Any, ...]) -> list[str] | None:
        inner = self.local()
        bound = f"({inner} := {e})"
        keys = [k for k, _ in spec.items]
        if spec.kind == "instance":
            if any(hasattr(c, "__slots__") for c in spec.cls.__mro__[:-1]) or not all(map(str.isidentifier, keys)):
                return None
            tests = [f"type({bound}) is {self.constant(spec.cls)}", f"[*{inner}.__dict__] == {keys!r}"]
            parts = [f"{inner}.{k}" for k in keys]
        elif spec.kind == "dict":
            if not all(type(k) in (str, int) for k in keys):
                return None
            tests = [f"type({bound}) is {self.constant(spec.cls or dict)}", f"[*{inner}] == {keys!r}"]
            parts = [f"{inner}[{k!r}]" for k in keys]
        else:
            cls = "list" if spec.kind == "list" else "tuple" if spec.cls is None else self.constant(spec.cls)
            tests = [f"type({bound}) is {cls}", f"len({inner}) == {len(keys)}"]
            parts = [f"{inner}[{k}]" for k in keys]
        for part, (key, item) in zip(parts, spec.items):
            if not (isinstance(item, Leaf) and isinstance(item.type, Scalar)) and not isinstance(item, Known):
                part, value = self.local(), part
                tests.append(f"({part} := {value}, True)[1]")
            tests.extend(self.of(part, item, name, (*path, key)))
        return tests


def guard(signature: inspect.Signature, qualname: str, specs: dict[str, Any], omitted: dict[str, Any],
          captures: list[Any], forced: frozenset[Any], function: Callable[..., Any], lines: Any,
          pick: Callable[[Any], Any] | None, apart: list[tuple[Place, Place]]) -> Callable[..., Any]:
    """A function with the primal's parameters: the generated function's result, or MISS.

    `omitted` are parameters left at their default; `captures` are read, compared, and put into the
    generated function's namespace; `pick` takes from the result what is asked for; places that are `apart`
    must not share memory, as the function writes to them.
    """
    conditions = Conditions(forced)
    namespace = conditions.namespace
    parameters, tests, before, store = [], [], [], []
    found = {n: n for n in specs}
    for p in signature.parameters.values():
        if p.default is not p.empty:
            p = p.replace(default=Named(conditions.constant(p.default)))
        parameters.append(p.replace(annotation=p.empty))
        if p.name in omitted:
            tests.append(f"{p.name} is {conditions.constant(omitted[p.name])}")
        else:
            tests.extend(conditions.of(p.name, specs[p.name], p.name))
    for c in captures:
        local = conditions.local()
        found[c.name] = local
        before.append(f"    {local} = {conditions.constant(c.read)}()")
        tests.extend(conditions.of(local, c.spec, ("capture", c.name), ()))
        if c.name:
            store.append(f"        {PREFIX}namespace[{c.name!r}] = {local}")
    code = function.__code__
    positional = code.co_varnames[:code.co_argcount]
    call = ", ".join(name if name in positional else f"{name}={name}" for name in specs)
    result = f"{PREFIX}function({call})"
    text = "\n".join([
        f"def guard{inspect.Signature(parameters)}:", *before,
        f"    if {' and '.join(tests) or 'True'}:", *separate(apart, found, conditions, qualname), *store,
        "        try:",
        f"            return {f'{PREFIX}pick({result})' if pick else result}",
        f"        except Exception as {PREFIX}error:",
        f"            {PREFIX}annotate({PREFIX}error, {PREFIX}function, {PREFIX}lines)",
        "            raise",
        f"    return {PREFIX}miss"])
    namespace.update({f"{PREFIX}function": function, f"{PREFIX}namespace": function.__globals__,
                      f"{PREFIX}annotate": annotate, f"{PREFIX}lines": lines, f"{PREFIX}miss": MISS,
                      f"{PREFIX}pick": pick, "__builtins__": __builtins__})
    exec(compile(text, "<symgrad guard>", "exec"), namespace)  # noqa: S102
    made: Callable[..., Any] = namespace["guard"]
    made.__qualname__ = qualname        # a call with the wrong arguments gets the primal's TypeError
    return made


def separate(apart: list[tuple[Place, Place]], found: dict[str, str], conditions: Conditions,
             qualname: str) -> list[str]:
    """Lines that refuse memory that is given twice and written to: none for a function that writes to no argument."""
    lines = []
    for pair in apart:
        a, b = (place.expression(found[place.name]) for place in pair)
        arrays = all(isinstance(place.type, Array) for place in pair)
        values = ", ".join({place.name: f"{place.name!r}: {found[place.name]}" for place in pair}.values())
        if pair[0] == pair[1]:
            test = f"{conditions.constant(repeats)}({a})"
        elif isinstance(pair[0].type, Opaque):
            test = f"{a} is {b}"
        else:
            test = f"{conditions.constant(np.may_share_memory if arrays else meet)}({a}, {b})"
        lines.append(f"        if {test}:")
        lines.append(f"            {conditions.constant(check)}([{conditions.constant(pair)}], {{{values}}}, {qualname!r})")
    return lines


class Named:
    """A default that prints as a name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


__all__ = ["guard"]
