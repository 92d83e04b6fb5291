"""How the contenders are timed: on one core, in processor time, so that what else runs on the machine does not count.

Threads of a contender's own add up to what they would take in turn.
"""
import os
import statistics
import time

clock = time.process_time


def pin():
    """Have this process, its threads and those it starts run on one core, the last of those it may use."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def median_difference(times, others):
    """The median over the rounds of the difference within a round."""
    return statistics.median(a - b for a, b in zip(times, others))
