"""Functions that return a view of their argument, or a copy, or one or the other.

A view is memory along a longer path. Where only the array's layout in memory tells
a view from a copy, the result is a value of its own that may be the same memory: it
can be read, and what is written to either is not to be read from the other.
"""
from __future__ import annotations

from typing import Any

from symgrad.analysis.layout import in_rows, keeps_rows
from symgrad.frontend.indexing import extend, step_type
from symgrad.frontend.lowering import Lowering, shift
from symgrad.frontend.values import ListC, Ref, Tup
from symgrad.ir.infer import CannotInfer
from symgrad.ir.nodes import Op, Slot
from symgrad.ir.types import Array
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
        _, args, kwargs = shift(ref.path[-1], 1).key
        own = lw.new_root(lw.b.emit(Op("call", [lw.load(base), *ref.operands], [found], fn=fn, args=(Slot(0), *args),
                                       kwargs=kwargs, method=True)).result)
        lw.aliases.may_be(("root", own.root), {("root", base.root)})
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


__all__ = ["view_or_copy"]
