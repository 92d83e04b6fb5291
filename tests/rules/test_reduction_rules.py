"""The rules of reductions and accumulations, run directly: one line a call."""
import builtins
import math

import numpy as np
import pytest

from symgrad import jvp, value_and_grad
from symgrad.rules.core import RULES
from tests.rules.direct import check_pullback, resolve

RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 4, 2))
POSITIVE = np.exp(0.3 * A)
MASK = RNG.random(A.shape) < 0.7
MASK[0] = True
HOLES = np.where(MASK, A, np.nan)                                # no axis is all NaN
ZEROS = {                                                        # zeros in a product
    "none": RNG.normal(size=(3, 5)),
    "one": np.array([[1.0, 0.0, 3.0, -2.0, 0.5], [2.0, 1.5, 0.7, -1.0, 3.0], [0.0, 1.0, 2.0, 3.0, 4.0]]),
    "two": np.array([[1.0, 0.0, 3.0, 0.0, 0.5], [0.0, 0.0, 2.0, 1.0, 3.0], [1.0, 1.0, 2.0, 3.0, 0.0]]),
}
AXES = [None, 0, 1, -1, (0, 2), (2, 0), (-1,), (0, 1, 2)]


def reductions():
    names = ["sum", "prod", "mean", "var", "std", "max", "amax", "min", "amin", "ptp", "median"]
    names += ["nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin"]
    return [getattr(np, name) for name in names]


UFUNC_REDUCTIONS = [(np.add, "reduce"), (np.multiply, "reduce"), (np.maximum, "reduce"),
                    (np.minimum, "reduce"), (np.fmax, "reduce"), (np.fmin, "reduce")]
LOGADDEXP = [(np.logaddexp, "reduce"), (np.logaddexp2, "reduce")]
ACCUMULATIONS = [np.cumsum, np.cumprod, np.nancumsum, np.nancumprod]
UFUNC_ACCUMULATIONS = [(np.add, "accumulate"), (np.multiply, "accumulate"), (np.maximum, "accumulate"),
                       (np.minimum, "accumulate")]


def label(function):
    return ".".join((function[0].__name__, function[1])) if isinstance(function, tuple) else function.__name__


# -- every reduction along every kind of axis ------------------------------------------------------

@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("function", reductions() + UFUNC_REDUCTIONS, ids=label)
def test_axis_and_keepdims(function, axis, keepdims):
    check_pullback(function, A, axis=axis, keepdims=keepdims)


@pytest.mark.parametrize("axis", [0, 1, -1, None], ids=str)
@pytest.mark.parametrize("function", LOGADDEXP, ids=label)
def test_logaddexp_reduce(function, axis):
    check_pullback(function, A, axis=axis)
    check_pullback(function, A[0, 0], axis=axis if axis != 1 else 0, keepdims=True)


@pytest.mark.parametrize("axis", [None, 0, 1, -1], ids=str)
@pytest.mark.parametrize("function", ACCUMULATIONS, ids=label)
def test_accumulation(function, axis):
    check_pullback(function, A, axis=axis)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("function", UFUNC_ACCUMULATIONS, ids=label)
def test_ufunc_accumulation(function, axis):
    check_pullback(function, A, axis=axis)


EVERY = reductions() + UFUNC_REDUCTIONS + LOGADDEXP + ACCUMULATIONS + UFUNC_ACCUMULATIONS


@pytest.mark.parametrize("function", EVERY, ids=label)
def test_defaults_rank_one_and_one_element(function):
    check_pullback(function, A)
    check_pullback(function, A[:, 0, 0])
    for x in (A[:1], A[:, :1], A[:1, :1, :1]):                   # axes of length 1
        if getattr(function, "__name__", "") not in ("std", "nanstd") or x.shape[0] > 1:
            check_pullback(function, x, axis=0)


@pytest.mark.parametrize("function", EVERY, ids=label)
def test_float32(function):
    for axis in (0, 1):
        check_pullback(function, A.astype(np.float32), axis=axis)


@pytest.mark.parametrize("function", EVERY, ids=label)
def test_empty_arrays(function):
    check_pullback(function, np.zeros((3, 0)), axis=0)
    check_pullback(function, np.zeros((0,) + (2,) * 2)[:, :0], axis=2)


@pytest.mark.parametrize("function", [np.sum, np.prod, (np.add, "reduce"), (np.multiply, "reduce"), np.nansum,
                                      np.cumsum, np.cumprod], ids=label)
def test_nothing_to_reduce(function):
    check_pullback(function, np.zeros((0, 3)), axis=0)


# -- where, initial, dtype, ddof -------------------------------------------------------------------

@pytest.mark.parametrize("axis", [None, 0, (0, 2)], ids=str)
@pytest.mark.parametrize("function", [np.sum, np.prod, np.mean, np.var, np.std, np.nansum, np.nanprod,
                                      np.nanmean, np.nanvar, np.nanstd], ids=label)
def test_where(function, axis):
    check_pullback(function, A, axis=axis, where=MASK)
    check_pullback(function, A, axis=axis, where=MASK[:, :1], keepdims=True)
    check_pullback(function, A.astype(np.float32), axis=axis, where=MASK)


@pytest.mark.parametrize("function", [np.max, np.min, (np.maximum, "reduce"), (np.fmin, "reduce")], ids=label)
def test_where_and_initial_of_extrema(function):
    for initial in (-9.0, 0.1, 9.0):
        check_pullback(function, A, axis=1, initial=initial)
        check_pullback(function, A, axis=1, initial=initial, where=MASK)


@pytest.mark.parametrize("function", [np.sum, np.prod, (np.add, "reduce"), (np.multiply, "reduce")],
                         ids=label)
def test_initial(function):
    check_pullback(function, A, axis=1, initial=2.5)
    check_pullback(function, A, initial=2.5, keepdims=True)
    check_pullback(function, np.zeros((2, 0)), axis=1, initial=2.5)


@pytest.mark.parametrize("function", [np.sum, np.mean, np.var, np.std, np.cumsum, np.prod, np.cumprod],
                         ids=label)
def test_dtype(function):
    check_pullback(function, A.astype(np.float32), axis=1, dtype=np.float64)
    check_pullback(function, A, axis=1, dtype=np.float32, h=1e-2, rtol=1e-2)


@pytest.mark.parametrize("function", [np.var, np.std, np.nanvar, np.nanstd], ids=label)
def test_ddof(function):
    check_pullback(function, A, axis=1, ddof=1)
    check_pullback(function, A, ddof=1, where=MASK)


@pytest.mark.parametrize("function", [np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd, np.nanmax,
                                      np.nanmin, np.nancumsum, np.nancumprod], ids=label)
def test_nan_is_left_out(function):
    for axis in (None, 1):
        (da,) = check_pullback(function, HOLES, axis=axis)
        assert np.all(da[~MASK] == 0.0)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)], ids=str)
@pytest.mark.parametrize("q", [0.0, 0.3, 1.0, np.array([0.1, 0.77]), np.array([[0.45, 0.9]])], ids=str)
def test_quantile(axis, q):
    for function, unit in ((np.quantile, 1.0), (np.nanquantile, 1.0), (np.percentile, 100.0), (np.nanpercentile, 100.0)):
        x = HOLES if "nan" in function.__name__ else A
        inside = np.all((q > 0.0) & (q < 1.0))
        if inside:
            check_pullback(function, x, q * unit, axis=axis)
            check_pullback(function, x, q * unit, axis=axis, keepdims=True)
        else:                                                # q is not moved out of its range
            check_pullback(function, x, int(q * unit), axis=axis)
    check_pullback(np.nanmedian, HOLES, axis=axis)
    check_pullback(np.quantile, A.astype(np.float32), 0.25, axis=axis)


def test_slope_of_a_quantile_at_an_element():
    x = np.array([1.0, 2.0, 5.0])
    assert [RULES[np.quantile].pullback(1.0, 0.0, x, q)[1] for q in (0.0, 0.5, 1.0)] == [2.0, 6.0, 6.0]


def test_ties_of_quantiles():
    assert RULES[np.quantile].pullback(1.0, 3.0, np.array([3.0, 1.0, 3.0, 7.0]), 0.5)[0].tolist() == [0.5, 0.0, 0.5, 0.0]


@pytest.mark.parametrize("function", [f for f in (getattr(np, "cumulative_sum", None), getattr(np, "cumulative_prod", None))
                                      if f is not None])
def test_cumulative(function):
    check_pullback(function, A[0, 0])
    check_pullback(function, A, axis=1)
    check_pullback(function, A, axis=-1, include_initial=True)
    check_pullback(function, A[0, 0], include_initial=True)


@pytest.mark.parametrize("axis", [None, 0, 1, -2], ids=str)
def test_average(axis):
    check_pullback(np.average, A, axis=axis)
    check_pullback(np.average, A, axis=axis, weights=POSITIVE, keepdims=True)
    if axis is not None:
        check_pullback(np.average, A, axis=axis, weights=RNG.random(A.shape[axis]))
        check_pullback(np.average, A.astype(np.float32), axis=axis,
                       weights=RNG.random(A.shape[axis], np.float32))


@pytest.mark.parametrize("axis", [(0, 1), (2, 0), (-1, -2)], ids=str)
def test_average_over_several_axes(axis):
    check_pullback(np.average, A, axis=axis, weights=RNG.random(tuple(A.shape[i] for i in axis)))


@pytest.mark.parametrize("function", [np.sum, np.mean, np.var, np.std, np.prod, np.cumsum, np.cumprod],
                         ids=label)
def test_complex(function):
    check_pullback(function, A + 1j * POSITIVE, axis=1)
    check_pullback(function, A + 1j * POSITIVE)


# -- points where it matters -----------------------------------------------------------------------

@pytest.mark.parametrize("data", ZEROS)
@pytest.mark.parametrize("function", [np.prod, np.cumprod], ids=label)
def test_products_of_zeros(function, data):
    for axis in (None, 0, 1):
        check_pullback(function, ZEROS[data], axis=axis)
    check_pullback(np.prod, ZEROS[data], axis=(0, 1), keepdims=True)
    check_pullback(np.prod, ZEROS[data], axis=1, where=ZEROS[data] != 3.0, initial=2.0)


def test_long_product_with_a_zero_takes_linear_time():
    x = np.full(100_000, 1.0)
    x[777] = 0.0
    da = RULES[np.prod].pullback(1.0, 0.0, x)
    assert da[777] == 1.0 and np.count_nonzero(da) == 1
    dc = RULES[np.cumprod].pullback(np.ones_like(x), np.cumprod(x), x)
    assert dc[777] == 100_000 - 777 and np.all(dc[778:] == 0.0) and dc[0] == 777.0


@pytest.mark.parametrize("function", [np.max, np.min, np.nanmax, np.nanmin, (np.maximum, "reduce")],
                         ids=label)
def test_ties_share_evenly(function):
    x = np.array([[3.0, 1.0, 3.0], [2.0, 2.0, 2.0], [1.0, 4.0, 5.0]])
    r = resolve(function)(x, axis=1)
    da = RULES[function].pullback(np.ones(3), r, x, 1)
    assert np.array_equal(da, (x == r[:, None]) / np.sum(x == r[:, None], axis=1, keepdims=True))


def test_ties_of_an_element_with_initial():
    assert RULES[np.max].pullback(1.0, 2.0, np.array([2.0, 1.0]), None, None, False, 2.0).tolist() == [
        0.5, 0.0]


def test_ties_in_ptp_and_median():
    assert RULES[np.ptp].pullback(1.0, 2.0, np.array([3.0, 1.0, 3.0])).tolist() == [0.5, -1.0, 0.5]
    assert RULES[np.median].pullback(1.0, 3.0, np.array([3.0, 1.0, 3.0, 7.0])).tolist() == [
        0.5, 0.0, 0.5, 0.0]


def test_a_running_maximum_belongs_to_who_reached_it_first():
    x = np.array([1.0, 3.0, 2.0, 3.0, 4.0])
    pullback = RULES[(np.maximum, "accumulate")].pullback
    assert pullback(np.ones(5), np.maximum.accumulate(x), x).tolist() == [1.0, 3.0, 0.0, 0.0, 1.0]


def test_standard_deviation_of_equal_numbers():
    x = np.full((2, 4), 0.5)
    assert not np.any(RULES[np.std].pullback(1.0, np.std(x), x))
    assert not np.any(RULES[np.std].pullback(np.ones(2), np.std(x, axis=1), x, 1))


@pytest.mark.parametrize("function", LOGADDEXP, ids=label)
def test_impossible_events_have_no_gradient(function):
    x = np.array([[-np.inf, -np.inf], [-np.inf, 0.5]])
    da = RULES[function].pullback(np.ones(2), resolve(function)(x, axis=1), x, 1)
    assert da.tolist() == [[0.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize("function", [np.max, np.min, np.sum, np.mean, np.prod, np.var, np.std], ids=label)
def test_nan_in_the_result_is_nan_in_the_gradient(function):
    x = np.array([[1.0, np.nan], [1.0, 2.0]])
    r = function(x, axis=1)
    with np.errstate(all="ignore"):
        da = RULES[function].pullback(r, r, x, 1)
    da = da[0] if isinstance(da, tuple) else da
    assert np.all(np.isnan(da[0])) and not np.any(np.isnan(da[1]))


@pytest.mark.parametrize("axis", [None, 1, -1], ids=str)
def test_average_and_the_sum_of_weights(axis):
    check_pullback(np.average, A, axis=axis, weights=POSITIVE, returned=True)
    check_pullback(np.average, A, axis=axis, returned=True)
    if axis is not None:
        check_pullback(np.average, A, axis=axis, weights=RNG.random(A.shape[axis]), returned=True, keepdims=True)


# -- Python sequences ------------------------------------------------------------------------------

@pytest.mark.parametrize("function", [math.fsum, math.prod, builtins.sum], ids=label)
@pytest.mark.parametrize("sequence", [[1.5, -2.0, 3.0], (1.5, 0.0, 3.0), [0.0, 0.0], np.array([2.0, 0.0])],
                         ids=str)
def test_sequences(function, sequence):
    check_pullback(function, sequence)


def test_sequences_of_nothing():
    assert RULES[math.fsum].pullback(1.0, 0.0, []) == []
    assert RULES[math.prod].pullback(2.0, 3.0, [], 3.0) == ([], 2.0)
    assert RULES[builtins.sum].pullback(2.0, 3.0, [], 3.0) == ([], 2.0)


def test_sequences_with_a_start():
    check_pullback(math.prod, [1.5, 0.0, 3.0], start=2.5)
    check_pullback(builtins.sum, [1.5, 0.0, 3.0], 2.5)
    check_pullback(builtins.sum, [A[0], A[1]], A[2, :1])
    check_pullback(builtins.sum, A)


@pytest.mark.skipif(not hasattr(math, "sumprod"), reason="new in Python 3.12")
def test_sumprod():
    check_pullback(math.sumprod, [1.5, -2.0], [0.5, 3.0])


def test_a_tangent_of_products_that_are_all_zero():
    assert np.array_equal(jvp(np.cumprod, (np.array([0.0, 2.0, 3.0]),), (np.ones(3),))[1], [1.0, 2.0, 6.0])


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
def test_the_median_of_nothing_has_an_empty_gradient():
    value, gradient = value_and_grad(np.median)(np.zeros(0))
    assert np.isnan(value) and gradient.shape == (0,)
    value, gradient = value_and_grad(np.median)(np.zeros((2, 0)))
    assert np.isnan(value) and gradient.shape == (2, 0)
