"""What symgrad itself costs: importing it, generating a gradient, calling it, looking it up again."""
import os
import pkgutil
import statistics
import subprocess
import sys
import tempfile

import numpy as np

from symgrad.bench import interleaved

from . import programs
from .report import verdict
from .timing import clock, median_difference

HEADER = ["what symgrad costs", "measured", "target", ""]
PROGRAMS = sorted(module.name for module in pkgutil.iter_modules(programs.__path__))

IMPORT = """
import time
import numpy
start = time.process_time()
from symgrad import grad
print(time.process_time() - start)
"""

# A fresh process for each: what is generated first pays for what is loaded on first use.
GENERATE = """
import sys, time
from importlib import import_module
from symgrad import grad
first, second = (import_module("benchmarks.programs." + name) for name in sys.argv[1:])
for module in (first, second):
    args = module.example()
    start = time.process_time()
    grad(module.program).source_for(*args)
    print(time.process_time() - start)
"""


def in_fresh_process(script, *argv):
    """Run a script that prints seconds, with an empty cache folder; return them."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "XDG_CACHE_HOME": home}
        done = subprocess.run([sys.executable, "-c", script, *argv], env=environment, check=False,
                              capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return [float(word) for word in done.stdout.split()]


def import_time(repeats):
    """The time of `from symgrad import grad`, which loads the compiler, once numpy is imported."""
    in_fresh_process(IMPORT)                            # modules are compiled
    seconds = statistics.median(in_fresh_process(IMPORT)[0] for _ in range(repeats))
    yield ["import, beyond numpy's own", f"{1e3 * seconds:.1f} ms", "< 60 ms", str(verdict(seconds < 0.060))]


def generation_time(repeats):
    """From a function of 50 lines to the source of its gradient, as a process's first and as a later one."""
    first, later = {name: [] for name in PROGRAMS}, {name: [] for name in PROGRAMS}
    for _ in range(repeats):
        for k, name in enumerate(PROGRAMS):
            other = PROGRAMS[(k + 1) % len(PROGRAMS)]
            cold, warm = in_fresh_process(GENERATE, name, other)
            first[name].append(cold)
            later[other].append(warm)
    for name in PROGRAMS:
        cold, warm = statistics.median(first[name]), statistics.median(later[name])
        yield [f"gradient of {name}, 50 lines: first / later", f"{1e3 * cold:.1f} / {1e3 * warm:.1f} ms",
               "< 50 ms", str(verdict(max(cold, warm) < 0.050))]


def of_scalar(x):
    return x * x


def of_one(a):
    return a[0] * a[0]


def of_four(a, b, c, d):
    return a[0] * b[0] * c[0] * d[0]


def dispatch_overhead(rounds):
    """What a call of the gradient takes more than a call of the generated function."""
    from symgrad import grad
    for title, f, args in [("a float", of_scalar, (1.5,)),
                           ("one array", of_one, (np.arange(4.0),)),
                           ("four arrays", of_four, tuple(np.arange(4.0) + k for k in range(4)))]:
        gradient = grad(f)
        gradient(*args)
        times = interleaved({"gradient": (gradient, args), "bare": (gradient.function_for(*args), args)},
                            seconds=10.0, rounds=rounds, clock=clock)
        added = median_difference(times["gradient"], times["bare"])
        allowed = 1e-6 + 0.3e-6 * sum(isinstance(a, np.ndarray) for a in args)
        yield [f"added to a call with {title}", f"{1e6 * added:.2f} us", f"< {1e6 * allowed:.1f} us",
               str(verdict(added < allowed))]


def lookup(rounds):
    """grad(f) for an f that was differentiated before."""
    from symgrad import grad
    grad(of_scalar)(1.5)
    seconds = statistics.median(interleaved({"lookup": (grad, (of_scalar,))}, seconds=10.0, rounds=rounds, clock=clock)["lookup"])
    yield ["grad(f) again", f"{1e6 * seconds:.2f} us", "< 5 us", str(verdict(seconds < 5e-6))]


def measure(quick):
    """All rows; what fails says so in its row."""
    few, rounds = (2, 20) if quick else (7, 200)
    rows = []
    for title, run, repeats in [("import", import_time, few), ("generation", generation_time, few),
                                ("dispatch", dispatch_overhead, rounds), ("lookup", lookup, rounds)]:
        try:
            rows.extend(run(repeats))
        except Exception as reason:  # noqa: BLE001 - one failure must not hide the other figures
            print(f"{title}: {type(reason).__name__}: {reason}")
            rows.append([title, "fails", "", str(verdict(False))])
    return rows
