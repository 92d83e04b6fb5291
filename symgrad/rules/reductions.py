"""Sums, products, means and variances along axes.

An absent `where` or `initial` is None here. A rule for ``np.add.reduce`` is registered under the
key ``(np.add, "reduce")``, as each access of the attribute makes a new object.
"""
from __future__ import annotations

import numpy as np

from symgrad.rules.core import constant, jvp, method, vjp
from symgrad.rules.reduced_axes import (
    as_last,
    cast,
    degrees_of_freedom,
    from_last,
    kept,
    masked,
    numbers,
    share,
    spread,
    total,
)

constant(np.any, np.all, np.count_nonzero,
         (np.logical_and, "reduce"), (np.logical_or, "reduce"), (np.logical_xor, "reduce"))
method(sum=np.sum, prod=np.prod, mean=np.mean, var=np.var, std=np.std, any=np.any, all=np.all)

# -- sum -----------------------------------------------------------------------------------------


@vjp(np.sum, wrt="a initial")
def sum_(dy, r, a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return masked(spread(cast(dy, a), a, axis, keepdims), where), None if initial is None else np.sum(dy)


@jvp(np.sum, wrt="a")
def sum_tangent(da, r, a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return sum_of(da, axis, dtype, keepdims, where)


@jvp(np.sum, wrt="initial")
def sum_tangent_initial(dinitial, r, a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return np.broadcast_to(dinitial, np.shape(r))


@vjp((np.add, "reduce"), wrt="array initial")
def add_reduce(dy, r, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return (masked(spread(cast(dy, array), array, axis, keepdims), where),
            None if initial is None else np.sum(dy))


@jvp((np.add, "reduce"), wrt="initial")
def add_reduce_tangent_initial(dinitial, r, array, axis=0, dtype=None, out=None, keepdims=False, initial=None,
                               where=None):
    return np.broadcast_to(dinitial, np.shape(r))


@jvp((np.add, "reduce"), wrt="array")
def add_reduce_tangent(da, r, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return sum_of(da, axis, dtype, keepdims, where)


@vjp(np.nansum, wrt="a")
def nansum(dy, r, a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return masked(spread(cast(dy, a), a, axis, keepdims), numbers(a, where))


@jvp(np.nansum, wrt="a")
def nansum_tangent(da, r, a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return sum_of(da, axis, dtype, keepdims, numbers(a, where))


def sum_of(da, axis, dtype, keepdims, where):
    if dtype is not None:
        da = da.astype(dtype)
    return total(da, axis, keepdims, where)


# -- mean ----------------------------------------------------------------------------------------


@vjp(np.mean, wrt="a", linear=True)
def mean(dy, r, a, axis=None, dtype=None, out=None, keepdims=False, where=None):
    return masked(spread(cast(share(dy, a, axis, keepdims, where), a), a, axis, keepdims), where)


@vjp(np.nanmean, wrt="a")
def nanmean(dy, r, a, axis=None, dtype=None, out=None, keepdims=False, where=None):
    where = numbers(a, where)
    return masked(spread(cast(share(dy, a, axis, keepdims, where), a), a, axis, keepdims), where)


@jvp(np.nanmean, wrt="a")
def nanmean_tangent(da, r, a, axis=None, dtype=None, out=None, keepdims=False, where=None):
    return np.mean(da, axis=axis, dtype=dtype, keepdims=keepdims, where=numbers(a, where))


@vjp(np.average, wrt="a weights")
def average(dy, r, a, axis=None, weights=None, returned=False, keepdims=False):
    dsum = None
    if returned:                                # together with the sum of the weights
        dy, dsum = dy
        r = r[0]
    if weights is None:
        return spread(share(dy, a, axis, keepdims, None), a, axis, keepdims), None
    w = along_axes(weights, a, axis)
    scale = kept(dy, axis, keepdims) / np.sum(w, axis=axis, keepdims=axis is not None or keepdims)
    dw = scale * (a - kept(r, axis, keepdims))
    if dsum is not None:
        dw = dw + kept(dsum, axis, keepdims)
    return cast(np.broadcast_to(scale * w, a.shape), a), cast(from_axes(dw, weights, a, axis), weights)


@jvp(np.average, wrt="a")
def average_tangent(da, r, a, axis=None, weights=None, returned=False, keepdims=False):
    if weights is None:
        dr = np.mean(da, axis=axis, keepdims=keepdims)
    else:
        dr = np.average(da, axis=axis, weights=weights, keepdims=keepdims)
    return (dr, np.zeros_like(r[1])) if returned else dr


@jvp(np.average, wrt="weights")
def average_tangent_weights(dweights, r, a, axis=None, weights=None, returned=False, keepdims=False):
    w = along_axes(weights, a, axis)
    dw = along_axes(dweights, a, axis)
    mean = r[0] if returned else r
    dr = (np.sum((a - kept(mean, axis, keepdims)) * dw, axis=axis, keepdims=keepdims)
          / np.sum(w, axis=axis, keepdims=keepdims))
    if not returned:
        return dr
    return dr, np.zeros_like(r[1]) + np.sum(dw, axis=axis, keepdims=keepdims)


def along_axes(weights, a, axis):
    """The weights of one axis (or several), with the other axes of `a` added with length 1."""
    if weights.ndim == a.ndim:
        return weights
    axes = averaged(a, axis)
    ordered = np.transpose(weights, tuple(axes.index(i) for i in sorted(axes)))
    return np.expand_dims(ordered, tuple(i for i in range(a.ndim) if i not in axes))


def from_axes(dw, weights, a, axis):
    """The cotangent of the weights, from that of `along_axes`."""
    if weights.ndim == a.ndim:
        return dw
    axes = averaged(a, axis)
    summed = np.sum(dw, axis=tuple(i for i in range(a.ndim) if i not in axes))
    return np.transpose(summed, tuple(sorted(axes).index(i) for i in axes))


def averaged(a, axis):
    return tuple(i % a.ndim for i in (axis if isinstance(axis, tuple) else (axis,)))


# -- variance and standard deviation ---------------------------------------------------------------


@vjp(np.var, wrt="a")
def var(dy, r, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None):
    return through_var(dy, a, axis, ddof, keepdims, where)


@jvp(np.var, wrt="a")
def var_tangent(da, r, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None):
    return var_of(da, a, axis, dtype, ddof, keepdims, where)


@vjp(np.std, wrt="a")
def std(dy, r, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None):
    return through_var(dy * half_inverse(r), a, axis, ddof, keepdims, where)


@jvp(np.std, wrt="a")
def std_tangent(da, r, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None):
    return half_inverse(r) * var_of(da, a, axis, dtype, ddof, keepdims, where)


@vjp(np.nanvar, wrt="a")
def nanvar(dy, r, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None):
    return through_var(dy, a, axis, ddof, keepdims, numbers(a, where))


@jvp(np.nanvar, wrt="a")
def nanvar_tangent(da, r, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None):
    return var_of(da, a, axis, dtype, ddof, keepdims, numbers(a, where))


@vjp(np.nanstd, wrt="a")
def nanstd(dy, r, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None):
    return through_var(dy * half_inverse(r), a, axis, ddof, keepdims, numbers(a, where))


@jvp(np.nanstd, wrt="a")
def nanstd_tangent(da, r, a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, where=None):
    return half_inverse(r) * var_of(da, a, axis, dtype, ddof, keepdims, numbers(a, where))


def through_var(dy, a, axis, ddof, keepdims, where):
    scale = cast(2.0 * dy / degrees_of_freedom(a, axis, keepdims, where, ddof), real_part(a))
    return masked(kept(scale, axis, keepdims) * conjugate(deviations(a, axis, where)), where)


def var_of(da, a, axis, dtype, ddof, keepdims, where):
    product = conjugate(deviations(a, axis, where)) * da
    product = np.real(product) if a.dtype.kind == "c" else product
    tangent = 2.0 * total(product, axis, keepdims, where) / degrees_of_freedom(a, axis, keepdims, where, ddof)
    return tangent if dtype is None else np.asarray(tangent).astype(dtype)


def deviations(a, axis, where):
    """The elements minus the mean of their group."""
    if where is not None:
        return a - np.mean(a, axis=axis, keepdims=True, where=where)
    return a - (np.mean(a) if axis is None else np.mean(a, axis=axis, keepdims=True))


def conjugate(x):
    return np.conj(x) if x.dtype.kind == "c" else x


def real_part(x):
    return np.real(x) if x.dtype.kind == "c" else x


def half_inverse(r):
    """The derivative of the square root whose value is `r`; 0 at 0, as for a norm."""
    if np.ndim(r) == 0:
        return 0.5 / r if r != 0.0 else 0.0
    return 0.5 / np.where(r != 0.0, r, np.inf)


# -- product -------------------------------------------------------------------------------------


@vjp(np.prod, wrt="a")
def prod(dy, r, a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return through_prod(dy, r, a, axis, keepdims, initial, where)


@jvp(np.prod, wrt="a")
def prod_tangent(da, r, a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return sum_of(others(r, a, axis, keepdims, initial, where) * da, axis, dtype, keepdims, where)


@vjp((np.multiply, "reduce"), wrt="array")
def multiply_reduce(dy, r, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return through_prod(dy, r, array, axis, keepdims, initial, where)


@jvp((np.multiply, "reduce"), wrt="array")
def multiply_reduce_tangent(da, r, array, axis=0, dtype=None, out=None, keepdims=False, initial=None,
                            where=None):
    return sum_of(others(r, array, axis, keepdims, initial, where) * da, axis, dtype, keepdims, where)


@vjp(np.nanprod, wrt="a")
def nanprod(dy, r, a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return through_prod(dy, r, a, axis, keepdims, initial, numbers(a, where))


@jvp(np.nanprod, wrt="a")
def nanprod_tangent(da, r, a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    where = numbers(a, where)
    return sum_of(others(r, a, axis, keepdims, initial, where) * da, axis, dtype, keepdims, where)


def through_prod(dy, r, a, axis, keepdims, initial, where):
    da = kept(dy, axis, keepdims) * others(r, a, axis, keepdims, initial, where)
    return masked(cast(da, a), where)


def others(r, a, axis, keepdims, initial, where):
    """For each element the product of all others of its group."""
    if np.ndim(a) == 0:
        return 1.0 if initial is None else initial
    factors = a if where is None else np.where(where, a, 1.0)
    if np.all(r != 0.0):
        return kept(r, axis, keepdims) / factors
    exclusive = from_last(products_of_others(as_last(factors, axis)), a, axis)
    return exclusive if initial is None else initial * exclusive


def products_of_others(b):
    """Along the last axis: what is to the left times what is to the right, without any division."""
    one = np.ones_like(b[..., :1])
    left = np.cumprod(np.concatenate((one, b[..., :-1]), axis=-1), axis=-1)
    right = np.cumprod(np.concatenate((one, b[..., :0:-1]), axis=-1), axis=-1)
    return left * right[..., ::-1]


# -- log-sum-exp -----------------------------------------------------------------------------------


@vjp((np.logaddexp, "reduce"), wrt="array")
def logaddexp_reduce(dy, r, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return masked(kept(dy, axis, keepdims) * np.exp(array - finite(kept(r, axis, keepdims))), where)


@jvp((np.logaddexp, "reduce"), wrt="array")
def logaddexp_reduce_tangent(da, r, array, axis=0, dtype=None, out=None, keepdims=False, initial=None,
                             where=None):
    return total(np.exp(array - finite(kept(r, axis, keepdims))) * da, axis, keepdims, where)


@vjp((np.logaddexp2, "reduce"), wrt="array")
def logaddexp2_reduce(dy, r, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=None):
    return masked(kept(dy, axis, keepdims) * np.exp2(array - finite(kept(r, axis, keepdims))), where)


@jvp((np.logaddexp2, "reduce"), wrt="array")
def logaddexp2_reduce_tangent(da, r, array, axis=0, dtype=None, out=None, keepdims=False, initial=None,
                              where=None):
    return total(np.exp2(array - finite(kept(r, axis, keepdims))) * da, axis, keepdims, where)


def finite(r):
    """`r`, and 0 for -inf, the sum of nothing: -inf - -inf would be NaN."""
    if np.ndim(r) == 0:
        return r if r != -np.inf else 0.0
    return np.where(r != -np.inf, r, 0.0)
