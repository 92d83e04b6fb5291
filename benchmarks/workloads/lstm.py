"""A character model of stacked LSTM layers whose weights act elementwise (the objective of ADBench)."""
import math

import numpy as np

from ..workload import Workload


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def cell(weight, bias, hidden, memory, x):
    """One layer's new hidden state and memory."""
    n = len(hidden)
    forget = sigmoid(x * weight[:n] + bias[:n])
    into = sigmoid(hidden * weight[n:2 * n] + bias[n:2 * n])
    out = sigmoid(x * weight[2 * n:3 * n] + bias[2 * n:3 * n])
    change = np.tanh(hidden * weight[3 * n:] + bias[3 * n:])
    memory = memory * forget + into * change
    return out * np.tanh(memory), memory


def loss(layers, extra, state, sequence):
    """Negative log-likelihood of each next character. layers: weights and biases in turn; state: hidden and memory."""
    state = state.copy()
    total = 0.0
    for t in range(len(sequence) - 1):
        x = sequence[t] * extra[0]
        for i in range(0, len(state), 2):
            hidden, memory = cell(layers[i], layers[i + 1], state[i], state[i + 1], x)
            state[i] = hidden
            state[i + 1] = memory
            x = hidden
        predicted = x * extra[1] + extra[2]
        normal = np.log(np.sum(np.exp(predicted)) + 2.0)
        total += np.sum(sequence[t + 1] * (predicted - normal))
    return -total / (len(sequence) - 1) / sequence.shape[1]


def by_hand(layers, extra, state, sequence):
    """Gates, states and tanhs are kept: no function is computed twice."""
    steps = len(sequence) - 1
    depth, n = len(state) // 2, state.shape[1]
    hidden = np.empty((steps + 1, depth, n))
    memory = np.empty((steps + 1, depth, n))
    gates = np.empty((steps, depth, 5, n))              # forget, into, out, change, tanh of the memory
    shares = np.empty((steps, n))
    for i in range(depth):
        hidden[0, i] = state[2 * i]
        memory[0, i] = state[2 * i + 1]
    x = np.empty(n)
    for t in range(steps):
        for j in range(n):
            x[j] = sequence[t, j] * extra[0, j]
        for i in range(depth):
            w, b, g = layers[2 * i], layers[2 * i + 1], gates[t, i]
            for j in range(n):
                h = hidden[t, i, j]
                forget = 1.0 / (1.0 + math.exp(-(x[j] * w[j] + b[j])))
                into = 1.0 / (1.0 + math.exp(-(h * w[n + j] + b[n + j])))
                out = 1.0 / (1.0 + math.exp(-(x[j] * w[2 * n + j] + b[2 * n + j])))
                change = math.tanh(h * w[3 * n + j] + b[3 * n + j])
                m = memory[t, i, j] * forget + into * change
                s = math.tanh(m)
                g[0, j], g[1, j], g[2, j], g[3, j], g[4, j] = forget, into, out, change, s
                memory[t + 1, i, j] = m
                hidden[t + 1, i, j] = out * s
                x[j] = out * s
        total = 0.0
        for j in range(n):
            e = math.exp(x[j] * extra[1, j] + extra[2, j])
            shares[t, j] = e
            total += e
        for j in range(n):
            shares[t, j] /= total + 2.0

    dlayers = np.zeros_like(layers)
    dextra = np.zeros_like(extra)
    dhidden = np.zeros((depth, n))
    dmemory = np.zeros((depth, n))
    dx = np.empty(n)
    scale = -1.0 / steps / n
    for t in range(steps - 1, -1, -1):
        count = 0.0
        for j in range(n):
            count += sequence[t + 1, j]
        for j in range(n):
            dpredicted = scale * (sequence[t + 1, j] - count * shares[t, j])
            dextra[1, j] += dpredicted * hidden[t + 1, depth - 1, j]
            dextra[2, j] += dpredicted
            dx[j] = dpredicted * extra[1, j]
        for i in range(depth - 1, -1, -1):
            w, dw, db, g = layers[2 * i], dlayers[2 * i], dlayers[2 * i + 1], gates[t, i]
            for j in range(n):
                forget, into, out, change, s = g[0, j], g[1, j], g[2, j], g[3, j], g[4, j]
                dh = dhidden[i, j] + dx[j]
                dm = dmemory[i, j] + dh * out * (1.0 - s * s)
                dforget = dm * memory[t, i, j] * forget * (1.0 - forget)
                dinto = dm * change * into * (1.0 - into)
                dout = dh * s * out * (1.0 - out)
                dchange = dm * into * (1.0 - change * change)
                dmemory[i, j] = dm * forget
                h = hidden[t, i, j]
                x_j = hidden[t + 1, i - 1, j] if i > 0 else sequence[t, j] * extra[0, j]
                dw[j] += dforget * x_j
                dw[n + j] += dinto * h
                dw[2 * n + j] += dout * x_j
                dw[3 * n + j] += dchange * h
                db[j] += dforget
                db[n + j] += dinto
                db[2 * n + j] += dout
                db[3 * n + j] += dchange
                dhidden[i, j] = dinto * w[n + j] + dchange * w[3 * n + j]
                dx[j] = dforget * w[j] + dout * w[2 * n + j]
        for j in range(n):
            dextra[0, j] += dx[j] * sequence[t, j]
    return dlayers, dextra


def for_autograd():
    import autograd.numpy as np

    def sigmoid(x):
        return 1.0 / (1.0 + np.exp(-x))

    def cell(weight, bias, hidden, memory, x):
        n = len(hidden)
        forget = sigmoid(x * weight[:n] + bias[:n])
        into = sigmoid(hidden * weight[n:2 * n] + bias[n:2 * n])
        out = sigmoid(x * weight[2 * n:3 * n] + bias[2 * n:3 * n])
        change = np.tanh(hidden * weight[3 * n:] + bias[3 * n:])
        memory = memory * forget + into * change
        return out * np.tanh(memory), memory

    def loss(layers, extra, state, sequence):
        state = list(state)
        total = 0.0
        for t in range(len(sequence) - 1):
            x = sequence[t] * extra[0]
            for i in range(0, len(state), 2):
                hidden, memory = cell(layers[i], layers[i + 1], state[i], state[i + 1], x)
                state[i] = hidden
                state[i + 1] = memory
                x = hidden
            predicted = x * extra[1] + extra[2]
            normal = np.log(np.sum(np.exp(predicted)) + 2.0)
            total += np.sum(sequence[t + 1] * (predicted - normal))
        return -total / (len(sequence) - 1) / sequence.shape[1]
    return loss


def for_jax():
    import jax
    import jax.numpy as jnp

    def sigmoid(x):
        return 1.0 / (1.0 + jnp.exp(-x))

    def cell(weight, bias, hidden, memory, x):
        n = len(hidden)
        forget = sigmoid(x * weight[:n] + bias[:n])
        into = sigmoid(hidden * weight[n:2 * n] + bias[n:2 * n])
        out = sigmoid(x * weight[2 * n:3 * n] + bias[2 * n:3 * n])
        change = jnp.tanh(hidden * weight[3 * n:] + bias[3 * n:])
        memory = memory * forget + into * change
        return out * jnp.tanh(memory), memory

    def loss(layers, extra, state, sequence):
        def character(state, now_and_next):
            now, following = now_and_next
            x = now * extra[0]
            rows = []
            for i in range(0, len(state), 2):
                hidden, memory = cell(layers[i], layers[i + 1], state[i], state[i + 1], x)
                rows += [hidden, memory]
                x = hidden
            predicted = x * extra[1] + extra[2]
            normal = jnp.log(jnp.sum(jnp.exp(predicted)) + 2.0)
            return jnp.stack(rows), jnp.sum(following * (predicted - normal))
        _, terms = jax.lax.scan(character, state, (sequence[:-1], sequence[1:]))
        return -jnp.sum(terms) / (len(sequence) - 1) / sequence.shape[1]
    return loss


def for_torch():
    import torch

    def sigmoid(x):
        return 1.0 / (1.0 + torch.exp(-x))

    def cell(weight, bias, hidden, memory, x):
        n = len(hidden)
        forget = sigmoid(x * weight[:n] + bias[:n])
        into = sigmoid(hidden * weight[n:2 * n] + bias[n:2 * n])
        out = sigmoid(x * weight[2 * n:3 * n] + bias[2 * n:3 * n])
        change = torch.tanh(hidden * weight[3 * n:] + bias[3 * n:])
        memory = memory * forget + into * change
        return out * torch.tanh(memory), memory

    def loss(layers, extra, state, sequence):
        state = list(state)
        total = 0.0
        for t in range(len(sequence) - 1):
            x = sequence[t] * extra[0]
            for i in range(0, len(state), 2):
                hidden, memory = cell(layers[i], layers[i + 1], state[i], state[i + 1], x)
                state[i] = hidden
                state[i + 1] = memory
                x = hidden
            predicted = x * extra[1] + extra[2]
            normal = torch.log(torch.sum(torch.exp(predicted)) + 2.0)
            total += torch.sum(sequence[t + 1] * (predicted - normal))
        return -total / (len(sequence) - 1) / sequence.shape[1]
    return loss


def arguments(layers, width, characters):
    rng = np.random.default_rng(7)
    return (rng.normal(size=(2 * layers, 4 * width)), rng.normal(size=(3, width)),
            rng.normal(size=(2 * layers, width)), np.eye(width)[rng.integers(0, width, characters)])


LSTM = Workload(
    "lstm", "LSTM, 4 layers of 14, 1024 characters", loss, arguments,
    size={"layers": 4, "width": 14, "characters": 1024}, tiny={"layers": 2, "width": 2, "characters": 4},
    plain={"characters": 64}, argnums=(0, 1), by_hand=by_hand, jax=for_jax, torch=for_torch, autograd=for_autograd,
    cpp_ms=17.4, decade=("characters", 100, 1000))
