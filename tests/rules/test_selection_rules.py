"""Sorting, taking, differences, interpolation, polynomials, against central differences."""
import numpy as np
import pytest

from symgrad import jvp
from symgrad.rules.core import RULES
from tests.helpers import check
from tests.rules.direct import check_pullback

rng = np.random.default_rng(0)


def a(*shape, dtype=np.float64):
    return rng.normal(size=shape).astype(dtype)


def rising(n, dtype=np.float64):
    return np.cumsum(rng.uniform(0.5, 1.5, n)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape, axis", [
    ((5,), -1), ((3, 4), -1), ((3, 4), 0), ((3, 4), None), ((2, 3, 4), 1), ((1,), 0), ((0,), 0), ((2, 0), 1)],
    ids=str)
def test_sort(shape, axis, dtype):
    check_pullback(np.sort, a(*shape, dtype=dtype), axis)


@pytest.mark.parametrize("shape, kth, axis", [
    ((7,), 3, -1), ((40,), 20, 0), ((3, 4), 1, 0), ((3, 4), 2, None), ((3, 4), [0, 2], -1)], ids=str)
def test_partition(shape, kth, axis):
    check_pullback(np.partition, a(*shape), kth, axis)


@pytest.mark.parametrize("shape, indices, kwargs", [
    ((4,), [0, 2, 2], {}), ((4,), 1, {}), ((4,), -1, {}), ((2, 3), [[0, 5], [5, 1]], {}), ((2, 3), 4, {}),
    ((2, 3), [0, 0], {"axis": 0}), ((2, 3), [2, -1, 0], {"axis": 1}),
    ((2, 3, 4), [[1, 1], [0, 2]], {"axis": 1}), ((2, 3), 1, {"axis": -1}),
    ((2, 3), [4, -1], {"axis": 1, "mode": "wrap"}), ((3,), [7, -5, 1], {"mode": "clip"}),
    ((3,), np.zeros(0, int), {}), ((1, 3), [0, 0], {"axis": 0})], ids=str)
def test_take(shape, indices, kwargs):
    check_pullback(np.take, a(*shape), indices, **kwargs)
    check_pullback(np.take, a(*shape, dtype=np.float32), indices, **kwargs)


@pytest.mark.parametrize("shape, indices, axis", [
    ((4,), [0, 2, 2], 0), ((2, 3), [[0, 0], [2, 1]], 1), ((2, 3), [[0], [2]], -1), ((2, 3), [[1, 0, 1]], 0),
    ((2, 3), [0, 5, 5], None), ((1, 3), [[0, 1], [2, 2]], 1), ((2, 3, 2), np.zeros((2, 1, 2), int), 1)],
    ids=str)
def test_take_along_axis(shape, indices, axis):
    check_pullback(np.take_along_axis, a(*shape), np.array(indices), axis)


@pytest.mark.parametrize("shape, condition, axis", [
    ((4,), [True, False, True, True], None), ((2, 3), [False, True], 0), ((2, 3), [True, False, True], -1),
    ((2, 3), [False, True, True, False], None), ((3,), [False] * 3, 0)], ids=str)
def test_compress(shape, condition, axis):
    check_pullback(np.compress, condition, a(*shape), axis)


def test_extract():
    check_pullback(np.extract, np.array([[True, False], [True, True]]), a(2, 2))


@pytest.mark.parametrize("index, shapes, mode", [
    ([0, 1, 1], [(3,), (3,)], "raise"), ([[0, 1], [1, 0]], [(2,), ()], "raise"),
    ([0, 1, 5], [(3,), (1,)], "clip"), ([0, 3, 5], [(3,), (3,)], "wrap")], ids=str)
def test_choose(index, shapes, mode):
    check_pullback(np.choose, np.array(index), [a(*shape) for shape in shapes], mode=mode)


def test_choose_by_a_list():
    check(lambda x, y: np.sum(np.choose([0, 1], [x, y * y]) ** 2), a(2), a(2))


def test_choose_from_an_array():
    check_pullback(np.choose, np.array([0, 1, 1]), a(2, 3))


@pytest.mark.parametrize("default", [0.5, a(3)], ids=["number", "array"])
def test_select(default):
    conditions = [np.array([True, False, False]), np.array([True, True, False])]
    check_pullback(np.select, conditions, [a(3), a(1)], default)


def test_select_broadcasts():
    check_pullback(np.select, [np.array([[True], [False]]), np.array([True, False, True])], [a(3),
        a(2, 1)], 1.5)


def test_bincount():
    check_pullback(np.bincount, np.array([0, 2, 2, 1]), a(4), 5)


@pytest.mark.parametrize("shape, kwargs", [
    ((5,), {}), ((5,), {"n": 2}), ((5,), {"n": 3}), ((3, 4), {}), ((3, 4), {"axis": 0}),
    ((3, 4), {"n": 2, "axis": -2}), ((1,), {}), ((4,), {"n": 0}), ((4,), {"prepend": 0.5}),
    ((4,), {"append": 0.5}), ((4,), {"prepend": a(2), "append": a(3)}), ((3, 4), {"prepend": 0.5}),
    ((0,), {}), ((2,), {"n": 3}), ((2, 3), {"n": 3, "axis": 0}), ((0,), {"n": 3, "append": a(1)}),
    ((3, 4), {"prepend": a(1, 4), "axis": 0, "n": 2}), ((3, 4), {"append": a(3, 2)})], ids=str)
def test_diff(shape, kwargs):
    check_pullback(np.diff, a(*shape), **kwargs)


@pytest.mark.parametrize("shape, kwargs", [
    ((4,), {}), ((2, 3), {}), ((4,), {"to_end": 1.5}), ((4,), {"to_begin": a(2), "to_end": a(1)}), ((1,), {}),
    ((0,), {})], ids=str)
def test_ediff1d(shape, kwargs):
    check_pullback(np.ediff1d, a(*shape), **kwargs)


@pytest.mark.parametrize("edge_order", [1, 2])
@pytest.mark.parametrize("shape, spacing, kwargs", [
    ((5,), (), {}), ((5,), (0.5,), {}), ((5,), (np.array([0.0, 1.0, 1.5, 3.0, 3.2]),), {}), ((3, 4), (), {}),
    ((3, 4), (0.5, 2.0), {}), ((3, 4), (0.5,), {"axis": 0}), ((3, 4), (2.0,), {"axis": -1}),
    ((3, 4), (np.array([0.0, 1.0, 3.0]), 0.5), {}), ((3, 4, 3), (0.5,), {"axis": (0, 2)}), ((3,), (), {})],
    ids=str)
def test_gradient(shape, spacing, kwargs, edge_order):
    check_pullback(np.gradient, a(*shape), *spacing, edge_order=edge_order, **kwargs)
    check_pullback(np.gradient, a(*shape, dtype=np.float32), *spacing, edge_order=edge_order, **kwargs)


def test_gradient_of_two_points():
    check_pullback(np.gradient, a(2))


@pytest.mark.parametrize("shape, kwargs", [
    ((5,), {}), ((5,), {"dx": 0.5}), ((5,), {"x": rising(5)}), ((3, 4), {}), ((3, 4), {"axis": 0, "dx": 2.0}),
    ((3, 4), {"x": rising(4)}), ((3, 4), {"x": rising(3), "axis": 0}), ((3, 4), {"x": a(3, 4), "axis": 0}),
    ((2, 3, 4), {"x": rising(3), "axis": 1}), ((1,), {}), ((2, 1), {"x": rising(1)})], ids=str)
def test_trapezoid(shape, kwargs):
    check_pullback(np.trapezoid, a(*shape), **kwargs)


@pytest.mark.parametrize("x", [
    2.5, np.array([1.2, 3.3, 5.1]), np.array([[-1.0, 2.2], [3.9, 20.0]]), np.zeros(0)], ids=str)
@pytest.mark.parametrize("kwargs", [{}, {"left": 0.5}, {"right": -1.0}, {"left": 1.0, "right": 2.0}], ids=str)
def test_interp(x, kwargs):
    check_pullback(np.interp, x, rising(6), a(6), **kwargs)


def test_interp_takes_the_right_slope_at_a_knot_and_the_left_one_at_the_last():
    xp, fp = np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 5.0])
    dx, _, dfp = RULES[np.interp].pullback(np.ones(3), fp, xp, xp, fp)
    np.testing.assert_array_equal(dx, [1.0, 4.0, 4.0])
    np.testing.assert_array_equal(dfp, [1.0, 1.0, 1.0])


@pytest.mark.parametrize("p, x", [
    (a(4), a(3)), (a(4), 1.5), (a(1), a(3)), (a(2), a(2, 3)), (a(3), 0.0), (a(3), np.zeros(0)),
    (a(3, dtype=np.float32), a(2, dtype=np.float32))], ids=str)
def test_polyval(p, x):
    check_pullback(np.polyval, p, x)


@pytest.mark.parametrize("function, args", [
    (np.compress, ([True, False, True], a(3, dtype=np.float32))), (np.diff, (a(4, dtype=np.float32),)),
    (np.diff, (a(3, 4, dtype=np.float32), 2)), (np.ediff1d, (a(4, dtype=np.float32),)),
    (np.trapezoid, (a(4, dtype=np.float32), rising(4, np.float32))),
    (np.partition, (a(5, dtype=np.float32), 2)),
    (np.select, ([np.array([True, False])], [a(2, dtype=np.float32)], a(2, dtype=np.float32))),
    (np.take_along_axis, (a(4, dtype=np.float32), np.array([1, 1]))),
    (np.choose, (np.array([0, 1]), [a(2, dtype=np.float32), a(2, dtype=np.float32)]))], ids=str)
def test_float32(function, args):
    check_pullback(function, *args)


@pytest.mark.parametrize("args", [(0.5, 3.0, 0.7), (0.5, 3.0), (2.5,), (3.0, 0.5, -0.7)], ids=str)
def test_arange(args):
    check_pullback(np.arange, *args)


def test_interp_with_a_period_is_refused():
    with pytest.raises(NotImplementedError, match="period"):
        check_pullback(np.interp, a(3), rising(3), a(3), period=10.0)


@pytest.mark.parametrize("bins, expected", [(3, [1.0, 4.0 / 3.0, 5.0 / 3.0, 2.0]), (np.array([0.0, 1.0, 5.0]), [0.0] * 3)])
def test_tangents_of_the_edges_of_a_histogram(bins, expected):
    tangent = jvp(lambda a: np.histogram(a, bins)[1], (np.array([0.3, 1.2, 2.0]),), (np.array([1.0, 5.0, 2.0]),))[1]
    assert np.allclose(tangent, expected)
