"""A regime-switching model of returns: Hamilton's filter over hidden states."""
import math

import numpy as np


def program(theta, returns, states=3, window=5):
    """Negative log-likelihood of returns whose mean, spread and persistence depend on a hidden state.

    theta: means, log spreads, and the rows of the transition matrix as logits, one after another;
    then how much of the recent variance adds to the spread.
    """
    means = theta[:states]
    spreads = np.exp(theta[states:2 * states])
    logits = theta[2 * states:2 * states + states * states].reshape(states, states)
    feedback = 1.0 / (1.0 + math.exp(-theta[-1]))

    transition = np.empty((states, states))
    for i in range(states):
        largest = np.max(logits[i])
        weights = np.exp(logits[i] - largest)
        transition[i, :] = weights / np.sum(weights)

    probability = np.full(states, 1.0 / states)
    for _ in range(50):                                 # the stationary distribution, by iteration
        probability = probability @ transition

    recent = np.zeros(window)
    filled = 0
    total = 0.0
    for t in range(len(returns)):
        if filled > 0:
            variance = np.sum(recent * recent) / filled
        else:
            variance = 0.0
        predicted = probability @ transition
        joint = np.zeros(states)
        for k in range(states):
            spread = math.sqrt(spreads[k] ** 2 + feedback * variance)
            z = (returns[t] - means[k]) / spread
            joint[k] = predicted[k] * math.exp(-0.5 * z * z) / (spread * math.sqrt(2.0 * math.pi))
        evidence = np.sum(joint)
        if evidence < 1e-300:
            total += 690.0
            continue
        total -= math.log(evidence)
        probability = joint / evidence
        residual = returns[t]
        for k in range(states):
            residual = residual - probability[k] * means[k]
        recent[t % window] = residual
        filled = min(filled + 1, window)

    penalty = 0.0
    for i in range(states):
        penalty -= 0.1 * math.log(transition[i, i])
        penalty += 0.01 * (means[i] ** 2 + theta[states + i] ** 2)
    return total + penalty


def example():
    """Two hundred daily returns."""
    rng = np.random.default_rng(1)
    theta = np.concatenate([[-0.2, 0.0, 0.3], [0.0, -0.5, 0.4], 2.0 * np.eye(3).ravel(), [-1.0]])
    return theta, rng.normal(size=200)
