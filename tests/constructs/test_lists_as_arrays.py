"""Lists whose length only the call knows, given to functions that take arrays."""
import numpy as np
import pytest

from tests.helpers import check

V, M = np.array([0.5, 2.0, 1.3]), np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 0.5]])
REDUCED = [np.sum, np.mean, np.prod, np.std, np.var, np.max, np.min, np.ptp, np.median, np.average, np.linalg.norm,
           np.trapezoid]


@pytest.mark.parametrize("function", REDUCED, ids=lambda f: f.__name__)
def test_reductions(function):
    check(lambda v: function([x * x for x in v]), V)


def elementwise(v):
    return np.max(np.abs([3.0 * x for x in v])) + np.sum(np.clip([x * x for x in v], 0.1, 1.5) * v)


def rows(v, m):
    return np.sum([v * row for row in m], axis=0)[1] * np.trace([[x * y for y in v] for x in v])


def keyword(v):
    return np.average([x * x for x in v], weights=[x + 1.0 for x in v])


def products(v, n):
    out = [0.0] * n
    for i in range(n):
        out[i] = v[i] ** 2
    return np.dot(out, v) + np.exp(out)[1] + np.cumsum(out)[-1] + np.sum(np.diff(out) ** 2)


def changed_afterwards(v):
    out = [x * x for x in v]
    s = np.cumsum(out)
    out[0] = v[1]
    return np.sum(s * out)


@pytest.mark.parametrize("case", [(elementwise, V), (rows, V, M), (keyword, V), (products, V, 3), (changed_afterwards, V)],
                         ids=lambda case: case[0].__name__)
def test_gradient(case):
    check(*case)
