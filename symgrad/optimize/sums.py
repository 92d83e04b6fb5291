"""Adjoints that a loop adds to one element all the time are summed up in a number, and added when it has ended.

``dtheta[0] += t`` in a loop is a load, a sum and a store that wait for each other, iteration after iteration: the machine
does not know that the element is no other array's. A number stays in a register, and terms that may be added up in
any order are taken in vectors.
"""
from __future__ import annotations

import operator
from collections.abc import Iterator

from symgrad.ir.nodes import Op, Region, Slot, Value
from symgrad.ir.types import Array, Scalar
from symgrad.optimize.dce import carried_count, clean, substitute
from symgrad.optimize.loops.reductions import any_order
from symgrad.optimize.tapes import Path, thread
from symgrad.transform.counters import Again
from symgrad.transform.fusion import passage
from symgrad.transform.ranges import INT, Insert


def sum_in_numbers(region: Region) -> None:
    """Let loops sum up what they add to an element that they do not choose."""
    if visit(region):
        clean(region)


def visit(region: Region) -> bool:
    """Inner loops first: what they add when they have ended is one term of a loop around them."""
    found = False
    for op in list(region.ops):
        for inner in op.regions:
            found |= visit(inner)
        if op.kind == "for":
            for k, path, store in list(adds(op)):
                hoist(region, op, k, path, store)
                found = True
    return found


def adds(loop: Op) -> Iterator[tuple[int, Path, Op]]:
    """The stores that add to an element that is the same in all iterations: of which carried value, in which arms."""
    body = loop.regions[0]
    early = 1 if loop.attrs.get("early") else 0
    again = Again(Insert(body, None, loop), made(body), {})
    for k in range(carried_count(loop)):
        p, y = body.params[k + 1], body.yields[k + early]
        if isinstance(p.type, Array) and p.type.kind == "f" and passage(body, p, y) == {"added"}:
            for path, store in chain(body, p, y):
                if one_element(store) and all(map(again.may, store.operands[2:])):
                    yield k, path, store


def made(region: Region) -> set[Value]:
    found = set(region.params)
    for op in region.ops:
        found.update(op.results, *map(made, op.regions))
    return found


def chain(region: Region, start: Value, v: Value) -> Iterator[tuple[Path, Op]]:
    """The stores, outside of inner loops, between two versions of memory."""
    while v is not start and v.op is not None and v.op in region.ops:
        op = v.op
        if op.kind == "for":
            v = op.operands[op.results.index(v) + 3]
        elif op.kind == "if":
            k = op.results.index(v)
            before = None
            for arm, inner in enumerate(op.regions):
                v = inner.yields[k]
                for path, store in chain(inner, start, v):
                    yield [(op, arm), *path], store
                while v.op is not None and v.op in inner.ops:
                    v = previous(v)
                before = before or v
            assert before is not None
            v = before
        else:
            if op.kind == "store":
                yield [], op
            v = op.operands[0]


def previous(v: Value) -> Value:
    """The version before one that an op of the chain has made."""
    op = v.op
    assert op is not None
    if op.kind == "if":
        inner, v = op.regions[0], op.regions[0].yields[op.results.index(v)]
        while v.op is not None and v.op in inner.ops:
            v = previous(v)
        return v
    return op.operands[op.results.index(v) + 3] if op.kind == "for" else op.operands[0]


def one_element(store: Op) -> bool:
    path, t = store.attrs["path"], store.operands[0].type
    if len(path) != 1 or path[0].kind != "index" or not isinstance(store.operands[1].type, Scalar):
        return False
    entries = path[0].key if isinstance(path[0].key, tuple) else (path[0].key,)
    return isinstance(t, Array) and len(entries) == t.ndim and all(
        isinstance(e, int) or isinstance(e, Slot) and store.operands[e.index].type == INT for e in entries)


def hoist(region: Region, loop: Op, k: int, path: Path, store: Op) -> None:
    """Sum up what a store in a loop adds; add it, if that is anything, when the loop has ended."""
    home = path[-1][0].regions[path[-1][1]] if path else loop.regions[0]
    place = Insert(region, loop, loop)
    zero = Op("const", (), [Scalar("float64")], value=0.0)
    place.put(zero)

    def term(sums: list[Value]) -> list[Value]:
        inner = Insert(home, store, store)
        new = Op("call", [sums[0], store.operands[1]], [Scalar("float64")], fn=any_order, args=(Slot(0), Slot(1)),
                 kwargs={}, span=store.span)
        return [inner.put(new)]

    total, = thread([(loop, 0), *path], [zero.result], term)
    substitute(loop.regions[0], {store.result: store.operands[0]})
    home.ops.remove(store)
    after = Insert(region, region.ops[region.ops.index(loop) + 1] if loop is not region.ops[-1] else None, loop)
    result = loop.results[k]
    loop.results[k] = before = Value(result.type, loop, result.name)
    nothing = Op("const", (), [Scalar("float64")], value=0.0)
    after.put(nothing)
    test = Op("call", [total, nothing.result], [Scalar("bool")], fn=operator.ne, args=(Slot(0), Slot(1)), kwargs={})
    after.put(test)
    arms = [Region(), Region()]
    indices = list(map(Again(Insert(arms[0], None, loop), made(loop.regions[0]), {}), store.operands[2:]))
    add = Op("store", [before, total, *indices], [result.type], path=store.attrs["path"], add=True)
    add.adjoint, add.result.name = loop.adjoint, result.name
    arms[0].ops.append(add)
    arms[0].yields, arms[1].yields = [add.result], [before]
    branch = Op("if", [test.result], (), arms)
    branch.results, result.op = [result], branch
    after.put(branch)


__all__ = ["sum_in_numbers"]
