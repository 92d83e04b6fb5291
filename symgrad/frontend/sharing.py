"""Functions that return a view of their argument, or a copy, or one or the other.

A view is memory along a longer path. Where only the array's layout in memory tells
a view from a copy, the result is a value of its own that may be the same memory: it
can be read, and what is written to either is not to be read from the other.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from symgrad.frontend.indexing import extend, step_type
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.values import ListC, Ref, Tup
from symgrad.ir.infer import CannotInfer
from symgrad.ir.nodes import Slot, Step, Value
from symgrad.ir.types import Array, ListOf, Scalar
from symgrad.rules.core import Viewed, find


def view_or_copy(lw: Lowering, base: Ref, fn: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """``fn(base, *args, **kwargs)`` where it shares memory with `base`; None where it does not."""
    whole = lw.load(base).type
    if not isinstance(whole, Array):
        return None
    shares = shared(lw, base, whole, fn, args, kwargs)
    if shares is False:
        return None
    ref = extend(base, "view", lambda ops: (fn, tuple(lw.tree(a, ops) for a in args),
                                                {k: lw.tree(v, ops) for k, v in kwargs.items()}))
    try:
        found: Any = step_type(whole, ref.path[-1], ref.operands, lw)
    except CannotInfer as e:
        lw.error(str(e))
    if isinstance(found, (tuple, list)):             # the parts of np.split
        parts = tuple(extend(ref, "index", lambda ops, i=i: i) for i in range(len(found)))
        return Tup(parts) if isinstance(found, tuple) else lw.new_object(ListC(parts))
    if not isinstance(found, Array):
        return None
    if shares is None:
        own = lw.new_root(lw.load(ref))
        lw.may_alias(("root", base.root), ("root", own.root))
        return own
    return ref


def shared(lw: Lowering, base: Ref, whole: Array, fn: Any, args: list[Any], kwargs: dict[str, Any]) -> bool | None:
    """Whether the result is the memory of `base`: True, False, or None where the layout decides."""
    rule = find(fn)
    assert rule is not None
    if not callable(rule.view):
        return rule.view
    given = {**dict(zip(rule.params[1:], args)), **kwargs}
    return rule.view(Viewed(whole.ndim, whole.dtype, lambda: contiguous(lw, base),
                            {n: lw.static(a) if lw.is_static(a) else ... for n, a in given.items()}))


def contiguous(lw: Lowering, ref: Ref) -> bool:
    """Whether memory is certainly laid out row by row, without gaps."""
    return in_rows(lw.cells["root", ref.root]) and all(keeps_rows(step, ref.operands) for step in ref.path)


def keeps_rows(step: Step, operands: tuple[Value, ...]) -> bool:
    if step.kind == "view":
        rule = find(step.key[0])
        return rule is not None and rule.rows
    if isinstance(step.key, slice):
        return step.key.step in (None, 1)
    if isinstance(step.key, Slot):
        return isinstance(operands[step.key.index].type, Scalar)
    return step.key is Ellipsis or isinstance(step.key, int)


def in_rows(v: Value) -> bool:
    """Whether an op makes its array row by row."""
    while v.op is not None and v.op.kind == "store":
        v = v.op.operands[0]
    if v.op is None or v.op.kind != "call" or not isinstance(v.type, Array):
        return False
    fn, operands = v.op.fn, v.op.operands
    rule = find(fn)
    if rule is not None and rule.rows and not rule.view:
        return not v.op.attrs["kwargs"].get("order")
    if fn is np.array and (isinstance(v.op.attrs["args"][0], (list, tuple)) or isinstance(operands[0].type, ListOf)):
        return True
    if v.type.ndim == 1:
        return fn is not np.broadcast_to
    arrays = [o for o in operands if isinstance(o.type, Array)]
    elementwise = isinstance(fn, np.ufunc) or getattr(fn, "__module__", "") == "_operator"
    return elementwise and fn is not np.matmul and bool(arrays) and all(
        isinstance(o.type, Array) and o.type.ndim == 1 or in_rows(o) for o in arrays)


__all__ = ["view_or_copy"]
