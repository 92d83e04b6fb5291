"""Recursive functions: one call, two calls, trees, mutual, with arrays, inside loops."""
import math

import numpy as np
import pytest

from symgrad import grad
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
