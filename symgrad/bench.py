"""How long calls take and how much memory: what `symgrad bench` prints, and what the project's own benchmarks use."""
from __future__ import annotations

import copy
import ctypes
import gc
import itertools
import pathlib
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Function = Callable[..., Any]


@dataclass(frozen=True)
class Figures:
    """What was measured of one function."""

    first_call: float           # seconds, what is built on first use included
    median: float               # seconds of a later call
    peak: int | None            # bytes that a later call needs beyond what was there before it; None: not known


def measure(functions: dict[str, Function], args: tuple[Any, ...], kwargs: dict[str, Any],
            seconds: float = 2.0) -> dict[str, Figures]:
    """Figures for each function, called with these arguments; `seconds`: how long the timing of each may take.

    A function that changes its arguments gets a copy for each call; copying is not timed.

    >>> found = measure({"sum": np.sum}, (np.ones(3),), {}, seconds=0.01)
    >>> 0.0 < found["sum"].median < 1.0
    True
    """
    first: dict[str, float] = {}
    peaks: dict[str, int | None] = {}
    contenders: dict[str, tuple[Function, tuple[Any, ...]]] = {}
    fresh = set()
    for name, function in functions.items():
        f, all_args = (function, args) if not kwargs else (with_keywords(function), (*args, kwargs))
        given = copy.deepcopy(all_args)
        before = fingerprint(given)
        first[name] = per_call(f, given, 1)
        if fingerprint(given) != before:
            fresh.add(name)
        peaks[name] = peak(f, copy.deepcopy(all_args))
        contenders[name] = f, all_args
    times = interleaved(contenders, seconds * len(functions), frozenset(fresh))
    return {name: Figures(first[name], statistics.median(times[name]), peaks[name]) for name in functions}


def with_keywords(function: Function) -> Function:
    """The function with its keyword arguments in a dict, given last."""
    return lambda *args: function(*args[:-1], **args[-1])


def fingerprint(values: Any) -> bytes:
    """The same for equal values: to see whether a call has changed its arguments."""
    import pickle
    try:
        return pickle.dumps(values)
    except Exception:  # noqa: BLE001 - what cannot be written down is taken to be left alone
        return b""


# -- time ------------------------------------------------------------------------------------


def per_call(f: Function, args: tuple[Any, ...], calls: int, fresh: bool = False,
             clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds for each of `calls` calls in a row, loop included; with `fresh`, each on a copy of its own."""
    given = [copy.deepcopy(args) for _ in range(calls)] if fresh else itertools.repeat(args, calls)
    start = clock()
    for each in given:
        f(*each)
    return (clock() - start) / calls


def calls_for(f: Function, args: tuple[Any, ...], seconds: float = 0.005, fresh: bool = False,
              clock: Callable[[], float] = time.perf_counter) -> int:
    """How many calls take about that long; a clock's grain and a switch of tasks drown in it."""
    calls = 1
    while (spent := per_call(f, args, calls, fresh, clock) * calls) < seconds and calls < 1_000_000:
        calls = max(calls + 1, int(calls * min(10.0, 1.2 * seconds / max(spent, 1e-9))))
    return calls


def interleaved(contenders: dict[str, tuple[Function, tuple[Any, ...]]], seconds: float,
                fresh: frozenset[str] = frozenset(), rounds: int = 100,
                clock: Callable[[], float] = time.perf_counter) -> dict[str, list[float]]:
    """Seconds per call in each round, for each of {name: (function, arguments)}.

    Contenders take turns, so that what slows the machine slows them all, for about `seconds` in all and for at
    most that many rounds.
    """
    settle_allocator()
    calls = {name: calls_for(*call, fresh=name in fresh, clock=clock) for name, call in contenders.items()}
    times: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    collecting = gc.isenabled()
    gc.disable()
    try:
        started = time.perf_counter()
        for k in range(rounds):
            turn = k % len(names)                       # nobody always runs after the same neighbour
            for name in names[turn:] + names[:turn]:
                f, args = contenders[name]
                times[name].append(per_call(f, args, calls[name], name in fresh, clock))
            if time.perf_counter() - started > seconds and k > 1:
                break
    finally:
        if collecting:
            gc.enable()
    return times


def settle_allocator() -> None:
    """Have freed memory kept by the process, as in one that has run for a while.

    glibc hands blocks back to the system until it has seen larger ones freed; whether a contender's
    arrays are then paged in anew at each call, six times slower, would depend on who ran before.
    """
    np.ones(3 << 20).sum()


# -- memory ----------------------------------------------------------------------------------


def peak(f: Function, args: tuple[Any, ...]) -> int | None:
    """Bytes by which a call raises the process's resident set, whoever allocates them; None where Linux does not tell."""
    try:
        ctypes.CDLL(None).malloc_trim(0)                # freed pages go back to the system: using them anew counts
        pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")     # the high-water mark starts anew
        before = _status("VmRSS")
        kept = f(*args)
        after = _status("VmHWM")
        del kept
    except (OSError, AttributeError):
        return None
    return max(0, after - before)


def _status(field: str) -> int:
    for line in pathlib.Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field + ":"):
            return 1024 * int(line.split()[1])
    raise OSError(f"/proc/self/status has no {field}")


# -- on the screen ---------------------------------------------------------------------------


def table(found: dict[str, Figures], base: str) -> str:
    """The figures, a line for each function; `base` is what the times are divided by."""
    rows = [("", "first call", "a call", f"/ {base}", "memory")]
    for name, figures in found.items():
        memory = "-" if figures.peak is None else f"{figures.peak / 1e6:.1f} MB"
        rows.append((name, duration(figures.first_call), duration(figures.median),
                     f"{figures.median / found[base].median:.2f}", memory))
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(w) if k == 0 else cell.rjust(w) for k, (cell, w) in
                               enumerate(zip(row, widths, strict=True))) for row in rows)


def duration(seconds: float) -> str:
    """
    >>> duration(0.00123), duration(4.5e-7), duration(12.0)
    ('1.23 ms', '450 ns', '12.0 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9)):
        if seconds >= 0.9995 * size or unit == "ns":
            x = seconds / size
            return f"{x:.0f} {unit}" if x >= 99.5 else f"{x:.1f} {unit}" if x >= 9.95 else f"{x:.2f} {unit}"
    raise AssertionError


__all__ = ["Figures", "calls_for", "duration", "interleaved", "measure", "peak", "per_call", "settle_allocator",
           "table"]
