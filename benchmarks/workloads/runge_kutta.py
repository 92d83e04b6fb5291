"""A Lorenz system, integrated by the classical Runge-Kutta method; how far it ends from where it was seen."""
import numpy as np

from ..workload import Workload


def velocity(state, parameters):
    x, y, z = state
    sigma, rho, beta = parameters
    return np.array([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])


def misfit(state, parameters, observed, dt, steps):
    for _ in range(steps):
        k1 = velocity(state, parameters)
        k2 = velocity(state + 0.5 * dt * k1, parameters)
        k3 = velocity(state + 0.5 * dt * k2, parameters)
        k4 = velocity(state + dt * k3, parameters)
        state = state + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    r = state - observed
    return np.dot(r, r)


def for_jax():
    import jax
    import jax.numpy as jnp

    def velocity(state, parameters):
        x, y, z = state
        sigma, rho, beta = parameters
        return jnp.array([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])

    def misfit(state, parameters, observed, dt, steps):
        def step(state, _):
            k1 = velocity(state, parameters)
            k2 = velocity(state + 0.5 * dt * k1, parameters)
            k3 = velocity(state + 0.5 * dt * k2, parameters)
            k4 = velocity(state + dt * k3, parameters)
            return state + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4), None
        r = jax.lax.scan(step, state, None, length=steps)[0] - observed
        return jnp.dot(r, r)
    return misfit


def _with(np, array):
    """The loop as it is, with a peer's way to make an array of numbers."""
    def velocity(state, parameters):
        x, y, z = state[0], state[1], state[2]
        sigma, rho, beta = parameters[0], parameters[1], parameters[2]
        return array(sigma * (y - x), x * (rho - z) - y, x * y - beta * z)

    def misfit(state, parameters, observed, dt, steps):
        for _ in range(steps):
            k1 = velocity(state, parameters)
            k2 = velocity(state + 0.5 * dt * k1, parameters)
            k3 = velocity(state + 0.5 * dt * k2, parameters)
            k4 = velocity(state + dt * k3, parameters)
            state = state + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        r = state - observed
        return np.dot(r, r)
    return misfit


def for_autograd():
    import autograd.numpy as np
    return _with(np, lambda *numbers: np.array(numbers))


def for_torch():
    import torch
    return _with(torch, lambda *numbers: torch.stack(numbers))


def for_casadi():
    import casadi
    return _with(casadi, casadi.vertcat)


def arguments(steps):
    return np.array([1.0, 2.0, 3.0]), np.array([10.0, 28.0, 8.0 / 3.0]), np.array([2.0, 3.0, 20.0]), 0.001, steps


RUNGE_KUTTA = Workload(
    "runge_kutta", "Runge-Kutta on arrays of 3, 1000 steps", misfit, arguments, size={"steps": 1000}, tiny={"steps": 3},
    argnums=(0, 1), jax=for_jax, torch=for_torch, autograd=for_autograd, casadi=for_casadi,
    decade=("steps", 1000, 10_000))
