"""Pricing, yields and simulated paths."""
import math

import numpy as np

from . import _helpers
from ._helpers import normal_cdf

DAYS_PER_YEAR = 365.0


def black_scholes(spot, strike, rate, vol, expiry, kind="call"):
    if expiry <= 0.0:
        return max(spot - strike, 0.0)
    d1 = (math.log(spot / strike) + (rate + 0.5 * vol ** 2) * expiry) / (vol * math.sqrt(expiry))
    d2 = d1 - vol * math.sqrt(expiry)
    call = spot * normal_cdf(d1) - strike * math.exp(-rate * expiry) * normal_cdf(d2)
    if kind == "call":
        return call
    return call - spot + strike * math.exp(-rate * expiry)


def straddle(spot, strike, rate, vol, expiry):
    return (black_scholes(spot, strike, rate, vol, expiry)
            + black_scholes(spot, strike, rate, vol, expiry, kind="put"))


def american_put_tree(spot, strike, rate, vol, expiry, n):
    """Cox-Ross-Rubinstein tree in one array that is overwritten level by level."""
    dt = expiry / n
    up = math.exp(vol * math.sqrt(dt))
    down = 1.0 / up
    p = (math.exp(rate * dt) - down) / (up - down)
    discount = math.exp(-rate * dt)
    values = np.zeros(n + 1)
    for i in range(n + 1):
        values[i] = max(strike - spot * up ** (2 * i - n), 0.0)
    for level in range(n - 1, -1, -1):
        for i in range(level + 1):
            hold = discount * (p * values[i + 1] + (1.0 - p) * values[i])
            exercise = strike - spot * up ** (2 * i - level)
            values[i] = max(hold, exercise)
    return values[0]


def asian_call(spot, rate, vol, strike, normals, dt=1.0 / 12.0):
    """Arithmetic average over simulated paths with given normal draws."""
    payoff = 0.0
    for path in normals:
        s = spot
        running = 0.0
        for z in path:
            s *= math.exp((rate - 0.5 * vol * vol) * dt + vol * math.sqrt(dt) * z)
            running += s
        average = running / len(path)
        if average > strike:
            payoff += average - strike
    return math.exp(-rate * dt * normals.shape[1]) * payoff / normals.shape[0]


def heston_call(params, spot, strike, z1, z2, dt=0.05):
    """Full-truncation Euler, vectorised over paths; params is a dict."""
    kappa, theta = params["kappa"], params["theta"]
    xi, rho = params["xi"], params["rho"]
    log_s = np.full(z1.shape[1], np.log(spot))
    v = np.full(z1.shape[1], params["v0"])
    for step in range(z1.shape[0]):
        w2 = rho * z1[step] + np.sqrt(1.0 - rho ** 2) * z2[step]
        vol = np.sqrt(np.maximum(v, 0.0))
        log_s = log_s - 0.5 * vol ** 2 * dt + vol * np.sqrt(dt) * z1[step]
        v = v + kappa * (theta - np.maximum(v, 0.0)) * dt + xi * vol * np.sqrt(dt) * w2
    return np.mean(np.maximum(np.exp(log_s) - strike, 0.0))


def bond_price(cash_flows, yield_rate):
    """cash_flows: a list of (years, amount)."""
    price = 0.0
    for years, amount in cash_flows:
        price += amount / (1.0 + yield_rate) ** years
    return price


def bond_convexity_hedge(cash_flows, yield_rate, bump=0.01):
    base = bond_price(cash_flows, yield_rate)
    up = bond_price(cash_flows, yield_rate + bump)
    down = bond_price(cash_flows, yield_rate - bump)
    return (up + down - 2.0 * base) / (base * bump ** 2)


def yield_to_maturity(price, coupon, periods, face=100.0):
    """Newton's method on the price, in a while loop."""
    y = 0.05
    error = 1.0
    iterations = 0
    while abs(error) > 1e-11 and iterations < 100:
        value = 0.0
        slope = 0.0
        for k in range(1, periods + 1):
            flow = coupon + (face if k == periods else 0.0)
            discount = (1.0 + y) ** (-k)
            value += flow * discount
            slope -= k * flow * discount / (1.0 + y)
        error = value - price
        y -= error / slope
        iterations += 1
    return y


def implied_vol(price, spot, strike, rate, expiry):
    vol = 0.5
    for _ in range(50):
        d1 = (math.log(spot / strike) + (rate + 0.5 * vol * vol) * expiry) / (vol * math.sqrt(expiry))
        vega = spot * _helpers.normal_pdf(d1) * math.sqrt(expiry)
        diff = black_scholes(spot, strike, rate, vol, expiry) - price
        if abs(diff) < 1e-12:
            return vol
        vol = vol - diff / vega
    return vol


def vasicek_likelihood(rates, a, b, sigma, days):
    """Transition densities of a short rate observed on irregular days."""
    loglik = 0.0
    for previous, current, gap in zip(rates[:-1], rates[1:], days):
        dt = gap / DAYS_PER_YEAR
        decay = math.exp(-a * dt)
        mean = previous * decay + b * (1.0 - decay)
        var = sigma ** 2 * (1.0 - decay ** 2) / (2.0 * a)
        loglik += -0.5 * math.log(2.0 * math.pi * var) - (current - mean) ** 2 / (2.0 * var)
    return loglik


def nelson_siegel_fit(beta, tau, maturities, yields):
    x = maturities / tau
    loading = (1.0 - np.exp(-x)) / x
    curve = beta[0] + beta[1] * loading + beta[2] * (loading - np.exp(-x))
    weights = np.where(maturities < 1.0, 2.0, 1.0)
    return np.average((curve - yields) ** 2, weights=weights) * 1e4


def down_and_out(spot, vol, barrier, strike, draws):
    """A barrier option on one path: worth nothing once the barrier is touched."""
    s = spot
    for z in draws:
        s = s * math.exp(-0.005 * vol ** 2 + 0.1 * vol * z)
        if s <= barrier:
            return 0.0 * s
    if s < strike:
        return 0.0
    return s - strike


def portfolio_risk(weights, returns, risk_aversion=3.0):
    """Utility of a constant-mix portfolio whose wealth compounds."""
    w = np.asarray(weights)
    w = w / w.sum()
    wealth = [1.0]
    for r in returns:
        wealth.append(wealth[-1] * (1.0 + r @ w))
    drawdown, peak = 0.0, wealth[0]
    for x in wealth[1:]:
        peak = max(peak, x)
        drawdown = max(drawdown, 1.0 - x / peak)
    return wealth[-1] ** (1.0 - risk_aversion) / (1.0 - risk_aversion) - drawdown


def _option_args():
    return 100.0, 105.0, 0.03, 0.25, 0.75


def _expired_args():
    return 110.0, 105.0, 0.03, 0.25, 0.0


def _tree_args():
    return 100.0, 104.3, 0.05, 0.3, 0.5, 8


def _asian_args():
    return 100.0, 0.04, 0.3, 98.0, np.random.default_rng(1).normal(size=(5, 6))


def _heston_args():
    rng = np.random.default_rng(2)
    params = {"kappa": 1.5, "theta": 0.06, "xi": 0.4, "rho": -0.6, "v0": 0.05}
    return params, 100.0, 95.0, rng.normal(size=(5, 6)), rng.normal(size=(5, 6))


def _bond_args():
    return [(0.5, 3.0), (1.0, 3.0), (1.5, 3.0), (2.0, 103.0)], 0.045


def _ytm_args():
    return 96.3, 4.0, 6


def _implied_args():
    return 7.2, 100.0, 105.0, 0.03, 0.75


def _vasicek_args():
    return [0.031, 0.033, 0.030, 0.034, 0.036], 0.8, 0.04, 0.01, [1, 3, 1, 7]


def _nelson_siegel_args():
    return (np.array([0.05, -0.02, 0.01]), 1.8, np.array([0.25, 0.5, 1.0, 2.0, 5.0, 10.0]),
            np.array([0.031, 0.033, 0.036, 0.04, 0.046, 0.048]))


def _alive_args():
    return 100.0, 0.3, 80.0, 95.0, np.array([0.4, -0.3, 0.8, 0.1])


def _knocked_out_args():
    return 100.0, 0.3, 99.0, 95.0, np.array([0.4, -1.3, 0.8, 0.1])


def _portfolio_args():
    return [0.5, 0.3, 0.2], np.random.default_rng(4).normal(0.01, 0.05, size=(6, 3))


CASES = [
    (black_scholes, _option_args, (0, 1, 2, 3, 4)),
    (black_scholes, _expired_args, (0, 1)),
    (straddle, _option_args, (0, 3)),
    (american_put_tree, _tree_args, (0, 1, 2, 3, 4)),
    (asian_call, _asian_args, (0, 1, 2, 3)),
    (heston_call, _heston_args, (0, 1)),
    (bond_convexity_hedge, _bond_args, (0, 1)),
    (yield_to_maturity, _ytm_args, (0, 1)),
    (implied_vol, _implied_args, (0, 1, 4)),
    (vasicek_likelihood, _vasicek_args, (0, 1, 2, 3)),
    (nelson_siegel_fit, _nelson_siegel_args, (0, 1)),
    (down_and_out, _alive_args, (0, 1, 4)),
    (down_and_out, _knocked_out_args, (0, 1)),
    (portfolio_risk, _portfolio_args, (0, 1)),
]
