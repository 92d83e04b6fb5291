"""Differences, slopes and areas of sampled functions, interpolation, polynomials."""
from __future__ import annotations

import numpy as np

from symgrad.rules.axes import along, positive, shaped_as
from symgrad.rules.core import jvp, returns_argument, vjp
from symgrad.rules.reduced_axes import cast

# -- differences ---------------------------------------------------------------------------------

def diff_adjoint(dy, n, axis):
    """The transpose of np.diff: the negative difference of `dy` between zeros, `n` times.

    It has `n` elements where there were fewer than that.
    """
    widths = n if dy.ndim == 1 else tuple((n, n) if i == axis else (0, 0) for i in range(dy.ndim))
    d = np.diff(np.pad(dy, widths), n, axis)
    return -d if n % 2 == 1 else d


@vjp(np.diff, wrt="a prepend append")
def diff(dy, r, a, n=1, axis=-1, prepend=None, append=None):
    axis = positive(axis, a.ndim)
    if n == 0:
        return dy, None, None
    joined = diff_adjoint(dy, n, axis)
    if prepend is None and append is None:
        return joined[along(axis, a.ndim, slice(None, a.shape[axis]))], None, None
    first = extent(prepend, axis)
    last = first + a.shape[axis]
    before = joined[along(axis, a.ndim, slice(None, first))]
    after = joined[along(axis, a.ndim, slice(last, last + extent(append, axis)))]
    return (joined[along(axis, a.ndim, slice(first, last))],
            None if prepend is None else np.sum(before) if np.ndim(prepend) == 0 else before,
            None if append is None else np.sum(after) if np.ndim(append) == 0 else after)


returns_argument(np.diff, when=lambda args, kwargs: args[1:2] == (0,) or kwargs.get("n") == 0)


def extent(piece, axis):
    """How many elements a piece adds along the axis; a number adds one."""
    if piece is None:
        return 0
    return 1 if np.ndim(piece) == 0 else piece.shape[axis]


def diff_of_pieces(a, n, axis, prepend, append):
    if prepend is None and append is None:
        return np.diff(a, n, axis)
    if append is None:
        return np.diff(a, n, axis, prepend=prepend)
    if prepend is None:
        return np.diff(a, n, axis, append=append)
    return np.diff(a, n, axis, prepend=prepend, append=append)


def still(piece):
    return None if piece is None else np.zeros_like(piece)


@jvp(np.diff, "a")
def diff_a(da, r, a, n=1, axis=-1, prepend=None, append=None):
    return diff_of_pieces(da, n, axis, still(prepend), still(append))


@jvp(np.diff, "prepend")
def diff_prepend(dprepend, r, a, n=1, axis=-1, prepend=None, append=None):
    return diff_of_pieces(np.zeros_like(a), n, axis, dprepend, still(append))


@jvp(np.diff, "append")
def diff_append(dappend, r, a, n=1, axis=-1, prepend=None, append=None):
    return diff_of_pieces(np.zeros_like(a), n, axis, still(prepend), dappend)


@vjp(np.ediff1d, wrt="ary to_end to_begin")
def ediff1d(dy, r, ary, to_end=None, to_begin=None):
    first = 0 if to_begin is None else np.size(to_begin)
    last = first + max(np.size(ary) - 1, 0)
    dary = diff_adjoint(dy[first:last], 1, 0) if np.size(ary) else np.zeros_like(dy[:0])
    return (shaped_as(dary, ary),
            None if to_end is None else np.reshape(dy[last:], np.shape(to_end)),
            None if to_begin is None else np.reshape(dy[:first], np.shape(to_begin)))


@jvp(np.ediff1d, "ary")
def ediff1d_ary(dary, r, ary, to_end=None, to_begin=None):
    return np.ediff1d(dary, still(to_end), still(to_begin))


@jvp(np.ediff1d, "to_end")
def ediff1d_to_end(dto_end, r, ary, to_end=None, to_begin=None):
    return np.ediff1d(np.zeros_like(ary), dto_end, still(to_begin))


@jvp(np.ediff1d, "to_begin")
def ediff1d_to_begin(dto_begin, r, ary, to_end=None, to_begin=None):
    return np.ediff1d(np.zeros_like(ary), still(to_end), dto_begin)


@vjp(np.gradient, wrt="f varargs", variadic="varargs")
def gradient(dy, r, f, varargs, axis=None, edge_order=1):
    axes, spacings = along_axes(f, varargs, axis)
    cotangents, slopes = ((dy,), (r,)) if len(axes) == 1 else (dy, r)
    df = gradient_adjoint(cotangents[0], spacings[0], axes[0], edge_order)
    for d, h, i in zip(cotangents[1:], spacings[1:], axes[1:]):
        df = df + gradient_adjoint(d, h, i, edge_order)
    if not varargs:
        return df, ()
    found = tuple(spacing_adjoint(d, g, f, h, i, edge_order)
                  for d, g, h, i in zip(cotangents, slopes, spacings, axes))
    return df, found if len(varargs) == len(axes) else (sum(found[1:], found[0]),)


@jvp(np.gradient, "f")
def gradient_f(df, r, f, varargs, axis=None, edge_order=1):
    return np.gradient(df, *varargs, axis=axis, edge_order=edge_order)


@jvp(np.gradient, "varargs")
def gradient_varargs(dvarargs, r, f, varargs, axis=None, edge_order=1):
    axes, spacings = along_axes(f, varargs, axis)
    tangents = dvarargs * len(axes) if len(dvarargs) == 1 else dvarargs
    slopes = (r,) if len(axes) == 1 else r
    found = tuple(np.zeros_like(g) if dh is None else spacing_tangent(dh, g, f, h, i, edge_order)
                  for dh, g, h, i in zip(tangents, slopes, spacings, axes))
    return found[0] if len(axes) == 1 else found


def along_axes(f, varargs, axis):
    """The axes that slopes are taken along, and the spacing of each."""
    axes = tuple(range(f.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return axes, varargs * len(axes) if len(varargs) == 1 else varargs if varargs else (1.0,) * len(axes)


def gradient_adjoint(dy, h, axis, edge_order):
    """The transpose of np.gradient along one axis."""
    if dy.ndim > 1:
        dy = np.moveaxis(dy, axis, -1)
    left, middle, right, first, last = gradient_weights(h, dy, edge_order)
    inner = dy[..., 1:-1]
    df = np.zeros_like(dy)
    df[..., :-2] += left * inner
    if np.ndim(h) == 1:                          # the middle point counts where the spacing varies
        df[..., 1:-1] += middle * inner
    df[..., 2:] += right * inner
    for i, weight in enumerate(first):
        df[..., i] += weight * dy[..., 0]
    for i, weight in enumerate(last):
        df[..., -1 - i] += weight * dy[..., -1]
    return np.moveaxis(df, -1, axis) if dy.ndim > 1 else df


def gradient_weights(h, dy, edge_order):
    """The weights of the neighbours of an inner point, and those of the points nearest to either end."""
    if np.ndim(h) == 0:
        side = 0.5 / h
        if edge_order == 1:
            return -side, 0.0, side, (-1.0 / h, 1.0 / h), (1.0 / h, -1.0 / h)
        return (-side, 0.0, side, (-1.5 / h, 2.0 / h, -0.5 / h), (1.5 / h, -2.0 / h, 0.5 / h))
    steps = np.diff(h).astype(dy.dtype)
    a, b = steps[:-1], steps[1:]
    inner = (-b / (a * (a + b)), (b - a) / (a * b), a / (b * (a + b)))
    p, q = steps[0], steps[-1]
    if edge_order == 1:
        return *inner, (-1.0 / p, 1.0 / p), (1.0 / q, -1.0 / q)
    s, t = steps[1], steps[-2]
    return (*inner, (-(2.0 * p + s) / (p * (p + s)), (p + s) / (p * s), -p / (s * (p + s))),
            ((2.0 * q + t) / (q * (q + t)), -(q + t) / (q * t), q / (t * (q + t))))


def spacing_adjoint(dy, g, f, h, axis, edge_order):
    """The cotangent of the spacing along one axis: of a number, or of the coordinates."""
    if np.ndim(h) == 0:
        return cast(-np.sum(dy * g) / h, np.asarray(h))
    d = np.moveaxis(dy, axis, -1)
    left, right, first, last = spacing_slopes(np.moveaxis(f, axis, -1), np.moveaxis(g, axis, -1), h, edge_order)
    others = tuple(range(d.ndim - 1))
    dsteps = np.zeros_like(np.diff(h))
    dsteps[:-1] += np.sum(d[..., 1:-1] * left, axis=others)
    dsteps[1:] += np.sum(d[..., 1:-1] * right, axis=others)
    for i, slope in enumerate(first):
        dsteps[i] += np.sum(d[..., 0] * slope)
    for i, slope in enumerate(last):
        dsteps[-1 - i] += np.sum(d[..., -1] * slope)
    return cast(diff_adjoint(dsteps, 1, 0), h)


def spacing_tangent(dh, g, f, h, axis, edge_order):
    if np.ndim(h) == 0:
        return cast(-g * (dh / h), g)
    left, right, first, last = spacing_slopes(np.moveaxis(f, axis, -1), np.moveaxis(g, axis, -1), h, edge_order)
    dsteps = np.diff(dh)
    inner = left * dsteps[:-1] + right * dsteps[1:]
    low, high = first[0] * dsteps[0], last[0] * dsteps[-1]
    if edge_order == 2:
        low, high = low + first[1] * dsteps[1], high + last[1] * dsteps[-2]
    dg = np.concatenate((np.expand_dims(low, -1), inner, np.expand_dims(high, -1)), axis=-1)
    return np.moveaxis(dg, -1, axis).astype(g.dtype)


def spacing_slopes(f, g, x, edge_order):
    """How the slopes `g` along the last axis depend on the steps beside their points.

    For inner points the derivatives with respect to the step before and the one after; for either end those with
    respect to the steps nearest to it. An inner slope is (b p + a q) / (a + b) with the steps a and b and the
    slopes p and q of the two; that at an end is u + (u - v) p / (p + s), with u and p next to it.
    """
    steps = np.diff(x)
    slopes = np.diff(f, axis=-1) / steps
    a, b, p, q = steps[:-1], steps[1:], slopes[..., :-1], slopes[..., 1:]
    inner = (b * p + a * q) / (a + b)
    left, right = (q - b * p / a - inner) / (a + b), (p - a * q / b - inner) / (a + b)
    if edge_order == 1:
        return left, right, (-g[..., 0] / steps[0],), (-g[..., -1] / steps[-1],)
    return (left, right, end_slopes(slopes[..., 0], slopes[..., 1], steps[0], steps[1]),
            end_slopes(slopes[..., -1], slopes[..., -2], steps[-1], steps[-2]))


def end_slopes(u, v, p, s):
    bend = (u - v) / ((p + s) * (p + s))
    return s * bend - u / p * (1.0 + p / (p + s)), v / s * (p / (p + s)) - p * bend


@vjp(np.unwrap, wrt="p")
def unwrap(dy, r, p, discont=None, axis=-1, period=None):
    return dy                                   # whole periods are added


@jvp(np.unwrap, "p")
def unwrap_p(dp, r, p, discont=None, axis=-1, period=None):
    return dp


# -- areas ---------------------------------------------------------------------------------------

@vjp(np.trapezoid, wrt="y x dx")
def trapezoid(dr, r, y, x=None, dx=1.0, axis=-1):
    axis = positive(axis, y.ndim)
    upper, lower = along(axis, y.ndim, slice(1, None)), along(axis, y.ndim, slice(None, -1))
    area = dr if np.ndim(dr) == 0 else np.expand_dims(dr, axis)
    half = 0.5 * area * (dx if x is None else steps_along(x, y, axis))
    dy = np.zeros_like(y)
    dy[upper] += half
    dy[lower] += half
    if x is None:
        return dy, None, np.sum(dr * np.trapezoid(y, axis=axis))
    slope = 0.5 * area * (y[upper] + y[lower])
    if x.ndim == 1:
        if y.ndim > 1:
            slope = np.sum(slope, axis=tuple(i for i in range(y.ndim) if i != axis))
        return dy, diff_adjoint(slope, 1, 0), 0.0
    return dy, diff_adjoint(slope, 1, axis), 0.0


def steps_along(x, y, axis):
    """The spacing of `x`, to multiply `y` along the axis."""
    if x.ndim > 1:
        return np.diff(x, 1, axis)
    steps = np.diff(x)
    return steps if axis == y.ndim - 1 else steps.reshape((-1,) + (1,) * (y.ndim - 1 - axis))


@jvp(np.trapezoid, "y")
def trapezoid_y(dy, r, y, x=None, dx=1.0, axis=-1):
    return np.trapezoid(dy, x, dx, axis)


@jvp(np.trapezoid, "x")
def trapezoid_x(dx_, r, y, x=None, dx=1.0, axis=-1):
    return np.trapezoid(y, dx_, 1.0, axis)


@jvp(np.trapezoid, "dx")
def trapezoid_dx(ddx, r, y, x=None, dx=1.0, axis=-1):
    return ddx * np.trapezoid(y, axis=axis) if x is None else np.zeros_like(r)


# -- interpolation -------------------------------------------------------------------------------

@vjp(np.interp, wrt="x xp fp")
def interp(dy, r, x, xp, fp, left=None, right=None, period=None):
    if period is not None:
        raise NotImplementedError("np.interp with a period: repeat the samples on both sides instead")
    k, t, slope, inside = segment(x, xp, fp)
    if left is not None:
        dy = np.where(x < xp[0], 0.0, dy)
    if right is not None:
        dy = np.where(x > xp[-1], 0.0, dy)
    dx = np.where(inside, dy * slope, 0.0)
    dxp, dfp = np.zeros_like(xp), np.zeros_like(fp)
    np.add.at(dfp, k, dy * (1.0 - t))
    np.add.at(dfp, k + 1, dy * t)
    np.add.at(dxp, k, -dx * (1.0 - t))
    np.add.at(dxp, k + 1, -dx * t)
    return dx, dxp, dfp


def segment(x, xp, fp):
    """The segment that each `x` is in (the right one at a knot), how far it is along it, and the slope."""
    k = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 2)
    width = xp[k + 1] - xp[k]
    t = np.clip((x - xp[k]) / width, 0.0, 1.0)
    return k, t, (fp[k + 1] - fp[k]) / width, (xp[0] <= x) & (x <= xp[-1])


@jvp(np.interp, "x")
def interp_x(dx, r, x, xp, fp, left=None, right=None, period=None):
    _, _, slope, inside = segment(x, xp, fp)
    return np.where(inside, dx * slope, 0.0)


@jvp(np.interp, "xp")
def interp_xp(dxp, r, x, xp, fp, left=None, right=None, period=None):
    k, t, slope, inside = segment(x, xp, fp)
    return np.where(inside, -slope * (dxp[k] * (1.0 - t) + dxp[k + 1] * t), 0.0)


@jvp(np.interp, "fp")
def interp_fp(dfp, r, x, xp, fp, left=None, right=None, period=None):
    return np.interp(x, xp, dfp, None if left is None else 0.0, None if right is None else 0.0)


# -- polynomials ---------------------------------------------------------------------------------

@vjp(np.polyval, wrt="p x")
def polyval(dy, r, p, x):
    dp = np.ravel(dy) @ np.vander(np.ravel(x), len(p))
    return dp if dp.dtype == p.dtype else dp.astype(p.dtype), dy * np.polyval(slopes(p), x)


def slopes(p):
    """The coefficients of the derivative."""
    return p[:-1] * np.arange(len(p) - 1, 0, -1, dtype=p.dtype)


@jvp(np.polyval, "p")
def polyval_p(dp, r, p, x):
    return np.polyval(dp, x)


@jvp(np.polyval, "x")
def polyval_x(dx, r, p, x):
    return dx * np.polyval(slopes(p), x)
