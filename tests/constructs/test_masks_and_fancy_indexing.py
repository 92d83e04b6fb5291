"""Boolean masks, integer-array indices with repeats, np.add.at, mixtures with slices."""
import numpy as np
import pytest

from tests.helpers import check

rng = np.random.default_rng(11)
V, W = np.array([0.4, -0.7, 1.2, 0.9, -0.3, 0.8]), rng.normal(size=6)
M = rng.normal(size=(4, 3))
REPEATED = np.array([0, 2, 2, 5, 2])
TABLE = np.array([[0, 1], [3, 3]])


def mask_read(v, x):
    return np.sum(v[v > 0.0] ** 2) * x + v[v < 0.0].sum()


def mask_write(v, x):
    a = v.copy()
    a[a < 0.0] = x
    a[a > 1.0] *= 2.0
    return np.sum(a**2)


def mask_write_array(v, w):
    a = v.copy()
    mask = (v > 0.0) & (w < 10.0)
    a[mask] = w[mask] * 2.0
    a[~mask] -= w[~mask]
    return np.sum(a**3)


def mask_of_rows(m, x):
    a = m.copy()
    rows = m[:, 0] > 0.0
    a[rows] *= x
    a[rows, 1] += 1.0
    a[m > 1.0] = x
    return np.sum(a**2) + np.sum(m[rows].mean(axis=1))


def mask_in_loop(v, n):
    a = v.copy()
    for _ in range(n):
        positive = a > 0.0
        a[positive] = np.sin(a[positive])
        a[~positive] *= 0.5
    return np.sum(a**2)


def empty_mask(v, x):
    a = v.copy()
    a[v > 100.0] = x
    return np.sum(a**2) * x + np.sum(v[v > 100.0])


def mask_given(v, mask):
    return np.sum(v[mask] ** 2)


def repeated_read(v, idx):
    return np.sum(v[idx] ** 2 * np.arange(1.0, len(idx) + 1.0))


def repeated_write(v, w, idx):
    a = v.copy()
    a[idx] = w[: len(idx)] * 2.0
    return np.sum(a**2)


def repeated_augmented(v, w, idx):
    a = v.copy()
    a[idx] += w[: len(idx)]
    return np.sum(a**2)


def add_at(v, w, idx):
    a = v.copy()
    np.add.at(a, idx, w[: len(idx)] ** 2)
    return np.sum(a**2)


def subtract_at_constant_scalar(v, x, idx):
    a = v * v
    np.subtract.at(a, idx, x)
    return np.sum(a**2)


def histogram(v, weights, bins):
    counts = np.zeros(4)
    for b, w in zip(bins, weights):
        counts[b] += w
    return np.sum(counts[bins] * v) + counts @ counts


def table_lookup(v, table):
    return np.sum(np.sin(v[table]) @ np.array([[1.0], [2.0]]))


def list_index(v):
    return v[[0, 2, 0]] @ v[[3, 4, -1]]


def pairs_of_indices(m, i, j):
    a = m.copy()
    a[i, j] *= 2.0
    return np.sum(a[i, j] ** 2) + np.sum(m[i, 0] * a[0, 0])


def index_and_slice(m, i):
    return np.sum(m[i, 1:] ** 2) + np.sum(m[:2][:, [2, 0]] ** 3) + np.sum(m[1:, [0]])


def index_write_with_slice(m, i, x):
    a = m.copy()
    a[i, :2] = x * a[0, 1:]
    a[:, [0, 2]] += a[:, [1]]
    return np.sum(a**2)


def open_mesh(m, x):
    a = m.copy()
    a[np.ix_([0, 2], [1, 2])] *= x
    return np.sum(a**2) + np.sum(m[np.ix_([3, 3], [0])])


def axes_and_ellipsis(m, v):
    return np.sum(m[..., None] * v[None, None, :]) + np.sum(m[..., 0] ** 2) + np.sum(m[None, 1, ::-1] ** 3)


def nonzero_and_where(v, w):
    (positive,) = np.nonzero(v > 0.0)
    negative = np.where(v < 0.0)[0]
    a = np.where(v > 0.5, v * w, w)
    a[positive] += v[positive]
    a[negative[0]] = 2.0 * w[0]
    return np.sum(a**2)


def as_many_as_there_are(v, w):
    """How many elements are found is known at run time only, and differs from one condition to the next."""
    i, j = np.flatnonzero(v > 0.0), np.flatnonzero(v < 0.0)
    total = np.sum(v[i]) * w[0] + np.sum(v[i] * w[: len(i)]) + np.sum(w[j]) / len(np.nonzero(v > 1.0)[0])
    total += np.sum(v[np.argwhere(v > 0.85)] * v[j]) + np.sum(v[np.where(w > -9.0)] * w)
    return total + np.sum(np.compress(v > 0.0, v)) * w[1] + np.sum(np.extract(v > 1.0, v) * w)


def found_in_a_known_length(x, y):
    a = np.array([x, -y, y])
    return np.sum(a[np.flatnonzero(a > 0.0)] ** 2) * np.broadcast_shapes(np.shape(a), (1,))[0]


def argsort_then_gather(v, w):
    order = np.argsort(v)
    ranked = w[order] * v[order]
    return np.sum(ranked * np.arange(6.0)) + v[np.argmax(w)] ** 2


def take_functions(m, idx):
    order = np.argsort(m, axis=1)
    return (np.sum(np.take(m, idx % 4, axis=0) ** 2)
            + np.sum(np.take_along_axis(m, order, axis=1) @ np.array([1.0, 2.0, 3.0])) + m.take([0, 0])[1])


def gather_in_loop(v, neighbours, n):
    for _ in range(n):
        v = 0.5 * v + 0.25 * np.sin(v[neighbours[:, 0]] + v[neighbours[:, 1]])
    return np.sum(v**2)


def scalar_index_from_array(v, idx):
    total = 0.0
    for k in idx:
        total += v[k] * v[-k]
    return total * v[idx[0]]


RING = np.array([[5, 1], [0, 2], [1, 3], [2, 4], [3, 5], [4, 0]])
CASES = [
    (mask_read, V, 0.7), (mask_write, V, 0.7), (mask_write_array, V, W), (mask_of_rows, M, 0.7),
    (mask_in_loop, V, 3), (empty_mask, V, 0.7), (mask_given, V, V > 0.5), (mask_given, M, M > 0.0),
    (repeated_read, V, REPEATED), (repeated_write, V, W, REPEATED), (repeated_augmented, V, W, REPEATED),
    (add_at, V, W, REPEATED), (subtract_at_constant_scalar, V, 0.7, REPEATED),
    (histogram, V, W, np.array([0, 2, 2, 1, 0, 3])), (table_lookup, V, TABLE), (list_index, V),
    (pairs_of_indices, M, np.array([0, 2, 3]), np.array([1, 1, 0])),
    (index_and_slice, M, np.array([3, 0, 3])), (index_write_with_slice, M, np.array([1, 3]), 0.7),
    (open_mesh, M, 0.7), (axes_and_ellipsis, M, V), (nonzero_and_where, V, W), (as_many_as_there_are, V, W),
    (found_in_a_known_length, 0.7, 1.2), (argsort_then_gather, V, W),
    (take_functions, M, REPEATED), (gather_in_loop, V, RING, 3), (gather_in_loop, V, RING, 0),
    (scalar_index_from_array, V, REPEATED), (repeated_read, V, np.array([], dtype=int)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_indexing(case):
    check(*case)


@pytest.mark.parametrize("scale", [1.0, 0.1, 3.0])
def test_a_list_of_indices_may_be_empty(scale):
    def chosen(a):
        at = [i for i in range(4) if a[i] > 0.5]
        b = np.zeros(4)
        b[at] += a[at] ** 2
        return b @ a + np.sum(a[at])

    check(chosen, scale * np.array([0.7, 0.35, 1.3, 0.95]))
