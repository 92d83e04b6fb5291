"""Where arrays are certainly laid out row by row in memory, without gaps: there `reshape` and `ravel` give views."""
from __future__ import annotations

import numpy as np

from symgrad.analysis.aliasing import carried, is_view
from symgrad.ir.nodes import Op, Slot, Step, Value, hashable
from symgrad.ir.types import Array, ListOf, Scalar, dims_of
from symgrad.optimize.dce import carried_count
from symgrad.rules.core import Viewed, find


def keeps_rows(step: Step, operands: tuple[Value, ...]) -> bool:
    """Whether a part of an array in rows, taken by this step, is in rows."""
    if step.kind == "view":
        rule = find(step.key[0])
        return rule is not None and rule.rows
    if isinstance(step.key, slice):
        return step.key.step in (None, 1)
    if isinstance(step.key, Slot):
        return isinstance(operands[step.key.index].type, Scalar)
    return step.key is Ellipsis or isinstance(step.key, int)


def asks_for_rows(step: Step, ndim: int, dtype: str) -> bool:
    """Whether a step is a view of an array of that rank because the array is in rows, and would else be a copy."""
    rule = find(step.key[0]) if step.kind == "view" else None
    if rule is None or not callable(rule.view):
        return False
    _, args, kwargs = step.key
    given = {n: ... if isinstance(a, Slot) else a for n, a in {**dict(zip(rule.params[1:], args)), **kwargs}.items()}
    return rule.view(Viewed(ndim, dtype, lambda: False, given)) is not True


def in_rows(v: Value) -> bool:
    """Whether an array is certainly in rows."""
    work, seen = [v], set[Value]()
    while work:
        if (v := work.pop()) not in seen:
            seen.add(v)
            needed = follows_from(v)
            if needed is None:
                return False
            work += needed
    return True


def follows_from(v: Value) -> list[Value] | None:
    """The values that, all in rows, make this one so; None where nothing is known."""
    op = v.op
    if not isinstance(v.type, Array):
        return None
    if op is None or op.kind in ("for", "while"):
        loop = op if op is not None else v.region.parent if v.region is not None else None
        if loop is None or loop.kind not in ("for", "while"):
            return None
        return next(([init, after] for (init, param, after), result in zip(carried(loop), loop.results)
                     if v in (param, result)), None)
    if op.kind == "if":
        k = op.results.index(v)
        return [r.yields[k] for r in op.regions] if all(k < len(r.yields) for r in op.regions) else None
    if op.kind == "store":
        return op.operands[:1]
    if op.kind == "accumulate":
        return [w for w in op.operands if len(dims_of(w.type)) == v.type.ndim]
    if op.kind == "copy":
        return [] if op.attrs.get("rows") else op.operands
    if op.kind == "reload":
        kept = recorded(op.operands[0])
        return None if kept is None else [kept]
    return made_from(op, v.type) if op.kind == "call" else None


def recorded(tape: Value) -> Value | None:
    """What a loop puts on a tape; None where the tape is not a loop's result."""
    op = tape.op
    if op is not None and op.kind == "reload":          # a tape on a tape
        kept = recorded(op.operands[0])
        return None if kept is None else recorded(kept)
    if op is None or op.kind not in ("for", "while") or op.results.index(tape) < carried_count(op):
        return None
    return op.regions[-1].yields[op.results.index(tape) + (1 if op.attrs.get("early") else 0)]


def made_from(op: Op, t: Array) -> list[Value] | None:
    """The same of what a call returns."""
    fn, args, operands = op.fn, op.attrs["args"], op.operands
    if not hashable(fn) or is_view(op) or "order" in op.attrs["kwargs"] or any(isinstance(a, str) for a in args):
        return None
    rule = find(fn)
    if rule is not None and rule.rows:
        return [] if "axis" not in op.attrs["kwargs"] else None
    if fn is np.array and (isinstance(args[0], (list, tuple)) or isinstance(operands[0].type, ListOf)) or t.ndim == 1:
        return []
    if fn is np.zeros_like:
        return operands[:1]
    arrays = [o for o in operands if isinstance(o.type, Array)]
    elementwise = isinstance(fn, np.ufunc) or getattr(fn, "__module__", "") == "_operator"
    return [o for o in arrays if len(dims_of(o.type)) > 1] if elementwise and fn is not np.matmul and arrays else None


__all__ = ["asks_for_rows", "in_rows", "keeps_rows"]
