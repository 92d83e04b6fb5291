"""What reverse and forward mode share: which values are active, small ops, zeros of a value's kind."""
from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.analysis.activity import Activity
from symgrad.analysis.unbound import unbound
from symgrad.analysis.zeros import Zeros
from symgrad.errors import MissingRuleError, UnsupportedError
from symgrad.frontend import primitives
from symgrad.frontend.helpers import zeros_of_tree
from symgrad.frontend.indexing import axis_source
from symgrad.frontend.lowering import Lowering
from symgrad.ir.infer import dim_length, infer
from symgrad.ir.nodes import Op, Region, Slot, Value, first_argument, walk
from symgrad.ir.types import Array, Instance, Opaque, Optional_, Scalar, Tree, TupleOf, Type, dims_of
from symgrad.optimize.dce import carried_count
from symgrad.rules.core import find
from symgrad.transform.algebra import Algebra
from symgrad.transform.lists import zeros_of


def only_numbers(t: Type) -> bool:
    """Whether a value of a type has no lengths: an object or tuple of numbers."""
    if isinstance(t, Instance):
        return all(only_numbers(f) for _, f in t.fields)
    if isinstance(t, TupleOf):
        return all(map(only_numbers, t.items))
    return isinstance(t, (Scalar, Opaque))


def brings_whole_numbers(op: Op) -> bool:
    """Whether paths meet at an op of which one brings an array of floats and another one an array of integers.

    The type of what they meet in says floats; at run time its elements, or those of a view of it, may be integers.
    """
    floats = [isinstance(r.type, Array) and r.type.kind == "f" for r in reversed(op.results)]
    return bool(op.regions) and any(
        float_ and isinstance(v.type, Array) and v.type.kind in "iu"
        for brought in (op.operands, *(r.yields for r in op.regions)) for float_, v in zip(floats, reversed(brought)))


class Transform:
    """Appends derivative ops to a region; `d` of a value is its adjoint or its tangent."""

    def __init__(self, lw: Lowering, region: Region, inputs: list[Value], outputs: list[Value]) -> None:
        self.lw = lw
        self.b = lw.b
        self.top = region
        self.activity = Activity(region, inputs, outputs)
        self.active = self.activity.active
        for v in outputs:
            if v in self.activity.lost:
                self.lost(self.activity.lost[v])
        self.algebra = Algebra(self.b)
        self.zeros_of = Zeros(self.active)
        self.whole_on_a_path = any(map(brings_whole_numbers, walk(region)))

    def within(self, region: Region, inputs: list[Value], outputs: list[Value]) -> Any:
        """The same transform for a region of its own: that of a function that is called."""
        inner = type(self)(self.lw, region, inputs, outputs)
        inner.whole_on_a_path |= self.whole_on_a_path
        return inner

    # -- small ops ---------------------------------------------------------------------------

    def call(self, fn: Any, *args: Any, method: bool = False) -> Value:
        operands = [a for a in args if isinstance(a, Value)]
        it = iter(range(len(operands)))
        tree = tuple(Slot(next(it)) if isinstance(a, Value) else a for a in args)
        return self.call_tree(fn, tree, {}, operands, method=method)

    def call_tree(self, fn: Any, args: Any, kwargs: dict[str, Any], operands: list[Value], type: Type | None = None,
                  method: bool = False) -> Value:
        t = type or infer(fn, args, kwargs, operands, False)
        return self.b.emit(Op("call", operands, [t], fn=fn, args=args, kwargs=kwargs, method=method)).result

    def shape(self, v: Value) -> list[Value]:
        v = representative(v)
        out = []
        for i, d in enumerate(dims_of(v.type)):
            if isinstance(d, int):
                out.append(self.algebra.const(d))
            elif d in self.lw.lengths:
                source, axis = self.lw.lengths[d]
                out.append(self.b.emit(Op("call", [source], [Scalar("int64")], fn=dim_length, args=(Slot(0), axis),
                                          kwargs={})).result)
            else:
                source, axis = axis_source(v, i)
                out.append(self.b.emit(Op("call", [representative(source)], [Scalar("int64")], fn=dim_length,
                                          args=(Slot(0), axis), kwargs={})).result)
        return out

    def zeros(self, v: Value) -> Value:
        """The adjoint or tangent of a value that nothing has contributed to."""
        t = v.type.item if isinstance(v.type, Optional_) else v.type
        if isinstance(t, (Scalar, Opaque)):
            return self.algebra.const(0.0)
        fn, source = ((np.zeros_like, self.shaped_like(v)) if isinstance(v.type, Array) else
                      (zeros_of_tree if isinstance(t, Tree) else zeros_of, v))
        if isinstance(v.type, Optional_) and only_numbers(t):
            source = self.b.undef(v.type)           # the type says all, whether there is something or None
        kwargs = {"dtype": np.dtype(t.dtype).type} if isinstance(t, Array) and self.whole_on_a_path else {}
        z = self.b.emit(Op("call", [source], [t], fn=fn, args=(Slot(0),), kwargs=kwargs, fresh=self.fresh())).result
        if v.name and not z.name:
            z.name = "d" + v.name
        return z

    def shaped_like(self, v: Value) -> Value:
        """The value that is asked for the shape of `v`."""
        return v

    def fresh(self) -> int:
        """Every zero buffer is memory of its own: two are never one node."""
        return next(self.lw.ids)

    def derivative_type(self, v: Value, d: Value) -> Type:
        t = v.type.item if isinstance(v.type, Optional_) else v.type
        if isinstance(t, Scalar):
            return Scalar(t.dtype, t.python and isinstance(d.type, Scalar) and d.type.python)
        return t

    # -- what has no derivative ----------------------------------------------------------------

    def lost(self, op: Op) -> None:
        """A value of unknown type carries what is differentiated to the output."""
        if isinstance(op.fn, Slot):
            raise UnsupportedError("what is called here may keep a number that is differentiated, and the result depends on "
                                   "what it is called on; no derivative flows through an object of unknown kind", op.span,
                                   "keep such numbers in lists, dicts, arrays, or in objects of a class that is written in Python")
        if find(op.fn) is None and find(primitives.ufunc_method(op.fn)) is None:
            raise self.missing(op)
        name = getattr(op.fn, "__name__", "this")
        raise UnsupportedError(f"it is not known what {name}() returns for these arguments, so it cannot be "
                               "differentiated here", op.span, "pass arrays and tuples of known lengths")

    def missing(self, op: Op) -> MissingRuleError:
        name = getattr(op.fn, "__qualname__", None) or getattr(op.fn, "__name__", None) or "this function"
        module = getattr(op.fn, "__module__", None) or ""
        return MissingRuleError(
            f"{name}() has no derivative rule, and its source cannot be read; an active value flows through it",
            op.span,
            "write a rule:\n\n      import symgrad\n\n"
            f"      @symgrad.rule({module + '.' if module else ''}{name}, wrt=\"x\")\n"
            "      def _(dy, r, x):\n          return dy * ...   # the cotangent of x\n")


def gives_its_shape(op: Op) -> bool:
    """Whether the result of a call has the shape of its first argument."""
    rule = find(op.fn)
    return rule is not None and rule.like and first_argument(op) is op.operands[0]


def shapeless(v: Value) -> bool:
    """Whether this may stand for a variable without a value, or be a blank: its shape says nothing."""
    return v.op is not None and bool(v.op.attrs.get("blank")) or unbound(v)


def representative(v: Value) -> Value:
    """An earlier value of the same shape: asking for a shape keeps no version alive."""
    seen = 0
    while seen < 1000:
        seen += 1
        op = v.op
        if op is None:
            region = v.region
            if region is not None and region.parent is not None and region.parent.kind in ("for", "while"):
                loop = region.parent
                first, shift_ = (1, 3) if loop.kind == "for" else (0, 0)
                k = region.params.index(v) - first
                init = loop.operands[k + shift_]
                if k >= 0 and dims_of(init.type) == dims_of(v.type) and isinstance(v.type, Array) and not shapeless(init):
                    v = init
                    continue
            return v
        if op.kind in ("store", "copy", "accumulate") or op.kind == "call" and gives_its_shape(op):
            t = op.operands[0].type
            if not isinstance(v.type, Array) or not isinstance(t, Array) or (t.dims, t.dtype) != (v.type.dims,
                                                                                                 v.type.dtype):
                return v
            v = op.operands[0]
        elif op.kind in ("for", "while") and isinstance(v.type, Array):
            k = op.results.index(v)
            if k >= carried_count(op):
                return v
            init = op.operands[k + (3 if op.kind == "for" else 0)]
            if dims_of(init.type) != dims_of(v.type) or shapeless(init):
                return v
            v = init
        else:
            return v
    return v


class Sweep:
    """Appends to `region`, with the primal region it reverses in view for shared expressions."""

    def __init__(self, b: Any, region: Region, primal: Region | None) -> None:
        self.b, self.new, self.primal = b, region, primal

    def __enter__(self) -> None:
        self.saved = (self.b.region, self.b.outer)
        self.b.outer = [*self.b.outer, self.b.region, *([self.primal] if self.primal is not None else [])]
        self.b.region = self.new

    def __exit__(self, *exc: object) -> None:
        self.b.region, self.b.outer = self.saved


__all__ = ["Sweep", "Transform", "representative", "unbound"]
