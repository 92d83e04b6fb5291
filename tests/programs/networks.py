"""Small neural networks, from scratch."""
import math
from dataclasses import dataclass, field

import numpy as np

from ._helpers import sigmoid


def relu(x):
    return np.maximum(x, 0.0)


def mlp_loss(layers, x, targets, l2=1e-3):
    """layers: a list of (weights, bias) tuples; softmax cross entropy."""
    h = x
    for k, (w, b) in enumerate(layers):
        h = h @ w + b
        if k < len(layers) - 1:
            h = relu(h)
    h = h - h.max(axis=1, keepdims=True)
    log_probs = h - np.log(np.exp(h).sum(axis=1, keepdims=True))
    loss = -log_probs[np.arange(len(targets)), targets].mean()
    for w, _ in layers:
        loss += l2 * np.sum(w ** 2)
    return loss


def micro_mlp(params, xs, ys):
    """A network over Python lists of floats, neuron by neuron."""
    loss = 0.0
    for x, y in zip(xs, ys):
        activations = x
        for layer in params:
            activations = [math.tanh(sum(w * a for w, a in zip(neuron["w"], activations)) + neuron["b"])
                           for neuron in layer]
        loss += (activations[0] - y) ** 2
    return loss / len(xs)


def rnn_loss(wx, wh, b, wy, inputs, targets):
    h = np.zeros(wh.shape[0])
    states = []
    for x in inputs:
        h = np.tanh(wx @ x + wh @ h + b)
        states.append(h)
    loss = 0.0
    for h, y in zip(states, targets):
        loss += 0.5 * np.sum((wy @ h - y) ** 2)
    return loss


def lstm_loss(params, inputs, targets):
    """All gates in one matrix product, cut by slices; parameters in a dict."""
    hidden = params["u"].shape[0]
    h = np.zeros(hidden)
    c = np.zeros(hidden)
    loss = 0.0
    for x, y in zip(inputs, targets):
        z = x @ params["w"] + h @ params["u"] + params["b"]
        i, f = sigmoid(z[:hidden]), sigmoid(z[hidden:2 * hidden])
        o, g = sigmoid(z[2 * hidden:3 * hidden]), np.tanh(z[3 * hidden:])
        c = f * c + i * g
        h = o * np.tanh(c)
        loss += (h @ params["v"] - y) ** 2
    return loss


def gru_final_state(params, sequence, h0=None):
    if h0 is None:
        h0 = np.zeros(params["hidden_bias"].shape)
    h = h0
    for x in sequence:
        r = sigmoid(params["reset"] @ np.concatenate([h, x]))
        u = sigmoid(params["update"] @ np.concatenate([h, x]))
        candidate = np.tanh(params["candidate"] @ np.concatenate([r * h, x]) + params["hidden_bias"])
        h = (1.0 - u) * h + u * candidate
    return h @ h


def conv2d(image, kernel, bias):
    rows = image.shape[0] - kernel.shape[0] + 1
    cols = image.shape[1] - kernel.shape[1] + 1
    out = np.zeros((rows, cols))
    for i in range(rows):
        for j in range(cols):
            out[i, j] = np.sum(image[i:i + kernel.shape[0], j:j + kernel.shape[1]] * kernel) + bias
    return out


def max_pool(image, size=2):
    rows, cols = image.shape[0] // size, image.shape[1] // size
    out = np.empty((rows, cols))
    for i in range(rows):
        for j in range(cols):
            out[i, j] = image[i * size:(i + 1) * size, j * size:(j + 1) * size].max()
    return out


def conv_net(image, kernels, biases, dense, label):
    """Convolution, rectifier, pooling and a dense layer, by loops."""
    features = []
    for kernel, bias in zip(kernels, biases):
        pooled = max_pool(relu(conv2d(image, kernel, bias)))
        features.append(pooled.ravel())
    scores = dense @ np.concatenate(features)
    scores = scores - np.max(scores)
    return np.log(np.sum(np.exp(scores))) - scores[label]


def attention(x, wq, wk, wv, heads=2):
    """Causal multi-head attention; every head writes its columns of the output."""
    n, d = x.shape
    size = d // heads
    q, k, v = x @ wq, x @ wk, x @ wv
    out = np.zeros((n, d))
    mask = np.triu(np.ones((n, n), dtype=bool), 1)
    for head in range(heads):
        part = slice(head * size, (head + 1) * size)
        scores = q[:, part] @ k[:, part].T / np.sqrt(size)
        scores[mask] = -1e9
        scores = scores - scores.max(axis=-1, keepdims=True)
        weights = np.exp(scores)
        weights /= weights.sum(axis=-1, keepdims=True)
        out[:, part] = weights @ v[:, part]
    return np.mean((out + x) ** 2)


def layer_norm_block(x, gain, shift, w, eps=1e-5):
    mean = x.mean(axis=-1, keepdims=True)
    var = np.var(x, axis=-1, keepdims=True)
    h = gain * (x - mean) / np.sqrt(var + eps) + shift
    cubic = h + 0.044715 * h ** 3
    gelu = 0.5 * h * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * cubic))
    return np.sum((x + gelu @ w)[:, 0] ** 2)


def skip_gram(vectors, contexts, pairs, negatives):
    """Embeddings gathered by integers, with the negatives gathered by an array."""
    loss = 0.0
    for (centre, context), negative in zip(pairs, negatives):
        v = vectors[centre]
        loss -= np.log(sigmoid(v @ contexts[context]))
        loss -= np.sum(np.log(sigmoid(-contexts[negative] @ v)))
    return loss / len(pairs)


@dataclass
class Autoencoder:
    encoder: np.ndarray
    decoder: np.ndarray
    bias: np.ndarray
    name: str = "ae"
    hidden: int = 2
    scales: list = field(default_factory=lambda: [1.0, 1.0])

    def encode(self, x):
        return np.tanh(x @ self.encoder)

    def decode(self, h):
        return h @ self.decoder + self.bias


def reconstruction_error(model, batch):
    error = 0.0
    for x in batch:
        h = model.encode(x)
        for k in range(model.hidden):
            h[k] *= model.scales[k]
        error += np.sum(np.abs(model.decode(h) - x) ** 1.5)
    return error / len(batch)


def batch_norm_float32(x, gamma, beta):
    """Single precision throughout."""
    mu = np.mean(x, axis=0)
    centred = x - mu
    std = np.sqrt(np.mean(centred ** 2, axis=0) + 1e-3)
    y = gamma * centred / std + beta
    y[y < 0] *= 0.1
    return np.sum(y ** 3)


def _mlp_args():
    rng = np.random.default_rng(0)
    layers = [(rng.normal(size=(3, 4)), 0.1 * rng.normal(size=4)), (rng.normal(size=(4, 3)), rng.normal(size=3))]
    return layers, rng.normal(size=(4, 3)), np.array([0, 2, 1, 1])


def _micro_args():
    rng = np.random.default_rng(1)

    def layer(n_in, n_out):
        return [{"w": rng.normal(size=n_in).tolist(), "b": float(rng.normal())} for _ in range(n_out)]

    return [layer(2, 3), layer(3, 1)], [[0.5, -1.0], [1.5, 0.3], [-0.7, 0.8]], [0.2, -0.4, 0.9]


def _rnn_args():
    rng = np.random.default_rng(2)
    return (rng.normal(size=(3, 2)), 0.5 * rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=(1, 3)),
            rng.normal(size=(5, 2)), rng.normal(size=(5, 1)))


def _rnn_empty_args():
    return *_rnn_args()[:4], np.zeros((0, 2)), np.zeros((0, 1))


def _lstm_args():
    rng = np.random.default_rng(3)
    params = {"w": rng.normal(size=(2, 8)), "u": rng.normal(size=(2, 8)), "b": rng.normal(size=8), "v": rng.normal(size=2)}
    return params, rng.normal(size=(4, 2)), rng.normal(size=4)


def _gru_args():
    rng = np.random.default_rng(4)
    params = {name: rng.normal(size=(2, 4)) for name in ("reset", "update", "candidate")}
    params["hidden_bias"] = rng.normal(size=2)
    return params, rng.normal(size=(3, 2))


def _conv_args():
    rng = np.random.default_rng(5)
    return (rng.normal(size=(6, 6)), rng.normal(size=(2, 3, 3)), 0.5 + rng.random(2), rng.normal(size=(3, 8)), 1)


def _attention_args():
    rng = np.random.default_rng(6)
    return rng.normal(size=(3, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 4)), rng.normal(size=(4, 4))


def _attention_single_token_args():
    x, wq, wk, wv = _attention_args()
    return x[:1], wq, wk, wv


def _norm_args():
    rng = np.random.default_rng(7)
    return rng.normal(size=(3, 4)), 1.0 + 0.1 * rng.normal(size=4), rng.normal(size=4), rng.normal(size=(4, 4))


def _skip_gram_args():
    rng = np.random.default_rng(8)
    pairs = [(0, 2), (3, 1), (0, 1)]
    return rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), pairs, np.array([[1, 3], [0, 0], [2, 3]])


def _autoencoder_args():
    rng = np.random.default_rng(9)
    model = Autoencoder(rng.normal(size=(3, 2)), rng.normal(size=(2, 3)), rng.normal(size=3), scales=[0.8, 1.3])
    return model, rng.normal(size=(4, 3))


def _batch_norm_args():
    rng = np.random.default_rng(10)
    return (rng.normal(size=(4, 3)).astype(np.float32), np.array([1.0, 0.5, 1.5], dtype=np.float32),
            np.array([0.7, -0.2, 0.3], dtype=np.float32))


CASES = [
    (mlp_loss, _mlp_args, (0, 1)),
    (micro_mlp, _micro_args, (0, 1, 2)),
    (rnn_loss, _rnn_args, (0, 1, 2, 3, 4)),
    (rnn_loss, _rnn_empty_args, (0, 1, 2, 3)),
    (lstm_loss, _lstm_args, (0, 1, 2)),
    (gru_final_state, _gru_args, (0, 1)),
    (conv_net, _conv_args, (0, 1, 2, 3)),
    (attention, _attention_args, (0, 1, 2, 3)),
    (attention, _attention_single_token_args, (0, 1, 2, 3)),
    (layer_norm_block, _norm_args, (0, 1, 2, 3)),
    (skip_gram, _skip_gram_args, (0, 1)),
    (reconstruction_error, _autoencoder_args, (0, 1)),
    (batch_norm_float32, _batch_norm_args, (0, 1, 2)),
]
