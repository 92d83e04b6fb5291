"""From IR ops to Python statements."""
from __future__ import annotations

import ast
import types
from typing import Any

import numpy as np

from symgrad.codegen.expressions import BINARY, Expressions, attribute, call, constant_of, dotted, load
from symgrad.codegen.inlining import Inlining
from symgrad.codegen.naming import Names
from symgrad.codegen.ownership import overwrite
from symgrad.errors import Span
from symgrad.frontend.blocks import enter_context
from symgrad.frontend.containers import list_append, list_pop
from symgrad.frontend.exceptions import block_mark, caught
from symgrad.frontend.outer import set_outer
from symgrad.frontend.recursion import FunctionRef
from symgrad.frontend.statements import assert_true, raise_error, raise_same
from symgrad.ir.nodes import Op, Region, Step, Value
from symgrad.ir.types import Array, DictOf, ListOf, Scalar, Type
from symgrad.optimize.dce import carried_count

Stmts = list[ast.stmt]
PARTS = (np.split, np.array_split, np.vsplit, np.hsplit, np.dsplit)


def store_name(name: str) -> ast.Name:
    return ast.Name(name, ast.Store())


class Mark(ast.Pass):
    """Where a block of the primal begins, turns or ends."""

    def __init__(self, what: str = "", block: int = 0, parts: Any = None) -> None:
        super().__init__()
        self.what, self.block, self.parts = what, block, parts


def blocks(stmts: Stmts) -> Stmts:
    """Statements between marks as the blocks that they were; marks without a partner are dropped."""
    out: Stmts = []
    i = 0
    while i < len(stmts):
        s = stmts[i]
        i += 1
        if not isinstance(s, Mark):
            out.append(s)
            continue
        if s.what in ("end", "turn"):
            continue
        partners = {m.what: k for k, m in enumerate(stmts) if isinstance(m, Mark) and m.block == s.block and k >= i}
        if "end" not in partners:
            continue
        end = partners["end"]
        turn = partners.get("turn", end)
        body = blocks(stmts[i:turn]) or [ast.Pass()]
        if s.what == "with":
            out.append(ast.With(s.parts, body))
        else:
            out.append(ast.Try(body, [], [], blocks(stmts[turn + 1:end]) or [ast.Pass()]))
        i = end + 1
    return out


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
            return self.loop(op)
        if op.kind == "if":
            return self.branch(op, None, [])
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
        target = self.e.path(self.e.value(op.operands[0]), path, op.operands)
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

    # -- branches ------------------------------------------------------------------------------

    def branch(self, op: Op, flag: Value | None, tail: list[tuple[str, ast.expr] | None]) -> Stmts:
        """An `if`. With `flag`, this is the end of a loop's body: arms that stop print `break`."""
        arms: list[Stmts] = []
        stops = []
        for r in op.regions:
            out = self.region_with_tail(r, op, flag, tail)
            arms.append(out[0])
            stops.append(out[1])
        if op.attrs.get("attempt"):
            return [self.attempt(op, *arms)]
        test = self.e.value(op.operands[0])
        if stops[0] and not stops[1]:
            return [ast.If(test, arms[0], []), *arms[1]]
        if stops[1] and not stops[0]:
            return [ast.If(negated(test), arms[1], []), *arms[0]]
        if not arms[0] and not arms[1]:
            return []
        if not arms[0]:
            return [ast.If(negated(test), arms[1], [])]
        choice = one_assignment(test, *arms)
        if choice is not None:
            return [choice]
        return [ast.If(test, arms[0], arms[1])]

    def attempt(self, op: Op, body: Stmts, handler: Stmts) -> ast.stmt:
        """A body that may raise, and what is done then."""
        classes = [dotted(self.e.imports.path(c)) for c in op.attrs["attempt"]]
        kind = classes[0] if len(classes) == 1 else ast.Tuple(classes, ast.Load())
        error = next((o.result for o in op.regions[1].ops if o.fn is caught), None)
        name = self.names.variable(error) if error is not None and self.used(error) and any(
            self.names.variable(error) in names_in(s) for s in handler) else None
        for stmts in (body, handler):
            end = next((i for i, s in enumerate(stmts) if isinstance(s, ast.Raise)), len(stmts))
            del stmts[end + 1:]                 # what is not reached
        return ast.Try(body or [ast.Pass()], [ast.ExceptHandler(kind, name, handler or [ast.Pass()])], [], [])

    def region_with_tail(self, r: Region, op: Op, flag: Value | None,
                         tail: list[tuple[str, ast.expr] | None]) -> tuple[Stmts, bool]:
        out: Stmts = []
        stop = None
        if flag is not None:
            stop = r.yields[op.results.index(flag)]
        inner = stop.op if stop is not None and stop in self.silent else None
        for o in r.ops:
            if o in self.inlining.inline or o.kind == "arg":
                continue
            if o is inner:
                copies = self.parallel(self.arm_copies(op, r))
                out.extend(self.branch(o, stop, [*self.arm_copies(op, r), *tail] if copies else tail))
                return blocks(out) + copies, False
            out.extend(self.statement(o))
        out = blocks(out)
        out.extend(self.parallel(self.arm_copies(op, r)))
        if stop is not None and constant_of(stop) is True:
            return [*out, *self.parallel(tail), ast.Break()], True
        return out, False

    def arm_copies(self, op: Op, r: Region) -> list[tuple[str, ast.expr] | None]:
        if not r.yields:
            return []
        return [self.copy(result, y) for result, y in zip(op.results, r.yields)
                if result not in self.silent and self.used(result)]

    # -- loops -----------------------------------------------------------------------------------

    def loop(self, op: Op) -> Stmts:
        first, shift = (1, 3) if op.kind == "for" else (0, 0)
        n = carried_count(op)
        body = op.regions[-1]
        out = self.parallel([self.copy(body.params[k + first], op.operands[k + shift]) for k in range(n)])
        for k, tape in enumerate(op.results[n:n + len(op.attrs.get("tapes", ()))]):
            out.extend(self.tape(op, tape, k))
        early = 1 if op.attrs.get("early") else 0
        copies = [self.copy(body.params[k + first], body.yields[k + early]) for k in range(n)]
        inner = self.body(body, copies, early)
        if not inner:
            inner = [ast.Pass()]
        if op.kind == "for":
            index = body.params[0]
            used = self.inlining.count.get(index, 0) > 0
            target = store_name(self.names.variable(index) if used else "_")
            out.append(ast.For(target, self.e.range(op), inner, []))
            return out
        test = op.regions[0]
        pre = self.region(test)
        condition = self.e.value(test.yields[0])
        if pre:
            stop: ast.stmt = ast.If(negated(condition), [ast.Break()], [])
            out.append(ast.While(ast.Constant(True), [*pre, stop, *inner], []))
        else:
            out.append(ast.While(condition, inner, []))
        return out

    def body(self, body: Region, copies: list[tuple[str, ast.expr] | None], early: int) -> Stmts:
        flag = body.yields[0] if early else None
        if flag is not None and flag in self.silent and flag.op is not None:
            out: Stmts = []
            for o in body.ops:
                if o in self.inlining.inline:
                    continue
                if o is flag.op:
                    out.extend(self.branch(o, flag, copies))
                else:
                    out.extend(self.statement(o))
            return blocks(out) + self.parallel(copies)
        out = self.region(body) + self.parallel(copies)
        if flag is not None and constant_of(flag) is not False:
            if constant_of(flag) is True:
                out.append(ast.Break())
            else:
                out.append(ast.If(self.e.value(flag), [ast.Break()], []))
        return out

    def tape(self, op: Op, tape: Value, k: int) -> Stmts:
        mode, size = op.attrs["tapes"][k]
        name = self.names.variable(tape)
        if mode == "index":
            assert isinstance(tape.type, ListOf)
            fill = filler(tape.type.item)
            count = self.e.value(size) if isinstance(size, Value) else ast.Constant(size)
            return [ast.Assign([store_name(name)], ast.BinOp(ast.List([fill], ast.Load()), ast.Mult(), count))]
        return [ast.Assign([store_name(name)], ast.List([], ast.Load()))]


def one_assignment(test: ast.expr, then: Stmts, otherwise: Stmts) -> ast.stmt | None:
    """``x = a if c else b`` where both arms do nothing but assign a short expression to one name."""
    if len(then) != 1 or len(otherwise) != 1:
        return None
    a, b = then[0], otherwise[0]
    if not isinstance(a, ast.Assign) or not isinstance(b, ast.Assign):
        return None
    x, y = a.targets[0], b.targets[0]
    if not isinstance(x, ast.Name) or not isinstance(y, ast.Name) or x.id != y.id:
        return None
    if len(ast.unparse(a.value)) + len(ast.unparse(b.value)) > 70:
        return None
    return ast.Assign([x], ast.IfExp(test, a.value, b.value))


def filler(t: Type) -> ast.expr:
    if isinstance(t, Scalar) and t.kind == "f":
        return ast.Constant(0.0)
    if isinstance(t, Scalar) and t.kind in "i":
        return ast.Constant(0)
    if isinstance(t, Scalar) and t.kind == "b":
        return ast.Constant(False)
    return ast.Constant(None)


def silent_flags(region: Region, count: dict[Value, int]) -> set[Value]:
    """The stop flags that need no variable: the `if` that decides them ends its loop's body."""
    found: set[Value] = set()

    def ends(flag: Value, r: Region) -> set[Value]:
        """The flag and those that it is made of in the arms, if none of them needs a variable."""
        op = flag.op
        if op is None or op.kind != "if" or not r.ops or count.get(flag, 0) != 1:
            return set()
        rest = r.ops[r.ops.index(op) + 1:] if op in r.ops else None
        if rest is None or any(o.kind not in ("const", "undef") for o in rest):
            return set()
        k = op.results.index(flag)
        flags = {flag}
        for arm in op.regions:
            y = arm.yields[k]
            if constant_of(y) not in (True, False):
                inner = ends(y, arm)
                if not inner:
                    return set()
                flags |= inner
        return flags

    from symgrad.ir.nodes import walk
    for op in walk(region):
        if op.kind in ("for", "while") and op.attrs.get("early"):
            found |= ends(op.regions[-1].yields[0], op.regions[-1])
    return found


def comment(text: str) -> ast.stmt:
    return ast.Expr(ast.Constant("§" + text))


def plus(left: ast.expr, right: ast.expr) -> ast.expr:
    """``left + right``, as a subtraction where that reads better."""
    return ast.BinOp(left, *signed(right))


def signed(e: ast.expr) -> tuple[ast.operator, ast.expr]:
    """How to add an expression: the sign, and the expression without the minuses that it begins with."""
    minus = False
    while (inner := negated_product(e)) is not None:
        e, minus = inner, not minus
    return (ast.Sub() if minus else ast.Add()), e


def negated_product(e: ast.expr) -> ast.expr | None:
    """`e` without its sign, where it is a product or quotient that begins with a minus; else None."""
    if isinstance(e, ast.UnaryOp) and isinstance(e.op, ast.USub):
        return e.operand
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Mult, ast.Div)):
        left = negated_product(e.left)
        return None if left is None else ast.BinOp(left, e.op, e.right)
    return None


def negated(test: ast.expr) -> ast.expr:
    flip = {ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is}
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in flip:
        return ast.Compare(test.left, [flip[type(test.ops[0])]()], test.comparators)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def names_in(e: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(e) if isinstance(n, ast.Name)}


def as_store(e: ast.expr) -> Any:
    if isinstance(e, ast.Name):
        return ast.Name(e.id, ast.Store())
    if isinstance(e, ast.Subscript):
        return ast.Subscript(e.value, e.slice, ast.Store())
    if isinstance(e, ast.Attribute):
        return ast.Attribute(e.value, e.attr, ast.Store())
    return ast.Subscript(e, ast.Constant(...), ast.Store())     # a view: e.g. a.T[...] = v


def unpack_target(shape: Any, targets: list[ast.expr]) -> ast.expr:
    it = iter(targets)

    def build(s: Any) -> ast.expr:
        if isinstance(s, (tuple, list)):
            return ast.Tuple([build(i) for i in s], ast.Store())
        return next(it)
    return build(shape)


def is_part(path: tuple[Step, ...]) -> bool:
    """Whether a path ends at one of the views that np.split returns: a list, whose item is not to be replaced."""
    return len(path) > 1 and path[-2].kind == "view" and path[-2].key[0] in PARTS and isinstance(path[-1].key, int)


def _is_whole(step: Step) -> bool:
    return step.kind == "index" and step.key is Ellipsis


def repeats(op: Op, step: Step) -> bool:
    """Whether an index may name an element twice, so that `a[i] += v` would lose a contribution."""
    from symgrad.ir.nodes import Slot
    if step.kind != "index":
        return False
    entries = step.key if isinstance(step.key, tuple) else (step.key,)
    for e in entries:
        if isinstance(e, Slot):
            t = op.operands[e.index].type
            if isinstance(t, Array) and t.kind == "i" or isinstance(t, ListOf):
                return isinstance(op.operands[0].type, (Array, ListOf))
    return False


def _as_argument(index: ast.expr) -> ast.expr:
    """An index as an argument: slices become `slice(...)`."""
    if isinstance(index, ast.Slice):
        return call(load("slice"), *(p or ast.Constant(None) for p in (index.lower, index.upper, index.step)))
    if isinstance(index, ast.Tuple):
        return ast.Tuple([_as_argument(i) for i in index.elts], ast.Load())
    return index


__all__ = ["Statements", "silent_flags"]
