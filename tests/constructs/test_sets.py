"""Sets of what carries no derivative: known ones, and ones that the run fills."""
import numpy as np
import pytest

from symgrad import grad
from symgrad.errors import SymgradError
from tests.helpers import check

V = np.array([0.4, -0.7, 1.2])


def known(v):
    s = {1, 2, 3}
    seen = set()
    total = 0.0
    for i in [1, 2, 2, 3, 1]:
        if i in seen:
            continue
        seen.add(i)
        total += v[i - 1] ** 2
    return total + len(s) * v[0] + sum(v[i] for i in frozenset(range(2))) + (2 in s)


def filled_in_a_loop(v):
    seen = set()
    total = 0.0
    for i in range(7):
        k = i * i % 5 % 3
        if k not in seen:
            seen.add(k)
            total += v[k] ** 2 * (i + 1)
    return total * len(seen)


def graph(v, n):
    visited = set()
    todo = [0]
    total = 1.0
    while todo:
        k = todo.pop()
        if k in visited or len(visited) > n:
            continue
        visited.add(k)
        total += v[k % 3] ** 2 * total
        for j in range(2):
            todo.append((2 * k + j) % 5)
    return total * len(visited)


def by_branch(v):
    s = {1, 2}
    if v[0] > 0.0:
        s.add(3)
    else:
        s = {7}
    total = 0.0
    for k in s:
        total += v[k % 3] * k
    u = s | {10}
    return total + (3 in s) * v[1] + len(u) * v[2] ** 2


def algebra(v):
    a = {i for i in range(5) if i % 2}
    b = set(range(3)) - {0}
    total = 0.0
    for k in sorted(a & b | {4}):
        total += v[k % 3] ** 2
    a |= {8}
    a -= {1}
    if a >= {3} and not (a < b):
        total *= v[0]
    return total * len(a) * len(frozenset([1, 1, 2]))


def names(v):
    seen = set()
    total = 0.0
    for name, e in zip(["a", "b", "a"], v):
        if name not in seen:
            total += e * e
        seen.add(name)
    return total


def looped_over(v):
    s = set()
    for i in range(9):
        s.add(i * i % 7)
        if i > 4:
            s.discard(4)
    total = 0.0
    for k in s:
        total += v[k % 3] ** (1 + k % 2) * (k + 1)
    return total


CASES = [(known, V), (filled_in_a_loop, V), (graph, V, 7), (graph, V, 0), (by_branch, V), (by_branch, -V),
         (algebra, V), (names, V), (looped_over, V)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_sets(case):
    check(*case)


def test_a_set_of_floats_can_be_asked_but_not_computed_with():
    def asked(v):
        return len(set(v)) * v[0] ** 2 + len({x for x in v if x > 0}) * v[1] + (v[0] in set(v)) * v[2]

    def computed_with(v):
        return sum(set(v))

    np.testing.assert_allclose(grad(asked)(V), [2.0 * 3 * V[0], 2.0, 1.0])
    with pytest.raises(SymgradError):
        grad(computed_with)(V)
