"""Lists of arrays whose elements are written to: what a list holds is its own, in the primal, its tangent and its adjoint."""
import numpy as np
import pytest

from symgrad import jvp, value_and_grad
from tests.helpers import check

V, W = np.array([-0.7, -1.4, 0.5]), np.array([1.2, 0.3, 0.7])


def given_arrays(v, w, x):
    rows = [v, w * x, v * w]
    for i in range(3):
        rows[i][0] = x * rows[i - 1][i]
    return np.sum(rows[0] * rows[2])


def given_arrays_and_nothing_else(v, w, x):
    rows = [v, w]
    for i in range(2):
        rows[i][0] = x
    return rows[0][1] + rows[1][0]


def equal_tangents(v, w, x):
    rows = [v * 1.0, w * 1.0, v + 0.0]
    for i in range(3):
        rows[i][0] = x * rows[i - 1][i]
    return np.sum(rows[0] * rows[2])


def appended(v, w, x):
    rows = []
    for _ in range(3):
        rows.append(v * 1.0)
    for i in range(3):
        rows[i][0] = x * rows[i - 1][i] + w[i]
    return np.sum(rows[0] * rows[2])


def grows(v, w, x):
    rows = [v * 1.0, w * x, v * w]
    for i in range(3):
        rows[i][0] = x * rows[i - 1][i]
        if i == 1:
            rows.append(rows[0] * x)
    return np.sum(rows[0] * rows[3])


@pytest.mark.parametrize("f", [given_arrays, given_arrays_and_nothing_else, equal_tangents, appended, grows],
                         ids=lambda f: f.__name__)
def test_a_list_holds_arrays_of_its_own(f):
    check(f, V, W, 0.7)
    args, along = (V.copy(), W.copy(), 0.7), (W - V, V * W, 0.3)
    _, gradient = value_and_grad(f, argnums=(0, 1, 2))(V, W, 0.7)
    _, slope = jvp(f, args, tuple(map(np.copy, along[:2])) + along[2:])
    np.testing.assert_allclose(slope, sum(np.sum(g * d) for g, d in zip(gradient, along)), rtol=1e-13)
    assert np.array_equal(args[0], V) and np.array_equal(args[1], W)
