"""Arrays that the reverse sweep carries backwards: what a store overwrote is put back, and what was read is there again."""
import math
import re

import numpy as np
import pytest

from symgrad import grad
from symgrad.passes import without
from tests.helpers import check


def tapes(f, *args, argnums=0):
    """How often the source of a gradient appends to a tape or assigns to an element of one."""
    text = grad(f, argnums=argnums).source_for(*args)
    return len(re.findall(r"_tape\d*(?:\.append|\[.*?\] =)", text)), text


def triangular_product(a, b):
    b = b.copy()
    for i in range(b.shape[0]):
        for j in range(b.shape[1]):
            b[i, j] += np.dot(a[i + 1:, i], b[i + 1:, j])
    return np.sum(b * b)


def pivoted_lu(a):
    a = a.copy()
    n = a.shape[0]
    for j in range(n):
        p = j
        for i in range(j + 1, n):
            if abs(a[i, j]) > abs(a[p, j]):
                p = i
        if p != j:
            row = a[j].copy()
            a[j] = a[p]
            a[p] = row
        for i in range(j + 1, n):
            a[i, j] /= a[j, j]
            for k in range(j + 1, n):
                a[i, k] -= a[i, j] * a[j, k]
    return np.sum(a * a)


def moving_products(a, x):
    for _ in range(3):
        for i in range(1, len(a) - 1):
            x += math.sin(np.sum(a[:] * a[:]) * x)
            a[i] = a[i - 1] * a[i] * a[i + 1]
    return x + np.sum(a)


def before_and_after(a, x):
    for i in range(len(a)):
        before = np.sum(a * a)
        a[i] = a[i] * x
        x += math.sin(before) + np.sum(a * a) * before
    return x


def before_only(a, x):
    for i in range(len(a)):
        before = np.sum(a * a)
        a[i] = math.cos(before * x)
        x += before * before * a[0]
    return x


def used_after_an_inner_loop(a, x):
    for _ in range(2):
        first = np.sum(a[:2] * a[:2])
        for i in range(len(a)):
            s = np.sum(a * a)
            a[i] = a[i] * math.sin(s) + first
        x += first * np.sum(a * a * a) * x
    return x


def in_an_arm(a, x):
    for i in range(len(a)):
        x += math.sin(np.sum(a * a)) * x
        if x > 0.2:
            a[i] = math.cos(a[i] * x)
            x += math.sin(np.sum(a * a * a))
        else:
            a[0] = a[0] + x
    return x


def in_an_inner_arm(a, x):
    for i in range(len(a)):
        for j in range(i):
            if i % 2 == 0:
                if j > 0:
                    a[j] = a[j] * x
                    a[j - 1] = a[j] + a[i]
                x += a[j]
            x += math.sin(np.sum(a * a))
    return x


def while_it_lasts(a, x):
    i = 0
    while i < len(a) and x < 50.0:
        x += np.sum(a * a)
        a[i] = a[i] * math.sin(x)
        i += 1
    return x


def left_early(a, x):
    for i in range(len(a)):
        x += np.sum(a * a) * x
        a[i] = a[i] * math.sin(x)
        if x > 4.0:
            break
        a[0] = x
    return x


def several_arrays(a, x):
    b = a * x
    for i in range(len(a)):
        x += math.sin(np.sum(a * b))
        a[i] = b[i] * x
        b[0] = np.sum(a * a) * b[i]
    return x + np.sum(b)


def at_an_index_array(a, x):
    at = np.array([0, 2])
    for i in range(len(a)):
        x += math.sin(np.sum(a * a)) * a[i]
        a[at] = a[at] * x
    return x


def indexed_by_its_own_contents(a, x):
    for i in range(len(a)):
        k = int(a[i] * a[i] * 3.0) % len(a)
        x += math.sin(np.sum(a * a))
        a[k] = a[k] * x
    return x


def two_loops_in_one(a, x):
    for _ in range(2):
        for i in range(len(a)):
            x += math.sin(np.sum(a * a))
            a[i] = a[i] * x
        for i in range(len(a)):
            x += math.cos(np.sum(a * a)) * x
            a[-1 - i] = a[i] * x
    return x


def read_outside_of_the_inner_loop(a, x):
    for i in range(1, len(a)):
        a[i::2] = np.cos(a[i::2] * x)
        for j in range(2):
            a[:j] = np.cos(a[:j] * x)
            x += 0.5 * math.sin(np.sum(a[1:-1] ** 2))
    return x + np.sum(a)


def a_row_after_an_element(m, x):
    for i in range(m.shape[0]):
        for j in range(m.shape[1] - 1):
            if i > j:
                m[j + 1, j + 1] = math.cos(x) * m[j + 1, j + 1]
                m[i - 1] = np.sin(m[j]) * x
                x += m[i, j]
    return x + np.sum(m * m)


def undone_for_one_read_and_recorded_for_another(a, x):
    """What the first sum reads is had by undoing one store; the second one's array has those of the inner loop, too."""
    for _ in range(3):
        x += math.sin(np.sum(a[:2] * a[:2]))
        a[0] = a[0] * x
        for j in range(2, len(a)):
            a[j] = a[j] * math.cos(x)
        x += math.sin(np.sum(a * a * a))
    return x


def row_by_row(m, x):
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            m[i, j] = np.sum(m[:, j] * m[:, j]) * x
            x += math.sin(m[i, 0] * m[0, j])
    return x


A = np.array([0.3, -0.8, 1.1, 0.4])
PROGRAMS = [moving_products, before_and_after, before_only, used_after_an_inner_loop, in_an_arm, in_an_inner_arm,
            while_it_lasts, left_early, several_arrays, at_an_index_array, indexed_by_its_own_contents, two_loops_in_one,
            read_outside_of_the_inner_loop, undone_for_one_read_and_recorded_for_another]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_array(f):
    check(f, A.copy(), 0.37)


@pytest.mark.parametrize("f", [row_by_row, a_row_after_an_element])
def test_matrix(f):
    check(f, np.array([[0.3, -0.8, 0.2], [1.1, 0.4, -0.5]]), 0.37)


def matrix(*shape):
    return np.random.default_rng(5).standard_normal(shape)


def test_of_a_triangular_product_each_element_is_kept_once():
    check(triangular_product, matrix(4, 4), matrix(4, 3))
    count, text = tapes(triangular_product, matrix(4, 4), matrix(4, 3), argnums=(0, 1))
    assert count == 2 and "copy(b1" not in text, text       # a row of numbers, and the list of these rows


@pytest.mark.parametrize("shape", [(4, 4), (1, 1)])
def test_of_an_elimination_the_swapped_rows_are_kept(shape):
    check(pivoted_lu, matrix(*shape))
    text = tapes(pivoted_lu, matrix(*shape))[1]
    inner = text[text.index("for k in"):text.index("# reverse")].splitlines()[1]
    assert "tape" not in inner, text                        # nothing is kept in the innermost loop


def test_without_undoing_it_is_the_same():
    args = matrix(4, 4), matrix(4, 3)
    with without("undo"):
        def again(a, b):
            return triangular_product(a, b)
        expected = grad(again, argnums=(0, 1))(*args)
    for mine, theirs in zip(grad(triangular_product, argnums=(0, 1))(*args), expected):
        np.testing.assert_array_equal(mine, theirs)


def swept_from_the_right(x, steps):
    y = x.copy()
    for _ in range(steps):
        for i in range(len(y) - 1):
            y[i] = math.sin(y[i + 1]) + 0.5 * y[i]
    return np.sum(y)


def test_what_each_store_overwrites_is_not_put_back_for_one_read():
    check(swept_from_the_right, A.copy(), 3)
    count, text = tapes(swept_from_the_right, A.copy(), 3)
    assert count == 2 and "np.cos(t_tape[i])" in text, text        # of a sweep, and of all sweeps
