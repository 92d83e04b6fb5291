"""Heat flow on a 64 x 64 plate, 50 steps, written in place into two buffers that are swapped."""
import numpy as np

from ..workload import Workload


def misfit(u0, alpha, target, steps):
    u = u0.copy()
    v = u0.copy()
    for _ in range(steps):
        v[1:-1, 1:-1] = u[1:-1, 1:-1] + alpha * (
            u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1])
        u, v = v, u
    r = u - target
    return np.sum(r * r)


def by_hand(u0, alpha, target, steps):
    """The steps are linear: nothing of the forward sweep is kept but its end."""
    u = u0.copy()
    v = u0.copy()
    for _ in range(steps):
        v[1:-1, 1:-1] = u[1:-1, 1:-1] + alpha * (
            u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1])
        u, v = v, u
    du = 2.0 * (u - target)
    dv = np.zeros_like(du)
    for _ in range(steps):
        du, dv = dv, du
        t = dv[1:-1, 1:-1].copy()
        dv[1:-1, 1:-1] = 0.0
        du[1:-1, 1:-1] += (1.0 - 4.0 * alpha) * t
        t *= alpha
        du[2:, 1:-1] += t
        du[:-2, 1:-1] += t
        du[1:-1, 2:] += t
        du[1:-1, :-2] += t
    return du + dv


def for_autograd():
    """Without writing in place, which it does not support."""
    import autograd.numpy as np

    def misfit(u0, alpha, target, steps):
        u = u0
        for _ in range(steps):
            u = u + np.pad(alpha * (
                u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]), 1, "constant")
        r = u - target
        return np.sum(r * r)
    return misfit


def for_jax():
    import jax
    import jax.numpy as jnp

    def misfit(u0, alpha, target, steps):
        def step(u, _):
            return u.at[1:-1, 1:-1].add(alpha * (
                u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1])), None
        r = jax.lax.scan(step, u0, None, length=steps)[0] - target
        return jnp.sum(r * r)
    return misfit


def _args():
    rng = np.random.default_rng(1)
    return rng.normal(size=(64, 64)), 0.2, rng.normal(size=(64, 64)), 50


HEAT = Workload("heat stencil 64 x 64, 50 steps", misfit, by_hand, for_autograd, for_jax,
                args=_args(), argnums=(0,), bound="by hand", jax_static=(3,))
