"""What is read back from an array must be what was read before: reads that a later write hits, and reads that none does.

`analysis/dependence.py` proves that a write misses a read; each program here breaks one assumption of the proof.
"""
import math

import numpy as np
import pytest

from symgrad import grad
from tests.helpers import check


def below_the_index(a, x):
    for i in range(len(a)):
        x += math.sin(a[i])
        for j in range(i):
            a[j] = a[j] * x                     # in a later iteration, it is what was read
    return x


def above_the_index(a, x):
    for i in range(len(a) - 1, -1, -1):
        x += math.sin(a[i])
        for j in range(i + 1, len(a)):
            a[j] = a[j] * x
    return x


def moved_back(a, x, back):
    m = int(back)
    for i in range(1, len(a)):
        x += math.sin(a[i])
        a[i + m] = x                            # in the next iteration, if m is -1
    return x


def moved_ahead(a, x, back):
    m = int(back)
    for i in range(len(a) - 1):
        x += math.sin(a[i])
        a[i + 1 + m] = x                        # what was read, if m is -1
    return x


def moved_by_a_difference(a, x, p, q):
    m = p - q
    for i in range(1, len(a)):
        x += math.sin(a[i]) * x
        a[i + m] *= x
    return x


def under_a_condition(a, x):
    for i in range(len(a)):
        x += math.sin(a[i])
        if x > 0.1:
            a[i] = x
    return x + np.sum(a * a)


def in_one_arm_of_two(a, x):
    for i in range(len(a)):
        x += math.sin(a[0])
        if i % 2 == 0:
            a[i] = x
        else:
            a[0] = x * x
    return x


def before_the_read(a, x):
    for i in range(len(a)):
        a[i] = a[i] * x
        x += math.sin(a[i])
    return x


def by_a_later_loop(a, x):
    for i in range(len(a)):
        x += math.sin(a[i])
    for i in range(len(a)):
        a[i] = a[i] * x
    return np.sum(a) + x


def by_another_loop_around(a, x):
    for _ in range(2):
        for i in range(len(a)):
            x += math.sin(a[i])
        for i in range(len(a)):
            a[i] = a[i] * x
    return x


def in_slices(a, x):
    for i in range(1, len(a)):
        x += math.sin(np.sum(a[:i] * a[:i]))
        a[i - 1:i + 1] = a[i - 1:i + 1] * x
    return x


def in_slices_apart(a, x):
    for i in range(1, len(a)):
        x += math.sin(np.sum(a[:i] * a[:i]))
        a[i:] = a[i:] * x
    return x


def rows_and_columns(m, x):
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            x += math.sin(m[i, j])
            m[j, i] = x
    return x


def from_the_end(a, x):
    for i in range(len(a)):
        x += math.sin(a[-i])
        a[i] = a[i] * x
    return x


def with_a_step(a, x):
    for i in range(0, len(a), 2):
        x += math.sin(a[i])
        a[i - 2] = x
    return x


def left_early(a, x):
    for i in range(len(a)):
        x += math.sin(a[i])
        if x > 0.9:
            break
        a[i - 1] = x
    return x + np.sum(a * a)


def whole_array(a, x):
    for i in range(len(a)):
        x += math.sin(a[i])
        a *= 0.5 * x
    return x


def swapped(a, x):
    b = a * 0.5
    for i in range(len(a)):
        x += math.sin(a[i])
        b[i] = x
        a, b = b, a
    return x + np.sum(a * b)


def aliased(a, x):
    b = a
    for i in range(len(a)):
        x += math.sin(a[i])
        b[i] = x
    return x


def by_a_view(a, x):
    b = a[1:]
    for i in range(len(b)):
        x += math.sin(a[i + 1])
        b[i] = x
    return x


def by_an_index_array(a, x):
    at = np.array([0, 2, 1])
    for i in range(3):
        x += math.sin(a[i])
        a[at] = a[at] * x
    return x


def in_an_earlier_iteration_of_the_same_loop(a, x):
    for _ in range(2):
        for k in range(len(a) - 1):
            x += math.sin(a[k])
            a[k + 1] = a[k + 1] * x             # what is read next time around
    return x


def by_a_counter(a, x):
    p = 0
    for i in range(2):
        for _ in range(2):
            x += math.sin(a[p]) * x
            p += 1
        a[3 - i] = a[3 - i] * x
    return x


def while_counting(a, x):
    i = 0
    while x < 1.5 and i < len(a):
        x += math.sin(a[i])
        a[0] = x
        i += 1
    return x


def in_the_arms_of_a_branch(a, x):
    for i in range(len(a)):
        if i == 0:
            a[0] = a[0] * x
        else:
            x += math.sin(a[i - 1])
            a[i] = a[i] * x + a[i - 1] * a[i - 1]
    return x + np.sum(a)


def in_the_wrong_arm(a, x):
    for i in range(len(a)):
        if i <= 1:
            a[0] = a[0] * x                     # twice
        else:
            x += math.sin(a[i - 1])
        if i == 0:
            x += math.cos(a[0])
    return x


def in_one_of_three_arms(a, x):
    for i in range(len(a)):
        if i == 0:
            a[i] = a[i] * x
        elif i < len(a) - 1:
            x += math.sin(a[i - 1] * a[i - 1])
            a[i] = a[i] * x
        else:
            a[i] = a[i] * a[i - 1] + x
    return np.sum(a * a) + x


def where_indices_differ(a, x):
    for i in range(len(a)):
        for j in range(len(a)):
            if i != j:
                x += math.sin(a[j]) * x
        a[i] = a[i] * x
    return x


def every_other(a, x):
    for _ in range(2):
        for i in range(0, len(a), 2):
            x += math.sin(a[i + 1]) * x
            a[i] = x * a[i]
    return x


def downwards(a, x):
    for i in range(len(a) - 1, -1, -1):
        if i < len(a) - 1:
            x += math.sin(a[i + 1]) * x
        a[i] = a[i] * x
    return x


def with_the_last_element(a, x):
    for i in range(len(a)):
        x += math.sin(a[-1]) * x
        a[i] = a[i] * x
    return x


def up_to_the_last_element(a, x):
    for i in range(len(a) - 1):
        x += math.sin(a[-1]) * x
        a[i] = a[i] * x
    return x


def in_blocks(a, x):
    for i in range(0, len(a), 2):
        b = a[i:i + 2]
        x += math.sin(b[1]) * x
        b[0] = b[0] * x
    return x


def where_the_larger_one_is(a, x):
    for i in range(len(a)):
        p = i + np.argmax(np.abs(a[i:]))
        x += math.sin(a[0]) * x
        a[p] = a[p] * x
    return x


A = np.array([0.3, -0.8, 1.1, 0.4])
PROGRAMS = [in_an_earlier_iteration_of_the_same_loop, by_a_counter, while_counting, in_the_arms_of_a_branch,
            in_the_wrong_arm, in_one_of_three_arms, where_indices_differ, every_other, downwards, with_the_last_element,
            up_to_the_last_element, in_blocks, where_the_larger_one_is,
            below_the_index, above_the_index, under_a_condition, in_one_arm_of_two, before_the_read, by_a_later_loop,
            by_another_loop_around, in_slices, in_slices_apart, from_the_end, with_a_step, left_early, whole_array, swapped,
            aliased, by_a_view, by_an_index_array]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_array(f):
    check(f, A.copy(), 0.37)


@pytest.mark.parametrize("back", [-1.0, 0.0])
def test_distance_from_a_call(back):
    check(lambda a, x: moved_back(a, x, back), A.copy(), 0.37)
    check(lambda a, x: moved_ahead(a, x, back), A.copy(), 0.37)


@pytest.mark.parametrize("p, q", [(0, 1), (0, 0)])
def test_distance_that_is_a_difference(p, q):
    check(lambda a, x: moved_by_a_difference(a, x, p, q), A.copy(), 0.37)


def test_matrix():
    check(rows_and_columns, np.array([[0.3, -0.8], [1.1, 0.4]]), 0.37)


@pytest.mark.parametrize("f", [before_the_read, in_slices_apart, by_a_later_loop, in_the_arms_of_a_branch,
                               in_one_of_three_arms, every_other, downwards, up_to_the_last_element, in_blocks])
def test_what_nothing_overwrites_is_not_recorded(f):
    """The elements are read from the array; the numbers in x are what is left to record."""
    text = grad(f, argnums=(0, 1)).source_for(A, 0.37)
    assert "a_tape" not in text and "copy(a)" not in text, text


def columns_then_rows(img, a, b):
    h, w = img.shape
    y = np.zeros_like(img)
    out = np.zeros_like(img)
    for j in range(w):
        if j == 0:
            y[:, 0] = a * img[:, 0]
        else:
            y[:, j] = a * img[:, j] + b * y[:, j - 1]
    for i in range(h):
        if i == 0:
            out[0, :] = a * y[0, :]
        else:
            out[i, :] = a * y[i, :] + b * out[i - 1, :]
    return np.sum(out * out)


def test_a_recursive_filter_records_nothing():
    args = np.array([[0.3, -0.8, 1.1], [0.4, 0.2, -0.5]]), 0.5, 0.4
    check(columns_then_rows, *args)
    assert "_tape" not in grad(columns_then_rows, argnums=(0, 1, 2)).source_for(*args)


def rows_of_a_state(state, w, steps):
    h = state.copy()
    for _ in range(steps):
        for i in range(h.shape[0]):
            x = h[i].copy()
            for j in range(h.shape[1]):
                h[i, j] = w[j] * x[j] + 0.1 * h[i, j - 1]
    return np.sum(h)


def test_no_row_is_recorded_for_its_shape():
    args = np.cos(np.arange(6.0)).reshape(2, 3), np.array([0.3, 0.7, -0.4]), 3
    check(rows_of_a_state, *args, argnums=0)
    text = grad(rows_of_a_state).source_for(*args)
    assert "_tape" not in text and "np.zeros_like(h[i])" in text


def one_row(x):
    y = np.zeros((len(x), len(x)))
    k = np.argmax(x)
    for i in range(1, len(x)):
        y[k, i] = math.exp(0.1 * y[k, i - 1] + x[i])
    return np.sum(y)


def test_an_element_at_an_index_from_before_the_loop():
    """The index need not be cheap: it is there."""
    x = np.array([0.3, -0.8, 1.1, 0.4])
    check(one_row, x)
    assert "_tape" not in grad(one_row).source_for(x)
