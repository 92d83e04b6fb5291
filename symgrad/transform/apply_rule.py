"""What a rule contributes to the adjoints of a call's operands."""
from __future__ import annotations

import ast
import copy
import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from symgrad.analysis.zeros import arms, exponent, is_zero
from symgrad.errors import RefusedError, UnsupportedError
from symgrad.frontend import branches, calls, primitives
from symgrad.frontend.expressions import evaluate
from symgrad.frontend.values import Bound, Frame, ListC, Obj, Ref, Source, Static, Tup
from symgrad.ir.nodes import Op, Slot, Value, known_number
from symgrad.ir.types import Array, ListOf, Optional_, Scalar, broadcast, dims_of
from symgrad.passes import runs
from symgrad.rules import names
from symgrad.rules.core import Rule
from symgrad.transform.algebra import unbroadcast

Contributions = list[tuple[Value, Value]]
IGNORED = ("dtype", "casting", "order", "subok")       # of ufuncs: they say nothing about derivatives


def contributions(r: Any, op: Op, ds: list[Value | None]) -> Contributions:
    """The cotangents that a call's rule gives its active operands."""
    rule = rule_of(r, op)
    if rule.is_constant:
        return []
    if rule.is_elementwise and ds[0] is not None:
        dy = as_number(r, ds[0])
        return elementwise(r, op, rule, lambda v: dy)
    return structured(r, op, rule, ds)


def rule_of(r: Any, op: Op) -> Rule:
    """The rule of the function that an op calls."""
    rule = primitives.rule_of_call(op)
    if rule is None:
        raise r.missing(op)
    return rule


# -- elementwise rules ---------------------------------------------------------------------------


@functools.lru_cache(1024)
def parsed(text: str) -> tuple[ast.expr, bool]:
    node = ast.parse(text, mode="eval").body
    for n in ast.walk(node):
        for a in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            if hasattr(n, a):
                delattr(n, a)
    return node, any(isinstance(n, ast.Name) and n.id == "dy" for n in ast.walk(node))


def elementwise(r: Any, op: Op, rule: Rule, given: Callable[[Value], Value]) -> Contributions:
    """For each active operand, its partial derivative times what is `given` for it.

    In reverse mode that is the cotangent of the result, for every operand; in forward mode the operand's tangent.
    """
    assert rule.partials is not None
    python = is_python(op)
    texts = rule.scalar_partials if python and rule.scalar_partials else rule.partials
    out: Contributions = []
    for i, v, known in places(r, op, rule):
        dy = as_number(r, given(v))
        text, bindings = texts[i], {**known, "r": op.results[0], "dy": dy}
        if text == "0":
            continue
        if text == "1.0":
            out.append((v, dy))
            continue
        if text == "-1.0":
            out.append((v, r.algebra.neg(dy)))
            continue
        node, whole = parsed(text)
        if any(isinstance(n, ast.IfExp) for n in ast.walk(node)):
            bindings = {n: as_number(r, u) for n, u in bindings.items()}
        table = names.SCALAR if python else names.ARRAY
        if whole:                       # a text that shares the cotangent out, as np.where's: some get nothing
            share = text_value(r, node, bindings, table)
            r.zeros_of.mark(share)
            out.append((v, share))
            continue
        guard = needs_guard(r, op, rule, dy, python, bindings)
        if rule.singular and r.zeros_of.tame(op):
            node = parsed(rule.partials[i])[0]
        elif rule.singular and python and not guard and not r.zeros_of.nonzero(dy):
            node = with_inf_times_zero(node)

        def contribution(d: Value, node: ast.expr = node, bindings: Any = bindings,
                         table: Any = table) -> Value:
            return r.algebra.mul(d, text_value(r, node, {**bindings, "dy": d}, table))
        out.append((v, guarded(r, dy, contribution, bool(dims_of(op.result.type))) if guard else contribution(dy)))
    return out


def is_python(op: Op) -> bool:
    """Whether an op computes with Python's own real numbers only."""
    return all(isinstance(v.type, Scalar) and v.type.python and v.type.kind != "c" for v in op.operands)


def places(r: Any, op: Op, rule: Rule) -> list[tuple[int, Value, dict[str, Any]]]:
    """The active operands of an elementwise call: which parameter each is, and what the rule's text knows."""
    found: list[tuple[int, Any, dict[str, Any]]]
    if rule.variadic:
        found = [(0, v, {rule.variadic: operand(v)}) for v in op.operands]
    else:
        known = {**{n: Static(x) for n, x in rule.defaults.items()}, **bind(r, op, rule, IGNORED)}
        found = [(i, known.get(name), known) for i, name in enumerate(rule.params)]
    return [(i, v, known) for i, v, known in found if isinstance(v, Value) and v in r.active]


def as_number(r: Any, v: Any) -> Any:
    """An array without axes as the number in it: what a condition chooses from is of one kind."""
    if not isinstance(v, Value) or not isinstance(v.type, Array) or v.type.dims:
        return v
    if v.type.kind == "b":
        return r.call_tree(bool, (Slot(0),), {}, [v], Scalar("bool"))
    inner = unbroadcast(v)
    return inner if inner is not v and isinstance(inner.type, Scalar) else r.algebra.op(operator.pos, v)


# -- exact zeros stay zeros ------------------------------------------------------------------------


def needs_guard(r: Any, op: Op, rule: Rule, dy: Value, python: bool, bindings: dict[str, Any]) -> bool:
    """Whether the cotangent can be exactly 0 where the derivative is infinite or NaN."""
    zeros = r.zeros_of
    if not runs("guards"):
        return not zeros.nonzero(dy)
    if rule.singular and not zeros.tame(op):
        if python and not isinstance(op.fn, np.ufunc):
            return False                # a float that has no derivative has raised, or the text takes care of it
        if infinite_at_finite(rule) and not python and not zeros.nonzero(dy) and exponent(op) is None:
            return True
        return bool(zeros.masked(dy))
    used = [v for v in bindings.values() if isinstance(v, Value) and v is not dy]
    return bool(zeros.masked(dy)) and any(map(zeros.wild, used))


def infinite_at_finite(rule: Rule) -> bool:
    """Whether the derivative can be infinite where the function itself is finite, as sqrt's at 0."""
    return any("inf" in text for text in rule.scalar_partials or ())


def guarded(r: Any, dy: Value, contribution: Callable[[Value], Value], arrays: bool) -> Value:
    """A contribution that is 0 where the cotangent is; a mask that the cotangent came through is used again.

    `arrays` says that it is an array, whatever the cotangent is.
    """
    op = dy.op
    if isinstance(dy.type, Array) or arrays:
        if op is not None and op.kind == "call" and op.adjoint and op.fn is np.where:
            choices = arms(op)
            k = next((k for k in (0, 1) if is_zero(choices[k])), None)
            inner = None if k is None else choices[1 - k]
            condition = op.operands[0]
            if isinstance(inner, Value) and isinstance(op.attrs["args"][0], Slot) and \
                    dims_of(condition.type) == dims_of(dy.type):
                value = contribution(inner)
                assert isinstance(value.type, (Scalar, Array))
                pair = (0.0, Slot(1)) if k == 0 else (Slot(1), 0.0)
                return r.call_tree(np.where, (Slot(0), *pair), {}, [condition, value],
                                   Array(value.type.dtype, broadcast(dims_of(condition.type), dims_of(value.type))))
        value = contribution(dy)
        test = r.algebra.op(operator.ne, dy, r.algebra.const(0.0))
        return r.call_tree(np.where, (Slot(0), Slot(1), 0.0), {}, [test, value], value.type)
    lw = r.lw
    test = r.algebra.op(operator.ne, dy, r.algebra.const(0.0))
    span = lw.b.span
    lw.frames.append(Frame(0, Source("<rule>", [], 1, "rule"), lambda name: None, in_rule=True))
    try:
        return lw.value(branches.branch(lw, test, lambda: contribution(dy), lambda: Static(0.0)))
    finally:
        lw.frames.pop()
        lw.b.span = span


@functools.lru_cache(1024)
def with_inf_times_zero(node: ast.expr) -> ast.expr:
    """A text for floats in which ``inf`` is 0.0 where the cotangent is 0."""

    class Change(ast.NodeTransformer):
        def visit_Name(self, n: ast.Name) -> ast.expr:
            if n.id != "inf":
                return n
            test = ast.Compare(ast.Name("dy", ast.Load()), [ast.NotEq()], [ast.Constant(0.0)])
            return ast.IfExp(test, n, ast.Constant(0.0))

        def visit_Compare(self, n: ast.Compare) -> ast.expr:
            return n
    return Change().visit(copy.deepcopy(node))                                          # type: ignore[no-any-return]


def operand(v: Value) -> Any:
    """A number that is known stays known, so that ``x ** 2`` gives ``2 * x``."""
    if v.op is not None and v.op.kind == "const" and not v.op.attrs.get("module") and isinstance(
            v.op.attrs["value"], (int, float)):
        return Static(v.op.attrs["value"])
    return v


def text_value(r: Any, node: ast.expr, bindings: dict[str, Any], functions: dict[str, Any]) -> Value:
    """The value of a rule's text with names bound to IR values."""
    lw = r.lw

    real = all(getattr(v.type, "kind", "f") != "c" for v in bindings.values() if isinstance(v, Value))

    def lookup(name: str) -> Any:
        if name in bindings:
            return bindings[name]
        if name == "conj" and real:
            return Bound(Static(None), lambda lw, self, args, kwargs: args[0], True)
        return Static(functions[name])

    frame = Frame(0, Source("<rule>", [], 1, "rule"), lookup, in_rule=True)
    span = lw.b.span
    lw.frames.append(frame)
    try:
        result = lw.value(evaluate(lw, node))
    finally:
        lw.frames.pop()
        lw.b.span = span
    return result


# -- structured rules ----------------------------------------------------------------------------


def structured(r: Any, op: Op, rule: Rule, ds: list[Value | None]) -> Contributions:
    """Inline the rule's pullback; its branches on ranks and axes are decided here."""
    assert rule.pullback is not None
    lw = r.lw
    bound = bound_arguments(r, op, rule)
    whole = {name: as_tuple(lw, arg) for name, arg in bound.items()}       # before the rule makes lists of run time
    dy = unflatten(r, op.attrs.get("structure", Slot(0)), ds, op)
    got = inline(r, op, rule, rule.pullback, dy, bound)
    several = as_tuple(lw, got) if len(rule.wrt) > 1 else got
    parts = list(several.items) if isinstance(several, Tup) and (
        len(rule.wrt) > 1 or is_bare_tuple(several, bound, rule)) else [got]
    if len(parts) != len(rule.wrt):
        raise UnsupportedError(f"the rule of {rule.name}() gives {len(parts)} cotangents for {len(rule.wrt)} arguments "
                               f"({', '.join(rule.wrt)})", op.span, "return one cotangent for each name in wrt")
    out: Contributions = []
    for name, part in zip(rule.wrt, parts):
        if name in bound:
            pair(r, whole[name], part, out)
    for v, d in out:
        check_kind(rule, op, v, d)
    return out


def bound_arguments(r: Any, op: Op, rule: Rule) -> dict[str, Any]:
    """The call's arguments by name, where none is active that the rule has no derivative for."""
    bound = bind(r, op, rule)
    for name, arg in bound.items():
        if name not in rule.wrt and isinstance(arg, Value) and known_number(arg) is not None:
            bound[name] = Static(known_number(arg))              # math.inf decides what a rule does
        elif name not in (*rule.wrt, *rule.shapes) and any(v in r.active for v in leaves(arg, r.lw)):
            raise UnsupportedError(f"the derivative of {rule.name}() with respect to its argument {name!r} is not "
                                   "supported", op.span, "pass a constant, or write the computation out")
    return bound


def inline(r: Any, op: Op, rule: Rule, function: Callable[..., Any], d: Any, bound: dict[str, Any]) -> Any:
    """What ``function(d, result, **bound)`` gives, a pullback or a pushforward of the rule."""
    lw = r.lw
    fn = calls.function_of(lw, function)
    fn.frame.in_rule = True
    result = primitives.unflatten(lw, op.attrs.get("structure", Slot(0)), list(op.results))
    span = lw.b.span
    lw.frames.append(fn.frame)
    try:
        return calls.inline(lw, fn, [d, result], bound)
    except RefusedError as e:
        raise UnsupportedError(f"this call of {rule.name}() is not differentiated: {e.message}", op.span,
                               e.hint) from e
    except UnsupportedError as e:
        if e.span is None or e.span.file == fn.frame.source.file:
            raise UnsupportedError(f"the rule of {rule.name}() cannot be applied here: {e.message}", op.span,
                                   e.hint) from e
        raise
    finally:
        lw.frames.pop()
        lw.b.span = span


def check_kind(rule: Rule, op: Op, v: Value, d: Value) -> None:
    """A cotangent has the shape of its argument, or broadcasts to it."""
    t = v.type.item if isinstance(v.type, Optional_) else v.type
    if not isinstance(t, (Scalar, Array)):
        return
    have, want = dims_of(d.type), dims_of(t)
    numbers = isinstance(d.type, (Scalar, Array)) and d.type.kind in "fcib"
    fits = all(h == w or 1 in (h, w) or not (isinstance(h, int) and isinstance(w, int))
               for h, w in zip(have[::-1], want[::-1]))
    if not numbers or not fits:
        raise UnsupportedError(f"the rule of {rule.name}() gives a cotangent of another shape or kind than its argument",
                               op.span, "return a cotangent shaped like the argument")


def is_bare_tuple(got: Tup, bound: dict[str, Any], rule: Rule) -> bool:
    """Whether a one-argument rule returned a 1-tuple of cotangents, not the tuple of a sequence's."""
    arg = bound.get(rule.wrt[0])
    return len(got.items) == 1 and not isinstance(arg, (Tup, Obj))


def bind(r: Any, op: Op, rule: Rule, ignored: tuple[str, ...] = ()) -> dict[str, Any]:
    """The call's arguments by the names that the rule gives them."""
    args = [lift(r.lw, t, op.operands) for t in op.attrs["args"]]
    bound: dict[str, Any] = {}
    params = list(rule.params)
    for i, name in enumerate(params):
        if name == rule.variadic:
            bound[name] = Tup(tuple(args[i:]))
            args = args[:i]
            break
        if i < len(args):
            bound[name] = args[i]
    else:
        if len(args) > len(params):
            raise UnsupportedError(f"{rule.name}() with {len(args)} arguments", op.span)
    for k, t in op.attrs["kwargs"].items():
        if k in ignored:
            continue
        k = rule.aliases.get(k, k)
        if k not in params:
            raise UnsupportedError(f"the argument {k!r} of {rule.name}() is not supported", op.span,
                                   "leave it out, or write the computation in another way")
        bound[k] = lift(r.lw, t, op.operands)
    return bound


def lift(lw: Any, t: Any, operands: list[Value]) -> Any:
    """An argument structure as an abstract value."""
    if isinstance(t, Slot):
        v = operands[t.index]
        return operand(v) if isinstance(v.type, Scalar) and v.op is not None and v.op.kind == "const" else v
    if isinstance(t, tuple):
        return Tup(tuple(lift(lw, i, operands) for i in t))
    if isinstance(t, list):
        items = tuple(lift(lw, i, operands) for i in t)
        return Static(t) if all(map(lw.is_static, items)) else lw.new_object(ListC(items))
    if isinstance(t, slice):
        from symgrad.frontend.values import Slice
        return Slice(*(lift(lw, p, operands) for p in (t.start, t.stop, t.step)))
    return Static(t)


def leaves(a: Any, lw: Any) -> list[Value]:
    if isinstance(a, Value):
        return [a]
    if isinstance(a, Ref):
        return [lw.load(a)]
    if isinstance(a, Tup):
        return [v for i in a.items for v in leaves(i, lw)]
    if isinstance(a, Obj):
        c = lw.contents(a)
        return [v for i in getattr(c, "items", ()) for v in leaves(i, lw)]
    return []


def unflatten(r: Any, shape: Any, ds: list[Value | None], op: Op) -> Any:
    """The cotangents of a call's results in the results' structure."""
    if isinstance(shape, Slot):
        d = ds[shape.index]
        if d is not None:
            return d
        rule = primitives.rule_of_call(op)
        return Static(None) if rule is not None and rule.absent else r.zeros(op.results[shape.index])
    items = tuple(unflatten(r, s, ds, op) for s in shape)
    return Tup(items)


def as_tuple(lw: Any, a: Any) -> Any:
    """A list whose items are known one by one as the tuple of them."""
    if isinstance(a, Obj) and isinstance(c := lw.contents(a), ListC):
        return Tup(tuple(as_tuple(lw, i) for i in c.items))
    return Tup(tuple(as_tuple(lw, i) for i in a.items), a.cls) if isinstance(a, Tup) else a


def pair(r: Any, arg: Any, cotangent: Any, out: Contributions) -> None:
    """Match a cotangent's structure with its argument's."""
    if cotangent is None or cotangent == Static(None):
        return
    lw = r.lw
    if isinstance(arg, (Tup, Obj)):
        items = list(arg.items) if isinstance(arg, Tup) else list(lw.contents(arg).items)
        if isinstance(cotangent, Tup):
            parts = list(cotangent.items)
        elif isinstance(cotangent, Obj) and isinstance(lw.contents(cotangent), ListC):
            parts = list(lw.contents(cotangent).items)
        else:
            from symgrad.frontend.indexing import get_item
            parts = [get_item(lw, cotangent, Static(i)) for i in range(len(items))]
        for a, c in zip(items, parts):
            pair(r, a, c, out)
        return
    if not isinstance(arg, Value) or arg not in r.active:
        return
    d = lw.value(cotangent)
    if isinstance(arg.type, ListOf) and isinstance(d.type, Array):
        d = r.call_tree(list, (Slot(0),), {}, [d], arg.type)
    out.append((arg, d))
