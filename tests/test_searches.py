"""A loop that searches for the best is reversed in the winner's iteration alone."""
import math
import operator

import numpy as np
import pytest

from symgrad import grad
from symgrad.ir.nodes import Builder, Op, Region, Slot
from symgrad.ir.types import Scalar
from symgrad.passes import without
from symgrad.transform.searches import Assuming
from tests.helpers import check

P = np.array([[0.3, -0.8, 1.1], [0.4, 0.9, -0.2], [1.3, 0.1, 0.6], [-0.7, 0.2, 0.5]])
C = np.array([[0.2, 0.7, -0.4], [0.9, -0.3, 0.8], [0.1, 0.5, 0.6], [-0.6, -0.2, 1.2], [0.35, 0.85, -0.3]])
V = np.array([0.3, -0.8, 1.1, 0.4])


def nearest(points, centres):
    total = 0.0
    for i in range(points.shape[0]):
        best = 1e300
        for j in range(centres.shape[0]):
            s = 0.0
            for a in range(points.shape[1]):
                t = points[i, a] - centres[j, a]
                s += t * t
            if s < best:  # noqa: PLR1730
                best = s
        total += best
    return total


def nearest_by_min(points, centres):
    total = 0.0
    for i in range(points.shape[0]):
        best = 1e300
        for j in range(centres.shape[0]):
            s = 0.0
            for a in range(points.shape[1]):
                s += (points[i, a] - centres[j, a]) ** 2
            best = min(best, s)
        total += math.sqrt(best)
    return total


def nearest_index(points, centres):
    total = 0.0
    for i in range(points.shape[0]):
        best, k = 1e300, 0
        for j in range(centres.shape[0]):
            s = 0.0
            for a in range(points.shape[1]):
                s += (points[i, a] - centres[j, a]) ** 2
            if s < best:
                best = s
                k = j
        for a in range(points.shape[1]):
            total += best * centres[k, a]
    return total


def unless_worse(v):
    best = -10.0
    for x in v:
        y = math.sin(x)
        if y <= best:
            continue
        best = y
    return best


def two_at_once(v):
    best, where = v[0], 2.0
    for i in range(1, len(v)):
        y = math.exp(-v[i])
        if y * v[i] > best:
            best, where = y * v[i], y
    return best * where


def downwards(v):
    best = v[-1]
    for i in range(len(v) - 2, -1, -1):
        if v[i] * v[i] > best:  # noqa: PLR1730
            best = v[i] * v[i]
    return best


def none_taken(v):
    best = 7.0 * v[0]
    for i in range(len(v)):
        if v[i] > 100.0:
            best = v[i] ** 2
    return best


def last_of_them(v):
    last = v[0]
    for i in range(len(v)):
        if v[i] > 0.0:
            last = v[i] * v[i]
    return last * last


def first_of_them(v):
    best = 0.0
    for i in range(len(v)):
        if v[i] > 0.35:
            best = v[i] ** 3
            break
    return best


def running_total(v):
    best, total = 0.0, 0.0
    for i in range(len(v)):
        total += v[i]
        if total > best:  # noqa: PLR1730
            best = total
    return best


def refers_to_the_best(v):
    best = 0.1
    for i in range(len(v)):
        if v[i] > best:
            best = 0.5 * best + v[i]
    return best


def adds_what_is_not_taken(v):
    best, rest = -10.0, 0.0
    for i in range(len(v)):
        if v[i] > best:
            best = v[i]
        else:
            rest += v[i] ** 2
    return best * rest


def in_steps(v, n):
    best = v[0]
    for i in range(n, len(v), 2):
        if v[i] > best:
            best = v[i] * 1.5
    return best


SEARCHES = [(nearest, (P, C), 1), (nearest_by_min, (P, C), (0, 1)), (nearest_index, (P, C), (0, 1)), (unless_worse, (V,), 0),
            (two_at_once, (V,), 0), (downwards, (V,), 0), (none_taken, (V,), 0), (last_of_them, (V,), 0),
            (first_of_them, (V,), 0)]
OTHERS = [(running_total, (V,), 0), (refers_to_the_best, (V,), 0), (adds_what_is_not_taken, (V,), 0), (in_steps, (V, 1), 0)]
KEY = {"ids": lambda x: getattr(x, "__name__", "")}


@pytest.mark.parametrize("f, args, argnums", [*SEARCHES, *OTHERS], **KEY)
def test_gradient(f, args, argnums):
    check(f, *args, argnums=argnums)


@pytest.mark.parametrize("f, args, argnums", SEARCHES, **KEY)
def test_one_iteration(f, args, argnums):
    assert "_best != " in grad(f, argnums=argnums).source_for(*args)
    with without("searches"):
        assert "_best != " not in grad(lambda *args: f(*args), argnums=argnums).source_for(*args)
        check(lambda *args: f(*args), *args, argnums=argnums)


@pytest.mark.parametrize("f, args, argnums", OTHERS, **KEY)
def test_every_iteration(f, args, argnums):
    assert "_best != " not in grad(f, argnums=argnums).source_for(*args)


def test_nothing_is_recorded_and_the_points_are_run_through_once():
    text = grad(nearest, argnums=1).source_for(P, C)
    assert "_tape" not in text and text.count("\n    for i in") == 1


@pytest.mark.parametrize("v", [V[:0], V[:1]])
def test_no_candidates(v):
    np.testing.assert_array_equal(grad(last_of_all)(v, 2.0), [4.0 * v[0]] if len(v) else [])
    assert grad(last_of_all, argnums=1)(v, 2.0) == (0.0 if len(v) else 1.0)


def last_of_all(v, x):
    last = x
    for i in range(len(v)):
        if v[i] == v[i]:
            last = 2.0 * v[i] * v[i]
    return last


def test_what_is_zero_and_what_is_as_it_was():
    region, number = Region(), Scalar("float64")
    b, x = Builder(region), region.param(number, "x")
    zero = b.const(0.0, number)

    def call(fn, *operands):
        return b.emit(Op("call", list(operands), [number], fn=fn, args=tuple(map(Slot, range(len(operands)))), kwargs={})).result

    def sum_(*operands):
        return b.emit(Op("accumulate", list(operands), [number])).result

    assuming = Assuming(None, False)
    for v in (zero, call(operator.add, zero, zero), call(operator.sub, zero, zero), call(operator.mul, x, zero),
              call(operator.truediv, zero, x), call(operator.neg, zero), sum_(zero, zero)):
        assert assuming.zero(v)
    for v in (x, call(operator.add, x, zero), call(math.cos, zero), call(operator.truediv, x, zero), sum_(zero, x)):
        assert not assuming.zero(v)
    for v in (x, call(operator.add, x, zero), call(operator.add, zero, x), sum_(x, zero), sum_(sum_(zero, x), zero)):
        assert assuming.same(v, x)
    for v in (zero, call(operator.mul, x, zero), call(operator.sub, zero, x), call(operator.neg, x), sum_(x, x)):
        assert not assuming.same(v, x)
