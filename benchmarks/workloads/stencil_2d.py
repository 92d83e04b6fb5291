"""A five-point mean on a plate, fifty steps, in two buffers that change places."""
import numpy as np

from ..workload import Bound, Workload


def misfit(u0, observed, steps):
    u = u0.copy()
    v = u0.copy()
    for _ in range(steps):
        v[1:-1, 1:-1] = 0.2 * (u[1:-1, 1:-1] + u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2])
        u, v = v, u
    r = u - observed
    return np.sum(r * r)


def by_hand(u0, observed, steps):
    """The steps are linear: nothing is kept but the end. A step's transpose is gathered, not scattered."""
    u = u0.copy()
    v = u0.copy()
    n, m = u.shape
    for _ in range(steps):
        for i in range(1, n - 1):
            north, row, south, out = u[i - 1], u[i], u[i + 1], v[i]
            for j in range(1, m - 1):
                out[j] = 0.2 * (row[j] + north[j] + south[j] + row[j - 1] + row[j + 1])
        u, v = v, u
    edge = 2.0 * (u - observed)                         # what has reached the edge, which is never written
    du = np.zeros((n, m))
    dv = np.zeros((n, m))
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            du[i, j] = edge[i, j]
            edge[i, j] = 0.0
    for _ in range(steps):
        for i in range(n):
            for j in (0, m - 1):
                if 0 < i < n - 1:
                    edge[i, j] += 0.2 * du[i, 1 if j == 0 else m - 2]
        for j in range(1, m - 1):
            edge[0, j] += 0.2 * du[1, j]
            edge[n - 1, j] += 0.2 * du[n - 2, j]
        for i in range(1, n - 1):
            north, row, south, out = du[i - 1], du[i], du[i + 1], dv[i]
            for j in range(1, m - 1):
                out[j] = 0.2 * (row[j] + north[j] + south[j] + row[j - 1] + row[j + 1])
        du, dv = dv, du
    return du + edge


def by_hand_numpy(u0, observed, steps):
    u = u0.copy()
    v = u0.copy()
    for _ in range(steps):
        v[1:-1, 1:-1] = 0.2 * (u[1:-1, 1:-1] + u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2])
        u, v = v, u
    du = 2.0 * (u - observed)
    dv = np.zeros_like(du)
    for _ in range(steps):
        du, dv = dv, du
        t = 0.2 * dv[1:-1, 1:-1]
        dv[1:-1, 1:-1] = 0.0
        du[1:-1, 1:-1] += t
        du[2:, 1:-1] += t
        du[:-2, 1:-1] += t
        du[1:-1, 2:] += t
        du[1:-1, :-2] += t
    return du + dv


def for_autograd():
    """A new array a step: the edge as it was, and the inner part."""
    import autograd.numpy as np

    def misfit(u0, observed, steps):
        inside = np.pad(np.ones((u0.shape[0] - 2, u0.shape[1] - 2)), 1, "constant")
        edge = u0 * (1.0 - inside)
        u = u0
        for _ in range(steps):
            u = edge + np.pad(
                0.2 * (u[1:-1, 1:-1] + u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]), 1, "constant")
        r = u - observed
        return np.sum(r * r)
    return misfit


def for_jax():
    import jax
    import jax.numpy as jnp

    def misfit(u0, observed, steps):
        def step(u, _):
            return u.at[1:-1, 1:-1].set(
                0.2 * (u[1:-1, 1:-1] + u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2])), None
        r = jax.lax.scan(step, u0, None, length=steps)[0] - observed
        return jnp.sum(r * r)
    return misfit


def for_torch():
    import torch

    def misfit(u0, observed, steps):
        u = u0.clone()
        v = u0.clone()
        for _ in range(steps):
            v[1:-1, 1:-1] = 0.2 * (u[1:-1, 1:-1] + u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2])
            u, v = v, u
        r = u - observed
        return torch.sum(r * r)
    return misfit


def arguments(n, steps):
    rng = np.random.default_rng(10)
    return rng.normal(size=(n, n)), rng.normal(size=(n, n)), steps


STENCIL_2D = Workload(
    "stencil_2d", "5-point stencil 150x150, 50 steps", misfit, arguments, size={"n": 150, "steps": 50},
    tiny={"n": 5, "steps": 3}, by_hand=by_hand, by_hand_numpy=by_hand_numpy, bound=Bound.WHOLE_ARRAYS,
    jax=for_jax, torch=for_torch, autograd=for_autograd, decade=("steps", 10, 100))
