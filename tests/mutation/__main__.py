"""python -m tests.mutation: break symgrad in many ways, one at a time, and see whether the tests notice.

The tests are collected once. Other processes run them and note which places of symgrad each runs and which rules it asks
for (`survey`). Then, for each mutant, a child of its own puts the mutant in place and runs the tests that run what is
broken, until one fails: first those that have noticed others nearby, then the quick ones, different ones before more of
the same. A mutant of what happens while symgrad is imported gets a new process.

What is found is written down as it is found; a run goes on where the one before it stopped. `survivors.txt` names the
mutants that cannot be noticed, with the reason.
"""
from __future__ import annotations

import argparse
import json
import os
import pathlib
import pickle
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation import placing
from tests.mutation.mutants import Mutant, mutants, sampled
from tests.mutation.survey import Survey, Surveyor, named, spent, survey

PATIENCE = 10           # seconds of computing after which a test is thought not to end: noticed
MEMORY = 6 << 30        # bytes that a test may ask for: noticed
AT_IMPORT = 1000        # tests that are tried in a new process
EXPLAINED = pathlib.Path(__file__).with_name("survivors.txt")
COMMON = {"symgrad", "rules", "numpy", "core", "left", "true", "false", "none", "test", "tests"}      # in many tests' names
NOTICED = ("noticed", "does not end", "does not import")


class Mutation:
    """A pytest plugin that takes the place of the loop over the tests."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.results = Results(options.results / "results.jsonl")
        self.kills: Counter[int] = Counter()
        self.nearby: dict[Any, Counter[int]] = defaultdict(Counter)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        every = mutants(self.options.only)
        chosen = self.options.chosen(every, self.results)
        self.items = named(session.items)
        kept = self.options.results / "survey.pickle"
        known = Survey.load(kept)
        if not known.knows(every):
            known = Survey()
        unknown = self.items.keys() - set(known.tests) - known.broken
        self.anywhere: list[int] = []
        if self.options.tests:                              # those that are not surveyed are run for every mutant
            self.anywhere = [*range(len(known.tests), len(known.tests) + len(unknown))]
            known.tests += sorted(unknown)
            known.seconds += [0.2] * len(unknown)
        elif unknown:
            survey(known, sorted(unknown), mutants(), self.options.jobs, kept)
        self.survey = known
        print(f"{len(known.tests)} tests in {sum(known.seconds):.0f} s; {len(chosen)} of {len(every)} mutants", flush=True)
        jobs = [in_background(lambda k=k: self.judge(chosen[k::self.options.jobs])) for k in range(self.options.jobs)]
        for job in jobs:
            os.waitpid(job, 0)
        print(report(every, Results(self.results.path)))
        return True

    def candidates(self, m: Mutant) -> list[int]:
        """The tests that reach a mutant, likely killers first."""
        found = self.anywhere + [k for k in self.survey.reaching(m) if self.survey.tests[k] in self.items]
        if not m.function:                                  # not only what is run: what is called like what is broken
            words = {m.rule} if m.rule else set(re.findall(r"[a-z_]\w{3,}", m.what.split("without ")[-1])) - COMMON
            words.add(m.file.split("/")[-1].removesuffix(".py"))
            found = [*dict.fromkeys(found + [k for k, name in enumerate(self.survey.tests) if name in self.items
                                             and any(word in name for word in words)])]
        same: Counter[str] = Counter()
        order = {}
        for k in sorted(found, key=lambda k: self.survey.seconds[k]):
            test = self.survey.tests[k].split("[")[0]
            order[k] = (-self.nearby[m.file, m.function][k], same[test] // 3, self.survey.seconds[k])
            same[test] += 1
        known = self.nearby[m.file]
        likely = sorted(found, key=lambda k: -known[k] / (0.05 + self.survey.seconds[k]))[:5]
        named = {k for k in found if (m.rule or m.function).split("_")[0] in self.survey.tests[k]}
        return sorted(found, key=lambda k: (k not in likely or not known[k], k not in named, order[k]))

    def judge(self, chosen: list[Mutant]) -> None:
        start = time.monotonic()
        for n, m in enumerate(chosen, 1):
            if self.options.until and time.strftime("%H:%M") >= self.options.until:
                print(f"stopped after {n - 1}", flush=True)
                break
            try:
                compile(m.text() if not m.rule else m.to, m.file, "exec")
            except SyntaxError:
                continue
            began = time.monotonic()
            order = self.candidates(m)
            try_ = self.anew if self.survey.at_import(m) else self.here
            with tempfile.TemporaryDirectory() as cache:    # what is broken is not left to others, nor taken from them
                os.environ["SYMGRAD_CACHE_DIR"] = cache
                verdict, by = try_(m, order) if order else ("reached by no test", "")
            if verdict == "noticed":
                k = self.survey.tests.index(by)
                self.nearby[m.file, m.function][k] += 1
                self.nearby[m.file][k] += 1
            if verdict in NOTICED or not self.options.tests:
                self.results.add(m, verdict, by, len(order), time.monotonic() - began)
            if verdict not in NOTICED:
                print(f"{verdict}: {m.name}  [line {m.lines[0]}, {len(order)} tests, {time.monotonic() - began:.0f} s]", flush=True)
            if n % 10 == 0 or n == len(chosen):
                print(f"-- {n} of {len(chosen)} in {time.monotonic() - start:.0f} s", flush=True)

    def here(self, m: Mutant, order: list[int]) -> tuple[str, str]:
        """Try a mutant in a copy of this process."""
        output, status = in_child(lambda: run(m, {(name := self.survey.tests[k]): self.items[name] for k in order},
                                              [self.survey.seconds[k] for k in order], self.options.limit), quiet=True)
        verdict = decided(output, status)
        return self.anew(m, order) if verdict[0] == "import" else verdict

    def anew(self, m: Mutant, order: list[int]) -> tuple[str, str]:
        """Try a mutant in a new process."""
        with tempfile.TemporaryDirectory() as folder:
            task, output = pathlib.Path(folder) / "task", pathlib.Path(folder) / "output"
            task.write_bytes(pickle.dumps(("mutant", m, [self.survey.tests[k] for k in order[:AT_IMPORT]],
                                           [self.survey.seconds[k] for k in order[:AT_IMPORT]], self.options.limit, output)))
            done = subprocess.run([sys.executable, "-W", "ignore", "-m", "tests.mutation", "--task", task],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            if not output.exists():
                return ("does not end" if done.returncode < 0 else "does not import"), ""
            return decided(output.read_bytes(), done.returncode)


class Worker:
    """A pytest plugin that runs the tests of one mutant in their order."""

    def __init__(self, seconds: dict[str, float], limit: float, output: pathlib.Path) -> None:
        self.seconds, self.limit, self.output = seconds, limit, output

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            return True
        items = named(session.items)
        order = [name for name in self.seconds if name in items]
        self.output.write_bytes(run(None, {n: items[n] for n in order}, [self.seconds[n] for n in order], self.limit))
        return True


def work(task: pathlib.Path) -> int:
    """Do a part of the survey, or put a mutant in place, before symgrad is imported, and run the tests."""
    kind, *what = pickle.loads(task.read_bytes())
    assert "symgrad" not in sys.modules
    plugin: Surveyor | Worker
    if kind == "survey":
        names, every, output = what
        plugin = Surveyor(names, every, passes, output)
    else:
        m, names, seconds, limit, output = what
        sys.meta_path.insert(0, placing.Broken(m))
        plugin = Worker(dict(zip(names, seconds)), limit, output)
    # plain: pytest rewrites the files that it is given, also modules of symgrad with doctests, from their own texts
    return int(pytest.main(["-q", "--assert=plain", "-p", "no:cacheprovider", "-W", "ignore",
                            *sorted({n.split("::")[0] for n in names})], plugins=[plugin]))


def run(m: Mutant | None, items: dict[str, pytest.Item], seconds: list[float], limit: float) -> bytes:
    """Put a mutant in place and run tests until one fails, or the time is up."""
    if m is not None and not placing.put_in_place(m):
        return b"import"
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for n, ((name, item), usual) in enumerate(zip(items.items(), seconds)):
        if spent() > limit:
            return f"survived {n}".encode()
        signal.setitimer(signal.ITIMER_PROF, PATIENCE + 5.0 * usual)        # the process dies of it
        if not passes(item):
            return f"noticed {name}".encode()
    return b"survived"


def decided(output: bytes, status: int) -> tuple[str, str]:
    if status < 0 or os.WIFSIGNALED(status):
        return "does not end", ""
    verdict, _, rest = output.decode().partition(" ")
    return verdict or "failed to try", rest


def passes(item: pytest.Item) -> bool:
    with warnings.catch_warnings():
        return all(report.passed or report.skipped for report in runtestprotocol(item, log=False, nextitem=None))


def in_child(task: Callable[[], bytes], quiet: bool = False) -> tuple[bytes, int]:
    """What `task` returns in a forked process, and how that ended."""
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
                pipe.write(task())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        result = pipe.read()
    return result, os.waitpid(child, 0)[1]


def in_background(task: Callable[[], Any]) -> int:
    """Start a task in a forked process, whose number this is."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            task()
        finally:
            sys.stdout.flush()
            os._exit(0)
    return child


# -- what is found -----------------------------------------------------------------------------------


class Results:
    """What was found of each mutant, a line each; the last one counts. That of an edited function is forgotten."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.of = {(e["mutant"], e["digest"]): e for e in map(json.loads, lines)}

    def get(self, m: Mutant) -> dict[str, Any] | None:
        return self.of.get((m.name, m.digest))

    def add(self, m: Mutant, verdict: str, by: str, tests: int, seconds: float) -> None:
        entry = {"mutant": m.name, "digest": m.digest, "verdict": verdict, "by": by, "tests": tests, "seconds": round(seconds, 1)}
        self.of[m.name, m.digest] = entry
        with self.path.open("a") as file:
            file.write(json.dumps(entry) + "\n")


def explanations() -> dict[str, str]:
    """Mutants that cannot be noticed, and why: a line that names one, below it the reason, indented."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in EXPLAINED.read_text().splitlines() if EXPLAINED.exists() else ():
        if line.startswith(" "):
            for name in names:
                found[name] = (found[name] + " " + line.strip()).strip()
        elif line and not line.startswith("#"):
            names = [line] if not names or found[names[-1]] else [*names, line]
            found[line] = ""
    return found


def report(every: list[Mutant], results: Results) -> str:
    explained = explanations()
    tried = {m.name: r["verdict"] for m in every if (r := results.get(m))}
    noticed = [name for name, verdict in tried.items() if verdict in NOTICED]
    alive = [name for name in tried if name not in noticed]
    open_ = [name for name in alive if name not in explained]
    score = 100.0 * len(noticed) / max(1, len(noticed) + len(open_))
    files = {name.split(" ")[0] for name in tried}
    lines = [(f"{len(tried)} mutants in {len(files)} files: {len(noticed)} noticed, {len(alive) - len(open_)} explained, "
              f"{len(open_)} not explained; score {score:.1f} %")]
    lines += [f"  {tried[name]}: {name}" for name in open_]
    lines += [f"explained, and noticed: {name}" for name in noticed if name in explained]
    lines += [f"explained, and no mutant: {name}" for name in explained.keys() - {m.name for m in every}]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=400, help="how many mutants (400)")
    parser.add_argument("--seed", type=int, default=1, help="which sample (1)")
    parser.add_argument("--only", default="", help="only mutants whose name contains this: a file, a function, an operator")
    parser.add_argument("--tests", nargs="*", default=[], help="run these files' tests, and keep only what they notice")
    parser.add_argument("--again", action="store_true", help="those that were not noticed and are not explained, once more")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of computing after which a mutant has survived (60)")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes (1)")
    parser.add_argument("--until", default="", help="start no mutant after this time of day (18:30)")
    parser.add_argument("--results", type=pathlib.Path, default=pathlib.Path("build/mutation"), help="a folder (build/mutation)")
    parser.add_argument("--list", action="store_true", help="print the mutants' names and stop")
    parser.add_argument("--report", action="store_true", help="print what has been found so far and stop")
    parser.add_argument("--task", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        return work(options.task)
    options.results.mkdir(parents=True, exist_ok=True)

    def chosen(every: list[Mutant], results: Results) -> list[Mutant]:
        explained = explanations()
        wanted = [m for m in every if options.only in m.name]
        if options.again:
            return [m for m in wanted if (r := results.get(m)) and r["verdict"] not in NOTICED and m.name not in explained]
        return [m for m in sampled(wanted, options.seed)[:options.sample] if results.get(m) is None]

    options.chosen = chosen
    if options.list:
        print(*(m.name for m in mutants() if options.only in m.name), sep="\n")
        return 0
    if options.report:
        print(report(mutants(), Results(options.results / "results.jsonl")))
        return 0
    return int(pytest.main(["-q", "-p", "no:cacheprovider", "-W", "ignore", *options.tests], plugins=[Mutation(options)]))


if __name__ == "__main__":
    sys.exit(main())
