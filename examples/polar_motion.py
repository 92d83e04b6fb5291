"""How long does the Earth wobble? A maximum-likelihood estimate from the motion of its pole.

The axis about which the Earth turns wanders within the Earth by some ten metres. Three
things add up: the Chandler wobble, a free oscillation that would die out had the oceans
and the atmosphere not kept exciting it; a forced oscillation of one year; and a slow
drift. The period of the wobble and its quality factor Q tell how stiff and how viscous
the Earth's interior is; a Kalman filter gives their likelihood.

Positions are in milliarcseconds (1 mas is 3 cm on the ground), times in days.
"""
import numpy as np

PARAMETERS = ["log(period / 430 d)", "log(Q / 50)", "log excitation", "log wander", "drift x", "drift y",
              "annual x, cos", "annual x, sin", "annual y, cos", "annual y, sin"]
START = np.array([0.0, 0.0, 0.5, -1.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])


def set_transition(f, period, quality, step):
    """Write into f what takes the state (wobble x, wobble y, mean x, mean y) one step further."""
    angle = 2.0 * np.pi * step / period
    decay = np.exp(-0.5 * angle / quality)
    f[:] = np.eye(4)
    f[0, 0] = f[1, 1] = decay * np.cos(angle)
    f[1, 0] = decay * np.sin(angle)
    f[0, 1] = -f[1, 0]


def predict(mean, cov, f, growth):
    """Carry the state and its covariance forward by one step, in place."""
    mean[:] = f @ mean
    cov[:] = f @ cov @ f.T
    for k in range(4):
        cov[k, k] += growth[k]


def assimilate(mean, cov, axis, observed, error):
    """Correct the state with one coordinate of the pole, in place; return its surprise."""
    residual = observed - mean[axis] - mean[axis + 2]
    shared = cov[:, axis] + cov[:, axis + 2]
    spread = shared[axis] + shared[axis + 2] + error * error
    gain = shared / spread
    mean += gain * residual
    cov -= np.outer(gain, shared)
    return 0.5 * (np.log(2.0 * np.pi * spread) + residual * residual / spread)


def negative_log_likelihood(theta, pole, error, step):
    """How badly theta explains the positions pole (x, y), one every step days, known to +-error."""
    period = 430.0 * np.exp(theta[0])
    quality = 50.0 * np.exp(theta[1])
    growth = np.empty(4)
    growth[:2] = step * np.exp(2.0 * theta[2])
    growth[2:] = step * np.exp(2.0 * theta[3])
    drift = 10.0 * theta[4:6]
    annual = 100.0 * theta[6:]

    f = np.empty((4, 4))
    set_transition(f, period, quality, step)
    mean = np.zeros(4)
    cov = 1e5 * np.eye(4)
    total = 0.0
    for i in range(len(pole)):
        if i > 0:
            predict(mean, cov, f, growth)
        year = i * step / 365.25
        season = np.array([np.cos(2.0 * np.pi * year), np.sin(2.0 * np.pi * year)])
        for axis in range(2):
            forced = drift[axis] * year + np.dot(annual[2 * axis:2 * axis + 2], season)
            total += assimilate(mean, cov, axis, pole[i, axis] - forced, error[i, axis])
    return total
