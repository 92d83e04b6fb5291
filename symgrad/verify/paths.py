"""Which paths a program has: found by running it on numbers at many points.

A path is what a run's comparisons decided. Every path that is found has a witness: a point at which
the program takes it. A branch that no point takes is named in the report, not passed over.
"""
from __future__ import annotations

import linecache
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from symgrad.verify.alarm import SLACK, within
from symgrad.verify.errors import OutOfTime, Undecided
from symgrad.verify.exact import Run
from symgrad.verify.subject import Subject, numbers_only

POINTS = 60
KEPT = 8                        # paths that are looked at


@dataclass
class Path:
    """One way through the program."""

    witness: list[float]
    given: bool                                 # the arguments take it
    truths: tuple[Any, ...] = ()
    lines: list[str] = field(default_factory=list)      # how each line of a condition went


@dataclass
class Paths:
    """The paths that were found."""

    found: list[Path]
    points: int                                 # where the program was run
    one_way: list[str]                          # conditions that went the same way at every point
    more: int = 0                               # paths that were found and are not looked at
    trouble: str = ""


def explore(subject: Subject, seconds: float) -> Paths:
    """The path of the arguments first, then others, each once."""
    run = numbers_only(seconds)
    found: dict[Any, Path] = {}
    ways: dict[tuple[str, int], set[bool]] = {}
    count = 0
    for numbers in points(subject.inputs.values, POINTS):
        one = numbers_only(max(0.1, run.deadline - now()))
        try:
            with within(one.deadline - now() + SLACK):
                subject.run_primal(one, [one.input(x) for x in numbers])
        except (Undecided, ArithmeticError, RecursionError) as error:
            if not count:
                return Paths([], 0, [], 0, str(error))
            if isinstance(error, OutOfTime):
                break
            continue                                # a point outside the function's domain
        count += 1
        for c in one.conditions:
            ways.setdefault(c.place, set()).add(c.truth)
        key = tuple(one.decisions)
        if key not in found and len(key) <= 5000:
            found[key] = Path(numbers, not found and numbers == subject.inputs.values, key, described(one))
    every = list(found.values())
    return Paths(every[:KEPT], count, [f"{shown(where)}: it goes one way ({'true' if True in w else 'false'}) at all {count} points"
                                       for where, w in ways.items() if len(w) == 1], len(every[KEPT:]))


def now() -> float:
    import time
    return time.monotonic()


def points(values: list[float], count: int) -> Iterator[list[float]]:
    """The given point, points around it, points of other signs and sizes: the same ones each time."""
    yield list(values)
    rng = random.Random(len(values))
    typical = sum(map(abs, values)) / len(values) if values else 1.0
    for n in range(count):
        far = n % 4
        if far < 2:                                 # signs kept, sizes by and by farther away
            width = 0.1 if far == 0 else 1.0
            yield [x * 2.0 ** rng.gauss(0.0, width) if x else typical * rng.gauss(0.0, width) for x in values]
        elif far == 2:
            yield [x + max(abs(x), 0.5 * typical, 0.5) * rng.gauss(0.0, 1.0) for x in values]
        else:
            width = 2.0 ** rng.randrange(-3, 4)
            yield [max(abs(x), typical, 1.0) * rng.gauss(0.0, width) for x in values]


def described(run: Run) -> list[str]:
    """Each line with a condition, and which way it went: ``line 12: if x > 1.0 (true)``."""
    ways: dict[tuple[str, int], list[bool]] = {}
    for c in run.conditions:
        ways.setdefault(c.place, []).append(c.truth)
    out = []
    for where, truths in ways.items():
        way = "true" if all(truths) else "false" if not any(truths) else \
            ", ".join("true" if t else "false" for t in truths[:12]) + ", ..." * (len(truths) > 12)
        times = f", {len(truths)} times" if len(truths) > 1 and len(set(truths)) == 1 else ""
        out.append(f"{shown(where)} is {way}{times}")
    return out


def shown(where: tuple[str, int]) -> str:
    file, line = where
    text = linecache.getline(file, line).strip()
    text = text if len(text) <= 70 else text[:67] + "..."
    name = os.path.basename(file) if not file.startswith("<") else "generated"
    return f"{name}:{line} `{text}`" if text else f"{name}:{line}"


__all__ = ["Path", "Paths", "explore", "points", "shown"]
