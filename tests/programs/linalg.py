"""Linear algebra written out as loops."""
import math

import numpy as np

from ._helpers import matvec_into


def lu_log_det(a):
    """log|det a| by LU with partial pivoting, in place."""
    n = a.shape[0]
    for k in range(n):
        p = k + np.argmax(np.abs(a[k:, k]))
        if p != k:
            a[[k, p]] = a[[p, k]]
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            a[i, k + 1:] -= a[i, k] * a[k, k + 1:]
    return np.sum(np.log(np.abs(np.diag(a))))


def cholesky(a):
    n = a.shape[0]
    c = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= c[i, k] * c[j, k]
            if i == j:
                c[i, i] = math.sqrt(s)
            else:
                c[i, j] = s / c[j, j]
    return c


def forward_substitution(c, b):
    y = b.copy()
    for i in range(len(b)):
        for j in range(i):
            y[i] -= c[i, j] * y[j]
        y[i] /= c[i, i]
    return y


def gaussian_log_density(a, b):
    """log N(b; 0, a) up to a constant, through a Cholesky factor."""
    c = cholesky(a)
    y = forward_substitution(c, b)
    log_det = 0.0
    for i in range(len(b)):
        log_det += 2.0 * math.log(c[i, i])
    return -0.5 * (np.dot(y, y) + log_det)


def gram_schmidt(a):
    """Modified Gram-Schmidt: the columns of `q` are views that are written to."""
    n = a.shape[1]
    q = a.copy()
    r = np.zeros((n, n))
    for k in range(n):
        col = q[:, k]
        r[k, k] = np.sqrt(np.sum(col ** 2))
        col /= r[k, k]
        for j in range(k + 1, n):
            r[k, j] = col @ q[:, j]
            q[:, j] -= r[k, j] * col
    return q, r


def least_squares_qr(a, b):
    """Residual of min |a x - b| plus a ridge on x, by QR and back substitution."""
    q, r = gram_schmidt(a)
    n = a.shape[1]
    x = q.T @ b
    for i in reversed(range(n)):
        x[i] = (x[i] - r[i, i + 1:] @ x[i + 1:]) / r[i, i]
    residual = a @ x - b
    return residual @ residual + 0.1 * (x @ x)


def householder_r(a):
    """Sum of log of the squared diagonal of R after Householder reflections in place."""
    n = a.shape[1]
    for k in range(n):
        v = a[k:, k].copy()
        alpha = -math.copysign(math.sqrt(np.sum(v * v)), v[0])
        v[0] -= alpha
        v /= np.linalg.norm(v)
        a[k:, k:] -= 2.0 * np.outer(v, v @ a[k:, k:])
    result = 0.0
    for k in range(n):
        result += math.log(a[k, k] ** 2) + a[0, k]
    return result


def thomas(lower, diag, upper, rhs):
    """Tridiagonal solve; returns the mean square of the solution."""
    n = len(diag)
    c = np.empty(n)
    d = np.empty(n)
    c[0] = upper[0] / diag[0]
    d[0] = rhs[0] / diag[0]
    for i in range(1, n):
        m = diag[i] - lower[i] * c[i - 1]
        c[i] = upper[i] / m
        d[i] = (rhs[i] - lower[i] * d[i - 1]) / m
    x = np.empty(n)
    x[n - 1] = d[n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = d[i] - c[i] * x[i + 1]
    return np.mean(x * x)


def power_iteration(a, v, iterations=25):
    for _ in range(iterations):
        w = a @ v
        v = w / np.linalg.norm(w)
    return v @ (a @ v)


def jacobi_solve(a, b, sweeps):
    x = np.zeros_like(b)
    for _ in range(sweeps):
        x_new = np.zeros_like(x)
        for i in range(len(b)):
            s = 0.0
            for j in range(len(b)):
                if j == i:
                    continue
                s += a[i, j] * x[j]
            x_new[i] = (b[i] - s) / a[i, i]
        x = x_new
    return np.sum(x * x)


def gauss_seidel(a, b, tol=1e-13):
    """Sweeps in place until the largest change is small."""
    n = len(b)
    x = np.zeros(n)
    for sweep in range(200):
        change = 0.0
        for i in range(n):
            old = x[i]
            x[i] = (b[i] - a[i, :i] @ x[:i] - a[i, i + 1:] @ x[i + 1:]) / a[i, i]
            change = max(change, abs(x[i] - old))
        if change < tol:
            break
    else:
        raise RuntimeError("no convergence")
    return x @ b


def conjugate_gradient(a, b):
    x = np.zeros_like(b)
    r = b - a @ x
    p = r.copy()
    rs = r @ r
    k = 0
    while k < len(b) - 1:
        ap = a @ p
        alpha = rs / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        rs_new = r @ r
        if math.sqrt(rs_new) < 1e-12:
            break
        p = r + (rs_new / rs) * p
        rs = rs_new
        k += 1
    return 0.5 * x @ (a @ x) + np.sum(x ** 3)


def determinant(rows):
    """By recursive expansion of minors, over lists of lists."""
    if len(rows) == 1:
        return rows[0][0]
    total = 0.0
    sign = 1.0
    for j, head in enumerate(rows[0]):
        minor = [row[:j] + row[j + 1:] for row in rows[1:]]
        total += sign * head * determinant(minor)
        sign = -sign
    return total


def jacobi_eigenvalues(a):
    """Weighted eigenvalues of a symmetric matrix by cyclic Jacobi rotations."""
    a = 0.5 * (a + a.T)
    n = a.shape[0]
    for sweep in range(6):
        for p in range(n - 1):
            for q in range(p + 1, n):
                if abs(a[p, q]) < 1e-14:
                    continue
                theta = 0.5 * math.atan2(2.0 * a[p, q], a[q, q] - a[p, p])
                c, s = math.cos(theta), math.sin(theta)
                row_p = a[p, :].copy()
                row_q = a[q, :].copy()
                a[p, :] = c * row_p - s * row_q
                a[q, :] = s * row_p + c * row_q
                col_p = a[:, p].copy()
                col_q = a[:, q].copy()
                a[:, p] = c * col_p - s * col_q
                a[:, q] = s * col_p + c * col_q
    return sum((i + 1.0) * a[i, i] ** 2 for i in range(n))


def expm_trace(a, squarings=4):
    """trace(expm(a)) by scaling and squaring of a Taylor polynomial."""
    b = a / 2.0 ** squarings
    result = np.eye(a.shape[0])
    term = np.eye(a.shape[0])
    for k in range(1, 9):
        term = term @ b / k
        result = result + term
    for _ in range(squarings):
        result = result @ result
    return np.trace(result)


def markov_mixing(logits, start, steps):
    """Expected state of a Markov chain, with a buffer that a helper writes into."""
    p = np.exp(logits)
    p /= p.sum(axis=0, keepdims=True)
    x = start / np.sum(start)
    buffer = np.empty_like(x)
    for _ in range(steps):
        matvec_into(buffer, p, x)
        x, buffer = buffer, x
    return float(np.sum(np.arange(len(x)) * x))


def _spd(n, seed):
    m = np.random.default_rng(seed).normal(size=(n, n))
    return m @ m.T + n * np.eye(n)


def _lu_args():
    return (np.random.default_rng(0).normal(size=(5, 5)),)


def _gaussian_args():
    return _spd(4, 1), np.random.default_rng(1).normal(size=4)


def _one_by_one_args():
    return np.array([[2.5]]), np.array([0.7])


def _least_squares_args():
    rng = np.random.default_rng(2)
    return rng.normal(size=(7, 3)), rng.normal(size=7)


def _householder_args():
    return (np.random.default_rng(3).normal(size=(5, 3)),)


def _thomas_args():
    rng = np.random.default_rng(4)
    return rng.normal(size=8), 4.0 + rng.random(8), rng.normal(size=8), rng.normal(size=8)


def _thomas_single_args():
    return np.array([0.3]), np.array([2.0]), np.array([0.1]), np.array([1.5])


def _power_args():
    return _spd(4, 5), np.array([1.0, 0.4, -0.2, 0.3]), 4


def _solve_args():
    rng = np.random.default_rng(6)
    return rng.normal(size=(4, 4)) + 8.0 * np.eye(4), rng.normal(size=4)


def _jacobi_args():
    return *_solve_args(), 6


def _jacobi_no_sweep_args():
    return *_solve_args(), 0


def _cg_args():
    return _spd(5, 7), np.random.default_rng(7).normal(size=5)


def _determinant_args():
    return ([[2.0, -1.0, 0.5, 0.3], [0.1, 1.5, -0.7, 0.2], [-0.4, 0.6, 3.0, -0.8], [0.9, 0.2, -0.3, 1.1]],)


def _eigenvalue_args():
    return (np.random.default_rng(8).normal(size=(4, 4)) + np.diag([1.0, 3.0, 6.0, 10.0]),)


def _expm_args():
    return (np.random.default_rng(9).normal(size=(3, 3)),)


def _markov_args():
    rng = np.random.default_rng(10)
    return rng.normal(size=(4, 4)), rng.random(4), 5


CASES = [
    (lu_log_det, _lu_args, (0,)),
    (gaussian_log_density, _gaussian_args, (0, 1)),
    (gaussian_log_density, _one_by_one_args, (0, 1)),
    (least_squares_qr, _least_squares_args, (0, 1)),
    (householder_r, _householder_args, (0,)),
    (thomas, _thomas_args, (0, 1, 2, 3)),
    (thomas, _thomas_single_args, (0, 1, 2, 3)),
    (power_iteration, _power_args, (0, 1)),
    (jacobi_solve, _jacobi_args, (0, 1)),
    (jacobi_solve, _jacobi_no_sweep_args, (0, 1)),
    (gauss_seidel, _solve_args, (0, 1)),
    (conjugate_gradient, _cg_args, (0, 1)),
    (determinant, _determinant_args, (0,)),
    (jacobi_eigenvalues, _eigenvalue_args, (0,)),
    (expm_trace, _expm_args, (0,)),
    (markov_mixing, _markov_args, (0, 1)),
]
