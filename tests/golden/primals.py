"""Seven functions that show, each with the gradient next to it, what generated code has to look like."""
import math

import numpy as np


def smooth_abs(u, eps):
    return math.sqrt(u * u + eps * eps)


def huber_like(x, scale, eps=1e-3):
    r = smooth_abs(x / scale, eps)
    if r < 1.0:
        return 0.5 * r * r
    return r - 0.5


def logistic_growth(x, rate, dt, steps):
    for _ in range(steps):
        x = x + dt * rate * x * (1.0 - x)
    return x


def newton_cube_root(a, tol):
    x = a
    n = 0
    while True:
        step = (x * x * x - a) / (3.0 * x * x)
        x = x - step
        n += 1
        if abs(step) < tol or n > 50:
            break
    return x


def mlp_loss(w1, b1, w2, b2, x, onehot):
    h = np.tanh(x @ w1 + b1)
    z = h @ w2 + b2
    z = z - np.max(z, axis=1, keepdims=True)
    logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.mean(np.sum(onehot * logp, axis=1))


def heat_loss(u0, alpha, target, steps):
    u = u0.copy()
    v = np.zeros_like(u)
    for _ in range(steps):
        v[1:-1] = u[1:-1] + alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u, v = v, u
    r = u - target
    return np.sum(r * r)


def log_det(a):
    n = a.shape[0]
    for j in range(n):
        a[j, j] = math.sqrt(a[j, j] - np.dot(a[j, :j], a[j, :j]))
        for i in range(j + 1, n):
            a[i, j] = (a[i, j] - np.dot(a[i, :j], a[j, :j])) / a[j, j]
    total = 0.0
    for j in range(n):
        total += math.log(a[j, j])
    return 2.0 * total


def mixture_nll(log_weights, means, data):
    total = 0.0
    for i in range(data.shape[0]):
        largest = -math.inf
        for k in range(means.shape[0]):
            largest = max(largest, log_weights[k] - 0.5 * (data[i] - means[k]) ** 2)
        s = 0.0
        for k in range(means.shape[0]):
            s += math.exp(log_weights[k] - 0.5 * (data[i] - means[k]) ** 2 - largest)
        total -= largest + math.log(s)
    return total


def _layers():
    rng = np.random.default_rng(0)
    n, d, m, k = 7, 4, 5, 3
    return (rng.normal(size=(d, m)), rng.normal(size=m), rng.normal(size=(m, k)), rng.normal(size=k),
            rng.normal(size=(n, d)), np.eye(k)[rng.integers(0, k, n)])


def _rods():
    rng = np.random.default_rng(1)
    return rng.normal(size=12), 0.2, rng.normal(size=12), 9


def _mixture():
    rng = np.random.default_rng(2)
    return rng.normal(size=3), rng.normal(size=3), rng.normal(size=8)


def _positive_definite():
    m = np.random.default_rng(3).normal(size=(5, 5))
    return (m @ m.T + 5.0 * np.eye(5),)


# name of the file that holds the gradient -> function, arguments, argnums
CASES = {
    "scalar_branch": (huber_like, (0.3, 2.0), (0, 1)),
    "loop_carried": (logistic_growth, (0.1, 1.5, 0.01, 300), (0, 1)),
    "while_break": (newton_cube_root, (2.0, 1e-12), 0),
    "vectorised_mlp": (mlp_loss, _layers(), (0, 1, 2, 3)),
    "inplace_stencil": (heat_loss, _rods(), 0),
    "inplace_cholesky": (log_det, _positive_definite(), 0),
    "independent_iterations": (mixture_nll, _mixture(), (0, 1)),
}
