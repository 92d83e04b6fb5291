"""Integrators of ordinary differential equations and models that use them."""
import math

import numpy as np

from ._helpers import rk4_step


def lotka_volterra(t, y, alpha, beta, gamma, delta):
    prey, predator = y
    return np.array([alpha * prey - beta * prey * predator, delta * prey * predator - gamma * predator])


def predator_prey_fit(params, y0, observed, dt=0.1):
    """Sum of squares of an RK4 trajectory against data, the right-hand side passed as a function."""
    y = y0
    loss = 0.0
    for k, target in enumerate(observed):
        y = rk4_step(lotka_volterra, k * dt, y, dt, *params)
        loss += np.sum((y - target) ** 2)
    return loss


def epidemic_peak(params, days, population=1000.0, infected=5.0):
    """A daily SEIR model in plain floats; returns a soft maximum of the infected."""
    s, e, i, r = population - infected, 0.0, infected, 0.0
    curve = []
    for day in range(days):
        contact = params["beta"] * (params["lockdown"] if day >= 10 else 1.0)
        new_e = contact * s * i / population
        new_i = params["sigma"] * e
        new_r = params["gamma"] * i
        s, e, i, r = s - new_e, e + new_e - new_i, i + new_i - new_r, r + new_r
        curve.append(i)
    top = max(curve)
    return top + math.log(sum(math.exp(c - top) for c in curve))


def adaptive_decay(y, k, t_end, tol):
    """Heun with an error estimate; the step size depends on the state."""
    t, h = 0.0, 0.1
    steps = 0
    while t < t_end and steps < 200:
        h = min(h, t_end - t)
        f1 = -k * y ** 1.5
        euler = y + h * f1
        f2 = -k * euler ** 1.5
        heun = y + 0.5 * h * (f1 + f2)
        error = abs(heun - euler)
        steps += 1
        if error > tol:
            h *= 0.5
            continue
        t += h
        y = heun
        h *= min(2.0, 0.9 * math.sqrt(tol / error))
    return y


def van_der_pol_implicit(x, v, mu, h, steps):
    """Backward Euler, each step solved by a few Newton iterations on two unknowns."""
    for _ in range(steps):
        xn, vn = x, v
        for _ in range(6):
            r1 = xn - x - h * vn
            r2 = vn - v - h * (mu * (1.0 - xn * xn) * vn - xn)
            j11, j12 = 1.0, -h
            j21 = h * (2.0 * mu * xn * vn + 1.0)
            j22 = 1.0 - h * mu * (1.0 - xn * xn)
            det = j11 * j22 - j12 * j21
            xn -= (j22 * r1 - j12 * r2) / det
            vn -= (j11 * r2 - j21 * r1) / det
        x, v = xn, vn
    return x * x + v * v


def lorenz_path(state, sigma=10.0, rho=28.0, beta=8.0 / 3.0, dt=0.01, steps=15):
    """The whole path is stored in the rows of an array."""
    path = np.empty((steps + 1, 3))
    path[0] = state
    for k in range(steps):
        x, y, z = path[k]
        path[k + 1, 0] = x + dt * sigma * (y - x)
        path[k + 1, 1] = y + dt * (x * (rho - z) - y)
        path[k + 1, 2] = z + dt * (x * y - beta * z)
    centred = path - path.mean(axis=0)
    return np.sum(centred[:, 0] * centred[:, 2]) / steps


def reaction_network(log_rates, initial, dt, steps):
    """Mass action: a table of reactions given by integer indices of species."""
    reactions = [((0, 1), 2), ((2,), 0), ((1, 2), 3), ((3,), 1)]
    rates = [math.exp(q) for q in log_rates]
    c = np.array(initial, dtype=float)
    for _ in range(steps):
        change = np.zeros(len(c))
        for rate, (inputs, output) in zip(rates, reactions):
            speed = rate
            for species in inputs:
                speed = speed * c[species]
            for species in inputs:
                change[species] -= speed
            change[output] += speed * len(inputs)
        c += dt * change
    return np.dot(c, np.array([1.0, -1.0, 2.0, 3.0]))


def adams_bashforth(y, a, steps, h=0.05):
    """A three-step method that keeps the last derivatives in a list used as a queue."""
    history = []
    t = 0.0
    for _ in range(steps):
        slope = a * math.cos(t) - y ** 3
        history.append(slope)
        if len(history) > 3:
            history.pop(0)
        if len(history) < 3:
            y = y + h * slope
        else:
            y = y + h / 12.0 * (23.0 * history[-1] - 16.0 * history[-2] + 5.0 * history[-3])
        t += h
    return y


def _predator_prey_args():
    rng = np.random.default_rng(0)
    return (1.1, 0.4, 0.4, 0.1), np.array([4.0, 2.0]), 3.0 + rng.normal(size=(6, 2))


def _epidemic_args():
    return {"beta": 0.9, "sigma": 0.4, "gamma": 0.25, "lockdown": 0.5}, 18


def _adaptive_args():
    return 2.0, 1.3, 1.0, 2e-3


def _van_der_pol_args():
    return 1.5, -0.3, 2.0, 0.05, 6


def _van_der_pol_no_steps_args():
    return 1.5, -0.3, 2.0, 0.05, 0


def _lorenz_args():
    return np.array([1.0, 2.0, 15.0]), 10.0, 28.0, 8.0 / 3.0


def _reaction_args():
    return [0.1, -0.5, 0.3, -1.0], [1.0, 0.8, 0.3, 0.1], 0.05, 8


def _adams_args():
    return 0.7, 1.2, 9


CASES = [
    (predator_prey_fit, _predator_prey_args, (0, 1, 2)),
    (epidemic_peak, _epidemic_args, (0,)),
    (adaptive_decay, _adaptive_args, (0, 1, 2)),
    (van_der_pol_implicit, _van_der_pol_args, (0, 1, 2, 3)),
    (van_der_pol_implicit, _van_der_pol_no_steps_args, (0, 1, 2, 3)),
    (lorenz_path, _lorenz_args, (0, 1, 2, 3)),
    (reaction_network, _reaction_args, (0, 1)),
    (adams_bashforth, _adams_args, (0, 1)),
]
