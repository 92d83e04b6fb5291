"""Which ops become statements and which stay inside the expression that uses them."""
from __future__ import annotations

from symgrad.analysis.aliasing import Sites, consumed, consumes
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Op, Region, Value, uses, walk
from symgrad.ir.types import Array, Scalar
from symgrad.passes import runs

CHEAP = ("const", "arg", "undef")
MAX_SIZE = 14                     # larger adjoint expressions are split


class Inlining:
    """`inline` holds the ops that are printed where they are used."""

    def __init__(self, region: Region) -> None:
        self.top = region
        self.inline: set[Op] = set()
        self.size: dict[Op, int] = {}
        self.count = uses(region)
        self.sites = Sites(region)
        self.users: dict[Value, list[tuple[Region, int, Op | None]]] = {}
        self._collect(region)
        self._plan(region)

    def _collect(self, region: Region) -> None:
        for i, op in enumerate(region.ops):
            for v in op.operands:
                self.users.setdefault(v, []).append((region, i, op))
            for r in op.regions:
                self._collect(r)
        for v in region.yields:
            self.users.setdefault(v, []).append((region, len(region.ops), None))

    def _plan(self, region: Region) -> None:
        for i, op in enumerate(region.ops):
            for r in op.regions:
                if op.attrs.get("comprehension"):
                    self.inline.update(r.ops)
                else:
                    self._plan(r)
            if self._may_inline(region, i, op):
                self.inline.add(op)
                self.size[op] = self._size(op)

    def _size(self, op: Op) -> int:
        """How many ops an op's expression is made of."""
        return 1 + sum([self.size.get(v.op, 1) for v in op.operands if v.op is not None and v.op in self.inline])

    def _may_inline(self, region: Region, i: int, op: Op) -> bool:
        if op.kind in CHEAP:
            return not op.results[0].name or op.kind != "const"
        if len(op.results) != 1 or op.attrs.get("effect") or consumes(op) or is_unpacked(op):
            return False
        v = op.results[0]
        users = self.users.get(v, [])
        if op.kind == "call" and op.fn is dim_length:
            return not v.name and op.operands[0].op is not None and (op.operands[0].op.kind == "arg"
                                                                      or op.operands[0].op not in self.inline)
        if op.kind in ("for", "while", "accumulate"):
            return bool(op.attrs.get("comprehension")) and self._inlined_once(region, i, op)
        if v.name or not runs("inline"):
            return False
        if op.kind == "if" and self._expression_ops(op) is None:
            return False
        if op.kind == "load" and isinstance(v.type, Scalar) and len(users) == 2 and self._simple_load(op) \
                and all(u[0] is region for u in users) and not v.name:
            return all(self._undisturbed(region, i, u[1], op) and u[2] is not None for u in users)
        if len(users) != 1:
            return False
        home, at, user = users[0]
        if user is not None and any(user.operands[i] is v for i, _ in consumed(user)):
            return False
        if user is None and not op.adjoint and any(o.adjoint for o in region.ops[i + 1:]):
            return False                        # the primal's value is computed before the reverse sweep
        if home is not region or (user is None and region is not self.top and not is_test(region)):
            return False
        if user is not None and user.kind in ("for", "while") and isinstance(v.type, Array):
            return False
        if self._size(op) > MAX_SIZE and not op.span:
            return False
        if not self._undisturbed(region, i, at, op):
            return False
        return op.kind != "if" or self._is_expression(op)

    def _inlined_once(self, region: Region, i: int, op: Op) -> bool:
        v = op.results[0]
        users = self.users.get(v, [])
        if v.name or len(users) != 1 or users[0][0] is not region or users[0][2] is None:
            return False
        return self._undisturbed(region, i, users[0][1], op)

    def _is_expression(self, op: Op) -> bool:
        """An `if` with one result and arms that are expressions is a conditional expression."""
        ops = self._expression_ops(op)
        self.inline.update(ops or ())
        return ops is not None

    def _expression_ops(self, op: Op) -> list[Op] | None:
        """The ops in the arms of a conditional expression, or None where it is none."""
        if len(op.results) != 1 or op.attrs.get("raises") is not None or op.attrs.get("attempt"):
            return None
        if op.results[0].type.holds_memory and not isinstance(op.results[0].type, Array):
            return None
        found: list[Op] = []
        for r in op.regions:
            if len(r.yields) != 1 or (r.yields[0].op is not None and r.yields[0].op.kind == "undef"):
                return None
            for o in r.ops:
                found.append(o)
                if o in self.inline:
                    continue
                last = o is r.ops[-1] and len(o.results) == 1 and o.results[0] is r.yields[0]
                if not last or o.attrs.get("effect") or consumes(o) or is_unpacked(o) or len(self.users[o.results[0]]) != 1:
                    return None
                inner = self._expression_ops(o) if o.kind == "if" else [] if o.kind in ("call", "load") else None
                if inner is None:
                    return None
                found.extend(inner)
        return found

    def _simple_load(self, op: Op) -> bool:
        return all(v.name or v.op is None or (v.op.kind in CHEAP) for v in op.operands)

    def _undisturbed(self, region: Region, i: int, at: int, op: Op) -> bool:
        """Nothing between op number i and the user overwrites memory that the expression reads."""
        reads = self._reads(op)
        if not reads:
            return True
        for other in region.ops[i + 1:at]:
            for o in (other, *(x for r in other.regions for x in walk(r))):
                if any(self.sites.of(o.operands[i]) & reads for i, _ in consumed(o)):
                    return False
                if o.kind in ("for", "while") \
                        and any(self.sites.of(x) & reads for x in o.operands if x.type.holds_memory) \
                        and any(p in self.sites.mutated for p in o.regions[-1].params):
                    return False
        return True

    def _reads(self, op: Op) -> frozenset[Value]:
        found: set[Value] = set()
        stack = operands(op)
        while stack:
            v = stack.pop()
            if v.type.holds_memory:
                found |= self.sites.of(v)
            if v.op in self.inline and v.op is not None:
                stack += operands(v.op)
        return frozenset(found)


def operands(op: Op) -> list[Value]:
    """What an op takes, and the ops inside of it take."""
    return [*op.operands, *(v for r in op.regions for o in walk(r) for v in o.operands)]


def is_unpacked(op: Op) -> bool:
    """Whether the op's only result is what a tuple or list holds that the function returns: ``i, = np.nonzero(x)``."""
    return isinstance(op.attrs.get("structure"), (tuple, list))


def is_test(region: Region) -> bool:
    """Whether a region computes the condition of a while loop."""
    return region.parent is not None and region.parent.kind == "while" and region is region.parent.regions[0]
