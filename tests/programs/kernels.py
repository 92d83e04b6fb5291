"""Kernels of numerical libraries and of benchmark collections, written as they are there: arrays written in place."""
import numpy as np


def deriche(img, a, b):
    """A recursive filter over columns, then over rows."""
    h, w = img.shape
    y = np.zeros_like(img)
    out = np.zeros_like(img)
    for j in range(w):
        if j == 0:
            y[:, 0] = a * img[:, 0]
        else:
            y[:, j] = a * img[:, j] + b * y[:, j - 1]
    for i in range(h):
        if i == 0:
            out[0, :] = a * y[0, :]
        else:
            out[i, :] = a * y[i, :] + b * out[i - 1, :]
    return np.sum(out * out)


def adi(u, steps, a, b, c, d, e, f):
    """The alternating-direction implicit method: a tridiagonal solve along each axis."""
    n = u.shape[0]
    u = u.copy()
    v = np.zeros_like(u)
    p = np.zeros_like(u)
    q = np.zeros_like(u)
    for t in range(steps):
        v[0, 1:n-1] = 1.0
        p[1:n-1, 0] = 0.0
        q[1:n-1, 0] = v[0, 1:n-1]
        for j in range(1, n - 1):
            p[1:n-1, j] = -c / (a * p[1:n-1, j-1] + b)
            q[1:n-1, j] = (-d * u[j, 0:n-2] + (1.0 + 2.0 * d) * u[j, 1:n-1] - f * u[j, 2:n]
                           - a * q[1:n-1, j-1]) / (a * p[1:n-1, j-1] + b)
        v[n-1, 1:n-1] = 1.0
        for j in range(n - 2, 0, -1):
            v[j, 1:n-1] = p[1:n-1, j] * v[j+1, 1:n-1] + q[1:n-1, j]
        u[1:n-1, 0] = 1.0
        p[1:n-1, 0] = 0.0
        q[1:n-1, 0] = u[1:n-1, 0]
        for j in range(1, n - 1):
            p[1:n-1, j] = -f / (d * p[1:n-1, j-1] + e)
            q[1:n-1, j] = (-a * v[0:n-2, j] + (1.0 + 2.0 * a) * v[1:n-1, j] - c * v[2:n, j]
                           - d * q[1:n-1, j-1]) / (d * p[1:n-1, j-1] + e)
        u[1:n-1, n-1] = 1.0
        for j in range(n - 2, 0, -1):
            u[1:n-1, j] = p[1:n-1, j] * u[1:n-1, j+1] + q[1:n-1, j]
    return np.sum(u * u)


def syr2k(alpha, beta, C, A, B):
    """A symmetric update of rank 2 k, its lower triangle only."""
    C = C.copy()
    for i in range(A.shape[0]):
        C[i, :i + 1] *= beta
        for k in range(A.shape[1]):
            C[i, :i + 1] += (A[:i + 1, k] * alpha * B[i, k] + B[:i + 1, k] * alpha * A[i, k])
    return np.sum(C * C)


def trmm(alpha, A, B):
    """A product with a triangular matrix, in place."""
    B = B.copy()
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            B[i, j] += np.dot(A[i + 1:, i], B[i + 1:, j])
    B *= alpha
    return np.sum(B * B)


def gramschmidt(A):
    """A QR decomposition, column by column."""
    A = A.copy()
    Q = np.zeros_like(A)
    R = np.zeros((A.shape[1], A.shape[1]))
    for k in range(A.shape[1]):
        nrm = np.dot(A[:, k], A[:, k])
        R[k, k] = np.sqrt(nrm)
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, A.shape[1]):
            R[k, j] = np.dot(Q[:, k], A[:, j])
            A[:, j] -= Q[:, k] * R[k, j]
    return np.sum(Q * Q) + np.sum(R)


def floyd_warshall(path):
    """Shortest paths between all nodes."""
    path = path.copy()
    for k in range(path.shape[0]):
        path[:] = np.minimum(path[:], np.add.outer(path[:, k], path[k, :]))
    return np.sum(path)


def scimark_lu(A):
    """LU with partial pivoting: rows are swapped in place."""
    A = A.copy()
    M, N = A.shape
    pivot = np.zeros(min(M, N), dtype=int)
    for j in range(min(M, N)):
        jp = j
        t = abs(A[j, j])
        for i in range(j + 1, M):
            ab = abs(A[i, j])
            if ab > t:
                jp = i
                t = ab
        pivot[j] = jp
        if jp != j:
            row = A[j].copy()
            A[j] = A[jp]
            A[jp] = row
        if j < M - 1:
            recp = 1.0 / A[j, j]
            for k in range(j + 1, M):
                A[k, j] *= recp
        if j < min(M, N) - 1:
            for ii in range(j + 1, M):
                for jj in range(j + 1, N):
                    A[ii, jj] -= A[ii, j] * A[j, jj]
    return np.sum(A * A)


def vadv(wcon, u_stage, u_pos, utens, dtr):
    """Vertical advection: a Thomas sweep along an axis, and back with a slice that is carried."""
    I, J, K = u_stage.shape
    ccol = np.zeros((I, J, K))
    dcol = np.zeros((I, J, K))
    out = np.zeros((I, J, K))
    for k in range(K):
        if k == 0:
            gcv = 0.25 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
            cs = gcv * 0.5
            ccol[:, :, k] = gcv * 0.5
            bcol = dtr - ccol[:, :, k]
            corr = -cs * (u_stage[:, :, k + 1] - u_stage[:, :, k])
            div = 1.0 / bcol
            ccol[:, :, k] = ccol[:, :, k] * div
            dcol[:, :, k] = (dtr * u_pos[:, :, k] + utens[:, :, k] + corr) * div
        elif k < K - 1:
            gav = -0.25 * (wcon[1:, :, k] + wcon[:-1, :, k])
            gcv = 0.25 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
            as_ = gav * 0.5
            cs = gcv * 0.5
            acol = gav * 0.5
            ccol[:, :, k] = gcv * 0.5
            bcol = dtr - acol - ccol[:, :, k]
            corr = -as_ * (u_stage[:, :, k - 1] - u_stage[:, :, k]) - cs * (u_stage[:, :, k + 1] - u_stage[:, :, k])
            div = 1.0 / (bcol - ccol[:, :, k - 1] * acol)
            ccol[:, :, k] = ccol[:, :, k] * div
            dcol[:, :, k] = ((dtr * u_pos[:, :, k] + utens[:, :, k] + corr) - dcol[:, :, k - 1] * acol) * div
        else:
            gav = -0.25 * (wcon[1:, :, k] + wcon[:-1, :, k])
            acol = gav * 0.5
            bcol = dtr - acol
            corr = -gav * 0.5 * (u_stage[:, :, k - 1] - u_stage[:, :, k])
            div = 1.0 / (bcol - ccol[:, :, k - 1] * acol)
            dcol[:, :, k] = ((dtr * u_pos[:, :, k] + utens[:, :, k] + corr) - dcol[:, :, k - 1] * acol) * div
    for k in range(K - 1, -1, -1):
        if k == K - 1:
            data = dcol[:, :, k]
        else:
            data = dcol[:, :, k] - ccol[:, :, k] * data
        out[:, :, k] = dtr * (data - u_pos[:, :, k])
    return np.sum(out * out)


def build_up_b(b, rho, dt, u, v, dx, dy):
    b[1:-1, 1:-1] = (rho * (1 / dt * ((u[1:-1, 2:] - u[1:-1, 0:-2]) / (2 * dx) + (v[2:, 1:-1] - v[0:-2, 1:-1]) / (2 * dy)) -
                     ((u[1:-1, 2:] - u[1:-1, 0:-2]) / (2 * dx))**2 - 2 * ((u[2:, 1:-1] - u[0:-2, 1:-1]) / (2 * dy) *
                      (v[1:-1, 2:] - v[1:-1, 0:-2]) / (2 * dx)) - ((v[2:, 1:-1] - v[0:-2, 1:-1]) / (2 * dy))**2))


def pressure_poisson(nit, p, dx, dy, b):
    pn = np.empty_like(p)
    pn = p.copy()
    for q in range(nit):
        pn = p.copy()
        p[1:-1, 1:-1] = (((pn[1:-1, 2:] + pn[1:-1, 0:-2]) * dy**2 + (pn[2:, 1:-1] + pn[0:-2, 1:-1]) * dx**2) /
                         (2 * (dx**2 + dy**2)) - dx**2 * dy**2 / (2 * (dx**2 + dy**2)) * b[1:-1, 1:-1])
        p[:, -1] = p[:, -2]
        p[0, :] = p[1, :]
        p[:, 0] = p[:, 1]
        p[-1, :] = 0


def cavity_flow(u, v, p, nx, ny, nt, nit, dt, dx, dy, rho, nu):
    """A lid-driven cavity: a pressure equation in each step."""
    u = u.copy()
    v = v.copy()
    p = p.copy()
    un = np.empty_like(u)
    vn = np.empty_like(v)
    b = np.zeros((ny, nx))
    for n in range(nt):
        un = u.copy()
        vn = v.copy()
        build_up_b(b, rho, dt, u, v, dx, dy)
        pressure_poisson(nit, p, dx, dy, b)
        u[1:-1, 1:-1] = (un[1:-1, 1:-1] - un[1:-1, 1:-1] * dt / dx * (un[1:-1, 1:-1] - un[1:-1, 0:-2]) -
                         vn[1:-1, 1:-1] * dt / dy * (un[1:-1, 1:-1] - un[0:-2, 1:-1]) - dt / (2 * rho * dx) *
                         (p[1:-1, 2:] - p[1:-1, 0:-2]) + nu * (dt / dx**2 * (un[1:-1, 2:] - 2 * un[1:-1, 1:-1] + un[1:-1, 0:-2]) +
                          dt / dy**2 * (un[2:, 1:-1] - 2 * un[1:-1, 1:-1] + un[0:-2, 1:-1])))
        v[1:-1, 1:-1] = (vn[1:-1, 1:-1] - un[1:-1, 1:-1] * dt / dx * (vn[1:-1, 1:-1] - vn[1:-1, 0:-2]) -
                         vn[1:-1, 1:-1] * dt / dy * (vn[1:-1, 1:-1] - vn[0:-2, 1:-1]) - dt / (2 * rho * dy) *
                         (p[2:, 1:-1] - p[0:-2, 1:-1]) + nu * (dt / dx**2 * (vn[1:-1, 2:] - 2 * vn[1:-1, 1:-1] + vn[1:-1, 0:-2]) +
                          dt / dy**2 * (vn[2:, 1:-1] - 2 * vn[1:-1, 1:-1] + vn[0:-2, 1:-1])))
        u[0, :] = 0
        u[:, 0] = 0
        u[:, -1] = 0
        u[-1, :] = 1
        v[0, :] = 0
        v[-1, :] = 0
        v[:, 0] = 0
        v[:, -1] = 0
    return np.sum(u * u) + np.sum(v * v) + np.sum(p * p)


def _random(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def _deriche_args():
    return _random(4, 3), 0.5, 0.4


def _adi_args():
    return _random(5, 5), 2, -0.2, 1.4, -0.2, -0.3, 1.6, -0.3


def _syr2k_args():
    return 1.5, 1.2, _random(3, 3), _random(3, 2), _random(3, 2)


def _trmm_args():
    return 1.5, _random(4, 4), _random(4, 3)


def _gramschmidt_args():
    return (_random(4, 3),)


def _floyd_warshall_args():
    return (np.abs(_random(4, 4)) * 10.0,)


def _scimark_lu_args():
    return (_random(4, 4),)


def _scimark_lu_wide_args():
    return (_random(3, 5),)


def _cavity_flow_args():
    return (0.1 * _random(5, 5), 0.1 * _random(5, 5), 0.1 * _random(5, 5), 5, 5, 3, 2, 0.001, 0.05, 0.05, 1.0, 0.1)


def _vadv_args():
    return _random(4, 2, 4), _random(3, 2, 4), 0.5 * _random(3, 2, 4), _random(3, 2, 4) - 1.0, 10.0


CASES = [
    (deriche, _deriche_args, (0, 1, 2)),
    (adi, _adi_args, (0, 2, 5)),
    (syr2k, _syr2k_args, (0, 1, 2, 3, 4)),
    (trmm, _trmm_args, (0, 1, 2)),
    (gramschmidt, _gramschmidt_args, (0,)),
    (floyd_warshall, _floyd_warshall_args, (0,)),
    (scimark_lu, _scimark_lu_args, (0,)),
    (scimark_lu, _scimark_lu_wide_args, (0,)),
    (vadv, _vadv_args, (0, 1, 2, 3)),
    (cavity_flow, _cavity_flow_args, (0, 1, 2)),
]
