"""Memory and the names for it: what is printed has the primal's value and leaves its arguments alone, or is refused."""
import numpy as np
import pytest

from symgrad.errors import AliasError
from tests.roundtrip import roundtrip

A, M = np.array([1.0, 2.0, 3.0]), np.arange(12.0).reshape(3, 4) + 1.0


class Box:

    def __init__(self, v):
        self.v = v
        self.log = []

    def put(self, x):
        self.v = self.v + x
        self.log.append(self.v)
        return self


def maybe(x):
    if x > 1:
        return x * 2


def rows_of_argument(m, x):
    m[0][1] += x
    m[1][0] = m[0][1] * x
    for i in range(2):
        for j in range(2):
            m[i][j] *= x
    return m[0][0] + m[1][1] * m[0][1] + m[1][0]


def row_alias(m, x):
    row = m[0]
    row[1] = x * 5
    m[0][0] += row[1]
    return m[0][0] * m[0][1] + row[0]


def copies_in_list(a, x):
    parts = []
    row = np.zeros(3)
    for i in range(3):
        row[i] = x * a[i]
        parts.append(row.copy())
    return sum(p[2] + p[0] for p in parts) + np.sum(row)


def put_in_list_then_written(a, x):
    parts = []
    row = np.zeros(3)
    for i in range(3):
        row[i] = x * a[i]
        parts.append(row)
    return sum(np.sum(p) for p in parts)


def in_list_and_by_name(a, x):
    b = a.copy()
    pair = [b, a * x]
    b[0] = 10.0
    pair[1][1] = 7.0
    return np.sum(pair[0]) + np.sum(pair[1]) + b[0]


def picked_at_run_time(a, x, k):
    b = a.copy()
    c = a * x
    pair = (b, c)
    for i in range(k, k + 1):
        pair[i][0] = 100.0
    return np.sum(b) + 2 * np.sum(c)


def reshape_copy(a, x):
    m = np.arange(6.0).reshape(2, 3) * x
    t = m.T
    flat = t.reshape(-1)
    flat[0] = 50.0
    return np.sum(m * np.arange(6.0).reshape(2, 3)) + m[0, 0] + flat[0]


def ravel_copy(a, x):
    m = (np.arange(6.0).reshape(2, 3) * x).copy()
    f = m.T.ravel()
    f[1] = 9.0
    return np.sum(m) * f[1]


def flatten_copies(a, x):
    m = (np.arange(6.0).reshape(2, 3) * x).copy()
    f = m.flatten()
    f[1] = 9.0
    return np.sum(m) * f[1]


def array_of_two(a, x):
    b = a * 1.0
    c = a * 2.0
    d = b if x > 0 else c
    e = d * 1.0
    return np.sum(d * e)


def array_of_two_written(a, x):
    b = a * 1.0
    c = a * 2.0
    d = b if x > 0 else c
    d[0] = 5.0
    return np.sum(b * c)


def swap_buffers(a, n):
    u = a.copy()
    v = np.zeros_like(a)
    for _ in range(n):
        v[1:-1] = u[:-2] + u[2:]
        v[0] = u[0]
        v[-1] = u[-1] * 0.5
        u, v = (v, u)
    return np.sum(u) + 2 * np.sum(v)


def objects_alias(x):
    a = Box(x)
    b = a
    b.put(1.0).put(x)
    a.v *= 2
    return b.v + sum(a.log) + len(b.log)


def object_of_two(x):
    a = Box(x)
    b = Box(2 * x)
    c = a if x > 1 else b
    c.put(3.0)
    return a.v + b.v * 10


def object_in_loop(x, n):
    a = Box(x)
    for i in range(n):
        a.put(i * x)
        if a.v > 4:
            a.v = a.v / 2
    return a.v + sum(a.log)


def argument_array(a):
    a[0] = 5.0
    a += 1
    return np.sum(a)


def argument_list(a):
    a.append(3.0)
    a[0] = 5.0
    a.sort()
    return a[0] + a[-1] * 2


def argument_dict(p):
    p['w'] *= 2
    p['b'] += 1
    p['c'] = 3.0
    return np.sum(p['w']) * p['b'] * p['c']


def none_or_number(x):
    r = maybe(x)
    s = maybe(x - 5)
    return (r if r is not None else 0.0) + (1.0 if s is None else s)


def none_or_number_in_loop(xs):
    best = None
    for x in xs:
        y = maybe(x)
        if y is None:
            continue
        if best is None or y < best:
            best = y
    return 0.0 if best is None else best


def keys_at_run_time(xs, t):
    d = {}
    for x in xs:
        k = int(x)
        d[k] = d.get(k, 0.0) + x * t
    for k in list(d.keys()):
        d[k] *= 2
    return sum(d.values()) + (d[2] if 2 in d else 0.0)


def repeated_indices(m, idx):
    b = m.copy()
    b[idx, 1] += 10.0
    np.add.at(b, (idx, 2), 1.5)
    b[b > 8] *= 0.5
    b[[0, 1], :2] = b[[1, 0], :2]
    return np.sum(b * m)


def written_by_numpy(a):
    o = np.zeros(3)
    np.multiply(a, 2.0, out=o)
    np.add(o, a, out=o[:])
    a.sort()
    o.fill(a[1]) if a[0] > 100 else None
    np.copyto(o[1:], a[:2])
    return np.sum(o)


def array_twice_in_list(a, x):
    b = a.copy()
    rows = [b, b]
    rows[0][0] = x
    return rows[1][0] + b[0]


def row_repeated(a, x):
    rows = [[0.0] * 2] * 3
    rows[0][0] = x
    return rows[1][0] + rows[2][0]


def rows_in_list(x, n):
    rows = [[0.0] * 2 for _ in range(n)]
    rows[0][0] = x
    rows[n - 1][1] += rows[0][0]
    return sum(r[0] + r[1] for r in rows)


def array_in_tuple(a, x):
    b = a.copy()
    t = (b, x)
    t[0][1] = x * x
    return np.sum(b)


def array_in_attribute(a, x):
    o = Box(a.copy())
    w = o.v
    w[0] = x
    o.v[1] += w[0]
    return np.sum(o.v) + w[1]


def arrays_in_dict(a, x):
    d = {}
    for i in range(3):
        d[i] = a * i
    d[1][0] = x
    return np.sum(d[1]) + np.sum(d[2])


def arrays_in_list_written(a, x):
    d = [a * i for i in range(3)]
    for i in range(3):
        d[i][0] = x * i
        d[i] *= 2.0
    r = d[1]
    r[2] = 9.0
    return sum(np.sum(q) for q in d)


def row_read_after_write(m):
    b = m.copy()
    r = b[1]
    t = 0.0
    for i in range(3):
        b[1, i] = b[0, i] * 2 + t
        t += r[i]
    return t + r.sum()


def matched(x):
    tot = 0.0
    for cmd in [('a', 1), ('b', 2, 3), 'q', None, 3]:
        match cmd:
            case ['a', k]:
                tot += k * x
            case ['b', *rest]:
                tot += len(rest) * x
            case 'q' | 'z':
                tot += 100
            case None:
                tot += 0.5
            case int():
                tot += 7
            case _:
                tot += 9
    return tot


def unpacked(x):
    a, *b, c = [x, 2 * x, 3 * x, 4.0]
    (d, e), *f = ((a, c), 1.0, 2.0)
    return d * e + sum(b) + f[1]


def list_unpacked(xs):
    a, *b, c = xs
    b.append(a)
    return a * c + sum(b)


def asarray_alias(a, x):
    b = np.asarray(a)
    b[0] = x
    return np.sum(a)


def view_outlives_name(a, x):
    b = a.copy()
    v = b[1:]
    if x > 1:
        v[0] = x
    else:
        b = b * 2
    return np.sum(b) + np.sum(v)


def closed_over(a, x):
    b = a.copy()

    def f(i):
        b[i] *= x
        return b[i]
    t = f(0) + f(1)
    b[2] = t
    return np.sum(b)


def augmented(a, x):
    b = a.copy()
    c = b
    b += x
    b = b + 1
    b += 1
    return np.sum(b) + 10 * np.sum(c)


def axes_added_and_dropped(a, x):
    b = a.copy()
    c = b[None, :, None]
    d = np.squeeze(c)
    d[0] = x
    e = np.atleast_2d(b)
    e[0, 1] = x
    f = np.broadcast_to(b, (2, 3))
    return np.sum(b) + f[1, 0]


def recorded_while_another_name_is_written_to(a, n):
    b = a * 2.0
    c = a
    s = 0.0
    for _ in range(n):
        s += c[-1] * c[0]
        c = b
        b += a
    return s + c[1]


def item_bound_in_loop(a, n):
    u = a * 2.0
    items = [a * 3.0, u]
    for _ in range(n):
        items[0][:] = u[0] * 1.5
        items[0] = u
    return np.sum(items[0]) + items[1][0]


RIGHT = [
    (recorded_while_another_name_is_written_to, A, 3),
    (array_of_two_written, A, -2.0), (array_of_two_written, A, 2.0), (object_of_two, 2.0), (object_of_two, -2.0),
    (rows_of_argument, [[1.0, 2.0], [3.0, 4.0]], 2.0), (row_alias, [[1.0, 2.0], [3.0, 4.0]], 2.0),
    (copies_in_list, A, 2.0), (in_list_and_by_name, A, 2.0), (flatten_copies, A, 2.0),
    (array_of_two, A, -2.0), (swap_buffers, A, 3), (objects_alias, 2.0), (object_in_loop, 2.0, 3),
    (argument_array, A), (argument_list, [1.0, 2.0]), (argument_dict, {'w': A.copy(), 'b': 1.0}),
    (none_or_number, 2.0), (none_or_number_in_loop, [0.5, 2.0, 3.0]),
    (keys_at_run_time, [0.5, 2.0, 3.0], 0.1), (repeated_indices, M, np.array([0, 2, 0])),
    (written_by_numpy, A), (array_twice_in_list, A, 2.0), (row_repeated, A, 2.0), (rows_in_list, 2.0, 3),
    (array_in_tuple, A, 2.0), (array_in_attribute, A, 2.0), (arrays_in_dict, A, 2.0),
    (arrays_in_list_written, A, 2.0), (row_read_after_write, M), (matched, 2.0), (unpacked, 2.0),
    (list_unpacked, [1.0, 2.0, 3.0]), (asarray_alias, A, 2.0), (view_outlives_name, A, 2.0),
    (closed_over, A, 2.0), (augmented, A, 2.0), (axes_added_and_dropped, A, 2.0),
]
REFUSED = [
    (put_in_list_then_written, A, 2.0), (picked_at_run_time, A, 2.0, 1), (reshape_copy, A, 2.0),
    (ravel_copy, A, 2.0), (item_bound_in_loop, A, 3),
]


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case[0].__name__)
def test_memory(case):
    roundtrip(case[0], case[1:])


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[0].__name__)
def test_what_cannot_be_decided_is_refused(case):
    with pytest.raises(AliasError, match="copy the array"):
        roundtrip(case[0], case[1:])
