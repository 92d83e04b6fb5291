"""Whether each value is computed before it is used, and where it can be seen from: what every stage relies on."""
from __future__ import annotations

from symgrad.errors import UnsupportedError
from symgrad.ir.nodes import Op, Region, Value


def misplaced(region: Region, there: frozenset[Value] | set[Value] = frozenset()) -> Op | None:
    """The first op that uses a value before it is computed, or one of an arm or a loop that it is not in."""
    known = {*there, *region.params}
    for op in region.ops:
        if not known.issuperset(op.operands):
            return op
        for inner in op.regions:
            found = misplaced(inner, known)
            if found is not None:
                return found
        known.update(op.results)
    return region.parent if region.parent is not None and not known.issuperset(region.yields) else None


def in_order(region: Region) -> None:
    """Refuse what is not: the numbers would be wrong."""
    op = misplaced(region)
    if op is not None:
        raise UnsupportedError(f"internal error: {op.kind!r} uses a value that is not computed before it", op.span,
                               "this is a mistake in symgrad: please report it with the function")


__all__ = ["in_order", "misplaced"]
