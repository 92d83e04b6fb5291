"""Implicit vertical advection of a field on columns of air: Thomas' algorithm along an axis, on whole levels."""
import numpy as np

from ..workload import Bound, Workload


def misfit(u, w, observed, dt):
    """u: the field on (x, y, level); w: the vertical wind on the faces between levels, top and bottom included."""
    levels = u.shape[2]
    c = np.empty_like(u)
    d = np.empty_like(u)
    for k in range(levels):
        below = -0.25 * dt * w[:, :, k]
        above = 0.25 * dt * w[:, :, k + 1]
        right = u[:, :, k].copy()
        pivot = np.ones_like(right)
        if k > 0:
            right -= below * (u[:, :, k - 1] - u[:, :, k])
            pivot -= below * (1.0 + c[:, :, k - 1])
        if k < levels - 1:
            right -= above * (u[:, :, k + 1] - u[:, :, k])
            pivot -= above
        c[:, :, k] = above / pivot
        if k > 0:
            right -= below * d[:, :, k - 1]
        d[:, :, k] = right / pivot
    for k in range(levels - 2, -1, -1):
        d[:, :, k] -= c[:, :, k] * d[:, :, k + 1]
    r = d - observed
    return np.sum(r * r)




def for_autograd():
    import autograd.numpy as np

    def misfit(u, w, observed, dt):
        levels = u.shape[2]
        c, d = [], []
        for k in range(levels):
            below = -0.25 * dt * w[:, :, k]
            above = 0.25 * dt * w[:, :, k + 1]
            right = u[:, :, k]
            pivot = np.ones(right.shape)
            if k > 0:
                right = right - below * (u[:, :, k - 1] - u[:, :, k])
                pivot = pivot - below * (1.0 + c[k - 1])
            if k < levels - 1:
                right = right - above * (u[:, :, k + 1] - u[:, :, k])
                pivot = pivot - above
            c.append(above / pivot)
            if k > 0:
                right = right - below * d[k - 1]
            d.append(right / pivot)
        for k in range(levels - 2, -1, -1):
            d[k] = d[k] - c[k] * d[k + 1]
        r = np.stack(d, axis=2) - observed
        return np.sum(r * r)
    return misfit


def for_jax():
    """Scans over levels; the top and the bottom level, where terms are missing, get zeros in their place."""
    import jax
    import jax.numpy as jnp

    def misfit(u, w, observed, dt):
        u, w = jnp.moveaxis(u, 2, 0), jnp.moveaxis(w, 2, 0)
        zero = jnp.zeros_like(u[:1])
        below = jnp.concatenate([zero, -0.25 * dt * w[1:-1]])
        inner = jnp.concatenate([0.25 * dt * w[1:-1], zero])
        above = 0.25 * dt * w[1:]
        step_down = jnp.concatenate([zero, u[:-1] - u[1:]])
        step_up = jnp.concatenate([u[1:] - u[:-1], zero])

        def eliminate(before, level):
            c, d = before
            below, above, inner, u, step_down, step_up = level
            right = u - below * step_down - inner * step_up
            pivot = 1.0 - below * (1.0 + c) - inner
            new = above / pivot, (right - below * d) / pivot
            return new, new

        def substitute(after, level):
            c, d = level
            d = d - c * after
            return d, d
        start = jnp.zeros_like(u[0])
        _, (c, d) = jax.lax.scan(eliminate, (start, start), (below, above, inner, u, step_down, step_up))
        _, d = jax.lax.scan(substitute, start, (c, d), reverse=True)
        r = jnp.moveaxis(d, 0, 2) - observed
        return jnp.sum(r * r)
    return misfit


def for_torch():
    import torch

    def misfit(u, w, observed, dt):
        levels = u.shape[2]
        c, d = [], []
        for k in range(levels):
            below = -0.25 * dt * w[:, :, k]
            above = 0.25 * dt * w[:, :, k + 1]
            right = u[:, :, k]
            pivot = torch.ones_like(right)
            if k > 0:
                right = right - below * (u[:, :, k - 1] - u[:, :, k])
                pivot = pivot - below * (1.0 + c[k - 1])
            if k < levels - 1:
                right = right - above * (u[:, :, k + 1] - u[:, :, k])
                pivot = pivot - above
            c.append(above / pivot)
            if k > 0:
                right = right - below * d[k - 1]
            d.append(right / pivot)
        for k in range(levels - 2, -1, -1):
            d[k] = d[k] - c[k] * d[k + 1]
        r = torch.stack(d, axis=2) - observed
        return torch.sum(r * r)
    return misfit


def arguments(n, levels):
    rng = np.random.default_rng(12)
    return (rng.normal(size=(n, n, levels)), rng.normal(size=(n, n, levels + 1)), rng.normal(size=(n, n, levels)), 0.4)


VERTICAL_ADVECTION = Workload(
    "vertical_advection", "vertical advection 60x60x40", misfit, arguments, size={"n": 60, "levels": 40},
    tiny={"n": 2, "levels": 4}, argnums=(0, 1), bound=Bound.WHOLE_ARRAYS,
    jax=for_jax, torch=for_torch, autograd=for_autograd, decade=("levels", 20, 200))
