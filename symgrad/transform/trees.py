"""Adjoints of what recursive functions build: tuples in the structure of the tuples, None where these are None."""
from __future__ import annotations

from typing import Any

from symgrad.frontend.lowering import make_tuple, unpack
from symgrad.ir.nodes import Op, Slot, Value
from symgrad.ir.types import Scalar, Tree, Type, is_float

Adjoints = dict[Value, Value]


def parts(r: Any, tree: Value) -> list[Value]:
    """The items of a tree."""
    assert isinstance(tree.type, Tree)
    types = tree.type.node.items
    return r.b.emit(Op("call", [tree], types, fn=unpack, args=(Slot(0),), kwargs={},
                       structure=tuple(Slot(i) for i in range(len(types))))).results


def unpacked(r: Any, op: Op, adj: Adjoints) -> None:
    """The adjoint of taking a tree's tuple apart: a tuple of its items' adjoints."""
    ds = []
    for v in op.results:
        d = adj.pop(v, None)
        ds.append(d if d is not None else r.zeros(v) if is_float(v.type) else r.b.const(blank(v.type), v.type))
    tree = op.operands[0]
    made = Op("call", ds, [tree.type], fn=make_tuple, args=tuple(Slot(i) for i in range(len(ds))), kwargs={})
    r.add(adj, tree, r.b.emit(made).result)


def blank(t: Type) -> Any:
    """What stands in an adjoint where the tree has no float."""
    return {"i": 0, "b": False}.get(t.kind) if isinstance(t, Scalar) else None


def built(r: Any, op: Op, adj: Adjoints) -> None:
    """The adjoint of making a tuple of a tree: each item gets its own."""
    for v, d in zip(op.operands, parts(r, adj.pop(op.results[0]))):
        if is_float(d.type):
            r.add(adj, v, d)


def shared(r: Any, op: Op, adj: Adjoints) -> None:
    """The adjoint of a sum of adjoints of trees: both get it."""
    d = adj.pop(op.results[0])
    for v in op.operands:
        r.add(adj, v, d)


def nothing(r: Any, op: Op, adj: Adjoints) -> None:
    """Zeros do not depend on what they are shaped like."""
    adj.pop(op.results[0])
