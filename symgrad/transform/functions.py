"""Functions of the IR in reverse: a pair of functions, one that records and one that reverses.

The first returns the function's value and a tuple of what its adjoint needs; the
second takes that tuple and the adjoints of the results and returns those of the
arguments. What the tuple holds is decided by the cut that loops use, too; the tuple
of an inner call is one of the values it may hold.

The adjoint of an argument that is memory is not returned but added to: the second
function is given the shadow, or the part of it that the argument is a view of. So an
element that is read costs an element, however deep the call is that reads it.
"""
from __future__ import annotations

from typing import Any

from symgrad.frontend.lowering import make_tuple, shift, unpack
from symgrad.ir.functions import FunctionRef, argument_values
from symgrad.ir.nodes import Op, Region, Slot, Step, Value, map_tree, walk
from symgrad.ir.types import Array, DictOf, ListOf, Node, Tree, is_float
from symgrad.optimize.dce import clean, mark, substitute, sweep
from symgrad.structs import field, struct
from symgrad.transform.clones import clone_region
from symgrad.transform.record import cut, demanded, recompute

Adjoints = dict[Value, Value]
Path = tuple[Step, ...]


@struct(eq=False)
class Pair:
    """The two functions that a function becomes, for these active arguments and results."""

    inputs: frozenset[int]                  # the parameters that get an adjoint
    outputs: frozenset[int]                 # the results that bring one
    forward: FunctionRef
    reverse: FunctionRef
    record: Tree
    shadows: list[int] = field(default_factory=list)     # the parameters whose shadows the second one writes to
    given: list[int] = field(default_factory=list)       # the results whose adjoints it is given
    returned: list[int] = field(default_factory=list)    # the parameters whose adjoints it returns


class Wider(Exception):
    """A pair in the making is needed for more arguments or results than it is made for."""

    def __init__(self, pair: Pair, inputs: frozenset[int], outputs: frozenset[int]) -> None:
        super().__init__("wider")
        self.pair, self.inputs, self.outputs = pair, inputs, outputs


# -- calls -----------------------------------------------------------------------------------


def reverse_call(r: Any, op: Op, adj: Adjoints) -> None:
    """The adjoint of a call: the call records, and what it recorded is reversed."""
    ref: FunctionRef = op.fn
    args = argument_values(op)
    becomes = dict(ref.in_place)
    pair = pair_of(r, ref, frozenset(i for i, v in enumerate(args) if v in r.active),
                   frozenset(k for k, v in enumerate(op.results) if v in adj))
    op.attrs["fn"] = pair.forward
    op.key = None
    operands = [op.add_result(pair.record, "record")]
    for k in pair.given:
        d = adj.pop(op.results[k], None)
        operands.append(r.zeros(op.results[k]) if d is None else d)
    shadows = [Shadow(r, op, adj, i, becomes) for i in pair.shadows]
    first = len(operands)
    operands.extend(s.start for s in shadows)
    args_ = tuple(Slot(j) for j in range(len(operands)))
    paths = {first + j: moved(s.path, s.indices, operands) for j, s in enumerate(shadows) if s.path}
    types = [args[i].type for i in pair.returned] + [s.start.type for s in shadows]
    back = Op("call", operands, types, fn=pair.reverse, args=args_, kwargs={}, paths=paths,
              in_place=tuple((first + j, len(pair.returned) + j) for j in range(len(shadows))), call=r.fresh())
    back = r.b.emit(back)
    for i, d in zip(pair.returned, back.results):
        if args[i].name:
            d.name = "d" + args[i].name
        r.add(adj, args[i], d)
    for s, d in zip(shadows, back.results[len(pair.returned):]):
        s.finish(r, adj, d)


class Shadow:
    """The shadow that a reverse function writes to: of an argument, or the part that the argument is of another one."""

    def __init__(self, r: Any, op: Op, adj: Adjoints, i: int, becomes: dict[int, int]) -> None:
        slot = op.attrs["args"][i].index
        self.value = self.base = op.operands[slot]
        self.path: Path = ()
        self.indices: list[Value] = []
        self.slice: tuple[Path, list[Value]] | None = None
        made = self.value.op
        if i in becomes:
            self.path, self.indices = op.attrs["paths"].get(slot, ()), op.operands
            after = op.results[becomes[i]]
            self.start = adj.pop(after) if after in adj else r.zeros(after)
            return
        if made is not None and made.kind == "load" and made.operands[0] in r.active:
            if is_view(self.value):
                self.base, self.path, self.indices = made.operands[0], made.attrs["path"], made.operands
            elif isinstance(self.value.type, ListOf) and not any(
                    isinstance(v.type, (Array, ListOf)) for v in made.operands[1:]):
                self.base, self.slice = made.operands[0], (made.attrs["path"], made.operands[1:])
        self.start = adj.pop(self.base) if self.base in adj else r.zeros(self.base)
        self.whole = self.start
        if self.slice is not None:              # a slice of a list is a list of its own: it is put back afterwards
            path, indices = self.slice
            self.start = r.b.emit(Op("load", [self.start, *indices], [self.value.type], path=path)).result

    def finish(self, r: Any, adj: Adjoints, d: Value) -> None:
        """Take what the function made of the shadow for the adjoint that it is."""
        if self.base not in r.active:
            return
        if self.slice is not None:
            path, indices = self.slice
            d = r.b.emit(Op("store", [self.whole, d, *indices], [self.whole.type], path=shift(path, 1), add=False)).result
        if self.base.name:
            d.name = "d" + self.base.name
        adj[self.base] = r.sum(d, adj[self.base], self.base) if self.base in adj else d


def moved(path: Path, source: list[Value], operands: list[Value]) -> Path:
    """A path whose slots are in `source`, with what they hold appended to `operands`."""
    def move(s: Slot) -> Slot:
        operands.append(source[s.index])
        return Slot(len(operands) - 1)
    moved_: Path = map_tree(path, move)
    return moved_


def is_view(v: Value) -> bool:
    """Whether a value is a view of memory, so that the view of the memory's shadow is its shadow."""
    return (v.op is not None and v.op.kind == "load" and isinstance(v.type, Array)
            and all(step.kind != "view" for step in v.op.attrs["path"])
            and not any(isinstance(i.type, (Array, ListOf)) for i in v.op.operands[1:]))


# -- pairs -----------------------------------------------------------------------------------


def pair_of(r: Any, ref: FunctionRef, inputs: frozenset[int], outputs: frozenset[int]) -> Pair:
    """The pair of a function for these active arguments and results, made when it is first asked for."""
    inputs |= {i for i, k in ref.in_place if k in outputs}      # memory that becomes active is one shadow all along
    for pair in ref.pairs:
        if inputs <= pair.inputs and outputs <= pair.outputs:
            return pair
        if not pair.reverse.done:
            raise Wider(pair, pair.inputs | inputs, pair.outputs | outputs)
    clean(ref.region)
    b, lw = r.b, r.lw
    saved = (b.region, b.outer, b.adjoint, b.span, lw.lengths)
    while True:
        pair = Pair(inputs, outputs, FunctionRef(ref.name + "_forward", ref.key, in_place=ref.in_place),
                    FunctionRef(ref.name + "_reverse", ref.key), Tree(Node()))
        ref.pairs.append(pair)
        lw.lengths = {}                             # the outer function's arguments are out of reach
        try:
            build(r, ref, pair)
            return pair
        except Wider as wider:
            ref.pairs.remove(pair)
            if wider.pair is not pair:
                raise
            inputs, outputs = wider.inputs, wider.outputs
        finally:
            b.region, b.outer, b.adjoint, b.span, lw.lengths = saved


def build(r: Any, ref: FunctionRef, pair: Pair) -> None:
    """Write the reverse region, then let the forward one hand over what it refers to."""
    forward = pair.forward.region = clone_region(ref.region)
    reverse = pair.reverse.region
    for op in walk(forward):
        op.adjoint = False
    becomes = dict(ref.in_place)
    floats = [i for i, p in enumerate(forward.params) if is_float(p.type)]
    pair.shadows = [i for i in floats if (i in pair.inputs or becomes[i] in pair.outputs if i in becomes else
                                          i in pair.inputs and read_in_parts(forward, forward.params[i]))]
    pair.returned = [i for i in floats if i in pair.inputs and i not in pair.shadows]
    pair.given = [k for k in sorted(pair.outputs) if k not in becomes.values()]
    results = list(forward.yields)
    inner = r.within(forward, [forward.params[i] for i in sorted(pair.inputs)],
                     [y for k, y in enumerate(results) if k in pair.outputs or k in becomes.values() and is_float(y.type)])
    inner.in_function = True
    ops = list(forward.ops)
    tape = reverse.param(pair.record, "record")
    adj: Adjoints = {}
    b = r.b
    b.region, b.outer, b.adjoint = reverse, [forward], True
    for k in pair.given:
        inner.add(adj, results[k], reverse.param(results[k].type, "d" + (results[k].name or "return")))
    for i in pair.shadows:
        p = forward.params[i]
        v = results[becomes[i]] if i in becomes else p
        shadow = reverse.param(p.type, "d" + (p.name or "x"))
        if i in becomes:
            inner.add(adj, v, shadow)
        else:
            adj[v] = shadow
    inner.region(ops, adj)
    for i in [*pair.returned, *pair.shadows]:
        p = forward.params[i]
        reverse.yields.append(adj[p] if p in adj else inner.zeros(p))
    first = 1 + len(pair.given)
    pair.reverse.in_place = tuple((first + j, len(pair.returned) + j) for j in range(len(pair.shadows)))
    sweep(reverse, mark(reverse))
    wanted = demanded(reverse, forward)
    recorded, again = cut(inner.costs, forward, wanted, inner.costs.weights.hand_out)
    mapping: dict[Value, Value] = {}
    take = Op("call", [tape], [v.type for v in recorded], fn=unpack, args=(Slot(0),), kwargs={},
              structure=tuple(Slot(i) for i in range(len(recorded))))
    take.adjoint = True
    for v, result in zip(recorded, take.results):
        result.name = v.name
        mapping[v] = result
    recompute(again, reverse, mapping)
    substitute(reverse, mapping)
    if recorded:
        reverse.ops.insert(0, take)
    keep = Op("call", recorded, [pair.record], fn=make_tuple, args=tuple(Slot(i) for i in range(len(recorded))), kwargs={})
    forward.ops.append(keep)
    forward.yields.append(keep.result)
    pair.record.node.items = tuple(v.type for v in recorded)
    pair.forward.done = pair.reverse.done = True


def read_in_parts(region: Region, p: Value) -> bool:
    """Whether a function reads parts of a parameter that is memory, or hands it on."""
    if not isinstance(p.type, (Array, ListOf, DictOf)):
        return False
    return any(p in op.operands and (op.kind == "load" or isinstance(op.fn, FunctionRef)) for op in walk(region))


# -- forward -------------------------------------------------------------------------------------


@struct(eq=False)
class Tangent:
    """The function that takes and returns tangents, too, after its arguments and its results."""

    function: FunctionRef
    inputs: list[int]           # the parameters that have a tangent
    outputs: list[int]          # the results that have one


def push_call(f: Any, op: Op) -> None:
    """The tangents of a call: a function of its own returns the values and the tangents."""
    ref: FunctionRef = op.fn
    made = ref.tangent or tangent_of(f, ref)
    args, paths, operands = list(op.attrs["args"]), dict(op.attrs["paths"]), list(op.operands)
    for i in made.inputs:
        slot = args[i].index
        if slot in paths:                           # the part of the shadow that the argument is of the memory
            paths[len(operands)] = paths[slot]
        args.append(Slot(len(operands)))
        operands.append(f.tangent(op.operands[slot]))
    op.operands, op.key = operands, None
    op.attrs.update(fn=made.function, args=tuple(args), paths=paths,
                    in_place=tuple((args[i].index, k) for i, k in made.function.in_place))
    for k in made.outputs:
        v = op.results[k]
        f.known[v] = op.add_result(f.derivative_type(v, v), "d" + v.name if v.name else "")


def tangent_of(f: Any, ref: FunctionRef) -> Tangent:
    """Write the function that takes the tangents of its arguments, too, and returns those of its results."""
    clean(ref.region)
    region = clone_region(ref.region)
    params, yields = list(region.params), list(region.yields)
    inputs = [i for i, p in enumerate(params) if is_float(p.type)]
    outputs = [k for k, y in enumerate(yields) if is_float(y.type)]
    lent = tuple((len(params) + inputs.index(i), len(yields) + outputs.index(k))
                 for i, k in ref.in_place if i in inputs)
    function = FunctionRef(ref.name + "_tangent", ref.key, region=region, in_place=(*ref.in_place, *lent))
    made = ref.tangent = Tangent(function, inputs, outputs)      # before its own calls of itself are met
    b = f.b
    saved = (b.region, b.outer, b.span)
    lengths, f.lw.lengths = f.lw.lengths, {}                     # the outer function's arguments are out of reach
    inner = f.within(region, [params[i] for i in inputs], [yields[k] for k in outputs])
    for i in inputs:
        inner.known[params[i]] = region.param(params[i].type, "d" + params[i].name if params[i].name else "")
    b.region, b.outer = region, []
    inner.region(region)
    region.yields = [*yields, *(inner.fit(inner.tangent(yields[k]), yields[k]) for k in outputs)]
    b.region, b.outer, b.span = saved
    f.lw.lengths = lengths
    for op in walk(region):
        op.adjoint = False
    function.done = True
    return made
