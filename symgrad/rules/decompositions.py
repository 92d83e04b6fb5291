"""Cholesky, eigenvalues of symmetric matrices, singular values, QR; stacks of matrices too.

NumPy reads one triangle of a symmetric argument, and the derivative is that of the function as
it is: nothing flows to the other triangle. A result that nothing flows back from has None for
its cotangent. Equal eigenvalues or singular values have no differentiable vectors: their
cotangents come out infinite or NaN, those of the values alone are right.
"""
from __future__ import annotations

import numpy as np

from symgrad.rules.core import jvp, vjp
from symgrad.rules.linalg import transposed


def refuse_complex(a):
    if np.iscomplexobj(a):
        raise NotImplementedError("decompositions of complex matrices are not differentiated")


def eye_like(x):
    return np.eye(x.shape[-1], dtype=x.dtype)


def half_lower(x):
    """The lower triangle, with half the diagonal."""
    return np.tril(x) - 0.5 * x * eye_like(x)


def lower_only(g, lower):
    """The cotangent of the triangle that is read, from that of the whole matrix."""
    g = half_lower(g + transposed(g))
    return g if lower else transposed(g)


def symmetric(a, lower):
    """The symmetric matrix of which only one triangle is read."""
    if lower:
        return np.tril(a) + transposed(np.tril(a, -1))
    return np.triu(a) + transposed(np.triu(a, 1))


@vjp(np.linalg.cholesky, wrt="a")
def cholesky(dy, r, a, upper=False):
    # Murray, "Differentiation of the Cholesky decomposition", 2016, equation 10
    refuse_complex(a)
    lt, dl = (r, transposed(dy)) if upper else (transposed(r), dy)
    p = np.linalg.solve(lt, half_lower(lt @ dl))
    return lower_only(np.linalg.solve(lt, transposed(p)), not upper)


@jvp(np.linalg.cholesky, "a")
def cholesky_a(da, r, a, upper=False):
    low = transposed(r) if upper else r
    p = np.linalg.solve(low, symmetric(da, not upper))
    dl = low @ half_lower(np.linalg.solve(low, transposed(p)))
    return transposed(dl) if upper else dl


def reciprocal_gaps(w):
    """``1 / (w[j] - w[i])``, and 0 for i == j."""
    eye = eye_like(w)
    return 1.0 / (w[..., None, :] - w[..., :, None] + eye) - eye


@vjp(np.linalg.eigh, wrt="a", absent=True)
def eigh(dy, r, a, UPLO="L"):
    refuse_complex(a)
    w, v = r
    dw, dv = dy
    if dv is None:
        return lower_only((v * dw[..., None, :]) @ transposed(v), UPLO == "L")
    inner = reciprocal_gaps(w) * (transposed(v) @ dv)
    if dw is not None:
        inner = inner + dw[..., None, :] * eye_like(w)
    return lower_only(v @ inner @ transposed(v), UPLO == "L")


@jvp(np.linalg.eigh, "a")
def eigh_a(da, r, a, UPLO="L"):
    w, v = r
    inner = transposed(v) @ symmetric(da, UPLO == "L") @ v
    return np.diagonal(inner, axis1=-2, axis2=-1), v @ (reciprocal_gaps(w) * inner)


@vjp(np.linalg.eigvalsh, wrt="a")
def eigvalsh(dy, r, a, UPLO="L"):
    refuse_complex(a)
    _, v = np.linalg.eigh(a, UPLO)
    return lower_only((v * dy[..., None, :]) @ transposed(v), UPLO == "L")


@jvp(np.linalg.eigvalsh, "a")
def eigvalsh_a(da, r, a, UPLO="L"):
    _, v = np.linalg.eigh(a, UPLO)
    return np.sum(v * (symmetric(da, UPLO == "L") @ v), axis=-2)


@vjp(np.linalg.svdvals, wrt="x")
def svdvals(dy, r, x):
    refuse_complex(x)
    u, _, vh = np.linalg.svd(x, full_matrices=False)
    return (u * dy[..., None, :]) @ vh


@jvp(np.linalg.svdvals, "x")
def svdvals_x(dx, r, x):
    u, _, vh = np.linalg.svd(x, full_matrices=False)
    return np.sum(u * (dx @ transposed(vh)), axis=-2)


@vjp(np.linalg.svd, wrt="a", absent=True)
def svd(dy, r, a, full_matrices=True, compute_uv=True, hermitian=False):
    # Townsend, "Differentiating the singular value decomposition", 2016
    refuse_complex(a)
    if not compute_uv:
        u, _, vh = np.linalg.svd(a, full_matrices=False)
        return (u * dy[..., None, :]) @ vh
    u, s, vh = r
    du, ds, dvh = dy
    if du is None and dvh is None:
        return (u[..., :, :s.shape[-1]] * ds[..., None, :]) @ vh[..., :s.shape[-1], :]
    if full_matrices:
        raise NotImplementedError("the singular vectors that complete a basis are not determined: "
                                  "call np.linalg.svd with full_matrices=False")
    v = transposed(vh)
    gaps = reciprocal_gaps(s * s)
    da = np.zeros_like(a)
    if ds is not None:
        da = (u * ds[..., None, :]) @ vh
    if du is not None:
        turn = transposed(u) @ du
        stretch = du - u @ turn
        da = da + (u @ (gaps * (turn - transposed(turn))) * s[..., None, :] + stretch / s[..., None, :]) @ vh
    if dvh is not None:
        turn = dvh @ v
        stretch = dvh - turn @ vh
        da = da + u @ (s[..., :, None] * (gaps * (transposed(turn) - turn)) @ vh + stretch / s[..., :, None])
    return da


@jvp(np.linalg.svd, "a")
def svd_a(da, r, a, full_matrices=True, compute_uv=True, hermitian=False):
    if not compute_uv:
        return svdvals_x(da, r, a)
    if full_matrices:
        raise NotImplementedError("np.linalg.svd with full_matrices=True: call it with full_matrices=False, "
                                  "or np.linalg.svdvals")
    u, s, vh = r
    v, row = transposed(vh), s[..., None, :]
    inner = transposed(u) @ da @ v
    gaps = reciprocal_gaps(s * s)
    du = u @ (gaps * (inner * row + transposed(inner * row))) + (da @ v - u @ inner) / row
    dv = v @ (gaps * (transposed(inner) * row + transposed(transposed(inner) * row)))
    dv = dv + (transposed(da) @ u - v @ transposed(inner)) / row
    return du, np.diagonal(inner, axis1=-2, axis2=-1), transposed(dv)


@vjp(np.linalg.qr, wrt="a", absent=True)
def qr(dy, r, a, mode="reduced"):
    # Roberts and Roberts, "QR and LQ decomposition matrix backpropagation", 2020; wide matrices too
    refuse_complex(a)
    if mode not in ("reduced", "r"):
        raise NotImplementedError("np.linalg.qr differentiates the modes 'reduced' and 'r'")
    q, triangle = np.linalg.qr(a) if mode == "r" else r
    dq, dr = (None, dy) if mode == "r" else dy
    k = q.shape[-1]
    if dr is None:
        dr = np.zeros_like(triangle)
    turned = a[..., :, k:] @ transposed(dr[..., :, k:])
    dq = turned if dq is None else dq + turned
    m = triangle[..., :, :k] @ transposed(dr[..., :, :k]) - transposed(dq) @ q
    inner = dq + q @ (np.tril(m) + transposed(np.tril(m, -1)))
    left = transposed(np.linalg.solve(triangle[..., :, :k], transposed(inner)))
    return np.concatenate((left, q @ dr[..., :, k:]), axis=-1)


@jvp(np.linalg.qr, "a")
def qr_a(da, r, a, mode="reduced"):
    q, triangle = np.linalg.qr(a) if mode == "r" else r
    k = q.shape[-1]
    scaled = transposed(np.linalg.solve(transposed(triangle[..., :, :k]), transposed(da[..., :, :k])))
    inner = transposed(q) @ scaled
    low = np.tril(inner, -1)
    turn = low - transposed(low)
    dq = scaled - q @ (inner - turn)
    left = (inner - turn) @ triangle[..., :, :k]
    right = transposed(dq) @ a[..., :, k:] + transposed(q) @ da[..., :, k:]
    dr = np.concatenate((left, right), axis=-1)
    return dr if mode == "r" else (dq, dr)
