"""Recursive functions: one call, two calls, trees, mutual, with arrays, inside loops."""
import math

import numpy as np
import pytest

from symgrad import grad
from symgrad.errors import AliasError
from tests.helpers import check

rng = np.random.default_rng(6)
V = rng.normal(size=8)


def power(x, n):
    if n == 0:
        return 1.0
    half = power(x, n // 2)
    return half * half * (x if n % 2 else 1.0)


def fibonacci_like(x, n):
    if n < 2:
        return x + n
    return fibonacci_like(x, n - 1) * 0.7 + math.sin(fibonacci_like(x, n - 2))


def iterate(x, n):
    return x if n == 0 else iterate(3.1 * x * (1.0 - x), n - 1)


def tree_sum(tree):
    if isinstance(tree, tuple):
        left, right = tree
        return tree_sum(left) * tree_sum(right) + 1.0
    return tree * tree


def tree_depth_weighted(tree, x):
    total = tree["value"] * x
    for child in tree["children"]:
        total += 0.5 * tree_depth_weighted(child, x * x)
    return total


def is_even_step(x, n):
    return x if n == 0 else is_odd_step(x * x + 0.1, n - 1)


def is_odd_step(x, n):
    return -x if n == 0 else is_even_step(math.cos(x), n - 1)


def horner(coefficients, x):
    if len(coefficients) == 0:
        return 0.0
    return coefficients[0] + x * horner(coefficients[1:], x)


def pairwise_sum(v):
    if len(v) == 1:
        return v[0] ** 2
    m = len(v) // 2
    return pairwise_sum(v[:m]) + pairwise_sum(v[m:]) * 1.1


def smooth(v):
    if v.shape[0] == 1:
        return v
    even, odd = smooth(v[::2]), smooth(v[1::2])
    return np.concatenate([even + odd, np.tanh(even - odd)])


def transform_norm(v):
    return np.sum(smooth(v) ** 2)


def adaptive_simpson(x, a, b, depth):
    m = 0.5 * (a + b)
    coarse = (b - a) * (math.exp(x * a) + 4.0 * math.exp(x * m) + math.exp(x * b)) / 6.0
    if depth == 0 or abs(coarse) < 0.2:
        return coarse
    return adaptive_simpson(x, a, m, depth - 1) + adaptive_simpson(x, m, b, depth - 1)


def binomial_option(s, up, strike, n):
    if n == 0:
        return s - strike if s > strike else 0.0
    return 0.5 * binomial_option(s * up, up, strike, n - 1) + 0.5 * binomial_option(s / up, up, strike, n - 1)


def inner_recursion(x, n):
    def step(y, k):
        if k == 0:
            return y
        return step(y * x + math.sin(y), k - 1)
    return step(x, n) * x


def recursion_in_loop(v, x):
    total = 0.0
    for k, e in enumerate(v):
        total += e * power(x, k)
    return total


def in_place_recursion(v):
    u = v.copy()

    def prefix(i):
        if i == len(u):
            return
        u[i] += 0.5 * u[i - 1]
        prefix(i + 1)

    prefix(1)
    return np.sum(u**2)


TREE = ((0.7, (1.2, 0.4)), (0.9, 1.1))
NODES = {"value": 1.2, "children": [{"value": 0.5, "children": []},
                                    {"value": -0.8, "children": [{"value": 0.3, "children": []}]}]}


@pytest.mark.parametrize("case", [
    (power, 1.1, 13), (power, 1.1, 1), (fibonacci_like, 0.7, 6), (iterate, 0.3, 5), (iterate, 0.3, 0),
    (tree_sum, TREE), (tree_sum, 0.6), (tree_depth_weighted, NODES, 0.8), (is_even_step, 0.6, 4),
    (is_even_step, 0.6, 5), (horner, [0.4, -1.2, 0.7], 1.3), (horner, V, 0.7), (pairwise_sum, V),
    (transform_norm, V), (adaptive_simpson, 0.8, 0.0, 1.5, 4), (inner_recursion, 0.6, 3),
    (recursion_in_loop, V, 0.8), (in_place_recursion, V), (binomial_option, 10.0, 1.1, 9.7, 4),
], ids=lambda case: case[0].__name__)
def test_recursion(case):
    check(*case)


def test_zero_depth():
    assert grad(power)(1.1, 0) == 0.0


def test_depth_of_some_hundred_calls():
    assert grad(iterate)(0.3, 0) == 1.0
    check(recursion_of_averages, 0.4, 200)


def recursion_of_averages(x, n):
    if n == 0:
        return x
    return 0.5 * (recursion_of_averages(x, n - 1) + 1.0 / (1.0 + x))


# -- memory --------------------------------------------------------------------------------


def average(a, lo, hi):
    if hi - lo < 2:
        a[lo] = math.tanh(a[lo])
        return
    mid = (lo + hi) // 2
    average(a, lo, mid)
    average(a, mid, hi)
    a[lo] += a[mid] * a[hi - 1]


def averaged(v):
    w = v * 1.0
    average(w, 0, len(w))
    return np.dot(w, w)


def products(a):
    if len(a) < 2:
        return
    a[1:] = a[1:] * a[:-1]
    products(a[1:])


def written_through_views(v):
    w = v.copy()
    products(w)
    return np.sum(w)


def memo_in_an_array(x, n):
    memo = np.zeros(n + 1)
    done = [False] * (n + 1)

    def value(k):
        if k < 2:
            return x
        if not done[k]:
            memo[k] = value(k - 1) * 0.7 + math.sin(value(k - 2))
            done[k] = True
        return memo[k]

    return value(n)


def appended_to(x, n):
    out = []

    def go(y, k):
        if k == 0:
            return
        out.append(y)
        go(math.sin(y) * 1.1, k - 1)

    go(x, n)
    return sum(v * v for v in out)


def closure_changes_between_calls(x, n):
    factor = x

    def go(y, k):
        return y if k == 0 else go(y * factor, k - 1)

    a = go(1.0, n)
    factor = factor + 1.0
    b = go(1.0, n)
    factor = 2.0
    return a * b + go(x, n)


def changes_in_a_loop(x, n):
    u = np.zeros(3)
    total = 0.0

    def go(k):
        return u[k % 3] * x if k == 0 else 0.5 * go(k - 1) + u[k % 3] * x

    for i in range(n):
        u[i % 3] += x * i
        total += go(i)
    return total


def written_and_read(v):
    def go(a, k):
        if k == len(a):
            return 0.0
        a[k] = a[k] * a[k - 1]
        s = np.sum(a[:k] ** 2)
        return s + go(a, k + 1) * a[0]

    w = v.copy()
    r = go(w, 1)
    return r + np.dot(w, v)


def reversed_in_place(v):
    def go(a):
        if len(a) < 2:
            return
        a[0], a[-1] = a[-1] * 2.0, a[0] * a[-1]
        go(a[1:-1])

    w = v.copy()
    go(w)
    return np.dot(w, np.arange(len(w)))


def sum_of_list(xs):
    if not xs:
        return 0.0
    return math.sin(xs[0]) + 0.5 * sum_of_list(xs[1:])


def returns_its_argument(v, n):
    def go(a, k):
        return a if k == 0 else go(a * 1.5, k - 1)

    w = go(v, n)
    w = w + 1.0
    w[0] = 3.0 * w[1]
    return np.sum(w * v)


@pytest.mark.parametrize("case", [
    (averaged, V), (written_through_views, V), (memo_in_an_array, 0.4, 6), (appended_to, 0.4, 5),
    (closure_changes_between_calls, 0.7, 3), (changes_in_a_loop, 0.7, 5), (written_and_read, V), (reversed_in_place, V),
    (sum_of_list, [0.3, -0.5, 1.1]), (returns_its_argument, V, 0), (returns_its_argument, V, 2),
], ids=lambda case: case[0].__name__)
def test_memory(case):
    check(*case)


def range_sum(a, lo, hi):
    if hi - lo == 1:
        return a[lo] ** 2
    mid = (lo + hi) // 2
    return range_sum(a, lo, mid) + 1.5 * range_sum(a, mid, hi)


@pytest.mark.parametrize("f, args", [(range_sum, (V, 0, 8)), (pairwise_sum, (V,)), (averaged, (V,)),
                                     (memo_in_an_array, (0.4, 6)), (appended_to, (0.4, 3))])
def test_an_element_costs_an_element(f, args):
    source = grad(f).source_for(*args)
    head = source[:source.index(f"def {f.__name__}_grad(")]
    assert "zeros" not in head and "copy" not in head, source


def test_memory_given_twice_is_refused():
    def go(a, b, k):
        if k == 0:
            return 0.0
        a[0] = a[0] * b[1]
        return b[0] + go(a, b, k - 1)

    def twice(v, n):
        w = v.copy()
        return go(w, w, n)

    with pytest.raises(AliasError, match="given to it twice"):
        grad(twice)(V, 3)
