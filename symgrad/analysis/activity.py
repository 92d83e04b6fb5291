"""Activity: a value is active if it depends on a differentiated input and reaches the output."""
from __future__ import annotations

from symgrad.analysis.shifts import cancelling
from symgrad.frontend.primitives import rule_of_call, sources
from symgrad.ir.nodes import Op, Region, Slot, Value, walk
from symgrad.ir.types import DictOf, ListOf, Opaque, Type, is_float
from symgrad.optimize.dce import carried_count
from symgrad.passes import runs


def passes(op: Op) -> bool:
    """Whether a derivative can flow through an op at all."""
    if op.kind == "call":
        rule = None if isinstance(op.fn, Slot) else rule_of_call(op)
        if rule is not None and rule.is_constant:
            return False
    return op.kind not in ("const", "undef")


def carries(v: Value) -> bool:
    return is_float(v.type)


class Activity:
    """The sets `varied` and `active` of a region."""

    def __init__(self, region: Region, inputs: list[Value], outputs: list[Value]) -> None:
        self.constants: set[Value] = set()      # values that no output depends on after all
        self._find(region, inputs, outputs)
        if runs("shifts"):
            self.constants = cancelling(region, self.active, outputs)
        if self.constants:
            self._find(region, inputs, outputs)
        self.lost = self._lost(region)

    def _find(self, region: Region, inputs: list[Value], outputs: list[Value]) -> None:
        self.varied: set[Value] = set(inputs)
        while self._forward(region):
            pass
        self.useful: set[Value] = {v for v in outputs if v in self.varied}
        while self._backward(region):
            pass
        self.active = self.varied & self.useful

    def _mark(self, values: list[Value], into: set[Value]) -> bool:
        new = [v for v in values if v not in into and v not in self.constants and carries(v)]
        into.update(new)
        return bool(new)

    def _forward(self, region: Region) -> bool:
        changed = False
        for op in region.ops:
            if op.kind in ("for", "while"):
                first, shift = (1, 3) if op.kind == "for" else (0, 0)
                early = 1 if op.attrs.get("early") else 0
                body = op.regions[-1]
                n = carried_count(op)
                for k in range(n):
                    if op.operands[k + shift] in self.varied or body.yields[k + early] in self.varied:
                        changed |= self._mark([*(r.params[k + first] for r in op.regions), op.results[k]], self.varied)
                for r in op.regions:
                    changed |= self._forward(r)
                for k in range(op.attrs.get("taped", 0)):
                    if body.yields[n + early + k] in self.varied:
                        changed |= self._mark([op.results[n + k]], self.varied)
            elif op.kind == "if":
                for r in op.regions:
                    changed |= self._forward(r)
                    for result, y in zip(op.results, r.yields):
                        if y in self.varied:
                            changed |= self._mark([result], self.varied)
            elif passes(op) and any(v in self.varied for v in sources(op)):
                changed |= self._mark(op.results, self.varied)
        return changed

    def _backward(self, region: Region) -> bool:
        changed = False
        for op in reversed(region.ops):
            if op.kind in ("for", "while"):
                first, shift = (1, 3) if op.kind == "for" else (0, 0)
                early = 1 if op.attrs.get("early") else 0
                body = op.regions[-1]
                n = carried_count(op)
                for k in range(n):
                    if op.results[k] in self.useful or body.params[k + first] in self.useful:
                        changed |= self._mark([body.yields[k + early], op.operands[k + shift]], self.useful)
                for k in range(op.attrs.get("taped", 0)):
                    if op.results[n + k] in self.useful:
                        changed |= self._mark([body.yields[n + early + k]], self.useful)
                for r in op.regions:
                    changed |= self._backward(r)
            elif op.kind == "if":
                for r in op.regions:
                    for result, y in zip(op.results, r.yields):
                        if result in self.useful:
                            changed |= self._mark([y], self.useful)
                    changed |= self._backward(r)
            elif passes(op) and any(v in self.useful for v in op.results):
                changed |= self._mark(sources(op), self.useful)
        return changed

    def _lost(self, region: Region) -> dict[Value, Op]:
        """What depends on an input by way of a value of unknown type, and the op that made that value.

        No derivative flows through such values: where one reaches the output, the gradient cannot be had.
        """
        lost: dict[Value, Op] = {}
        changed = True

        def move(sources: list[Value], targets: list[Value]) -> None:
            nonlocal changed
            origin = next((lost[v] for v in sources if v in lost), None)
            for v in targets:
                if origin is not None and v not in lost:
                    lost[v] = origin
                    changed = True

        while changed:
            changed = False
            for op in walk(region):
                if op.kind in ("for", "while"):
                    first, shift = (1, 3) if op.kind == "for" else (0, 0)
                    early = 1 if op.attrs.get("early") else 0
                    body, n = op.regions[-1], carried_count(op)
                    for k in range(n):
                        move([op.operands[k + shift], body.yields[k + early]],
                             [*(r.params[k + first] for r in op.regions), op.results[k]])
                    for y, result in zip(body.yields[early + n:], op.results[n:]):
                        move([y], [result])
                elif op.kind == "if":
                    for r in op.regions:
                        for y, result in zip(r.yields, op.results):
                            move([y], [result])
                elif passes(op):
                    unknown = [v for v in op.results if is_unknown(v.type)         # text may be read as a number again
                               or op.attrs.get("unknown") and isinstance(v.type, Opaque) and v.type.what == "str"]
                    if op.kind == "call" and unknown and any(v in self.varied for v in sources(op)):
                        for v in unknown:
                            changed |= v not in lost
                            lost.setdefault(v, op)
                    move(sources(op), op.results)
        return lost


def is_unknown(t: Type) -> bool:
    """Whether it is not known of a value whether it holds numbers."""
    return isinstance(t, Opaque) and t.what == "object" or isinstance(t, (ListOf, DictOf)) and is_unknown(t.item)
