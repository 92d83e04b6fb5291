"""Likelihoods and estimators."""
import math

import numpy as np

from ._helpers import dot, logsumexp, normal_cdf, normal_pdf

LOG_2PI = np.log(2.0 * np.pi)


def gaussian_mixture(logits, means, log_sds, data):
    """Log likelihood in one dimension, point by point, component by component."""
    log_weights = [a - logsumexp(logits) for a in logits]
    total = 0.0
    for x in data:
        terms = []
        for lw, m, ls in zip(log_weights, means, log_sds):
            z = (x - m) / math.exp(ls)
            terms.append(lw - ls - 0.5 * z * z - 0.5 * math.log(2.0 * math.pi))
        total += logsumexp(terms)
    return total


def gaussian_mixture_full(alphas, means, icf, x):
    """The ADBench objective: full covariances through a triangular factor in a vector."""
    k, d = means.shape
    n = x.shape[0]
    slse = 0.0
    factors = []
    for j in range(k):
        factor = np.diag(np.exp(icf[j, :d]))
        position = d
        for col in range(d):
            for row in range(col + 1, d):
                factor[row, col] = icf[j, position]
                position += 1
        factors.append(factor)
    for i in range(n):
        inner = np.empty(k)
        for j in range(k):
            residual = factors[j] @ (x[i] - means[j])
            inner[j] = alphas[j] + np.sum(icf[j, :d]) - 0.5 * np.dot(residual, residual)
        top = np.max(inner)
        slse += top + np.log(np.sum(np.exp(inner - top)))
    return slse - n * (np.log(np.sum(np.exp(alphas - alphas.max()))) + alphas.max())


def logistic_regression(w, b, x, y, l2=0.1):
    z = x @ w + b
    return np.mean(np.logaddexp(0.0, z) - y * z) + 0.5 * l2 * np.dot(w, w)


def cox_partial_likelihood(beta, covariates, times, events):
    """Risk sets by comparing times; only the observed events contribute."""
    loglik = 0.0
    for i in range(len(times)):
        if not events[i]:
            continue
        risk = 0.0
        for j in range(len(times)):
            if times[j] >= times[i]:
                risk += math.exp(dot(beta, covariates[j]))
        loglik += dot(beta, covariates[i]) - math.log(risk)
    return -loglik


def cox_sorted(beta, x, events):
    """The same with subjects sorted by time: a cumulative sum of risks and a mask."""
    eta = x @ beta
    risk = np.cumsum(np.exp(eta)[::-1])[::-1]
    return -np.sum((eta - np.log(risk))[events])


def garch(returns, omega, alpha, beta, leverage=0.0):
    n = len(returns)
    sigma2 = np.zeros(n)
    sigma2[0] = np.var(returns)
    for t in range(1, n):
        shock = returns[t - 1]
        sigma2[t] = omega + alpha * shock ** 2 + beta * sigma2[t - 1]
        if shock < 0:
            sigma2[t] += leverage * shock ** 2
    return 0.5 * np.sum(LOG_2PI + np.log(sigma2) + returns ** 2 / sigma2)


def gaussian_process(log_params, x, y):
    """Log marginal likelihood with a squared-exponential kernel built by loops."""
    length, amplitude, noise = (math.exp(p) for p in log_params)
    n = len(x)
    k = np.empty((n, n))
    for i in range(n):
        for j in range(i, n):
            k[i, j] = amplitude ** 2 * math.exp(-0.5 * ((x[i] - x[j]) / length) ** 2)
            k[j, i] = k[i, j]
        k[i, i] += noise ** 2
    chol = np.linalg.cholesky(k)
    alpha = np.linalg.solve(k, y)
    return -0.5 * y @ alpha - np.sum(np.log(np.diag(chol))) - 0.5 * n * LOG_2PI


def poisson_regression(coefficients, rows, counts, exposure=None):
    """rows: a list of dicts of features, as from csv.DictReader."""
    total = 0.0
    for k, (row, count) in enumerate(zip(rows, counts)):
        eta = coefficients["intercept"]
        for name, value in row.items():
            eta += coefficients[name] * value
        if exposure is not None:
            eta += math.log(exposure[k])
        total += count * eta - math.exp(eta) - math.lgamma(count + 1)
    return total


def ar1_with_trend(params, series):
    level, slope, phi, log_sd = params
    sd = math.exp(log_sd)
    previous = None
    loglik = 0.0
    for t, y in enumerate(series):
        residual = y - level - slope * t
        if previous is None:
            density = normal_pdf(residual, sd=sd / math.sqrt(1.0 - phi ** 2))
        else:
            density = normal_pdf(residual, mean=phi * previous, sd=sd)
        loglik += math.log(density)
        previous = residual
    return loglik


def student_t_regression(theta, x, y):
    """Heavy-tailed errors with unknown degrees of freedom."""
    *slopes, log_scale, log_dof = theta
    nu = math.exp(log_dof)
    normaliser = (math.lgamma(0.5 * (nu + 1.0)) - math.lgamma(0.5 * nu)
                  - 0.5 * math.log(nu * math.pi) - log_scale)
    total = 0.0
    for xi, yi in zip(x, y):
        z = (yi - dot(slopes, xi)) / math.exp(log_scale)
        total += normaliser - 0.5 * (nu + 1.0) * math.log1p(z * z / nu)
    return total


def weibull_censored(shape, scale, times, observed):
    """Survival times with a boolean mask of those that were observed."""
    z = (times / scale) ** shape
    log_hazard = np.log(shape / scale) + (shape - 1.0) * np.log(times / scale)
    return np.sum(log_hazard[observed]) - np.sum(z)


def kernel_density_entropy(data, bandwidth):
    """Leave-one-out entropy of a kernel density estimate."""
    n = len(data)
    entropy = 0.0
    for i in range(n):
        density = 0.0
        for j in range(n):
            if i != j:
                density += normal_pdf(data[i], mean=data[j], sd=bandwidth)
        entropy -= math.log(density / (n - 1)) / n
    return entropy


def huber_location_scale(params, data, k=1.345):
    mu, s = params[0], math.exp(params[1])
    r = (data - mu) / s
    quadratic = np.abs(r) <= k
    rho = np.zeros_like(r)
    rho[quadratic] = 0.5 * r[quadratic] ** 2
    rho[~quadratic] = k * np.abs(r[~quadratic]) - 0.5 * k * k
    return np.sum(rho) + len(data) * params[1]


def ordered_probit(slope, cuts, x, category):
    """cuts: first cut and increments; an open interval at either end."""
    edges = [cuts[0]]
    for width in cuts[1:]:
        edges.append(edges[-1] + math.exp(width))
    loglik = 0.0
    for xi, c in zip(x, category):
        upper = normal_cdf(edges[c] - slope * xi) if c < len(edges) else 1.0
        lower = normal_cdf(edges[c - 1] - slope * xi) if c > 0 else 0.0
        loglik += math.log(upper - lower)
    return loglik


def grouped_random_effects(mu, log_tau, effects, groups, y):
    """Penalised likelihood of a two-level model, residuals collected per group in a dict."""
    by_group = {}
    for g, value in zip(groups, y):
        by_group.setdefault(g, []).append(value)
    tau = math.exp(log_tau)
    total = 0.0
    for g, values in by_group.items():
        centre = mu + tau * effects[g]
        for value in values:
            total += 0.5 * (value - centre) ** 2
        total += 0.5 * effects[g] ** 2
    return total + len(y) * 0.1 * log_tau


def ising_pseudolikelihood(coupling, field, spins):
    """Neighbours on a torus by modular indices; spins are integers."""
    rows, cols = spins.shape
    total = 0.0
    for i in range(rows):
        for j in range(cols):
            neighbours = (spins[(i + 1) % rows, j] + spins[(i - 1) % rows, j]
                          + spins[i, (j + 1) % cols] + spins[i, (j - 1) % cols])
            local = coupling * neighbours + field[i, j]
            total += spins[i, j] * local - math.log(2.0 * math.cosh(local))
    return -total / (rows * cols)


def _mixture_args():
    return [0.1, -0.3, 0.5], [-1.0, 0.2, 1.5], [0.0, -0.5, 0.3], [-1.3, -0.2, 0.1, 0.9, 1.8, 2.2]


def _mixture_full_args():
    rng = np.random.default_rng(0)
    return rng.normal(size=2), rng.normal(size=(2, 3)), 0.3 * rng.normal(size=(2, 6)), rng.normal(size=(5, 3))


def _logistic_args():
    rng = np.random.default_rng(1)
    return rng.normal(size=3), 0.2, rng.normal(size=(8, 3)), (rng.random(8) < 0.5).astype(float)


def _cox_args():
    rng = np.random.default_rng(2)
    return [0.5, -0.3], rng.normal(size=(6, 2)).tolist(), [3.0, 1.0, 4.0, 1.5, 5.0, 2.0], [1, 1, 0, 1, 1, 0]


def _cox_sorted_args():
    rng = np.random.default_rng(2)
    return np.array([0.5, -0.3]), rng.normal(size=(6, 2)), np.array([True, True, False, True, False, True])


def _garch_args():
    return np.random.default_rng(3).normal(size=8), 0.1, 0.15, 0.7, 0.05


def _gp_args():
    rng = np.random.default_rng(4)
    return (-0.2, 0.1, -1.0), [0.0, 0.4, 1.1, 1.5, 2.3], rng.normal(size=5)


def _poisson_args():
    rows = [{"age": 0.3, "dose": 1.0}, {"age": -0.5, "dose": 0.2}, {"dose": 0.7}]
    return {"intercept": 0.1, "age": 0.4, "dose": -0.2}, rows, [2, 0, 1], [1.0, 2.0, 1.5]


def _ar1_args():
    return (0.5, 0.1, 0.6, -0.4), [0.6, 0.9, 0.4, 0.8, 1.5]


def _student_args():
    rng = np.random.default_rng(5)
    return [0.8, -0.2, 0.1, 1.2], rng.normal(size=(5, 2)).tolist(), rng.normal(size=5).tolist()


def _weibull_args():
    rng = np.random.default_rng(6)
    return 1.4, 2.0, 0.5 + rng.random(7), np.array([1, 0, 1, 1, 0, 1, 1], dtype=bool)


def _weibull_all_censored_args():
    return 1.4, 2.0, np.array([0.7, 1.1]), np.zeros(2, dtype=bool)


def _density_args():
    return [0.1, 0.7, -0.4, 1.6, 0.3], 0.5


def _huber_args():
    return (0.2, -0.1), np.array([0.3, -0.4, 5.0, 0.9, -3.0, 0.1])


def _probit_args():
    return 0.7, (-0.5, 0.1, -0.3), [0.2, -1.0, 1.3, 0.4], [0, 1, 3, 2]


def _effects_args():
    return 0.3, -0.2, {"a": 0.5, "b": -0.7}, ["a", "b", "a", "a", "b"], [0.9, -0.1, 0.4, 0.8, 0.0]


def _ising_args():
    rng = np.random.default_rng(7)
    return 0.3, 0.2 * rng.normal(size=(3, 4)), rng.choice([-1, 1], size=(3, 4))


CASES = [
    (gaussian_mixture, _mixture_args, (0, 1, 2, 3)),
    (gaussian_mixture_full, _mixture_full_args, (0, 1, 2)),
    (logistic_regression, _logistic_args, (0, 1, 2)),
    (cox_partial_likelihood, _cox_args, (0, 1)),
    (cox_sorted, _cox_sorted_args, (0, 1)),
    (garch, _garch_args, (0, 1, 2, 3, 4)),
    (gaussian_process, _gp_args, (0, 1, 2)),
    (poisson_regression, _poisson_args, (0, 1, 3)),
    (ar1_with_trend, _ar1_args, (0, 1)),
    (student_t_regression, _student_args, (0, 1, 2)),
    (weibull_censored, _weibull_args, (0, 1, 2)),
    (weibull_censored, _weibull_all_censored_args, (0, 1, 2)),
    (kernel_density_entropy, _density_args, (0, 1)),
    (huber_location_scale, _huber_args, (0, 1)),
    (ordered_probit, _probit_args, (0, 1, 2)),
    (grouped_random_effects, _effects_args, (0, 1, 2, 4)),
    (ising_pseudolikelihood, _ising_args, (0, 1)),
]
