"""From IR ops to Python statements."""
from __future__ import annotations

import ast
import operator
import types
from typing import Any

import numpy as np

from symgrad.codegen import control_flow
from symgrad.codegen.blocks import Mark, blocks
from symgrad.codegen.expressions import BINARY, Expressions
from symgrad.codegen.inlining import Inlining
from symgrad.codegen.naming import Names
from symgrad.codegen.ownership import overwrite
from symgrad.codegen.trees import (
    Stmts,
    as_store,
    attribute,
    call,
    comment,
    dotted,
    load,
    names_in,
    plus,
    signed,
    store_name,
    unpack_target,
)
from symgrad.errors import Span
from symgrad.frontend.blocks import enter_context
from symgrad.frontend.containers import list_append, list_pop
from symgrad.frontend.exceptions import block_mark, caught
from symgrad.frontend.outer import set_outer
from symgrad.frontend.statements import assert_true, raise_error, raise_same
from symgrad.ir.functions import FunctionRef
from symgrad.ir.nodes import Op, Region, Step, Value
from symgrad.ir.types import Array, DictOf, ListOf, Scalar, dims_of

PARTS = (np.split, np.array_split, np.vsplit, np.hsplit, np.dsplit)


class Statements:
    """Prints regions. Comments travel as string statements that `module` turns into comments."""

    def __init__(self, inlining: Inlining, names: Names, expressions: Expressions) -> None:
        self.inlining, self.names, self.e = inlining, names, expressions
        self.silent: set[Value] = set()         # stop flags that are printed as `break`
        self.served: Any = None                 # the primal line that the last comment named
        self.in_reverse = False

    # -- regions ---------------------------------------------------------------------------

    def region(self, region: Region) -> Stmts:
        out: Stmts = []
        for op in region.ops:
            if op not in self.inlining.inline and op.kind not in ("arg",):
                out.extend(self.statement(op))
        return blocks(out)

    def statement(self, op: Op) -> Stmts:
        """The statements that do what `op` does; each knows the place in the primal that it serves."""
        out = self.statement_of(op)
        place = self.place(op)
        for s in out:
            if place is not None and not hasattr(s, "place"):
                s.place = place                                                        # type: ignore[attr-defined]
        return out

    def place(self, op: Op) -> Span | None:
        """Where an op comes from, or what is printed as a part of it."""
        found = op.span
        for v in op.operands:
            if found is None and v.op is not None and v.op in self.inlining.inline:
                found = self.place(v.op)
        return found

    def statement_of(self, op: Op) -> Stmts:
        if op.attrs.get("comprehension"):
            return self.commented(op, self.assign(op.results[0], self.e.comprehension(op)))
        if op.kind in ("for", "while"):
            return control_flow.loop(self, op)
        if op.kind == "if":
            return control_flow.branch(self, op, None, [])
        method = {"store": self.store, "accumulate": self.accumulate, "undef": self.nothing,
                  "record": self.record, "call": self.call}.get(op.kind)
        out = self.assign_op(op) if method is None else method(op)
        return self.commented(op, out)

    def commented(self, op: Op, out: Stmts) -> Stmts:
        """Say which primal line an adjoint statement serves, once a line."""
        if op.adjoint and out and op.span is not None and (op.span.file, op.span.line) != self.served:
            self.served = (op.span.file, op.span.line)
            return [*out[:1], comment(op.span.text.strip()), *out[1:]]
        return out

    def nothing(self, op: Op) -> Stmts:
        return []

    def assign_op(self, op: Op) -> Stmts:
        return self.assign(op.results[0], self.e.op(op))

    def assign(self, target: Value, expression: ast.expr) -> Stmts:
        name = self.names.variable(target)
        if isinstance(expression, ast.Name) and expression.id == name:
            return []
        return [ast.Assign([store_name(name)], expression)]

    def copy(self, target: Value, source: Value) -> tuple[str, ast.expr] | None:
        """``target = source`` where they are not one variable already."""
        if source.op is not None and source.op.kind == "undef":
            return None
        name = self.names.variable(target)
        expression = self.e.value(source)
        if isinstance(expression, ast.Name) and expression.id == name:
            return None
        return name, expression

    def parallel(self, pairs: list[tuple[str, ast.expr] | None]) -> Stmts:
        """Copies that happen at once: one by one where the order allows, else a tuple assignment."""
        todo = [p for p in pairs if p is not None]
        out: Stmts = []
        while todo:
            free = [p for p in todo if not any(p[0] in names_in(q[1]) for q in todo if q is not p)]
            if not free:
                out.append(ast.Assign([ast.Tuple([store_name(n) for n, _ in todo], ast.Store())],
                                      ast.Tuple([e for _, e in todo], ast.Load())))
                break
            todo.remove(free[0])
            out.append(ast.Assign([store_name(free[0][0])], free[0][1]))
        return out

    # -- single ops --------------------------------------------------------------------------

    def call(self, op: Op) -> Stmts:
        fn = op.fn
        if fn is list_append:
            target = self.e.value(op.operands[0])
            return [ast.Expr(call(attribute(target, "append"), self.e.value(op.operands[1])))]
        if fn is list_pop:
            taken = call(attribute(self.e.value(op.operands[0]), "pop"))
            if len(op.results) > 1 and self.used(op.results[1]):
                return self.assign(op.results[1], taken)
            return [ast.Expr(taken)]
        if fn is assert_true:
            message = op.attrs["args"][1]
            return [ast.Assert(self.e.value(op.operands[0]),
                               None if message is None else self.e.tree(message, op.operands))]
        if fn is raise_error:
            cls, *args = op.attrs["args"]
            exc = call(dotted(self.e.imports.path(cls)), *(self.e.tree(a, op.operands) for a in args))
            return [ast.Raise(exc, None)]
        if fn is overwrite:
            return self.overwrite(op)
        if fn is set_outer:
            owner, name, value = op.attrs["args"]
            place = load(self.e.imports.module(owner)) if isinstance(owner, types.ModuleType) else dotted(
                self.e.imports.path(owner))
            return [ast.Assign([ast.Attribute(place, name, ast.Store())], self.e.tree(value, op.operands))]
        if fn is enter_context:
            entered = store_name(self.names.variable(op.results[0])) if self.used(op.results[0]) else None
            return [Mark("with", op.attrs["mark"][1], [ast.withitem(self.e.value(op.operands[0]), entered)])]
        if fn is block_mark:
            return [Mark(*op.attrs["mark"])]
        if fn is caught:
            return []                           # a name of the except clause
        if fn is raise_same:                    # in its except clause, or after it
            error = op.operands[0]
            inside = error.op is not None and error.op.fn is caught
            return [ast.Raise(None if inside else self.e.value(error), None)]
        if isinstance(fn, FunctionRef):
            return self.function(op)
        if len(op.results) > 1:
            targets: list[ast.expr] = [store_name(self.names.variable(r) if self.used(r) else "_") for r in op.results]
            shape = op.attrs.get("structure")
            value = self.e.op(op)
            if isinstance(shape, (tuple, list)):
                return [ast.Assign([unpack_target(shape, targets)], value)]
            return [ast.Assign([ast.Tuple(targets, ast.Store())], value)]
        expression = self.e.op(op)
        if op.attrs.get("effect") and not self.used(op.results[0]):
            return [ast.Expr(expression)]
        shape = op.attrs.get("structure")
        if isinstance(shape, (tuple, list)):
            return [ast.Assign([unpack_target(shape, [store_name(self.names.variable(op.results[0]))])], expression)]
        if op.attrs.get("aug") and isinstance(expression, ast.BinOp) and isinstance(op.results[0].type, Scalar):
            name = self.names.variable(op.results[0])
            if isinstance(expression.left, ast.Name) and expression.left.id == name:
                return [ast.AugAssign(store_name(name), expression.op, expression.right)]
        return self.assign(op.results[0], expression)

    def function(self, op: Op) -> Stmts:
        """A call of a function of the IR; what it writes to in place is not among what it returns."""
        written = {k for _, k in op.attrs["in_place"]}
        returned = [r for k, r in enumerate(op.results) if k not in written]
        value = self.e.op(op)
        if not any(map(self.used, returned)):
            return [ast.Expr(value)]
        if len(returned) == 1:
            return self.assign(returned[0], value)
        targets: list[ast.expr] = [store_name(self.names.variable(r) if self.used(r) else "_") for r in returned]
        return [ast.Assign([ast.Tuple(targets, ast.Store())], value)]

    def used(self, v: Value) -> bool:
        return self.inlining.count.get(v, 0) > 0

    def accumulate(self, op: Op) -> Stmts:
        """``da += ...``: in place for arrays that may be, else a new value."""
        a, b = op.operands
        name = self.names.variable(op.results[0])
        left, right = self.e.value(a), self.e.value(b)
        may = op.attrs.get("in_place") or isinstance(op.results[0].type, Scalar)
        if may and isinstance(left, ast.Name) and left.id == name:
            sign, right = signed(right)
            return [ast.AugAssign(store_name(name), sign, right)]
        return self.assign(op.results[0], plus(left, right))

    def store(self, op: Op) -> Stmts:
        path: tuple[Step, ...] = op.attrs["path"]
        target = self.e.place(op)
        if path[-1].kind == "view" or is_part(path):
            target = ast.Subscript(target, ast.Constant(...), ast.Load())
        if op.attrs.get("add"):
            return self.store_add(op, path, target)
        value = op.operands[1]
        update = self.update_of(op, value)
        whole = _is_whole(path[-1]) and isinstance(target, ast.Subscript)
        if update is not None:
            operator_, right = update
            inner = target.value if whole and isinstance(target, ast.Subscript) else target
            return [ast.AugAssign(as_store(inner), operator_, right)]
        return [ast.Assign([as_store(target)], self.e.value(value))]

    def update_of(self, op: Op, value: Value) -> tuple[ast.operator, ast.expr] | None:
        """``a[i] = a[i] + v`` is printed ``a[i] += v`` where the primal wrote it so."""
        made = value.op
        if made is None or made not in self.inlining.inline or made.kind != "call" or made.fn not in BINARY:
            return None
        first = made.operands[0] if made.attrs["args"] and made.operands else None
        if first is None or len(made.operands) != 2:
            return None
        if made.fn is operator.matmul and dims_of(made.result.type) != dims_of(first.type):
            return None                         # ``a @= b`` is for square matrices
        path = op.attrs["path"]
        from symgrad.ir.nodes import Slot, freeze, map_tree
        if _is_whole(path[-1]):
            before = path[:-1]
            if not before:
                return (BINARY[made.fn](), self.e.value(made.operands[1])) if first is op.operands[0] else None
            path = before
        if first.op is None or first.op.kind != "load" or first.op.operands[0] is not op.operands[0]:
            return None
        if first.op not in self.inlining.inline:
            return None

        def resolved(p: Any, operands: list[Value]) -> Any:
            return freeze(map_tree(p, lambda s: Slot(operands[s.index].id)))
        if resolved(path, op.operands) != resolved(first.op.attrs["path"], first.op.operands):
            return None
        return BINARY[made.fn](), self.e.value(made.operands[1])

    def store_add(self, op: Op, path: tuple[Step, ...], target: ast.expr) -> Stmts:
        value = self.e.value(op.operands[1])
        if repeats(op, path[-1]):
            assert isinstance(target, ast.Subscript)
            add_at = dotted(self.e.imports.path(np.add) + ".at")
            return [ast.Expr(call(add_at, target.value, _as_argument(target.slice), value))]
        sign, value = signed(value)
        whole = _is_whole(path[-1]) and isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name)
        if whole and isinstance(target, ast.Subscript):
            return [ast.AugAssign(as_store(target.value), sign, value)]
        return [ast.AugAssign(as_store(target), sign, value)]

    def overwrite(self, op: Op) -> Stmts:
        """``a[...] = b``: all of an array's, a list's or a dict's contents."""
        target, value = self.e.value(op.operands[0]), self.e.value(op.operands[1])
        if isinstance(op.results[0].type, DictOf):
            return [ast.Expr(call(attribute(target, "clear"))), ast.Expr(call(attribute(target, "update"), value))]
        index: ast.expr = ast.Constant(...) if isinstance(op.results[0].type, Array) else ast.Slice(None, None, None)
        return [ast.Assign([ast.Subscript(target, index, ast.Store())], value)]

    def record(self, op: Op) -> Stmts:
        tape = self.e.value(op.operands[0])
        value = self.e.value(op.operands[1])
        if op.attrs["mode"] == "index":
            target = ast.Subscript(tape, self.e.value(op.operands[2]), ast.Store())
            return [ast.Assign([target], value)]
        return [ast.Expr(call(attribute(tape, "append"), value))]

def is_part(path: tuple[Step, ...]) -> bool:
    """Whether a path ends at one of the views that np.split returns: a list, whose item is not to be replaced."""
    return len(path) > 1 and path[-2].kind == "view" and path[-2].key[0] in PARTS and isinstance(path[-1].key, int)


def _is_whole(step: Step) -> bool:
    return step.kind == "index" and step.key is Ellipsis


def repeats(op: Op, step: Step) -> bool:
    """Whether an index may name an element twice, so that `a[i] += v` would lose a contribution.

    A mask does not; whatever else an array is where it is an index, it is whole numbers, its type that of its name's
    other uses too.
    """
    from symgrad.ir.nodes import Slot
    if step.kind != "index":
        return False
    entries = step.key if isinstance(step.key, tuple) else (step.key,)
    for e in entries:
        if isinstance(e, Slot):
            t = op.operands[e.index].type
            if isinstance(t, Array) and t.kind != "b" or isinstance(t, ListOf):
                return isinstance(op.operands[0].type, (Array, ListOf))
    return False


def _as_argument(index: ast.expr) -> ast.expr:
    """An index as an argument: slices become `slice(...)`."""
    if isinstance(index, ast.Slice):
        return call(load("slice"), *(p or ast.Constant(None) for p in (index.lower, index.upper, index.step)))
    if isinstance(index, ast.Tuple):
        return ast.Tuple([_as_argument(i) for i in index.elts], ast.Load())
    return index


__all__ = ["Statements"]
