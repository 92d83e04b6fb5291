"""Two moons, separated by a small network that is trained three ways, with the same losses.

The demo of micrograd: a perceptron 2-16-16-1, the max-margin loss of support vector machines, an L2 penalty, 100 steps
of gradient descent on all points. The gradient comes from

  tape     values that record what is computed with them, one number at a time (`symgrad.tape.nn`)
  python   the source that symgrad generates for the same program in plain Python
  numpy    the source that it generates for the program in NumPy arrays

Run it with `python examples/moons.py`; `--steps N` for fewer steps, `--picture FILE` for a picture of the decision
boundary (needs matplotlib). The tape takes its time.
"""
from __future__ import annotations

import argparse
import random
import time

import numpy as np

from symgrad import value_and_grad
from symgrad.tape import nn

SIZES = [2, 16, 16, 1]
ALPHA = 1e-4


def make_moons(n, noise, rng):
    """`n` points in two interleaving half circles, and which of the two each one belongs to, as -1.0 or 1.0."""
    outer, inner = np.linspace(0.0, np.pi, n // 2), np.linspace(0.0, np.pi, n - n // 2)
    x = np.concatenate([np.stack([np.cos(outer), np.sin(outer)], axis=1),
                        np.stack([1.0 - np.cos(inner), 0.5 - np.sin(inner)], axis=1)])
    y = np.repeat([-1.0, 1.0], [n // 2, n - n // 2])
    order = rng.permutation(n)
    return x[order] + rng.normal(scale=noise, size=x.shape), y[order]


# -- the same loss three times ------------------------------------------------------------------


def loss_of_values(model, x, y):
    """With the tape's values: `model` is an `nn.MLP`."""
    scores = [model(row) for row in x]
    losses = [(1.0 + -yi * score).relu() for yi, score in zip(y, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    return data_loss + ALPHA * sum(p * p for p in model.parameters())


def loss_of_floats(layers, x, y):
    """In plain Python: each layer is a list of rows of weights, and a list of biases."""
    total = 0.0
    for row, yi in zip(x, y):
        margin = 1.0 + -yi * score_of_floats(layers, row)
        total += max(0.0, margin)
    squares = 0.0
    for weights, biases in layers:
        for row, b in zip(weights, biases):
            for w in row:
                squares += w * w
            squares += b * b
    return total * (1.0 / len(y)) + ALPHA * squares


def score_of_floats(layers, x):
    for k, (weights, biases) in enumerate(layers):
        out = []
        for row, b in zip(weights, biases):
            act = b
            for w, xi in zip(row, x):
                act = act + w * xi
            out.append(act if act > 0.0 or k == len(layers) - 1 else 0.0)
        x = out
    return x[0]


def loss_of_arrays(layers, x, y):
    """In NumPy: each layer is a matrix and a vector."""
    margins = 1.0 - y * score_of_arrays(layers, x)
    squares = sum(np.sum(w * w) + np.sum(b * b) for w, b in layers)
    return np.mean(np.where(margins > 0.0, margins, 0.0)) + ALPHA * squares


def score_of_arrays(layers, x):
    for w, b in layers[:-1]:
        h = x @ w.T + b
        x = np.where(h > 0.0, h, 0.0)
    w, b = layers[-1]
    return (x @ w.T + b)[:, 0]


# -- training ------------------------------------------------------------------------------------


def train_on_tape(model, x, y, steps):
    """Gradient descent as in micrograd; the losses."""
    x, y, losses = x.tolist(), y.tolist(), []
    for k in range(steps):
        loss = loss_of_values(model, x, y)
        model.zero_grad()
        loss.backward(free=True)
        for p in model.parameters():
            p.data -= rate(k, steps) * p.grad
        losses.append(loss.data)
    return losses


def train_floats(layers, x, y, steps):
    x, y, losses = x.tolist(), y.tolist(), []
    gradient = value_and_grad(loss_of_floats)
    for k in range(steps):
        loss, dlayers = gradient(layers, x, y)
        layers = [([[w - rate(k, steps) * d for w, d in zip(*rows)] for rows in zip(weights, dweights)],
                   [b - rate(k, steps) * d for b, d in zip(biases, dbiases)])
                  for (weights, biases), (dweights, dbiases) in zip(layers, dlayers)]
        losses.append(loss)
    return losses, layers


def train_arrays(layers, x, y, steps):
    losses = []
    gradient = value_and_grad(loss_of_arrays)
    for k in range(steps):
        loss, dlayers = gradient(layers, x, y)
        layers = [(w - rate(k, steps) * dw, b - rate(k, steps) * db) for (w, b), (dw, db) in zip(layers, dlayers)]
        losses.append(float(loss))
    return losses, layers


def rate(k, steps):
    return 1.0 - 0.9 * k / steps


def run(n=100, steps=100):
    """Train all three ways from the same weights: points, labels, losses and seconds of each way, and the weights."""
    x, y = make_moons(n, 0.1, np.random.default_rng(1337))
    random.seed(1337)
    model = nn.MLP(SIZES[0], SIZES[1:])
    floats = [([[p.data for p in neuron.w] for neuron in layer.neurons], [float(neuron.b.data) for neuron in layer.neurons])
              for layer in model.layers]
    arrays = [(np.array(weights), np.array(biases)) for weights, biases in floats]
    losses, seconds = {}, {}
    start = time.perf_counter()
    losses["tape"] = train_on_tape(model, x, y, steps)
    seconds["tape"] = time.perf_counter() - start
    start = time.perf_counter()
    losses["python"], floats = train_floats(floats, x, y, steps)
    seconds["python"] = time.perf_counter() - start
    start = time.perf_counter()
    losses["numpy"], arrays = train_arrays(arrays, x, y, steps)
    seconds["numpy"] = time.perf_counter() - start
    return x, y, losses, seconds, arrays


def picture(path, x, y, layers):
    """Which side of the boundary each point of the plane is on, and the points."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    (left, low), (right, high) = x.min(axis=0) - 0.5, x.max(axis=0) + 0.5
    across, up = np.meshgrid(np.linspace(left, right, 200), np.linspace(low, high, 200))
    score = score_of_arrays(layers, np.stack([across.ravel(), up.ravel()], axis=1)).reshape(across.shape)
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.contourf(across, up, score > 0.0, cmap="Spectral", alpha=0.8)
    axes.scatter(x[:, 0], x[:, 1], c=y, s=40, cmap="Spectral", edgecolors="white", linewidths=0.5)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main():
    parser = argparse.ArgumentParser(description="Two moons, trained on the tape and by generated gradients.")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--picture", metavar="FILE")
    options = parser.parse_args()
    x, y, losses, seconds, layers = run(steps=options.steps)
    accuracy = np.mean((score_of_arrays(layers, x) > 0.0) == (y > 0.0))
    for k in range(0, options.steps, max(1, options.steps // 10)):
        print(f"step {k:3}  loss {losses['tape'][k]:.12f}")
    print(f"last loss {losses['tape'][-1]:.12f}, accuracy {accuracy:.0%}")
    apart = max(abs(a - b) for way in ("python", "numpy") for a, b in zip(losses["tape"], losses[way]))
    print(f"the losses of the three ways differ by at most {apart:.1e}")
    for way, s in seconds.items():
        print(f"{way:7} {s:8.3f} s  {seconds['tape'] / s:7.1f} times the tape's speed")
    if options.picture:
        picture(options.picture, x, y, layers)
        print(f"decision boundary: {options.picture}")


if __name__ == "__main__":
    main()
