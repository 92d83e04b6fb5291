"""Bodies that attract each other, moved by symplectic Euler steps in place; how far they end from where they were seen."""
import math

import numpy as np

from ..workload import Workload


def misfit(position0, velocity0, mass, observed, dt, steps):
    x = position0.copy()
    v = velocity0.copy()
    n = len(mass)
    for _ in range(steps):
        for i in range(n):
            for j in range(i + 1, n):
                dx = x[j, 0] - x[i, 0]
                dy = x[j, 1] - x[i, 1]
                dz = x[j, 2] - x[i, 2]
                squared = dx * dx + dy * dy + dz * dz + 0.01
                pull = dt / (squared * math.sqrt(squared))
                v[i, 0] += mass[j] * pull * dx
                v[i, 1] += mass[j] * pull * dy
                v[i, 2] += mass[j] * pull * dz
                v[j, 0] -= mass[i] * pull * dx
                v[j, 1] -= mass[i] * pull * dy
                v[j, 2] -= mass[i] * pull * dz
        for i in range(n):
            for c in range(3):
                x[i, c] += dt * v[i, c]
    total = 0.0
    for i in range(n):
        for c in range(3):
            total += (x[i, c] - observed[i, c]) ** 2
    return total


def by_hand(position0, velocity0, mass, observed, dt, steps):
    """Positions are kept, a copy for each step; forces are computed again."""
    n = len(mass)
    kept = np.empty((steps + 1, n, 3))
    kept[0] = position0
    v = velocity0.copy()
    for t in range(steps):
        x, new = kept[t], kept[t + 1]
        for i in range(n):
            for j in range(i + 1, n):
                dx, dy, dz = x[j, 0] - x[i, 0], x[j, 1] - x[i, 1], x[j, 2] - x[i, 2]
                squared = dx * dx + dy * dy + dz * dz + 0.01
                pull = dt / (squared * math.sqrt(squared))
                to_i, to_j = mass[j] * pull, mass[i] * pull
                v[i, 0] += to_i * dx
                v[i, 1] += to_i * dy
                v[i, 2] += to_i * dz
                v[j, 0] -= to_j * dx
                v[j, 1] -= to_j * dy
                v[j, 2] -= to_j * dz
        for i in range(n):
            for c in range(3):
                new[i, c] = x[i, c] + dt * v[i, c]
    dx_ = 2.0 * (kept[steps] - observed)
    dv = np.zeros((n, 3))
    for t in range(steps - 1, -1, -1):
        x = kept[t]
        for i in range(n):
            for c in range(3):
                dv[i, c] += dt * dx_[i, c]
        for i in range(n):
            for j in range(i + 1, n):
                dx, dy, dz = x[j, 0] - x[i, 0], x[j, 1] - x[i, 1], x[j, 2] - x[i, 2]
                inverse = 1.0 / (dx * dx + dy * dy + dz * dz + 0.01)
                pull = dt * inverse * math.sqrt(inverse)
                gx = mass[j] * dv[i, 0] - mass[i] * dv[j, 0]
                gy = mass[j] * dv[i, 1] - mass[i] * dv[j, 1]
                gz = mass[j] * dv[i, 2] - mass[i] * dv[j, 2]
                t1 = -3.0 * pull * inverse * (gx * dx + gy * dy + gz * dz)
                gx = pull * gx + t1 * dx
                gy = pull * gy + t1 * dy
                gz = pull * gz + t1 * dz
                dx_[i, 0] -= gx
                dx_[i, 1] -= gy
                dx_[i, 2] -= gz
                dx_[j, 0] += gx
                dx_[j, 1] += gy
                dx_[j, 2] += gz
    return dx_, dv


def for_torch():
    """All pairs at once."""
    import torch

    def misfit(position0, velocity0, mass, observed, dt, steps):
        x = position0
        v = velocity0
        for _ in range(steps):
            d = x[None, :, :] - x[:, None, :]
            squared = torch.sum(d * d, 2) + 0.01
            pull = dt / (squared * torch.sqrt(squared))
            v = v + torch.sum((mass * pull)[:, :, None] * d, 1)
            x = x + dt * v
        return torch.sum((x - observed) ** 2)
    return misfit


def for_jax():
    import jax
    import jax.numpy as jnp

    def misfit(position0, velocity0, mass, observed, dt, steps):
        def step(state, _):
            x, v = state
            d = x[None, :, :] - x[:, None, :]
            squared = jnp.sum(d * d, axis=2) + 0.01
            pull = dt / (squared * jnp.sqrt(squared))
            v = v + jnp.sum((mass * pull)[:, :, None] * d, axis=1)
            return (x + dt * v, v), None
        (x, _), _ = jax.lax.scan(step, (position0, velocity0), None, length=steps)
        return jnp.sum((x - observed) ** 2)
    return misfit


def arguments(n, steps):
    rng = np.random.default_rng(18)
    return (rng.normal(size=(n, 3)), 0.1 * rng.normal(size=(n, 3)), rng.uniform(0.5, 1.0, n) / n,
            rng.normal(size=(n, 3)), 0.01, steps)


N_BODY = Workload(
    "n_body", "N-body, 30 bodies, 100 steps", misfit, arguments, size={"n": 30, "steps": 100},
    tiny={"n": 3, "steps": 3}, plain={"n": 8, "steps": 20}, argnums=(0, 1), by_hand=by_hand,
    jax=for_jax, torch=for_torch, autograd="arrays cannot be written in place", decade=("steps", 20, 200))
