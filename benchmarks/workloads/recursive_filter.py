"""Deriche's recursive smoothing of an image: along its rows in both directions, then along its columns."""
import math

import numpy as np

from ..workload import Bound, Workload


def misfit(image, observed, alpha):
    height, width = image.shape
    k = (1.0 - math.exp(-alpha)) ** 2 / (1.0 + 2.0 * alpha * math.exp(-alpha) - math.exp(2.0 * alpha))
    a1 = k
    a2 = k * math.exp(-alpha) * (alpha - 1.0)
    a3 = k * math.exp(-alpha) * (alpha + 1.0)
    a4 = -k * math.exp(-2.0 * alpha)
    b1 = 2.0 ** (-alpha)
    b2 = -math.exp(-2.0 * alpha)

    y1 = np.empty_like(image)
    y2 = np.empty_like(image)
    y1[:, 0] = a1 * image[:, 0]
    y1[:, 1] = a1 * image[:, 1] + a2 * image[:, 0] + b1 * y1[:, 0]
    for j in range(2, width):
        y1[:, j] = a1 * image[:, j] + a2 * image[:, j - 1] + b1 * y1[:, j - 1] + b2 * y1[:, j - 2]
    y2[:, -1] = 0.0
    y2[:, -2] = a3 * image[:, -1]
    for j in range(width - 3, -1, -1):
        y2[:, j] = a3 * image[:, j + 1] + a4 * image[:, j + 2] + b1 * y2[:, j + 1] + b2 * y2[:, j + 2]
    rows = y1 + y2

    y1[0, :] = a1 * rows[0, :]
    y1[1, :] = a1 * rows[1, :] + a2 * rows[0, :] + b1 * y1[0, :]
    for i in range(2, height):
        y1[i, :] = a1 * rows[i, :] + a2 * rows[i - 1, :] + b1 * y1[i - 1, :] + b2 * y1[i - 2, :]
    y2[-1, :] = 0.0
    y2[-2, :] = a3 * rows[-1, :]
    for i in range(height - 3, -1, -1):
        y2[i, :] = a3 * rows[i + 1, :] + a4 * rows[i + 2, :] + b1 * y2[i + 1, :] + b2 * y2[i + 2, :]
    r = y1 + y2 - observed
    return np.sum(r * r)


def by_hand(image, observed, alpha):
    """The filter is linear: nothing is kept. Along a row its state is two numbers."""
    height, width = image.shape
    k = (1.0 - math.exp(-alpha)) ** 2 / (1.0 + 2.0 * alpha * math.exp(-alpha) - math.exp(2.0 * alpha))
    a1 = k
    a2 = k * math.exp(-alpha) * (alpha - 1.0)
    a3 = k * math.exp(-alpha) * (alpha + 1.0)
    a4 = -k * math.exp(-2.0 * alpha)
    b1 = 2.0 ** (-alpha)
    b2 = -math.exp(-2.0 * alpha)

    rows = np.empty_like(image)
    for i in range(height):
        given, out = image[i], rows[i]
        x1 = y1 = y2 = 0.0
        for j in range(width):
            y = a1 * given[j] + a2 * x1 + b1 * y1 + b2 * y2
            x1, y1, y2 = given[j], y, y1
            out[j] = y
        x1 = x2 = y1 = y2 = 0.0
        for j in range(width - 1, -1, -1):
            y = a3 * x1 + a4 * x2 + b1 * y1 + b2 * y2
            x1, x2, y1, y2 = given[j], x1, y, y1
            out[j] += y

    down = np.zeros((height + 2, width))                # two rows of zeros before the first
    for i in range(height):
        before = rows[i - 1] if i > 0 else down[0]
        for j in range(width):
            down[i + 2, j] = a1 * rows[i, j] + a2 * before[j] + b1 * down[i + 1, j] + b2 * down[i, j]
    up = np.zeros((height + 2, width))                  # two rows of zeros after the last
    for i in range(height - 1, -1, -1):
        x1 = rows[i + 1] if i < height - 1 else up[height]
        x2 = rows[i + 2] if i < height - 2 else up[height]
        for j in range(width):
            up[i, j] = a3 * x1[j] + a4 * x2[j] + b1 * up[i + 1, j] + b2 * up[i + 2, j]

    dout = np.empty_like(image)
    for i in range(height):
        for j in range(width):
            dout[i, j] = 2.0 * (down[i + 2, j] + up[i, j] - observed[i, j])

    # what falls goes back up, what rises goes back down
    back = np.zeros((height + 2, width))
    for i in range(height - 1, -1, -1):
        for j in range(width):
            back[i, j] = dout[i, j] + b1 * back[i + 1, j] + b2 * back[i + 2, j]
    forth = np.zeros((height + 2, width))
    for i in range(height):
        for j in range(width):
            forth[i + 2, j] = dout[i, j] + b1 * forth[i + 1, j] + b2 * forth[i, j]
    drows = np.empty_like(image)
    for i in range(height):
        for j in range(width):
            drows[i, j] = (a1 * back[i, j] + a2 * back[i + 1, j]
                           + a3 * forth[i + 1, j] + a4 * forth[i, j])

    dimage = np.empty_like(image)
    for i in range(height):
        dgiven, given = dimage[i], drows[i]
        y1 = y2 = 0.0
        for j in range(width - 1, -1, -1):
            y = given[j] + b1 * y1 + b2 * y2
            dgiven[j] = a1 * y + a2 * y1
            y1, y2 = y, y1
        y1 = y2 = 0.0
        for j in range(width):
            dgiven[j] += a3 * y1 + a4 * y2
            y1, y2 = given[j] + b1 * y1 + b2 * y2, y1
    return dimage


def for_jax():
    """One scan for a direction along the first axis; the columns are done on the transpose."""
    import jax
    import jax.numpy as jnp

    def misfit(image, observed, alpha):
        k = (1.0 - jnp.exp(-alpha)) ** 2 / (1.0 + 2.0 * alpha * jnp.exp(-alpha) - jnp.exp(2.0 * alpha))
        a1 = k
        a2 = k * jnp.exp(-alpha) * (alpha - 1.0)
        a3 = k * jnp.exp(-alpha) * (alpha + 1.0)
        a4 = -k * jnp.exp(-2.0 * alpha)
        b1 = 2.0 ** (-alpha)
        b2 = -jnp.exp(-2.0 * alpha)

        def smoothed(x):
            zero = jnp.zeros_like(x[0])

            def forwards(state, x):
                x1, y1, y2 = state
                y = a1 * x + a2 * x1 + b1 * y1 + b2 * y2
                return (x, y, y1), y

            def backwards(state, x):
                x1, x2, y1, y2 = state
                y = a3 * x1 + a4 * x2 + b1 * y1 + b2 * y2
                return (x, x1, y, y1), y
            _, y1 = jax.lax.scan(forwards, (zero, zero, zero), x)
            _, y2 = jax.lax.scan(backwards, (zero, zero, zero, zero), x, reverse=True)
            return y1 + y2
        r = smoothed(smoothed(image.T).T) - observed
        return jnp.sum(r * r)
    return misfit


def arguments(height, width):
    rng = np.random.default_rng(17)
    return rng.normal(size=(height, width)), rng.normal(size=(height, width)), 0.25


RECURSIVE_FILTER = Workload(
    "recursive_filter", "recursive filter 800x600", misfit, arguments, size={"height": 800, "width": 600},
    tiny={"height": 5, "width": 4}, by_hand=by_hand, bound=Bound.WHOLE_ARRAYS, jax=for_jax,
    torch="each write of one column copies the gradient of the whole image",
    autograd="arrays cannot be written in place", decade=("height", 200, 2000))
