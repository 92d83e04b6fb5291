"""Small programs whose interest is in how they are written: shapes of size one, loops that
do not run, names that are reused, containers that are taken apart."""
import math

import numpy as np

from ._helpers import dot, matvec_into

LIMITS = (0.5, 4.0)


def saturate(x, low=LIMITS[0], high=LIMITS[1]):
    if x < low:
        return low
    elif x > high:
        return high
    else:
        return x


def clipped_sum(values, *extra, power=2, **options):
    """Variable arguments and options."""
    total = sum(saturate(v) ** power for v in (*values, *extra))
    return total * options.get("weight", 1.0)


def dose_response(dose, ec50, hill):
    low = clipped_sum([dose, 2.0 * dose], ec50, power=3, weight=0.5)
    high = clipped_sum([], hill)
    return low + high * dose ** hill / (ec50 ** hill + dose ** hill)


def broadcasting_zoo(column, row, cube, scalar):
    """Axes of length one met by longer ones, from both sides."""
    table = column * row + scalar
    lifted = cube - table[None]
    scaled = lifted / (1.0 + np.abs(column)) * np.ones((2, 1, 1))
    return np.sum(scaled ** 2) + np.sum((column + column.T) ** 2) * np.mean(row)


def tabulate(fn, xs):
    return [fn(x) for x in xs]


def closures_and_lambdas(rate, knots):
    """Functions made in a loop and passed on."""
    basis = []
    for knot in knots:
        basis.append(lambda x, knot=knot: math.exp(-rate * (x - knot) ** 2))
    grid = [0.0, 0.5, 1.0]
    rows = [tabulate(b, grid) for b in basis]
    scale = rate

    def inner(u):
        return scale * dot(u, u)

    scale = 2.0 * rate
    return sum(map(inner, rows), 0.0)


def triangle_views(flat, n):
    """A matrix that is a view of a vector, its diagonal and its rows written through."""
    work = flat.copy()
    m = work.reshape(n, n)
    for i in range(n):
        m[i, i] = math.exp(m[i, i])
        upper = m[i, i + 1:]
        upper *= 0.5
    m.T[0] += 1.0
    last = m[-1]
    last[...] = last ** 2
    return np.sum(work * np.arange(1.0, n * n + 1.0))


def swap_and_mirror(x):
    """Overlapping reads and writes of one array."""
    n = len(x)
    x = x.copy()
    for i in range(n // 2):
        x[i], x[n - 1 - i] = x[n - 1 - i] * 2.0, x[i] + x[n - 1 - i]
    x[1:] = x[:-1] * x[1:]
    x[:] = x[::-1]
    x[[0, -1]] = x[[-1, 0]]
    return np.sum(x * np.cumsum(x))


def polynomial_value(coefficients, x):
    """Horner; the empty polynomial is zero."""
    result = 0.0 * x
    for c in reversed(coefficients):
        result = result * x + c
    return result


def continued_fraction(x, depth):
    if depth == 0:
        return x
    return depth + x / continued_fraction(x + 0.1 * depth, depth - 1)


def tree_sum(tree, decay):
    """Nested tuples of values: recursion over a structure, not a number."""
    value, branches = tree
    return value ** 2 + decay * sum(tree_sum(branch, decay) for branch in branches)


def quartiles_spread(samples, weights):
    """Sorted values, an order statistic, an index list."""
    order = np.argsort(samples)
    x, w = samples[order], weights[order]
    cumulative = np.cumsum(w) / np.sum(w)
    k = int(np.searchsorted(cumulative, 0.5))
    below = sorted(samples.tolist())[:2]
    return x[k] ** 2 + (x[-1] - x[0]) * cumulative[1] + sum(below)


def scatter_histogram(values, edges_lo, width, bins):
    """Soft histogram: repeated integer indices are accumulated with np.add.at."""
    position = (values - edges_lo) / width
    left = np.floor(position).astype(int)
    fraction = position - left
    counts = np.zeros(bins)
    np.add.at(counts, left, 1.0 - fraction)
    np.add.at(counts, left + 1, fraction)
    return np.sum(counts ** 2)


def in_place_argument(state, matrix, rounds):
    """Writes into the caller's array, and into a row of a scratch array through a helper."""
    scratch = np.empty((2, len(state)))
    for k in range(rounds):
        matvec_into(scratch[k % 2], matrix, state)
        state[:] = np.sin(scratch[k % 2])
        state[0] += 0.1 * k
    return state @ state


def list_surgery(x, y):
    """insert, extend, pop, del, a slice assignment, unpacking with a star."""
    items = [x, y]
    items.insert(1, x * y)
    items.extend([x + y, x - y])
    first, *middle, last = items
    middle[0:1] = [first * last, 2.0]
    popped = middle.pop()
    del items[0]
    both = items + middle
    return popped * sum(v * v for v in both) + both[-1] * len(both)


def zero_dimensional(a, b):
    """Arrays of rank zero, and scalars taken out of arrays."""
    c = np.asarray(a) * b.item()
    d = np.array(c) + b.sum()
    total = np.zeros(())
    total += d * c
    return float(total) + a[()] ** 2


def single_precision_drift(x, v, steps):
    """float32 state with Python-float constants stays float32."""
    for _ in range(steps):
        a = -0.5 * x + 0.1 * x ** 3
        v = v + 0.05 * a
        x = x + 0.05 * v
    return np.sum(x * v)


def guarded(x, y, mode="product"):
    """Conditions that short-circuit, chained comparisons, an assertion, a raise, a finally."""
    assert x > 0, "positive only"
    if mode not in {"product", "ratio"}:
        raise ValueError(mode)
    if y != 0.0 and x / y > 0.5:
        z = math.pow(x, 1.5) * math.sqrt(y)
    elif 0.0 < x < 1.0 or y > 3.0:
        z = math.sin(x) + y
    else:
        z = -x
    if (w := z - x) > 0.0:
        z += w * w
    try:
        z = z / (y - 100.0)
    finally:
        z = z + 0.0
    return z if mode == "product" else z / (1.0 + x)


def _dose_args():
    return 1.2, 0.9, 1.7


def _zoo_args():
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, 1)), rng.normal(size=(1, 2)), rng.normal(size=(2, 3, 2)), 0.7


def _zoo_all_ones_args():
    return np.array([[0.6]]), np.array([[-1.1]]), np.full((1, 1, 1), 0.4), 0.7


def _closure_args():
    return 0.8, [0.1, 0.9]


def _closure_no_knots_args():
    return 0.8, []


def _triangle_args():
    return np.random.default_rng(1).normal(size=9), 3


def _triangle_single_args():
    return np.array([0.3]), 1


def _swap_args():
    return (np.random.default_rng(2).normal(size=5),)


def _swap_single_args():
    return (np.array([1.3]),)


def _polynomial_args():
    return [1.0, -0.5, 0.3, 2.0], 0.7


def _polynomial_empty_args():
    return [], 0.7


def _fraction_args():
    return 0.8, 5


def _tree_args():
    return (1.0, [(0.5, []), (2.0, [(0.3, []), (1.1, [])])]), 0.9


def _quartile_args():
    return np.array([0.3, -1.2, 2.2, 0.9, 1.5]), np.array([1.0, 0.5, 0.8, 1.3, 0.7])


def _histogram_args():
    return np.array([0.15, 0.35, 0.37, 0.81, 0.12]), 0.0, 0.25, 6


def _in_place_args():
    rng = np.random.default_rng(3)
    return rng.normal(size=3), rng.normal(size=(3, 3)), 3


def _surgery_args():
    return 1.3, -0.4


def _zero_dimensional_args():
    return np.array(1.3), np.array([0.4])


def _drift_args():
    rng = np.random.default_rng(4)
    return rng.normal(size=3).astype(np.float32), rng.normal(size=3).astype(np.float32), 5


def _guarded_args():
    return 1.7, 0.6


def _guarded_zero_args():
    return 0.5, 0.0


CASES = [
    (dose_response, _dose_args, (0, 1, 2)),
    (broadcasting_zoo, _zoo_args, (0, 1, 2, 3)),
    (broadcasting_zoo, _zoo_all_ones_args, (0, 1, 2, 3)),
    (closures_and_lambdas, _closure_args, (0, 1)),
    (closures_and_lambdas, _closure_no_knots_args, (0,)),
    (triangle_views, _triangle_args, (0,)),
    (triangle_views, _triangle_single_args, (0,)),
    (swap_and_mirror, _swap_args, (0,)),
    (swap_and_mirror, _swap_single_args, (0,)),
    (polynomial_value, _polynomial_args, (0, 1)),
    (polynomial_value, _polynomial_empty_args, (1,)),
    (continued_fraction, _fraction_args, (0,)),
    (tree_sum, _tree_args, (0, 1)),
    (quartiles_spread, _quartile_args, (0, 1)),
    (scatter_histogram, _histogram_args, (0, 1, 2)),
    (in_place_argument, _in_place_args, (0, 1)),
    (list_surgery, _surgery_args, (0, 1)),
    (zero_dimensional, _zero_dimensional_args, (0, 1)),
    (single_precision_drift, _drift_args, (0, 1)),
    (guarded, _guarded_args, (0, 1)),
    (guarded, _guarded_zero_args, (0,)),
]
