"""Recursive algorithms: divide and conquer over slices and ranges, trees, sorting, quadrature, parsing."""
import math

import numpy as np

rng = np.random.default_rng(12)
V = rng.normal(size=8)


def fourier_power(x):
    """Power spectrum by a recursive radix-2 transform, weighted by frequency."""
    def fft(re, im):
        n = len(re)
        if n == 1:
            return re, im
        even_re, even_im = fft(re[::2], im[::2])
        odd_re, odd_im = fft(re[1::2], im[1::2])
        angle = -2.0 * np.pi * np.arange(n // 2) / n
        c, s = np.cos(angle), np.sin(angle)
        t_re, t_im = c * odd_re - s * odd_im, c * odd_im + s * odd_re
        return (np.concatenate([even_re + t_re, even_re - t_re]),
                np.concatenate([even_im + t_im, even_im - t_im]))

    re, im = fft(x, np.zeros(len(x)))
    return np.dot(re**2 + im**2, np.arange(len(x)))


def block_cholesky(a):
    n = a.shape[0]
    if n == 1:
        return np.sqrt(a)
    h = n // 2
    factor = np.zeros_like(a)
    top = block_cholesky(a[:h, :h])
    side = np.linalg.solve(top, a[h:, :h].T).T
    factor[:h, :h] = top
    factor[h:, :h] = side
    factor[h:, h:] = block_cholesky(a[h:, h:] - side @ side.T)
    return factor


def log_determinant(m):
    return 2.0 * np.sum(np.log(np.diag(block_cholesky(m @ m.T + 4.0 * np.eye(len(m))))))


def strassen(a, b):
    n = a.shape[0]
    if n == 1:
        return a * b
    h = n // 2
    a11, a12, a21, a22 = a[:h, :h], a[:h, h:], a[h:, :h], a[h:, h:]
    b11, b12, b21, b22 = b[:h, :h], b[:h, h:], b[h:, :h], b[h:, h:]
    p1, p2 = strassen(a11, b12 - b22), strassen(a11 + a12, b22)
    p3, p4 = strassen(a21 + a22, b11), strassen(a22, b21 - b11)
    p5 = strassen(a11 + a22, b11 + b22)
    p6, p7 = strassen(a12 - a22, b21 + b22), strassen(a11 - a21, b11 + b12)
    c = np.empty((n, n))
    c[:h, :h] = p5 + p4 - p2 + p6
    c[:h, h:] = p1 + p2
    c[h:, :h] = p3 + p4
    c[h:, h:] = p1 + p5 - p3 - p7
    return c


def product_norm(a, b):
    return np.sum(strassen(a, b) ** 2)


def v_cycle(u, f):
    """One multigrid cycle for -u'' = f, in place."""
    n = len(u) - 1
    if n <= 2:
        u[1] = 0.5 * (u[0] + u[2] + f[1])
        return u
    for _ in range(2):
        u[1:-1] = 0.5 * u[1:-1] + 0.25 * (u[:-2] + u[2:] + f[1:-1])
    residual = np.zeros_like(u)
    residual[1:-1] = f[1:-1] + u[:-2] - 2.0 * u[1:-1] + u[2:]
    error = v_cycle(np.zeros(n // 2 + 1), 2.0 * residual[::2])
    u[::2] += error
    u[1:-1:2] += 0.5 * (error[:-1] + error[1:])
    return u


def multigrid_energy(f):
    u = v_cycle(np.zeros(len(f)), f)
    return np.dot(u, f)


def merge_sort(a):
    if len(a) == 1:
        return a
    m = len(a) // 2
    left, right = merge_sort(a[:m]), merge_sort(a[m:])
    out = np.zeros(len(a))
    i = j = 0
    for k in range(len(a)):
        if j >= len(right) or (i < len(left) and left[i] <= right[j]):
            out[k] = left[i]
            i += 1
        else:
            out[k] = right[j]
            j += 1
    return out


def order_statistic(v):
    s = merge_sort(v)
    return np.dot(s * s, np.arange(len(s)))


def quicksort(a, low, high):
    if low >= high:
        return
    pivot = a[high]
    i = low
    for j in range(low, high):
        if a[j] < pivot:
            a[i], a[j] = a[j], a[i]
            i += 1
    a[i], a[high] = a[high], a[i]
    quicksort(a, low, i - 1)
    quicksort(a, i + 1, high)


def gini(v):
    a = v**2
    quicksort(a, 0, len(a) - 1)
    n = len(a)
    return sum((2 * i - n + 1) * a[i] for i in range(n)) / (n * np.sum(a))


def attraction(x, mass, low, high, at):
    """Barnes and Hut in one dimension: far groups count as one body."""
    if high - low == 1:
        return mass[low] / (1.0 + (x[low] - at) ** 2)
    total = np.sum(mass[low:high])
    centre = np.dot(mass[low:high], x[low:high]) / total
    if abs(centre - at) > 2.0:
        return total / (1.0 + (centre - at) ** 2)
    mid = (low + high) // 2
    return attraction(x, mass, low, mid, at) + attraction(x, mass, mid, high, at)


def forward_probability(log_a, log_b, seen, t, state):
    if t == 0:
        return log_b[state, seen[0]]
    total = 0.0
    for before in range(log_a.shape[0]):
        total += math.exp(forward_probability(log_a, log_b, seen, t - 1, before) + log_a[before, state])
    return math.log(total) + log_b[state, seen[t]]


def likelihood(log_a, log_b, seen):
    return sum(math.exp(forward_probability(log_a, log_b, seen, len(seen) - 1, s)) for s in range(len(log_a)))


def evaluate(tokens, x):
    """Recursive descent over sums, products and parentheses."""
    position = [0]

    def expression():
        value = term()
        while position[0] < len(tokens) and tokens[position[0]] == "+":
            position[0] += 1
            value = value + term()
        return value

    def term():
        value = factor()
        while position[0] < len(tokens) and tokens[position[0]] == "*":
            position[0] += 1
            value = value * factor()
        return value

    def factor():
        token = tokens[position[0]]
        position[0] += 1
        if token == "(":
            value = expression()
            position[0] += 1
            return value
        return math.sin(x)

    return expression()


def permanent(a, row, used):
    if row == a.shape[0]:
        return 1.0
    total = 0.0
    for j in range(a.shape[1]):
        if not used & (1 << j):
            total += a[row, j] * permanent(a, row + 1, used | (1 << j))
    return total


def basis(t, k, i, knots):
    """Cox and de Boor."""
    if k == 0:
        return 1.0 if knots[i] <= t < knots[i + 1] else 0.0
    left = (t - knots[i]) / (knots[i + k] - knots[i]) * basis(t, k - 1, i, knots)
    right = (knots[i + k + 1] - t) / (knots[i + k + 1] - knots[i + 1]) * basis(t, k - 1, i + 1, knots)
    return left + right


def spline(t, weights, knots, degree):
    return sum(weights[i] * basis(t, degree, i, knots) for i in range(len(weights)))


def simpson(f, a, b, fa, fm, fb, whole, tolerance):
    m = 0.5 * (a + b)
    f_left, f_right = f(0.5 * (a + m)), f(0.5 * (m + b))
    left = (m - a) / 6.0 * (fa + 4.0 * f_left + fm)
    right = (b - m) / 6.0 * (fm + 4.0 * f_right + fb)
    off = left + right - whole
    if abs(off) < 15.0 * tolerance:
        return left + right + off / 15.0
    return (simpson(f, a, m, fa, f_left, fm, left, 0.5 * tolerance)
            + simpson(f, m, b, fm, f_right, fb, right, 0.5 * tolerance))


def integral(p, a, b):
    def f(x):
        return math.exp(-p * x * x) * math.cos(p * x)

    m = 0.5 * (a + b)
    fa, fm, fb = f(a), f(m), f(b)
    return simpson(f, a, b, fa, fm, fb, (b - a) / 6.0 * (fa + 4.0 * fm + fb), 1e-9)


def memoised(x, n):
    memo = {}

    def value(k):
        if k < 2:
            return x * k + 1.0
        if k not in memo:
            memo[k] = 0.5 * value(k - 1) + math.sin(value(k - 2))
        return memo[k]

    return value(n)


def heap(weights, i):
    if i >= len(weights):
        return 1.0
    return weights[i] * heap(weights, 2 * i + 1) + heap(weights, 2 * i + 2)


def decision(value, left, right, i):
    """A binary tree in three arrays."""
    if i < 0:
        return 0.0
    return value[i] + 0.5 * math.tanh(decision(value, left, right, left[i])) + decision(value, left, right, right[i])


def _fourier_args():
    return (V.copy(),)


def _matrix_args():
    return (np.sin(np.arange(16.0)).reshape(4, 4),)


def _matrices_args():
    return np.arange(16.0).reshape(4, 4) / 7.0, np.cos(np.arange(16.0)).reshape(4, 4)


def _forcing_args():
    return (np.sin(np.arange(9.0)),)


def _bodies_args():
    return np.linspace(-3.0, 3.0, 8) + 0.1 * V, 1.0 + V**2, 0, 8, 0.3


def _chain_args():
    return np.log(np.array([[0.7, 0.3], [0.4, 0.6]])), np.log(np.array([[0.2, 0.8], [0.5, 0.5]])), (0, 1, 1, 0)


def _tokens_args():
    return ("(", "x", "+", "x", ")", "*", "x", "+", "x"), 0.4


def _permanent_args():
    return np.arange(9.0).reshape(3, 3) / 5.0 + 0.3, 0, 0


def _spline_args():
    return 0.45, V[:4].copy(), np.linspace(-1.0, 2.0, 8), 3


def _integral_args():
    return 0.7, 0.0, 2.0


def _memo_args():
    return 0.4, 8


def _heap_args():
    return V.copy(), 0


def _decision_args():
    return V[:4].copy(), np.array([1, 3, -1, -1]), np.array([2, -1, -1, -1]), 0


CASES = [
    (fourier_power, _fourier_args, (0,)),
    (log_determinant, _matrix_args, (0,)),
    (product_norm, _matrices_args, (0, 1)),
    (multigrid_energy, _forcing_args, (0,)),
    (order_statistic, _fourier_args, (0,)),
    (gini, _fourier_args, (0,)),
    (attraction, _bodies_args, (0, 1, 4)),
    (likelihood, _chain_args, (0, 1)),
    (evaluate, _tokens_args, (1,)),
    (permanent, _permanent_args, (0,)),
    (spline, _spline_args, (0, 1)),
    (integral, _integral_args, (0,)),
    (memoised, _memo_args, (0,)),
    (heap, _heap_args, (0,)),
    (decision, _decision_args, (0,)),
]
