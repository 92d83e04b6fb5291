"""Functions that the tests of verification prove, and break."""
import math

import numpy as np


def rosenbrock(v):
    total = 0.0
    for i in range(len(v) - 1):
        total += 100.0 * (v[i + 1] - v[i] ** 2) ** 2 + (1.0 - v[i]) ** 2
    return total


def cdf(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def black_scholes(spot, strike, years, rate, sigma):
    d1 = (math.log(spot / strike) + (rate + 0.5 * sigma * sigma) * years) / (sigma * math.sqrt(years))
    d2 = d1 - sigma * math.sqrt(years)
    return spot * cdf(d1) - strike * math.exp(-rate * years) * cdf(d2)


def euler(x, rate, dt, steps):
    for _ in range(steps):
        x = x + dt * rate * x * (1.0 - x)
    return x


def mlp(w, b, u, c, x, y):
    h = np.tanh(w @ x + b)
    r = u @ h + c - y
    return 0.5 * r * r


def log_det(a):
    n = a.shape[0]
    for j in range(n):
        a[j, j] = math.sqrt(a[j, j] - np.dot(a[j, :j], a[j, :j]))
        for i in range(j + 1, n):
            a[i, j] = (a[i, j] - np.dot(a[i, :j], a[j, :j])) / a[j, j]
    total = 0.0
    for j in range(n):
        total += math.log(a[j, j])
    return 2.0 * total


def branchy(x, y):
    if x > y:
        return x * math.sin(y)
    if x > 0.0:
        return x * x * y
    return abs(x) + y


def drag(v, k):
    if v > 1.0:
        f = k * v * v
    else:
        f = k * v
    return f * v


def fit(w, x, y):
    r = np.tanh(x @ w) - y
    return np.sum(r * r)


def bias(b, x):
    z = np.exp(x + b)
    return np.sum(z * z)


SPD = np.array([[4.0, 1.0, 0.5], [1.0, 5.0, 0.3], [0.5, 0.3, 6.0]])
LAYERS = (np.array([[0.5, -0.3], [0.2, 0.7]]), np.array([0.1, -0.2]), np.array([0.4, -0.6]), 0.3, np.array([1.0, -0.5]), 0.8)
