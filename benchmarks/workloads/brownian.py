"""An Asian option by Monte Carlo: the mean payoff over paths of a geometric Brownian motion."""
import math

import numpy as np

from ..workload import SAME, Workload


def price(spot, strike, rate, volatility, time, normals):
    paths, steps = normals.shape
    dt = time / steps
    drift = (rate - 0.5 * volatility ** 2) * dt
    spread = volatility * math.sqrt(dt)
    total = 0.0
    for p in range(paths):
        s = spot
        mean = 0.0
        for t in range(steps):
            s *= math.exp(drift + spread * normals[p, t])
            mean += s / steps
        if mean > strike:
            total += mean - strike
    return math.exp(-rate * time) * total / paths


def by_hand(spot, strike, rate, volatility, time, normals):
    """A path's prices are its only state; their adjoint is the sum of the prices from there on."""
    paths, steps = normals.shape
    dt = time / steps
    drift = (rate - 0.5 * volatility * volatility) * dt
    spread = volatility * math.sqrt(dt)
    prices = np.empty(steps)
    total = dspot = ddrift = dspread = ended = 0.0
    for p in range(paths):
        z = normals[p]
        s = spot
        mean = 0.0
        for t in range(steps):
            s *= math.exp(drift + spread * z[t])
            prices[t] = s
            mean += s
        mean /= steps
        if mean > strike:
            total += mean - strike
            ended += 1.0
            rest = 0.0
            for t in range(steps - 1, -1, -1):
                rest += prices[t]
                ddrift += rest
                dspread += rest * z[t]
            dspot += rest
    discount = math.exp(-rate * time) / paths
    scale = discount / steps
    dspot, ddrift, dspread = scale * dspot / spot, scale * ddrift, scale * dspread
    return (dspot, -discount * ended, ddrift * dt - time * discount * total,
            dspread * math.sqrt(dt) - ddrift * volatility * dt)


def for_jax():
    import jax.numpy as jnp

    def price(spot, strike, rate, volatility, time, normals):
        paths, steps = normals.shape
        dt = time / steps
        drift = (rate - 0.5 * volatility ** 2) * dt
        spread = volatility * jnp.sqrt(dt)
        s = spot * jnp.exp(jnp.cumsum(drift + spread * normals, axis=1))
        mean = jnp.sum(s, axis=1) / steps
        total = jnp.sum(jnp.maximum(mean - strike, 0.0))
        return jnp.exp(-rate * time) * total / paths
    return price


def for_torch():
    import torch

    def price(spot, strike, rate, volatility, time, normals):
        paths, steps = normals.shape
        dt = time / steps
        drift = (rate - 0.5 * volatility ** 2) * dt
        spread = volatility * torch.sqrt(dt)
        s = spot * torch.exp(torch.cumsum(drift + spread * normals, 1))
        mean = torch.sum(s, 1) / steps
        total = torch.sum(torch.relu(mean - strike))
        return torch.exp(-rate * time) * total / paths
    return price


def arguments(paths, steps):
    return 100.0, 98.0, 0.03, 0.25, 1.0, np.random.default_rng(23).normal(size=(paths, steps))


BROWNIAN = Workload(
    "brownian", "Asian option, 10^4 paths of 50 steps", price, arguments, size={"paths": 10_000, "steps": 50},
    tiny={"paths": 4, "steps": 3}, plain={"paths": 100, "steps": 20}, argnums=(0, 1, 2, 3), by_hand=by_hand,
    jax=for_jax, torch=for_torch, autograd=SAME, decade=("paths", 1000, 10_000))
