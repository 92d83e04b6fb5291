"""What a loop adds to one element all the time is summed up in a number, in the native backend."""
import math

import numpy as np
import pytest

from symgrad import grad, value_and_grad
from tests.helpers import assert_native_agrees

V = np.linspace(0.3, 1.7, 5)
W = np.array([0.5, -0.7, 1.3])


def polynomial(w, x):
    total = 0.0
    for i in range(len(x)):
        total += math.sin(w[0] + w[1] * x[i] + w[-1] * x[i] * x[i])
    return total


def pairs(x, w):
    total = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            if i != j:
                total += w[1] * math.cos(x[i] * x[j])
    return total


def next_one_unless_last(x):
    total = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            if i + 1 < len(x):
                total += math.sin(x[i + 1] * j)
    return total


def never(x, n):
    total = x[0]
    for i in range(n):
        total += x[i + 7] * x[i]
        for j in range(n):
            total += x[i + j + 9] * x[i]
    return total


def read_in_between(x, n):
    y = x.copy()
    for _ in range(n):
        y[0] = y[0] * y[1]
        y[1] = y[1] + y[0]
    return y[0] + y[1]


def three_deep(w, a):
    s = 0.1
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            for k in range(3):
                s += w[k] * math.sin(a[i, j] * w[2]) + w[j % 2]
    return s


def early(w, x):
    s = 0.1
    for i in range(len(x)):
        s = s + w[1] * math.sin(x[i] * s)
        if s < 0.0:
            break
    return s


A = np.cos(np.arange(6.0)).reshape(2, 3)
SUMMED = [(polynomial, (W, V), 0), (pairs, (V, W), (0, 1)), (next_one_unless_last, (V,), 0), (three_deep, (W, A), (0, 1)),
          (early, (W, V), (0, 1)), (polynomial, (W.astype(np.float32), V.astype(np.float32)), 0)]
OTHERS = [(read_in_between, (V, 3), 0), (never, (V, 0), 0)]
KEY = {"ids": lambda x: getattr(x, "__name__", "")}


def source(f, args, argnums):
    return grad(f, argnums=argnums, backend="numba").source_for(*args)


def run(f, args, argnums):
    """What the native backend's source computes in plain Python."""
    namespace = {}
    exec(source(f, args, argnums), namespace)
    return namespace[f.__name__ + "_grad"](*args)


@pytest.mark.parametrize("f, args, argnums", [*SUMMED, *OTHERS], **KEY)
def test_gradient(f, args, argnums):
    expected = grad(f, argnums=argnums, backend="python")(*args)
    assert_native_agrees(run(f, args, argnums), expected, f.__name__)


@pytest.mark.parametrize("f, args, argnums", SUMMED, **KEY)
def test_a_number_is_summed_up(f, args, argnums):
    assert "_any_order(" in source(f, args, argnums).split("def _any_order", 1)[-1].split("def ", 1)[1]


def test_elements_that_a_loop_reads_are_written_in_it():
    assert "_any_order" not in source(read_in_between, (V, 3), 0)


def test_what_adds_nothing_is_not_stored():
    assert "!= 0.0:\n                dx[i + 1] += " in source(next_one_unless_last, (V,), 0) or \
        "!= 0.0:\n            dx[i + 1] += " in source(next_one_unless_last, (V,), 0)


def test_not_a_number_is_added():
    g = run(polynomial, (W, np.array([1.0, np.nan])), 0)
    assert np.isnan(g).all()


def test_compiled():
    pytest.importorskip("numba")
    for f, args, argnums in SUMMED[:3]:
        g = value_and_grad(f, argnums=argnums, backend="numba")
        found = g(*args)
        assert g._last.native is not None
        assert_native_agrees(found, value_and_grad(f, argnums=argnums, backend="python")(*args), f.__name__)
