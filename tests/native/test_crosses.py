"""Cross products in compiled code: written by their elements, with what NumPy computes."""
import numpy as np
import pytest

from symgrad import grad
from symgrad.errors import NativeFallbackWarning
from tests.helpers import check_native

RNG = np.random.default_rng(11)
A, B, V = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3)), RNG.normal(size=3)


def rows(a, b):
    """Vectors that a loop chooses, and parts of them."""
    total = 0.0
    for i in range(len(a)):
        c = np.cross(a[i], b[i % 2][0:3] * 2.0)
        if c[0] > 0.0:
            c = c + np.cross(c, a[i])
        total += np.dot(c, b[i]) * c[2]
    return total


def turned(a, b):
    """What is carried is an operand, and is overwritten."""
    v, w = b[0].copy(), b[1].copy()
    total = 0.0
    for i in range(len(a)):
        v = np.cross(v, a[i]) + v
        w[:] = np.cross(a[i], w)
        w[1] *= v[0]
        total += np.sum(v * w)
    return total


def kept(a, b):
    """What an iteration made is read by the next one."""
    before = np.ones(3)
    total = 0.0
    for i in range(len(a)):
        c = np.cross(a[i], b[i])
        total += np.dot(before, c * c)
        before = c
    return total + np.sum(before)


def stacks(a, b):
    return np.sum(np.cross(a, b) ** 3) + np.sum(np.linalg.cross(np.sin(a), b[::-1]) * a)


def stack_and_vector(a, v):
    total = 0.0
    for i in range(len(a)):
        total += np.sum(np.cross(a, v * a[i, 0]) ** 2)
    return total + np.sum(np.cross(v, a)[:, 1] ** 3) + np.sum(np.cross(v[None, :], a) ** 2)


def planes(a, b):
    """Stacks of stacks."""
    t = np.stack([a, b * a])
    return np.sum(np.cross(t, t[::-1] * 2.0 + a) ** 2)


@pytest.mark.parametrize("f, args", [(rows, (A, B)), (turned, (A, B)), (kept, (A, B)), (stacks, (A, B)), (stack_and_vector, (A, V)),
                                     (planes, (A, B)), (rows, (A[:0], B)), (stacks, (A[:0], B[:0])),
                                     (stacks, (A.astype("f4"), B.astype("f4")))], ids=lambda x: getattr(x, "__name__", ""))
def test_numbers(f, args):
    assert check_native(f, *args, rtol=1e-12 if args[0].dtype == float else 1e-4) == ""
    if f in (rows, turned, kept, stacks):               # else types do not tell which operand has the result's shape
        assert "np.cross(" not in kernel(f, *args)


@pytest.mark.parametrize("x", [np.nan, np.inf, -0.0])
def test_what_is_no_finite_number(x):
    a = A.copy()
    a[1, 2] = x
    for f in (rows, stacks):
        with np.errstate(invalid="ignore"):
            check_native(f, a, B, nan_ok=True)


def test_allocates_nothing_in_the_loop():
    before, _, loop = kernel(rows, A, B).partition("    for i in range(")
    assert "np.empty(3)" in before and "np.empty(3)" not in loop


def test_vectors_of_other_lengths():
    """Two lengths that a type does not tell: the plain function runs, and has the last word."""
    def f(a, n):
        return np.sum(np.cross(a[:n], np.ones(3)) ** 2)

    gradient = grad(f, backend="numba")
    np.testing.assert_allclose(gradient(V, 3), grad(f, backend="python")(V, 3), rtol=1e-13)
    with pytest.raises(ValueError), pytest.warns(NativeFallbackWarning):
        gradient(np.ones(6), 4)


def kernel(f, *args):
    """The text, without comments."""
    text = grad(f, argnums=(0, 1), backend="numba").source_for(*args)
    return "".join(line.partition("#")[0] + "\n" for line in text.partition('"""')[2].splitlines())
