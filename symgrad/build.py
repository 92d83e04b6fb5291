"""The derivative of a function as source: lower, reverse or push forward, print."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import symgrad.rules  # noqa: F401  (fills the rule table)
from symgrad.codegen.module import generate
from symgrad.derivative import Derivative, Generated, function_name, move, spec_text
from symgrad.errors import ArgumentError
from symgrad.frontend import signature
from symgrad.frontend.lower import lower
from symgrad.frontend.values import DictC, InstC, ListC, Static, Tup
from symgrad.garbage import uncollected
from symgrad.ir.nodes import Op, Slot, Step, Value, freeze
from symgrad.ir.types import Array, ListOf, Optional_, Scalar, is_float
from symgrad.transform.lists import finish_list, float_items
from symgrad.transform.reverse import Reverse


def build(function: Callable[..., Any], specs: dict[str, Any], *, variadic: dict[str, str] | None = None,
          wrt: tuple[str, ...], single: bool, value: bool = False, aux: bool = False,
          forced: frozenset[Any] = frozenset(), name: str, scalar: bool = True, mode: str = "reverse",
          backend: str = "python", parallel: bool = False) -> Generated:
    """Generate the function that computes the derivative of `function` with respect to `wrt`.

    In reverse mode it computes the gradient. With `scalar`, the result must be a real scalar and
    ``dreturn`` is 1.0 unless given; else ``dreturn`` is a cotangent in the structure of the result.
    In forward mode it computes the directional derivative along a tangent for each name in `wrt`, with
    `scalar` along 1.0 unless given. The code is written for `backend`: "python", or "numba", where loops and scalars
    are quick and what is kept goes into arrays, with `parallel` on several threads.
    """
    for n in wrt:
        if not signature.float_leaves(specs[n]):
            raise ArgumentError(f"{function_name(function)}() cannot be differentiated with respect to {n!r}: "
                                f"it holds no floats ({spec_text(specs[n])})",
                                hint=f"pass floats (1.0, not 1), or leave {n!r} out of argnums")
    with uncollected():
        lowered = lower(function, specs, variadic, forced)
        lowered.lowering.backend, lowered.lowering.parallel = backend, parallel
        made = (lowered, wrt, single, value, aux, name, scalar, function)
        if mode == "reverse":
            return Gradient(*made).generate()
        from symgrad.directional import Tangent
        return Tangent(*made).generate()


class Gradient(Derivative):
    """One gradient in the making."""

    def generate(self) -> Generated:
        self.prepare()
        lw, region, outputs, kept = self.lw, self.lowered.region, self.outputs, self.kept
        region.yields = []
        reverse = Reverse(lw, region, [v for v in self.inputs if is_float(v.type)], outputs)
        primal_ops = list(region.ops)
        adj = self.seed(reverse, self.shape, outputs)
        lw.b.adjoint = True
        reverse.region(primal_ops, adj)
        lw.b.span = None
        gradients: list[Value] = []
        shapes = [self.gradient_of(reverse, adj, n, gradients) for n in self.wrt]
        results = self.results(self.shape, self.aux_shape, shapes, len(outputs), len(kept))
        region.yields = [*(outputs if self.value else []), *(kept if self.aux else []), *gradients]
        zero = tuple(n for n in self.wrt if not any(v in reverse.activity.varied and v in adj for v in
                                                    self.leaves(self.lowered.arguments[n])))
        what = "Value and gradient" if self.value else "Gradient"
        text = generate(self.name, region, self.arguments([self.cotangent], self.scalar), results,
                        self.described(what, "with respect to", self.wrt), self.namespace(),
                        {c.name for c in self.lowered.captures}, lw.backend, lw.parallel)
        return Generated(text, self.lowered.captures, text.lines, zero, self.apart, (self.cotangent,))

    def seed(self, r: Reverse, shape: Any, outputs: list[Value]) -> dict[Value, Value]:
        adj: dict[Value, Value] = {}
        region = self.lowered.region
        self.cotangent = self.free_name("dreturn")
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
                r.add(adj, v, self.in_shape(r, d, t) if self.scalar else d)
        return adj

    def in_shape(self, r: Reverse, d: Value, t: Any) -> Value:
        """The number that ``dreturn`` is, in the shape of a result that is an array of one element."""
        if not isinstance(t, Array) or not t.dims:
            return d
        seed = r.call_tree(np.full, (t.dims, Slot(0)), {"dtype": np.dtype(t.dtype)}, [d], t)
        seed.name = d.name
        return seed

    def path_of(self, shape: Any, k: int) -> tuple[Any, ...]:
        """The access path to output number k in the structure of the result."""
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
            if t.python and t.kind in "fc" and (not d.type.python or d.type.kind != t.kind or r.single):
                d = r.call(float if t.kind == "f" else complex, d)
            elif not t.python and d.type != t:
                d = r.call(np.dtype(t.dtype).type, d)
        if isinstance(t, ListOf) and not isinstance(t.item, (Scalar, Array)):
            d = r.call_tree(finish_list, (Slot(0),), {}, [d], t)
        elif isinstance(t, ListOf) and isinstance(t.item, Scalar) and t.item.python and t.item.kind == "f" and r.single:
            d = r.call_tree(float_items, (Slot(0),), {}, [d], t)
        if isinstance(t, Array) and r.mixed:            # where precisions meet, types do not tell which one wins
            d = r.call(np.ndarray.astype, d, np.dtype(t.dtype), method=True)
        elif isinstance(t, Array) and not self.is_own(d, out):
            copy = Op("copy", [d], [d.type])
            copy.adjoint = True
            copy.result.name = d.name
            region.ops.append(copy)
            d = copy.result
        return d

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


__all__ = ["Generated", "build"]
