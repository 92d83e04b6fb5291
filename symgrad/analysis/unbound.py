"""Which values a path may leave without a value."""
from __future__ import annotations

from collections.abc import Iterator

from symgrad.ir.nodes import Op, Value
from symgrad.optimize.dce import carried_count


def carried(op: Op) -> Iterator[tuple[int, Value, Value, Value]]:
    """What a loop carries: where, the value before it, in an iteration, and at its end (none yet, while it is made)."""
    first, shift = (1, 3) if op.kind == "for" else (0, 0)
    early = 1 if op.attrs.get("early") else 0
    body = op.regions[-1]
    for k in range(carried_count(op)):
        param = body.params[k + first]
        yield k, op.operands[k + shift], param, body.yields[k + early] if body.yields else param


def unbound(v: Value, seen: frozenset[Value] = frozenset()) -> bool:
    """Whether a path may leave a value's variable without a value."""
    if v in seen:
        return False
    seen |= {v}
    op = v.op
    if op is None:
        loop = v.region.parent if v.region is not None else None
        return loop is not None and loop.kind in ("for", "while") and any(
            unbound(init, seen) or unbound(after, seen) for _, init, param, after in carried(loop) if param is v)
    if op.kind == "undef":
        return True
    if op.kind == "if":
        k = op.results.index(v)
        return any(k < len(r.yields) and unbound(r.yields[k], seen) for r in op.regions)
    if op.kind in ("for", "while"):
        return any(unbound(init, seen) for k, init, _, _ in carried(op) if op.results[k] is v)
    return False


__all__ = ["carried", "unbound"]
