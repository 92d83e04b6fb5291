"""Which test runs which place of symgrad, which rule it asks for, and how long it takes.

A place is what a mutant replaces. Other processes import symgrad with a note of its number at every place, ``a + b``
becoming ``(__hit__(7) or (a + b))``, and run the tests, which takes them little longer than without.

The survey is kept from run to run. Tests that it does not know yet are surveyed then. Of a function that is edited it
is known which tests run it, not which of its places. Where a function was added, moved or renamed, all is surveyed anew.
"""
from __future__ import annotations

import ast
import builtins
import importlib.abc
import importlib.util
import inspect
import itertools
import os
import pathlib
import pickle
import re
import subprocess
import sys
import tempfile
import types
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.mutation.mutants import ROOT, Mutant
from tests.mutation.placing import Text

Place = tuple[int, int, int, int]
WHOLE: Place = (-1, 0, -1, 0)       # in place of a place: that the function is run, or read as source
READ: Place = (-2, 0, -2, 0)        # that it is read as source


@dataclass
class Survey:
    """What is known of the tests, which are bits of numbers."""

    tests: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    places: dict[tuple[str, str, Place], int] = field(default_factory=dict)     # file, function, place in it -> tests
    imported: set[tuple[str, str, Place]] = field(default_factory=set)          # what runs while symgrad is imported
    rules: dict[str, int] = field(default_factory=dict)                         # name -> tests
    digests: dict[tuple[str, str], str] = field(default_factory=dict)           # the functions' texts at that time
    broken: set[str] = field(default_factory=set)                               # tests that fail as it is

    @staticmethod
    def load(path: pathlib.Path) -> Survey:
        return pickle.loads(path.read_bytes()) if path.exists() else Survey()

    def save(self, path: pathlib.Path) -> None:
        path.write_bytes(pickle.dumps(self))

    def knows(self, every: Iterable[Mutant]) -> bool:
        """Whether it was made when all these functions were there: of a later one it is not known which tests run it."""
        return all((m.file, m.function) in self.digests for m in every if m.function)

    def add(self, part: Survey) -> None:
        """Join what is known of other tests."""
        shift = len(self.tests)
        self.tests += part.tests
        self.seconds += part.seconds
        self.broken |= part.broken
        self.imported |= part.imported
        self.digests = {**part.digests, **self.digests}
        for mine, other in ((self.places, part.places), (self.rules, part.rules)):
            for key, tests in other.items():
                mine[key] = mine.get(key, 0) | tests << shift               # type: ignore[index, call-overload]
        for key in [k for k in self.places if part.digests.get(k[:2], self.digests[k[:2]]) != self.digests[k[:2]]]:
            if key[2][0] >= 0:
                del self.places[key]                                        # of two texts

    def reaching(self, m: Mutant) -> list[int]:
        """The tests that run what a mutant replaces; all of its function's if that was edited, or runs at import."""
        if m.rule:
            return bits(self.rules.get(m.rule, 0))
        if not m.function:                                  # rules that are named in it, or all that use the file
            left_out = set(re.findall(r"\w+", m.what.split("without ")[-1]))
            found = 0
            for name in left_out & self.rules.keys() or set(re.findall(r"\w+", m.what)) & self.rules.keys():
                found |= self.rules[name]
            return bits(found or self.of_file(m.file))
        whole = self.places.get((m.file, m.function, WHOLE), 0)
        if self.digests.get((m.file, m.function)) != m.digest:
            return bits(whole)
        found = self.places.get((m.file, m.function, place(m)), 0) | self.places.get((m.file, m.function, READ), 0)
        return bits(found | whole | self.of_file(m.file) if self.at_import(m) else found)

    def at_import(self, m: Mutant) -> bool:
        """Whether it runs while symgrad is imported: what it makes is there before a mutant is."""
        return not m.rule and (not m.function or (m.file, m.function, place(m)) in self.imported)

    def of_file(self, file: str) -> int:
        found = 0
        for (other, _, at), tests in self.places.items():
            if other == file and at == WHOLE:
                found |= tests
        return found


def named(items: Sequence[pytest.Item]) -> dict[str, pytest.Item]:
    """Tests by names that are the same in each process: without addresses, and with a number instead."""
    found: dict[str, pytest.Item] = {}
    for item in items:
        name = re.sub(r" at 0x[0-9a-f]+", "", item.nodeid)
        found[next(n for k in itertools.count(1) if (n := name if k == 1 else f"{name} {k}") not in found)] = item
    return found


def bits(number: int) -> list[int]:
    return [k for k, c in enumerate(reversed(bin(number)[2:])) if c == "1"]


def place(m: Mutant) -> Place:
    """Where in its function a mutant is."""
    line, column, end_line, end_column, _ = m.edit
    return line - m.first, column, end_line - m.first, end_column


# -- in the process that starts others ------------------------------------------------------------------


def survey(known: Survey, tests: Sequence[str], every: Sequence[Mutant], jobs: int, path: pathlib.Path) -> None:
    """Add these tests and save it."""
    files = sorted({name.split("::")[0] for name in tests}, key=lambda f: -sum(n.startswith(f) for n in tests))
    shares = [sorted(n for f in files[k::jobs] for n in tests if n.split("::")[0] == f) for k in range(jobs)]
    with tempfile.TemporaryDirectory() as folder:
        running = []
        for k, share in enumerate(shares):
            task, output = pathlib.Path(folder) / f"task{k}", pathlib.Path(folder) / f"output{k}"
            task.write_bytes(pickle.dumps(("survey", share, [m for m in every if m.function], output)))
            running.append((output, subprocess.Popen([sys.executable, "-W", "ignore", "-m", "tests.mutation", "--task", task],
                                                     stdout=subprocess.DEVNULL,
                                                     env={**os.environ, "SYMGRAD_CACHE_DIR": f"{folder}/cache{k}"})))
        for output, process in running:
            process.wait()
            known.add(Survey.load(output))
            known.save(path)


# -- in the process that runs the tests -------------------------------------------------------------------


class Surveyor:
    """A pytest plugin that runs the tests and notes what they reach. To be made before symgrad is imported."""

    def __init__(self, names: Sequence[str], every: Sequence[Mutant], passes: Callable[[pytest.Item], bool],
                 output: pathlib.Path) -> None:
        self.names, self.passes, self.output = names, passes, output
        self.known = Survey(digests={(m.file, m.function): m.digest for m in every})
        self.hit: set[Any] = set()
        self.numbers: list[tuple[str, str, Place]] = []
        self.functions = {(str(ROOT / m.file), m.function): (m.file, m.function) for m in every}
        texts: dict[str, list[Mutant]] = defaultdict(list)
        for m in every:
            texts[m.file].append(m)
        builtins.__hit__ = self.hit.add                                     # type: ignore[attr-defined]
        sys.meta_path.insert(0, Noted({file: self.noted(file, found) for file, found in texts.items()}))

    def noted(self, file: str, found: Sequence[Mutant]) -> str:
        """The text of a module with a note at each place."""
        at: dict[Any, tuple[str, str, Place]] = {}
        for m in found:
            at.setdefault((*m.edit[:4], m.edit[4] == "pass"), (m.file, m.function, place(m)))
        added: dict[tuple[int, int], list[tuple[Any, str]]] = defaultdict(list)
        for (line, column, end_line, end_column, statement), key in at.items():
            number = len(self.numbers)
            self.numbers.append(key)
            extent = (end_line, end_column)
            if statement:
                added[line, column].append(((1, -end_line - 1), f"__hit__({number}); "))
            else:                       # at one place: what ends there, inner first; what starts there, outer first
                added[line, column].append(((1, -extent[0], -extent[1]), f"(__hit__({number}) or ("))
                added[extent].append(((0, -line, -column), "))"))
        lines = (ROOT / file).read_text().splitlines(True)
        for (line, column), texts in sorted(added.items(), reverse=True):
            text = lines[line - 1].encode()
            middle = "".join(t for _, t in sorted(texts, key=lambda entry: entry[0])).encode()
            lines[line - 1] = (text[:column] + middle + text[column:]).decode()
        return "".join(lines)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = named(session.items)
        self.listen()
        self.known.imported = {self.numbers[n] for n in self.hit if isinstance(n, int)}
        for name in self.names:
            if name not in items:
                continue
            forget()
            self.hit.clear()
            start = spent()
            if self.passes(items[name]):
                self.note(name, spent() - start)
            else:
                self.known.broken.add(name)
        self.known.save(self.output)
        return True

    def note(self, name: str, seconds: float) -> None:
        bit = 1 << len(self.known.tests)
        self.known.tests.append(name)
        self.known.seconds.append(seconds)
        places, rules = self.known.places, self.known.rules
        for entry in list(self.hit):
            if isinstance(entry, str):
                rules[entry] = rules.get(entry, 0) | bit
                continue
            key = self.numbers[entry] if isinstance(entry, int) else (*entry, READ)
            for at in (key, (*key[:2], WHOLE)):
                places[at] = places.get(at, 0) | bit

    def read(self, function: Any) -> None:
        """Note that a function is read as source."""
        code = getattr(function, "__code__", None)
        if code is not None and (at := self.functions.get((code.co_filename, code.co_qualname.split(".<locals>")[0]))):
            self.hit.add(at)

    def listen(self) -> None:
        """Note which rules are found, and which functions of symgrad are read as source."""
        from symgrad.frontend import source
        from symgrad.rules import core
        find, definition = copied(core.find), copied(source.definition)

        def found(function: Any) -> Any:
            rule = find(function)
            if rule is not None:
                self.hit.add(rule.name)
            return rule

        def defined(function: Any) -> Any:
            self.read(function)
            return definition(function)

        def got(function: Any) -> str:
            self.read(function)
            return getsource(function)

        getsource, inspect.getsource = inspect.getsource, got
        for function, by in ((core.find, found), (source.definition, defined)):
            function.__globals__["__noted_" + function.__name__] = by
            inner: dict[str, Any] = {}
            exec(f"def {function.__name__}(function):\n    return __noted_{function.__name__}(function)\n", inner)
            function.__code__ = inner[function.__name__].__code__


def copied(function: Any) -> Any:
    return types.FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__)


class Noted(importlib.abc.MetaPathFinder):
    """Imports modules with other texts than their files'."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = {"symgrad." + file.removesuffix(".py").removesuffix("/__init__").replace("/", "."): (str(ROOT / file), text)
                      for file, text in texts.items()}
        for path, text in self.texts.values():
            ast.parse(text, path)

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        if fullname not in self.texts:
            return None
        file, text = self.texts[fullname]
        loader = Text(fullname, file)
        loader.text = text
        return importlib.util.spec_from_file_location(fullname, file, loader=loader)


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
