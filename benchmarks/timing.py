"""Timing in one process, in processor time: what else runs on the machine does not count.

All contenders are pinned to one core, so that threads of a contender's own add up to what they would take in turn.
"""
import gc
import os
import statistics
import time

import numpy as np

clock = time.process_time


def pin():
    """Have this process and its threads run on one core, the last of those it may use."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def per_call(f, args, calls):
    """Seconds for each of `calls` calls in a row, loop included."""
    start = clock()
    for _ in range(calls):
        f(*args)
    return (clock() - start) / calls


def settle_allocator():
    """Have freed memory kept by the process, as in one that has run for a while.

    glibc hands blocks back to the system until it has seen larger ones freed; whether a contender's
    arrays are then paged in anew at each call, six times slower, would depend on who ran before.
    """
    np.ones(3 << 20).sum()


def calls_for(f, args, seconds=0.005):
    """How many calls take about that long; a clock's grain and a switch of tasks drown in it."""
    calls = 1
    while (spent := per_call(f, args, calls) * calls) < seconds and calls < 1_000_000:
        calls = max(calls + 1, int(calls * min(10.0, 1.2 * seconds / max(spent, 1e-9))))
    return calls


def interleaved(contenders, rounds):
    """Return {name: [seconds per call in each round]} for {name: (function, args)}."""
    settle_allocator()
    calls = {name: calls_for(f, args) for name, (f, args) in contenders.items()}
    times = {name: [] for name in contenders}
    names = list(contenders)
    collecting = gc.isenabled()
    gc.disable()
    try:
        for k in range(rounds):
            turn = k % len(names)                       # nobody always runs after the same neighbour
            for name in names[turn:] + names[:turn]:
                f, args = contenders[name]
                times[name].append(per_call(f, args, calls[name]))
    finally:
        if collecting:
            gc.enable()
    return times


def median_ratio(times, others):
    """The median over the rounds of the ratio within a round."""
    return statistics.median(a / b for a, b in zip(times, others))


def median_difference(times, others):
    """The median over the rounds of the difference within a round."""
    return statistics.median(a - b for a, b in zip(times, others))
