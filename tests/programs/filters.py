"""Recursive filters and state estimation."""
import math

import numpy as np

from ._helpers import softplus


def kalman_local_level(observations, q, r, m0=0.0, p0=1.0):
    """Negative log likelihood of a scalar Kalman filter; missing values are None."""
    m, p = m0, p0
    nll = 0.0
    for y in observations:
        p = p + q
        if y is None:
            continue
        s = p + r
        k = p / s
        nll += 0.5 * (math.log(2.0 * math.pi * s) + (y - m) ** 2 / s)
        m = m + k * (y - m)
        p = (1.0 - k) * p
    return nll


def kalman_matrix(a, c, q, r, ys):
    """The textbook filter with matrices and np.linalg."""
    n = a.shape[0]
    m = np.zeros(n)
    p = np.eye(n)
    loglik = 0.0
    for y in ys:
        m = a @ m
        p = a @ p @ a.T + q @ q.T
        innovation = y - c @ m
        s = c @ p @ c.T + r * np.eye(len(y))
        k = np.linalg.solve(s, c @ p).T
        m = m + k @ innovation
        p = p - k @ c @ p
        loglik -= 0.5 * (np.log(np.linalg.det(s)) + innovation @ np.linalg.inv(s) @ innovation)
    return loglik


def rts_smoother(ys, phi, q, r):
    """A forward pass that stores lists and a backward pass that reads them in reverse."""
    means, variances, predicted = [], [], []
    m, p = 0.0, 1.0
    for y in ys:
        m_pred, p_pred = phi * m, phi * phi * p + q
        gain = p_pred / (p_pred + r)
        m, p = m_pred + gain * (y - m_pred), (1.0 - gain) * p_pred
        means.append(m)
        variances.append(p)
        predicted.append((m_pred, p_pred))
    smoothed = means[-1]
    roughness = smoothed ** 2
    for t in range(len(ys) - 2, -1, -1):
        m_pred, p_pred = predicted[t + 1]
        j = variances[t] * phi / p_pred
        smoothed = means[t] + j * (smoothed - m_pred)
        roughness += (smoothed - ys[t]) ** 2
    return roughness


def biquad_energy(x, b, a):
    """Direct form II transposed: two registers as a tuple."""
    z1 = z2 = 0.0
    energy = 0.0
    for sample in x:
        y = b[0] * sample + z1
        z1, z2 = b[1] * sample - a[0] * y + z2, b[2] * sample - a[1] * y
        energy += y * y
    return energy


def biquad_cascade(signal, sections):
    """Filter a buffer in place through several sections; sections is a list of (b, a)."""
    buffer = np.array(signal, dtype=float)
    for b, a in sections:
        filter_in_place(buffer, b, a)
    return np.sum(np.square(buffer)) + buffer[-1]


def filter_in_place(buffer, b, a):
    x1 = x2 = y1 = y2 = 0.0
    for n in range(len(buffer)):
        x0 = buffer[n]
        y0 = b[0] * x0 + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2
        buffer[n] = y0
        x1, x2 = x0, x1
        y1, y2 = y0, y1


def holt_winters(series, params, period=4):
    """Additive seasonal smoothing; the season is a list that is overwritten cyclically."""
    alpha, beta, gamma = (1.0 / (1.0 + math.exp(-p)) for p in params)
    level = series[0]
    trend = 0.0
    season = [0.0] * period
    sse = 0.0
    for t, y in enumerate(series[1:], start=1):
        k = t % period
        forecast = level + trend + season[k]
        sse += (y - forecast) ** 2
        new_level = alpha * (y - season[k]) + (1.0 - alpha) * (level + trend)
        trend = beta * (new_level - level) + (1.0 - beta) * trend
        season[k] = gamma * (y - new_level) + (1.0 - gamma) * season[k]
        level = new_level
    return sse / (len(series) - 1)


def exponential_smoothing(series, alpha):
    smooth = np.zeros_like(series)
    smooth[0] = series[0]
    for t in range(1, len(series)):
        smooth[t] = alpha * series[t] + (1.0 - alpha) * smooth[t - 1]
    return np.mean((series[1:] - smooth[:-1]) ** 2) if len(series) > 1 else smooth[0] ** 2


def alpha_beta_tracker(measurements, alpha, beta, gate=3.0):
    """Measurements beyond the gate are ignored; tracks coast over them."""
    x, v = measurements[0], 0.0
    misses = 0
    total = 0.0
    for z in measurements[1:]:
        x += v
        residual = z - x
        if abs(residual) > gate:
            misses += 1
            if misses > 2:
                break
            continue
        misses = 0
        x += alpha * residual
        v += beta * residual
        total += residual * residual
    return total + 0.1 * v


def soft_particle_filter(particles, noise, ys, log_scale):
    """Particles are reweighted and moved to their weighted mean; arrays throughout."""
    x = particles
    scale = softplus(log_scale)
    loglik = 0.0
    for t, y in enumerate(ys):
        x = 0.9 * x + scale * noise[t]
        log_w = -0.5 * (y - x) ** 2
        top = np.max(log_w)
        w = np.exp(log_w - top)
        loglik = loglik + top + np.log(np.mean(w))
        w /= np.sum(w)
        x = 0.5 * x + 0.5 * np.sum(w * x)
    return loglik


def _kalman_args():
    return [0.3, None, 0.7, 0.5, None, 1.2], 0.1, 0.4, 0.2


def _kalman_empty_args():
    return [None, None], 0.1, 0.4, 0.2


def _kalman_matrix_args():
    rng = np.random.default_rng(0)
    return (np.array([[1.0, 0.1], [0.0, 0.95]]), np.array([[1.0, 0.2], [0.0, 1.0]]),
            0.3 * np.eye(2) + 0.05 * rng.normal(size=(2, 2)), 0.5, rng.normal(size=(4, 2)))


def _smoother_args():
    return [0.5, 0.2, -0.3, 0.8, 1.1], 0.9, 0.2, 0.5


def _smoother_single_args():
    return [0.5], 0.9, 0.2, 0.5


def _biquad_args():
    return [1.0, 0.5, -0.3, 0.2, 0.9], (0.2, 0.4, 0.2), (-0.5, 0.25)


def _cascade_args():
    sections = [([0.2, 0.4, 0.2], [-0.5, 0.25]), ([0.3, -0.1, 0.3], [0.2, 0.1])]
    return np.random.default_rng(1).normal(size=7), sections


def _holt_args():
    return [1.0, 1.4, 0.7, 1.1, 1.3, 1.8, 0.9, 1.4, 1.6], (-0.5, -1.0, 0.3)


def _smoothing_args():
    return np.random.default_rng(2).normal(size=7), 0.35


def _smoothing_float32_args():
    return np.random.default_rng(2).normal(size=7).astype(np.float32), np.float32(0.35)


def _smoothing_single_args():
    return np.array([0.8]), 0.35


def _tracker_args():
    return [0.0, 0.5, 1.3, 9.0, 2.6, 3.1, 11.0, 12.0, 13.0, 4.0], 0.6, 0.2


def _particle_args():
    rng = np.random.default_rng(3)
    return rng.normal(size=5), rng.normal(size=(4, 5)), [0.2, -0.3, 0.6, 0.1], -0.5


CASES = [
    (kalman_local_level, _kalman_args, (0, 1, 2, 3)),
    (kalman_local_level, _kalman_empty_args, (1, 2)),
    (kalman_matrix, _kalman_matrix_args, (0, 1, 2, 3, 4)),
    (rts_smoother, _smoother_args, (0, 1, 2, 3)),
    (rts_smoother, _smoother_single_args, (0, 1)),
    (biquad_energy, _biquad_args, (0, 1, 2)),
    (biquad_cascade, _cascade_args, (0, 1)),
    (holt_winters, _holt_args, (0, 1)),
    (exponential_smoothing, _smoothing_args, (0, 1)),
    (exponential_smoothing, _smoothing_float32_args, (0, 1)),
    (exponential_smoothing, _smoothing_single_args, (0, 1)),
    (alpha_beta_tracker, _tracker_args, (0, 1, 2)),
    (soft_particle_filter, _particle_args, (0, 1, 2, 3)),
]
