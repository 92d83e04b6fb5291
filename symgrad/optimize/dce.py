"""Dead code: ops, results and carried values that nothing needs; carried values that never change."""
from __future__ import annotations

from symgrad.ir.nodes import Op, Region, Value, walk
from symgrad.passes import runs


def clean(region: Region) -> None:
    """Remove what is dead and what is carried for nothing, to a fixed point."""
    while True:
        live = mark(region)
        sweep(region, live)
        replaced: dict[Value, Value] = {}
        for op in reversed(walk(region)) if runs("invariant") else ():      # what inner loops leave unchanged comes first
            invariant(op, replaced)
        if not replaced:
            return
        substitute(region, replaced)


def has_effect(op: Op) -> bool:
    if op.attrs.get("effect"):
        return True
    for r in op.regions:
        for o in r.ops:
            if has_effect(o):
                return True
    return False


def mark(region: Region) -> set[Value]:
    """The values that the region's yields or an effect depend on."""
    live: set[Value] = set()
    work: list[Value] = list(region.yields)
    params: dict[Value, tuple[Op, int]] = {}
    for op in walk(region):
        if op.kind in ("for", "while"):
            shift = 1 if op.kind == "for" else 0
            for r in op.regions:
                for k, p in enumerate(r.params[shift:]):
                    params[p] = (op, k)
        if op.attrs.get("effect"):
            work.extend(op.operands)
        if op.regions and has_effect(op):
            work.extend(controls(op))
    seen_ops: set[int] = set()
    while work:
        v = work.pop()
        if v in live:
            continue
        live.add(v)
        if v in params:
            op, k = params[v]
            work.append(op.operands[k + (3 if op.kind == "for" else 0)])
            body = op.regions[-1]
            work.append(body.yields[k + (1 if op.attrs.get("early") else 0)])
            if k < len(op.results):
                live.add(op.results[k])
            for r in op.regions:
                live.add(r.params[k + (1 if op.kind == "for" else 0)])
            if id(op) not in seen_ops:
                seen_ops.add(id(op))
                work.extend(controls(op))
            continue
        op_ = v.op
        if op_ is None:
            continue
        if op_.regions:
            work.extend(controls(op_))
            k = op_.results.index(v)
            if op_.kind == "if":
                work.extend(r.yields[k] for r in op_.regions)
            else:
                carried = carried_count(op_)
                early = 1 if op_.attrs.get("early") else 0
                if k < carried:
                    work.append(op_.regions[-1].params[k + (1 if op_.kind == "for" else 0)])
                elif k < carried + op_.attrs.get("taped", 0):
                    work.append(op_.regions[-1].yields[early + k])
        else:
            work.extend(op_.operands)
    return live


def controls(op: Op) -> list[Value]:
    """What an op with regions needs whatever its results are: conditions, bounds, stop flags."""
    if op.kind == "if":
        return [op.operands[0]]
    out = list(op.operands[:3]) if op.kind == "for" else list(op.regions[0].yields)
    if op.attrs.get("early"):
        out.append(op.regions[-1].yields[0])
    return out


def carried_count(op: Op) -> int:
    """How many values a loop carries."""
    return len(op.operands) - 3 if op.kind == "for" else len(op.operands)


def sweep(region: Region, live: set[Value]) -> None:
    kept = []
    for op in region.ops:
        if op.regions:
            prune(op, live)
            for r in op.regions:
                sweep(r, live)
            needed = any(r in live for r in op.results) or has_effect(op)
        else:
            needed = any(r in live for r in op.results) or bool(op.attrs.get("effect"))
        if needed:
            kept.append(op)
    region.ops = kept


def prune(op: Op, live: set[Value]) -> None:
    """Drop the results, params and yields of an op with regions that are not live."""
    if op.kind == "if":
        keep = [k for k, r in enumerate(op.results) if r in live]
        for region in op.regions:
            if region.yields or not op.results:
                region.yields = [region.yields[k] for k in keep] if region.yields else []
        op.results = [op.results[k] for k in keep]
        return
    shift = 3 if op.kind == "for" else 0
    first = 1 if op.kind == "for" else 0
    early = 1 if op.attrs.get("early") else 0
    n = carried_count(op)
    taped = op.attrs.get("taped", 0)
    body = op.regions[-1]
    keep = [k for k in range(n) if body.params[k + first] in live or op.results[k] in live]
    tapes = [k for k in range(n, n + taped) if op.results[k] in live]
    rest = op.results[n + taped:]
    op.operands = op.operands[:shift] + [op.operands[k + shift] for k in keep]
    body.yields = body.yields[:early] + [body.yields[early + k] for k in keep + tapes]
    for r in op.regions:
        r.params = r.params[:first] + [r.params[k + first] for k in keep]
    op.results = [op.results[k] for k in keep + tapes] + [r for r in rest if r in live]
    if rest and not any(r in live for r in rest):
        op.attrs["trips"] = False
    op.attrs["taped"] = len(tapes)
    if "tapes" in op.attrs:
        op.attrs["tapes"] = tuple(op.attrs["tapes"][k - n] for k in tapes)


def invariant(op: Op, replaced: dict[Value, Value]) -> None:
    """Note carried values that no iteration changes, and results that are the same in both arms."""
    if op.kind == "if":
        if op.regions[0].yields and op.regions[1].yields:
            for result, a, b in zip(op.results, op.regions[0].yields, op.regions[1].yields):
                a, b = root(a, replaced), root(b, replaced)
                if (a is b or same_constant(a, b)) and result not in replaced \
                        and (a.op is None or a.op not in op.regions[0].ops):
                    replaced[result] = a
        return
    if op.kind not in ("for", "while"):
        return
    first = 1 if op.kind == "for" else 0
    shift = 3 if op.kind == "for" else 0
    early = 1 if op.attrs.get("early") else 0
    body = op.regions[-1]
    for k in range(carried_count(op)):
        param, init, nxt = body.params[k + first], op.operands[k + shift], body.yields[k + early]
        if param in replaced or op.results[k] in replaced:
            continue
        nxt = root(nxt, replaced)
        if nxt is param or nxt is init:
            if init.op is not None and init.op.kind == "undef":
                continue
            target = root(init, replaced)
            for r in op.regions:
                replaced[r.params[k + first]] = target
            replaced[op.results[k]] = target


def root(v: Value, replaced: dict[Value, Value]) -> Value:
    while v in replaced:
        v = replaced[v]
    return v


def same_constant(a: Value, b: Value) -> bool:
    from symgrad.ir.nodes import freeze
    if a.op is None or b.op is None or a.op.kind != "const" or b.op.kind != "const":
        return False
    return False if a.op.attrs.get("module") else freeze(a.op.attrs["value"]) == freeze(b.op.attrs["value"]) and False


def substitute(region: Region, mapping: dict[Value, Value]) -> None:
    """Replace values everywhere in a region."""
    if not mapping:
        return
    region.yields = [root(v, mapping) for v in region.yields]
    for op in region.ops:
        op.operands = [root(v, mapping) for v in op.operands]
        for r in op.regions:
            substitute(r, mapping)
