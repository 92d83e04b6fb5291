"""with blocks that touch no values, try/finally, try/except when nothing is raised."""
import contextlib
import math
import os
import threading

import numpy as np
import pytest

from symgrad import grad
from symgrad.errors import SymgradError
from tests.helpers import check

V = np.array([0.4, -0.7, 1.2])
lock = threading.Lock()


@contextlib.contextmanager
def timed(log):
    log.append("in")
    try:
        yield log
    finally:
        log.append("out")


class Section:
    def __init__(self):
        self.depth = 0

    def __enter__(self):
        self.depth += 1
        return self

    def __exit__(self, *exception):
        self.depth -= 1
        return False


def errstate(v, x):
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = v / (x * x)
        logs = np.where(v > 0.0, np.log(np.abs(v)), 0.0)
    return np.sum(ratio * logs)


def errstate_in_loop(v, n):
    for _ in range(n):
        with np.errstate(all="ignore"):
            v = v * np.exp(-v * v)
            if v[0] > 10.0:
                break
    return np.sum(v)


def contextmanager_function(x):
    log = []
    with timed(log) as entries:
        y = x * x
        entries.append("body")
    return y * len(log)


def class_context(x, y):
    with Section() as outer, Section():
        z = x * y
        depth = outer.depth
        with contextlib.nullcontext(x) as same:
            z += same * depth
    return z * z + outer.depth


def lock_and_file(x):
    with lock:
        y = math.sin(x)
    with open(os.devnull, "w") as out:
        print(y, file=out)
        return y * x


def return_inside_with(v, x):
    for e in v:
        with np.errstate(over="raise"):
            if e > 1.0:
                return e * x
            x = x + e * e
    return x


def exit_stack(x):
    with contextlib.ExitStack() as stack:
        stack.enter_context(Section())
        return x**3


def try_finally(x, y):
    z = x
    try:
        z = z * y
    finally:
        z = z + x * x
    return z * z


def try_finally_return(x, y):
    try:
        z = x * x
        return z * y
    finally:
        z = z * y


def try_except_not_raised(x, y):
    try:
        z = math.log(x) / y
    except ZeroDivisionError:
        z = 0.0
    except (ValueError, OverflowError) as error:
        print(error)
        z = -1.0
    return z * x


def try_else_finally(x):
    closed = False
    try:
        y = math.sqrt(x)
    except ValueError:
        return 0.0
    else:
        y = y * x
    finally:
        closed = True
    return y if closed else 0.0


def try_in_loop(v, x):
    total = 0.0
    for e in v:
        try:
            step = math.exp(e * x)
        except OverflowError:
            break
        total += step * e
    return total


def try_in_helper(v):
    def cautious(a):
        try:
            return np.linalg.solve(a, v)
        except np.linalg.LinAlgError:
            return np.zeros(3)

    return np.sum(cautious(np.outer(v, v) + np.eye(3)) ** 2)


CASES = [
    (errstate, V, 0.7), (errstate_in_loop, V, 3), (errstate_in_loop, V, 0), (contextmanager_function, 0.7),
    (class_context, 1.3, 0.7), (lock_and_file, 0.7), (return_inside_with, V, 0.7),
    (return_inside_with, V[:2], 0.7), (exit_stack, 0.7), (try_finally, 1.3, 0.7),
    (try_finally_return, 1.3, 0.7), (try_except_not_raised, 1.3, 0.7), (try_else_finally, 1.3),
    (try_in_loop, V, 0.7), (try_in_loop, V[:0], 0.7), (try_in_helper, V),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_with_and_try(case):
    check(*case)


def test_lock_is_released():
    grad(lock_and_file)(0.7)
    assert lock.acquire(blocking=False)
    lock.release()


def test_finally_runs_once():
    log = []

    def f(x):
        try:
            return x * x
        finally:
            log.append("done")

    assert grad(f)(3.0) == 6.0
    assert log == ["done"]


def test_finally_runs_when_the_primal_raises():
    log = []

    def f(x):
        try:
            log.append(x)
            return math.sqrt(x) * x
        finally:
            log.append("closed")

    with pytest.raises(ValueError):
        grad(f)(-1.0)
    assert log == [-1.0, "closed"]


def test_an_exception_that_is_caught_is_right_or_refused():
    def f(x):
        y = x * x
        try:
            y = y * 3.0
            y = math.sqrt(-x) * y
        except ValueError:
            y = y * x
        return y

    try:
        slope = grad(f)(2.0)
    except (SymgradError, NotImplementedError):
        return
    assert slope == pytest.approx(9.0 * 2.0**2, rel=1e-12)
