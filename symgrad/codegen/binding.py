"""Variables that a path leaves without a value, where one is copied to another: Python cannot copy nothing.

``y = x`` raises where `x` is not bound, though nothing reads `y` then. Most such copies do not happen, since the two are
one variable; for those that do, the path binds a blank.
"""
from __future__ import annotations

from collections.abc import Iterator

from symgrad.analysis.unbound import carried, unbound
from symgrad.codegen.naming import Names
from symgrad.ir.nodes import Op, Region, Value, walk
from symgrad.transform.blanks import blank_of


def bind_what_is_copied(region: Region, names: Names) -> bool:
    """Bind blanks where a copy needs them; whether there was such a copy."""
    found = [source for op in walk(region) for target, source in copies(op)
             if names.has(target) and names.has(source) and names.variable(target) != names.variable(source)
             and unbound(source)]
    found += [v for op in walk(region) if op.kind == "record" and (v := op.operands[1]).op is None and unbound(v)]
    homes = {r: home for home in regions(region) for op in home.ops for r in op.results}
    for v in found:
        bind(v, homes, set())
    return bool(found)


def regions(region: Region) -> Iterator[Region]:
    yield region
    for op in region.ops:
        for r in op.regions:
            yield from regions(r)


def copies(op: Op) -> Iterator[tuple[Value, Value]]:
    """The values that an op's variables are copied between: to, from."""
    if op.kind == "if":
        for r in op.regions:
            yield from zip(op.results, r.yields)
    elif op.kind in ("for", "while"):
        for k, init, param, after in carried(op):
            yield from ((param, init), (param, after), (op.results[k], param))


def bind(v: Value, homes: dict[Value, Region], seen: set[Value]) -> None:
    """Put blanks in the places of what a value may be missing."""
    if v in seen:
        return
    seen.add(v)
    op = v.op
    if op is None:
        loop = v.region.parent if v.region is not None else None
        for k, _, param, _ in carried(loop) if loop is not None else ():
            if param is v and loop is not None:
                bind(loop.results[k], homes, seen)
    elif op.kind == "if":
        k = op.results.index(v)
        for r in op.regions:
            r.yields[k] = bound(r.yields[k], r, len(r.ops), homes, seen)
    elif op.kind in ("for", "while"):
        shift = 3 if op.kind == "for" else 0
        for k, init, _, after in carried(op):
            if op.results[k] is v:
                home = homes[v]
                op.operands[k + shift] = bound(init, home, home.ops.index(op), homes, seen)
                bind(after, homes, seen)


def bound(y: Value, region: Region, at: int, homes: dict[Value, Region], seen: set[Value]) -> Value:
    if y.op is None or y.op.kind != "undef":
        bind(y, homes, seen)
        return y
    blank = blank_of(y.type)
    region.ops.insert(at, blank)
    return blank.result


__all__ = ["bind_what_is_copied"]
