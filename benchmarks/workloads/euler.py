"""A damped pendulum: 1000 Euler steps on floats, in plain Python."""
import math

from ..workload import Workload


def pendulum(theta, omega, length, damping, dt, steps):
    for _ in range(steps):
        acceleration = -9.81 / length * math.sin(theta) - damping * omega
        theta = theta + dt * omega
        omega = omega + dt * acceleration
    return theta


def by_hand(theta, omega, length, damping, dt, steps):
    thetas = [0.0] * steps
    omegas = [0.0] * steps
    stiffness = 9.81 / length
    for i in range(steps):
        thetas[i] = theta
        omegas[i] = omega
        acceleration = -stiffness * math.sin(theta) - damping * omega
        theta = theta + dt * omega
        omega = omega + dt * acceleration
    dtheta, domega, dstiffness, ddamping = 1.0, 0.0, 0.0, 0.0
    for i in range(steps - 1, -1, -1):
        theta = thetas[i]
        dacceleration = dt * domega
        ddamping -= dacceleration * omegas[i]
        domega += dt * dtheta - dacceleration * damping
        dstiffness -= dacceleration * math.sin(theta)
        dtheta -= dacceleration * stiffness * math.cos(theta)
    return dtheta, domega, -dstiffness * stiffness / length, ddamping


def for_autograd():
    import autograd.numpy as np

    def pendulum(theta, omega, length, damping, dt, steps):
        for _ in range(steps):
            acceleration = -9.81 / length * np.sin(theta) - damping * omega
            theta = theta + dt * omega
            omega = omega + dt * acceleration
        return theta
    return pendulum


def for_jax():
    import jax
    import jax.numpy as jnp

    def scanned(theta, omega, length, damping, dt, steps):
        def step(state, _):
            theta, omega = state
            acceleration = -9.81 / length * jnp.sin(theta) - damping * omega
            return (theta + dt * omega, omega + dt * acceleration), None
        return jax.lax.scan(step, (theta, omega), None, length=steps)[0][0]
    return scanned


EULER = Workload(
    "Euler loop, 1000 steps", pendulum, by_hand, for_autograd, for_jax,
    args=(0.8, 0.1, 1.3, 0.2, 0.005, 1000), argnums=(0, 1, 2, 3), bound="primal", jax_static=(5,))
