"""Lists and tuples as data structures: built, changed, indexed, sliced, reduced, sorted."""
import math

import numpy as np
import pytest

from tests.helpers import check

rng = np.random.default_rng(7)
V = rng.normal(size=5)
XS = [0.4, -0.7, 1.2, 0.9]
ROWS = [[0.4, -0.7], [1.2, 0.9], [-0.3, 0.8]]

XY = np.array([0.7, 1.3])


def literals(x, y):
    a = [x, y, x * y]
    b = (a[0] + a[-1], [y, a[1]])
    return b[0] * b[1][0] + a[2] * b[1][-1]


def append_in_loop(x, n):
    path = [x]
    for _ in range(n):
        path.append(math.sin(path[-1]) + 0.5)
    return path[-1] * path[0] + sum(path)


def append_then_read_back(xs):
    squares = []
    for e in xs:
        squares.append(e * e)
    total = 0.0
    for i in range(len(squares)):
        total += squares[i] * squares[-i - 1]
    return total


def push_and_pop(x, y):
    stack = []
    for token in ("x", "y", "*", "x", "+"):
        if token == "x":
            stack.append(x)
        elif token == "y":
            stack.append(y)
        else:
            b, a = stack.pop(), stack.pop()
            stack.append(a * b if token == "*" else a + b)
    return stack.pop() ** 2


def pop_from_front(xs):
    queue = list(xs)
    total = 0.0
    while len(queue) > 1:
        total = total * 0.5 + queue.pop(0) * queue.pop()
    return total


def extend_and_concatenate(x, y):
    a = [x]
    a.extend([y, x * y])
    a += (x, 2.0)
    b = a + [y] * 3
    b.extend(e * x for e in a[:2])
    return sum(e * e for e in b) * b[-1]


def assign_elements(x, y):
    a = [0.0] * 4
    a[0] = x
    a[-1] = x * y
    a[1] += a[0] * y
    a[2], a[1] = a[1], a[3]
    return a[0] * a[1] + a[2] * a[3]


def overwritten_in_loop(xs, rate):
    state = list(xs)
    for _ in range(3):
        for i in range(1, len(state)):
            state[i] = state[i] + rate * state[i - 1] * state[i]
    return sum(state)


def slices(xs):
    head, tail = xs[:2], xs[1:]
    backwards = xs[::-1]
    return sum(a * b for a, b in zip(head, tail)) + backwards[0] * xs[1:3][1]


def slice_assignment(x, y):
    a = [x, x * x, y, 1.0]
    a[1:3] = [y * y, x * y]
    a[:1] = []
    return a[0] * a[1] * a[2] + len(a)


def aliased_list(x, y):
    a = [x, y]
    b = a
    c = a[:]
    b[0] = x * y
    a.append(b[0] * y)
    return a[0] * c[0] + b[2] * c[1]


def list_of_lists(rows):
    total = 0.0
    for row in rows:
        for e in row:
            total += e * e * row[0]
    return total * rows[1][0]


def matrix_product(a, n):
    result = [[1.0 if i == j else 0.0 for j in range(2)] for i in range(2)]
    for _ in range(n):
        product = [[0.0, 0.0], [0.0, 0.0]]
        for i in range(2):
            for j in range(2):
                for k in range(2):
                    product[i][j] += result[i][k] * a[k][j]
        result = product
    return result[0][1] + result[1][1]


def list_of_arrays(v, x):
    layers = [v * x, np.sin(v)]
    layers.append(layers[0] * layers[1])
    layers[0] = layers[2] + 1.0
    return sum(np.sum(e) for e in layers) + np.sum(np.stack(layers) ** 2)


def list_becomes_array(x, y):
    a = np.array([x, y, x * y])
    m = np.array([[x, 1.0], [a[2], y]])
    return a @ a + np.linalg.det(m)


def reductions(xs):
    return math.fsum(e * e for e in xs) + math.prod(xs) + sum(xs, 2.0) * max(xs) - min(xs) * len(xs)


def sorted_values(xs):
    a = sorted(xs)
    b = sorted(xs, reverse=True)
    c = list(xs)
    c.sort(key=lambda e: abs(e))
    c.reverse()
    return a[0] * 2.0 + a[1] * b[1] + c[0] * c[0] * c[-1]


def by_key(xs, target):
    nearest = min(xs, key=lambda e: abs(e - target))
    furthest = max(xs, key=lambda e: (e - target) ** 2)
    return nearest * furthest * target


def sorted_pairs(xs, ys):
    pairs = sorted(zip(xs, ys), key=lambda pair: pair[0])
    area = 0.0
    for (x0, y0), (x1, y1) in zip(pairs, pairs[1:]):
        area += 0.5 * (x1 - x0) * (y0 + y1)
    return area


def insert_remove_index(x, y):
    a = [x, y]
    a.insert(1, x * y)
    a.insert(0, 3.0)
    del a[0]
    return a[1] * a[2] + a[0] * a.count(5.0)


def tuple_state(x, n):
    state = (x, 1.0)
    for _ in range(n):
        state = (state[0] + 0.1 * state[1], state[1] - 0.1 * state[0])
    position, velocity = state
    return position * velocity


def nested_tuples(p):
    (a, b), c = p
    q = (c, (a * b, c))
    return q[1][0] * q[0] + math.sin(q[1][1])


def copied_nested(rows):
    work = [row[:] for row in rows]
    work[0][0] = work[1][1] * work[0][0]
    work[2] = work[0][:]
    work[2][1] += 1.0
    return work[0][1] * rows[0][0] + sum(work[0]) * work[2][0]


def helper_appends(x, n):
    def record(history, value):
        history.append(value)
        return value * 0.9

    history = []
    for _ in range(n):
        x = record(history, x * x + 0.1)
    return x + sum(history)


def membership_of_index(xs):
    total = 0.0
    for i, e in enumerate(xs):
        if i in [0, 2] and i not in (1, 5):
            total += e**3
    return total


def same_name_for_two_kinds(x, m):
    rows, items = [], []
    for _ in range(3):
        m = np.sin(m) * x
        rows.append([m])
        items.append(np.array([x]))
    total = items.pop()[0]
    for _ in range(3):
        items = rows.pop()
        for _ in range(1):
            total = total + np.sum(np.cos(items.pop()))
    items = []
    for _ in range(2):
        items.append(np.array([x * x]))
    if x > 0.3:
        items = []
        for _ in range(2):
            items.append(m * x)
    return total + np.sum(items.pop())


def popped_of_two_lengths(x, n):
    rows = []
    for i in range(n):
        rows.append(x[i % 2:] * x[0])
    a = rows.pop()
    b = rows.pop()
    t = np.hypot(a, b)
    return np.sum(t * a) + np.sum(b * np.sin(t))


def made_anew_with_another_length(x, n):
    l = [x]
    total = 0.0
    for i in range(n):
        l = []
        for j in range(i + 2):
            l.append(x * (j + 1))
        total += l[i] * l[i + 1]
        if total > 6.0:
            l = [x]
    return total + sum(l)


CASES = [
    (literals, 1.3, 0.7), (append_in_loop, 0.3, 5), (append_in_loop, 0.3, 0), (append_then_read_back, XS),
    (push_and_pop, 1.3, 0.7), (pop_from_front, XS), (pop_from_front, V), (extend_and_concatenate, 1.3, 0.7),
    (assign_elements, 1.3, 0.7), (overwritten_in_loop, XS, 0.2), (slices, XS), (slice_assignment, 1.3, 0.7),
    (aliased_list, 1.3, 0.7), (list_of_lists, ROWS), (matrix_product, ROWS[:2], 3),
    (matrix_product, ROWS[:2], 1), (list_of_arrays, V, 0.7), (list_becomes_array, 1.3, 0.7), (reductions, XS),
    (sorted_values, XS), (by_key, XS, 0.5), (sorted_pairs, XS, [1.0, 2.0, -0.4, 0.3]),
    (insert_remove_index, 1.3, 0.7), (tuple_state, 0.4, 6), (nested_tuples, ((1.3, 0.7), 0.4)),
    (copied_nested, ROWS), (helper_appends, 0.4, 3), (membership_of_index, XS),
    (same_name_for_two_kinds, 0.4, np.array([[1.2, 0.3, 0.7]])),
    (popped_of_two_lengths, XY, 4), (popped_of_two_lengths, XY, 3), (made_anew_with_another_length, 0.7, 4),
    (made_anew_with_another_length, 0.7, 3), (made_anew_with_another_length, 0.7, 0),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_list(case):
    check(*case)
