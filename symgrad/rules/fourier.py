"""np.fft: linear maps, whose adjoints are transforms of the cotangent.

The matrix of a discrete Fourier transform is symmetric, and the adjoint of a linear map is its transpose
(nothing is conjugated, see `products`): so the adjoint of `fft` is `fft`. `rfft` and `irfft` keep one half
of the frequencies. A transform of length `n` cuts its argument off there, or adds zeros to it.
"""
from __future__ import annotations

import numpy as np

from symgrad.rules.core import jvp, vjp


def resized(d, n, axis):
    """The first `n` elements along an axis, with zeros added where there are fewer."""
    d = np.moveaxis(d, axis, -1)
    out = np.zeros(d.shape[:-1] + (n,), dtype=d.dtype)
    k = min(n, d.shape[-1])
    out[..., :k] = d[..., :k]
    return np.moveaxis(out, -1, axis)


def back(d, a, n, axis):
    """The cotangent of the argument, from that of the elements that were transformed."""
    return d if n is None else resized(d, a.shape[axis], axis)


@vjp(np.fft.fft, wrt="a", linear=True)
def fft(dy, r, a, n=None, axis=-1, norm=None, out=None):
    return back(np.fft.fft(dy, axis=axis, norm=norm), a, n, axis)


@vjp(np.fft.ifft, wrt="a", linear=True)
def ifft(dy, r, a, n=None, axis=-1, norm=None, out=None):
    return back(np.fft.ifft(dy, axis=axis, norm=norm), a, n, axis)


@vjp(np.fft.rfft, wrt="a", linear=True)
def rfft(dy, r, a, n=None, axis=-1, norm=None, out=None):
    # the other half of the frequencies has no cotangent
    if n is None:
        return np.real(np.fft.fft(dy, a.shape[axis], axis, norm))
    return resized(np.real(np.fft.fft(dy, n, axis, norm)), a.shape[axis], axis)


@vjp(np.fft.irfft, wrt="a", linear=True)
def irfft(dy, r, a, n=None, axis=-1, norm=None, out=None):
    # each frequency but the first, and the last where the length is even, stands for two
    d = np.moveaxis(np.conj(np.fft.rfft(dy, axis=axis, norm=opposite(norm))), axis, -1)
    d[..., 1:(dy.shape[axis] + 1) // 2] *= 2.0
    return resized(np.moveaxis(d, -1, axis), a.shape[axis], axis)


def opposite(norm):
    """The scaling of the transform in the other direction."""
    if norm == "ortho":
        return norm
    return "backward" if norm == "forward" else "forward"


# -- several axes --------------------------------------------------------------------------------


def back_along(d, a, s, axes):
    """`back` for each axis that the lengths `s` belong to."""
    if s is None:
        return d
    for axis in axes_of(a.ndim, s, axes):
        d = resized(d, a.shape[axis], axis)
    return d


def axes_of(ndim, s, axes):
    return tuple(range(ndim - len(s), ndim)) if axes is None else tuple(axes)


def named(ndim, s, axes):
    """The axes of the transform: without lengths, None stands for all of them."""
    return axes if axes is not None or s is None else axes_of(ndim, s, axes)


@vjp(np.fft.fft2, wrt="a", linear=True)
def fft2(dy, r, a, s=None, axes=(-2, -1), norm=None, out=None):
    return back_along(np.fft.fft2(dy, axes=axes, norm=norm), a, s, axes)


@vjp(np.fft.ifft2, wrt="a", linear=True)
def ifft2(dy, r, a, s=None, axes=(-2, -1), norm=None, out=None):
    return back_along(np.fft.ifft2(dy, axes=axes, norm=norm), a, s, axes)


@vjp(np.fft.fftn, wrt="a", linear=True)
def fftn(dy, r, a, s=None, axes=None, norm=None, out=None):
    return back_along(np.fft.fftn(dy, axes=named(a.ndim, s, axes), norm=norm), a, s, axes)


@vjp(np.fft.ifftn, wrt="a", linear=True)
def ifftn(dy, r, a, s=None, axes=None, norm=None, out=None):
    return back_along(np.fft.ifftn(dy, axes=named(a.ndim, s, axes), norm=norm), a, s, axes)


# -- the order of the frequencies ----------------------------------------------------------------


@vjp(np.fft.fftshift, wrt="x", linear=True)
def fftshift(dy, r, x, axes=None):
    return np.fft.ifftshift(dy, axes)


@vjp(np.fft.ifftshift, wrt="x", linear=True)
def ifftshift(dy, r, x, axes=None):
    return np.fft.fftshift(dy, axes)


@vjp(np.fft.fftfreq, np.fft.rfftfreq, wrt="d")
def fftfreq(dy, r, n, d=1.0, device=None):
    return -np.dot(dy, r) / d


@jvp(np.fft.fftfreq, "d")
def fftfreq_d(dd, r, n, d=1.0, device=None):
    return -dd / d * r

