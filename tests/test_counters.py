"""Whole numbers that a loop adds up are counted backwards, not recorded."""
import math

import numpy as np
import pytest

from symgrad import grad
from symgrad.ir.nodes import Builder, Op, Region
from symgrad.passes import without
from symgrad.transform.ranges import INT, not_negative
from tests.helpers import check

V = np.linspace(0.3, 1.7, 10)
M = 0.1 * np.cos(np.arange(30.0)).reshape(3, 10)


def strided(v):
    s, p = 0.3, 1
    for _ in range(3):
        s = math.sin(s * v[p]) + v[p]
        p += 3
    return s


def down(v, step):
    s, p = 0.3, len(v) - 1
    for _ in range(4):
        s = math.sin(s * v[p])
        p = p - step
    return s


def packed_triangle(v):
    s, p = 0.3, 0
    for i in range(4):
        for _ in range(i + 1):
            s = math.sin(s * v[p])
            p += 1
    return s


def blocks(v):
    s, p = 0.3, 0
    for i in range(3):
        for j in range(i, 2 * i):
            s = math.sin(s * v[p + j - i])
        p += i + 1
        s *= v[p]
    return s


def twice_an_iteration(m):
    s = 0.3
    for i in range(m.shape[0]):
        p = 0
        for _ in range(3):
            s = math.sin(s + m[i, p])
            p += 1
            s = math.cos(s * m[i, p])
            p += 2
    return s


def until(v, bound):
    s, p, k = 0.3, 9, 0
    while s < bound:
        s += v[p] * s
        p -= 2
        k = k + 1
        s += k * s * s
    return s


def left_early(v):
    s, p = 0.3, 0
    for _ in range(9):
        s += v[p] * s
        if s > 3.0:
            break
        p += 1  # noqa: SIM113
    return s


def no_iterations(v):
    s, p = v[0], 3
    for i in range(-2):
        for _ in range(i):
            p += 1
        s = s * v[p]
        p += i
    return s * v[p]


def not_counted(v):
    s, p = 0.3, 1
    for i in range(len(v)):
        s = math.sin(s * v[p])
        p = (p + 3) % 7
        if s > 0.3:
            p += 1
    return s


def data_decides(v, steps):
    s, p = 0.3, 0
    for i in range(4):
        s = math.sin(s * v[p])
        p += steps[i]
    return s


COUNTED = [(strided, (V,)), (down, (V, 2)), (packed_triangle, (V,)), (blocks, (V,)), (twice_an_iteration, (M,)),
           (until, (V, 40.0)), (no_iterations, (V,))]
RECORDED = [(not_counted, (V,)), (data_decides, (V, [2, 3, 1, 1])), (left_early, (V,))]


@pytest.mark.parametrize("f, args", [*COUNTED, *RECORDED], ids=lambda x: getattr(x, "__name__", ""))
def test_gradient(f, args):
    check(f, *args, argnums=0)


@pytest.mark.parametrize("f, args", COUNTED, ids=lambda x: getattr(x, "__name__", ""))
def test_no_tape_of_the_counter(f, args):
    assert "p_tape" not in grad(f).source_for(*args) and "k_tape" not in grad(f).source_for(*args)
    with without("counters"):
        check(lambda *args: f(*args), *args, argnums=0)


@pytest.mark.parametrize("start, stop, step, expected", [
    (0, None, 1, True), (3, None, 1, True), (-2, 3, 1, False), (None, 3, 1, False), (5, -1, -1, True), (5, -2, -1, False),
    (None, -1, -1, True), (5, None, -1, False), (0, 5, 2, False)])
def test_which_indices_are_not_negative(start, stop, step, expected):
    region, body = Region(), Region()
    b = Builder(region)
    bounds = [region.param(INT, "n") if x is None else b.emit(Op("const", (), [INT], value=x)).result
              for x in (start, stop, step)]
    index = body.param(INT, "i")
    b.emit(Op("for", bounds, [], [body]))
    assert not_negative(index) is expected
