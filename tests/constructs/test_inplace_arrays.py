"""Arrays written in place: elements, slices, strides, whole arrays, arguments, buffers, helpers."""
import math
import random

import numpy as np
import pytest

from symgrad import grad
from symgrad.errors import UnsupportedError
from tests.helpers import check

rng = np.random.default_rng(9)
V, W = rng.normal(size=6), rng.normal(size=6)
M = rng.normal(size=(4, 4))
SPD = M @ M.T + 4.0 * np.eye(4)


def element_writes(x, y):
    a = np.zeros(4)
    a[0] = x
    a[1] = a[0] * y
    a[-1] = a[1] * a[0]
    a[2] += a[-1] * x
    return a @ a


def overwritten_element(x, n):
    a = np.ones(3)
    for i in range(n):
        a[i % 3] = a[(i + 1) % 3] * x + math.sin(a[i % 3])
    return np.sum(a**2)


def two_indices(m, v):
    a = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            a[i, j] += m[i, j] * v[j]
            a[j, i] -= 0.5 * a[i, j] ** 2
    return np.sum(a * m[:3, :3])


def running_sum(v):
    v = v.copy()
    for i in range(1, len(v)):
        v[i] += v[i - 1] * v[i]
    return v[-1] + np.sum(v)


def slice_writes(v, w):
    a = np.zeros(8)
    a[1:7] = v
    a[:3] += w[:3]
    a[-2:] = w[-1]
    a[2:5] *= a[3:6]
    return np.sum(a**2)


def strides_and_negative_steps(v, w):
    a = v.copy()
    a[::2] = w[1::2] * 2.0
    a[1::2] += a[::2]
    a[::-1] = a * w
    a[4:1:-1] = a[1:4]
    return np.sum(a**3)


def rows_and_columns(m, v):
    a = m.copy()
    a[0] = v[:4]
    a[:, 1] *= a[:, 0]
    a[1:3, 2:] = a[0, :2]
    a[..., -1] -= 3.0
    a[-1, :] = 0.5
    return np.sum(a * a * m)


def broadcast_writes(v, x):
    a = np.empty((3, 6))
    a[...] = v
    a[1:] *= np.array([[x], [2.0]])
    a[:, :1] = x * x
    a[2] += 1.0
    return np.sum(np.sin(a))


def whole_array_updates(v, w):
    a = v.copy()
    a += w
    a *= a
    a -= 0.5 * v
    a /= 2.0 + w * w
    a **= 2
    a[:] = a + w
    return np.sum(a)


def augmented_is_seen_by_alias(v, w):
    a = v * 1.0
    b = a
    a += w
    a = a * 2.0
    a += w
    return np.sum(a * b)


def out_argument(v, w):
    a = np.empty_like(v)
    np.multiply(v, w, out=a)
    np.exp(a, out=a)
    np.add(a, v, out=a[:])
    b = np.zeros((4, 6))
    np.sin(v, out=b[1])
    np.matmul(b, np.outer(v, v), out=b)
    return np.sum(a) + np.sum(b)


def copyto_and_fill(v, x):
    a = np.zeros(6)
    np.copyto(a, v)
    a[1:3].fill(x)
    b = np.empty(6)
    b.fill(x * x)
    np.copyto(b[2:], a[:4] * b[:4])
    np.copyto(a, b, where=a > 0.0)
    return a @ b


def sort_in_place(v, w):
    a = v * 2.0
    a.sort()
    b = (w + 0.0).reshape(2, 3)
    b.sort(axis=0)
    return np.sum(a * np.arange(6.0)) + b[0] @ b[1] * a[0]


def writes_into_argument(v, x):
    v[0] = x * v[1]
    v[2:4] *= x
    v += 1.0
    return np.sum(v**2)


def overwrites_whole_argument(v, w):
    v[:] = w * v
    w[...] = v
    return v @ w


def fill_row(a, i, x):
    a[i] = x
    a[i, i] += x * x


def normalise(v):
    v /= np.sqrt(np.sum(v * v))
    return v


def helpers_write(m, x):
    a = m.copy()
    for i in range(a.shape[0]):
        fill_row(a, i, x + i)
        normalise(a[:, i])
    return np.sum(a**3)


def swapped_buffers(v, n):
    u, w = v.copy(), np.zeros_like(v)
    for k in range(n):
        for i in range(1, len(u) - 1):
            w[i] = u[i] + 0.2 * (u[i + 1] - 2.0 * u[i] + u[i - 1]) + 0.1 * w[i] ** 2
        u, w = w, u
    return np.sum(u * u) + w[2]


def swapped_elements(v, x):
    a = v.copy()
    a[0], a[3] = a[3] * x, a[0]
    a[[1, 2]] = a[[2, 1]]
    i, j = 4, 5
    t = a[i]
    a[i] = a[j]
    a[j] = t * t
    return np.sum(a * np.arange(1.0, 7.0))


def cholesky_solve(a, b):
    n = len(b)
    for j in range(n):
        a[j, j] = math.sqrt(a[j, j] - a[j, :j] @ a[j, :j])
        for i in range(j + 1, n):
            a[i, j] = (a[i, j] - a[i, :j] @ a[j, :j]) / a[j, j]
    for i in range(n):
        b[i] = (b[i] - a[i, :i] @ b[:i]) / a[i, i]
    return b @ b


def elimination_with_pivots(a, b):
    n = len(b)
    a, b = a.copy(), b.copy()
    for k in range(n):
        p = k + np.argmax(np.abs(a[k:, k]))
        if p != k:
            a[[k, p]] = a[[p, k]]
            b[k], b[p] = b[p], b[k]
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            a[i, k:] -= factor * a[k, k:]
            b[i] -= factor * b[k]
    for k in range(n - 1, -1, -1):
        b[k] = (b[k] - a[k, k + 1:] @ b[k + 1:]) / a[k, k]
    return np.sum(b**2)


def written_in_branch(v, x):
    a = v.copy()
    for i in range(len(a)):
        if a[i] > 0.0:
            a[i] = a[i] * x
        elif i > 0:
            a[i] += a[i - 1] ** 2
    return np.sum(a * a)


def table_of_dynamic_programme(costs, t):
    n, m = costs.shape
    best = np.zeros((n + 1, m + 1))
    best[0, 1:] = 5.0
    best[1:, 0] = 5.0
    for i in range(n):
        for j in range(m):
            a, b, c = best[i, j], best[i, j + 1], best[i + 1, j]
            best[i + 1, j + 1] = costs[i, j] ** 2 - t * math.log(
                math.exp(-a / t) + math.exp(-b / t) + math.exp(-c / t))
    return best[n, m]


def inactive_array_written(v, n):
    counts = np.zeros(3, dtype=int)
    total = 0.0
    for i in range(n):
        counts[i % 3] += 1
        total += v[i % 3] ** counts[i % 3]
    return total * counts[0]


CASES = [
    (element_writes, 1.3, 0.7), (overwritten_element, 0.7, 7), (overwritten_element, 0.7, 1),
    (two_indices, M, V), (running_sum, V), (running_sum, V[:1]), (slice_writes, V, W),
    (strides_and_negative_steps, V, W), (rows_and_columns, M, V), (broadcast_writes, V, 0.7),
    (whole_array_updates, V, W), (augmented_is_seen_by_alias, V, W), (out_argument, V, W),
    (copyto_and_fill, V, 0.7), (sort_in_place, V, W), (writes_into_argument, V, 0.7),
    (overwrites_whole_argument, V, W), (helpers_write, M, 0.7), (swapped_buffers, V, 5),
    (swapped_buffers, V, 0), (swapped_elements, V, 0.7), (cholesky_solve, SPD, V[:4]),
    (elimination_with_pivots, M, V[:4]), (written_in_branch, V, 0.7), (table_of_dynamic_programme, M, 0.5),
    (inactive_array_written, V, 7),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_inplace(case):
    check(*case)


def shuffles_indices(x, rng):
    order = np.arange(len(x))
    rng.shuffle(order)
    return x[order[0]] ** 2


def shuffles_a_list(x, rng):
    order = [0, 1, 2]
    rng.shuffle(order)
    return x[order[0]] ** 2


@pytest.mark.parametrize("f, rng", [(shuffles_indices, np.random.default_rng(0)), (shuffles_indices, np.random),
                                    (shuffles_a_list, random.Random(0))])
def test_shuffling_in_place_is_refused(f, rng):
    with pytest.raises(UnsupportedError, match=r"shuffle\(\) writes into its argument"):
        grad(f)(np.array([1.0, 2.0, 3.0]), rng)


def recorded_before_it_is_written_to(x, n):
    y = np.sin(x)
    p = y
    for _ in range(n):
        p = p * p
    s = np.sum(p)
    y[0] = 0.5
    return s + np.sum(y * y)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_what_a_loop_records_is_not_overwritten_after_it(n):
    check(recorded_before_it_is_written_to, np.array([0.4, -1.2, 0.7]), n)
