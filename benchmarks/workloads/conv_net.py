"""The loss of a small convolutional net: two convolutions of 3 x 3 with rectifiers and pooling, a dense layer."""
import numpy as np

from ..workload import SAME, Workload


def convolution(x, kernel, bias):
    """x: (images, height, width, channels); kernel: (3, 3, channels, outputs)."""
    height, width = x.shape[1] - 2, x.shape[2] - 2
    out = bias
    for i in range(3):
        for j in range(3):
            out = out + x[:, i:i + height, j:j + width] @ kernel[i, j]
    return out


def pooled(x):
    """The mean of each 2 x 2 cells."""
    return 0.25 * (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2])


def loss(kernel1, bias1, kernel2, bias2, weights, bias, images, onehot):
    x = pooled(np.maximum(convolution(images, kernel1, bias1), 0.0))
    x = pooled(np.maximum(convolution(x, kernel2, bias2), 0.0))
    z = x.reshape(len(images), -1) @ weights + bias
    z = z - np.max(z, axis=1, keepdims=True)
    logp = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.sum(onehot * logp) / len(images)


def for_torch():
    import torch

    def convolution(x, kernel, bias):
        height, width = x.shape[1] - 2, x.shape[2] - 2
        out = bias
        for i in range(3):
            for j in range(3):
                out = out + x[:, i:i + height, j:j + width] @ kernel[i, j]
        return out

    def pooled(x):
        return 0.25 * (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2])

    def loss(kernel1, bias1, kernel2, bias2, weights, bias, images, onehot):
        x = pooled(torch.relu(convolution(images, kernel1, bias1)))
        x = pooled(torch.relu(convolution(x, kernel2, bias2)))
        z = x.reshape(len(images), -1) @ weights + bias
        logp = torch.log_softmax(z, 1)
        return -torch.sum(onehot * logp) / len(images)
    return loss


def arguments(images, side, channels, classes):
    rng = np.random.default_rng(19)
    left = ((side - 2) // 2 - 2) // 2                   # cells along a side after both convolutions
    return (0.3 * rng.normal(size=(3, 3, 1, channels)), 0.1 * rng.normal(size=channels),
            0.1 * rng.normal(size=(3, 3, channels, 2 * channels)), 0.1 * rng.normal(size=2 * channels),
            0.1 * rng.normal(size=(left * left * 2 * channels, classes)), 0.1 * rng.normal(size=classes),
            rng.normal(size=(images, side, side, 1)), np.eye(classes)[rng.integers(0, classes, images)])


CONV_NET = Workload(
    "conv_net", "conv net, 32 images 18x18", loss, arguments,
    size={"images": 32, "side": 18, "channels": 8, "classes": 10},
    tiny={"images": 2, "side": 10, "channels": 2, "classes": 3}, argnums=(0, 1, 2, 3, 4, 5),
    not_in_numba="Numba has no matmul of stacks of matrices", jax=SAME, torch=for_torch, autograd=SAME,
    decade=("images", 32, 320))
