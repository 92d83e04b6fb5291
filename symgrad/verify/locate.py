"""The first line of a generated text at which an adjoint departs.

What every adjoint should be is measured on the primal alone (`truth.py`). Then the generated text is run, and each value
that it adds to an adjoint, or makes one of, is looked up among them. The first that is not there is where it departs.
"""
from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symgrad.verify.errors import Undecided
from symgrad.verify.exact import Exact
from symgrad.verify.paths import now
from symgrad.verify.subject import Subject, numbers_only
from symgrad.verify.truth import Truth, key, measured, negative


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
