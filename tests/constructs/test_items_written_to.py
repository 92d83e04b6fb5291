"""Lists of arrays whose elements are written to: what a list holds is its own, in the primal, its tangent and its adjoint."""
import numpy as np
import pytest

from symgrad import AliasError, grad, jvp, value_and_grad
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


def test_an_item_that_a_branch_replaces():
    def f(x, n):
        a = x * 2.0
        items = [x * 1.0, x * 3.0]
        if n > 1:
            items[1] = a
        items[1][0] = 7.0 * x[1]
        return np.sum(a * a) + np.sum(items[1])

    for n in (0, 3):
        check(f, np.array([0.3, -0.8, 1.1]), n)


def chosen_in_a_loop(x, n):
    b = x * 2.0
    items = [b, x * 1.0]
    s = 0.0
    for i in range(n):
        s += items[i % 2][0]
    items[0] *= x[2]
    return s + np.sum(b)


def bound_in_a_loop(x, n):
    items = [x * 1.0, x * 2.0]
    b = x
    for i in range(n):
        b = items[i % 2]
    items[0][0] = 7.0
    return np.sum(b)


@pytest.mark.parametrize("f", [chosen_in_a_loop, bound_in_a_loop])
def test_items_that_a_loop_makes_a_run_time_list_of_keep_their_other_names(f):
    with pytest.raises(AliasError):
        grad(f)(np.array([0.3, -0.8, 1.1]), 3)


def test_an_item_that_is_replaced_has_an_adjoint_of_its_shape():
    def f(x, n):
        items = []
        for i in range(n):
            items.append(x * i)
        s = items[1][2]
        items[1] = x[:2] * 3.0
        return s + items[1][0] * items[2][1]

    check(f, np.array([0.3, -0.8, 1.1]), 3)
