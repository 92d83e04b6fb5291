"""What the derivatives of both modes have in common: the function as IR, its arguments, the text around the ops."""
from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Iterable
from typing import Any

from symgrad.analysis.aliasing import Sites, stretched
from symgrad.analysis.written import Place, conflicts, same_objects
from symgrad.codegen.module import Text
from symgrad.codegen.results import template
from symgrad.errors import NotScalarError, Span
from symgrad.frontend import signature
from symgrad.frontend.lower import Capture, Lowered
from symgrad.frontend.values import DictC, InstC, ListC, Static, Tup
from symgrad.ir.nodes import Region, Slot, Value, freeze
from symgrad.ir.types import Array, ListOf, Optional_, Scalar
from symgrad.optimize.dce import clean
from symgrad.structs import field, struct


@struct()
class Generated:
    """A generated function: its text and what it needs to run."""

    text: Text
    captures: list[Capture]
    lines: dict[int, Span] = field(default_factory=dict)
    zero: tuple[str, ...] = ()
    apart: list[tuple[Place, Place]] = field(default_factory=list)      # arguments that must not share memory
    seeds: tuple[str, ...] = ()         # the parameters that follow the primal's: cotangents or tangents


def function_name(f: Any) -> str:
    return str(getattr(f, "__name__", type(f).__name__))


def spec_text(spec: Any) -> str:
    if isinstance(spec, signature.Leaf):
        t = spec.type
        return t.dtype if isinstance(t, Scalar) else f"array of {t.dtype}" if isinstance(t, Array) else str(t)
    if isinstance(spec, signature.Known):
        return type(spec.obj).__name__
    return str(spec.kind)


class Derivative:
    """One derivative in the making."""

    def __init__(self, lowered: Lowered, wrt: tuple[str, ...], single: bool, value: bool, aux: bool, name: str,
                 scalar: bool, function: Any) -> None:
        self.lowered, self.lw = lowered, lowered.lowering
        self.wrt, self.single, self.value, self.aux, self.name = wrt, single, value, aux, name
        self.scalar, self.function = scalar, function

    def prepare(self) -> None:
        """Take apart what the function returns, and drop what is not needed for it."""
        lw, region = self.lw, self.lowered.region
        self.apart = [*conflicts(region), *same_objects(lw)]
        primal, extra = self.lowered.result, None
        if self.aux:
            if not isinstance(primal, Tup) or len(primal.items) != 2:
                raise NotScalarError(f"{self.lowered.name}() must return (value, aux) for has_aux=True")
            primal, extra = primal.items
        outputs: list[Value] = []
        self.shape = template(primal, lw.contents, lw.value, outputs)
        kept: list[Value] = []
        self.aux_shape = template(extra, lw.contents, lw.value, kept) if self.aux else None
        if self.scalar:
            outputs = [self.check_scalar(self.shape, outputs)]
            self.shape = Slot(0)
        region.yields = [*outputs, *kept]
        self.inputs = self.entries()
        clean(region)
        rehash(region)
        self.outputs, self.kept = region.yields[:len(outputs)], region.yields[len(outputs):]

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

    def leaves(self, a: Any) -> list[Value]:
        """The `arg` values of an argument, as they were when the function was entered."""
        return [v for v in self.entry_values if self.belongs(v, a)]

    def belongs(self, v: Value, a: Any) -> bool:
        return v.op is not None and v.op.attrs["name"] in [n for n, x in self.lowered.arguments.items() if x is a]

    def entries(self) -> list[Value]:
        """The values that are differentiated by, as the function is entered with them."""
        self.entry_values = [op.results[0] for op in self.lowered.region.ops if op.kind == "arg"]
        return [v for v in self.entry_values if v.op is not None and v.op.attrs["name"] in self.wrt]

    def is_own(self, d: Value, out: list[Value]) -> bool:
        """Whether the caller may have an array as it is, and write to it."""
        found = Sites(self.lowered.region)
        sites, taken = found.of(d), [found.of(o) for o in out]
        args = {op.results[0] for op in self.lowered.region.ops if op.kind == "arg"}
        return not (sites & args) and not any(sites & t for t in taken) and not stretched(d)

    # -- text ----------------------------------------------------------------------------------------

    def arguments(self, seeds: list[str], one: bool) -> ast.arguments:
        """The primal's parameters, with its defaults where they can be written down, then the seeds: `one`, if not given."""
        names = list(self.lowered.specs)
        defaults = self.defaults(names)
        values: list[ast.expr] = [ast.Constant(1.0) for _ in seeds] if one else []
        if one:
            for n in reversed(names):
                if n not in defaults:
                    break
                values.insert(0, defaults[n])
        return ast.arguments([], [ast.arg(n, None) for n in [*names, *seeds]], None, [], [], None, values)

    def free_name(self, name: str, taken: Iterable[str] = ()) -> str:
        """A name that no parameter has."""
        while name in self.lowered.specs or name in taken:
            name += "_"
        return name

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

    def described(self, what: str, how: str, names: Iterable[str]) -> str:
        """The docstring: what it computes of which function, and `how` that depends on the names."""
        listed = ", ".join(names)
        file = os.path.basename(self.lowered.file)
        return f"{what} of {self.lowered.name} ({file}) {how} {listed if self.single else f'({listed})'}."


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


__all__ = ["Derivative", "Generated", "function_name", "move", "spec_text"]
