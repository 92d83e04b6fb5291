"""symgrad on a real program and real data: `make demo`, or `python examples/demo.py`.

The program is polar_motion.py: the likelihood of how the Earth wobbles, by a Kalman filter
that updates its state and covariance in place. It knows nothing of symgrad. The data are 58
years of the pole's motion. Each step below uses one thing that symgrad does.
"""
import pathlib
import subprocess
import sys
import time

import numpy as np
from console import heading, table
from iers import STEP, load
from polar_motion import PARAMETERS, START, negative_log_likelihood
from scipy.optimize import minimize

from symgrad import grad, value_and_grad

HERE = pathlib.Path(__file__).resolve().parent
EXPORTED = HERE / "build" / "polar_motion_grad.py"
TOLERANCE = 1e-6


def show_source(gradient, args):
    """Differentiate the program for arguments like these and print what was generated."""
    start = time.perf_counter()
    source = gradient.source_for(*args)
    elapsed = time.perf_counter() - start
    print(source)
    print(f"\n   {len(source.splitlines())} lines, generated in {1000 * elapsed:.0f} ms")


def run_exported(gradient, args):
    """Export the gradient, run the file where symgrad cannot be imported, and return its result."""
    EXPORTED.parent.mkdir(exist_ok=True)
    gradient.export(str(EXPORTED))
    name = gradient.function_for(*args).__name__
    arguments = EXPORTED.with_suffix(".npz")
    np.savez(arguments, *args[:3])
    script = (
        "import sys; sys.modules['symgrad'] = None; sys.path.insert(0, '.')\n"
        "import numpy as np\n"
        f"from {EXPORTED.stem} import {name}\n"
        f"args = np.load({arguments.name!r})\n"
        f"result = {name}(*(args[key] for key in args.files), {args[3]})\n"
        "print(*np.ravel(result).tolist())\n")
    # -I: neither this folder nor the environment helps; the file has to stand on its own
    out = subprocess.run([sys.executable, "-I", "-c", script], cwd=EXPORTED.parent,
                         check=True, capture_output=True, text=True).stdout
    return np.array([float(word) for word in out.split()])


def differences(f, x, h=1e-3):
    """The derivative of f along each element of x, by central differences of fourth order."""
    found = []
    for k in range(len(x)):
        e = np.zeros_like(x)
        e[k] = h
        found.append((8.0 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))) / (12.0 * h))
    return np.array(found)


def check(exact, approximate):
    """Print gradient and differences side by side; return the largest relative difference."""
    relative = np.abs(exact - approximate) / np.maximum(1.0, np.abs(approximate))
    rows = [(name, f"{x:.2f}", f"{g:.8f}", f"{d:.8f}", f"{r:.1e}")
            for name, x, g, d, r in zip(PARAMETERS, START, exact, approximate, relative)]
    table(("parameter", "value", "gradient", "differences", "relative error"), rows)
    return relative.max()


def fit(title, objective, jac):
    """Fit the model from START by BFGS; return the result and its row of the table."""
    calls = 0

    def counted(theta):
        nonlocal calls
        calls += 1
        return objective(theta)

    start = time.perf_counter()
    result = minimize(counted, START, jac=jac, method="BFGS")
    elapsed = time.perf_counter() - start
    ended = "converged" if result.success else "precision lost"
    return result, (title, str(result.nit), str(calls), f"{elapsed:.2f} s", f"{-result.fun:.6f}",
                    f"{np.abs(result.jac).max():.0e}", ended)


def main():
    pole, error = load()
    args = (START, pole, error, STEP)
    gradient = grad(negative_log_likelihood)

    heading(1, "The program and the data")
    lines = len((HERE / "polar_motion.py").read_text().splitlines())
    print(f"   examples/polar_motion.py: {lines} lines of NumPy, {len(START)} parameters")
    print(f"   the Earth's pole since 1962 (IERS EOP 20 C04): {len(pole)} positions, one every {STEP} days")
    print(f"   log-likelihood at the start: {-negative_log_likelihood(*args):.6f}")

    heading(2, "The source of its gradient")
    show_source(gradient, args)

    heading(3, "Exported, and run without symgrad")
    exact = gradient(*args)
    alone = run_exported(gradient, args)
    print(f"   {EXPORTED.relative_to(HERE.parent)}: "
          + ("the same gradient, bit for bit" if np.array_equal(alone, exact) else f"DIFFERS: {alone}"))

    heading(4, "Against central differences")
    approximate = differences(lambda theta: negative_log_likelihood(theta, *args[1:]), START)
    worst = check(exact, approximate)

    heading(5, "The fit, by scipy.optimize.minimize")
    both = value_and_grad(negative_log_likelihood)
    exactly, exactly_row = fit("exact gradient", lambda theta: both(theta, *args[1:]), True)
    _, roughly_row = fit("finite differences", lambda theta: negative_log_likelihood(theta, *args[1:]), None)
    table(("", "iterations", "calls", "time", "log-likelihood", "|gradient|", "ended"),
          [exactly_row, roughly_row])

    # The exact gradient is smooth enough to be differenced once more, for the standard errors.
    hessian = differences(lambda theta: gradient(theta, *args[1:]), exactly.x, 1e-4)
    spread = np.sqrt(np.diag(np.linalg.inv(hessian)))
    period, quality = 430.0 * np.exp(exactly.x[0]), 50.0 * np.exp(exactly.x[1])
    print(f"\n   The Chandler wobble takes {period:.1f} +- {period * spread[0]:.1f} days; its Q is {quality:.0f} "
          f"({quality * np.exp(-spread[1]):.0f} to {quality * np.exp(spread[1]):.0f}).")

    if worst > TOLERANCE or not np.array_equal(alone, exact):
        sys.exit("the gradient is wrong")


if __name__ == "__main__":
    main()
