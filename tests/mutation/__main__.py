"""python -m tests.mutation: break symgrad in many ways, one at a time, and see whether the tests notice.

The tests are collected once. A child process runs them all and notes which functions each calls and which rules it
asks for. Then, for each mutant, a child of its own puts the mutant in place and runs the tests that reach it: first
those that have noticed others, then the quick ones, until one fails. Nothing is imported or collected again.
"""
from __future__ import annotations

import argparse
import functools
import gc
import importlib
import linecache
import os
import pathlib
import pickle
import signal
import sys
import time
import types
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutants import ROOT, Mutant, mutants

PATIENCE = 20           # seconds of computing after which a test is thought not to end: noticed
SURVIVORS = pathlib.Path("build/mutation/survivors.txt")


class Mutation:
    """A pytest plugin that takes the place of the loop over the tests."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.kills: Counter[int] = Counter()
        self.of_file: dict[str, Counter[int]] = defaultdict(Counter)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = session.items
        self.seconds, self.reached = pickle.loads(in_child(self.survey))
        chosen = self.options.chosen(mutants())
        print(f"{len(self.items)} tests in {sum(self.seconds):.0f} s; {len(chosen)} of {len(mutants())} mutants", flush=True)
        self.judge(chosen)
        return True

    # -- which tests reach what ----------------------------------------------------------------------

    def survey(self) -> bytes:
        """How long each test takes, and the functions and rules that it reaches."""
        from symgrad.frontend import source
        from symgrad.rules import core
        targets = {str(ROOT / p) for p in {m.file for m in mutants()}}
        definition, find = source.definition.__code__, core.find.__code__
        reached: dict[Any, set[int]] = defaultdict(set)
        seconds = []
        seen: set[Any] = set()

        def note(frame: types.FrameType, event: str, arg: Any) -> None:
            code = frame.f_code
            if event == "call":
                if code.co_filename in targets:
                    seen.add((code.co_filename, outermost(code.co_qualname)))
                elif code is definition:
                    inner = getattr(frame.f_locals.get("function"), "__code__", None)
                    if inner is not None and inner.co_filename in targets:
                        seen.add((inner.co_filename, outermost(inner.co_qualname)))
            elif event == "return" and code is find and arg is not None:
                seen.add(("rules", arg.name))

        for k, item in enumerate(self.items):
            seen.clear()
            start = time.perf_counter()
            sys.setprofile(note)
            good = passes(item)
            sys.setprofile(None)
            seconds.append(time.perf_counter() - start)
            if not good:
                print(f"fails without any mutant: {item.nodeid}", flush=True)
                continue
            for key in seen:
                reached[key].add(k)
            if "tests/rules" in item.nodeid:
                reached["rules", ""].add(k)
        return pickle.dumps((seconds, dict(reached)))

    def candidates(self, m: Mutant) -> list[int]:
        """The tests that reach a mutant, likely killers first."""
        if m.rule:
            found = self.reached.get(("rules", m.rule), set()) | self.reached.get(("rules", ""), set())
            names = {k for k in found if m.rule.split(".")[-1] in self.items[k].nodeid}
        elif m.table:
            found, names = {k for (file, _), ks in self.reached.items() if file == str(ROOT / m.file) for k in ks}, set()
        else:
            found, names = self.reached.get((str(ROOT / m.file), m.function), set()), set()
        known = self.of_file[m.file]
        return sorted(found, key=lambda k: (k not in names, -known[k] / (0.02 + self.seconds[k]), self.seconds[k]))

    # -- the mutants -----------------------------------------------------------------------------------

    def judge(self, chosen: list[Mutant]) -> None:
        start = time.monotonic()
        counts: Counter[str] = Counter()
        alive: list[tuple[str, str]] = []
        for n, m in enumerate(chosen, 1):
            order = self.candidates(m)
            killer = int(in_child(functools.partial(self.run, m, order), quiet=True) or b"-2") if order else -3
            verdict = {-1: "survived", -2: "noticed (it does not end, or kills the process)", -3: "reached by no test",
                       -4: "not put in place"}.get(killer, "noticed")
            counts[verdict.split(" (")[0]] += 1
            if killer >= 0:
                self.of_file[m.file][killer] += 1
            if killer in (-1, -3, -4):
                alive.append((verdict, m.name))
                print(f"{verdict}: {m.name}" + (f"  [{m.function}]" if m.function else ""), flush=True)
            if n % 25 == 0 or n == len(chosen):
                noticed = counts["noticed"]
                print(f"-- {n} of {len(chosen)} in {time.monotonic() - start:.0f} s; noticed {noticed} "
                      f"({100.0 * noticed / n:.1f} %); {dict(counts)}", flush=True)
        SURVIVORS.parent.mkdir(parents=True, exist_ok=True)
        SURVIVORS.write_text("".join(f"{verdict}: {name}\n" for verdict, name in sorted(alive)))

    def run(self, m: Mutant, order: list[int]) -> bytes:
        """In a child: put the mutant in place, run tests until one fails; its number, or -1."""
        if not put_in_place(m):
            return b"-4"
        for k in order:
            signal.setitimer(signal.ITIMER_PROF, PATIENCE + 10.0 * self.seconds[k])     # the process dies of it
            if not passes(self.items[k]):
                return str(k).encode()
        return b"-1"


def outermost(qualname: str) -> str:
    """The function or method that a function is defined in."""
    return qualname.split(".<locals>")[0]


def passes(item: pytest.Item) -> bool:
    with warnings.catch_warnings():
        return all(report.passed or report.skipped for report in runtestprotocol(item, log=False, nextitem=None))


def in_child(work: Callable[[], bytes], quiet: bool = False) -> bytes:
    """What `work` returns in a forked process; nothing if that dies."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            if quiet:
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 1)
                os.dup2(null, 2)
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(work())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        result = pipe.read()
    os.waitpid(child, 0)
    return result


def put_in_place(m: Mutant) -> bool:
    """Break symgrad in this process."""
    if m.rule:
        from symgrad.rules.core import RULES
        found = [rule for rule in RULES.values() if rule.name == m.rule]
        field, k = m.place
        for rule in found:
            texts = list(getattr(rule, field))
            texts[k] = m.to
            object.__setattr__(rule, field, tuple(texts))
        return bool(found)
    module = importlib.import_module("symgrad." + m.file.removesuffix(".py").replace("/", "."))
    if m.table:
        table = getattr(module, m.table)
        if not isinstance(table, tuple):
            return False
        smaller = table[:m.entry] + table[m.entry + 1:]
        for other in list(sys.modules.values()):
            if getattr(other, "__name__", "").startswith("symgrad") and vars(other).get(m.table) is table:
                setattr(other, m.table, smaller)
        return True
    path = str(ROOT / m.file)
    codes = {c.co_qualname: c for c in code_objects(compile(m.text, path, "exec"))}
    functions = [f for f in gc.get_objects() if isinstance(f, types.FunctionType)
                 and f.__code__.co_filename == path and f.__code__.co_qualname == m.function]
    linecache.cache[path] = (len(m.text), None, m.text.splitlines(True), path)
    for f in functions:
        f.__code__ = codes[m.function]
    from symgrad.frontend import source
    for cached in vars(source).values():
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()
    return bool(functions)


def code_objects(code: types.CodeType) -> list[types.CodeType]:
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return inner + [d for c in inner for d in code_objects(c)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, default=400, help="how many mutants (400)")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many first (0)")
    parser.add_argument("--step", type=int, default=1, help="then take each so-manieth (1)")
    parser.add_argument("--only", default="", help="only mutants whose name contains this: a file, an operator")
    parser.add_argument("--again", action="store_true", help="those that were not noticed the last time")
    parser.add_argument("--list", action="store_true", help="print the mutants' names and stop")
    options = parser.parse_args()
    survivors = {line.split(": ", 1)[1] for line in SURVIVORS.read_text().splitlines()} if options.again else None

    def chosen(every: list[Mutant]) -> list[Mutant]:
        if survivors is not None:
            return [m for m in every if m.name in survivors]
        return [m for m in every if options.only in m.name][options.skip::options.step][:options.sample]

    options.chosen = chosen
    if options.list:
        print(*(m.name for m in mutants() if options.only in m.name), sep="\n")
        return 0
    return int(pytest.main(["-q", "-p", "no:cacheprovider", "-W", "ignore"], plugins=[Mutation(options)]))


if __name__ == "__main__":
    sys.exit(main())
