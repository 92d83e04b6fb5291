"""Views share memory: assignment through slices, rows, transposes, reshapes; names for the same array."""
import numpy as np
import pytest

from symgrad import AliasError, grad, value_and_grad, vjp
from tests.helpers import check

rng = np.random.default_rng(10)
V, W = rng.normal(size=6), rng.normal(size=6)
ROWS = np.outer([1.0, 0.3], np.arange(1.0, 7.0))
M = rng.normal(size=(4, 3))


def write_through_slice(v, x):
    a = v.copy()
    b = a[1:]
    b[0] = x * a[0]
    b[1:3] *= b[0]
    return np.sum(a**2)


def write_to_base_seen_by_view(v, x):
    a = v.copy()
    b = a[2:5]
    a[3] = x
    a *= 2.0
    return np.sum(b**2) * b[1]


def view_of_view(v, x):
    a = v.copy()
    b = a[1:]
    c = b[::2]
    c[1] = x * c[0]
    b[2] += c[2]
    return a @ a


def reversed_view(v, w):
    a = v.copy()
    b = a[::-1]
    b[:2] = w[:2]
    b += a[0]
    return np.sum(a * w)


def row_view(m, x):
    a = m.copy()
    row = a[1]
    row[0] = x * row[2]
    row += a[0]
    return np.sum(a**2)


def rows_in_loop(m, x):
    a = m.copy()
    for row in a:
        row *= x
        row[1] = row[0] * row[2]
    return np.sum(a**2)


def rows_by_index_in_loop(m):
    a = m.copy()
    for i in range(1, a.shape[0]):
        above, row = a[i - 1], a[i]
        row[:] = row * 0.5 + np.sin(above)
    return np.sum(a)


def column_view(m, x):
    a = m.copy()
    column = a[:, 2]
    column[1:] += x * column[:-1]
    a[0] = 1.0
    return np.sum(a * m) + column[0]


def transposed(m, x):
    a = m.copy()
    t = a.T
    t[0] = x
    t[1, 2] += a[0, 2]
    np.transpose(a)[2] *= 3.0
    return np.sum(a**2 * m)


def reshaped(v, x):
    a = v.copy()
    b = a.reshape(2, 3)
    b[1] = b[0] * x
    b[:, 0] += 1.0
    return a @ a


def ravelled(m, x):
    a = m.copy()
    flat = a.ravel()
    flat[::2] *= x
    flat[5] = a[0, 0]
    return np.sum(a**2)


def new_axis_view(v, x):
    a = v.copy()
    b = a[:, None]
    b[2, 0] = x
    c = a[np.newaxis]
    c *= 2.0
    return np.sum(a**2)


def same_array_two_names(v, x):
    a = v.copy()
    b = a
    b[0] = x
    a[1] = b[0] * 2.0
    c = a.copy()
    a[2] = 9.0 * x
    return np.sum(a * b * c)


def rebinding_is_no_write(v, w):
    a = v.copy()
    b = a
    b = b + w
    b[0] = 5.0
    return np.sum(a * b)


def expression_is_no_view(v, x):
    a = v.copy()
    b = a[1:] * 1.0
    c = a[[0, 1]]
    b[0] = x
    c[0] = x * x
    return np.sum(a**2) + np.sum(b) * np.sum(c)


def middle(a):
    return a[1:-1]


def view_from_helper(v, x):
    a = v.copy()
    middle(a)[0] = x
    inner = middle(a)
    inner += inner[1]
    return np.sum(a**2)


def scale_in_place(a, x):
    a *= x


def view_given_to_helper(m, x):
    a = m.copy()
    scale_in_place(a[1:, :2], x)
    scale_in_place(a[0], a[1, 1])
    return np.sum(a**2)


def overlapping_copy(v):
    a = v.copy()
    a[1:] = a[:-1] * 2.0
    a[:-2] += a[2:]
    return np.sum(a * v)


def views_in_list(v, x):
    a = v.copy()
    parts = [a[:2], a[2:4], a[4:]]
    for part in parts:
        part[0] *= x
    parts[1][1] = parts[0][0]
    return np.sum(a**2)


def view_made_before_loop(v, n):
    a = v.copy()
    left, right, inner = a[:-2], a[2:], a[1:-1]
    for _ in range(n):
        inner += 0.2 * (left - 2.0 * inner + right) * inner
    return np.sum(a**2)


def split_is_view(v, x):
    a = v.copy()
    first, second = np.split(a, 2)
    first[0] = x * second[0]
    second[...] = first
    return np.sum(a**2)


def parts_written_whole(m, x):
    a = m.copy()
    left, middle, right = np.split(a, 3, axis=1)
    left += middle * x
    middle *= left
    right[...] = middle
    upper, lower = np.array_split(a, 2)
    upper[0] = x
    lower[...] = lower**2
    return np.sum(a**2)


def half_times_as_many_rows(m, x):
    upper, lower = np.split(m, 2)
    return x * np.sum(upper * m[1:3]) + np.sum(np.hsplit(m.T, 2)[1] * m.T[:, :2]) + np.sum(lower)


def diagonal_by_stride(m, x):
    a = m[:3].copy()
    a.reshape(-1)[:: a.shape[1] + 1] += x * x
    return np.sum(a**2)


def view_of_argument(v, x):
    half = v[:3]
    half[1] = x
    half -= v[3:]
    return np.sum(v**2)


def view_kept_after_rebinding(v, x):
    a = v.copy()
    b = a[:3]
    a = a * x
    b[0] = x
    a[:3] += b
    return np.sum(a * v)


def swapped_views(m, x):
    a = m.copy()
    top, bottom = a[0], a[1]
    for _ in range(3):
        bottom[:] = np.sin(top) * x
        top, bottom = bottom, top
    return np.sum(a**2) + np.sum(top)


def double_buffer(buf, k, n):
    buf = buf.copy()
    u, v = buf
    for _ in range(n):
        v[1:-1] = u[1:-1] + k * (u[:-2] + u[2:] - 2.0 * u[1:-1]) * u[1:-1]
        u, v = v, u
    return np.sum(u * u) + np.sum(buf)


def triple_buffer(u0, k, n):
    f = np.zeros((3, 2, 6))
    f[0] = u0
    old, now, new = f[0], f[1], f[2]
    for s in range(n):
        new[:, 1:-1] = 2.0 * now[:, 1:-1] - old[:, 1:-1] + k * old[:, 2:] * (s + 1)
        old, now, new = now, new, old
    return np.sum(now**2)


def swapped_columns(a, k, n):
    a = a.copy()
    u, v = a[:, 0], a[:, 1]
    for _ in range(n):
        v[:] = u * k + v * v
        (u, v) = (v, u)
    return np.sum(a**2) + v[1]


def row_by_branch(a, x):
    a = a.copy()
    row = a[0] if x > 0.5 else a[1]
    row[0] = x * x
    row[1:] *= x
    return np.sum(a**2) + row[3]


def row_of_the_iteration_before(a, x):
    a = a.copy()
    before = a[0]
    for i in range(2):
        row = a[i]
        row[1] = before[2] * row[0] * x
        before = row
    return np.sum(before**2) + np.sum(a)


def three_buffers(u0, k, n):
    u, v, w = u0.copy(), 2.0 * u0, np.zeros_like(u0)
    for _ in range(n):
        w[1:-1] = 2.0 * u[1:-1] - v[1:-1] + k * (u[2:] - u[:-2])
        v, u, w = u, w, v
    return np.sum(u * v)


def slice_by_branch(a, x):
    a = a.copy()
    if x > 0.5:
        u = a[:3]
    else:
        u = a[3:]
    u[0] = x * x
    u[1:] *= x
    return np.sum(a**2)


def array_by_branch(a, x):
    a, b = a.copy(), np.zeros(6)
    u = a if x > 0.5 else b
    u[0] = x * x
    return np.sum(a**2) + np.sum(b)


def copy_or_not(a, x):
    b = 2.0 * a
    if x > 0.5:
        w = b
    else:
        w = b.copy()
    for i in range(3):
        w[i] = w[i] * x
    return np.sum(b**2) + np.sum(w)


def arrays_by_branch_in_a_loop(a, x):
    a, b = a.copy(), 2.0 * a
    for i in range(4):
        if a[i] > b[i] * x:
            s, d = a, b
        else:
            s, d = b, a
        d[i + 1] = s[i] * x
    return np.sum(a**2) + np.sum(b)


def rank_by_branch(x):
    if x > 0.5:
        m = np.ones((2, 2)) * x
    else:
        m = np.ones(3) * x * x
    return np.sum(m**2)


def kind_by_branch(a, x):
    if x > 0.5:
        y = (x, a)
    else:
        y = [x * x]
    if isinstance(y, tuple):
        return y[0] * np.sum(y[1])
    return y[0]


def view_bound_in_an_arm(a, x):
    b = a * x
    if x > 0.5:
        b = b[::-1]
    return np.sum(b * W)


def view_bound_in_a_loop(a, x):
    b = c = a * x
    for _ in range(2):
        c = b
        b = np.sin(b)
        b = b[::-1]
    return np.sum(b * W) + np.sum(c * c)


def rows_repeated_in_an_arm(a, x):
    b = a * x
    if x > 0.5:
        b = np.broadcast_to(b, (3, len(a)))
    else:
        b = b[None]
    return np.sum(b * b)


def ravelled_transpose(m, x):
    a = m.copy()
    a[0, 1] = x
    v = a.T.ravel()                     # a copy
    w = a.reshape(-1)                   # a view
    return np.sum(np.sin(v) * np.arange(12.0)) + np.sum(w * v)


def ravelled_in_columns(m, x):
    a = np.zeros((4, 3), order="F")
    a += m
    v = a.ravel()
    b = m.copy("F")
    w = b.reshape(-1)[2] * x
    b[0, 0] = x
    return np.sum(a * a) * v[1] * x + np.sum(b * m) * w


def adjoint_in_columns(m, x):
    a = np.ones((3, 4)) * x
    v = a.ravel()
    v[0] = x * x
    k = 0
    while v[0] < 3.0:                   # the adjoint of `a` begins as a transpose
        v += 0.7 * m.T.ravel() + 1.0
        k += 1
    return np.sum(a.T * m * x) + k


def adjoint_in_columns_in_an_arm(m, x):
    a = np.ones((3, 4)) * x
    if x > 0.5:
        a = np.sin(a)
        v = a.ravel()
        v[2:5] *= m[0]
    else:
        v = a.reshape(12)[::-1]
        v[1] = x * v[7]
    return np.sum(a.T * m) * v[2]


def filled_in_a_loop_and_reshaped(m, x):
    a = np.ones((4, 3))
    for i in range(4):
        a[i] = m[i] * x
    v = a.ravel()
    v[3] *= x
    a[0, 1] = v[3] * x
    return np.sum((a.T @ m) ** 2)


def adjoint_in_columns_before_a_loop(m, x):
    a = np.ones((3, 4)) * x
    v = a.ravel()
    for i in range(4):
        v[i] = x * v[i + 1]
    return np.sum(a * m.T)


def adjoints_in_columns_before_a_loop(m, x):
    a, b = np.ones((3, 4)) * x, np.ones((3, 4)) * x
    v, w = a.ravel(), b.ravel()
    for i in range(4):
        v[i] = x * w[i + 1]
        w[i] = v[i] * v[i + 1]
    return np.sum(a * m.T) + x * np.sum(b * m.T)


CASES = [
    (write_through_slice, V, 0.7), (write_to_base_seen_by_view, V, 0.7), (view_of_view, V, 0.7),
    (reversed_view, V, W), (row_view, M, 0.7), (rows_in_loop, M, 0.7), (rows_by_index_in_loop, M),
    (column_view, M, 0.7), (transposed, M, 0.7), (reshaped, V, 0.7), (ravelled, M, 0.7),
    (new_axis_view, V, 0.7), (same_array_two_names, V, 0.7), (rebinding_is_no_write, V, W),
    (double_buffer, ROWS, 0.1, 3), (double_buffer, ROWS, 0.1, 0), (triple_buffer, ROWS, 0.1, 4),
    (swapped_columns, ROWS.T.copy(), 0.1, 3), (row_by_branch, ROWS, 0.7), (row_by_branch, ROWS, 0.2),
    (row_of_the_iteration_before, ROWS, 0.7), (three_buffers, ROWS[0], 0.1, 3), (swapped_views, M, 1.1),
    *((f, ROWS[0], x) for f in (slice_by_branch, array_by_branch, copy_or_not, arrays_by_branch_in_a_loop,
                                kind_by_branch) for x in (0.7, 0.3)),
    *((f, V, x) for f in (view_bound_in_an_arm, view_bound_in_a_loop, rows_repeated_in_an_arm) for x in (0.7, 0.3)),
    (rank_by_branch, 0.7), (rank_by_branch, 0.3),
    (expression_is_no_view, V, 0.7), (view_from_helper, V, 0.7), (view_given_to_helper, M, 0.7),
    (overlapping_copy, V), (views_in_list, V, 0.7), (view_made_before_loop, V, 4),
    (view_made_before_loop, V, 0), (split_is_view, V, 0.7), (parts_written_whole, M, 0.7), (half_times_as_many_rows, M, 0.7),
    (diagonal_by_stride, M, 0.7),
    (view_of_argument, V, 0.7), (view_kept_after_rebinding, V, 0.7),
    *((f, M, x) for f in (ravelled_transpose, ravelled_in_columns, adjoint_in_columns, adjoint_in_columns_in_an_arm,
                          filled_in_a_loop_and_reshaped) for x in (0.7, 0.3)),
    (adjoint_in_columns_before_a_loop, M, 0.7), (adjoints_in_columns_before_a_loop, M, 0.7),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_view(case):
    check(*case)


def test_an_adjoint_is_brought_into_rows_once():
    source = grad(adjoint_in_columns_before_a_loop, argnums=1).source_for(M, 0.7)
    assert "\n    da = da.copy()\n" in source and source.count("copy()") == 1


def iterated_and_bound_anew(v, x):
    u = v.copy()
    for r in u:
        for _ in range(2):
            if x < 0.5:
                u = u + u[0]
        u += r * x
    return np.sum(u)


def kept_and_bound_anew(v, x):
    u = v.copy()
    k = u
    for i in range(2):
        for _ in range(i - 1):
            u = u + u[0]
        x += k[0]
        u += x
    return np.sum(u)


def merged_at_two_branches(v, x):
    a, b = 2.0 * v, np.sin(v)
    u = a
    for _ in range(2):
        if x < 0.5:
            u = b
    k = a
    for _ in range(2):
        if x > 0.6:
            k = b
    u[0] = 3.0 * x
    return k[0] * x


def joined_in_an_iteration(v, x):
    a, b, s = 2.0 * v, np.sin(v), 0.0
    for i in range(3):
        b[0] = x * i
        s += a[0] * x
        if i == 1:
            a = b
    return s


def two_names_for_what_an_iteration_made(v, x):
    a, b, s = 2.0 * v, np.sin(v), 0.0
    for _ in range(3):
        b[0] = x
        s += a[0] * b[1]
        a = b = a + x * b
    return s


def best_so_far(v, x):
    best, u, s = 2.0 * v, np.sin(v), 0.0
    for _ in range(3):
        u[1] = s + x
        if np.sum(u) < 0.3:
            best = u
        s += best[1] + u[0]
    return s


@pytest.mark.parametrize("f", [iterated_and_bound_anew, kept_and_bound_anew, merged_at_two_branches, joined_in_an_iteration,
                               two_names_for_what_an_iteration_made, best_so_far], ids=lambda f: f.__name__)
def test_a_name_that_may_be_what_is_written_to_is_not_read(f):
    """Over several branches and loops: what a name may be, another may be as well."""
    with pytest.raises(AliasError, match="may or may not go to memory that has another name"):
        grad(f)(V, 0.7)


def rotated_buffers(v, x):
    a, b, c, s = 2.0 * v, np.sin(v), v * v, 0.0
    for i in range(4):
        b[0] = x * i + a[1]
        c[1] = b[0] * a[2]
        s += a[0] * x
        a, b, c = b, c, a
    return s


def exchanged_in_an_iteration(v, x):
    a, b, s = 2.0 * v, np.sin(v), 0.0
    for i in range(3):
        b[0] = x * i
        s += a[0] * x
        if i == 1:
            a, b = b, a
    return s


def two_steps_back(v, x):
    a, s = 2.0 * v, 0.0
    before = a.copy()
    for _ in range(4):
        new = a + x * before
        new[0] = before[1] * x
        before, a = a, new
        s += a[0]
    return s


@pytest.mark.parametrize("f", [rotated_buffers, exchanged_in_an_iteration, two_steps_back], ids=lambda f: f.__name__)
def test_names_that_are_exchanged_stay_apart(f):
    check(f, V, 0.7)


def swap_then_read_the_array(u, n):
    u, v = u.copy(), 2.0 * u
    x, y = u, v
    for _ in range(n):
        y[1:-1] = x[:-2] * x[2:]
        x, y = y, x
    return np.sum(x) + np.sum(u**2)


def read_the_array_in_the_loop(u, n):
    u, v = u.copy(), 2.0 * u
    x, y, total = u, v, 0.0
    for _ in range(n):
        total += np.sum(u)
        x[0] = 0.1 * total
        x, y = y, x
    return total


def name_moves_on(u, n):
    u, v = u.copy(), 2.0 * u
    x = u
    for _ in range(n):
        x[0] = x[1] * 0.5
        x = v
    return np.sum(x) + np.sum(v)


@pytest.mark.parametrize("f", [swap_then_read_the_array, read_the_array_in_the_loop, name_moves_on])
def test_arrays_that_a_loop_gives_other_names_are_not_read_by_their_own(f):
    with pytest.raises(AliasError, match="copy the array"):
        grad(f)(ROWS[0], 3)


def test_one_row_in_two_places_of_a_list_is_refused_when_written():
    def f(rows):
        work = [row[:] for row in rows]
        work[2] = work[0]
        work[2][1] *= 3.0
        return work[0][1]

    with pytest.raises(AliasError, match="same memory"):
        grad(f)([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def test_an_array_in_two_places_of_a_list_is_refused_when_multiplied_in_place():
    def f(rows):
        work = [row[:] for row in rows]
        work[2] = work[0]
        work[2] *= 3.0
        return work[0][1]

    with pytest.raises(AliasError, match="same memory"):
        grad(f)([V.copy(), W.copy(), V.copy()])


def doubles_each(rows):
    for row in rows:
        row *= 2.0
    return np.sum(rows[0] * rows[-1])


def replaces_the_first(rows):
    rows[0] = 2.0 * rows[0]
    return np.sum(rows[0] * rows[-1])


def writes_into_the_first(rows):
    rows[0][0][0] = 5.0 * rows[0][0][1]
    return sum(np.sum(v * v) for row in rows for v in row)


@pytest.mark.parametrize("others", [0, 1, 2])
def test_items_of_a_list_that_are_the_same_memory_are_refused_wherever_they_stand(others):
    between = [W[:4].copy() for _ in range(others)]
    for first, last in ((V[:4], V[:4]), (V[:4], V[2:]), (V[2:], V[3::-1]), (V.copy(),) * 2):
        first, last = (first[:4], last[:4]) if others else (first, last)
        with pytest.raises(AliasError, match="two items of rows"):
            grad(doubles_each)([first, *between, last])
    with pytest.raises(AliasError, match="two items of rows"):
        grad(writes_into_the_first)([[V], *([v] for v in between), [W, V]])
    with pytest.raises(AliasError, match="two items of rows"):
        one = [V]
        grad(writes_into_the_first)([one, *([v] for v in between), one])


def test_items_of_a_list_that_interleave_or_are_replaced_are_not_refused():
    rows = [V[::2].copy(), W[:3].copy(), V[1::2].copy()]
    for f, given in ((doubles_each, [V[::2], W[:3], V[1::2]]), (replaces_the_first, rows)):
        assert all(map(np.array_equal, grad(f)(given), grad(f)(rows)))
    same = grad(replaces_the_first)([V, W, V])
    assert np.allclose(same[0], 2.0 * V) and np.allclose(same[2], 2.0 * V)


# -- arguments that share memory ---------------------------------------------------------------


def writes_first(v, k):
    v[0] = k[0] * 2.0
    return np.sum(v * k)


def writes_no_argument(v, k):
    v = v.copy()
    v[0] = k[0] * 2.0
    return np.sum(v * k)


def writes_in_helper(v, k):
    scale_in_place(v[1:], k[0])
    return np.sum(v * k)


def writes_dead(v, k):
    k[0] = 3.0
    return np.sum(v**2)


def writes_swapped(v, k, n):
    for _ in range(n):
        k[:] = np.sin(v)
        v, k = k, v
    return np.sum(v * v)


def writes_by_recursion(v, k, n):
    if n == 0:
        return np.sum(v * k)
    v[n - 1] = k[n] * 2.0
    return writes_by_recursion(v, k, n - 1)


def writes_in_branch(v, k):
    if k[0] > 100.0:
        v *= 2.0
    return v @ k


def writes_list(v, k):
    v[0] = k[1] * 2.0
    return v[0] * k[0]


def writes_in_dict(p, q):
    p["a"][0] = 3.0 * q["b"][1]
    return np.sum(p["a"] * q["b"])


SHARED = [
    (writes_first,), (writes_in_helper,), (writes_dead,), (writes_swapped, 2), (writes_by_recursion, 2),
    (writes_in_branch,),
]


@pytest.mark.parametrize("case", SHARED, ids=lambda case: case[0].__name__)
def test_the_same_array_given_twice_is_refused_where_it_is_written_to(case):
    f, *rest = case
    v = V.copy()
    check(f, V, W, *rest)
    for a, b in ((v, v), (v, v[::-1]), (v, v[:])):
        for call in (grad(f), value_and_grad(f), lambda *args: vjp(f, *args)):
            with pytest.raises(AliasError) as error:
                call(a, b, *rest)
            assert "are the same memory" in str(error.value) and f.__name__ in str(error.value)
            assert ".copy()" in str(error.value)
    assert np.array_equal(v, V)


def test_parts_that_overlap_and_parts_that_do_not():
    g, v, m = grad(writes_first), V.copy(), M.copy()
    with pytest.raises(AliasError):
        g(v[:4], v[2:])
    for a, b in ((v[:3], v[3:]), (v[::2], v[1::2]), (m[:, 0], m[:, 1])):
        assert np.array_equal(g(a, b), g(a.copy(), b.copy()))


def test_the_same_array_may_be_given_twice_where_it_is_not_written_to():
    v = V.copy()
    expected = grad(writes_no_argument)(v, v.copy())
    assert np.array_equal(grad(writes_no_argument)(v, v), expected)


def test_the_same_list_or_part_of_a_structure_given_twice():
    numbers, v = [1.0, 2.0], V.copy()
    with pytest.raises(AliasError, match="v and k"):
        grad(writes_list)(numbers, numbers)
    assert grad(writes_list)(numbers, [1.0, 2.0]) == [0.0, 0.0]
    with pytest.raises(AliasError, match=r"p\['a'\] and q\['b'\]"):
        grad(writes_in_dict)({"a": v, "b": W}, {"a": W, "b": v})


TABLE = V.copy()


def test_an_argument_that_is_a_global_too():
    def f(v):
        v[0] = 2.0 * v[1]
        return np.sum(v * TABLE)

    assert np.array_equal(grad(f)(V)[2:], V[2:])
    with pytest.raises(AliasError, match="v and TABLE"):
        grad(f)(TABLE)


def test_the_same_array_given_twice_to_a_gradient_inside():
    def f(v):
        return np.sum(grad(writes_first)(v, v))

    with pytest.raises(AliasError, match="v and k are the same memory"):
        grad(f)(V)


# -- objects given twice -------------------------------------------------------------------------


class Box:
    def __init__(self, a):
        self.a = a


def assigns_an_attribute(p, q):
    p.a = q.a * 2.0
    return p.a * q.a


def assigns_a_key(p, q):
    p["a"] = q["a"] * 2.0
    return p["a"] * q["a"]


def assigns_an_item(p, q):
    p[0] = q[0] * 2.0
    return p[0] * q[0]


def assigns_inside(p):
    p["one"]["a"] = p["two"]["a"] * 2.0
    return p["one"]["a"] * p["two"]["a"]


def assigns_to_one_row(rows):
    rows[0][0] = 2.0 * rows[1][0]
    return np.sum(rows[0] * rows[1])


def assigns_in_nested_lists(rows):
    for row in rows:
        row[0] = row[0] * 2.0
    return rows[0][0] * rows[1][0]


def pair(make):
    one = make()
    return one, one


@pytest.mark.parametrize(("f", "apart", "same"), [
    (assigns_an_attribute, (Box(3.0), Box(3.0)), pair(lambda: Box(3.0))),
    (assigns_a_key, ({"a": 3.0}, {"a": 3.0}), pair(lambda: {"a": 3.0})),
    (assigns_an_item, ([3.0, 1], [3.0, 1]), pair(lambda: [3.0, 1])),
    (assigns_inside, ({"one": {"a": 3.0}, "two": {"a": 3.0}},), ({k: v for k, v in zip(("one", "two"), pair(
        lambda: {"a": 3.0}))},)),
    (assigns_to_one_row, ([V, W],), ([V, V],)),
    (assigns_in_nested_lists, ([[1.0], [2.0]],), ([[1.0]] * 2,)),
], ids=lambda x: getattr(x, "__name__", ""))
def test_an_object_given_twice_is_refused_where_it_is_assigned_to(f, apart, same):
    gradient = grad(f)
    gradient(*apart)
    for call in (gradient, value_and_grad(f)):
        with pytest.raises(AliasError, match="the same (object|memory)"):
            call(*same)


def test_an_exported_module_says_what_must_be_apart(tmp_path):
    def f(p, q):
        p[0] = q[0] * 2.0
        return np.sum(p * q)

    gradient = grad(f)
    gradient.export(tmp_path / "made.py", V, W)
    assert "# p and q must not be the same: f_grad writes to p, and does not check." in (
        tmp_path / "made.py").read_text()


@pytest.mark.parametrize("join", [lambda m: np.concatenate([m.T, m.T], axis=1), lambda m: np.stack([m.T, m.T])])
def test_what_is_joined_need_not_be_in_rows(join):
    def f(m):
        w = join(m)
        rows = w.reshape(-1)
        rows[0] = 3.0 * m[0, 1]
        return np.sum(w * w * w)

    with pytest.raises(AliasError, match="may or may not"):
        grad(f)(M)


@pytest.mark.parametrize("converted", [lambda a: a.astype(float, copy=False), lambda a: np.astype(a, np.float64, copy=False),
                                       lambda a: a.astype(np.float64), lambda a: a.astype(float, copy=1),
                                       lambda a: a.astype(float, "K", "unsafe", True, 0)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_what_is_converted_is_the_same_array_where_numpy_copies_nothing(converted, dtype):
    def f(v):
        a = v + v
        b = converted(a)
        b[0] = 3.0 * a[1]
        return np.sum(a * a) + np.sum(b * v)

    x = V.astype(dtype)
    assert value_and_grad(f)(x)[0] == f(x.copy())
    if dtype == np.float64:                         # differences are taken in double precision: there it is the same array
        check(f, x)


def test_memory_written_to_through_a_function_that_returns_it():
    def f(a, b):
        c = np.broadcast_arrays(a, a)[0]
        c[0] = 2.0 * b[1]
        return np.sum(c) * b[1]

    x = np.ones(3)
    with pytest.raises(AliasError, match="a and b are the same memory"):
        grad(f, argnums=(0, 1))(x, x)
