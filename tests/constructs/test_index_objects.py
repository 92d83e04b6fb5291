"""np.mgrid, np.ogrid, np.r_ and np.c_: functions that are called by indexing."""
import numpy as np
import pytest

import symgrad
from symgrad import grad, jvp, tape, value_and_grad
from tests.helpers import check

X = np.array([0.3, 1.7, 0.9, 2.2])
W = np.array([1.5, -0.5, 2.0, 0.25])


def outer_grid(x):
    i, j = np.ogrid[0:4, 0:2]
    return np.sum((x[:, None] * i + j) ** 2)


@pytest.mark.parametrize("f", [
    lambda x: np.sum(x * np.mgrid[0:4] ** 2), lambda x: np.sum(x * np.mgrid[0:1:4j] ** 2),
    lambda x: np.sum(x * np.mgrid[0:3, 1:2:4j]), lambda x: np.sum(x * np.mgrid[0:len(x), 0:4][1]), outer_grid,
])
def test_grids_are_constants(f):
    check(f, X)


@pytest.mark.parametrize("f", [
    lambda x, w: np.sum(np.r_[x, 2.0, x[0] * w[1], 0:3, w] ** 2 * np.arange(13.0)),
    lambda x, w: np.sum(np.r_[x] ** 2 * w), lambda x, w: np.sum(np.r_[x[0], [w[1], 3.0], 0:1:3j] ** 2 * np.arange(6.0)),
    lambda x, w: np.sum(np.r_[np.outer(x, w), np.ones((1, 4))] ** 2),
    lambda x, w: np.sum(np.c_[x, w, 0:4] ** 2 * np.arange(12.0).reshape(4, 3)),
    lambda x, w: np.sum(np.c_[np.ones(4), x] @ w[:2]), lambda x, w: np.sum(np.c_[x[0], w[1]] ** 2),
    lambda x, w: np.sum(np.mgrid[x[0]:x[1]:3j, 0:2] ** 2 * w[0]),
])
def test_arrays_are_joined(f):
    value, gradients = value_and_grad(f, argnums=(0, 1))(X, W)
    assert value == f(X, W)
    for k, g in enumerate(gradients):
        for i in range(4):
            step = np.zeros((2, 4))
            step[k, i] = 1e-6
            slope = (f(X + step[0], W + step[1]) - f(X - step[0], W - step[1])) / 2e-6
            assert g[i] == pytest.approx(slope, rel=1e-6, abs=1e-7)
    value, taped = tape.value_and_grad(f, argnums=(0, 1))(X, W)
    assert value == f(X, W)
    np.testing.assert_allclose(taped, gradients, 1e-13, 1e-13, equal_nan=False)
    slope = jvp(f)((X, W), (W, X))[1]
    assert slope == pytest.approx(gradients[0] @ W + gradients[1] @ X, rel=1e-12)


def test_precisions_meet_as_they_do_in_numpy():
    x = X.astype(np.float32)
    value, slope = jvp(lambda x: np.r_[x, 2.0, x[0]])((x,), (x,))
    assert value.dtype == np.r_[x, 2.0, x[0]].dtype == slope.dtype == np.float32
    np.testing.assert_array_equal(slope, np.r_[x, np.float32(0.0), x[0]])


@pytest.mark.parametrize("f, message", [
    (lambda x: np.sum(np.r_["0,2", x, x]), "directions in a string"),
    (lambda x: np.mgrid[3] * x, "indexed with slices"),
    (lambda x: np.sum(x * np.mgrid[0:1:len(x) * 1j]), "complex step"),
    (lambda x: np.sum(np.c_[x[:, None, None]]), "more than two axes"),
    (lambda x: len[3] * x, "an object of type builtin_function_or_method cannot be indexed"),
])
def test_what_is_refused(f, message):
    with pytest.raises(symgrad.UnsupportedError, match=message) as error:
        grad(f)(X)
    assert error.value.span is not None


@pytest.mark.parametrize("f, message", [
    (lambda x: np.sum(np.r_["0,2", x, x]), "directions in a string"),
    (lambda x: np.mgrid[x[0]] * x, "indexed with slices"),
    (lambda x: np.sum(np.c_[x[:, None, None]]), "more than two axes"),
])
def test_what_is_refused_on_the_tape(f, message):
    with pytest.raises(symgrad.UnsupportedError, match=message) as error:
        tape.grad(f)(X)
    assert "np." in error.value.span.text


@pytest.mark.filterwarnings("ignore:.*row_stack:DeprecationWarning")
@pytest.mark.skipif(not hasattr(np, "row_stack"), reason="np.row_stack is deprecated")
def test_row_stack():
    check(lambda x: np.sum(np.row_stack([x, 2.0 * x]) ** 2), X)
