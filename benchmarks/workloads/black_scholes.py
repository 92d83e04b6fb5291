"""The Black-Scholes price of a call and its Greeks, on floats."""
import math

from ..workload import Workload


def normal_cdf(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def price(spot, strike, rate, volatility, time):
    d1 = (math.log(spot / strike) + (rate + 0.5 * volatility ** 2) * time) / (volatility * math.sqrt(time))
    d2 = d1 - volatility * math.sqrt(time)
    return spot * normal_cdf(d1) - strike * math.exp(-rate * time) * normal_cdf(d2)


def by_hand(spot, strike, rate, volatility, time):
    """The textbook Greeks: they use that spot * pdf(d1) equals the discounted strike * pdf(d2)."""
    root = math.sqrt(time)
    d1 = (math.log(spot / strike) + (rate + 0.5 * volatility * volatility) * time) / (volatility * root)
    discount = math.exp(-rate * time)
    n1 = normal_cdf(d1)
    n2 = normal_cdf(d1 - volatility * root)
    vega = spot * root * math.exp(-0.5 * d1 * d1) / math.sqrt(2.0 * math.pi)
    carry = strike * discount * n2
    return n1, -discount * n2, time * carry, vega, 0.5 * vega * volatility / time + rate * carry


def _with(np, erf):
    def normal_cdf(x):
        return 0.5 * (1.0 + erf(x / math.sqrt(2.0)))

    def price(spot, strike, rate, volatility, time):
        d1 = (np.log(spot / strike) + (rate + 0.5 * volatility ** 2) * time) / (volatility * np.sqrt(time))
        d2 = d1 - volatility * np.sqrt(time)
        return spot * normal_cdf(d1) - strike * np.exp(-rate * time) * normal_cdf(d2)
    return price


def for_autograd():
    import autograd.numpy as np
    from autograd.scipy.special import erf
    return _with(np, erf)


def for_jax():
    import jax.numpy as jnp
    from jax.scipy.special import erf
    return _with(jnp, erf)


def for_torch():
    import torch
    return _with(torch, torch.erf)


def for_casadi():
    import casadi
    return _with(casadi, casadi.erf)


def arguments():
    return 100.0, 105.0, 0.02, 0.25, 0.75


BLACK_SCHOLES = Workload(
    "black_scholes", "Black-Scholes price, 5 floats", price, arguments, size={}, tiny={}, argnums=(0, 1, 2, 3, 4),
    by_hand=by_hand, by_hand_numpy=by_hand, jax=for_jax, torch=for_torch, autograd=for_autograd, casadi=for_casadi)
