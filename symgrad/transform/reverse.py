"""Reverse mode: one walk backwards over a region, each op contributing adjoint ops.

For every active value the adjoint is the sum of what its uses contribute. A loop
becomes a loop that runs backwards and carries the adjoints of what the loop
carried; a branch becomes a branch on the same condition. Adjoint ops refer to the
primal's values as if they were all still there; `record_loops` and `record_branches` make that true.

Versions of memory are values like others: the adjoint of reading ``a[i]`` adds to
``da[i]``, the adjoint of writing ``a[i] = v`` reads ``da[i]`` and clears it.
"""
from __future__ import annotations

from symgrad.frontend.primitives import rule_of_call, sources
from symgrad.ir.functions import FunctionRef
from symgrad.ir.nodes import Op, Region, Value, captured, hashable
from symgrad.ir.types import Array, Scalar, dims_of
from symgrad.transform import record_branches
from symgrad.transform.adjoints import Accumulation, Adjoints, Here, varying
from symgrad.transform.apply_rule import contributions
from symgrad.transform.base import Sweep, shapeless
from symgrad.transform.blanks import blank_of
from symgrad.transform.containers import PULLBACKS
from symgrad.transform.functions import reverse_call
from symgrad.transform.reverse_loops import loop
from symgrad.transform.reverse_memory import load, store


class Reverse(Accumulation):
    """Appends the reverse sweep of a region to it."""

    def region(self, ops: list[Op], adj: Adjoints) -> None:
        around, self.here = self.here, Here(ops)
        for op in reversed(ops):
            if not any(r in adj for r in op.results):
                continue
            if op.span is not None:
                self.b.span = op.span
            method = getattr(self, "op_" + op.kind, None)
            if method is not None:
                method(op, adj)
        self.here = around

    def op_copy(self, op: Op, adj: Adjoints) -> None:
        self.add(adj, op.operands[0], adj.pop(op.results[0]))

    op_load, op_store = load, store
    op_for = op_while = loop

    def op_call(self, op: Op, adj: Adjoints) -> None:
        fn = op.fn
        if isinstance(fn, FunctionRef):
            reverse_call(self, op, adj)
            return
        special = PULLBACKS.get(fn) if hashable(fn) else None
        if special is not None:
            special(self, op, adj)
            return
        ds = [adj.pop(r, None) for r in op.results]
        if not any(v in self.active for v in sources(op)):
            return
        rule = rule_of_call(op)
        # symgrad's own pullbacks give their arguments' own shapes
        exact = rule is not None and rule.pullback is not None and rule.pullback.__module__.startswith("symgrad.rules.")
        for v, d in contributions(self, op, ds):
            self.add(adj, v, d, exact)

    # -- branches --------------------------------------------------------------------------------

    def op_if(self, op: Op, adj: Adjoints) -> None:
        ds = [adj.pop(r, None) for r in op.results]
        inner = [v for r in op.regions for v in captured(r)]
        outer = list(dict.fromkeys(
            [v for v in inner if v in self.active] + [y for r in op.regions for y in r.yields if y in self.active
                                                      and not self._defined_in(y, r)]))
        regions = [Region(), Region()]
        ends: list[Adjoints] = []
        for arm, out in zip(op.regions, regions):
            local: Adjoints = {v: adj[v] for v in outer if v in adj}
            with Sweep(self.b, out, arm):
                for y, d in zip(arm.yields, ds):
                    if d is not None:
                        self.add(local, y, d)
                self.region(arm.ops, local)
            ends.append(local)
        changed = [v for v in outer if any(e.get(v) is not adj.get(v) for e in ends)]
        new = Op("if", [condition(op)], (), regions, span=op.span)
        new.adjoint = True
        for v in changed:
            for end, out in zip(ends, regions):
                with Sweep(self.b, out, None):
                    out.yields.append(end[v] if v in end else self.zeros_where_bound(v, ds))
        record_branches.branch(self, op, new)
        self.b.region.ops.append(new)
        for k, v in enumerate(changed):
            t = regions[0].yields[k].type
            other = regions[1].yields[k].type
            result = new.add_result(t if t == other or isinstance(t, Array) else other)
            if v.name:
                result.name = "d" + v.name
            adj[v] = result

    def zeros_where_bound(self, v: Value, ds: list[Value | None]) -> Value:
        """The adjoint of a value that nothing has contributed to, and that a branch may have left without a value.

        Of a value that an earlier iteration may have left without one, the adjoints `ds` know the shape.
        """
        if isinstance(v.type, Array) and not varying(v.type) and shapeless(v):
            like = next((d for d in ds if d is not None and dims_of(d.type) == dims_of(v.type)), None)
            if like is not None:
                return self.zeros(like)
        op = v.op
        if op is None or op.kind != "if" or isinstance(v.type, Scalar):
            return self.zeros(v)
        yields = [r.yields[op.results.index(v)] for r in op.regions]
        if not any(y.op is not None and y.op.kind == "undef" for y in yields):
            return self.zeros(v)
        arms = [Region(), Region()]
        for y, arm in zip(yields, arms):
            with Sweep(self.b, arm, None):
                unbound = y.op is not None and y.op.kind == "undef"
                arm.yields.append(self.b.emit(blank_of(v.type)).result if unbound else self.zeros(v))
        new = Op("if", [condition(op)], (), arms)
        new.adjoint = True
        self.b.region.ops.append(new)
        return new.add_result(v.type)

    def _defined_in(self, v: Value, region: Region) -> bool:
        return v in region.params or any(v in o.results for o in region.ops)


def condition(op: Op) -> Value:
    """What says which arm of an `if` was taken: of a body that may raise, a flag that its arms set."""
    if not op.attrs.get("attempt"):
        return op.operands[0]
    for region, value in zip(op.regions, (True, False)):
        const = Op("const", (), [Scalar("bool")], value=value)
        region.ops.append(const)
        region.yields.append(const.result)
    return op.add_result(Scalar("bool"), "completed")


__all__ = ["Reverse"]
