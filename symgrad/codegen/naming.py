"""Names: values whose lives do not overlap share a variable where the primal shares one.

Each version chain, each loop's carried value (its start, its parameter, what it
yields, its result) and each branch's result want to be one variable. They are
merged where their live ranges allow; a copy statement is written where not.
"""
from __future__ import annotations

import keyword
from collections.abc import Iterable
from typing import Any

from symgrad.analysis.aliasing import consumed
from symgrad.codegen.inlining import Inlining
from symgrad.frontend.exceptions import caught
from symgrad.frontend.statements import raise_error, raise_same
from symgrad.ir.nodes import Op, Region, Value, captured, walk
from symgrad.ir.types import Array, ListOf, Scalar, Type, dims_of
from symgrad.optimize.dce import carried_count


def carried(v: Value) -> bool:
    """Whether a value is one that a loop carries, at the start of its body."""
    region = v.region
    return region is not None and region.parent is not None and (
        region.parent.kind == "while" or region.parent.kind == "for" and v is not region.params[0])


class Names:
    """`name[v]` is the variable of every value that needs one.

    `typed`: for a compiler, to which a variable is of one type. A loop's bounds keep their names inside it, too.
    """

    def __init__(self, region: Region, inlining: Inlining, fixed: dict[Value, str], taken: Iterable[str],
                 outer: set[Value], silent: set[Value], typed: bool = False) -> None:
        self.inlining = inlining
        self.parent: dict[Value, Value] = {}
        self.clash: dict[Value, set[Value]] = {}        # between classes, by their roots
        self.order: list[Value] = []
        self.wishes: list[tuple[Value, Value]] = []
        self.region = region
        self.outer = outer                      # globals: a variable of their name would hide them
        self.typed = typed
        self.silent = silent                    # stop flags that no variable holds
        self.escape: set[Value] = set()         # what handlers of exceptions read
        self._must(region)
        self.roots = {self._find(v): n for v, n in fixed.items() if v in self.parent}       # classes with fixed names
        self._define(region)
        self._live(region, set(), True)
        for op in walk(region):
            if op.fn is caught:                       # Python unbinds it where its clause ends
                self._clashes(op.result, {self._find(v) for v in self.parent})
        for a, b in self.wishes:
            self._merge(a, b)
        self.name: dict[Value, str] = {}
        self._assign(set(taken))

    def variable(self, v: Value) -> str:
        return self.name[self._find(v)]

    def has(self, v: Value) -> bool:
        return v in self.parent

    # -- union-find --------------------------------------------------------------------

    def _find(self, v: Value) -> Value:
        while self.parent[v] is not v:
            self.parent[v] = self.parent[self.parent[v]]
            v = self.parent[v]
        return v

    def _add(self, v: Value) -> None:
        if v not in self.parent:
            self.parent[v] = v
            self.clash[v] = set()
            self.order.append(v)

    def _union(self, a: Value, b: Value) -> None:
        a, b = self._find(a), self._find(b)
        if a is b:
            return
        self.parent[b] = a
        for x in self.clash.pop(b):
            self.clash[x].discard(b)
            self.clash[x].add(a)
            self.clash[a].add(x)
        a_name, b_name = a.name, b.name
        if not a_name and b_name:
            a.name = b_name

    def _merge(self, a: Value, b: Value) -> None:
        """Give two values one variable, if they are never needed at once."""
        if a not in self.parent or b not in self.parent:
            return
        a, b = self._find(a), self._find(b)
        if a is b:
            return
        if b in self.clash[a] or (a in self.roots and b in self.roots) or a in self.outer or b in self.outer:
            return
        if any(x in self.roots and y.name not in ("", self.roots[x]) for x, y in ((a, b), (b, a))):
            return                                # an argument's name is not lent to something else
        self._union(a, b)
        if b in self.roots:
            self.roots[a] = self.roots.pop(b)

    # -- which values have variables, and which must share one ---------------------------

    def _must(self, region: Region) -> None:
        for p in region.params:
            self._add(p)
        for op in region.ops:
            if op in self.inlining.inline:
                if op.kind == "arg" and not op.attrs["path"]:
                    self._add(op.results[0])
                for inner in op.regions:
                    self._must(inner)
                continue
            for r in op.results:
                self._add(r)
            for inner in op.regions:
                self._must(inner)
            if op.kind in ("for", "while"):
                first = 1 if op.kind == "for" else 0
                for k in range(carried_count(op)):
                    for inner in op.regions[1:]:
                        self._union(op.regions[0].params[k + first], inner.params[k + first])
                    self._union(op.regions[0].params[k + first], op.results[k])
            for i, k in consumed(op):
                if op.operands[i] in self.parent:
                    self._union(op.operands[i], op.results[k])

    def _define(self, region: Region) -> None:
        """Collect the wishes, most useful first."""
        later: list[tuple[Value, Value]] = []
        for op in region.ops:
            for inner in op.regions:
                self._define(inner)
            if op.kind in ("for", "while"):
                first, shift = (1, 3) if op.kind == "for" else (0, 0)
                early = 1 if op.attrs.get("early") else 0
                body = op.regions[-1]
                for k in range(carried_count(op)):
                    self.wishes.append((body.params[k + first], body.yields[k + early]))
                    later.append((body.params[k + first], op.operands[k + shift]))
            elif op.kind == "if":
                pairs = [(result, y) for r in op.regions for result, y in zip(op.results, r.yields)]
                self.wishes.extend(sorted(pairs, key=lambda pair: not carried(pair[1])))    # what is left as it is
            elif (op.kind == "accumulate" or (op.attrs.get("accumulate") and op.operands)) \
                    and op not in self.inlining.inline:
                self.wishes.append((op.results[0], op.operands[0]))
        self.wishes.extend(later)

    # -- liveness of variables -------------------------------------------------------------

    def _leaves(self, v: Value) -> Iterable[Value]:
        """The variables that an operand reads, through the ops that are printed inside it."""
        if v.op is not None and v.op in self.inlining.inline and not (v in self.parent):
            op = v.op
            for o in op.operands:
                yield from self._leaves(o)
            for r in op.regions:
                for o_ in r.ops:
                    for u in o_.operands:
                        yield from (x for x in self._leaves(u) if x not in r.params)
                for y in r.yields:
                    yield from (x for x in self._leaves(y) if x not in r.params)
        elif v in self.parent:
            yield self._find(v)

    def _reads(self, op: Op) -> set[Value]:
        out: set[Value] = set()
        for v in op.operands:
            out.update(self._leaves(v))
        return out

    def _clashes(self, v: Value, live: set[Value]) -> None:
        v = self._find(v)                         # `live` holds classes; none are merged while it is computed
        self.clash[v] |= live
        self.clash[v].discard(v)
        for w in live:
            if w is not v:
                self.clash[w].add(v)

    def _live(self, region: Region, live_out: set[Value], top: bool = False) -> set[Value]:
        live = {self._find(v) for v in live_out}
        for y in region.yields:
            live.update(self._leaves(y))
        for op in reversed(region.ops):
            if op in self.inlining.inline and op.kind != "arg":
                for inner in op.regions:              # the index of a comprehension
                    for p in inner.params:
                        self._clashes(p, live | {w for o in inner.ops for u in o.operands for w in self._leaves(u)}
                                      | self._reads(op))
                continue
            if op.kind == "arg":
                continue
            if op.fn in (raise_error, raise_same):    # nothing follows but a handler
                live = set(self.escape)
            results = {self._find(r) for r in op.results}
            for r in op.results:
                self._clashes(r, live)
            live -= results
            if op.kind == "if":
                inside = self._live(op.regions[1], live)
                escape = self.escape
                if op.attrs.get("attempt"):           # the handler follows on any part of the body
                    live = live | inside
                    self.escape = escape | inside
                live = live | inside | self._live(op.regions[0], live)
                self.escape = escape
            elif op.regions:
                self._live_loop(op, live, results)
                continue
            live |= self._reads(op)
        if top:
            args = [op.results[0] for op in region.ops if op.kind == "arg" and op.results[0] in self.parent]
            for a in args:
                self._clashes(a, live | {self._find(x) for x in args})
        return live

    def _live_loop(self, op: Op, live: set[Value], results: set[Value]) -> None:
        after = set(live)
        tapes = {self._find(r) for r in op.results[carried_count(op):]}
        carried = {self._find(p) for r in op.regions for p in r.params[1 if op.kind == "for" else 0:]}
        around = after | tapes
        for r in op.regions:                          # what the next iteration reads again is live all the way round
            for v in captured(r):
                around.update(self._leaves(v))
        if self.typed and op.kind == "for":
            for bound in op.operands[:3]:
                around.update(self._leaves(bound))
        around -= carried
        for r in op.regions:
            # at the end of the body the copies give the carried variables their next values
            end = around | carried if r is not op.regions[-1] else around
            inner = self._live(r, end)
            for p in r.params:
                self._clashes(p, inner | around)
        for p in {self._find(x) for x in carried}:
            self._clashes(p, around)
        if op.kind == "for":
            index = op.regions[0].params[0]
            self._clashes(index, around | carried)
            for bound in op.operands[:3]:             # read after the carried variables got their start values
                for leaf in self._leaves(bound):
                    self._clashes(leaf, carried)
        if op.attrs.get("early") and op.regions[-1].yields[0] not in self.silent:
            self._stop_is_read_last(op)
        for t in tapes:
            self._clashes(t, self._reads(op) | around)
        live.clear()
        live |= (around - tapes) - carried | self._reads(op) | (after - results)

    def _stop_is_read_last(self, op: Op) -> None:
        """A stop flag is asked after the carried variables got their next values."""
        body = op.regions[-1]
        stop, *nexts = body.yields
        others = {self._find(p) for p, y in zip(body.params[1 if op.kind == "for" else 0:], nexts) if y is not stop}
        for leaf in self._leaves(stop):
            self._clashes(leaf, others)

    # -- names -----------------------------------------------------------------------------

    def _assign(self, taken: set[str]) -> None:
        classes: dict[Value, list[Value]] = {}
        for v in self.order:
            classes.setdefault(self._find(v), []).append(v)
        used_by: dict[str, list[Value]] = {}
        for root, name in self.roots.items():
            self.name[root] = name
            used_by.setdefault(name, []).append(root)
        for root, members in classes.items():
            if root in self.name:
                continue
            wish = next((m.name for m in members if m.name), "") or self._default(members)
            self.name[root] = self._free(wish, root, used_by, taken)
            used_by.setdefault(self.name[root], []).append(root)

    def _default(self, members: list[Value]) -> str:
        return "t" if members[0].region is None else "i"

    def _free(self, wish: str, root: Value, used_by: dict[str, list[Value]], taken: set[str]) -> str:
        clashes = self.clash[root]
        candidates = [wish]
        if wish == "i":
            candidates = ["i", "j", "k", "l", "m"]
        n = 0
        while True:
            name = candidates.pop(0) if candidates else f"{wish}{n}"
            if not candidates:
                n += 1
            if name in taken or keyword.iskeyword(name):
                continue
            if not any(other in clashes or other is root or self.typed and kind(other.type) != kind(root.type)
                       for other in used_by.get(name, ())):
                return name


def kind(t: Type) -> Any:
    """What a compiler takes a type for, of whatever lengths."""
    if isinstance(t, (Scalar, Array)):
        return (t.kind if isinstance(t, Scalar) and t.python else t.dtype), len(dims_of(t)), isinstance(t, Array)
    return ("list", kind(t.item)) if isinstance(t, ListOf) else type(t).__name__
