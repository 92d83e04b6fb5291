"""Elementary functions in compiled loops, against those Numba calls and NumPy's: `python -m benchmarks.elementary`."""
import argparse
import platform
import statistics

import numba
import numpy as np

from symgrad.backends import elementary
from tests.elementary.accuracy import exact, newly_looped, ulps
from tests.elementary.cases import CASES
from tests.elementary.test_powers import BOUND, arguments
from tests.elementary.test_powers import newly_looped as newly_looped_power

from .report import markdown
from .timing import clock, pin

LENGTH = 8192  # two arrays of float64 take an eighth of a megabyte
HEADER = ["function", "float64: symgrad", "Numba", "NumPy", "Numba / symgrad", "error, ulps",
          "float32: symgrad", "Numba", "NumPy", "compiling, ms", "Numba's, ms"]
POSITIVE = {"log", "log2", "log10", "log1p", "pow"}


def main():
    """Print nanoseconds per element, each the median of interleaved rounds in processor time."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.elementary", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: rougher figures")
    parser.add_argument("--only", default="", metavar="NAME", help="one function")
    options = parser.parse_args()
    pin()
    warm_up()
    print(f"Python {platform.python_version()}, Numba {numba.__version__}, NumPy {np.__version__}; "
          f"ns per element, arrays of {LENGTH}\n")
    names = [case.name for case in CASES] + ["pow"]
    print(markdown(HEADER, [row(name, 20 if options.quick else 200) for name in names if options.only in name]))


def row(name, rounds):
    ours = getattr(elementary, name)
    theirs = next(f for f, quick in elementary.REPLACEMENTS.items() if quick is ours)
    loops, compiling = {}, {}
    for who, function in (("symgrad", ours), ("numba", theirs)):
        loops[who], compiling[who] = compiled(name, function)
    double = times(name, loops, np.float64, rounds)
    single = times(name, loops, np.float32, rounds)
    cells = [f"{double[who]:.2f}" if who in double else "-" for who in ("symgrad", "numba", "numpy")]
    return [name, *cells, f"{double['numba'] / double['symgrad']:.1f}", f"{worst_error(name):.2f}",
            *(f"{single[who]:.2f}" if who in single else "-" for who in ("symgrad", "numba", "numpy")),
            f"{1e3 * compiling['symgrad']:.0f}", f"{1e3 * compiling['numba']:.0f}"]


def compiled(name, function):
    """A loop over the function, and the median time that compiling it for float64 takes."""
    taken = []
    for _ in range(5):
        loop = (newly_looped_power if name == "pow" else newly_looped)(function)
        start = clock()
        loop(*inputs(name, np.float64, 4))
        taken.append(clock() - start)
    return loop, statistics.median(taken)


def times(name, loops, dtype, rounds):
    """Nanoseconds per element of each contender."""
    arrays = inputs(name, dtype, LENGTH)
    out = np.empty_like(arrays[0])
    calls = {who: lambda each=loop.dispatcher: each(*arrays, out) for who, loop in loops.items()}
    ufunc = getattr(np, {"pow": "power"}.get(name, name), None)
    if ufunc is not None:
        calls["numpy"] = lambda: ufunc(*arrays, out=out)
    found = {who: [] for who in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for who, call in calls.items():
            start = clock()
            for _ in range(4):
                call()
            found[who].append((clock() - start) / (4 * LENGTH))
    return {who: 1e9 * statistics.median(measured) for who, measured in found.items()}


def inputs(name, dtype, count):
    """Numbers of ordinary size."""
    random = np.random.default_rng(0)
    x = random.uniform(0.01, 10.0, count) if name in POSITIVE else random.uniform(-10.0, 10.0, count)
    return [a.astype(dtype) for a in ((x, random.uniform(-5.0, 5.0, count)) if name == "pow" else (x,))]


def worst_error(name):
    """The largest error over the whole range, in ulps; it has to be within the stated bound."""
    if name == "pow":
        points, reference, bound = arguments(3000), pow_exactly, BOUND
        found = newly_looped_power(elementary.pow)(*points)
    else:
        case = next(case for case in CASES if case.name == name)
        points, reference, bound = (case.points(10000, seed=1),), case.reference, case.bounds[0]
        found = newly_looped(case.function)(*points)
    error = float(np.max(ulps(found, *exact(reference, *points))))
    if error > bound:
        raise AssertionError(f"{name}: {error} ulps, more than {bound}")
    return error


def pow_exactly(x, y):
    return x**y


def warm_up():
    """Numba's own first compilation takes a second."""
    newly_looped(np.sqrt)(np.ones(1))


if __name__ == "__main__":
    main()
