"""The log-likelihood of a Gaussian mixture with full covariances and a Wishart prior (the objective of ADBench).

A component's inverse covariance is Q' Q for a lower triangular Q; a row of `icf` holds the logarithms of Q's diagonal
and, row by row, what is below it. Written twice: with loops over numbers, and with arrays.
"""
import math

import numpy as np

from ..workload import Workload


def wishart_constant(n, d):
    """The logarithm of the prior's normalisation, for gamma = 1."""
    total = -0.5 * n * d * math.log(2.0) - 0.25 * d * (d - 1) * math.log(math.pi)
    for j in range(d):
        total -= math.lgamma(0.5 * (n - j))
    return total


# -- loops -----------------------------------------------------------------------------------


def with_loops(alphas, means, icf, x, gamma, m):
    n, d = x.shape
    k = len(alphas)
    diagonal = np.empty((k, d))
    log_det = np.zeros(k)
    for c in range(k):
        for i in range(d):
            diagonal[c, i] = math.exp(icf[c, i])
            log_det[c] += icf[c, i]

    centred = np.empty(d)
    terms = np.empty(k)
    total = 0.0
    for p in range(n):
        for c in range(k):
            for i in range(d):
                centred[i] = x[p, i] - means[c, i]
            distance = 0.0
            for i in range(d):
                z = diagonal[c, i] * centred[i]
                for j in range(i):
                    z += icf[c, d + i * (i - 1) // 2 + j] * centred[j]
                distance += z * z
            terms[c] = alphas[c] + log_det[c] - 0.5 * distance
        total += log_sum_exp(terms)

    penalty = 0.0
    for c in range(k):
        squares = 0.0
        for i in range(d):
            squares += diagonal[c, i] ** 2
        for i in range(d, icf.shape[1]):
            squares += icf[c, i] ** 2
        penalty += 0.5 * gamma ** 2 * squares - m * log_det[c]
    normal = -0.5 * n * d * math.log(2.0 * math.pi)
    prior = penalty - k * ((d + m + 1) * d * math.log(gamma) + wishart_constant(d + m + 1, d))
    return normal + total - n * log_sum_exp(alphas) + prior


def log_sum_exp(terms):
    largest = terms[0]
    for c in range(1, len(terms)):
        largest = max(largest, terms[c])
    total = 0.0
    for c in range(len(terms)):
        total += math.exp(terms[c] - largest)
    return largest + math.log(total)


def by_hand(alphas, means, icf, x, gamma, m):
    """Each point is reversed right after it: only its own centred coordinates and products are kept."""
    n, d = x.shape
    k = len(alphas)
    diagonal = np.exp(icf[:, :d])
    offset = np.empty(k)
    for c in range(k):
        offset[c] = alphas[c] + np.sum(icf[c, :d])
    dalphas = np.zeros_like(alphas)
    dmeans = np.zeros_like(means)
    dicf = np.zeros_like(icf)

    centred = np.empty((k, d))
    z = np.empty((k, d))
    weights = np.empty(k)
    dcentred = np.empty(d)
    for p in range(n):
        largest = -np.inf
        for c in range(k):
            mine = centred[c]
            for i in range(d):
                mine[i] = x[p, i] - means[c, i]
            distance = 0.0
            for i in range(d):
                row = icf[c, d + i * (i - 1) // 2:d + i * (i + 1) // 2]
                s = diagonal[c, i] * mine[i]
                for j in range(len(row)):
                    s += row[j] * mine[j]
                z[c, i] = s
                distance += s * s
            weights[c] = offset[c] - 0.5 * distance
            largest = max(largest, weights[c])
        total = 0.0
        for c in range(k):
            weights[c] = math.exp(weights[c] - largest)
            total += weights[c]
        for c in range(k):
            w = weights[c] / total
            dalphas[c] += w
            mine = centred[c]
            dcentred[:] = 0.0
            for i in range(d):
                dz = -w * z[c, i]
                start = d + i * (i - 1) // 2
                row = icf[c, start:start + i]
                drow = dicf[c, start:start + i]
                for j in range(i):
                    drow[j] += dz * mine[j]
                for j in range(i):
                    dcentred[j] += dz * row[j]
                dicf[c, i] += dz * mine[i] * diagonal[c, i]
                dcentred[i] += dz * diagonal[c, i]
            for i in range(d):
                dmeans[c, i] -= dcentred[i]

    for c in range(k):                                  # dalphas is the sum of the weights so far
        for i in range(d):
            dicf[c, i] += dalphas[c] + gamma ** 2 * diagonal[c, i] ** 2 - m
        for i in range(d, icf.shape[1]):
            dicf[c, i] += gamma ** 2 * icf[c, i]
    shares = np.exp(alphas - np.max(alphas))
    return dalphas - n * shares / np.sum(shares), dmeans, dicf


# -- arrays ----------------------------------------------------------------------------------


def with_arrays(alphas, means, icf, x, gamma, m):
    n, d = x.shape
    k = len(alphas)
    logs = icf[:, :d]
    log_det = np.sum(logs, axis=1)
    below, left = np.tril_indices(d, -1)
    q = np.zeros((k, d, d))
    q[:, below, left] = icf[:, d:]
    q[:, np.arange(d), np.arange(d)] = np.exp(logs)
    z = (x - means[:, None, :]) @ np.swapaxes(q, 1, 2)
    terms = (alphas + log_det)[:, None] - 0.5 * np.sum(z * z, axis=2)
    largest = np.max(terms, axis=0)
    total = np.sum(largest + np.log(np.sum(np.exp(terms - largest), axis=0)))
    highest = np.max(alphas)
    shares = highest + np.log(np.sum(np.exp(alphas - highest)))
    normal = -0.5 * n * d * math.log(2.0 * math.pi)
    penalty = 0.5 * gamma ** 2 * np.sum(q * q) - m * np.sum(log_det)
    prior = penalty - k * ((d + m + 1) * d * math.log(gamma) + wishart_constant(d + m + 1, d))
    return normal + total - n * shares + prior


def by_hand_numpy(alphas, means, icf, x, gamma, m):
    n, d = x.shape
    k = len(alphas)
    below, left = np.tril_indices(d, -1)
    on = np.arange(d)
    q = np.zeros((k, d, d))
    q[:, below, left] = icf[:, d:]
    q[:, on, on] = np.exp(icf[:, :d])
    centred = x - means[:, None, :]
    z = centred @ np.swapaxes(q, 1, 2)
    terms = (alphas + np.sum(icf[:, :d], axis=1))[:, None] - 0.5 * np.einsum("cpi,cpi->cp", z, z)
    weights = np.exp(terms - np.max(terms, axis=0))
    weights /= np.sum(weights, axis=0)
    dalphas = np.sum(weights, axis=1)
    z *= -weights[:, :, None]
    dq = np.swapaxes(z, 1, 2) @ centred + gamma ** 2 * q
    dmeans = -(np.sum(z, axis=1)[:, None, :] @ q)[:, 0]
    dicf = np.empty_like(icf)
    dicf[:, d:] = dq[:, below, left]
    dicf[:, :d] = dq[:, on, on] * q[:, on, on] + dalphas[:, None] - m
    shares = np.exp(alphas - np.max(alphas))
    return dalphas - n * shares / np.sum(shares), dmeans, dicf


def for_autograd():
    """Without writing in place: Q is put together from what selects its elements."""
    import autograd.numpy as np

    def with_arrays(alphas, means, icf, x, gamma, m):
        n, d = x.shape
        k = len(alphas)
        logs = icf[:, :d]
        log_det = np.sum(logs, axis=1)
        below, left = np.tril_indices(d, -1)
        place = np.zeros((len(below), d, d))
        place[np.arange(len(below)), below, left] = 1.0
        q = np.tensordot(icf[:, d:], place, axes=1) + np.exp(logs)[:, :, None] * np.eye(d)
        z = (x - means[:, None, :]) @ np.swapaxes(q, 1, 2)
        terms = (alphas + log_det)[:, None] - 0.5 * np.sum(z * z, axis=2)
        largest = np.max(terms, axis=0)
        total = np.sum(largest + np.log(np.sum(np.exp(terms - largest), axis=0)))
        highest = np.max(alphas)
        shares = highest + np.log(np.sum(np.exp(alphas - highest)))
        normal = -0.5 * n * d * math.log(2.0 * math.pi)
        penalty = 0.5 * gamma ** 2 * np.sum(q * q) - m * np.sum(log_det)
        prior = penalty - k * ((d + m + 1) * d * math.log(gamma) + wishart_constant(d + m + 1, d))
        return normal + total - n * shares + prior
    return with_arrays


def for_jax():
    import jax.numpy as jnp

    def with_arrays(alphas, means, icf, x, gamma, m):
        n, d = x.shape
        k = len(alphas)
        logs = icf[:, :d]
        log_det = jnp.sum(logs, axis=1)
        below, left = jnp.tril_indices(d, -1)
        q = jnp.zeros((k, d, d))
        q = q.at[:, below, left].set(icf[:, d:])
        q = q.at[:, jnp.arange(d), jnp.arange(d)].set(jnp.exp(logs))
        z = (x - means[:, None, :]) @ jnp.swapaxes(q, 1, 2)
        terms = (alphas + log_det)[:, None] - 0.5 * jnp.sum(z * z, axis=2)
        largest = jnp.max(terms, axis=0)
        total = jnp.sum(largest + jnp.log(jnp.sum(jnp.exp(terms - largest), axis=0)))
        highest = jnp.max(alphas)
        shares = highest + jnp.log(jnp.sum(jnp.exp(alphas - highest)))
        normal = -0.5 * n * d * math.log(2.0 * math.pi)
        penalty = 0.5 * gamma ** 2 * jnp.sum(q * q) - m * jnp.sum(log_det)
        prior = penalty - k * ((d + m + 1) * d * jnp.log(gamma) + wishart_constant(d + m + 1, d))
        return normal + total - n * shares + prior
    return with_arrays


def for_torch():
    import torch

    def with_arrays(alphas, means, icf, x, gamma, m):
        n, d = x.shape
        k = len(alphas)
        logs = icf[:, :d]
        log_det = torch.sum(logs, axis=1)
        below, left = torch.tril_indices(d, d, -1)
        q = torch.zeros((k, d, d))
        q[:, below, left] = icf[:, d:]
        q[:, torch.arange(d), torch.arange(d)] = torch.exp(logs)
        z = (x - means[:, None, :]) @ torch.swapaxes(q, 1, 2)
        terms = (alphas + log_det)[:, None] - 0.5 * torch.sum(z * z, axis=2)
        total = torch.sum(torch.logsumexp(terms, 0))
        shares = torch.logsumexp(alphas, 0)
        normal = -0.5 * n * d * math.log(2.0 * math.pi)
        penalty = 0.5 * gamma ** 2 * torch.sum(q * q) - m * torch.sum(log_det)
        prior = penalty - k * ((d + m + 1) * d * torch.log(gamma) + wishart_constant(d + m + 1, d))
        return normal + total - n * shares + prior
    return with_arrays


# -- what is measured ------------------------------------------------------------------------


def arguments(n, d, k):
    rng = np.random.default_rng(1)
    return (rng.normal(size=k), rng.normal(size=(k, d)), 0.3 * rng.normal(size=(k, d * (d + 1) // 2)),
            rng.normal(size=(n, d)), 1.5, 2)


def _with_loops(name, title, **more):
    return Workload(
        name, f"Gaussian mixture {title}, loops", with_loops, arguments, tiny={"n": 3, "d": 3, "k": 2},
        plain={"n": 20, "d": 8, "k": 5}, argnums=(0, 1, 2), by_hand=by_hand,
        jax=for_jax, torch=for_torch, autograd="arrays cannot be written in place; see the program with arrays", **more)


def _with_arrays(name, title, **more):
    return Workload(
        name, f"Gaussian mixture {title}, arrays", with_arrays, arguments, tiny={"n": 3, "d": 3, "k": 2},
        argnums=(0, 1, 2), by_hand_numpy=by_hand_numpy, jax=for_jax, torch=for_torch, autograd=for_autograd,
        not_in_numba="Numba has no matmul of stacks of matrices", **more)


MEDIUM, WIDE = {"n": 1000, "d": 20, "k": 50}, {"n": 1000, "d": 64, "k": 25}
LOOPS = _with_loops("mixture_loops", "d=20 k=50", size=MEDIUM, cpp_ms=22.4, decade=("n", 100, 1000))
LOOPS_WIDE = _with_loops("mixture_loops_wide", "d=64 k=25", size=WIDE, cpp_ms=75.0)
ARRAYS = _with_arrays("mixture_arrays", "d=20 k=50", size=MEDIUM, cpp_ms=22.4, decade=("n", 1000, 10_000))
ARRAYS_WIDE = _with_arrays("mixture_arrays_wide", "d=64 k=25", size=WIDE, cpp_ms=75.0)
