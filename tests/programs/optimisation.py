"""Programs that optimise inside: derivatives through unrolled iterations."""
import math

import numpy as np


def unrolled_ridge(log_rate, log_penalty, x, y, steps=10):
    """Training loss after gradient descent, as a function of the hyperparameters."""
    rate, penalty = np.exp(log_rate), np.exp(log_penalty)
    w = np.zeros(x.shape[1])
    for _ in range(steps):
        gradient = x.T @ (x @ w - y) / len(y) + penalty * w
        w -= rate * gradient
    return 0.5 * np.mean((x @ w - y) ** 2)


def adam_path(theta, lr, target, beta1=0.9, beta2=0.99, steps=6):
    """Adam on a quartic, moments kept in lists that are overwritten."""
    theta = list(theta)
    m = [0.0] * len(theta)
    v = [1e-8] * len(theta)
    for step in range(1, steps + 1):
        for i in range(len(theta)):
            g = 4.0 * (theta[i] - target[i]) ** 3 + 0.1 * theta[i]
            m[i] = beta1 * m[i] + (1.0 - beta1) * g
            v[i] = beta2 * v[i] + (1.0 - beta2) * g * g
            m_hat = m[i] / (1.0 - beta1 ** step)
            v_hat = v[i] / (1.0 - beta2 ** step)
            theta[i] -= lr * m_hat / (math.sqrt(v_hat) + 1e-6)
    return sum((t - z) ** 2 for t, z in zip(theta, target))


def backtracking_newton(x, scale):
    """Newton with a line search that halves the step until there is enough descent."""
    def objective(z):
        return math.log(math.exp(scale * z) + math.exp(-scale * z)) + 0.05 * (z - 1.0) ** 2

    for _ in range(4):
        slope = scale * math.tanh(scale * x) + 0.1 * (x - 1.0)
        curvature = scale ** 2 / math.cosh(scale * x) ** 2 + 0.1
        step = -slope / curvature
        t = 1.0
        while objective(x + t * step) > objective(x) + 1e-4 * t * slope * step:
            t *= 0.5
            if t < 1e-8:
                return x
        x += t * step
    return x + 0.1 * objective(x)


def sinkhorn_distance(a, b, cost, epsilon=0.3, iterations=12):
    """Entropic optimal transport between two histograms."""
    kernel = np.exp(-cost / epsilon)
    u = np.ones_like(a)
    for _ in range(iterations):
        v = b / (kernel.T @ u)
        u = a / (kernel @ v)
    plan = u[:, np.newaxis] * kernel * v
    return np.sum(plan * cost)


def fixed_point_market(supply, elasticity, tolerance=1e-13):
    """Prices adjusted until the excess demand vanishes; several exits from the loop."""
    prices = {good: 1.0 for good in supply}
    iteration = 0
    while True:
        income = sum(prices[good] * supply[good] for good in supply)
        index = sum(p ** (1.0 - elasticity) for p in prices.values())
        largest = 0.0
        for good in sorted(supply):
            demand = income * prices[good] ** -elasticity / index
            excess = demand / supply[good]
            prices[good] = prices[good] * excess ** 0.4
            largest = max(largest, abs(excess - 1.0))
        iteration += 1
        if largest < tolerance:
            break
        if iteration >= 60:
            break
    return math.log(prices["bread"] / prices["wine"]) + supply["wine"]


def kmeans_inertia(points, centres, rounds):
    """Lloyd's algorithm; assignments are integers, an empty cluster keeps its centre."""
    centres = centres.copy()
    for _ in range(rounds):
        labels = np.argmin(((points[:, None, :] - centres[None, :, :]) ** 2).sum(-1), axis=1)
        for k in range(len(centres)):
            members = points[labels == k]
            if len(members) > 0:
                centres[k] = members.mean(axis=0)
    return np.sum((points - centres[labels]) ** 2)


def _ridge_args():
    rng = np.random.default_rng(0)
    return -1.0, -2.0, rng.normal(size=(6, 3)), rng.normal(size=6)


def _adam_args():
    return [0.5, -1.2, 2.0], 0.1, [1.0, 0.3, -0.4]


def _newton_args():
    return 1.9, 1.3


def _sinkhorn_args():
    rng = np.random.default_rng(1)
    a, b = 0.5 + rng.random(4), 0.5 + rng.random(3)
    return a / a.sum(), b / b.sum(), rng.random((4, 3))


def _market_args():
    return {"bread": 2.0, "wine": 0.7, "cloth": 1.1}, 1.8


def _kmeans_args():
    rng = np.random.default_rng(2)
    points = np.concatenate([rng.normal(size=(4, 2)), 5.0 + rng.normal(size=(3, 2))])
    return points, np.array([[0.5, 0.2], [4.0, 4.5], [30.0, 30.0]]), 3


CASES = [
    (unrolled_ridge, _ridge_args, (0, 1, 2, 3)),
    (adam_path, _adam_args, (0, 1, 2)),
    (backtracking_newton, _newton_args, (0, 1)),
    (sinkhorn_distance, _sinkhorn_args, (0, 1, 2)),
    (fixed_point_market, _market_args, (0, 1)),
    (kmeans_inertia, _kmeans_args, (0, 1)),
]
