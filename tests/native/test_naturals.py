"""Indices that are proven not to be negative: compiled code does not ask for their sign."""
import operator

import numpy as np
import pytest

from symgrad import grad
from symgrad.analysis.elements import Moment
from symgrad.analysis.naturals import Naturals
from symgrad.ir.infer import dim_length
from symgrad.ir.nodes import Builder, Op, Region, Slot
from symgrad.ir.types import Array, Dim, Scalar


def packed(x, w):
    """The rows of a lower triangle, one after the other."""
    d = len(x)
    total = 0.0
    for i in range(d):
        z = 0.0
        for j in range(i + 1):
            z += w[i * (i + 1) // 2 + j] * x[j]
        total += z * z
    return total


def around(x, w):
    """Neighbours in a circle: index -1 is the last element."""
    total = 0.0
    for i in range(len(x)):
        total += (x[i] - x[i - 1]) * w[len(x) - 1 - i]
    return total * x[-1]


def from_the_end(x, w):
    """With one element, the index is -1: the slice has none then."""
    total = 0.0
    for _ in range(2):
        total += x[len(x) - 2 - len(x[1:-1])] * w[0]
    return total


def counted(x, w):
    k = -1
    total = 0.0
    for i in range(len(x)):
        total += x[k] * w[i]
        k += 1
    return total


X, W = np.array([0.4, -1.3, 0.8, 2.1]), np.arange(1.0, 11.0)


def kernel(f, *args):
    text = grad(f, argnums=(0, 1), backend="numba")._find(args, {}).generated.text
    return text.kernel.body


@pytest.mark.parametrize("f", [packed, around, from_the_end, counted], ids=lambda f: f.__name__)
def test_numbers(f):
    native, plain = (grad(f, argnums=(0, 1), backend=b) for b in ("numba", "python"))
    for n in (4, 3, 2, 1):
        for a, b in zip(native(X[:n], W), plain(X[:n], W)):
            assert np.array_equal(a, b), n


def test_which_are_natural():
    assert "w[_sg_uint64(i * t // 2 + j)]" in kernel(packed, X, W)          # t = i + 1
    text = kernel(around, X, W)
    assert "_sg_uint64(i - 1)" not in text and "_sg_uint64(x.shape[0] - 1 - i)" in text
    assert "_sg_uint64" not in kernel(from_the_end, X, W)
    assert "_sg_uint64(k)" not in kernel(counted, X, W)


@pytest.mark.parametrize("offset, natural", [(0, True), (1, True), (-1, True), (2, False), (-2, False)])
def test_products_of_neighbours(offset, natural):
    """n (n - 1) is never negative, n (n - 2) is for 1."""
    region = Region()
    n = region.param(Scalar("int64"), "n")
    b = Builder(region)
    k = b.emit(Op("const", (), [Scalar("int64")], value=offset)).result
    m = b.emit(Op("call", [n, k], [Scalar("int64")], fn=operator.add, args=(Slot(0), Slot(1)), kwargs={})).result
    product = b.emit(Op("call", [n, m], [Scalar("int64")], fn=operator.mul, args=(Slot(0), Slot(1)), kwargs={})).result
    moment = Moment(set(), {}, "")
    assert moment.known.proves(moment.affine(product)) is natural


@pytest.mark.parametrize("offset, natural", [(0, True), (1, True), (-1, False)])
def test_lengths_that_differ_by_a_number_do_so_in_arrays_of_any_length(offset, natural):
    """`len(x[1:])` is taken for no number less than `len(x)`: of an array without elements it is not."""
    region = Region()
    x, y = (region.param(Array("float64", (d,))) for d in (Dim("n"), Dim("n", offset) if offset else Dim("n")))
    b = Builder(region)
    m, n = (b.emit(Op("call", [v], [Scalar("int64")], fn=dim_length, args=(Slot(0), 0), kwargs={})).result for v in (y, x))
    more = b.emit(Op("call", [m, n], [Scalar("int64")], fn=operator.sub, args=(Slot(0), Slot(1)), kwargs={})).result
    assert Naturals().has(m) and Naturals().has(more) is natural
