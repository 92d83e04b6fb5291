"""What every adjoint of a primal should be, measured on the primal alone.

Each expression in it is, one at a time, moved by a tiny amount, and the change of the result divided by that. These are
the adjoints of all its intermediate values, and the contributions of all its reads.
"""
from __future__ import annotations

import ast
import copy
import types
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symgrad.verify.errors import OutOfTime
from symgrad.verify.exact import Exact, Run
from symgrad.verify.paths import now
from symgrad.verify.subject import Subject, numbers_only

STEP = "1e-35"
DIGITS = 14                     # in which values are compared
MARK = "__mark__"
SITES = 6000                    # elements of intermediate values that are moved


@dataclass
class Truth:
    """Keys of what occurs in the primal: its values, and their adjoints."""

    values: set[Any] = field(default_factory=set)
    adjoints: set[Any] = field(default_factory=set)
    sums: set[Any] = field(default_factory=set)                     # of the adjoints of reads in one line
    entry: dict[str, Any] = field(default_factory=dict)             # the adjoint of each argument
    named: dict[str, list[Any]] = field(default_factory=dict)       # the values that a variable had
    reads: dict[str, set[Any]] = field(default_factory=dict)        # the adjoints of x, or of a[i, j], where it occurs
    lines: set[tuple[str, int]] = field(default_factory=set)        # what was executed


class Marks:
    """Counts the expressions of a run, and moves one element of one of them."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.count = 0
        self.target: tuple[int, int] | None = None
        self.seen: list[tuple[Any, str, int, str]] = []
        self.recording = True

    def __call__(self, value: Any, file: str, line: int, name: str, view: bool = False) -> Any:
        if isinstance(value, np.generic):
            value = value.item()
        if not isinstance(value, Exact) and not (isinstance(value, np.ndarray) and value.dtype == object):
            return value
        if view and isinstance(value, np.ndarray):
            return value
        n, self.count = self.count, self.count + 1
        if self.recording:
            self.seen.append((value.copy() if isinstance(value, np.ndarray) else value, file, line, name))
        if self.target is None or self.target[0] != n:
            return value
        h = self.run.mp.mpf(STEP)
        if isinstance(value, Exact):
            return Exact(value.value + h, None, self.run)
        moved = value.copy()
        i = np.unravel_index(self.target[1], value.shape)
        moved[i] = Exact(self.run.number(value[i]).value + h, None, self.run)
        return moved


def measured(subject: Subject, numbers: list[float], end: float) -> Truth:
    """All adjoints of the primal, by moving every intermediate value."""
    run = numbers_only(end - now())
    marks = Marks(run)
    rewritten = Rewriter(marks)

    def value() -> Any:
        marks.count = 0
        return subject.run_primal(run, [run.input(x) for x in numbers], rewritten).value

    base = value()
    marks.recording = False
    truth = Truth()
    if sum(np.size(v) for v, *_ in marks.seen) > SITES:
        raise OutOfTime("too many intermediate values")
    h = run.mp.mpf(STEP)
    group: list[tuple[Any, str]] = []
    near: Any = None
    for n, (v, file, line, name) in enumerate(marks.seen):
        truth.lines.add((file, line))
        truth.values.add(key(run, v))
        if name:
            truth.named.setdefault(name.partition("[")[0], []).append(v)
        slopes = np.empty(np.size(v), dtype=object)
        for j in range(np.size(v)):
            marks.target = (n, j)
            slopes[j] = (value() - base) / h
        adjoint: Any = slopes.reshape(v.shape) if isinstance(v, np.ndarray) else slopes[0]
        truth.adjoints.add(key(run, adjoint))
        if name in subject.bound:
            truth.entry.setdefault(name, key(run, adjoint))
        if name:
            truth.reads.setdefault(name, set()).add(key(run, adjoint))
            group = [(adjoint, name), *(g for g in group if near == (file, line))]
            near = (file, line)
            for count in range(2, len(group) + 1):          # what several reads in one line add up to
                same = [a for a, other in group[:count] if other == name and np.shape(a) == np.shape(adjoint)]
                total = sum(same[1:], same[0])
                truth.reads[name].add(key(run, total))
                truth.sums.add(key(run, total))
        if isinstance(v, np.ndarray):
            truth.adjoints.update(key(run, s) for s in slopes)
            truth.values.update(key(run, x) for x in v.ravel())
    return truth


def key(run: Run, v: Any) -> Any:
    """A value to so many digits, to be looked up by; None for what is no number."""
    if isinstance(v, np.ndarray):
        keys = tuple(key(run, x) for x in v.ravel())
        return (v.shape, *keys) if any(k != "0.0" for k in keys) else "0.0"
    if isinstance(v, (bool, int, np.bool_, np.integer)) and not isinstance(v, (float, Exact)):
        v = int(v)
    elif not isinstance(v, (float, Exact, np.floating)) and not hasattr(v, "_mpf_"):
        return None
    x = v.value if isinstance(v, Exact) else run.mp.mpf(v if hasattr(v, "_mpf_") else float(v))
    return "0.0" if abs(x) < 1e-28 else str(run.mp.nstr(x, DIGITS))


def negative(run: Run, v: Any) -> Any:
    return key(run, -v)


class Rewriter:
    """Puts a mark around each expression of the primal's functions that is a number or an array of them."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.done: dict[Any, Any] = {}

    def __call__(self, f: types.FunctionType) -> types.FunctionType:
        if f.__code__ not in self.done:
            self.done[f.__code__] = self._code(f)
        code = self.done[f.__code__]
        if code is None:
            return f
        cells = dict(zip(f.__code__.co_freevars, f.__closure__ or ()))
        cells[MARK] = types.CellType(self.marks)
        made = types.FunctionType(code, f.__globals__, f.__name__, f.__defaults__,
                                  tuple(cells[n] for n in code.co_freevars))
        made.__kwdefaults__ = f.__kwdefaults__
        return made

    def _code(self, f: types.FunctionType) -> Any:
        from symgrad.errors import SymgradError
        from symgrad.frontend.source import definition
        try:
            node, _ = definition(f)
        except (SymgradError, OSError, TypeError):
            return None
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            return None
        node = copy.deepcopy(node)
        marker = Marker(f.__code__.co_filename)
        if isinstance(node, ast.Lambda):
            node.body = marker.visit(node.body)
            inner: ast.stmt = ast.Assign([ast.Name("__made__", ast.Store())], node)
        else:
            node.decorator_list, node.returns = [], None
            entry = [marker.entry(a.arg, node.lineno) for a in [*node.args.posonlyargs, *node.args.args,
                                                                *node.args.kwonlyargs]]
            node.body = entry + [marker.visit(s) for s in node.body]
            node.args.defaults = [ast.Constant(None) for _ in node.args.defaults]
            node.args.kw_defaults = [d and ast.Constant(None) for d in node.args.kw_defaults]
            for a in ast.walk(node.args):
                if isinstance(a, ast.arg):
                    a.annotation = None
            inner = node
        outer = ast.FunctionDef("__outer__", ast.arguments([], [ast.arg(n) for n in (MARK, *f.__code__.co_freevars)],
                                                           None, [], [], None, []), [inner], [], None)
        outer.type_params = []                          # type: ignore[attr-defined]
        module = ast.fix_missing_locations(ast.Module([outer], []))
        compiled = compile(module, f.__code__.co_filename, "exec")
        return next(c for o in compiled.co_consts if isinstance(o, types.CodeType)
                    for c in o.co_consts if isinstance(c, types.CodeType) and c.co_name == f.__code__.co_name)


class Marker(ast.NodeTransformer):
    """``x * y`` becomes ``__mark__(__mark__(x, ...) * __mark__(y, ...), ...)``."""

    def __init__(self, file: str) -> None:
        self.file = file

    def mark(self, node: Any, line: int, name: str = "") -> ast.expr:
        return ast.copy_location(ast.Call(ast.Name(MARK, ast.Load()), [
            node, ast.Constant(self.file), ast.Constant(line), ast.Constant(name)], []), node)

    def entry(self, name: str, line: int) -> ast.stmt:
        read = ast.Name(name, ast.Load(), lineno=line, col_offset=0)
        return ast.Assign([ast.Name(name, ast.Store())], self.mark(read, line, name), lineno=line)

    def visit_Name(self, node: ast.Name) -> Any:
        return self.mark(node, node.lineno, node.id) if isinstance(node.ctx, ast.Load) else node

    def _marked(self, node: Any) -> Any:
        return self.mark(self.generic_visit(node), node.lineno)

    visit_BinOp = visit_UnaryOp = visit_IfExp = _marked

    def visit_Call(self, node: ast.Call) -> Any:
        if isinstance(node.func, ast.Attribute):        # a method's object may be an array
            node.func.value = node.func.value if isinstance(node.func.value, ast.Name) else self.visit(node.func.value)
        node.args = [self.visit(a) for a in node.args]
        for k in node.keywords:
            if not isinstance(k.value, ast.Constant):
                k.value = self.visit(k.value)
        return self.mark(node, node.lineno)

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        text = ast.unparse(node) if isinstance(node.value, ast.Name) else ""
        if not isinstance(node.value, ast.Name):
            node.value = self.visit(node.value)
        if not isinstance(node.ctx, ast.Load):
            return node
        return self.mark(node, node.lineno, text)

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        return self.mark(node, node.lineno) if isinstance(node.ctx, ast.Load) else node

    def visit_Assign(self, node: ast.Assign) -> Any:
        if isinstance(node.value, (ast.Subscript, ast.Name, ast.Attribute)):
            self._assigned(node, node.targets[0])
            for call in ast.walk(node.value):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == MARK:
                    call.args.append(ast.Constant(True))        # an array may be a view, which stays one
            return node
        return self._assigned(node, node.targets[0])

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        node.value = self.visit(node.value)
        return node

    def _assigned(self, node: ast.Assign, target: ast.expr) -> ast.Assign:
        """What is assigned has the adjoint of what it is assigned to."""
        text = ast.unparse(target) if isinstance(target, (ast.Name, ast.Subscript)) else ""
        node.value = self.visit(node.value)
        if isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name) and node.value.func.id == MARK:
            node.value.args[-1] = ast.Constant(text)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.body = [self.visit(s) for s in node.body]
        return node


__all__ = ["Truth", "key", "measured", "negative"]
