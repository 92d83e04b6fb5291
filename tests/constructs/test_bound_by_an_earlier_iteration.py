"""Variables that one iteration binds and later ones read: no value stands before the loop, nor in each iteration."""
# ruff: noqa: F821, F841
import math

import numpy as np
import pytest

from symgrad import grad
from tests.helpers import check

V = np.array([0.3, -0.8, 1.1])


def first_binds(x, n):
    for i in range(n):
        if i == 0:
            y = x * 2.0
        x = x + math.sin(y)
    return x


def some_bind(x, n):
    for i in range(n):
        if i % 2 == 0:
            y = x * 2.0
        x = x + math.sin(y)
    return x + y


def read_by_an_inner_loop(x, n):
    for i in range(n):
        if i == 0:
            y = x * 2.0
        for _ in range(2):
            x = x + math.sin(y)
    return x


def updated_by_an_inner_loop(x, n):
    for i in range(n):
        if i == 0:
            y = x * 2.0
        for _ in range(2):
            y = y * math.cos(x)
            x = x + math.sin(y)
    return x


def bound_by_an_inner_loop(x, n):
    for i in range(n):
        for j in range(2):
            if i + j == 0:
                y = x * 2.0
            x = x + math.sin(y)
    return x


def bound_in_the_other_arm(x, n):
    for i in range(n):
        for j in range(2):
            if i + j > 0:
                x = x + math.sin(y)
                y = y * x
            else:
                y = x * 2.0
    return x + y


def exchanged_in_an_inner_loop(x, n):
    for i in range(n):
        for j in range(2):
            if i + j > 1:
                z, y = y, z
            elif i + j > 0:
                z = y
            else:
                y = x * 2.0
            x = x + math.sin(y)
    return x


def in_while_loops(x, n):
    i = 0
    while i < n:
        j = 0
        while j < 2:
            if i + j > 0:
                x = x + math.sin(y)
                y = y * x
            else:
                y = x * 2.0
            j += 1
        i += 1
    return x


def three_deep(x, n):
    for i in range(n):
        for j in range(2):
            for k in range(2):
                if i + j + k == 0:
                    y = x * x
                x = x + 0.3 * math.sin(y)
            y = y + 0.1 * x
    return x


def in_a_comprehension(x, n):
    for i in range(n):
        if i == 0:
            y = x * 2.0
        x = x + sum([math.sin(y * k) for k in range(3)])
    return x


def left_early(x, n):
    for i in range(n):
        if i == 0:
            y = x * 2.0
            continue
        x = x + math.sin(y)
        if x > 50.0:
            break
    return x


@pytest.mark.parametrize("f", [
    first_binds, some_bind, read_by_an_inner_loop, updated_by_an_inner_loop, bound_by_an_inner_loop, bound_in_the_other_arm,
    exchanged_in_an_inner_loop, in_while_loops, three_deep, in_a_comprehension, left_early])
@pytest.mark.parametrize("n", [1, 2, 4])
def test_number(f, n):
    check(f, 0.5, n)


def array(v, n):
    total = 0.0
    for i in range(n):
        if i == 0:
            y = v * 2.0
        total += np.sum(np.sin(y) * i)
        for j in range(2):
            y = y * v
            total += y[j]
    return total


def array_written_to(v, n):
    total = 0.0
    for i in range(n):
        if i == 0:
            y = np.sin(v)
        y[1] = y[0] * y[2]
        y[0] += 0.1
        total += np.sum(y * y)
    return total


def pair(v, n):
    total = 0.0
    for i in range(n):
        if i == 0:
            a, b = v[0], v * v[1]
        total += a * np.sum(b)
        a = a + v[2]
    return total


@pytest.mark.parametrize("f", [array, array_written_to, pair])
@pytest.mark.parametrize("n", [1, 3])
def test_array(f, n):
    check(f, V, n)


def inner_loop_that_runs_at_first(v, n):
    total = 0.0
    for i in range(n):
        for j in range(n - 1 - i):
            y = math.sin(v[j])
        total += y * v[i]
    return total


def inner_while_that_runs_at_first(v, n):
    total, j = 0.0, 0
    for i in range(n):
        while j < n - 1:
            y = math.sin(v[j])
            j += 1
        total += y * v[i]
    return total


def inner_loop_that_is_left(v, n):
    total = 0.0
    for i in range(n):
        for j in range(n - i):
            if i > 0 and v[j] > -10.0:
                break
            y = v[j] ** 2
        total += y * v[i]
    return total


def loops_three_deep(v, n):
    total = 0.0
    for i in range(n):
        for j in range(n - 1 - i):
            for k in range(n - j - 1):
                y = v[j] * v[k]
        total += y * v[i]
    return total


def copied_by_an_inner_loop(v, n):
    total = 0.0
    for i in range(n):
        for _ in range(n - 1 - i):
            y = v.copy()
            break
        y[i] *= v[0]
        total += np.sum(y)
    return total


def list_of_an_inner_loop(v, n):
    total = 0.0
    for i in range(n):
        for j in range(n - 1 - i):
            y = [v[j], v[i]]
        y[0] += v[i]
        total += y[0] * y[1]
    return total


@pytest.mark.parametrize("f", [
    inner_loop_that_runs_at_first, inner_while_that_runs_at_first, inner_loop_that_is_left, loops_three_deep,
    copied_by_an_inner_loop, list_of_an_inner_loop])
@pytest.mark.parametrize("n", [2, 3])
def test_by_a_loop_that_does_not_run_each_time(f, n):
    check(f, V, n)


def as_often_in_each_iteration(v, n):
    total = 0.0
    for i in range(len(v)):
        for j in range(n):
            y = v[j] * v[i]
        for j in range(i + 1):
            z = v[j] * y
        total += y * z
    return total


def test_a_loop_that_runs_each_time_carries_nothing_for_that():
    text = grad(as_often_in_each_iteration).source_for(V, 2)
    assert " y = 0.0" not in text and " z = 0.0" not in text
    check(as_often_in_each_iteration, V, 2)
