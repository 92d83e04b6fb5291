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


class Flow:
    """Where a derivative flows in one step: from a value to those that depend on it, and from those back."""

    def __init__(self, region: Region) -> None:
        self.forward: dict[Value, list[Value]] = {}
        self.backward: dict[Value, list[Value]] = {}
        self._collect(region)

    def _collect(self, region: Region) -> None:
        for op in region.ops:
            if op.kind in ("for", "while"):
                first, shift = (1, 3) if op.kind == "for" else (0, 0)
                early = 1 if op.attrs.get("early") else 0
                body = op.regions[-1]
                n = carried_count(op)
                for k in range(n):
                    before = [op.operands[k + shift], body.yields[k + early]]
                    self._step(before, [body.params[k + first], op.results[k]])
                    for v in before:
                        self.forward[v].extend([r.params[k + first] for r in op.regions[:-1]])
                for k in range(n, n + op.attrs.get("taped", 0)):
                    self._step([body.yields[early + k]], [op.results[k]])
            elif op.kind == "if":
                for r in op.regions:
                    for result, y in zip(op.results, r.yields):
                        self._step([y], [result])
            elif passes(op):
                self._step(sources(op), op.results)
            for r in op.regions:
                self._collect(r)

    def _step(self, before: list[Value], after: list[Value]) -> None:
        for v in before:
            self.forward.setdefault(v, []).extend(after)
        for v in after:
            self.backward.setdefault(v, []).extend(before)


class Activity:
    """The sets `varied` and `active` of a region."""

    def __init__(self, region: Region, inputs: list[Value], outputs: list[Value]) -> None:
        self.constants: set[Value] = set()      # values that no output depends on after all
        self.flow = Flow(region)
        self._find(inputs, outputs)
        if runs("shifts"):
            self.constants = cancelling(region, self.active, outputs)
        if self.constants:
            self._find(inputs, outputs)
        self.lost = self._lost(region)

    def _find(self, inputs: list[Value], outputs: list[Value]) -> None:
        self.varied = self._reached(set(inputs), self.flow.forward)
        self.active = self.varied & self._reached(self.varied.intersection(outputs), self.flow.backward)

    def _reached(self, start: set[Value], steps: dict[Value, list[Value]]) -> set[Value]:
        """What the derivative comes to from these values, and they."""
        reached, work = set(start), list(start)
        while work:
            for v in steps.get(work.pop(), ()):
                if v not in reached and v not in self.constants and carries(v):
                    reached.add(v)
                    work.append(v)
        return reached

    def _lost(self, region: Region) -> dict[Value, Op]:
        """What depends on an input by way of a value of unknown type, and the op that made that value.

        No derivative flows through such values: where one reaches the output, the gradient cannot be had.
        """
        lost: dict[Value, Op] = {}
        written: dict[Value, Op] = {}           # objects of unknown type that may have been given such a number
        changed = any(op.kind == "call" and unknown_results(op) for op in walk(region))

        def write(targets: list[Value], origin: Op) -> None:
            nonlocal changed
            for v in targets:
                if is_unknown(v.type) and v not in written:
                    written[v] = lost[v] = origin
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
                        before = [op.operands[k + shift], body.yields[k + early]]
                        after = [*(r.params[k + first] for r in op.regions), op.results[k]]
                        move(before, after)
                        for v in after:
                            if v in written:
                                write(before, written[v])
                    for y, result in zip(body.yields[early + n:], op.results[n:]):
                        move([y], [result])
                elif op.kind == "if":
                    for r in op.regions:
                        for y, result in zip(r.yields, op.results):
                            move([y], [result])
                            if result in written:
                                write([y], written[result])
                elif passes(op):
                    if writes_somewhere(op) and any(v in self.varied or v in lost for v in op.operands):
                        write(op.operands, op)
                    for v in op.results:
                        if v in written:                            # it was read from these, and may be part of them
                            write(op.operands, written[v])
                    unknown = unknown_results(op)
                    if op.kind == "call" and unknown and any(v in self.varied for v in sources(op)):
                        for v in unknown:
                            changed |= v not in lost
                            lost.setdefault(v, op)
                    move(sources(op), op.results)
        return lost


def writes_somewhere(op: Op) -> bool:
    """Whether an op calls something unknown, which may put what it is given into objects that it can get at."""
    return op.kind == "store" or op.kind == "call" and (isinstance(op.fn, Slot) or rule_of_call(op) is None)


def unknown_results(op: Op) -> list[Value]:
    """The results of an op of which it is not known whether they hold numbers."""
    return [v for v in op.results if is_unknown(v.type)         # text may be read as a number again
            or op.attrs.get("unknown") and isinstance(v.type, Opaque) and v.type.what == "str"]


def is_unknown(t: Type) -> bool:
    """Whether it is not known of a value whether it holds numbers."""
    if isinstance(t, (ListOf, DictOf)):
        return is_unknown(t.item)
    return isinstance(t, Opaque) and (t.what == "object" or t.cls is not None and t.cls is not str)
