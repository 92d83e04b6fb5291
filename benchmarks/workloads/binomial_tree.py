"""The price of an American put on a binomial tree, its values overwritten step by step."""
import math

import numpy as np

from ..workload import Bound, Workload


def price(spot, strike, rate, volatility, time, steps):
    dt = time / steps
    up = math.exp(volatility * math.sqrt(dt))
    discount = math.exp(-rate * dt)
    p = (math.exp(rate * dt) - 1.0 / up) / (up - 1.0 / up)
    values = np.empty(steps + 1)
    for j in range(steps + 1):
        values[j] = max(strike - spot * up ** (2 * j - steps), 0.0)
    for i in range(steps - 1, -1, -1):
        for j in range(i + 1):
            held = discount * (p * values[j + 1] + (1.0 - p) * values[j])
            exercised = strike - spot * up ** (2 * j - i)
            values[j] = max(held, exercised)
    return values[0]


def _with(np, where):
    """A level of the tree at once."""
    def price(spot, strike, rate, volatility, time, steps):
        dt = time / steps
        up = np.exp(volatility * np.sqrt(dt))
        discount = np.exp(-rate * dt)
        p = (np.exp(rate * dt) - 1.0 / up) / (up - 1.0 / up)
        j = np.arange(steps + 1)
        payoff = strike - spot * up ** (2 * j - steps)
        values = where(payoff > 0.0, payoff, 0.0 * payoff)
        for i in range(steps - 1, -1, -1):
            held = discount * (p * values[1:] + (1.0 - p) * values[:-1])
            exercised = strike - spot * up ** (2 * j[:i + 1] - i)
            values = where(held >= exercised, held, exercised)
        return values[0]
    return price


def for_autograd():
    import autograd.numpy as np
    return _with(np, np.where)


def for_torch():
    import torch
    return _with(torch, torch.where)


def for_jax():
    """Levels of one length: what is beyond a level's end is computed and never used."""
    import jax
    import jax.numpy as jnp

    def price(spot, strike, rate, volatility, time, steps):
        dt = time / steps
        up = jnp.exp(volatility * jnp.sqrt(dt))
        discount = jnp.exp(-rate * dt)
        p = (jnp.exp(rate * dt) - 1.0 / up) / (up - 1.0 / up)
        j = jnp.arange(steps + 1)

        def level(values, i):
            held = discount * (p * jnp.append(values[1:], 0.0) + (1.0 - p) * values)
            exercised = strike - spot * up ** (2 * j - i)
            return jnp.where(j <= i, jnp.maximum(held, exercised), 0.0), None
        values = jnp.maximum(strike - spot * up ** (2 * j - steps), 0.0)
        return jax.lax.scan(level, values, jnp.arange(steps - 1, -1, -1))[0][0]
    return price


def arguments(steps):
    return 100.0, 105.0, 0.03, 0.25, 1.0, steps


BINOMIAL_TREE = Workload(
    "binomial_tree", "American put, tree of 500 steps", price, arguments, size={"steps": 500}, tiny={"steps": 4},
    plain={"steps": 50}, argnums=(0, 1, 2, 3), bound=Bound.IN_PLACE_LOOPS,
    jax=for_jax, torch=for_torch, autograd=for_autograd, decade=("steps", 200, 2000))
