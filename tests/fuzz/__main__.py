"""python -m tests.fuzz: random programs, as many as there is time for.

Each program has a seed of its own, so that one number makes it again: `python -m tests.fuzz --only SEED`.
A program that symgrad is wrong about is shrunk and printed, and kept in `build/fuzz`.
"""
from __future__ import annotations

import argparse
import pathlib
import signal
import sys
import time
import traceback
from collections import Counter
from typing import Any

from tests.fuzz.choices import from_seed
from tests.fuzz.generator import Program, generate
from tests.fuzz.oracles import Outcome, judge
from tests.fuzz.reproducible import differing
from tests.fuzz.shrink import shrunk

KEPT = pathlib.Path("build/fuzz")
PATIENCE = 30               # seconds of computing for one program


class TooLong(Exception):
    """A program that was not done in time."""


def give_up(*_: Any) -> None:
    raise TooLong(f"not done in {PATIENCE} s")


def attempt(program: Program, seed: int) -> tuple[Outcome | None, BaseException | None]:
    """What the oracles say of a program, or what went wrong."""
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        return judge(program, seed), None
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is a finding
        return None, error
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def kind(error: BaseException) -> tuple[Any, ...]:
    """What two failures have in common that are one: the exception, and where it was raised."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "symgrad/" in f.filename or "tests/" in f.filename]
    return (type(error), *((frames[-1].filename, frames[-1].name) if frames else ()))


def report(seed: int, program: Program, error: BaseException) -> None:
    """Shrink, print and keep a program that symgrad is wrong about."""
    wanted = kind(error)

    def fails(smaller: Program) -> bool:
        found = attempt(smaller, seed)[1]
        return found is not None and kind(found) == wanted

    small = program if isinstance(error, TooLong) else shrunk(program, fails)
    found = attempt(small, seed)[1] or error
    text = "".join(traceback.format_exception(found, limit=-3))
    print(f"\nMISMATCH with seed {seed}: python -m tests.fuzz --only {seed}\n\n{small.source}\n{text}", flush=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"seed_{seed}.py").write_text(small.source + "\n" + "".join(f"# {line}\n" for line in text.splitlines()))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long (600)")
    parser.add_argument("--seed", type=int, default=0, help="the first program's seed (0)")
    parser.add_argument("--step", type=int, default=1, help="every so many seeds, for several processes at once (1)")
    parser.add_argument("--programs", type=int, default=10**12, help="stop after so many programs")
    parser.add_argument("--every", type=float, default=60.0, help="seconds from one line of progress to the next (60)")
    parser.add_argument("--only", type=int, help="the program of one seed: print it, and what is found")
    options = parser.parse_args()
    signal.signal(signal.SIGVTALRM, give_up)
    if options.only is not None:
        program = generate(from_seed(options.only))
        print(program.source)
        outcome, error = attempt(program, options.only)
        if error is None:
            print(outcome)
            return 0
        report(options.only, program, error)
        return 1

    start = last = time.monotonic()
    counts: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    wrong: list[int] = []
    seed, n = options.seed, 0

    def progress() -> None:
        elapsed = time.monotonic() - start
        print(f"{n} programs in {elapsed:.0f} s, {n / elapsed:.1f}/s; seeds {options.seed} to {seed - options.step}"
              f"{f' by {options.step}' if options.step > 1 else ''}; "
              + ", ".join(f"{k} {v}" for k, v in sorted(counts.items())) + f"; mismatches {len(wrong)} {wrong[:20]}",
              flush=True)

    try:
        while n < options.programs and time.monotonic() - start < options.seconds:
            program = generate(from_seed(seed))
            outcome, error = attempt(program, seed)
            if error is not None:
                wrong.append(seed)
                report(seed, program, error)
            else:
                assert outcome is not None
                counts[outcome.kind] += 1
                for name in outcome.asked:
                    counts["oracle " + name] += 1
                if outcome.kind == "refused":
                    refusals[outcome.note.partition("\n")[0]] += 1
            seed, n = seed + options.step, n + 1
            if time.monotonic() - last > options.every:
                last = time.monotonic()
                progress()
    except KeyboardInterrupt:
        pass
    progress()
    last_ones = range(seed - options.step, max(seed - 200 * options.step, options.seed - 1), -options.step)
    for other in differing(last_ones):
        wrong.append(other)
        print(f"MISMATCH with seed {other}: another text under another hash seed")
    for note, count in refusals.most_common():
        print(f"refused {count}: {note}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
