"""What loops record, in the native backend: arrays and stacks, not lists of lists.

The generated source is plain Python. Most of what follows runs it as such, without Numba, and compares it with that
of the Python backend.
"""
import math

import numpy as np
import pytest

from symgrad import grad, value_and_grad
from tests.helpers import assert_native_agrees

V = np.linspace(0.3, 1.7, 5)
M = np.cos(np.arange(12.0)).reshape(4, 3)


def in_every_loop(x, n):
    total = 0.0
    for i in range(n):
        for j in range(x.shape[0]):
            x0 = x[j] * total
            total = math.sin(x0) + 0.1 * i
    return total


def from_one_in_steps(x, n):
    total = 1.0
    for i in range(1, n):
        for j in range(n, -1, -2):
            total = math.sin(total * x[0]) + 0.1 * i * j
    for i in range(n - 1, -1, -1):
        total = total * math.cos(total * i)
    for i in range(n, 2 * n):
        total = total * math.cos(total * i)
    return total


def triangle(x):
    s = 1.0
    for i in range(len(x)):
        for j in range(i):
            s = math.sin(s * x[j])
        for j in range(i, len(x)):
            s = math.sin(s * x[j])
        for j in range(i, -1, -1):
            s = math.sin(s * x[j]) + x[i]
    return s


def rows(a, n):
    x = a[0] * 1.0
    for _ in range(n):
        for i in range(a.shape[0]):
            x = np.sin(x * a[i])
    return np.sum(x)


def rows_of_a_triangle(a):
    x = a[0] * 1.0
    for i in range(a.shape[0]):
        for j in range(i):
            x = np.sin(x * a[j])
    return np.sum(x)


def until_small(x, tol):
    n = 0
    while abs(x) > tol:
        y = x
        while abs(y) > 2.0 * tol:
            y = 0.5 * math.sin(y) * y
            n += 1
        x = 0.6 * x + 0.1 * y * math.cos(x)
    return x * n


def left_early(x, limit):
    s = 0.1
    for i in range(len(x)):
        for j in range(len(x)):
            s = math.sin(s) + x[j] * s * x[i]
            if s > limit:
                break
    return s


def in_an_arm(x, n):
    s = 0.5
    for i in range(n):
        if i % 2 == 1:
            for j in range(len(x)):
                s = math.sin(s) * x[j]
        elif i > 5:
            s = s * s
    return s


def one_arm_only(x):
    s = 0.0
    for i in range(len(x)):
        if x[i] > 0.5:
            t = math.exp(-x[i] * s)
            s += t * t
    return s


def loop_in_an_arm(x, k):
    s = 0.5
    if k > 0:
        for i in range(len(x)):
            for j in range(k):
                s = math.sin(s) * x[i] * j
    return s * s


def counts_and_flags(x):
    s, k = 0.3, 1
    for i in range(len(x)):
        k = k * 3 % 7
        up = s > 0.5
        s = math.sin(s * k) + x[i] ** k
        if up:
            s = s * x[i]
    return s


def made_in_the_loop(x):
    s = 0.2
    for i in range(1, len(x)):
        y = np.zeros(i)
        for j in range(i):
            y[j] = math.sin(s * x[j])
        s = float(np.sum(np.exp(y) * x[:i]))
    return s


def signs(x):
    s = 1.0
    while s < 20.0:
        s = s + abs(math.cos(s) * x) + 0.5
    return s


def single(x):
    s = x[0]
    for i in range(len(x)):
        for j in range(i):
            s = np.sin(s * x[j])
    return s


CASES = {
    "arrays": [(in_every_loop, (V, 3), 0), (from_one_in_steps, (V, 6), 0), (rows, (M, 3), 0), (counts_and_flags, (V,), 0),
               (one_arm_only, (V,), 0), (loop_in_an_arm, (V, 2), 0)],
    "stacks": [(triangle, (V,), 0), (rows_of_a_triangle, (M,), 0), (until_small, (0.9, 0.05), 0),
               (left_early, (V, 1.2), 0), (in_an_arm, (V, 9), 0), (signs, (0.7,), 0),
               (single, (V.astype(np.float32),), 0)],
    "lists": [(made_in_the_loop, (V,), 0)],
}
ALL = [pytest.param(*case, kind, id=case[0].__name__) for kind, cases in CASES.items() for case in cases]


def source(f, args, argnums):
    return grad(f, argnums=argnums, backend="numba").source_for(*args)


def run(f, args, argnums):
    """What the native backend's source computes in plain Python."""
    namespace = {}
    exec(source(f, args, argnums), namespace)
    return namespace[f.__name__ + "_grad"](*args)


@pytest.mark.parametrize("f, args, argnums, kind", ALL)
def test_source(f, args, argnums, kind):
    expected = grad(f, argnums=argnums, backend="python")(*args)
    assert_native_agrees(run(f, args, argnums), expected, f.__name__)
    text = source(f, args, argnums)
    assert "_tape = np.empty(" in text
    assert ("_grown(" in text) == (kind == "stacks")
    assert (".append(" in text) == (kind == "lists")


@pytest.mark.parametrize("f, args", [(in_every_loop, (V[:0], 3)), (in_every_loop, (V, 0)), (in_every_loop, (V, -2)),
                                     (from_one_in_steps, (V, 0)), (from_one_in_steps, (V, -1)), (triangle, (V[:0],)),
                                     (triangle, (V[:1],)), (until_small, (0.01, 0.05)), (left_early, (V, -1.0)),
                                     (rows_of_a_triangle, (M[:1],)), (loop_in_an_arm, (V, 0)), (in_an_arm, (V, 1))],
                         ids=lambda x: getattr(x, "__name__", ""))
def test_no_iterations(f, args):
    assert_native_agrees(run(f, args, 0), grad(f, argnums=0, backend="python")(*args), f.__name__)


def test_a_stack_that_is_filled_grows():
    x = np.linspace(0.3, 0.9, 40)                       # 780 records
    assert_native_agrees(run(triangle, (x,), 0), grad(triangle, backend="python")(x), "triangle")


def test_each_loop_has_an_axis():
    text = source(in_every_loop, (V, 3), 0)
    assert "_tape = np.empty((max(n, 0), x.shape[0]))" in text
    assert "_tape[i, j] = " in text and " = total_tape[i, j]" in text


def test_a_block_of_a_stack_is_read_in_any_order():
    text = source(triangle, (V,), 0)
    assert "_tape[top + j] = s" in text and "top += i" in text and "top -= i" in text


def test_only_the_arm_that_has_a_value_records_it():
    text = source(one_arm_only, (V,), 0)
    assert "else:" not in text.split("# reverse")[0]


def slope_of_triangle(x):
    return np.sum(grad(triangle)(x) ** 2)


def slope_of_search(x):
    return grad(until_small)(x, 0.05) ** 2


@pytest.mark.parametrize("f, x", [(slope_of_triangle, V), (slope_of_search, 0.9)], ids=lambda x: getattr(x, "__name__", ""))
def test_second_derivative(f, x):
    np.testing.assert_allclose(run(f, (x,), 0), grad(f, backend="python")(x), rtol=1e-12)


@pytest.mark.parametrize("f, args, argnums", [
    (triangle, (V,), 0), (until_small, (0.9, 0.05), 0), (rows, (M, 3), 0), (in_an_arm, (V, 9), 0),
    (counts_and_flags, (V,), 0)], ids=lambda x: getattr(x, "__name__", ""))
def test_compiled(f, args, argnums):
    pytest.importorskip("numba")
    g = value_and_grad(f, argnums=argnums, backend="numba")
    found = g(*args)
    assert g._last.native is not None
    assert_native_agrees(found, value_and_grad(f, argnums=argnums, backend="python")(*args), f.__name__)


def gates(x, w, n):
    h = x
    for i in range(n):
        z = 1.0 / (1.0 + math.tan(0.1 * w * h))
        u = 3.0 * h - w
        h = z * u * u
    return h


def test_functions_are_recorded_and_arithmetic_is_not():
    text = source(gates, (0.3, 0.7, 4), (0, 1))
    forward, reverse = text.split("# reverse")
    assert forward.count("_tape[i] = ") == 2 and "= math.tan(" not in reverse       # tan and h; u and z are computed again
    assert text.count("_tape = np.empty(") == 2


def test_gradient_of_gates():
    args = (0.3, 0.7, 4)
    np.testing.assert_allclose(run(gates, args, (0, 1)), grad(gates, argnums=(0, 1), backend="python")(*args), rtol=1e-14)


def packed(rows, x):
    total = 0.0
    for p in range(x.shape[0]):
        for i in range(x.shape[1]):
            z = 0.0
            for j in range(i):
                z += rows[i * (i - 1) // 2 + j] * x[p, j]
            total += z * z
    return total


def test_an_index_is_computed_again():
    source = grad(packed, backend="numba").source_for(np.ones(6), np.ones((2, 4)))
    assert "int64" not in source


def inner_part(u, n):
    u = u.copy()
    while n > 0:
        u[1:-1] = np.sin(u[1:-1] * u[2:]) * u[:-2]
        n -= 1
    return np.sum(u * u)


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_rows_of_an_array_without_an_inside(size):
    u = np.arange(size) + 0.5
    np.testing.assert_allclose(run(inner_part, (u, 3), 0), grad(inner_part, backend="python")(u, 3), rtol=1e-14)
