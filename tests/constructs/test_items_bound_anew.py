"""Items of run-time lists that get other places, or whose place gets another item: names are still what they were."""
import numpy as np
import pytest

from symgrad import AliasError, UnsupportedError, value_and_grad
from tests.helpers import check

X, Y = np.array([0.3, -0.8, 1.1]), np.array([1.3, 0.4, -0.7])


def replaced(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    a = rows[1]
    rows[1] = y * 2.0
    return np.dot(a, y) + rows[1][0] * rows[0][1]


def written_then_replaced(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    a = rows[1]
    a[0] = y[0]
    rows[1] = y * 2.0
    return np.dot(a, y) + rows[1][0]


def replaced_at_a_known_index(x, y, n):
    rows = [x * 2.0, y * 3.0]
    a = rows[n % 2]
    rows[0] = x * 5.0
    return np.dot(a, y) + rows[0][0]


def replaced_in_a_loop(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    a = rows[1]
    for k in range(n):
        rows[k] = y * a
    return np.sum(a) * rows[1][0]


def the_one_before(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    before = rows[0]
    for k in range(1, n):
        now = rows[k]
        rows[k] = before * now
        before = now
    return np.sum(rows[-1]) * before[0]


def replaced_by_a_helper(x, y, n):
    def change(rows):
        rows[1] = y

    rows = [x * (k + 1.0) for k in range(n)]
    a = rows[1]
    change(rows)
    return np.sum(a) * rows[1][0]


def replaced_in_a_dict(x, y, n):
    rows = {k: x * (k + 1.0) for k in range(n)}
    a = rows[1]
    rows[1] = y * 3.0
    return np.sum(a) * rows[1][0]


def exchanged(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    rows[0], rows[n - 1] = rows[n - 1], rows[0]
    rows[0][0] = y[0] * rows[1][0]
    rows[n - 1][1] *= 3.0
    return np.dot(rows[0], y) + np.sum(rows[-1] * rows[1])


def exchanged_by_a_name(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    t = rows[1]
    rows[1] = rows[2]
    rows[2] = t
    rows[1][0] = y[0] * rows[2][0]
    return np.dot(rows[1], y) + np.sum(rows[2])


def exchanged_in_a_loop(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    for k in range(n):
        rows[k % 2], rows[k % 3] = rows[k % 3], rows[k % 2]
        rows[0][0] *= y[1]
        rows[1][1] += rows[0][0] ** 2
    return np.dot(rows[1], y) + np.sum(rows[2]) * np.sum(rows[0])


def turned(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    t = rows[0]
    for k in range(n - 1):
        rows[k] = rows[k + 1]
    rows[n - 1] = t
    return np.dot(rows[0], y) + np.sum(rows[n - 1])


def solved(x, y, n):
    a = [[np.sin(x[(i * 2 + j) % 3]) + i * y[j] for j in range(n)] for i in range(n)]
    b = [y[i] for i in range(n)]
    for k in range(n):
        p = k
        for i in range(k + 1, n):
            if abs(a[i][k]) > abs(a[p][k]):
                p = i
        if p != k:
            a[k], a[p] = a[p], a[k]
            b[k], b[p] = b[p], b[k]
        for i in range(k + 1, n):
            f = a[i][k] / a[k][k]
            for j in range(k, n):
                a[i][j] -= f * a[k][j]
            b[i] -= f * b[k]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            b[i] -= a[i][j] * b[j]
        b[i] /= a[i][i]
    return sum(b)


def last_item_of_a_list_that_grows(x, y, n):
    states = [x]
    for _ in range(n):
        h = states[-1]
        states.append(np.tanh(h * y))
        states.append(h + states[-1])
    return np.sum(states[-1] * states[2])


def taken_out(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    a, b = rows[1], rows[-1]
    rows.pop()
    del rows[0]
    rows.append(y)
    return np.dot(a, b) + rows[0][0] * rows[-1][1]


def turned_round(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    a = rows[0]
    rows.reverse()
    return np.dot(a, y) + rows[0][1]


def all_replaced(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    a = rows[1]
    rows[:] = [y * 2.0, y * 3.0]
    return np.sum(a) * rows[1][0]


def lists_of_numbers(x, y, n):
    rows = [[x[0] * k, y[1]] for k in range(n)]
    row = rows[1]
    rows[1] = rows[2]
    rows[2] = row
    return rows[1][0] * rows[2][1] * 2 + rows[2][0] * 5


def looped_over_while_it_changes(x, y, n):
    rows = [x * y, y.copy(), x.copy()]
    for i, b in enumerate(rows):
        rows[(i + n) % 3] = b
    return rows[0][1] + rows[1][0] * 5 + rows[2][2] * 7


def left_once_it_is_shorter(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    for i, row in enumerate(rows):
        if row[0] > 0.5:
            rows.pop(i)
            break
    return rows[0][0] + rows[1][1] * y[0]


def the_largest_so_far(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    best = rows[0]
    for k in range(1, n):
        if rows[k][0] > best[0]:
            best = rows[k]
        rows[k - 1] = y * best
    return np.sum(rows[-1]) * best[0] * rows[0][1]


def another_list_that_grows(x, y, n):
    rows, out = [x * 2.0, x * 3.0, y], []
    for row in rows:
        out.append(row * 2.0)
        rows[n - 1] = x
    return out[0][0] + rows[1][1] + np.sum(rows[2] * out[2])


RIGHT = [replaced, written_then_replaced, replaced_at_a_known_index, replaced_in_a_loop, the_one_before, replaced_by_a_helper,
         replaced_in_a_dict, exchanged, exchanged_by_a_name, exchanged_in_a_loop, turned, solved, last_item_of_a_list_that_grows,
         taken_out, turned_round, all_replaced, lists_of_numbers, looped_over_while_it_changes,
         left_once_it_is_shorter, the_largest_so_far, another_list_that_grows]


@pytest.mark.parametrize("f", RIGHT, ids=lambda f: f.__name__)
def test_a_name_is_what_it_was(f):
    check(f, X, Y, 3, argnums=(0, 1))


def put_by_two_names(x, y, n):
    rows = [x * 2.0, y * 3.0]
    c = x * y
    for i in range(n):
        rows[i % 2][0] *= y[1]
        rows[1] = c
    return np.sum(c) + np.sum(rows[0]) * rows[1][0]


def put_twice(x, y, n):
    rows = [x * (k + 1) for k in range(n)]
    c = x * y
    rows[1] = c
    rows[2] = c
    rows[1][0] = y[0] * rows[2][0]
    return np.dot(rows[1], y) + np.sum(rows[2])


def put_twice_by_a_loop(x, y, n):
    rows = [x * (k + 1) for k in range(n)]
    for _ in range(n):
        rows[0][0] *= 2.0
        rows[1] = rows[0]
    return np.dot(rows[1], y)


def put_twice_in_an_arm(x, y, n):
    rows = [x * (k + 1) for k in range(n)]
    if y[0] > 0.0:
        rows[1] = rows[0]
    rows[0][0] *= 2.0
    return np.dot(rows[1], y)


def of_a_copy(x, y, n):
    rows = [x * (k + 1) for k in range(n)]
    other = rows.copy()
    other[0][0] = y[0]
    return np.dot(rows[0], y)


def of_a_sum(x, y, n):
    rows = [x * (k + 1) for k in range(n)]
    other = rows[1:] + [x * 2.0]
    other[0][0] = y[0]
    return np.dot(rows[1], y)


def of_a_comprehension(x, y, n):
    rows = [x * (k + 1) for k in range(n)]
    other = [row for row in rows]
    other[0][0] = y[0]
    return np.dot(rows[0], y)


def gathered_again_and_again(x, y, n):
    c = x * y
    rows = [c for _ in range(n)]
    rows[0][0] = y[0]
    return np.dot(rows[1], y)


def repeated(x, y, n):
    rows = [x * y] * n
    rows[0][0] = y[0]
    return np.dot(rows[1], y)


def taken_out_of_a_copied_list(x, y, n):
    rows = [x * (k + 1) for k in range(n)]
    other = rows.copy()
    a = other.pop(0)
    a[1] = y[2]
    return np.dot(rows[0], y)


def taken_out_and_still_there(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    rows.append(rows[0])
    a = rows.pop(0)
    a[2] = y[0]
    return np.sum(rows[-1]) + a[1]


def put_twice_and_turned_round(x, y, n):
    rows = [x * (k + 1.0) for k in range(n)]
    rows[n - 1] = rows[1]
    rows.reverse()
    rows[n - 1] = x * y
    rows[0][1] += rows[1][2] * 0.5
    return np.sum(rows[0]) + np.dot(rows[1], y)


REFUSED = [put_twice_and_turned_round, taken_out_and_still_there, put_by_two_names, put_twice, put_twice_by_a_loop,
           put_twice_in_an_arm, of_a_copy, of_a_sum, of_a_comprehension, gathered_again_and_again, repeated, taken_out_of_a_copied_list]


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_memory_with_two_names_is_refused(f):
    with pytest.raises(AliasError, match="another name|same memory") as error:
        value_and_grad(f, argnums=(0, 1))(X, Y, 3)
    assert "What to do: " in str(error.value)


def grows_while_it_is_looped_over(x, n):
    rows = [x * (k + 1.0) for k in range(n)]
    for row in rows:
        if len(rows) < 6:
            rows.append(row * 0.5)
    return rows[0][0] + rows[-1][0]


def grows_while_it_is_written_out(x, n):
    rows = [x * 2.0, x * n]
    for row in rows:
        if len(rows) < 5:
            rows.append(row * 0.5)
    return rows[0][0] + rows[-1][0]


@pytest.mark.parametrize("f", [grows_while_it_is_looped_over, grows_while_it_is_written_out])
def test_a_list_that_grows_while_it_is_looped_over_is_refused(f):
    with pytest.raises(UnsupportedError, match="longer or shorter while it is looped over"):
        value_and_grad(f)(X, 3)
