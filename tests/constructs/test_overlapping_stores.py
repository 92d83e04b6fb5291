"""Parts of an array that are stored in parts of it that overlap them: what is stored is read first."""
import linecache

import numpy as np
import pytest

from symgrad import jvp, tape, value_and_grad
from tests.helpers import check, check_native

rng = np.random.default_rng(12)
A, M = rng.normal(size=7), rng.normal(size=(3, 3))
TEXT = """
def program(x, a, m):
    a[1] = m[0, 0] = x
    {}
    return np.sum(np.sin(m)) * x + np.sum(np.cos(a) * np.arange(7.0))
"""
# where NumPy reads first, and where it does not: the latter with a copy, too
STORES = ["a[1:] = a[:-1]", "a[:-1] = a[1:]", "a[:] = a[::-1]", "a[:4] = a[::2]", "a[2:5] = a[::3]", "a[:-1] += a[1:]",
          "a += a[::-1]", "a[:] = a[1]", "a[[0, 1, 2]] = a[[1, 2, 3]]", "a[:4] = a[[3, 2, 1, 0]]", "v = a[1:]; a[:-1] = v; a[0] = v[2]",
          "np.multiply(a[:-1], a[1:], out=a[1:])", "a[a > 0.0] *= a[0]", "m[:] = m.T", "m[:] = m[0]", "m[:] = m[:, :1]", "m += m.T",
          "m[1:] = m[:-1]", "m[:, 1:] = m[:, :-1]", "m[0] = m[:, 0]", "m[1] += m[:, 0]", "m[2] = m.diagonal()", "m.T[1] = m[::-1, 1]"]
WRONG = ["a[::2] = a[:4]", "a[1:5] = a[::2]", "m[1, :] = m[:, 2]", "m[:, 2] = m[1]", "m[1] = m.T[2]", "v = m[:, 2]; m[1, :] = v",
         "for i in range(2): m[1, :] = m[:, 2 - i]"]


def program(store):
    file = f"<store {store}>"
    text = TEXT.format(store)
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    namespace = {"np": np}
    exec(compile(text, file, "exec"), namespace)
    return namespace["program"]


@pytest.mark.parametrize("store", STORES)
def test_stores_that_numpy_reads_first(store):
    check(program(store), 0.7, A, M)


@pytest.mark.parametrize("store", WRONG)
def test_stores_that_numpy_does_not_read_first(store):
    f, read_first = program(store), program(store + ".copy()")
    check(read_first, 0.7, A, M)
    expected = value_and_grad(read_first, argnums=(0, 1, 2))(0.7, A, M)
    for found in (value_and_grad(f, argnums=(0, 1, 2))(0.7, A, M), tape.value_and_grad(f, argnums=(0, 1, 2))(0.7, A.copy(), M.copy())):
        assert found[0] == expected[0]
        for mine, theirs in zip(found[1], expected[1], strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-13, atol=1e-15)
    value, slope = jvp(f, (0.7, A, M), (1.0, A, M))
    assert value == expected[0]
    np.testing.assert_allclose(slope, sum(np.sum(g * d) for g, d in zip(expected[1], (1.0, A, M))), rtol=1e-13)


def test_compiled_stores_read_first():
    pytest.importorskip("numba")
    for store in (WRONG[0], WRONG[2]):
        assert check_native(program(store + ".copy()"), 0.7, A, M) == ""
        expected = value_and_grad(program(store + ".copy()"), argnums=(0, 1, 2))(0.7, A, M)
        value, gradient = value_and_grad(program(store), argnums=(0, 1, 2), backend="numba")(0.7, A, M)
        np.testing.assert_allclose(value, expected[0], rtol=1e-13)
        for mine, theirs in zip(gradient, expected[1], strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-13, atol=1e-15)
