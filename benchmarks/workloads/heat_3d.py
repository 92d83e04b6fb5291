"""Heat flow in a block: two buffers that are written in turn, over the inner cells."""
import numpy as np

from ..workload import Bound, Workload


def misfit(u0, observed, steps):
    u = u0.copy()
    v = u0.copy()
    for _ in range(steps):
        v[1:-1, 1:-1, 1:-1] = (
            0.125 * (u[2:, 1:-1, 1:-1] - 2.0 * u[1:-1, 1:-1, 1:-1] + u[:-2, 1:-1, 1:-1])
            + 0.125 * (u[1:-1, 2:, 1:-1] - 2.0 * u[1:-1, 1:-1, 1:-1] + u[1:-1, :-2, 1:-1])
            + 0.125 * (u[1:-1, 1:-1, 2:] - 2.0 * u[1:-1, 1:-1, 1:-1] + u[1:-1, 1:-1, :-2])
            + u[1:-1, 1:-1, 1:-1])
        u[1:-1, 1:-1, 1:-1] = (
            0.125 * (v[2:, 1:-1, 1:-1] - 2.0 * v[1:-1, 1:-1, 1:-1] + v[:-2, 1:-1, 1:-1])
            + 0.125 * (v[1:-1, 2:, 1:-1] - 2.0 * v[1:-1, 1:-1, 1:-1] + v[1:-1, :-2, 1:-1])
            + 0.125 * (v[1:-1, 1:-1, 2:] - 2.0 * v[1:-1, 1:-1, 1:-1] + v[1:-1, 1:-1, :-2])
            + v[1:-1, 1:-1, 1:-1])
    r = u - observed
    return np.sum(r * r)


def by_hand(u0, observed, steps):
    """The steps are linear, and each is its own transpose inside: nothing is kept."""
    u = u0.copy()
    v = u0.copy()
    for _ in range(steps):
        step(u, v)
        step(v, u)
    du = 2.0 * (u - observed)
    dv = np.zeros_like(du)
    for _ in range(steps):
        step_back(dv, du)
        step_back(du, dv)
    return du + dv


def step(u, v):
    n, m, k = u.shape
    for x in range(1, n - 1):
        for y in range(1, m - 1):
            row, out = u[x, y], v[x, y]
            west, east, south, north = u[x - 1, y], u[x + 1, y], u[x, y - 1], u[x, y + 1]
            for z in range(1, k - 1):
                out[z] = 0.125 * (west[z] + east[z] + south[z] + north[z] + row[z - 1] + row[z + 1]) + 0.25 * row[z]


def step_back(du, dv):
    """What step(u, v) does to the shadows: dv's inside is given out to du, and is zero then."""
    n, m, k = du.shape
    for x in range(1, n - 1):
        for y in range(1, m - 1):
            row, out = du[x, y], dv[x, y]
            west, east, south, north = du[x - 1, y], du[x + 1, y], du[x, y - 1], du[x, y + 1]
            for z in range(1, k - 1):
                west[z] += 0.125 * out[z]
                east[z] += 0.125 * out[z]
            for z in range(1, k - 1):
                south[z] += 0.125 * out[z]
                north[z] += 0.125 * out[z]
            for z in range(1, k - 1):
                row[z - 1] += 0.125 * out[z]
            for z in range(1, k - 1):
                row[z + 1] += 0.125 * out[z]
            for z in range(1, k - 1):
                row[z] += 0.25 * out[z]
                out[z] = 0.0


def by_hand_numpy(u0, observed, steps):
    u = u0.copy()
    v = u0.copy()
    for _ in range(2 * steps):
        v[1:-1, 1:-1, 1:-1] = 0.25 * u[1:-1, 1:-1, 1:-1] + 0.125 * (
            u[2:, 1:-1, 1:-1] + u[:-2, 1:-1, 1:-1] + u[1:-1, 2:, 1:-1] + u[1:-1, :-2, 1:-1]
            + u[1:-1, 1:-1, 2:] + u[1:-1, 1:-1, :-2])
        u, v = v, u
    du = 2.0 * (u - observed)
    dv = np.zeros_like(du)
    for _ in range(2 * steps):
        t = 0.125 * du[1:-1, 1:-1, 1:-1]
        du[1:-1, 1:-1, 1:-1] = 0.0
        dv[1:-1, 1:-1, 1:-1] += 2.0 * t
        dv[2:, 1:-1, 1:-1] += t
        dv[:-2, 1:-1, 1:-1] += t
        dv[1:-1, 2:, 1:-1] += t
        dv[1:-1, :-2, 1:-1] += t
        dv[1:-1, 1:-1, 2:] += t
        dv[1:-1, 1:-1, :-2] += t
        du, dv = dv, du
    return du + dv


def for_autograd():
    """A new array a step, padded by what stays as it is."""
    import autograd.numpy as np

    def misfit(u0, observed, steps):
        u = u0
        for _ in range(2 * steps):
            u = u + np.pad(
                0.125 * (u[2:, 1:-1, 1:-1] - 2.0 * u[1:-1, 1:-1, 1:-1] + u[:-2, 1:-1, 1:-1])
                + 0.125 * (u[1:-1, 2:, 1:-1] - 2.0 * u[1:-1, 1:-1, 1:-1] + u[1:-1, :-2, 1:-1])
                + 0.125 * (u[1:-1, 1:-1, 2:] - 2.0 * u[1:-1, 1:-1, 1:-1] + u[1:-1, 1:-1, :-2]),
                1, "constant")
        r = u - observed
        return np.sum(r * r)
    return misfit


def for_jax():
    import jax
    import jax.numpy as jnp

    def misfit(u0, observed, steps):
        def step(u, _):
            return u.at[1:-1, 1:-1, 1:-1].add(
                0.125 * (u[2:, 1:-1, 1:-1] - 2.0 * u[1:-1, 1:-1, 1:-1] + u[:-2, 1:-1, 1:-1])
                + 0.125 * (u[1:-1, 2:, 1:-1] - 2.0 * u[1:-1, 1:-1, 1:-1] + u[1:-1, :-2, 1:-1])
                + 0.125 * (u[1:-1, 1:-1, 2:] - 2.0 * u[1:-1, 1:-1, 1:-1] + u[1:-1, 1:-1, :-2])), None
        r = jax.lax.scan(step, u0, None, length=2 * steps)[0] - observed
        return jnp.sum(r * r)
    return misfit


def for_torch():
    import torch

    def misfit(u0, observed, steps):
        u = u0.clone()
        v = u0.clone()
        for _ in range(2 * steps):
            v[1:-1, 1:-1, 1:-1] = (
                0.125 * (u[2:, 1:-1, 1:-1] - 2.0 * u[1:-1, 1:-1, 1:-1] + u[:-2, 1:-1, 1:-1])
                + 0.125 * (u[1:-1, 2:, 1:-1] - 2.0 * u[1:-1, 1:-1, 1:-1] + u[1:-1, :-2, 1:-1])
                + 0.125 * (u[1:-1, 1:-1, 2:] - 2.0 * u[1:-1, 1:-1, 1:-1] + u[1:-1, 1:-1, :-2])
                + u[1:-1, 1:-1, 1:-1])
            u, v = v, u
        r = u - observed
        return torch.sum(r * r)
    return misfit


def arguments(n, steps):
    rng = np.random.default_rng(4)
    return rng.normal(size=(n, n, n)), rng.normal(size=(n, n, n)), steps


HEAT_3D = Workload(
    "heat_3d", "heat equation 40^3, 25 steps", misfit, arguments, size={"n": 40, "steps": 25},
    tiny={"n": 4, "steps": 2}, by_hand=by_hand, by_hand_numpy=by_hand_numpy, bound=Bound.WHOLE_ARRAYS,
    jax=for_jax, torch=for_torch, autograd=for_autograd, decade=("steps", 5, 50))
