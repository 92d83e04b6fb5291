"""The likelihood of observed positions of a target that moves in the plane: a Kalman filter on small matrices."""
import math

import numpy as np

from ..workload import Workload


def negative_log_likelihood(log_noise, start, observations, dt):
    """log_noise: logarithms of the variances of acceleration and of observation; start: position and velocity."""
    transition = np.eye(4)
    transition[0, 2] = transition[1, 3] = dt
    seen = np.eye(2, 4)
    push = np.array([[0.5 * dt * dt, 0.0], [0.0, 0.5 * dt * dt], [dt, 0.0], [0.0, dt]])
    moving = math.exp(log_noise[0]) * (push @ push.T)
    noise = math.exp(log_noise[1]) * np.eye(2)
    state = start.copy()
    covariance = np.eye(4)
    total = 0.0
    for t in range(len(observations)):
        state = transition @ state
        covariance = transition @ covariance @ transition.T + moving
        innovation = observations[t] - seen @ state
        spread = seen @ covariance @ seen.T + noise
        inverse = np.linalg.inv(spread)
        gain = covariance @ seen.T @ inverse
        state = state + gain @ innovation
        covariance = covariance - gain @ seen @ covariance
        total += 0.5 * (innovation @ inverse @ innovation + math.log(np.linalg.det(spread)))
    return total


def _with(np, transition, seen, push):
    """With a peer's own matrices in place of NumPy's."""
    def negative_log_likelihood(log_noise, start, observations, dt):
        moving = np.exp(log_noise[0]) * (push @ push.T)
        noise = np.exp(log_noise[1]) * np.eye(2)
        state = start
        covariance = np.eye(4)
        total = 0.0
        for t in range(len(observations)):
            state = transition @ state
            covariance = transition @ covariance @ transition.T + moving
            innovation = observations[t] - seen @ state
            spread = seen @ covariance @ seen.T + noise
            inverse = np.linalg.inv(spread)
            gain = covariance @ seen.T @ inverse
            state = state + gain @ innovation
            covariance = covariance - gain @ seen @ covariance
            total += 0.5 * (innovation @ inverse @ innovation + np.log(np.linalg.det(spread)))
        return total
    return negative_log_likelihood


def _matrices(dt=0.1):
    transition = np.eye(4)
    transition[0, 2] = transition[1, 3] = dt
    return transition, np.eye(2, 4), np.array([[0.5 * dt * dt, 0.0], [0.0, 0.5 * dt * dt], [dt, 0.0], [0.0, dt]])


def for_autograd():
    import autograd.numpy as np
    return _with(np, *_matrices())


def for_torch():
    import torch
    return _with(torch, *map(torch.as_tensor, _matrices()))


def for_jax():
    import jax
    import jax.numpy as jnp

    def negative_log_likelihood(log_noise, start, observations, dt):
        transition = jnp.eye(4).at[0, 2].set(dt).at[1, 3].set(dt)
        seen = jnp.eye(2, 4)
        push = jnp.array([[0.5 * dt * dt, 0.0], [0.0, 0.5 * dt * dt], [dt, 0.0], [0.0, dt]])
        moving = jnp.exp(log_noise[0]) * (push @ push.T)
        noise = jnp.exp(log_noise[1]) * jnp.eye(2)

        def step(before, observation):
            state, covariance = before
            state = transition @ state
            covariance = transition @ covariance @ transition.T + moving
            innovation = observation - seen @ state
            spread = seen @ covariance @ seen.T + noise
            inverse = jnp.linalg.inv(spread)
            gain = covariance @ seen.T @ inverse
            state = state + gain @ innovation
            covariance = covariance - gain @ seen @ covariance
            return (state, covariance), 0.5 * (innovation @ inverse @ innovation + jnp.log(jnp.linalg.det(spread)))
        return jnp.sum(jax.lax.scan(step, (start, jnp.eye(4)), observations)[1])
    return negative_log_likelihood


def arguments(steps):
    rng = np.random.default_rng(20)
    path = np.cumsum(0.1 * np.cumsum(0.1 * rng.normal(size=(steps, 2)), axis=0), axis=0)
    return np.array([-1.0, -2.0]), np.array([0.0, 0.0, 0.5, -0.5]), path + 0.3 * rng.normal(size=(steps, 2)), 0.1


KALMAN = Workload(
    "kalman", "Kalman filter, 500 steps of 4x4", negative_log_likelihood, arguments, size={"steps": 500},
    tiny={"steps": 3}, argnums=(0, 1), jax=for_jax, torch=for_torch, autograd=for_autograd,
    decade=("steps", 100, 1000))
