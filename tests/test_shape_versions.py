"""Memory that is written to and then asked for its shape: a later version answers, and none is copied for it."""
import numpy as np
import pytest

from symgrad import grad
from tests.helpers import check

W, X = np.linspace(0.2, 1.1, 5), np.array([0.7, -0.3, 1.4, 0.9, -1.2])


def overwritten_once(w, x):
    total = 0.0
    for k in range(3):
        b = w * x
        b[0] = 2.0 * w[0]
        total += b[k] * b[0]
    return total


def overwritten_again_and_again(w, x):
    b = w * x
    b[0] = 2.0 * w[0]
    b[1] = 3.0 * w[1]
    b[2] = b[1] * w[2]
    return b[1] * b[2]


def overwritten_by_a_loop(w, x):
    total = 0.0
    for k in range(3):
        b = w * x
        for i in range(1, 3):
            b[i] = w[i] * k
        total += b[k] * b[4]
    return total


def swapped(w, x):
    """Which of two lengths it is depends on the number of swaps: what is asked is another array."""
    total = 0.0
    for k in range(3):
        b, c = w * x, np.append(w, 1.0) * 2.0
        for i in range(k):
            b[0] = w[i] * 2.0
            c[1] = w[i] * x[i]
            b, c = c, b
        total += b[0] * b[1] + c[2]
    return total


def overwritten_in_an_arm(w, x):
    b = w * x
    if x[0] > 0.0:
        b[0] = 2.0 * w[0]
    return b[0] * b[1]


def still_read(w, x):
    b = w * x
    c = b.copy()
    b[0] = w[1]
    return b[0] * b[1] * np.sum(c * c)


ALL = [overwritten_once, overwritten_again_and_again, overwritten_by_a_loop, swapped, overwritten_in_an_arm, still_read]


@pytest.mark.parametrize("backend", ["python", "numba"])
@pytest.mark.parametrize("f", ALL, ids=lambda f: f.__name__)
def test_numbers(f, backend):
    if backend == "python":
        check(f, W, X, argnums=(0, 1))
    else:
        for a, b in zip(grad(f, argnums=(0, 1), backend="numba")(W, X), grad(f, argnums=(0, 1))(W, X)):
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("backend", ["python", "numba"])
@pytest.mark.parametrize("f", ALL[:3], ids=lambda f: f.__name__)
def test_nothing_is_copied(f, backend):
    text = grad(f, backend=backend).source_for(W, X)
    assert "np.zeros_like(b" in text and "copy(" not in text
