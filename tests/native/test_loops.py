"""Array statements as loops: the same numbers as array code, in one pass where that may be."""
import warnings

import numpy as np
import pytest

import symgrad
from symgrad.errors import NativeFallbackWarning
from symgrad.optimize.loops import lengths
from tests.helpers import flatten

RNG = np.random.default_rng(5)


def jacobi(a, steps):
    a, b = a.copy(), a.copy()
    for _ in range(steps):
        b[1:-1, 1:-1] = 0.25 * (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:])
        a[1:-1, 1:-1] = 0.25 * (b[:-2, 1:-1] + b[2:, 1:-1] + b[1:-1, :-2] + b[1:-1, 2:])
    return np.sum(a * a)


def in_place(a):
    a = a.copy()
    a[1:] = 0.5 * a[:-1] * a[1:]                    # reads what it overwrites
    a[:-1] += a[1:] ** 2
    return np.sum(np.sin(a))


def softmax(x):
    e = np.exp(x - np.max(x))
    return np.sum((e / np.sum(e)) ** 2)


def scaled(x):
    return np.max(x) - np.min(x) + np.sum(np.tanh(x))


def stretched(x, w):
    return np.sum(x * w[:, None] + w[None, :])


def softmax_rows(x, w):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return np.mean(np.log(p[:, 0])) + np.sum(np.mean(w * x, axis=0) ** 2) + np.sum(np.min(x, axis=(0, 1)))


def averaged(x):
    return np.sum(np.mean(x ** 2, axis=(0, 2), keepdims=True) ** 2) + np.mean(x) + np.sum(np.sum(x * x, axis=-1) ** 2)


def columns(a, r):
    y = np.zeros_like(a)
    y[:, 0] = r * a[:, 0]
    for j in range(1, a.shape[1]):
        y[:, j] = r * a[:, j] + y[:, j - 1] ** 2
    return np.sum(y)


def rows(a):
    a = a.copy()
    for i in range(a.shape[0]):
        a[i, i] = np.sqrt(a[i, i] - a[i, :i] @ a[i, :i])
        for j in range(i + 1, a.shape[0]):
            a[j, i] = (a[j, i] - a[j, :i] @ a[i, :i]) / a[i, i]
    return np.sum(np.log(np.diag(a)))


def turned(a, b):
    return np.sum(a[::-1] * b + a[::2].sum())


def symmetric(a):
    a = 0.5 * (a + a.T)
    b = a.copy()
    b[:, 1:] += b.T[:, 1:]
    return np.sum(a * a * a) + np.sum(b[1:] * np.swapaxes(a, 0, 1)[1:])


def gathered(x, w, i):
    y = np.zeros(x.shape[0])
    y[i] = x[i] * w[0]
    np.add.at(y, i, w[i])                           # an index may come twice
    m = np.outer(x, y)
    np.add.at(m, (i, i), w[i])
    return np.sum(y ** 2) + np.sum(m[:, i] * w[None, i]) + np.sum(np.log(1.0 + np.diag(m) ** 2))


def chosen(x):
    return np.sum(np.where(x > 0.0, x ** 2, np.exp(x)))


def flipped(a, b):
    a = a.copy()
    a[::-1] *= np.cos(b[np.array([2, 0, 1])])
    return np.sum(a) + np.sum(np.sin(b))


def spd(n):
    a = RNG.standard_normal((n, n))
    return a @ a.T + n * np.eye(n)


CASES = [
    (jacobi, RNG.standard_normal((5, 6)), 3), (jacobi, np.ones((2, 2)), 2), (jacobi, np.zeros((0, 4)), 1),
    (in_place, RNG.standard_normal(7)), (in_place, np.ones(1)), (in_place, np.zeros(0)),
    (softmax, RNG.standard_normal(9)), (softmax, np.ones(1)), (softmax, np.ones((3, 4))),
    (scaled, RNG.standard_normal((3, 4))), (scaled, np.array([1.0, 3.0, 3.0])),
    (stretched, RNG.standard_normal((4, 4)), RNG.standard_normal(4)),
    (stretched, RNG.standard_normal((3, 1)), RNG.standard_normal(3)),
    (softmax_rows, RNG.standard_normal((3, 5)), 0.5), (softmax_rows, RNG.standard_normal((3, 1)), 0.5),
    (flipped, RNG.standard_normal(3), RNG.standard_normal(3)),
    (averaged, RNG.standard_normal((2, 3, 4))), (averaged, np.ones((1, 3, 1))),
    (softmax_rows, RNG.standard_normal((3, 5)).astype(np.float32), 0.5),
    (columns, RNG.standard_normal((3, 4)), 0.3), (rows, spd(5)), (rows, spd(1)),
    (turned, RNG.standard_normal(4), RNG.standard_normal(4)), (symmetric, RNG.standard_normal((4, 4))),
    (gathered, RNG.standard_normal(5), RNG.standard_normal(5), np.array([0, 3, 3, -1])),
    (gathered, RNG.standard_normal(5), RNG.standard_normal(5), np.zeros(0, int)),
    (chosen, RNG.standard_normal(6)),
    (softmax, RNG.standard_normal(9).astype(np.float32)), (in_place, np.ones(5, np.float32)),
    (in_place, np.asfortranarray(RNG.standard_normal((4, 3)))), (in_place, RNG.standard_normal((8, 3))[::2]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0].__name__}{np.shape(c[1])}")
def test_the_same_gradient(case):
    f, *args = case
    argnums = tuple(i for i, a in enumerate(args) if not isinstance(a, int) and np.asarray(a).dtype.kind == "f")
    expected = symgrad.value_and_grad(f, argnums=argnums)(*args)
    with warnings.catch_warnings():
        warnings.simplefilter("error", NativeFallbackWarning)
        found = symgrad.value_and_grad(f, argnums=argnums, backend="numba")(*args)
    single = args[0].dtype == np.float32
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5 if single else 1e-13, equal_nan=False)
    for a, b in zip(found[1], expected[1]):
        assert np.shape(a) == np.shape(b) and np.asarray(a).dtype == np.asarray(b).dtype
        np.testing.assert_allclose(flatten([a]), flatten([b]), rtol=1e-4 if single else 1e-12, atol=1e-13,
                                   equal_nan=False)


def test_an_expression_has_no_arrays_in_between():
    source = symgrad.grad(jacobi, backend="numba").source_for(np.ones((4, 4)), 1)
    assert "for i in range" in source
    forward = source[source.index("# forward"):source.index("# reverse")]
    assert "np.empty" not in forward and "[1:-1" not in forward


def test_shapes_that_loops_are_not_for_run_in_python():
    def f(a, b):
        b = b.copy()
        b[1:-1] = 2.0 * a[1:-1]                     # one element may be stretched, which types do not say
        return np.sum(b * b)

    g = symgrad.grad(f, argnums=(0, 1), backend="numba")
    plain = symgrad.grad(f, argnums=(0, 1))
    args = np.array([1.0, 2.0, 3.0]), np.arange(6.0)
    with pytest.warns(NativeFallbackWarning, match="taken? to be equal|take to be equal"):
        found = g(*args)
    for a, b in zip(found, plain(*args)):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(g(args[1], args[1]), plain(args[1], args[1])):
        np.testing.assert_allclose(a, b, rtol=1e-15)


@pytest.mark.parametrize("ask", [lambda: lengths.equal_lengths(2, 3), lambda: lengths.not_empty(0)])
def test_what_is_raised_is_known(ask):
    with pytest.raises(ValueError, match=f"^{lengths.UNEQUAL}$"):
        ask()


def test_what_is_moved_into_a_block_of_the_primal():
    def most(x, a):
        try:
            a[0] -= x * abs(np.max(a))
        finally:
            pass
        return 0.3 * np.sum(a)

    with pytest.warns(NativeFallbackWarning, match="an exception is handled"):
        text = symgrad.grad(most, argnums=(0, 1), backend="numba").source_for(1.2, np.ones(3))
    assert text == symgrad.grad(most, argnums=(0, 1)).source_for(1.2, np.ones(3))


def test_nan_reaches_a_maximum():
    g = symgrad.value_and_grad(scaled, backend="numba")
    assert np.isnan(g(np.array([1.0, np.nan, 2.0]))[0])


def test_a_maximum_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="zero-size array"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        symgrad.value_and_grad(scaled, backend="numba")(np.zeros(0))
