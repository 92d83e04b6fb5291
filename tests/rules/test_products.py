"""Products: matmul, einsum and their kin, against central differences."""
import operator
import warnings

import numpy as np
import pytest

from tests.rules.direct import check_pullback

rng = np.random.default_rng(0)


def a(*shape, dtype=np.float64):
    return rng.normal(size=shape).astype(dtype)


MATMUL = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((1, 3), (3, 1)), ((1, 1), (1, 1)),
          ((5, 2, 3), (3,)), ((4, 5, 2, 3), (3,)), ((3,), (5, 3, 2)), ((3,), (4, 5, 3, 2)),
          ((5, 2, 3), (3, 4)), ((6, 5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)),
          ((1, 2, 3), (5, 3, 4)), ((5, 2, 3), (1, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((1, 1, 3), (5, 3, 1)),
          ((0,), (0,)), ((2, 0), (0, 3)), ((0, 2), (2, 3)), ((0, 2, 3), (3, 4))]


@pytest.mark.parametrize("shapes", MATMUL, ids=str)
@pytest.mark.parametrize("function", [np.matmul, operator.matmul])
def test_matmul(function, shapes):
    check_pullback(function, a(*shapes[0]), a(*shapes[1]))


@pytest.mark.parametrize("shapes", [
    ((), ()), ((3,), ()), ((), (2, 3)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)),
    ((2, 1), (1, 3)), ((5, 2, 3), (3,)), ((5, 2, 3), (3, 4)), ((3,), (2, 3, 4)), ((2, 3), (5, 3, 4)),
    ((2, 5, 3), (6, 3, 4)), ((2, 0), (0, 3)), ((0,), (0,))], ids=str)
def test_dot(shapes):
    check_pullback(np.dot, a(*shapes[0]), a(*shapes[1]))


@pytest.mark.parametrize("shapes", [
    ((), ()), ((3,), ()), ((), (2, 3)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 3), (4, 3)),
    ((5, 2, 3), (3,)), ((5, 2, 3), (4, 3)), ((3,), (5, 4, 3)), ((1, 3), (1, 3)), ((0,), (0,))], ids=str)
def test_inner(shapes):
    check_pullback(np.inner, a(*shapes[0]), a(*shapes[1]))


@pytest.mark.parametrize("shapes", [
    ((2,), (3,)), ((1,), (1,)), ((), (3,)), ((2, 3), (4,)), ((2,), (3, 2)), ((0,), (3,))], ids=str)
def test_outer(shapes):
    check_pullback(np.outer, a(*shapes[0]), a(*shapes[1]))


@pytest.mark.parametrize("name", ["multiply", "add", "subtract", "divide", "maximum", "minimum"])
@pytest.mark.parametrize("shapes", [
    ((2,), (3,)), ((2, 3), (4,)), ((3,), (2, 1)), ((), (3,)), ((3,), ()), ((0,), (2,))], ids=str)
def test_ufunc_outer(name, shapes):
    check_pullback((getattr(np, name), "outer"), a(*shapes[0]), a(*shapes[1]))


def test_ufunc_outer_shares_ties():
    da, db = check_pullback((np.maximum, "outer"), np.array([1.0, 2.0]), np.array([1.0]), dy=np.ones((2, 1)))
    np.testing.assert_array_equal(da, [0.5, 1.0])
    np.testing.assert_array_equal(db, [0.5])


@pytest.mark.parametrize("shapes", [
    ((3,), (3,)), ((2, 3), (2, 3)), ((2, 3), (3, 2)), ((6,), (2, 3)), ((), ())], ids=str)
def test_vdot(shapes):
    check_pullback(np.vdot, a(*shapes[0]), a(*shapes[1]))


@pytest.mark.parametrize("shape_a, shape_b, axes", [
    ((2, 3), (3, 4), 1), ((2, 3, 4), (3, 4, 5), 2), ((2,), (3,), 0), ((3, 4), (3, 4), 2),
    ((2, 3, 4), (3, 4), 2), ((2, 3, 4), (4, 3, 5), ([1, 2], [1, 0])), ((2, 3, 4), (5, 4), (-1, 1)),
    ((3, 2, 4), (2, 4, 3), ((0, 1), (2, 0))), ((4, 2, 3), (3, 5, 4), ((2, 0), (0, 2))),
    ((3, 4), (4, 3), ((0, 1), (1, 0))), ((2, 1), (1, 2), 1), ((2, 0), (0, 2), 1)], ids=str)
def test_tensordot(shape_a, shape_b, axes):
    check_pullback(np.tensordot, a(*shape_a), a(*shape_b), axes)


@pytest.mark.parametrize("subscripts, shapes", [
    ("ij,jk->ik", [(2, 3), (3, 4)]), ("ij,jk", [(2, 3), (3, 4)]), ("ba", [(2, 3)]), ("i,i", [(3,), (3,)]),
    ("i,i->i", [(3,), (3,)]), ("i,j->ji", [(2,), (3,)]), ("ij->", [(2, 3)]), ("ij->j", [(2, 3)]),
    ("ijk->jk", [(2, 3, 4)]), ("ii", [(3, 3)]), ("ii->i", [(3, 3)]), ("iij->j", [(3, 3, 2)]),
    ("iii->i", [(2, 2, 2)]), ("iii", [(2, 2, 2)]), ("jii->ij", [(2, 3, 3)]), ("ij,kk->ij", [(2, 3), (4, 4)]),
    ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 2)]), ("i,ij,j->", [(2,), (2, 3), (3,)]),
    ("ij,k->i", [(2, 3), (4,)]), ("...ij,...jk->...ik", [(5, 2, 3), (5, 3, 4)]),
    ("...ij,...jk->...ik", [(5, 2, 3), (3, 4)]), ("...ij,...jk", [(1, 2, 3), (5, 3, 4)]),
    ("...i->...", [(2, 3, 4)]), ("i...->...", [(2, 3, 4)]), ("...ii->...i", [(2, 3, 3)]),
    ("...,...", [(3,), (2, 3)]), ("i...,i...", [(2, 3), (2,)]), ("bij, bjk -> bik", [(5, 2, 3), (5, 3, 4)]),
    ("ij,ij->i", [(1, 3), (2, 3)]), ("ij,j->i", [(2, 3), (1,)]), ("ij,j->i", [(2, 1), (3,)]),
    (",i->i", [(), (3,)]), ("i->", [(3,)]), ("ij->ij", [(2, 3)]), ("ij,jk->ik", [(2, 0), (0, 3)]),
    ("i->", [(0,)])], ids=str)
def test_einsum(subscripts, shapes):
    check_pullback(np.einsum, subscripts, *(a(*shape) for shape in shapes))


def test_einsum_optimize():
    check_pullback(np.einsum, "ij,jk,kl->il", a(2, 3), a(3, 4), a(4, 2), optimize=True)


@pytest.mark.parametrize("shapes", [
    ((2,), (3,)), ((2, 3), (3, 2)), ((1, 3), (2, 1)), ((3,), (2, 2)), ((2, 2), (3,)), ((2, 1, 3), (1, 2, 2)),
    ((), (2, 3)), ((2,), (3, 1, 2)), ((0,), (2,))], ids=str)
def test_kron(shapes):
    check_pullback(np.kron, a(*shapes[0]), a(*shapes[1]))


@pytest.mark.parametrize("shapes, kwargs", [
    (((3,), (3,)), {}), (((4, 3), (4, 3)), {}), (((3,), (4, 3)), {}), (((1, 3), (4, 3)), {}),
    (((5, 1, 3), (4, 3)), {}), (((3, 4), (3, 4)), {"axis": 0}), (((3, 4), (4, 3)), {"axisa": 0}),
    (((3, 4), (4, 3)), {"axisa": 0, "axisc": 0}), (((3, 4), (3,)), {"axisa": 0, "axisc": 0}),
    (((2, 3, 4), (3,)), {"axisa": -2}), (((0, 3), (0, 3)), {})], ids=str)
def test_cross(shapes, kwargs):
    check_pullback(np.cross, a(*shapes[0]), a(*shapes[1]), **kwargs)


def test_linalg_cross():
    check_pullback(np.linalg.cross, a(3, 4), a(3, 4), axis=0)


@pytest.mark.parametrize("shapes, axis", [
    (((3,), (3,)), -1), (((2, 3), (3,)), -1), (((2, 1, 3), (4, 3)), -1), (((3, 4), (3, 4)), 0)], ids=str)
def test_vecdot(shapes, axis):
    check_pullback(np.linalg.vecdot, a(*shapes[0]), a(*shapes[1]), axis=axis)


@pytest.mark.parametrize("shapes", [
    [(2, 3), (3, 4)], [(2, 3), (3, 4), (4, 2)], [(3,), (3, 4), (4, 2)], [(2, 3), (3, 4), (4,)],
    [(3,), (3, 4), (4, 2), (2,)], [(3,), (3,)], [(1, 2), (2, 1), (1, 3)]], ids=str)
def test_multi_dot(shapes):
    check_pullback(np.linalg.multi_dot, [a(*shape) for shape in shapes])


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("lengths", [
    (5, 3), (5, 2), (5, 4), (3, 5), (2, 5), (4, 4), (1, 1), (1, 4), (4, 1)], ids=str)
@pytest.mark.parametrize("function", [np.convolve, np.correlate])
def test_convolve(function, lengths, mode):
    check_pullback(function, a(lengths[0]), a(lengths[1]), mode)


@pytest.mark.parametrize("function, shapes", [
    (np.matmul, ((2, 3), (3, 4))), (np.dot, ((3,), (3,))), (np.inner, ((2, 3), (4, 3))),
    (np.outer, ((2,), (3,))), (np.tensordot, ((2, 3, 4), (3, 4, 5))), (np.kron, ((2, 2), (2, 3))),
    (np.cross, ((4, 3), (3,))), (np.convolve, ((5,), (3,))), (np.correlate, ((5,), (3,))),
    ((np.multiply, "outer"), ((2,), (3,))), ((np.maximum, "outer"), ((2,), (3,)))], ids=str)
def test_float32(function, shapes):
    check_pullback(function, *(a(*shape, dtype=np.float32) for shape in shapes))


def test_einsum_float32():
    check_pullback(np.einsum, "ii,ij->j", a(3, 3, dtype=np.float32), a(3, 2, dtype=np.float32))


@pytest.mark.parametrize("function, shapes", [
    (np.matmul, ((2, 3), (3, 2))), (np.vdot, ((3,), (3,))), (np.dot, ((2, 3), (3,))),
    (np.convolve, ((4,), (3,))), (np.correlate, ((4,), (3,)))], ids=str)
def test_complex(function, shapes):
    check_pullback(function, *(a(*shape) + 1j * a(*shape) for shape in shapes))


def test_cross_of_plane_vectors_is_refused():
    with warnings.catch_warnings():                     # NumPy 2.5 raises where earlier ones warn
        warnings.simplefilter("ignore", DeprecationWarning)
        with pytest.raises((NotImplementedError, ValueError), match="dimensional"):
            check_pullback(np.cross, a(2), a(2))
