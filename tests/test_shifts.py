"""Maxima that cancel carry no adjoint; maxima that do not cancel, though it looks like it, do."""
import math

import numpy as np
import pytest

from symgrad import grad
from symgrad.passes import without
from tests.helpers import check

V = np.array([0.3, -0.8, 1.1, 0.4])
M = np.array([[0.3, -0.8, 1.1], [0.4, 0.9, -0.2]])
W = np.array([0.7, -0.4, 1.3, 0.2])
A = np.array([[0.7, 1.3, 0.2], [1.9, 0.4, 1.1]])
SQUARE = np.array([[0.7, 1.3], [0.2, 1.9]])

# -- of vectors ---------------------------------------------------------------------------------------

CANCEL = {
    "log-sum-exp": lambda v: np.max(v) + np.log(np.sum(np.exp(v - np.max(v)))),
    "the maximum last": lambda v: np.log(np.sum(np.exp(v - np.max(v)))) + np.max(v),
    "subtracted from": lambda v: -(-np.log(np.sum(np.exp(v - np.max(v)))) - np.max(v)),
    "softmax": lambda v: np.dot(W, np.exp(v - np.max(v)) / np.sum(np.exp(v - np.max(v)))),
    "a mean": lambda v: np.max(v) + np.log(np.mean(np.exp(v - np.max(v)))),
    "nothing of it": lambda v: (np.max(v) - np.max(v)) + np.sum(v),
    "a difference": lambda v: np.sum((v - np.max(v)) - (W - np.max(v))),
    "a negative shift": lambda v: np.log(np.sum(np.exp(-(np.max(v) - v)))) + np.max(v),
    "a factor": lambda v: np.sum(np.exp(v - np.max(v)) * np.exp(np.max(v))),
    "an inverse factor": lambda v: np.sum(np.exp(v - np.max(v)) / np.exp(-np.max(v))),
    "squares": lambda v: np.sum((np.exp(v - np.max(v)) * np.exp(v - np.max(v))) / (
        np.sum(np.exp(v - np.max(v))) * np.sum(np.exp(v - np.max(v))))),
}
KEEP = {
    "an initial value": lambda v: np.max(v) + np.log(np.sum(np.exp(v - np.max(v)), None, None, None, False, 5.0)),
    "not added again": lambda v: np.log(np.sum(np.exp(v - np.max(v)))),
    "added twice": lambda v: 2.0 * np.max(v) + np.log(np.sum(np.exp(v - np.max(v)))),
    "subtracted again": lambda v: np.log(np.sum(np.exp(v - np.max(v)))) - np.max(v),
    "times": lambda v: np.max(v) * np.log(np.sum(np.exp(v - np.max(v)))),
    "twice inside": lambda v: np.max(v) + np.log(np.sum(np.exp(v - 2.0 * np.max(v)))),
    "another argument": lambda v: np.max(v) + np.log(np.sum(np.exp(2.0 * v - np.max(v))) + 1.0),
    "half a softmax": lambda v: np.dot(W, np.exp(v - np.max(v)) / np.sum(np.exp(v))),
    "an exponential of it": lambda v: np.sum(np.exp(v - np.max(v))) * np.exp(2.0 * np.max(v)),
    "plus a constant inside": lambda v: np.max(v) + np.log(np.sum(np.exp(v - np.max(v))) + 0.5),
    "a square": lambda v: np.max(v) + np.log(np.sum(np.exp(v - np.max(v)) ** 2)),
    "a sine": lambda v: np.max(v) + np.sin(np.sum(np.exp(v - np.max(v)))),
    "a product of shifts": lambda v: np.sum((v - np.max(v)) * (v + np.max(v))),
    "a quotient of shifts": lambda v: np.sum((v - np.max(v)) / (3.0 + np.max(v))),
    "a negated shift": lambda v: np.sum(-(v - np.max(v))),
    "a product of factors": lambda v: np.sum(np.exp(v - np.max(v)) * np.exp(v - np.max(v))),
    "a quotient the wrong way": lambda v: np.sum(np.exp(v - np.max(v)) / np.exp(np.max(v))),
    "a sum of a shift": lambda v: np.sum(v - np.max(v)) + np.max(v),
    "under a condition": lambda v: np.max(v) + (np.log(np.sum(np.exp(v - np.max(v)))) if v[0] > 0.0 else 0.0) * 0.5,
}


@pytest.mark.parametrize("f", [*CANCEL.values(), *KEEP.values()], ids=[*CANCEL, *KEEP])
def test_vector(f):
    check(f, V)


@pytest.mark.parametrize("f", CANCEL.values(), ids=CANCEL)
def test_no_adjoint_of_a_maximum_that_cancels(f):
    assert "==" not in reverse(f), reverse(f)
    with without("shifts"):
        check(lambda v: f(v), V)


def reverse(f, v=V):
    """The generated text; a comparison in it shares the adjoint of a maximum out."""
    return grad(f).source_for(v)


# -- along axes ----------------------------------------------------------------------------------------

ROWS_CANCEL = {
    "rows, axes kept": lambda m: np.sum(np.max(m, axis=1, keepdims=True) + np.log(
        np.sum(np.exp(m - np.max(m, axis=1, keepdims=True)), axis=1, keepdims=True))),
    "columns": lambda m: np.sum(np.max(m, axis=0) + np.log(np.sum(np.exp(m - np.max(m, axis=0)), axis=0))),
    "all": lambda m: np.max(m) + np.log(np.sum(np.exp(m - np.max(m)))),
    "all, row by row": lambda m: np.sum(np.max(m) + np.log(np.sum(np.exp(m - np.max(m)), axis=1))),
}
ROWS_KEEP = {
    "rows, by an index that is not followed": lambda m: np.sum(
        np.max(m, axis=1) + np.log(np.sum(np.exp(m - np.max(m, axis=1)[:, None]), axis=1))),
    "a maximum of rows, a sum of all": lambda m: np.sum(np.max(m, axis=1)) + np.log(
        np.sum(np.exp(m - np.max(m, axis=1)[:, None]))),
    "a maximum of columns, a sum of rows": lambda m: np.sum(np.max(m, axis=0)) + np.sum(
        np.log(np.sum(np.exp(m - np.max(m, axis=0)), axis=1))),
    "a maximum of rows, a quotient of columns": lambda m: np.sum(
        np.sum(np.exp(m - np.max(m, axis=1, keepdims=True)) * A, axis=0)
        / np.sum(np.exp(m - np.max(m, axis=1, keepdims=True)), axis=0)),
    "axes that cross in a product": lambda m: np.sum(SQUARE * np.sum(
        np.exp(m - np.max(m, axis=1, keepdims=True)), axis=1) * np.exp(np.max(m, axis=1, keepdims=True))),
    "axes that cross in a sum": lambda m: np.sum(SQUARE * np.sin(np.max(m, axis=1, keepdims=True) + np.log(
        np.sum(np.exp(m - np.max(m, axis=1, keepdims=True)), axis=1)))),
    "axes kept by position": lambda m: np.sum(SQUARE * np.sin(np.max(m, axis=1) + np.log(
        np.sum(np.exp(m - np.max(m, axis=1, keepdims=True)), 1, None, None, True)))),
    "a sum that starts elsewhere": lambda m: np.sum(np.max(m, axis=0) + np.log(
        np.sum(np.exp(m - np.max(m, axis=0)), axis=0, initial=1.0))),
    "a sum of some": lambda m: np.sum(np.sum(np.exp(m - np.max(m, axis=1, keepdims=True)), axis=0, where=A > 1.0)
                                      / np.sum(np.exp(m - np.max(m, axis=1, keepdims=True)), axis=0)),
    "a maximum of rows, a mean of columns": lambda m: np.sum(np.max(m, axis=1)) + np.sum(
        np.log(np.mean(np.exp(m - np.max(m, axis=1, keepdims=True)), axis=0))),
}


@pytest.mark.parametrize("f", [*ROWS_CANCEL.values(), *ROWS_KEEP.values()], ids=[*ROWS_CANCEL, *ROWS_KEEP])
def test_matrix(f):
    check(f, M)


@pytest.mark.parametrize("f", ROWS_CANCEL.values(), ids=ROWS_CANCEL)
def test_no_adjoint_along_axes(f):
    assert "==" not in reverse(f, M), reverse(f, M)


# -- in loops --------------------------------------------------------------------------------------------


def in_loops(v):
    m = v[0]
    for i in range(1, len(v)):
        m = max(m, v[i])
    total = 0.0
    for i in range(len(v)):
        total += math.exp(v[i] - m)
    return m + math.log(total)


def in_loops_once_too_often(v):
    m = v[0]
    for i in range(1, len(v)):
        m = max(m, v[i])
    total = 0.0
    for i in range(len(v)):
        total += math.exp(v[i] - m) * (1.0 + m)
    return m + math.log(total)


def in_loops_with_a_constant(v):
    m = v[0]
    for i in range(1, len(v)):
        m = max(m, v[i])
    total = 1.0
    for i in range(len(v)):
        total += math.exp(v[i] - m)
    return m + math.log(total)


def in_loops_that_scale(v):
    m = max(v[0], v[1])
    total = 0.0
    for i in range(len(v)):
        total = total * 0.5 + math.exp(v[i] - m)
    return m + math.log(total)


@pytest.mark.parametrize("f", [in_loops, in_loops_once_too_often, in_loops_with_a_constant, in_loops_that_scale])
def test_loops(f):
    check(f, V)


def test_no_adjoint_of_a_maximum_made_by_a_loop():
    assert "max(" not in grad(in_loops).source_for(V).split("# reverse")[-1]


def written_out(v):
    m = -1e300
    for i in range(len(v)):
        if v[i] > m:  # noqa: PLR1730
            m = v[i]
    total = 0.0
    for i in range(len(v)):
        total += math.exp(v[i] - m)
    return m + math.log(total)


def written_out_of_two(a, b):
    m = a if b < a else b  # noqa: FURB136
    return m + math.log(math.exp(a - m) + math.exp(b - m))


def chosen_for_another_reason(v):
    m = v[0]
    for i in range(1, len(v)):
        if v[i] > 2.0 * m:
            m = v[i]
    return m + math.log(math.exp(v[0] - m) + 1.0)


def test_a_maximum_written_out():
    check(written_out, V)
    check(written_out_of_two, 0.3, 0.7)
    check(chosen_for_another_reason, V)
    assert "if" not in grad(written_out).source_for(V).split("# reverse")[-1]
    assert "if" not in grad(written_out_of_two, argnums=(0, 1)).source_for(0.3, 0.7).split("# reverse")[-1]
