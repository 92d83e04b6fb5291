"""Every rule through generated code: the gradient of a weighted sum of what each function returns.

One line per case: a function, its arguments, and its keywords. The arguments that hold floats are
differentiated; whatever else is in a call is written into the source.
"""
import inspect
import itertools
import linecache
import math
import operator
import warnings

import numpy as np
import pytest
from numpy import linalg as la

import symgrad
from symgrad.codegen.callables import where
from symgrad.rules import special
from symgrad.rules.core import RULES, find
from tests.helpers import check, check_second, float_leaves

RNG = np.random.default_rng(5)
V = RNG.uniform(0.3, 0.9, 4)
W = RNG.uniform(1.2, 1.9, 4)
M = RNG.uniform(0.3, 0.9, (3, 4))
N = RNG.uniform(0.3, 0.9, (4, 3))
T = RNG.uniform(0.3, 0.9, (2, 3, 4))
S = RNG.uniform(0.1, 0.4, (3, 3)) + 2.0 * np.diag([1.0, 2.0, 3.0])
SPD = S @ S.T
ROW, COLUMN = M[:1], M[:, :1]
MASK = np.array([True, False, True, True])
INDEX = np.array([0, 2, 2, 3])
EMPTY = np.zeros(0)
_count = itertools.count()


def call_of(function, args, kwargs):
    """``function(*args, **kwargs)`` as a function of the arguments that hold floats, and these."""
    names, values = [], []

    def text(x):
        if isinstance(x, type):
            return f"np.{x.__name__}"
        arrays = isinstance(x, list) and isinstance(x[0], np.ndarray)
        if float_leaves(x) or isinstance(x, np.ndarray) or arrays:
            names.append(f"x{len(names)}")
            values.append(x)
            return names[-1]
        return repr(x)

    called = [text(a) for a in args]
    called += [f"{k}={v!r}" if isinstance(v, float) else f"{k}={text(v)}" for k, v in kwargs.items()]
    source = f"def f({', '.join(names)}):\n    return total(function({', '.join(called)}))\n"
    file = f"<rule {next(_count)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    result = function(*args, **kwargs)
    namespace = {"function": function, "total": total_of(result), "np": np}
    exec(compile(source, file, "exec"), namespace)
    return namespace["f"], values


def weigh(x):
    return np.sum(np.cos(np.arange(np.size(x)).reshape(np.shape(x))) * x)


def first(x):
    return weigh(x[0])


def first_number(x):
    return 1.5 * x[0]


def last(x):
    return 1.5 * x[1]


def several(x):
    total = 0.0
    for part in x:
        total += weigh(part)
    return total


def number(x):
    return 1.5 * x


def total_of(result):
    """How to make one number of a result."""
    if isinstance(result, tuple) and not isinstance(result[-1], np.ndarray):
        return first if isinstance(result[0], np.ndarray) else last if result is not None and isinstance(
            result, tuple) and hasattr(result, "logabsdet") else first_number
    if isinstance(result, (tuple, list)):
        return several if isinstance(result[0], np.ndarray) else weigh_list
    return number if isinstance(result, (float, int)) else weigh


def weigh_list(x):
    return 1.5 * x[0] + sum(e * e for e in x)


SCALAR = [  # smooth functions of floats: checked a second time for their second derivatives
    (math.sqrt, 1.3), (math.cbrt, 1.3), (math.exp, 0.7), (math.exp2, 0.7), (math.expm1, 0.7), (math.log, 1.3),
    (math.log, 1.3, 2.5), (math.log2, 1.3), (math.log10, 1.3), (math.log1p, 0.7), (math.sin, 0.7),
    (math.cos, 0.7),
    (math.tan, 0.7), (math.asin, 0.4), (math.acos, 0.4), (math.atan, 0.7), (math.sinh, 0.7), (math.cosh, 0.7),
    (math.tanh, 0.7), (math.asinh, 0.7), (math.acosh, 1.7), (math.atanh, 0.4), (math.atan2, 0.7, 1.3),
    (math.degrees, 0.7), (math.radians, 0.7), (math.hypot, 0.7, 1.3), (math.hypot, 0.7, 1.3, 0.4),
    (math.erf, 0.7),
    (math.erfc, 0.7), (math.gamma, 1.7), (math.lgamma, 1.7), (special.digamma, 1.7),
    (special.polygamma, 1, 1.7),
    (math.pow, 1.3, 0.7), (pow, 1.3, 3), (operator.pow, 1.3, 2.5), (operator.add, 1.3, 0.7),
    (operator.sub, 1.3, 0.7), (operator.mul, 1.3, 0.7), (operator.truediv, 1.3, 0.7), (operator.neg, 1.3),
    (operator.pos, 1.3), (np.tanh, 0.7), (np.log, 1.3), (np.square, 0.7), (np.reciprocal, 1.3),
    (np.logaddexp, 0.7, 1.3), (np.logaddexp2, 0.7, 1.3), (np.sinc, 0.7),
]

ROUGH = [
    (math.fmod, 7.3, 2.5), (math.remainder, 7.3, 2.5), (operator.mod, 7.3, 2.5), (math.fabs, -0.7),
    (abs, -0.7),
    (math.copysign, 0.7, -1.3), (math.ldexp, 0.7, 3), (math.nextafter, 0.7, 1.3), (math.frexp, 5.3),
    (math.modf, 5.3),
    (divmod, 7.3, 2.5), (float, 0.7), (math.dist, [0.7, 1.3], [0.4, 0.2]), (math.fsum, [0.7, 1.3, 0.4]),
    (sum, [0.7, 1.3, 0.4]), (math.prod, [0.7, 1.3, 0.4]),
]

ARRAYS = [
    (np.cumsum, M), (np.cumsum, M, 1), (np.add.accumulate, M), (np.nancumsum, M), (np.cumprod, M, 1),
    (np.multiply.accumulate, M), (np.maximum.accumulate, V), (np.convolve, V, W[:2]),
    (np.convolve, V, W[:2], "same"),
    (np.correlate, V, W[:2], "full"), (np.array, M), (np.array, [0.7, 1.3]), (np.asarray, M),
    (np.ascontiguousarray, M.T), (np.copy, M), (np.ndarray.copy, M), (np.ndarray.item, V[:1]),
    (np.full, 3, 0.7), (np.full_like, INDEX, 0.7, np.float64), (np.linspace, 0.3, 1.7, 5),
    (np.geomspace, 0.3, 1.7, 5), (np.arange, 0.3, 1.8, 0.4), (la.solve, S, V[:3]), (la.solve, S, N[:3]),
    (la.inv, S), (la.det, S), (la.slogdet, S), (la.matrix_power, S, 3), (la.pinv, N), (la.lstsq, N, V),
    (la.cholesky, SPD), (la.eigh, SPD), (la.eigvalsh, SPD), (la.svdvals, N), (la.svd, N, False), (la.qr, N),
    (np.diag, V), (np.diag, S), (np.diagflat, V), (np.diagonal, S), (la.diagonal, S), (np.trace, S),
    (la.trace, S),
    (np.triu, M), (np.tril, M, -1), (np.vander, V, 3), (np.pad, V, 2), (np.diff, M), (np.diff, V, 2),
    (np.ediff1d, V), (np.unwrap, M), (np.gradient, V), (np.trapezoid, V), (np.interp, 0.7, np.sort(V), W),
    (np.polyval, V, 0.7),
    (np.einsum, "ij,jk->ik", M, N), (np.einsum, "ii", S), (np.max, M), (np.min, M, 1), (np.maximum.reduce, M),
    (np.ptp, M), (np.median, V), (np.concatenate, [V, W]), (np.stack, [V, W], 1), (np.hstack, [V, W]),
    (np.vstack, [V, W]), (np.dstack, [M, M * 2.0]), (np.column_stack, [V, W]), (np.block, [[M, M * 2.0]]),
    (np.append, V, W), (np.split, V, 2), (np.vsplit, M, 3), (np.hsplit, M, 2), (np.dsplit, T, 2),
    (np.tile, V, 2),
    (np.repeat, V, 2), (np.repeat, M, 2, 1), (np.resize, V, (2, 3)), (np.delete, V, 1),
    (np.insert, V, 1, 0.7),
    (la.norm, V), (la.norm, M), (la.norm, M, None, 1), (la.vector_norm, V), (la.matrix_norm, M),
    (np.multiply.outer, V, W), (np.add.outer, V, W), (np.subtract.outer, V, W), (np.divide.outer, V, W),
    (np.maximum.outer, V, W), (np.matmul, M, N), (operator.matmul, M, V), (np.dot, M, N), (np.dot, V, W),
    (np.inner, M, M), (np.outer, V, W), (np.vdot, V, W), (np.tensordot, M, N, 1), (np.kron, V, W),
    (np.cross, N[0], N[1]), (la.cross, N[0], N[1]), (np.vecdot, M, M),
    (np.sum, M), (np.sum, M, 1), (np.add.reduce, M), (np.nansum, M), (np.mean, M, 0), (np.nanmean, M),
    (np.average, V), (np.var, M), (np.std, M, 1), (np.nanvar, M), (np.nanstd, M), (np.prod, V),
    (np.prod, M, 1),
    (np.multiply.reduce, M), (np.nanprod, M), (np.logaddexp.reduce, V), (np.logaddexp2.reduce, V),
    (np.divmod, 7.0 + V, W), (np.sort, M), (np.sort, V), (np.partition, V, 2), (np.take, M, [0, 0, 2]),
    (np.take, M, INDEX, 1), (np.take_along_axis, V, INDEX), (np.compress, MASK, V), (np.extract, MASK, V),
    (np.choose, INDEX[:2] // 2, [V[:2], W[:2]]), (np.bincount, INDEX, V),
    (np.reshape, M, (2, 6)), (np.ravel, M), (np.ndarray.flatten, M), (np.transpose, M),
    (np.transpose, T, (1, 0, 2)),
    (np.matrix_transpose, T), (np.swapaxes, T, 0, 2), (np.moveaxis, T, 0, 2), (np.rollaxis, T, 2),
    (np.expand_dims, V, 0), (np.squeeze, ROW), (np.atleast_1d, V), (np.atleast_2d, V),
    (np.broadcast_to, ROW, (3, 4)),
    (np.flip, M), (np.fliplr, M), (np.flipud, M), (np.rot90, M), (np.roll, M, 1), (np.roll, M, 1, 1),
    (np.heaviside, V, 0.5), (np.where, MASK, V, W), (np.maximum, V, W[::-1] - 0.9), (np.minimum, V, W - 0.9),
    (np.fmax, V, W - 0.9), (np.fmin, V, W - 0.9), (np.clip, V, 0.4, 0.6), (np.nan_to_num, V),
    (np.modf, 5.0 + V),
    (np.frexp, 5.0 + V), (np.hypot, V, W), (np.add, M, ROW), (np.multiply, M, COLUMN),
    (np.divide, ROW, COLUMN),
    (np.power, M, ROW), (np.arctan2, COLUMN, V), (np.sqrt, M), (np.exp, M), (np.absolute, M - 0.6),
    (np.ldexp, V, 2),
    (np.meshgrid, V, W), (np.broadcast_arrays, V, COLUMN),
    (np.quantile, V, 0.3), (np.percentile, M, 30.0), (np.nanquantile, V, 0.3), (np.nanpercentile, V, 30.0),
    (np.nanmedian, V), (np.nancumprod, V), (np.logspace, 0.1, 0.7, 4), (np.fft.rfftfreq, 5, 0.3),
    (np.fft.fftshift, V), (np.fft.ifftshift, V), (np.fft.irfft, V),
]
if hasattr(np, "cumulative_sum"):
    ARRAYS += [(np.cumulative_sum, V), (np.cumulative_prod, V)]
if hasattr(np, "matvec"):
    ARRAYS += [(np.matvec, M, V), (np.vecmat, V, N)]


def label(case):
    function, *args = case
    name = getattr(function, "__qualname__", None) or function.__name__
    texts = ["list" if isinstance(a, list) else str(getattr(a, "shape", a)) for a in args]
    return "-".join([name, *texts])


@pytest.mark.parametrize("case", SCALAR + ROUGH + ARRAYS, ids=label)
def test_gradient(case):
    function, *args = case
    f, values = call_of(function, args, {})
    check(f, *values)


@pytest.mark.parametrize("case", SCALAR, ids=label)
def test_second_derivative(case):
    function, *args = case
    f, values = call_of(function, args, {})
    check_second(f, *values)


UNARY = [np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan, np.sinh, np.cosh, np.tanh, np.arcsinh,
         np.arctanh, np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sqrt, np.cbrt,
         np.square, np.reciprocal, np.absolute, np.degrees, np.radians, np.sinc, np.sum, np.mean, np.cumsum,
         np.prod, np.sort, np.ravel]


@pytest.mark.parametrize("x", [V.astype(np.float32), ROW, EMPTY, np.zeros((0, 3)), np.array(0.6), V[:1]],
                         ids=["float32", "row", "empty", "no rows", "0-d", "one element"])
@pytest.mark.parametrize("function", UNARY, ids=lambda f: f.__name__)
def test_shapes(function, x):
    f, values = call_of(function, (x, None) if function is np.sort and x.ndim == 0 else (x,), {})
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)                 # the mean of nothing
        check(f, *values, nan_ok=x.size == 0 and function is np.mean)


@pytest.mark.parametrize("function, args, kwargs", [
    (np.sum, (T,), {"axis": (0, 2)}), (np.sum, (T,), {"axis": 1, "keepdims": True}),
    (np.sum, (V,), {"where": MASK}),
    (np.sum, (V.astype(np.float32),), {"dtype": np.float64}), (np.mean, (T,), {"axis": -1, "keepdims": True}),
    (np.var, (M,), {"ddof": 1}), (np.std, (M,), {"axis": 0, "ddof": 1, "keepdims": True}),
    (np.max, (T,), {"axis": (0, 1)}), (np.prod, (T,), {"axis": 1, "keepdims": True}),
    (np.average, (V,), {"weights": W}), (np.median, (M,), {"axis": 1}), (np.linspace, (0.3, 1.7), {"num": 4}),
    (np.clip, (V,), {"a_min": None, "a_max": 0.6}), (np.pad, (V, 1), {"mode": "edge"}),
    (np.pad, (V, 1), {"constant_values": 0.7}), (np.concatenate, ([M, M * 2.0],), {"axis": 1}),
    (np.stack, ([V, W],), {"axis": -1}), (np.split, (M, 2), {"axis": 1}),
    (np.trapezoid, (V,), {"x": np.cumsum(W)}),
    (np.trapezoid, (V,), {"dx": 0.3}), (np.gradient, (M,), {"axis": 0}),
    (la.norm, (M,), {"axis": 1, "ord": 1}),
    (np.diff, (M,), {"axis": 0}), (np.cross, (N, N[::-1]), {"axis": 1}),
    (np.tensordot, (T, T), {"axes": ((0, 2), (0, 2))}),
    (np.nan_to_num, (V,), {"nan": 0.5}), (np.interp, (V, np.sort(W), V), {"left": 0.5}),
    (np.einsum, ("ij,jk->ik", M, N), {"optimize": True}), (np.roll, (T,), {"shift": 2, "axis": 0}),
    (np.take, (T, [0, 1]), {"axis": 0}), (np.sort, (T,), {"axis": 0}),
    (np.meshgrid, (V, W), {"indexing": "ij"}),
], ids=lambda x: getattr(x, "__name__", None) or (str(list(x)) if isinstance(x, dict) else None))
def test_keywords(function, args, kwargs):
    f, values = call_of(function, args, kwargs)
    check(f, *values)


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "prod", "max", "min", "cumsum", "cumprod",
                                  "ravel", "flatten", "copy", "squeeze", "trace", "diagonal", "transpose",
                                  "round", "clip"])
def test_methods(name):
    arguments = {"clip": (0.4, 0.6), "round": (1,)}.get(name, ())
    source = f"def f(x):\n    return weigh(x.{name}({', '.join(map(repr, arguments))}) * 2.0) + weigh(x)\n"
    file = f"<rule {next(_count)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    namespace = {"weigh": weigh}
    exec(compile(source, file, "exec"), namespace)
    check(namespace["f"], S * 0.1)


@pytest.mark.parametrize("function, kwargs", [
    (np.mean, {}), (np.mean, {"axis": 0}), (np.mean, {"axis": (0, 1)}), (np.var, {}), (np.std, {"axis": 0}),
    (np.average, {}), (np.sum, {}), (np.prod, {}), (np.cumsum, {}), (np.nanmean, {}), (np.var, {"ddof": 1})], ids=str)
def test_gradient_of_an_empty_array_is_an_empty_array(function, kwargs):
    f, (x,) = call_of(function, (np.zeros((0, 3)),), kwargs)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert symgrad.grad(f)(x).shape == (0, 3)


def test_variance_without_degrees_of_freedom():
    f, (x,) = call_of(np.var, (V[:2],), {"ddof": 2})
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(symgrad.grad(f)(x), np.sign(x - x.mean()) * np.inf)
        g, (y,) = call_of(np.var, (V[:1],), {"ddof": 1})
        assert np.isnan(symgrad.grad(g)(y)).all()


def test_views_of_several_arrays_are_views_of_each():
    check(lambda a, b: several(np.atleast_2d(a * 2.0, b)), V, 0.7)

    def written(a, b):
        a, b = a.copy(), b.copy()
        c, d = np.atleast_2d(a, b)
        c[0, 1] = 3.0 * d[0, 0]
        return weigh(a) * weigh(b)
    check(written, V, W)


def test_unstacked_rows():
    def rows(a):
        x, y, z = np.unstack(a)
        return weigh(x * y) + weigh(y * z)
    check(rows, M)
    check(lambda a: several([r * r for r in np.unstack(a, axis=1)]), M)

    def written(a):
        a = a.copy()
        x, y, z = np.unstack(a)
        y[0] = x[1] * z[2]
        return weigh(a)
    with pytest.raises(symgrad.AliasError):                 # a list of views: which is `y` is not followed
        symgrad.grad(written)(M)


@pytest.mark.parametrize("ufunc", [np.power, np.hypot, np.arctan2, np.logaddexp, np.remainder, np.fmax, np.float_power],
                         ids=lambda u: u.__name__)
def test_outer_of_every_ufunc(ufunc):
    check(lambda a, b: weigh(ufunc.outer(a, b)), V, W[:3])
    check(lambda a, b: weigh(ufunc.outer(a, b)), M, 1.7)
    check(lambda a: weigh(ufunc.outer(a, [1.5, 2.5])), V)


def test_lists_among_the_arguments():
    check(lambda a: weigh(np.average(a, axis=0, weights=[1.0, 2.0, 3.0])), M)
    check(lambda a: weigh(np.polyval([1.0, 2.0], a)), M)
    check(lambda a: weigh(np.interp(a, [0.0, 1.0], [2.0, 3.0])), V)
    check(lambda a, b: weigh(np.einsum(a, [0, 1], b, [1, 2], [2, 0])), M, N)
    check(lambda a, b: weigh(np.einsum(a, [0, ...], b, [..., 0])), M, N)
    check(lambda a: weigh(np.full_like(a, a[0, 0])), M)


def test_a_call_that_a_rule_does_not_cover_is_refused():
    with pytest.raises(symgrad.UnsupportedError, match="(?s)np.geomspace between arrays.*np.exp"):
        symgrad.grad(lambda a: weigh(np.geomspace(a, 2.0 * a, 3)))(V)
    with pytest.raises(symgrad.UnsupportedError, match="period"):
        symgrad.vjp(lambda a: np.interp(a, W, V, period=1.0), V)


def test_lists_written_out():
    check(lambda a: weigh(np.asarray([a[0], a[1]]) * 2.0), V)
    check(lambda a: weigh(np.asarray([a[:2], a[1:3]]) * 2.0), V)
    check(lambda a, b, c: weigh(la.multi_dot([a, b, c])), M, N, M)
    check(lambda a, b, c: weigh(np.select([MASK, a > 0.6], [a, b], c)), V, W, 0.7)
    check(lambda a: sum(e * e for e in a.tolist()), V)
    check(lambda a: np.sum(a.astype(np.float64) ** 2), V.astype(np.float32))
    check(lambda a: weigh(np.block([[a, 2.0 * a], [a * a, a]])), M)




def is_ours(rule):
    """Whether a rule is symgrad's own, not one that another test has stated."""
    if rule.pullback is not None:
        module = rule.pullback.__module__                # `user` holds none: its doctest states one
        return module.startswith("symgrad.rules.") and module not in ("symgrad.rules.user",
                                                                      "symgrad.rules.scipy_special")
    modules = [("symgrad" if isinstance(f, tuple) else (where(f) or ("tests",))[0]).split(".")[0]
               for f in rule.functions]
    return any(m not in ("tests", "scipy") for m in modules)


@pytest.mark.skipif(not hasattr(math, "fma"), reason="Python 3.13 has math.fma")
def test_fma():
    check(lambda a, b, c: math.fma(a, b, c) ** 2, 0.7, 1.3, 0.4)


@pytest.mark.skipif(not hasattr(math, "sumprod"), reason="Python 3.12 has math.sumprod")
def test_sumprod():
    check(lambda p, q: math.sumprod(p, q) ** 2, [0.7, 1.3], [0.4, 0.2])


def test_counts_are_constant_and_edges_are_not():
    def ends(x, bins, range=None):
        counts, edges = np.histogram(x, bins, range)
        return counts[0] * np.sum(x) + np.sum(edges ** 2 * np.arange(len(edges)))
    check(lambda x: ends(x, 3), V)
    check(lambda x: ends(x, 3), M)
    check(lambda x: ends(x, 3, (0.0, 2.0)), V)
    check(lambda x, edges: ends(x, edges), V, np.array([0.0, 0.45, 0.95]))
    with pytest.raises(symgrad.UnsupportedError, match="weights"):
        symgrad.grad(lambda w: np.sum(np.histogram(V, 3, weights=w)[0]))(W)
    with pytest.raises(NotImplementedError, match="density"):
        symgrad.grad(lambda x: np.sum(np.histogram(x, 3, density=True)[0]))(V)


def test_full_like_takes_the_shape_only():
    check(lambda x: np.sum(x * np.full_like(x, 2.0)), V)
    check(lambda x: np.sum(x * np.full_like(a=x, fill_value=2.0)), V)
    check(lambda x, c: np.sum(x * np.full_like(x * x, c)), V, 0.5)
    check(lambda x: np.sum(np.full_like(x, x[0]) ** 2), V)
    with pytest.warns(symgrad.ZeroGradientWarning):
        assert not symgrad.grad(lambda x: np.sum(np.full_like(x, 2.0)))(V).any()


def test_item_of_a_numpy_scalar():
    check(lambda x: np.float64(x).item() * x, 0.7)
    check(lambda x: np.sum(x).item() ** 2 * x[1].item(), V)


EXEMPT = {"multi_dot", "select", "tolist", "astype",            # see test_lists_written_out
          "fma", "sumprod",                                     # see above: not in every Python
          "fft", "ifft", "rfft", "fft2", "ifft2", "fftn", "ifftn",         # complex: see test_fourier_rules
          "complex", "real", "imag", "conj", "angle",           # of complex numbers: see test_conventions
          "complex_sign",                                       # see test_conventions
          "unstack"}                                            # see test_unstacked_rows


def test_every_rule_has_both_modes():
    """Linear functions are their own tangents; any other states one for each argument that has a derivative."""
    for rule in {id(r): r for r in RULES.values() if is_ours(r)}.values():
        if not rule.is_elementwise and not rule.linear:
            assert set(rule.pushforward) >= set(rule.wrt), rule.name
        for name, pushforward in rule.pushforward.items():
            given = list(inspect.signature(pushforward).parameters)
            assert name in rule.wrt and given[1] == "r", rule.name
            assert len(given) == len(rule.params) + 2, rule.name


def test_every_rule_is_here():
    tried = {id(find(case[0])) for case in SCALAR + ROUGH + ARRAYS if find(case[0])}
    tried |= {id(find(u)) for u in UNARY}
    tried |= {id(RULES[(f.__self__, f.__name__)]) for f, *_ in ARRAYS
              if isinstance(getattr(f, "__self__", None), np.ufunc)}
    tried |= {id(RULES[(math.log, "base")]), id(RULES[np.histogram])}      # the latter has a test of its own
    missing = sorted({r.name for r in RULES.values() if is_ours(r) and r.wrt and id(r) not in tried} - EXEMPT)
    assert missing == []


def test_what_is_printed_for_lists_of_adjoints():
    """Expressions stand for these functions in generated code."""
    from symgrad.transform import lists
    zeros = lists.zeros_of([1.0, (2.0, np.ones(2)), {"a": [3.0]}])
    assert zeros[0] == 0.0 and zeros[1][0] == 0.0 and zeros[2] == {"a": [0.0]}
    np.testing.assert_array_equal(zeros[1][1], np.zeros(2))
    assert lists.add_lists([1.0, 2.0], [3.0, 4.0]) == [4.0, 6.0]
    assert lists.fold_list([1.0, 2.0, 3.0, 4.0], [0.0, 0.0]) == [4.0, 6.0]
    assert lists.float_items([np.float32(1.0)]) == [1.0]
