"""Directional derivatives: the function of primals and tangents that returns values and tangents."""
from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.codegen.module import generate
from symgrad.derivative import Derivative, Generated, move
from symgrad.frontend.values import DictC, InstC, ListC, Static, Tup
from symgrad.ir.nodes import Op, Slot, Value, walk
from symgrad.ir.types import Array, ListOf, Scalar, is_float
from symgrad.transform.forward import Forward
from symgrad.transform.lists import finish_list


class Tangent(Derivative):
    """One directional derivative in the making."""

    def generate(self) -> Generated:
        self.prepare()
        lw, region, outputs, kept = self.lw, self.lowered.region, self.outputs, self.kept
        region.yields = []
        forward = Forward(lw, region, [v for v in self.inputs if is_float(v.type)], outputs)
        lw.b.adjoint = True
        seeds = self.seed(forward)
        forward.region(region)
        lw.b.span = None
        tangents: list[Value] = []
        for v in outputs:
            tangents.append(self.finished(forward, v, tangents))
        region.yields = [*(outputs if self.value else []), *(kept if self.aux else []), *tangents]
        for op in walk(region):
            op.adjoint = False                          # there is one sweep only
        results = self.results(len(outputs), len(kept))
        zero = tuple(n for n in self.wrt if self.scalar and not any(
            v in forward.active for v in self.leaves(self.lowered.arguments[n])))
        what = "Value and derivative" if self.value else "Derivative"
        how = "with respect to" if self.scalar else "along"
        text = generate(self.name, region, self.arguments(seeds, self.scalar), results,
                        self.described(what, how, self.wrt if self.scalar else seeds), self.namespace(),
                        {c.name for c in self.lowered.captures}, lw.backend, lw.parallel)
        return Generated(text, self.lowered.captures, text.lines, zero, self.apart, tuple(seeds))

    def seed(self, forward: Forward) -> list[str]:
        """Give each argument that is differentiated by a parameter for its tangent."""
        region = self.lowered.region
        names: dict[str, str] = {}
        for n in self.wrt:
            names[n] = self.free_name("d" + n, names.values())
        made = []
        for v in self.inputs:
            if not is_float(v.type):
                continue
            assert v.op is not None
            path = v.op.attrs["path"]
            op = Op("arg", (), [v.type], name=names[v.op.attrs["name"]], path=path, seed=self.scalar)
            if not path:
                op.result.name = op.attrs["name"]
            made.append(op)
            if v in forward.active:
                forward.known[v] = op.result
        region.ops[:0] = made
        return list(names.values())

    def finished(self, forward: Forward, v: Value, out: list[Value]) -> Value:
        """The tangent of one result, of the result's type, in memory of its own."""
        region = self.lowered.region
        if not is_float(v.type):
            return forward.zeros(v) if isinstance(v.type, (Scalar, Array, ListOf)) else v
        d = forward.fit(forward.tangent(v), v)
        t = v.type
        if isinstance(t, Scalar) and isinstance(d.type, Scalar):
            if t.python and t.kind in "fc" and (not d.type.python or d.type.kind != t.kind):
                d = forward.call(float if t.kind == "f" else complex, d)
            elif not t.python and d.type != t:
                d = forward.call(np.dtype(t.dtype).type, d)
        if isinstance(t, ListOf) and not isinstance(t.item, (Scalar, Array)):
            d = forward.call_tree(finish_list, (Slot(0),), {}, [d], t)
        if isinstance(t, Array) and not self.is_own(d, out):
            copy = Op("copy", [d], [d.type])
            copy.result.name = d.name
            region.ops.append(copy)
            d = copy.result
        return d

    def results(self, n: int, kept: int) -> Any:
        """The structure that is returned: ``[value,] tangent``, with what is passed along next to the value."""
        base = n if self.value else 0
        tangent = move(unvarying(self.shape), base + kept)
        aux = move(self.aux_shape, base) if self.aux else None
        if self.value:
            return Tup((Tup((self.shape, aux)) if self.aux else self.shape, tangent))
        return Tup((tangent, aux)) if self.aux else tangent


def unvarying(shape: Any) -> Any:
    """A result's structure in which numbers that are written out are zero."""
    if isinstance(shape, Static):
        number = isinstance(shape.obj, (int, float, complex)) and not isinstance(shape.obj, bool)
        return Static(type(shape.obj)(0)) if number else shape
    if isinstance(shape, Tup):
        return Tup(tuple(map(unvarying, shape.items)), shape.cls)
    if isinstance(shape, ListC):
        return ListC(tuple(map(unvarying, shape.items)))
    if isinstance(shape, (DictC, InstC)):
        items = tuple((k, unvarying(v)) for k, v in shape.items)
        return DictC(items) if isinstance(shape, DictC) else InstC(shape.cls, items)
    return shape


__all__ = ["Tangent"]
