"""Which values may share memory, and which ops write to memory in place.

A *site* is a value that owns fresh memory, or memory of the caller. Every value of
memory type leads to the sites that its buffer may be.
"""
from __future__ import annotations

import numpy as np

from symgrad.ir.nodes import Op, Region, Value, walk
from symgrad.ir.types import Array, DictOf, Instance, ListOf, TupleOf, Type
from symgrad.rules.core import find

ITEM_BUILDERS = ("make_list", "make_tuple", "make_dict", "make_instance", "list_concat", "list_repeat",
                 "list_reverse", "list", "unwrap_optional", "sum")


def holds_memory(t: Type) -> bool:
    return isinstance(t, (Array, ListOf, DictOf, TupleOf, Instance)) or hasattr(t, "item")


def consumes(op: Op) -> bool:
    """Whether the op writes to its first operand's memory, which becomes its result."""
    if op.kind == "store":
        return True
    if op.kind == "accumulate":
        return bool(op.attrs.get("in_place"))
    return op.kind == "call" and bool(op.attrs.get("memory"))


def is_view(op: Op) -> bool:
    """Whether the op's result may be the memory of an operand."""
    if op.kind == "load":
        return True
    if op.kind != "call" or op.attrs.get("unknown"):
        return False
    rule = find(op.fn)
    return op.fn in (np.broadcast_to, np.asarray, np.expand_dims) or bool(rule and getattr(rule, "view", False))


class Sites:
    """The sites of every value in a region."""

    def __init__(self, region: Region) -> None:
        self.sites: dict[Value, frozenset[Value]] = {}
        self.mutated: set[Value] = set()        # loop params whose memory the loop writes to
        self.loops: list[Op] = [o for o in walk(region) if o.kind in ("for", "while")]
        self.region = region
        self._find_mutated()
        for _ in range(3):                       # loop params need what their yields lead to
            before = dict(self.sites)
            self._visit(region)
            if not self.loops or before == self.sites:
                break                            # without loops nothing leads back

    def of(self, v: Value) -> frozenset[Value]:
        return self.sites.get(v, frozenset())

    def _find_mutated(self) -> None:
        versions: dict[Value, Value] = {}        # version -> the first version of its chain

        def chain(v: Value) -> Value:
            while v in versions:
                v = versions[v]
            return v

        changed = True
        consumed: set[Value] = set()
        while changed:
            changed = False
            for op in walk(self.region):
                if consumes(op):
                    versions[op.results[0]] = op.operands[0]
                    start = chain(op.operands[0])
                    if start not in consumed:
                        consumed.add(start)
                        changed = True
                elif op.kind in ("for", "while"):
                    first, shift = (1, 3) if op.kind == "for" else (0, 0)
                    body = op.regions[-1]
                    for k, init in enumerate(op.operands[shift:]):
                        param = body.params[k + first]
                        if param not in consumed:
                            continue
                        early = 1 if op.attrs.get("early") else 0
                        for v in (init, body.yields[k + early]):      # a buffer that is swapped in is written to later
                            if chain(v) not in consumed:
                                consumed.add(chain(v))
                                changed = True
        for op in self.loops:
            first = 1 if op.kind == "for" else 0
            for k in range(len(op.regions[-1].params) - first):
                if op.regions[-1].params[k + first] in consumed:
                    self.mutated.add(op.regions[-1].params[k + first])

    def _visit(self, region: Region) -> None:
        for op in region.ops:
            self._op(op)

    def _op(self, op: Op) -> None:
        if op.kind in ("for", "while"):
            self._loop(op)
            return
        if op.kind == "if":
            for r in op.regions:
                self._visit(r)
            for k, result in enumerate(op.results):
                if holds_memory(result.type):
                    found: frozenset[Value] = frozenset()
                    for r in op.regions:
                        if k < len(r.yields):
                            found |= self.of(r.yields[k])
                    self.sites[result] = found
            return
        if op.kind == "record":
            tape, value = op.operands[:2]
            self.sites[tape] = frozenset([tape]) | self.of(tape) | self.of(value)
        name = getattr(op.fn, "__name__", "") if op.kind == "call" else ""
        for result in op.results:
            if not holds_memory(result.type):
                continue
            if consumes(op):
                extra = self.of(op.operands[1]) if name == "list_append" else frozenset()
                if op.kind == "store" and isinstance(op.operands[0].type, (ListOf, DictOf)):
                    extra = self.of(op.operands[1])
                self.sites[result] = self.of(op.operands[0]) | extra
            elif is_view(op) and op.operands:
                self.sites[result] = self.of(op.operands[0])
            elif name in ITEM_BUILDERS:
                self.sites[result] = frozenset().union({result}, *(self.of(v) for v in op.operands))
            else:
                self.sites[result] = frozenset([result])

    def _loop(self, op: Op) -> None:
        first, shift = (1, 3) if op.kind == "for" else (0, 0)
        early = 1 if op.attrs.get("early") else 0
        body = op.regions[-1]
        count = len(op.operands) - shift
        regions = [*op.regions, *(r for o in walk(body) for r in o.regions)]
        own = {v for r in regions for o in r.ops for v in o.results} | {p for r in regions for p in r.params}
        for k in range(count):
            for r in op.regions:
                p = r.params[k + first]
                if not holds_memory(p.type):
                    continue
                if body.params[k + first] in self.mutated:
                    self.sites[p] = frozenset([body.params[k + first]])
                else:
                    # what the body itself made belongs to an earlier iteration by the time it comes in here:
                    # it is not the memory that this iteration makes (`ownership` keeps yields apart)
                    came = self.of(body.yields[k + early]) if body.yields else frozenset()
                    self.sites[p] = self.of(op.operands[k + shift]) | {p} | (came - own)
        for r in op.regions:
            self._visit(r)
        for k, result in enumerate(op.results):
            if not holds_memory(result.type):
                continue
            if k < count:
                param = body.params[k + first]
                self.sites[result] = frozenset([param]) if param in self.mutated else (
                    self.of(op.operands[k + shift]) | self.of(body.yields[k + early]))
            elif k < count + op.attrs.get("taped", 0):
                self.sites[result] = frozenset([result]) | self.of(body.yields[k + early])
            elif k < count + op.attrs.get("records", 0):     # what is recorded has been added by the `record` ops
                self.sites[result] = frozenset([result]) | self.of(result)
