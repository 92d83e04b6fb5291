"""The first line of a generated text at which an adjoint departs.

What every adjoint should be is measured on the primal alone: each expression in it is, one at a time,
moved by a tiny amount, and the change of the result divided by that. These are the adjoints of all its
intermediate values, and the contributions of all its reads. Then the generated text is run, and each value that
it adds to an adjoint, or makes one of, is looked up among them. The first that is not there is where it departs.
"""
from __future__ import annotations

import ast
import copy
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symgrad.verify.errors import OutOfTime, Undecided
from symgrad.verify.exact import Exact, Run
from symgrad.verify.paths import now
from symgrad.verify.subject import Subject, numbers_only

STEP = "1e-35"
DIGITS = 14                     # in which values are compared
MARK = "__mark__"
SITES = 6000                    # elements of intermediate values that are moved


@dataclass
class Place:
    """A line of the generated text, and what is wrong there."""

    line: int
    text: str
    why: str
    primal: str = ""


def departure(subject: Subject, numbers: list[float], seconds: float) -> Place | None:
    """Where the text goes wrong at this point, or None where that cannot be told."""
    end = now() + seconds
    try:
        truth = measured(subject, numbers, end)
        steps, failure = traced(subject, numbers, max(0.1, end - now()))
    except (Undecided, ArithmeticError, RecursionError, ValueError, TypeError, OSError, SyntaxError):
        return None
    return Search(subject, truth, steps, failure).place()


# -- the truth -----------------------------------------------------------------------------------


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


# -- the generated text ----------------------------------------------------------------------------


@dataclass
class Step:
    """One execution of an assignment in the generated text."""

    line: int
    target: str                 # the variable that is assigned or written to
    place: str                  # the same with its index: da[i, j]
    adds: bool                  # += and -=
    value: Any                  # with the sign, for -=
    names: dict[str, Any]       # what the variables were
    node: ast.expr


def traced(subject: Subject, numbers: list[float], seconds: float) -> tuple[list[Step], int]:
    """What the text assigned, in order."""
    run = numbers_only(seconds)
    steps: list[Step] = []
    tree = copy.deepcopy(subject.tree)
    tracer = Tracer()
    tracer.visit(tree)
    ast.fix_missing_locations(tree)

    def trace(value: Any, n: int, names: dict[str, Any]) -> Any:
        line, target, place, adds, sign, node = tracer.places[n]
        shown = value.copy() if isinstance(value, np.ndarray) else value
        if sign < 0:
            shown = -shown
        before = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in names.items()}
        steps.append(Step(line, target, place, adds, shown, before, node))
        return value

    result = subject.run_text(run, [run.input(x) for x in numbers], compile(tree, subject.file, "exec"),
                              {"__trace__": trace})
    for (label, _), row in zip(subject.wrt, subject.gradients(result)):
        steps.append(Step(0, label, label, False, row, {}, ast.Constant(None)))
    return steps, 0


class Tracer(ast.NodeTransformer):
    """``d += e`` becomes ``d += __trace__(e, number, locals())``."""

    def __init__(self) -> None:
        self.places: list[tuple[int, str, str, bool, int, ast.expr]] = []

    def _wrapped(self, node: Any, target: Any, adds: bool, sign: int) -> Any:
        base = target
        while isinstance(base, (ast.Subscript, ast.Attribute)):
            base = base.value
        if not isinstance(base, ast.Name):
            return node
        self.places.append((node.lineno, base.id, ast.unparse(target), adds, sign, copy.deepcopy(node.value)))
        node.value = ast.Call(ast.Name("__trace__", ast.Load()), [
            node.value, ast.Constant(len(self.places) - 1), ast.Call(ast.Name("locals", ast.Load()), [], [])], [])
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        return self._wrapped(node, node.targets[0], False, 1)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        if not isinstance(node.op, (ast.Add, ast.Sub)):
            return node
        return self._wrapped(node, node.target, True, 1 if isinstance(node.op, ast.Add) else -1)


# -- the search ------------------------------------------------------------------------------------


class Search:
    """Looks for the first step that nothing in the primal explains."""

    def __init__(self, subject: Subject, truth: Truth, steps: list[Step], failure: int) -> None:
        self.subject, self.truth, self.steps = subject, truth, steps
        self.run = numbers_only(60.0)
        self.source = subject.source.splitlines()
        self.swaps = any(isinstance(n, ast.Tuple) and isinstance(n.ctx, ast.Store) for n in ast.walk(subject.tree))
        self.adjoints = {s.target for s in steps if self.is_adjoint(s.target)}

    def is_adjoint(self, name: str) -> bool:
        """``dx`` for a variable x of the primal."""
        return name.startswith("d") and name[1:].rstrip("0123456789_") in {
            n.rstrip("0123456789_") for n in (*self.truth.named, *self.subject.bound)}

    def place(self) -> Place | None:
        for n, step in enumerate(self.steps):
            if step.line and step.target in self.adjoints and not self.explained(step, True):
                return self.blame(n)
            if not step.line:
                break
        return self.missing()

    def explained(self, step: Step, exactly: bool) -> bool:
        """Whether a value occurs in the primal: with `exactly`, as an adjoint of what it is an adjoint of."""
        found = key(self.run, step.value)
        if found is None or found == "0.0":
            return True
        if found in self.truth.adjoints or found in self.truth.sums:
            return not exactly or not self.elsewhere(step, found)
        if exactly:
            return False
        return found in self.truth.values or negative(self.run, step.value) in self.truth.adjoints

    def elsewhere(self, step: Step, found: Any) -> bool:
        """Whether a value is an adjoint, but of another read: of the other sign, or of another element."""
        own = self.truth.reads.get(step.place[1:])
        if own is None or found in own or self.swaps:
            return False
        return "[" in step.place and step.adds or np.ndim(step.value) == 0 or negative(self.run, step.value) in own

    def blame(self, n: int) -> Place:
        """The line that is to blame for the unexplained step number `n`: its own, or one that it reads from."""
        step = self.steps[n]
        wrong_arm = self.arm(step)
        if wrong_arm is not None:
            return wrong_arm
        chain = self.feeding(n)
        for m in chain:
            place = self.stale(m) or self.incomplete(m)
            if place is not None:
                return place
        first = self.steps[chain[0]]
        return self.at(first.line, f"{self.shown(first)} is no adjoint that occurs in the function")

    def feeding(self, n: int) -> list[int]:
        """The unexplained temporaries that a step reads from, and itself, in order."""
        chain = [n]
        wanted = self.read(self.steps[n])
        for m in range(n - 1, -1, -1):
            step = self.steps[m]
            if step.target not in wanted:
                continue
            wanted.discard(step.target)
            if step.target in self.adjoints or not step.line:
                continue
            if not self.explained(step, False) and self.primal_line(step.line) == self.primal_line(self.steps[n].line):
                chain.insert(0, m)
                wanted |= self.read(step)
        return chain

    @staticmethod
    def read(step: Step) -> set[str]:
        return {node.id for node in ast.walk(step.node) if isinstance(node, ast.Name)}

    def stale(self, m: int) -> Place | None:
        """Another of a variable's values explains the step: the wrong one is being used."""
        step = self.steps[m]
        for name in sorted(self.read(step)):
            now_ = step.names.get(name)
            if now_ is None or name in self.adjoints:
                continue
            for other in self.truth.named.get(name, []):
                if key(self.run, other) == key(self.run, now_) or np.shape(other) != np.shape(now_):
                    continue
                value = self.evaluated(step, {name: other})
                if value is not None and key(self.run, value) in self.truth.adjoints | {"0.0"}:
                    line = next((s.line for s in reversed(self.steps[:m]) if s.target == name), step.line)
                    return self.at(line, f"{name} is {self.text(now_)} here, and was {self.text(other)} when it was used")
        return None

    def evaluated(self, step: Step, changed: dict[str, Any]) -> Any:
        world = {"__builtins__": {}, **step.names, **changed}
        from symgrad.verify.world import World
        spot = World(self.run)
        names = {n: spot.of(v) for n, v in {**self.subject.objects, **modules()}.items()}
        try:
            own = {n: self.moved(v) for n, v in world.items() if n != "__builtins__"}
            return eval(compile(ast.fix_missing_locations(ast.Expression(copy.deepcopy(step.node))), "<step>", "eval"),
                        {**names, **own})
        except Exception:  # noqa: BLE001 - shapes that do not fit, say
            return None

    def moved(self, v: Any) -> Any:
        """A number of another run as one of this run's."""
        if isinstance(v, Exact):
            return Exact(self.run.mp.mpf(v.value), None, self.run)
        if isinstance(v, np.ndarray) and v.dtype == object:
            out = v.copy()
            for i in np.ndindex(v.shape):
                out[i] = self.moved(v[i])
            return out
        return v

    def incomplete(self, m: int) -> Place | None:
        """An adjoint that the step reads has not got all its contributions, though each was right."""
        step = self.steps[m]
        for name in sorted(self.read(step) & self.adjoints):
            v = step.names.get(name)
            k = key(self.run, v)
            if k is None or k in self.truth.adjoints or k == "0.0" or isinstance(v, np.ndarray):
                continue
            return self.lacking(name, m, f"{name} is used in line {step.line}, and what was added up by then is not its "
                                         "adjoint: a contribution is missing, or one too many")
        return None

    def lacking(self, name: str, before: int, why: str) -> Place | None:
        """Where a contribution to an adjoint is missing, before step number `before`."""
        steps = [s for s in self.steps[:before] if s.target == name and s.line]
        for step in steps:
            old = key(self.run, step.names.get(name))
            if not step.adds and step.place == name and old not in (None, "0.0") and name not in self.read(step):
                return self.at(step.line, f"{name} is overwritten, and had contributions")
        delivered = {key(self.run, s.value) for s in steps}
        for step in reversed(steps):            # the element of an array that not all of its reads have added to
            own = self.truth.reads.get(step.place[1:], set())
            if "[" in step.place and own - delivered - self.truth.sums:
                return self.at(step.line, why)
        return self.at(steps[-1].line, why) if steps else None

    def arm(self, step: Step) -> Place | None:
        """The step serves a line that the function does not execute: a branch goes the wrong way."""
        span = self.subject.lines.get(step.line)
        if span is None or not any(file == span.file or file.endswith(span.file) for file, _ in self.truth.lines):
            return None
        if any(line == span.line for _, line in self.truth.lines):
            return None
        for node in ast.walk(self.subject.tree):
            if isinstance(node, ast.If) and node.lineno < step.line <= (node.end_lineno or 0):
                return self.at(node.lineno, f"the function does not execute `{span.text.strip()}` here")
        return None

    def missing(self) -> Place | None:
        """Every step is right and a result is not: something is missing that would come before it."""
        results = [s for s in self.steps if not s.line]
        for result in results:
            k = key(self.run, result.value)
            if k is None or k == self.truth.entry.get(result.target, k):
                continue
            name = "d" + result.target
            place = self.lacking(name, len(self.steps), f"{name} lacks a contribution here, or has one too many: each that "
                                                        "was added is right, and the sum is not")
            if place is not None:
                return place
        return None

    def primal_line(self, line: int) -> int:
        span = self.subject.lines.get(line)
        return span.line if span else 0

    def at(self, line: int, why: str) -> Place:
        span = self.subject.lines.get(line)
        return Place(line, code_of(self.source[line - 1]), why, span.text.strip() if span else "")

    def shown(self, step: Step) -> str:
        return f"{'what is added to ' if step.adds else ''}{step.target}, {self.text(step.value)},"

    def text(self, v: Any) -> str:
        if isinstance(v, np.ndarray):
            return f"[{', '.join(self.text(x) for x in v.ravel()[:4])}{', ...' if v.size > 4 else ''}]"
        return str(self.run.mp.nstr(v.value if isinstance(v, Exact) else v, 8))


def code_of(line: str) -> str:
    """A line of generated text without the comment that names the primal's line."""
    return line.strip().partition("  # ")[0]


def modules() -> dict[str, Callable[..., Any]]:
    import math
    return {"np": np, "math": math}             # type: ignore[dict-item]


__all__ = ["Place", "code_of", "departure"]
