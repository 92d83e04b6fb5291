"""Lowering `match`: a chain of branches."""
from __future__ import annotations

import ast
from typing import Any

from symgrad.frontend import attributes, branches, statements
from symgrad.frontend.builtin_calls import isinstance_
from symgrad.frontend.expressions import chain, compare_pair, evaluate, truth
from symgrad.frontend.iteration import static_items
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.statements import FALSE, TRUE
from symgrad.frontend.values import DictC, ListC, Obj, Static, Tup


def match(lw: Lowering, stmt: ast.Match) -> None:
    """`match` on constants, captures and sequences, as a chain of ifs."""
    subject = lw.bind(evaluate(lw, stmt.subject))

    def case(i: int) -> Any:
        if i == len(stmt.cases):
            return Static(None)
        c = stmt.cases[i]
        bound: list[tuple[str, Any]] = []
        test = pattern(lw, c.pattern, subject, bound)

        def body() -> Any:
            for name, value in bound:
                lw.cells["var", lw.frame.id, name] = value
            if c.guard is None:
                return statements.run(lw, c.body)
            guard = truth(lw, evaluate(lw, c.guard))
            if isinstance(guard, Static):
                return statements.run(lw, c.body) if guard.obj else case(i + 1)
            return branches.branch(lw, guard, lambda: statements.run(lw, c.body), lambda: case(i + 1))

        if isinstance(test, Static):
            return body() if test.obj else case(i + 1)
        return branches.branch(lw, test, body, lambda: case(i + 1))

    case(0)


def pattern(lw: Lowering, p: ast.pattern, subject: Any, bound: list[tuple[str, Any]]) -> Any:
    if isinstance(p, ast.MatchValue):
        return compare_pair(lw, ast.Eq(), subject, evaluate(lw, p.value))
    if isinstance(p, ast.MatchSingleton):
        return compare_pair(lw, ast.Is(), subject, Static(p.value))
    if isinstance(p, ast.MatchAs):
        inner = TRUE if p.pattern is None else pattern(lw, p.pattern, subject, bound)
        if p.name is not None:
            bound.append((p.name, subject))
        return inner
    if isinstance(p, ast.MatchOr):
        return chain(lw, False, [lambda q=q: pattern(lw, q, subject, bound) for q in p.patterns])
    if isinstance(p, ast.MatchSequence):
        items = static_items(lw, subject) if isinstance(subject, (Tup, Obj)) or lw.is_static(subject) else None
        if items is None or isinstance(subject, Static) and isinstance(subject.obj, str):
            return FALSE
        star = next((k for k, q in enumerate(p.patterns) if isinstance(q, ast.MatchStar)), None)
        if star is None and len(items) != len(p.patterns) or len(items) < len(p.patterns) - (star is not None):
            return FALSE
        if star is not None:
            extra = len(items) - len(p.patterns) + 1
            middle = items[star:star + extra]
            name = p.patterns[star].name                                            # type: ignore[attr-defined]
            if name:
                bound.append((name, lw.new_object(ListC(tuple(middle)))))
            items = items[:star] + items[star + extra:]
            patterns = [q for q in p.patterns if not isinstance(q, ast.MatchStar)]
        else:
            patterns = p.patterns
        tests: list[Any] = [lambda q=q, x=x: pattern(lw, q, x, bound) for q, x in zip(patterns, items)]
        return chain(lw, True, tests) if tests else TRUE
    if isinstance(p, ast.MatchClass):
        return class_pattern(lw, p, subject, bound)
    if isinstance(p, ast.MatchMapping) and p.rest is None:
        c = lw.contents(subject) if isinstance(subject, Obj) else None
        keys = [lw.static(evaluate(lw, k)) for k in p.keys]
        if not isinstance(c, DictC) or any(c.get(k) is None for k in keys):
            return FALSE
        found = [c.get(k) for k in keys]
        return chain(lw, True, [lambda q=q, x=x: pattern(lw, q, x, bound) for q, x in zip(p.patterns, found)]
                     or [lambda: TRUE])
    lw.error(f"{type(p).__name__} patterns are not supported", p, hint="match on constants and tuples, or use if")


def class_pattern(lw: Lowering, p: ast.MatchClass, subject: Any, bound: list[tuple[str, Any]]) -> Any:
    """``case Point(x, y=0):``: the class is known, the attributes are matched."""
    cls = lw.static(evaluate(lw, p.cls), "the class of a pattern")
    if isinstance_(lw, [subject, Static(cls)], {}) != TRUE:
        return FALSE
    tests: list[Any] = []
    if p.patterns and cls in (bool, bytes, dict, float, int, list, str, tuple):
        tests.append(lambda: pattern(lw, p.patterns[0], subject, bound))
        names: list[str] = []
    else:
        names = [*getattr(cls, "__match_args__", ())[:len(p.patterns)], *p.kwd_attrs]
    for name, q in zip(names, [*p.patterns, *p.kwd_patterns]):
        tests.append(lambda name=name, q=q: pattern(lw, q, attributes.get_attribute(lw, subject, name), bound))
    return chain(lw, True, tests) if tests else TRUE


statements.STATEMENTS[ast.Match] = match
