"""Linear algebra against central differences."""
import numpy as np
import pytest

from symgrad import grad
from symgrad.rules.core import RULES
from tests.rules.direct import check_pullback

rng = np.random.default_rng(0)
la = np.linalg


def a(*shape, dtype=np.float64):
    return rng.normal(size=shape).astype(dtype)


def regular(*shape, dtype=np.float64):
    """A matrix well away from singular."""
    return (a(*shape) + 3.0 * np.eye(shape[-1])).astype(dtype)


def positive(*shape, dtype=np.float64):
    """A positive definite matrix with well separated eigenvalues."""
    x = a(*shape)
    return (0.1 * x @ np.swapaxes(x, -1, -2) + np.diag(np.arange(1.0, shape[-1] + 1))).astype(dtype)


@pytest.mark.parametrize("shape_a, shape_b", [
    ((3, 3), (3,)), ((3, 3), (3, 2)), ((1, 1), (1,)), ((4, 3, 3), (4, 3, 2)), ((3, 3), (4, 3, 2)),
    ((4, 3, 3), (3, 2)), ((4, 1, 3, 3), (5, 3, 1)), ((1, 3, 3), (4, 3, 2)), ((4, 3, 3), (3,)), ((0, 0), (0,)),
    ((0, 0), (0, 2)), ((3, 3), (3, 0))], ids=str)
def test_solve(shape_a, shape_b):
    check_pullback(la.solve, regular(*shape_a), a(*shape_b))


@pytest.mark.parametrize("function", [la.inv, la.det, la.slogdet, la.pinv])
@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (2, 3, 3), (0, 0), (1, 2, 2)], ids=str)
def test_square(function, shape):
    check_pullback(function, regular(*shape))


@pytest.mark.parametrize("n", [-3, -2, -1, 0, 1, 2, 3, 5, 8])
@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2)], ids=str)
def test_matrix_power(n, shape):
    check_pullback(la.matrix_power, 0.5 * regular(*shape), n)


@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (3, 4, 2), (2, 1)], ids=str)
def test_pinv(shape):
    check_pullback(la.pinv, a(*shape))


@pytest.mark.parametrize("shape_a, shape_b", [
    ((5, 2), (5,)), ((5, 2), (5, 3)), ((3, 3), (3,)), ((2, 4), (2,))], ids=str)
def test_lstsq(shape_a, shape_b):
    check_pullback(la.lstsq, a(*shape_a), a(*shape_b))


def test_lstsq_solution_only():
    x, y = a(5, 2), a(5)
    r = la.lstsq(x, y)
    da, db = RULES[la.lstsq].pullback((np.ones(2), None, None, None), r, x, y)
    np.testing.assert_allclose(db, la.pinv(x).T @ np.ones(2), rtol=1e-12)
    assert da.shape == x.shape


@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (2, 3, 3), (0, 0)], ids=str)
@pytest.mark.parametrize("upper", [False, True])
def test_cholesky(shape, upper):
    check_pullback(la.cholesky, positive(*shape), upper=upper)


@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (2, 3, 3)], ids=str)
@pytest.mark.parametrize("UPLO", ["L", "U"])
@pytest.mark.parametrize("function", [la.eigh, la.eigvalsh])
def test_symmetric(function, shape, UPLO):
    check_pullback(function, positive(*shape), UPLO=UPLO)


def test_eigenvalues_alone_at_equal_eigenvalues():
    x = np.eye(2)
    np.testing.assert_array_equal(RULES[la.eigh].pullback((np.array([1.0, 1.0]), None), la.eigh(x), x), x)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1), (3, 1)], ids=str)
def test_svd(shape):
    check_pullback(la.svd, a(*shape), full_matrices=False)
    check_pullback(la.svd, a(*shape), compute_uv=False)
    check_pullback(la.svdvals, a(*shape))


@pytest.mark.parametrize("mode", ["reduced", "r"])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1)], ids=str)
def test_qr(shape, mode):
    check_pullback(la.qr, regular(*shape) if shape == (3, 3) else a(*shape), mode)


@pytest.mark.parametrize("shape, kwargs", [
    ((3,), {}), ((1,), {}), ((3,), {"keepdims": True}), ((2, 3), {}), ((2, 3), {"keepdims": True}),
    ((2, 3, 4), {}), ((2, 3), {"axis": 0}), ((2, 3), {"axis": -1, "keepdims": True}),
    ((2, 1, 3), {"axis": 1}), ((2, 3, 4), {"axis": (0, 2)}), ((2, 3, 4), {"ord": "fro", "axis": (1, 2)}),
    ((2, 3), {"ord": "fro"}), *(((4,), {"ord": p}) for p in (1, 2, 3, 2.5, 0, np.inf, -np.inf, -1)),
    *(((2, 4), {"ord": p, "axis": 1, "keepdims": True}) for p in (1, 2, 3, np.inf, -np.inf)),
    *(((3, 4), {"ord": p, "axis": 0}) for p in (1, 2, 3, np.inf)),
    *(((3, 4), {"ord": p}) for p in (1, -1, 2, -2, np.inf, -np.inf, "nuc")),
    ((3, 4), {"ord": 1, "keepdims": True}), ((3, 4), {"ord": np.inf, "axis": (0, 1)}), ((0,), {})], ids=str)
def test_norm(shape, kwargs):
    check_pullback(la.norm, a(*shape), **kwargs)


@pytest.mark.parametrize("kwargs", [
    {}, {"axis": 1}, {"ord": 1}, {"ord": np.inf, "axis": 0}, {"ord": 3, "keepdims": True}], ids=str)
def test_vector_norm(kwargs):
    check_pullback(la.vector_norm, a(2, 3), **kwargs)


@pytest.mark.parametrize("kwargs", [{}, {"ord": "nuc"}, {"ord": 2}, {"ord": 1, "keepdims": True}], ids=str)
def test_matrix_norm(kwargs):
    check_pullback(la.matrix_norm, a(2, 3), **kwargs)


@pytest.mark.parametrize("kwargs", [
    {}, {"ord": 1}, {"ord": 2}, {"ord": 3}, {"ord": np.inf}, {"axis": 0}], ids=str)
def test_norm_is_flat_at_zero(kwargs):
    x = np.zeros((3, 2)) if "axis" in kwargs else np.zeros(3)
    r = la.norm(x, **kwargs)
    np.testing.assert_array_equal(RULES[la.norm].pullback(np.ones_like(r), r, x, **kwargs), np.zeros_like(x))


def test_largest_elements_share():
    dx, = check_pullback(la.norm, np.array([1.0, -2.0]), ord=np.inf)
    assert dx[0] == 0.0
    dx = RULES[la.norm].pullback(1.0, np.float64(2.0), np.array([2.0, 1.0, -2.0]), np.inf)
    np.testing.assert_array_equal(dx, [0.5, 0.0, -0.5])


@pytest.mark.parametrize("function, args", [
    (la.solve, (regular(3, 3, dtype=np.float32), a(3, dtype=np.float32))),
    (la.inv, (regular(3, 3, dtype=np.float32),)), (la.det, (regular(3, 3, dtype=np.float32),)),
    (la.slogdet, (regular(3, 3, dtype=np.float32),)), (la.matrix_power, (regular(2, 2, dtype=np.float32), 3)),
    (la.pinv, (a(3, 2, dtype=np.float32),)), (la.lstsq, (a(4, 2, dtype=np.float32), a(4, dtype=np.float32))),
    (la.cholesky, (positive(3, 3, dtype=np.float32),)), (la.eigh, (positive(3, 3, dtype=np.float32),)),
    (la.eigvalsh, (positive(3, 3, dtype=np.float32),)), (la.svd, (a(3, 2, dtype=np.float32), False)),
    (la.svdvals, (a(3, 2, dtype=np.float32),)), (la.qr, (a(3, 2, dtype=np.float32),)),
    (la.norm, (a(3, dtype=np.float32),)), (la.norm, (a(3, dtype=np.float32), 3)),
    (la.norm, (a(3, dtype=np.float32), np.inf)), (la.norm, (a(3, 2, dtype=np.float32), "nuc"))], ids=str)
def test_float32(function, args):
    check_pullback(function, *args)


@pytest.mark.parametrize("function, args", [
    (la.solve, (regular(3, 3) + 1j * a(3, 3), a(3) + 1j * a(3))), (la.inv, (regular(3, 3) + 1j * a(3, 3),)),
    (la.det, (regular(3, 3) + 1j * a(3, 3),)), (la.matrix_power, (regular(2, 2) + 1j * a(2, 2), 3)),
    (la.norm, (a(3) + 1j * a(3),)), (la.norm, (a(3) + 1j * a(3), 1))], ids=str)
def test_complex(function, args):
    check_pullback(function, *args)


@pytest.mark.parametrize("function, args", [
    (la.svd, (a(3, 2),)), (la.qr, (a(3, 2), "complete")), (la.cholesky, (positive(2, 2) + 0j,)),
    (la.norm, (a(2, 3, 4), 2, (1, 2))), (la.slogdet, (positive(2, 2) + 0j,))], ids=str)
def test_refused(function, args):
    with pytest.raises(NotImplementedError):
        check_pullback(function, *args)


def test_singular_values_of_a_full_decomposition():
    def f(x):
        _, s, _ = np.linalg.svd(x)
        return np.sum(s * s * s)

    x = np.array([[1.3, 0.2, 0.1], [0.4, 0.9, -0.3]])
    assert np.allclose(grad(f)(x), grad(lambda x: np.sum(np.linalg.svdvals(x) ** 3))(x), rtol=1e-12, atol=1e-14)
