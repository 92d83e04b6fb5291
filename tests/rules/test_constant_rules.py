"""Every function that nothing flows through, called with what is differentiated."""
import ast
import cmath
import inspect
import math
import operator
import pathlib
import sys

import numpy as np
import pytest

import symgrad
from symgrad import tape
from tests.helpers import check

V = np.array([0.4, -1.7, 2.3, 0.9])


def made(v, x):
    a = np.zeros(4) + np.ones(4) + np.zeros_like(v) + np.ones_like(v) + len(np.empty(4)) + len(np.empty_like(v))
    s = np.eye(4) + np.identity(4) + np.tri(4)
    w = np.hanning(4) + np.hamming(4) + np.blackman(4) + np.bartlett(4) + np.kaiser(4, 3.0)
    return x * np.sum(v * v * a * w) + v @ s @ v + float(np.finfo(np.dtype("float64")).eps) + int(np.iinfo("int64").bits)


def places(v, x):
    s = np.outer(v, v)
    total = x * (np.sum(s[np.triu_indices(4)]) + np.sum(s[np.tril_indices(4)]) + np.sum(s[np.diag_indices(4)]))
    total += np.sum(s[np.triu_indices_from(s)]) * np.sum(s[np.tril_indices_from(s)]) + np.sum(s[np.diag_indices_from(s)])
    total += np.sum(s[np.ix_([0, 2], [1, 3])]) + s[np.unravel_index(6, (4, 4))] + v[np.ravel_multi_index((1, 1), (2, 2))]
    total += np.sum(s[np.mask_indices(4, np.triu)]) + np.sum(np.indices((2, 2))) * x + np.linalg.matrix_rank(s) * x
    return total


def found(v, x):
    total = v[np.argmax(v)] * v[np.argmin(v)] + v[np.nanargmax(v)] * v[np.nanargmin(v)] * x
    total += v[np.argsort(v)[1]] + v[np.lexsort((v, v))[2]] + np.sum(v[np.argpartition(v, 1)[:1]])
    total += x * np.searchsorted(np.sort(v), x) + x * np.sum(np.digitize(v, np.array([0.0, 1.0])))
    total += np.sum(v[np.nonzero(v > 0.0)]) * np.sum(v[np.flatnonzero(v > 0.0)]) + np.sum(v[np.argwhere(v < 0.0)])
    total += np.sum(v[np.isin(v, v[:1])]) ** 2
    return total


def counted(v, x):
    total = x * (np.count_nonzero(v > 0.0) + np.count_nonzero(v)) + (x if np.any(v > 0.0) and not np.all(v) else 0.0)
    total += (x if np.logical_and.reduce(v) else 0.0) + (2.0 * x if np.logical_or.reduce(v) else 0.0)
    total += x * x if np.logical_xor.reduce(v) else x
    total += x * np.shape(v)[0] * np.ndim(v) * np.size(v) * np.broadcast_shapes(np.shape(v), (1,))[0]
    total += x if np.iscomplexobj(v) or not np.isrealobj(v) or np.isscalar(v) or np.result_type(v, x) != v.dtype else v[0]
    return total + (x if np.may_share_memory(v, v) and np.shares_memory(v, v) else v[1])


def rounded(v, x):
    total = x * (math.floor(x) + math.ceil(x) + math.trunc(x) + round(x) + int(x) + x // 2.0 + operator.floordiv(x, 2.0))
    total += np.sum(v * (np.floor(v) + np.ceil(v) + np.trunc(v) + np.rint(v) + np.round(v) + np.around(v, 1) + np.fix(v)))
    total += np.sum(v * (np.floor_divide(v, 0.7) + np.sign(v) + np.signbit(v) + np.spacing(v))) + math.ulp(x)
    return total + np.sum(np.floor_divide.outer(v, v[:3] + 0.07) * v[1:])


def compared(v, x):
    a, b = v[:2], v[2:]
    c = np.less(a, b) + 2.0 * np.less_equal(a, b) + np.equal(a, b) + np.not_equal(a, b) + np.greater(a, b)
    c = c + np.greater_equal(a, b) + np.logical_and(a, b) + np.logical_or(a, b) + np.logical_xor(a, b) + np.logical_not(a)
    outer = (np.less.outer(a, b) + np.less_equal.outer(a, b) + np.greater.outer(a, b) + np.greater_equal.outer(a, b)
             + np.equal.outer(a, b) + np.not_equal.outer(a, b) + np.logical_and.outer(a, b) + np.logical_or.outer(a, b)
             + np.logical_xor.outer(a, b) + 0.0)
    if (x < 1.0) or (x <= 1.0) or (x == 1.0) or (x != 1.0) or not (x > 1.0) or not (x >= 1.0):
        c = 2.0 * c
    if operator.lt(x, 1.0) or operator.le(x, 1.0) or operator.eq(x, 1.0) or operator.ne(x, 1.0) or operator.not_(x):
        c = 3.0 * c
    if operator.gt(x, 1.0) and operator.ge(x, 1.0) and operator.truth(x) and bool(x) and operator.is_not(x, None):
        c = 5.0 * c
    if operator.is_(x, None) or operator.contains((1.0, 2.0), x) or operator.countOf((1.0, x), x) != 1:
        c = 7.0 * c
    return np.sum(c * a) + x * np.sum(outer @ b) + x * int(operator.indexOf((1.0, x), x))


def asked(v, x):
    c = np.isfinite(v) + 2.0 * np.isinf(v) + np.isnan(v) + np.isneginf(v) + np.isposinf(v) + np.isreal(v) + np.iscomplex(v)
    c = c + np.isclose(v, 0.0, atol=1.0)
    if np.allclose(v, v) and np.array_equal(v, v):
        c = 2.0 * c
    if math.isclose(x, 1.0, rel_tol=0.5) and math.isfinite(x) and not math.isinf(x) and not math.isnan(x):
        c = 3.0 * c
    z = complex(x, v[0])
    if cmath.isclose(z, z) and cmath.isfinite(z) and not cmath.isinf(z) and not cmath.isnan(z):
        c = 5.0 * c
    return np.sum(c * v) * x


def whole(v, x, n, k):
    total = math.comb(n, 2) + math.perm(n, 2) + math.factorial(n) + math.isqrt(n) + math.gcd(n, 4) + math.lcm(n, 4)
    total += (n & 5) + (n | 8) + (n ^ 3) + ~n + (n << 2) + (n >> 1) + operator.index(n)
    total += operator.and_(n, 5) + operator.or_(n, 8) + operator.xor(n, 3) + operator.invert(n) + operator.inv(n)
    total += operator.lshift(n, 2) + operator.rshift(n, 1)
    c = np.gcd(k, 4) + np.lcm(k, 4) + np.bitwise_and(k, 5) + np.bitwise_or(k, 8) + np.bitwise_xor(k, 3) + np.invert(k)
    c = c + np.left_shift(k, 2) + np.right_shift(k, 1) + np.bitwise_count(k)
    c = c + (k & 6) + (k | 9) + (k ^ 2) + ~k + (k << 1) + (k >> 2)
    return x * total + np.sum(v * v * c)


K = np.array([3, 7, 12, 5])


@pytest.mark.parametrize("case", [(made, V, 1.3), (places, V, 1.3), (found, V, 1.3), (counted, V, 1.3), (rounded, V, 1.3),
                                  (compared, V, 1.3), (asked, V, 1.3), (whole, V, 1.3, 6, K)], ids=lambda case: case[0].__name__)
def test_nothing_flows_through(case):
    check(*case, argnums=(0, 1))
    f, *args = case
    tape.grad(f, argnums=(0, 1))(*args)                 # by rules only: where there is none it raises


def test_all_of_them_are_called():
    called = inspect.getsource(sys.modules[__name__])
    stated = [ast.unparse(argument) for path in (pathlib.Path(symgrad.__file__).parent / "rules").glob("*.py")
              for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
              and ast.unparse(node.func) == "constant" for argument in node.args if not isinstance(argument, ast.Starred)]
    names = {name.split(".")[-1] for name in stated if not name.startswith(("(", "special."))}
    missing = {name for name in names - {"isnat"} if f"{name}(" not in called}      # isnat is of dates
    assert len(names) > 100 and not missing
