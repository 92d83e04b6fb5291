"""Random programs: loops, branches, arrays written in place, helpers; gradients against differences.

Each program is text, so that a failing one can be read; Hypothesis shrinks it.
"""
import linecache

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.helpers import check

ATOMS = ["x", "y", "s", "0.5", "1.25", "a[i % n]", "a[(i + 1) % n]", "b[i % n]"]
UNARY = ["math.sin({})", "math.tanh({})", "math.exp(-({}) ** 2)", "helper({})", "-({})", "math.sqrt(1.0 + ({}) ** 2)"]
BINARY = ["({} + {})", "({} - {})", "({} * {})", "({} / (2.0 + ({}) ** 2))"]
HEAD = """
import math
import numpy as np

def helper(u):
    return u * u / (1.0 + u * u)

def write(target, k, value):
    target[k] = target[k] * 0.5 + value

def program(x, y, a):
    n = len(a)
    b = np.zeros(n)
    s = 0.1
    i = 0
"""


@st.composite
def expressions(draw, depth=2):
    kind = draw(st.integers(0, 2 if depth else 0))
    if kind == 0:
        return draw(st.sampled_from(ATOMS))
    if kind == 1:
        return draw(st.sampled_from(UNARY)).format(draw(expressions(depth=depth - 1)))
    parts = [draw(expressions(depth=depth - 1)) for _ in range(2)]
    return draw(st.sampled_from(BINARY)).format(*parts)


@st.composite
def statements(draw, depth=2):
    """The lines of a few statements."""
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.integers(0, 9 if depth else 5))
        e = draw(expressions())
        if kind <= 1:
            lines.append(f"s = {e}")
        elif kind == 2:
            lines.append(f"s += 0.3 * {e}")
        elif kind == 3:
            lines.append(f"b[i % n] = {e}")
        elif kind == 4:
            lines.append(f"b[(i + 1) % n] += 0.5 * math.sin({e})")
        elif kind == 5:
            lines.append(draw(st.sampled_from(["b[1:] = b[:-1] * s", "b *= 0.7", "write(b, i % n, s)",
                                               "a = a * 0.9 + b", "x, y = y, x", "b = np.tanh(b + a)"])))
        else:
            inner = ["    " + line for line in draw(statements(depth=depth - 1))]
            if kind == 6:
                index = "i" if draw(st.booleans()) else f"j{depth}"
                lines += [f"for {index} in range({draw(st.integers(0, 3))}):", *inner]
            elif kind == 7:
                lines += [f"if {draw(st.sampled_from(['x > 0.2113', 'i % 2 == 0', 's < y + 0.0217', 'n > 2']))}:", *inner]
            elif kind == 8:
                lines += [f"for i in range(4):\n    if s > {draw(st.sampled_from([0.4137, 1.0733]))}:\n        break", *inner]
            else:
                lines += [f"k{depth} = 0", f"while k{depth} < 3:", f"    k{depth} += 1", *inner]
    return "\n".join(lines).split("\n")


COUNT = iter(range(10**9))


def define(lines):
    text = HEAD + "".join(f"    {line}\n" for line in lines) + "    return s + np.sum(b * b) + 0.1 * np.sum(a)\n"
    name = f"<random program {next(COUNT)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {}
    exec(compile(text, name, "exec"), namespace)
    return namespace["program"]


@settings(max_examples=60, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much])
@given(statements())
def test_random_programs(lines):
    f = define(lines)
    args = (0.37, -0.62, np.array([0.3, -0.8, 1.1]))
    assume(smooth_here(f, *args))
    check(f, *args)


def smooth_here(f, x, y, a):
    """Whether differences mean anything: no branch flips nearby, no value explodes."""
    value = f(x, y, a.copy())
    near = [f(x + h, y - h, a + h) for h in (-2e-3, -1e-3, 1e-3, 2e-3)]
    return abs(value) < 1e3 and max(abs(n - value) for n in near) < 0.1 * (1.0 + abs(value))
