"""Loops over scratch memory that each iteration fills anew: each iteration is reversed right after it was run."""
import math

import numpy as np
import pytest

from symgrad import grad
from symgrad.passes import without
from tests.helpers import check


def rows(x, w):
    row = np.empty(len(w))
    total = 0.0
    for p in range(len(x)):
        for i in range(len(w)):
            row[i] = math.sin(x[p] * w[i])
        largest = row[0]
        for i in range(1, len(row)):
            largest = max(largest, row[i])
        for i in range(len(w)):
            total += row[i] * row[len(w) - 1 - i] * largest
    return total


def filled_by_every_iteration_of_a_loop(x, w):
    """The row is filled many times before it is read."""
    row = np.empty(len(w))
    total = 0.0
    for p in range(len(x)):
        for c in range(3):
            for i in range(len(w)):
                row[i] = x[p] * w[i] + c
            for i in range(len(w)):
                total += row[i] * row[i]
    return total


def with_slices(x, w):
    row = np.empty(len(w) + 2)
    total = 0.0
    for p in range(len(x)):
        row[:] = x[p]
        row[1:-1] = w * x[p]
        total += row[0] * row[1] + np.sum(row[1:] * row[:-1])
    return total


def used_after_the_loop(x, w):
    row = np.zeros(len(w))
    total = 0.0
    for p in range(len(x)):
        for i in range(len(w)):
            row[i] = x[p] * w[i] * w[i]
        for i in range(len(w)):
            total += row[i] * row[i]
    return total * math.cos(np.sum(row))


def handed_on_by_another_name(x, w):
    old, new = np.ones(len(w)), np.ones(len(w))
    total = 0.0
    for p in range(len(x)):
        for i in range(len(w)):
            new[i] = x[p] * w[i] * w[i]
        for i in range(len(w)):
            total += new[i] * old[i]
        old, new = new, old
    return total


def filled_for_a_part_of_the_iterations(x, w):
    row = np.ones(len(w))
    total = 0.0
    for p in range(len(x)):
        if x[p] > 0.0:
            for i in range(len(w)):
                row[i] = x[p] * w[i] * row[i]
        for i in range(len(w)):
            total += row[i] * row[i]
    return total


def filled_by_a_loop_that_may_be_empty(x, w):
    row = np.ones(len(w))
    total = 0.0
    for p in range(len(x)):
        for c in range(p):
            for i in range(len(w)):
                row[i] = x[p] * w[i] + c
        for i in range(len(w)):
            total += row[i] * row[i]
    return total


def in_the_callers_memory(x, w):
    total = 0.0
    for p in range(1, len(x)):
        for i in range(len(w)):
            w[i] = x[p] * (i + 1)
        for i in range(len(w)):
            total += w[i] * w[i]
    return total


X, W = np.array([0.3, -0.8, 1.1, 0.4]), np.array([0.9, 0.2, -0.7])
FUSED = [rows, filled_by_every_iteration_of_a_loop]
OTHERS = [with_slices, used_after_the_loop, handed_on_by_another_name, filled_for_a_part_of_the_iterations,
          filled_by_a_loop_that_may_be_empty, in_the_callers_memory]


@pytest.mark.parametrize("f", FUSED + OTHERS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("n, m", [(4, 3), (1, 3), (0, 3), (4, 1)])
def test_numbers(f, n, m):
    check(f, X[:n].copy(), W[:m].copy())


@pytest.mark.parametrize("f", FUSED, ids=lambda f: f.__name__)
def test_a_row_is_reversed_when_it_has_been_used(f):
    """What is recorded is of one iteration: there is one loop over the points."""
    for argnums in (0, 1):
        text = grad(f, argnums=argnums).source_for(X, W)
        assert text.count("\n    for p in") == 1, text
    with without("scratch"):
        from symgrad.build import build
        from symgrad.frontend.signature import describe
        specs = {"x": describe(X, "x"), "w": describe(W, "w")}
        assert str(build(f, specs, wrt=("w",), single=True, name="g").text.source).count("\n    for p in") == 2
