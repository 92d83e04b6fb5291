"""How much quicker gradients are on all cores: `python -m benchmarks.parallel [--only WORD...] [--threads N...]`.

Each program's compiled gradient without `parallel` and with it, on each number of threads, some calls of each in
each round; the best time of all rounds. Results are compared: with those of one thread bit for bit.
"""
import argparse
import os
import time

import numpy as np

from .contenders import one_or_all
from .workloads import ALL

CHOSEN = ("mixture_loops", "k_means", "n_body", "lennard_jones", "heat_3d", "log_sum_exp", "brownian", "bundle_adjustment")


def main():
    os.environ.update(dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS"), str(os.cpu_count())))    # else one: see `benchmarks`
    import numba
    most = numba.config.NUMBA_NUM_THREADS
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parallel", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="WORD", help="programs whose name or title contains one of the words")
    parser.add_argument("--threads", nargs="+", type=int, default=range(1, most + 1), metavar="N")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each program (2)")
    options = parser.parse_args()
    print(f"| gradient of (ms) | in order | {' | '.join(f'{n} threads' for n in options.threads)} | loops in parallel |")
    print(f"| --- | ---: | {'---: | ' * len(options.threads)}---: |")
    for work in ALL:
        if any(w in work.name or w.lower() in work.title.lower() for w in options.only) if options.only else work.name in CHOSEN:
            print(row(work, options.threads, options.seconds), flush=True)


def row(work, threads, seconds):
    """A row of the table; raises AssertionError where a gradient is not the one in order."""
    import numba

    import symgrad
    args = work.at()
    argnums = one_or_all(work.argnums)
    serial = symgrad.grad(work.primal, argnums=argnums, backend="numba")
    parallel = symgrad.grad(work.primal, argnums=argnums, backend="numba", parallel=True)
    expected, found = flat(serial(*args)), flat(parallel(*args))
    np.testing.assert_allclose(found, expected, 1e-9, 1e-12 * np.max(np.abs(expected)))
    times = {n: [] for n in (None, *threads)}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[None]) < 15:
        for n, taken in times.items():
            numba.set_num_threads(n or numba.config.NUMBA_NUM_THREADS)
            gradient = parallel if n else serial
            result = gradient(*args)                    # a team of so many threads starts
            for _ in range(5):
                start = time.perf_counter()
                gradient(*args)
                taken.append(time.perf_counter() - start)
            if n:
                np.testing.assert_array_equal(flat(result), found)
    best = [min(taken) * 1e3 for taken in times.values()]
    verdicts = parallel.explain(*args).parallel
    shared = f"{sum(v.startswith('yes') for v in verdicts)} of {len(verdicts)}"
    return f"| {work.title} | {best[0]:.3g} | {' | '.join(f'{t:.3g} ({best[0] / t:.2f}x)' for t in best[1:])} | {shared} |"


def flat(gradient):
    return np.concatenate([np.ravel(g) for g in (gradient if isinstance(gradient, tuple) else (gradient,))])


if __name__ == "__main__":
    main()
