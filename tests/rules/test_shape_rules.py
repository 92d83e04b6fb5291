"""Shapes, joining, repeating, diagonals, padding and creation, against central differences."""
import numpy as np
import pytest

from symgrad.rules.core import RULES
from tests.rules.direct import check_pullback

rng = np.random.default_rng(0)


def a(*shape, dtype=np.float64):
    return rng.normal(size=shape).astype(dtype)


@pytest.mark.parametrize("function, shape, args", [
    (np.reshape, (2, 3), ((3, 2),)), (np.reshape, (2, 3), (-1,)), (np.reshape, (1,), ((),)),
    (np.reshape, (), ((1, 1),)), (np.reshape, (0, 3), ((3, 0),)), (np.ravel, (2, 3), ()),
    (np.ravel, (3,), ()), (np.ravel, (), ()), (np.ndarray.flatten, (2, 1), ()), (np.transpose, (2, 3), ()),
    (np.transpose, (2, 3, 4), ((2, 0, 1),)), (np.transpose, (2, 3, 4), ((-1, 0, 1),)),
    (np.transpose, (3,), ()), (np.matrix_transpose, (2, 3), ()), (np.matrix_transpose, (5, 2, 3), ()),
    (np.swapaxes, (2, 3, 4), (0, -1)), (np.moveaxis, (2, 3, 4), (0, -1)),
    (np.moveaxis, (2, 3, 4), ((0, 1), (-1, 0))), (np.rollaxis, (2, 3, 4), (2,)),
    (np.rollaxis, (2, 3, 4), (0, 3)), (np.rollaxis, (2, 3, 4), (-2, 2)), (np.rollaxis, (2, 3, 4), (1, 1)),
    (np.expand_dims, (2, 3), (1,)), (np.expand_dims, (3,), ((0, -1),)), (np.expand_dims, (), (0,)),
    (np.squeeze, (1, 3, 1), ()), (np.squeeze, (1, 3, 1), (0,)), (np.squeeze, (1, 1), ()),
    (np.squeeze, (2, 3), ()), (np.atleast_1d, (), ()), (np.atleast_1d, (2,), ()), (np.atleast_2d, (3,), ()),
    (np.atleast_3d, (2, 3), ()), (np.broadcast_to, (3,), ((2, 3),)), (np.broadcast_to, (2, 1), ((4, 2, 3),)),
    (np.broadcast_to, (), ((2,),)), (np.broadcast_to, (1,), ((0,),)), (np.flip, (2, 3), ()),
    (np.flip, (2, 3), (1,)), (np.flip, (2, 3), ((0, -1),)), (np.fliplr, (2, 3), ()), (np.flipud, (2, 3), ()),
    (np.rot90, (2, 3), ()), (np.rot90, (2, 3, 4), (-1, (1, 2))), (np.rot90, (2, 3), (2,)),
    (np.roll, (2, 3), (1,)), (np.roll, (2, 3), (-2, 1)), (np.roll, (2, 3), ((1, 2), (0, 1))),
    (np.roll, (2, 3), (2, (0, 1))), (np.roll, (0,), (1,)), (np.reshape, (2, 3), ((3, 2), "F")),
    (np.reshape, (2, 3), (-1, "F")), (np.ravel, (2, 3), ("F",)), (np.ndarray.flatten, (2, 3), ("F",)),
    (np.unwrap, (2, 3), ())], ids=str)
def test_layout(function, shape, args):
    check_pullback(function, a(*shape), *args)
    check_pullback(function, a(*shape, dtype=np.float32), *args)


@pytest.mark.parametrize("function, shapes", [
    (np.atleast_1d, [(), (2,)]), (np.atleast_2d, [(), (3,), (2, 2)]),
    (np.atleast_3d, [(3,), (2, 3), (1, 2, 3)]), (np.broadcast_arrays, [(3,), (2, 1)]), (np.meshgrid, [(3,)]),
    (np.meshgrid, [(3,), (2,)]), (np.meshgrid, [(3,), (2,), (4,)]), (np.meshgrid, [(), (1,)])], ids=str)
def test_several(function, shapes):
    check_pullback(function, *(a(*shape) for shape in shapes))


@pytest.mark.parametrize("kwargs", [
    {"indexing": "ij"}, {"sparse": True}, {"indexing": "ij", "sparse": True}], ids=str)
def test_meshgrid(kwargs):
    check_pullback(np.meshgrid, a(2), a(3), a(4), **kwargs)


@pytest.mark.parametrize("function, shapes, kwargs", [
    (np.concatenate, [(2, 3), (4, 3)], {}), (np.concatenate, [(2, 3), (2, 1)], {"axis": 1}),
    (np.concatenate, [(2, 3), (2, 1)], {"axis": -1}), (np.concatenate, [(2, 3, 4), (2, 1, 4)], {"axis": -2}),
    (np.concatenate, [(2, 3), (4,)], {"axis": None}), (np.concatenate, [(0,), (2,)], {}),
    (np.stack, [(3,), (3,)], {}), (np.stack, [(2, 3), (2, 3)], {"axis": 1}),
    (np.stack, [(2, 3), (2, 3)], {"axis": -1}), (np.stack, [(), ()], {}), (np.hstack, [(2,), (3,)], {}),
    (np.hstack, [(2, 3), (2, 1)], {}), (np.hstack, [(), (3,)], {}), (np.hstack, [(2, 1, 2), (2, 3, 2)], {}),
    (np.vstack, [(3,), (3,)], {}), (np.vstack, [(2, 3), (1, 3)], {}), (np.vstack, [(3,), (2, 3)], {}),
    (np.vstack, [(), ()], {}), (np.dstack, [(2, 3), (2, 3)], {}), (np.dstack, [(3,), (3,)], {}),
    (np.dstack, [(2, 3), (2, 3, 2)], {}), (np.dstack, [(), (1, 1, 2)], {}),
    (np.column_stack, [(3,), (3,)], {}), (np.column_stack, [(3,), (3, 2)], {}),
    (np.column_stack, [(3, 2), (3, 1)], {})], ids=str)
def test_joining(function, shapes, kwargs):
    check_pullback(function, [a(*shape) for shape in shapes], **kwargs)
    check_pullback(function, tuple(a(*shape, dtype=np.float32) for shape in shapes), **kwargs)


@pytest.mark.parametrize("function, shape, kwargs", [
    (np.concatenate, (2, 3), {}), (np.concatenate, (2, 3, 4), {"axis": 1}),
    (np.concatenate, (2, 3, 4), {"axis": None}), (np.stack, (2, 3), {"axis": 1}), (np.hstack, (2, 3), {}),
    (np.hstack, (2, 3, 4), {}), (np.vstack, (2, 3), {}), (np.vstack, (2, 3, 4), {}),
    (np.column_stack, (2, 3), {}), (np.column_stack, (2, 3, 4), {})], ids=str)
def test_joining_the_rows_of_an_array(function, shape, kwargs):
    check_pullback(function, a(*shape), **kwargs)


@pytest.mark.parametrize("blocks", [
    [[a(2, 2), a(2, 1)], [a(1, 2), a(1, 1)]], [[a(2, 3)], [a(3)]], [a(2), a(3)], [1.5, a(2)], [[1.5, a(2)]],
    [[a(2, 2, 2), a(2, 2, 1)]]], ids=range(6))
def test_block(blocks):
    check_pullback(np.block, blocks)


@pytest.mark.parametrize("shapes, axis", [
    ([(2,), (3,)], None), ([(2, 3), ()], None), ([(2, 3), (1, 3)], 0), ([(2, 3), (2, 2)], -1)], ids=str)
def test_append(shapes, axis):
    check_pullback(np.append, *(a(*shape) for shape in shapes), axis=axis)


@pytest.mark.parametrize("function, shape, args", [
    (np.split, (6,), (3,)), (np.split, (6,), ([1, 4],)), (np.split, (2, 6), (3, 1)),
    (np.split, (6,), ([0, 6],)), (np.array_split, (7,), (3,)), (np.array_split, (2, 5), (2, -1)),
    (np.hsplit, (6,), (2,)), (np.hsplit, (2, 6), (3,)), (np.vsplit, (4, 3), (2,)),
    (np.dsplit, (1, 2, 4), (2,)), (np.unstack, (2, 3), ())], ids=str)
def test_splitting(function, shape, args):
    check_pullback(function, a(*shape), *args)


@pytest.mark.parametrize("function, shape, args", [
    (np.tile, (3,), (2,)), (np.tile, (3,), ((2, 2),)), (np.tile, (2, 3), (2,)),
    (np.tile, (2, 3), ((2, 1, 3),)), (np.tile, (), (3,)), (np.tile, (2,), (0,)), (np.repeat, (3,), (2,)),
    (np.repeat, (2, 3), (2,)), (np.repeat, (2, 3), (2, 0)), (np.repeat, (2, 3), (2, -1)),
    (np.repeat, (3,), ([1, 0, 2],)), (np.repeat, (2, 3), ([1, 0, 2], 1)),
    (np.repeat, (2, 2), ([1, 0, 2, 3],)), (np.repeat, (), (3,)), (np.repeat, (3,), (0,)),
    (np.repeat, (3,), ([2],)), (np.resize, (2, 3), ((4, 2),)), (np.resize, (3,), (2,)),
    (np.resize, (0,), (2,)), (np.delete, (5,), (1,)), (np.delete, (5,), ([0, -1],)),
    (np.delete, (2, 3), (1, 1)), (np.delete, (2, 3), (slice(0, 2), -1)), (np.delete, (2, 3), ([0, 2],))],
    ids=str)
def test_repeating(function, shape, args):
    check_pullback(function, a(*shape), *args)
    check_pullback(function, a(*shape, dtype=np.float32), *args)


@pytest.mark.parametrize("arr, obj, values, axis", [
    ((4,), 1, (), None), ((4,), 1, (2,), None), ((4,), [1, 3], (2,), None), ((4,), [3, 0, 3], (3,), None),
    ((4,), [2, 1], (), None), ((2, 3), 1, (2,), None), ((2, 3), 1, (), 0), ((2, 3), 1, (3,), 0),
    ((2, 3), 1, (2, 3), 0), ((2, 3), -1, (2,), 1), ((2, 3), 1, (4, 2), 1), ((2, 3), [1], (2, 4), 1),
    ((2, 3), [2, 0], (2, 2), 1), ((2, 3), [0, 1], (1,), -1)], ids=str)
def test_insert(arr, obj, values, axis):
    check_pullback(np.insert, a(*arr), obj, a(*values), axis=axis)


@pytest.mark.parametrize("function, shape, args", [
    (np.diag, (3,), ()), (np.diag, (3,), (1,)), (np.diag, (3,), (-2,)), (np.diag, (3, 3), ()),
    (np.diag, (2, 3), (1,)), (np.diag, (4, 2), (-1,)), (np.diag, (2, 2), (5,)), (np.diag, (0,), ()),
    (np.diagflat, (2, 2), (1,)), (np.diagonal, (3, 2), ()), (np.diagonal, (2, 3), (0, 1, 0)),
    (np.diagonal, (3, 3), (1, 1, 0)), (np.diagonal, (2, 3, 4), ()), (np.diagonal, (2, 3, 4), (1, 0, 2)),
    (np.diagonal, (2, 3, 4), (-1, 2, 1)), (np.diagonal, (2, 3, 4, 5), (0, -1, 1)),
    (np.linalg.diagonal, (2, 3, 3), ()), (np.trace, (3, 3), ()), (np.trace, (2, 3), ()),
    (np.trace, (3, 3), (1,)), (np.trace, (3, 3), (-1, 1, 0)), (np.trace, (2, 3, 4), ()),
    (np.trace, (2, 3, 4), (1, 2, 0)), (np.linalg.trace, (2, 3, 3), ()), (np.linalg.trace, (3, 3), ()),
    (np.trace, (0, 0), ()), (np.triu, (3, 3), ()), (np.tril, (3, 3), (1,)), (np.triu, (2, 3, 4), (-1,)),
    (np.triu, (3,), ()), (np.tril, (1, 3), ()), (np.vander, (3,), ()), (np.vander, (3,), (5,)),
    (np.vander, (3,), (1,)), (np.vander, (3,), (4, True)), (np.vander, (0,), (2,))], ids=str)
def test_diagonals(function, shape, args):
    check_pullback(function, a(*shape), *args)
    check_pullback(function, a(*shape, dtype=np.float32), *args)


@pytest.mark.parametrize("mode", ["constant", "edge", "wrap", "reflect", "symmetric"])
@pytest.mark.parametrize("shape, width", [
    ((4,), 2), ((4,), (1, 3)), ((3, 4), 1), ((3, 4), ((1, 0), (0, 2))), ((3, 2), ((2,),)), ((2, 3), (6, 5)),
    ((2,), ((0, 0),))], ids=str)
def test_pad(mode, shape, width):
    check_pullback(np.pad, a(*shape), width, mode)
    check_pullback(np.pad, a(*shape, dtype=np.float32), width, mode)


def test_pad_with_a_value():
    check_pullback(np.pad, a(3), 1, constant_values=2.0)
    check_pullback(np.pad, a(2, 3), ((1, 0), (2, 1)), constant_values=2.0)
    check_pullback(np.pad, a(3), 1, "linear_ramp", end_values=2.0)


@pytest.mark.parametrize("mode, kwargs", [
    ("linear_ramp", {}), ("mean", {}), ("maximum", {}), ("minimum", {}), ("median", {}), ("mean", {"stat_length": 2}),
    ("maximum", {"stat_length": ((2, 1), (3, 2))}), ("median", {"stat_length": (1, 2)}),
    ("reflect", {"reflect_type": "odd"}), ("symmetric", {"reflect_type": "odd"})], ids=str)
@pytest.mark.parametrize("shape, width", [
    ((5,), 2), ((4,), (0, 3)), ((3, 4), ((1, 0), (2, 2))), ((2, 3), (5, 4)), ((1,), 2), ((2, 1, 2), 1)], ids=str)
def test_pad_with_computed_values(shape, width, mode, kwargs):
    if len(np.shape(kwargs.get("stat_length"))) < 2 or len(shape) == 2:
        check_pullback(np.pad, a(*shape), width, mode, **kwargs)


def test_pad_shares_ties():
    dx, _ = RULES[np.pad].pullback(np.array([1.0, 0.0, 0.0, 0.0]), None, np.array([2.0, 1.0, 2.0]), (1, 0), "maximum")
    assert dx.tolist() == [0.5, 0.0, 0.5]


@pytest.mark.parametrize("function, value, args", [
    (np.array, a(2, 3), ()), (np.array, 1.5, ()), (np.array, [1.0, 2.0], ()),
    (np.array, [[1.0, 2.0], [3.0, 4.0]], ()), (np.array, [a(2), a(2)], ()), (np.array, ((1.0, 2.0),), ()),
    (np.asarray, a(3), ()), (np.asarray, [1.0, [2.0, 3.0][0]], ()), (np.asanyarray, a(3), ()),
    (np.ascontiguousarray, a(2, 3), ()), (np.ascontiguousarray, a(3), ()), (np.ascontiguousarray, a(), ()), (np.copy, a(2), ()),
    (np.ndarray.copy, a(2), ()), (np.ndarray.item, a(1, 1), ()), (np.ndarray.item, a(3), (1,)),
    (np.ndarray.item, a(2, 3), (4,)), (np.ndarray.item, a(2, 3), (1, 2)),
    (np.ndarray.item, a(2, 3), ((1, -1),)), (np.ndarray.tolist, a(2, 3), ()),
    (np.ndarray.astype, a(3), (np.float64,)), (np.astype, a(3), (float,))], ids=str)
def test_creation(function, value, args):
    check_pullback(function, value, *args)


@pytest.mark.parametrize("value, ndmin", [
    ([1.0, 2.0], 2), ([1.0, 2.0], 1), (1.5, 2), (a(3), 3), ([[1.0]], 4)], ids=str)
def test_array_ndmin(value, ndmin):
    check_pullback(np.array, value, ndmin=ndmin)


def test_astype_comes_back():
    dx, = check_pullback(np.ndarray.astype, a(3, dtype=np.float32), np.float64)
    assert dx.dtype == np.float32


@pytest.mark.parametrize("function, args", [
    (np.full, (3, 1.5)), (np.full, ((2, 3), a(3))), (np.full, ((2, 3), a(2, 1))),
    (np.full_like, (a(2, 3), 1.5)), (np.full_like, (a(2, 3), a(3))), (np.linspace, (0.5, 2.0)),
    (np.linspace, (0.5, 2.0, 4, False)), (np.linspace, (0.5, 2.0, 1)), (np.linspace, (a(3), a(3), 4)),
    (np.linspace, (1.0, a(3), 4)), (np.linspace, (a(2, 1), a(3), 4, False, False, None, -1)),
    (np.linspace, (0.5, 2.0, 4, True, True)), (np.linspace, (a(3), a(3), 4, False, True, None, 1)), (np.linspace, (0.5, 2.0, 0)), (np.geomspace, (0.5, 2.0, 5)),
    (np.geomspace, (0.5, 2.0, 5, False)), (np.logspace, (0.1, 0.7, 4)), (np.logspace, (0.1, 0.7, 4, False, 2.0))], ids=str)
def test_numbers_into_arrays(function, args):
    check_pullback(function, *args)


@pytest.mark.parametrize("function, args", [
    (np.reshape, (a(2, 3), (3, 2), "A")), (np.ravel, (a(2, 3), "K")),
    (np.geomspace, (np.exp(a(3)), np.exp(a(3)), 4))], ids=str)
def test_refused(function, args):
    with pytest.raises(NotImplementedError):
        check_pullback(function, *args)
