"""The gradient of a function as source: lower, reverse, print."""
from __future__ import annotations

import ast
import gc
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import symgrad.rules  # noqa: F401  (fills the rule table)
from symgrad.analysis.written import Place, conflicts
from symgrad.codegen.module import Text, generate
from symgrad.codegen.results import template
from symgrad.errors import ArgumentError, NotScalarError, Span
from symgrad.frontend import signature
from symgrad.frontend.lower import Capture, Lowered, lower
from symgrad.frontend.values import DictC, InstC, ListC, Static, Tup
from symgrad.ir.nodes import Op, Region, Slot, Value, freeze
from symgrad.ir.types import Array, ListOf, Optional_, Scalar, is_float
from symgrad.optimize.dce import clean
from symgrad.transform.lists import finish_list
from symgrad.transform.reverse import Reverse


@dataclass
class Generated:
    """A generated function: its text and what it needs to run."""

    text: Text
    captures: list[Capture]
    lines: dict[int, Span] = field(default_factory=dict)
    zero: tuple[str, ...] = ()
    apart: list[tuple[Place, Place]] = field(default_factory=list)      # arguments that must not share memory


def build(function: Callable[..., Any], specs: dict[str, Any], *, variadic: dict[str, str] | None = None,
          wrt: tuple[str, ...], single: bool, value: bool = False, aux: bool = False,
          forced: frozenset[Any] = frozenset(), name: str, scalar: bool = True) -> Generated:
    """Generate the function that computes the gradient of `function` with respect to `wrt`.

    With `scalar`, the result must be a real scalar and ``dreturn`` is 1.0 unless given;
    else ``dreturn`` is a cotangent in the structure of the result.
    """
    for n in wrt:
        if not signature.float_leaves(specs[n]):
            raise ArgumentError(f"{function_name(function)}() cannot be differentiated with respect to {n!r}: "
                                f"it holds no floats ({spec_text(specs[n])})",
                                hint=f"pass floats (1.0, not 1), or leave {n!r} out of argnums")
    collecting = gc.isenabled()
    gc.disable()                      # thousands of small objects, none of them garbage before the end
    try:
        lowered = lower(function, specs, variadic, forced)
        return Gradient(lowered, wrt, single, value, aux, name, scalar, function).generate()
    finally:
        if collecting:
            gc.enable()


def function_name(f: Any) -> str:
    return str(getattr(f, "__name__", type(f).__name__))


def spec_text(spec: Any) -> str:
    if isinstance(spec, signature.Leaf):
        t = spec.type
        return t.dtype if isinstance(t, Scalar) else f"array of {t.dtype}" if isinstance(t, Array) else str(t)
    if isinstance(spec, signature.Known):
        return type(spec.obj).__name__
    return str(spec.kind)


class Gradient:
    """One gradient in the making."""

    def __init__(self, lowered: Lowered, wrt: tuple[str, ...], single: bool, value: bool, aux: bool, name: str,
                 scalar: bool, function: Any) -> None:
        self.lowered, self.lw = lowered, lowered.lowering
        self.wrt, self.single, self.value, self.aux, self.name = wrt, single, value, aux, name
        self.scalar, self.function = scalar, function

    def generate(self) -> Generated:
        lw = self.lw
        region = self.lowered.region
        apart = conflicts(region)
        primal, extra = self.lowered.result, None
        if self.aux:
            if not isinstance(primal, Tup) or len(primal.items) != 2:
                raise NotScalarError(f"{self.lowered.name}() must return (value, aux) for has_aux=True")
            primal, extra = primal.items
        outputs: list[Value] = []
        shape = template(primal, lw.contents, lw.value, outputs)
        kept: list[Value] = []
        aux_shape = template(extra, lw.contents, lw.value, kept) if self.aux else None
        if self.scalar:
            outputs = [self.check_scalar(shape, outputs)]
        region.yields = [*outputs, *kept]
        inputs = self.inputs()
        clean(region)
        rehash(region)
        outputs, kept = region.yields[:len(outputs)], region.yields[len(outputs):]
        region.yields = []
        reverse = Reverse(lw, region, [v for v in inputs if is_float(v.type)], outputs)
        primal_ops = list(region.ops)
        adj = self.seed(reverse, shape, outputs)
        lw.b.adjoint = True
        reverse.region(primal_ops, adj)
        lw.b.span = None
        gradients: list[Value] = []
        shapes = [self.gradient_of(reverse, adj, n, gradients) for n in self.wrt]
        results = self.results(shape, aux_shape, shapes, len(outputs), len(kept))
        region.yields = [*(outputs if self.value else []), *(kept if self.aux else []), *gradients]
        zero = tuple(n for n in self.wrt if not any(v in reverse.activity.varied and v in adj for v in
                                                    self.leaves(self.lowered.arguments[n])))
        text = generate(self.name, region, self.arguments(), results, self.docstring(),
                        self.namespace(), {c.name for c in self.lowered.captures})
        return Generated(text, self.lowered.captures, text.lines, zero, apart)

    def check_scalar(self, shape: Any, outputs: list[Value]) -> Value:
        """The one real number that the function returns, or an error that says what to use instead."""
        hint = "use vjp(f, *args) for a product with the Jacobian, or return one number (np.sum(...), say)"
        what = f"{self.lowered.name}() does not return a real scalar, so it has no gradient"
        if isinstance(shape, Static) and isinstance(shape.obj, (int, float)) and not isinstance(shape.obj, bool):
            return self.lw.value(shape)
        if not isinstance(shape, Slot):
            raise NotScalarError(f"{what}; see vjp and jacobian", None, hint)
        v = outputs[0]
        t = v.type.item if isinstance(v.type, Optional_) else v.type     # None where it ends without a return
        if isinstance(t, Scalar) and t.kind in "fi":
            return v
        if isinstance(t, Array) and t.kind == "f" and all(d == 1 for d in t.dims):
            return v
        error = NotScalarError(f"{what} (it returns {type_words(t)}); see vjp and jacobian", None, hint)
        error.type = t
        raise error

    # -- inputs and seeds ------------------------------------------------------------------------

    def leaves(self, a: Any) -> list[Value]:
        """The `arg` values of an argument, as they were when the function was entered."""
        return [v for v in self.entry_values if self.belongs(v, a)]

    def belongs(self, v: Value, a: Any) -> bool:
        return v.op is not None and v.op.attrs["name"] in [n for n, x in self.lowered.arguments.items() if x is a]

    def inputs(self) -> list[Value]:
        self.entry_values = [op.results[0] for op in self.lowered.region.ops if op.kind == "arg"]
        return [v for v in self.entry_values if v.op is not None and v.op.attrs["name"] in self.wrt]

    def seed(self, r: Reverse, shape: Any, outputs: list[Value]) -> dict[Value, Value]:
        adj: dict[Value, Value] = {}
        region = self.lowered.region
        self.cotangent = "dreturn"
        while self.cotangent in self.lowered.specs:
            self.cotangent += "_"
        for k, v in enumerate(outputs):
            path = self.path_of(shape, k)
            t = v.type.item if isinstance(v.type, Optional_) else v.type
            if self.scalar and isinstance(t, Scalar):
                t = Scalar("float64")
            op = Op("arg", (), [t], name=self.cotangent, path=path, seed=self.scalar)
            region.ops.insert(0, op)
            d = op.result
            if not path:
                d.name = self.cotangent
            if v in r.active:
                r.add(adj, v, d)
        return adj

    def path_of(self, shape: Any, k: int) -> tuple[Any, ...]:
        """The access path to output number k in the structure of the result."""
        from symgrad.ir.nodes import Step

        def find(s: Any, path: tuple[Any, ...]) -> Any:
            if isinstance(s, Slot):
                return path if s.index == k else None
            if isinstance(s, (Tup, ListC)):
                pairs = [(Step("index", i), x) for i, x in enumerate(s.items)]
            elif isinstance(s, DictC):
                pairs = [(Step("index", key), x) for key, x in s.items]
            elif isinstance(s, InstC):
                pairs = [(Step("attr", key), x) for key, x in s.items]
            else:
                return None
            for step, x in pairs:
                found = find(x, (*path, step))
                if found is not None:
                    return found
            return None
        return find(shape, ()) or ()

    # -- results -----------------------------------------------------------------------------------

    def gradient_of(self, r: Reverse, adj: dict[Value, Value], name: str, out: list[Value]) -> Any:
        """The gradient in the structure of an argument; its leaves are appended to `out`."""
        spec = self.lowered.specs[name]
        entry = {freeze(v.op.attrs["path"]): v for v in self.entry_values
                 if v.op is not None and v.op.attrs["name"] == name}
        from symgrad.ir.nodes import Step

        def build(s: Any, path: tuple[Any, ...]) -> Any:
            if isinstance(s, signature.Known):
                return Static(s.obj)
            if isinstance(s, signature.Leaf):
                v = entry[freeze(path)]
                out.append(self.finished(r, adj, v, s.type, out))
                return Slot(len(out) - 1)
            parts = []
            for key, inner in s.items:
                attr = s.kind == "instance" or (s.cls is not None and s.kind == "tuple")
                step_key = s.cls._fields[key] if s.kind == "tuple" and s.cls is not None else key
                parts.append((key, build(inner, (*path, Step("attr" if attr else "index", step_key)))))
            if s.kind == "tuple":
                return Tup(tuple(p for _, p in parts), s.cls)
            if s.kind == "list":
                return ListC(tuple(p for _, p in parts))
            return DictC(tuple(parts)) if s.cls is None else InstC(s.cls, tuple(parts))
        return build(spec, ())

    def finished(self, r: Reverse, adj: dict[Value, Value], v: Value, t: Any, out: list[Value]) -> Value:
        """One leaf of the gradient: zeros where nothing arrived, of the argument's type, memory of its own."""
        region = self.lowered.region
        if v.op not in region.ops and v.op is not None:
            region.ops.insert(0, v.op)
        if not is_float(t):
            return v
        d = adj.get(v)
        if d is None:
            return r.zeros(v)
        d = r.fit(d, v)
        if isinstance(t, Scalar) and isinstance(d.type, Scalar):
            if t.python and t.kind in "fc" and (not d.type.python or d.type.kind != t.kind):
                d = r.call(float if t.kind == "f" else complex, d)
            elif not t.python and d.type != t:
                import numpy as np
                d = r.call(np.dtype(t.dtype).type, d)
        if isinstance(t, ListOf) and not isinstance(t.item, (Scalar, Array)):
            d = r.call_tree(finish_list, (Slot(0),), {}, [d], t)
        if isinstance(t, Array) and not self.is_own(d, out):
            copy = Op("copy", [d], [d.type])
            copy.adjoint = True
            copy.result.name = d.name
            region.ops.append(copy)
            d = copy.result
        return d

    def is_own(self, d: Value, out: list[Value]) -> bool:
        from symgrad.analysis.aliasing import Sites
        sites = Sites(self.lowered.region).of(d)
        taken = [Sites(self.lowered.region).of(o) for o in out]
        args = {op.results[0] for op in self.lowered.region.ops if op.kind == "arg"}
        lazy = d.op is not None and d.op.kind == "call" and getattr(d.op.fn, "__name__", "") == "broadcast_to"
        return not (sites & args) and not any(sites & t for t in taken) and not lazy

    def results(self, shape: Any, aux_shape: Any, shapes: list[Any], n: int, kept: int) -> Any:
        """The structure that is returned, its slots counting the region's yields."""
        base = 0
        value = aux = None
        if self.value:
            value = move(Slot(0) if self.scalar else shape, 0)
            base += n
        if self.aux:
            aux = move(aux_shape, base)
            base += kept
        gradient = move(shapes[0] if self.single else Tup(tuple(shapes)), base)
        if self.value and self.aux:
            return Tup((Tup((value, aux)), gradient))
        if self.value:
            return Tup((value, gradient))
        return Tup((gradient, aux)) if self.aux else gradient

    # -- text ----------------------------------------------------------------------------------------

    def arguments(self) -> ast.arguments:
        """The primal's parameters, with its defaults where they can be written down, then ``dreturn``."""
        names = list(self.lowered.specs)
        defaults = self.defaults(names)
        seed: list[ast.expr] = [ast.Constant(1.0)] if self.scalar else []
        if self.scalar:
            for n in reversed(names):
                if n not in defaults:
                    break
                seed.insert(0, defaults[n])
        return ast.arguments([], [ast.arg(n, None) for n in [*names, self.cotangent]], None, [], [], None, seed)

    def defaults(self, names: list[str]) -> dict[str, ast.expr]:
        out: dict[str, ast.expr] = {}
        try:
            params = inspect.signature(self.function).parameters
        except (TypeError, ValueError):
            return out
        for n in names:
            p = params.get(n)
            if p is not None and isinstance(p.default, (int, float, str, bool, type(None))):
                node = ast.parse(repr(p.default), mode="eval").body
                out[n] = node
        return out

    def namespace(self) -> dict[str, Any]:
        f = self.function
        f = getattr(f, "__func__", f)
        return dict(getattr(f, "__globals__", {}))

    def docstring(self) -> str:
        import os
        wrt = ", ".join(self.wrt)
        wrt = wrt if self.single else f"({wrt})"
        what = "Value and gradient" if self.value else "Gradient"
        file = os.path.basename(self.lowered.file)
        return f"{what} of {self.lowered.name} ({file}) with respect to {wrt}."


def move(shape: Any, by: int) -> Any:
    """Renumber the slots of a structure."""
    if isinstance(shape, Slot):
        return Slot(shape.index + by)
    if isinstance(shape, Tup):
        return Tup(tuple(move(i, by) for i in shape.items), shape.cls)
    if isinstance(shape, ListC):
        return ListC(tuple(move(i, by) for i in shape.items))
    if isinstance(shape, DictC):
        return DictC(tuple((k, move(v, by)) for k, v in shape.items))
    if isinstance(shape, InstC):
        return InstC(shape.cls, tuple((k, move(v, by)) for k, v in shape.items))
    return shape


def rehash(region: Region) -> None:
    """Fill the hash-consing tables anew, after ops were removed or changed."""
    region.known = {}
    for op in region.ops:
        if op.key is not None:
            op.key = (op.kind, tuple(v.id for v in op.operands), freeze({k: v for k, v in op.attrs.items()
                                                                         if k != "aug"}))
            region.known.setdefault(op.key, op)
        for r in op.regions:
            rehash(r)


def type_words(t: Any) -> str:
    if isinstance(t, Array):
        return f"an array with {t.ndim} axes" if t.ndim != 1 else "an array"
    if isinstance(t, Scalar):
        return f"a {t.dtype}"
    return "a list" if isinstance(t, ListOf) else str(getattr(t, "what", t))


__all__ = ["Generated", "build"]
