"""IR as text, for people who work on the compiler."""
from __future__ import annotations

from typing import Any

from symgrad.ir.nodes import Op, Region, Slot, Value, map_tree
from symgrad.ir.types import Array, Scalar, Type


def show(region: Region, indent: str = "") -> str:
    """The text of a region, one op a line."""
    lines = []
    for op in region.ops:
        lines.extend(_op(op, indent))
    lines.append(f"{indent}yield {', '.join(map(_value, region.yields))}")
    return "\n".join(lines)


def _op(op: Op, indent: str) -> list[str]:
    results = ", ".join(f"{_value(r)}: {type_text(r.type)}" for r in op.results)
    detail = {k: v for k, v in op.attrs.items() if k not in ("fn", "structure", "index") and v not in ((), {}, None)}
    args = map_tree(tuple(detail.items()), lambda s: _value(op.operands[s.index]) if isinstance(s, Slot) else s)
    name = getattr(op.fn, "__name__", str(op.fn)) if op.kind == "call" else op.kind
    lines = [f"{indent}{results} = {name}({', '.join(map(_value, op.operands))}) {dict(args) if args else ''}"]
    for region in op.regions:
        lines.append(f"{indent}  ({', '.join(f'{_value(p)}: {type_text(p.type)}' for p in region.params)}):")
        lines.append(show(region, indent + "    "))
    return lines


def _value(v: Value) -> str:
    return f"%{v.name}{v.id}"


def type_text(t: Type) -> str:
    if isinstance(t, Scalar):
        return t.dtype + ("" if t.python else "*")
    if isinstance(t, Array):
        return f"{t.dtype}[{t.ndim}]"
    return repr(t)


__all__ = ["Any", "show", "type_text"]
