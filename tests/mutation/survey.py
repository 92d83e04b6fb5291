"""Which test runs which line of symgrad, which rule it asks for, and how long it takes.

The survey is kept from run to run. Tests that it does not know yet are surveyed then; lines are counted from where their
function starts, so that an edit elsewhere in the file leaves what is known of a function as it is.
"""
from __future__ import annotations

import os
import pathlib
import pickle
import subprocess
import sys
import types
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.mutation.mutants import ROOT, Mutant

ALL = -1            # in place of a line: that the function is run, or read as source


@dataclass
class Survey:
    """What is known of the tests, which are bits of numbers."""

    tests: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    lines: dict[tuple[str, str, int], int] = field(default_factory=dict)    # file, function, line in it -> tests
    rules: dict[str, int] = field(default_factory=dict)                     # name -> tests
    digests: dict[tuple[str, str], str] = field(default_factory=dict)       # the functions' texts at that time
    broken: set[str] = field(default_factory=set)                           # tests that fail as it is

    @staticmethod
    def load(path: pathlib.Path) -> Survey:
        return pickle.loads(path.read_bytes()) if path.exists() else Survey()

    def save(self, path: pathlib.Path) -> None:
        path.write_bytes(pickle.dumps(self))

    def reaching(self, m: Mutant) -> list[int]:
        """The tests that run the lines of a mutant; failing that, its statement; all of its function if that was edited."""
        if m.rule:
            return bits(self.rules.get(m.rule, 0))
        if not m.function:                                  # rules that are named in it, or all that use the file
            words = [name for name in self.rules if name and name in m.what.replace("(", ".").replace(",", ".").split(".")]
            found = 0
            for name in words:
                found |= self.rules[name]
            return bits(found or self.of_file(m.file))
        if self.digests.get((m.file, m.function)) != m.digest:
            return bits(self.lines.get((m.file, m.function, ALL), 0))
        for first, last in (m.lines, m.around):
            found = 0
            for line in range(first, last + 1):
                found |= self.lines.get((m.file, m.function, line - m.first), 0)
            if found:
                break
        return bits(found | self.lines.get((m.file, m.function, ALL - 1), 0))

    def of_file(self, file: str) -> int:
        found = 0
        for (other, _, line), tests in self.lines.items():
            if other == file and line <= ALL:
                found |= tests
        return found


def bits(number: int) -> list[int]:
    return [k for k, c in enumerate(reversed(bin(number)[2:])) if c == "1"]


def survey(known: Survey, items: Sequence[pytest.Item], every: Sequence[Mutant], passes: Callable[[pytest.Item], bool],
           said: Callable[[str], None], path: pathlib.Path) -> None:
    """Add the tests that are not known yet and save it. Runs them in this process."""
    from symgrad.frontend import source
    from symgrad.rules import core

    starts = {(m.file, m.function): m.first for m in every if m.function}
    known.digests = {**{(m.file, m.function): m.digest for m in every if m.function}, **known.digests}
    targets = {str(ROOT / m.file): m.file for m in every}
    definition, find = source.definition.__code__, core.find.__code__
    seen: set[Any] = set()
    functions: dict[types.CodeType, tuple[str, str] | None] = {}

    def lines(frame: types.FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            seen.add((frame.f_code, frame.f_lineno))
        elif event == "return" and frame.f_code is find and arg is not None:
            seen.add(arg.name)
        return lines

    def calls(frame: types.FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        if code.co_filename in targets:
            return lines
        if code is definition:
            inner = getattr(frame.f_locals.get("function"), "__code__", None)
            if inner is not None and inner.co_filename in targets:
                seen.add((inner, ALL - 1))
        return None

    def place(code: types.CodeType) -> tuple[str, str] | None:
        if code not in functions:
            at = targets[code.co_filename], code.co_qualname.split(".<locals>")[0]
            functions[code] = at if at in starts else None
        return functions[code]

    fresh = [item for item in items if item.nodeid not in set(known.tests) | known.broken]
    masks: dict[Any, int] = defaultdict(int, known.lines)
    rules: dict[str, int] = defaultdict(int, known.rules)
    for n, item in enumerate(fresh, 1):
        forget()
        seen.clear()
        start = spent()
        sys.settrace(calls)
        good = passes(item)
        sys.settrace(None)
        if not good:
            said(f"fails without any mutant: {item.nodeid}")
            known.broken.add(item.nodeid)
        else:
            known.tests.append(item.nodeid)
            known.seconds.append(spent() - start)
        bit = 1 << len(known.tests) - 1
        for entry in list(seen) if good else ():
            if isinstance(entry, str):
                rules[entry] |= bit
            elif (at := place(entry[0])) is not None:
                masks[*at, entry[1] - starts[at] if entry[1] >= 0 else entry[1]] |= bit
                masks[*at, ALL] |= bit
        if n % 250 == 0 or n == len(fresh):
            known.lines, known.rules = dict(masks), dict(rules)
            known.save(path)
            said(f"surveyed {n} of {len(fresh)} tests")


def spent() -> float:
    """Seconds of computing so far, in this process and in those that it started."""
    return sum(os.times()[:4])


def forget() -> None:
    """Empty symgrad's caches, so that a test does not find there what another one has made."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("symgrad.rules", "symgrad.analysis", "symgrad.transform", "symgrad.codegen", "symgrad.ir",
                            "symgrad.frontend.source", "symgrad.tape.partials")):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def at_import() -> set[tuple[str, int]]:
    """The lines of functions that run while symgrad is imported: what they make is there before a mutant is."""
    code = ("import pickle, sys\n"
            "seen = set()\n"
            "def lines(frame, event, arg):\n"
            "    seen.add((frame.f_code.co_filename, frame.f_lineno))\n"
            "    return lines\n"
            "def calls(frame, event, arg):\n"
            f"    here = frame.f_code.co_filename.startswith({str(ROOT)!r})\n"
            "    return lines if here and frame.f_code.co_qualname != '<module>' else None\n"
            "sys.settrace(calls)\n"
            "import symgrad, symgrad.tape, symgrad.gradient\n"
            "sys.settrace(None)\n"
            "sys.stdout.buffer.write(pickle.dumps(seen))\n")
    found = pickle.loads(subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, capture_output=True).stdout)
    return {(pathlib.Path(path).relative_to(ROOT).as_posix(), line) for path, line in found}
