"""Recursive functions: one call, two calls, trees, mutual, with arrays, inside loops."""
import dataclasses
import math

import numpy as np
import pytest

from symgrad import grad
from symgrad.errors import AliasError
from tests.helpers import check, check_second

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


def remember(x, n, memo):
    if n < 2:
        memo[n] = x * n + 1.0
        return
    remember(x, n - 1, memo)
    memo[n] = memo[n - 1] * 0.5 + math.sin(memo[n - 2] if n > 2 else x)


def memo_that_is_filled(x, n):
    memo = {}
    remember(x, n, memo)
    return sum(memo.values())


def range_sum(a, lo, hi):
    if hi - lo == 1:
        return a[lo] ** 2
    mid = (lo + hi) // 2
    return range_sum(a, lo, mid) + 1.5 * range_sum(a, mid, hi)


@pytest.mark.parametrize("f, args", [(range_sum, (V, 0, 8)), (pairwise_sum, (V,)), (averaged, (V,)),
                                     (memo_in_an_array, (0.4, 6)), (appended_to, (0.4, 3)),
                                     (memo_that_is_filled, (0.4, 5))])
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


# -- objects that are arguments --------------------------------------------------------------


@dataclasses.dataclass
class Account:
    total: float
    count: int
    history: np.ndarray


def visit(account, x, n):
    if n == 0:
        return
    account.total = account.total * 0.5 + x
    account.count += 1
    visit(account, math.sin(x), n - 1)
    account.history[n] += account.total


def dataclass_argument(x, n):
    account = Account(x, 0, np.zeros(n + 1))
    visit(account, x, n)
    return account.total * account.count + np.sum(account.history**2)


def take_turns(x, n, a, b):
    if n == 0:
        return
    a.append(x)
    take_turns(x * 0.9, n - 1, b, a)


def list_arguments(x, n):
    a, b = [], []
    take_turns(x, n, a, b)
    return sum(a) + 2.0 * sum(v * v for v in b)


class Stack:
    def __init__(self):
        self.items = []

    def push(self, v):
        self.items.append(v)

    def pop(self):
        return self.items.pop()


def work(stack, x, n):
    if n == 0:
        return
    stack.push(x * n)
    work(stack, x * x, n - 1)
    if n % 2:
        stack.push(stack.pop() * stack.pop())


def stack_argument(x, n):
    stack = Stack()
    work(stack, x, n)
    return sum(stack.items)


def collect(x, n, found):
    return found if n == 0 else collect(x * x, n - 1, found + [x])


def list_that_grows(x, n):
    return sum(collect(x, n, []))


def nested_lists(tree):
    if isinstance(tree, list):
        return 1.0 + sum(nested_lists(child) ** 2 for child in tree)
    return math.sin(tree)


@pytest.mark.parametrize("case", [
    (nested_lists, [[0.3, [0.5, 1.0, 0.2]], 0.7]), (dataclass_argument, 0.4, 4), (memo_that_is_filled, 0.4, 5), (list_arguments, 0.7, 5), (stack_argument, 0.7, 4),
    (list_that_grows, 0.7, 4),
], ids=lambda case: case[0].__name__)
def test_objects(case):
    check(*case)


# -- trees: tuples as deep as the recursion --------------------------------------------------


def linked(x, n):
    return None if n == 0 else (x, linked(x * x, n - 1))


def total(items):
    return 0.0 if items is None else items[0] + 0.5 * total(items[1])


def grow(x, n):
    if n == 0:
        return None
    return math.sin(x), grow(0.5 * x, n - 1), grow(x + 0.3, n - 1)


def weigh(tree):
    if tree is None:
        return 1.0
    value, left, right = tree
    return value * weigh(left) + weigh(right)


def linked_list(x, n):
    return total(linked(x, n))


def tree_used_twice(x, n):
    tree = grow(x, n)
    return weigh(tree) * weigh(tree) + (tree[0] if tree else x)


def with_arrays(v, n):
    def layers(u, k):
        return (u, layers(np.tanh(u[1:] - u[:-1]), k - 1)) if k else None

    def norm(tree):
        return 0.0 if tree is None else np.sum(tree[0] ** 2) * (1.0 + norm(tree[1]))

    return norm(layers(v, n))


@pytest.mark.parametrize("case", [(linked_list, 0.7, 4), (linked_list, 0.7, 0), (tree_used_twice, 0.7, 3),
                                  (with_arrays, V, 3)], ids=lambda case: case[0].__name__)
def test_trees(case):
    check(*case)
    check_second(*case)


@pytest.mark.parametrize("case", [
    (power, 1.1, 13), (fibonacci_like, 0.7, 5), (iterate, 0.3, 5), (tree_sum, 0.6), (is_even_step, 0.6, 4),
    (pairwise_sum, V), (transform_norm, V), (adaptive_simpson, 0.8, 0.0, 1.5, 4), (inner_recursion, 0.6, 3),
    (recursion_in_loop, V, 0.8), (in_place_recursion, V), (binomial_option, 10.0, 1.1, 9.7, 4), (averaged, V),
    (written_through_views, V), (memo_in_an_array, 0.4, 6), (appended_to, 0.4, 5), (changes_in_a_loop, 0.7, 5),
    (written_and_read, V), (range_sum, V, 0, 8), (list_arguments, 0.7, 5), (stack_argument, 0.7, 4),
    (dataclass_argument, 0.4, 4), (memo_that_is_filled, 0.4, 5),
], ids=lambda case: case[0].__name__)
def test_second_derivatives(case):
    check_second(*case)


def test_a_captured_value_without_a_name():
    def power(y, n):
        def go(k):
            return y if k == 0 else go(k - 1) * y
        return go(n)

    def program(x, n):
        return power(x * 2.0 + 1.0, n)

    check(program, 0.4, 3)


def test_a_result_that_is_an_argument_is_one_memory():
    def go(a, k):
        return a if k == 0 else go(a, k - 1)

    def written(v, n):
        u = v * 1.0
        w = go(u, n)
        w[0] = 3.0 * w[1]
        return np.sum(w * u)

    with pytest.raises(AliasError, match="another name"):
        grad(written)(V, 2)


def test_an_array_in_a_tree_is_not_written_to():
    def layers(u, k):
        return (u, layers(u * 2.0, k - 1)) if k else None

    def norm(tree):
        return 0.0 if tree is None else np.sum(tree[0]) + norm(tree[1])

    def written(v, n):
        u = v * 1.0
        tree = layers(u, n)
        u[0] = 7.0
        return norm(tree)

    with pytest.raises(AliasError, match="put into what a recursive function builds"):
        grad(written)(V, 2)


def test_third_derivative():
    def exponential(x, n):
        return 1.0 if n == 0 else 1.0 + x * exponential_tail(x, n, 1)

    def exponential_tail(x, n, k):
        return 1.0 if k == n else 1.0 + x * exponential_tail(x, n, k + 1) / (k + 1)

    third = grad(grad(grad(exponential)))(0.5, 9)
    assert third == pytest.approx(sum(0.5 ** (k - 3) / math.factorial(k - 3) for k in range(3, 10)), rel=1e-12)
