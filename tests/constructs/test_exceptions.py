"""Exceptions that happen and are handled: which way it went is a branch, and each way has its derivative."""
import contextlib
import math

import numpy as np
import pytest

from symgrad import grad, value_and_grad
from symgrad.errors import SymgradError
from tests.helpers import check, check_second

V = np.array([0.5, -0.5, 2.0])


def guarded_division(x, n):
    try:
        v = x / n
    except ZeroDivisionError:
        v = x * x
    return v * x


def guarded_in_loop(v, x):
    total = 0.0
    for e in v:
        try:
            total += math.sqrt(e) * x
        except ValueError:
            total += e * e * x
    return total


def not_positive_definite(a):
    try:
        lower = np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        return np.sum(a * a)
    return np.sum(lower**3)


def growing_jitter(v):
    jitter = 0.0
    a = np.outer(v, v) - 0.3 * np.eye(3)
    for _ in range(10):
        try:
            lower = np.linalg.cholesky(a + jitter * np.eye(3))
            break
        except np.linalg.LinAlgError:
            jitter = max(2.0 * jitter, 0.1)
    else:
        raise RuntimeError("not positive definite")
    return np.sum(lower**2 * np.arange(3.0)) + jitter


def raised_in_the_body(x):
    try:
        if x > 0.5:
            raise ValueError("large")
        y = x * 2.0
    except ValueError:
        y = x * x
    return y * x


def raised_in_a_helper(x):
    def limited(a):
        if a > 0.5:
            raise ValueError("large")
        return 2.0 * a

    def careful(a):
        try:
            return limited(a)
        except ValueError as error:
            return limited(0.5 * a) * a + len(str(error))

    return careful(x) * careful(0.3 * x)


def assigned_before_it_raises(x):
    y = x * x
    try:
        y = y * 3.0
        y = math.sqrt(-x) * y
    except ValueError:
        y = y * x
    return y


def statement_by_statement(x):
    y = x
    try:
        y = y * 2.0
        if x > 0.0:
            y = y * math.sqrt(-x)
        else:
            y = y * 3.0
        y = y * 5.0
    except ValueError:
        y = y * y
    return y


def half_an_array(v):
    a = v * 1.0
    try:
        a[0] = 3.0 * v[0] ** 2
        a[1] = math.sqrt(v[1])
        a[2] = 100.0
    except ValueError:
        a[1] = a[0] * v[1]
    return np.sum(a**3)


def element_by_element(v):
    a = np.zeros(3)
    for i in range(3):
        try:
            a[i] = math.sqrt(v[i])
        except ValueError:
            a[i] = v[i] ** 2
    return np.sum(a**3)


def into_a_list(v):
    out = []
    for e in v:
        try:
            out.append(math.log(e))
        except ValueError:
            out.append(e)
    return sum(o * o for o in out)


def loop_that_fails(v):
    total = 0.0
    try:
        for e in v:
            total += math.log(e)
    except ValueError:
        total = np.sum(v * v)
    return total * v[0]


def missing_keys(v):
    table = {0: v[0], 2: v[1]}
    total = 0.0
    for k in range(4):
        try:
            total += table[k] ** 2
        except KeyError:
            total += v[2] * k
    return total


def until_the_end(v):
    total, i = 0.0, 0
    while True:
        try:
            e = v[i]
        except IndexError:
            break
        total += e * e
        i += 1
    return total


def several_handlers(x):
    try:
        y = math.log(-x)
    except ZeroDivisionError:
        y = 1.0
    except (ValueError, OverflowError):
        y = x * 3.0
    else:
        y = y * 2.0
    finally:
        z = x
    return y * z


def nested(x):
    try:
        try:
            y = math.sqrt(-x)
        except ZeroDivisionError:
            y = 5.0 * x
    except ValueError:
        y = 7.0 * x
    return y * y


def tried_again(x):
    for k in range(3):
        try:
            return math.sqrt(x - 1.0 + 0.5 * k)
        except ValueError:
            continue
    return x


def raised_again(x):
    try:
        y = math.sqrt(x)
    except ValueError:
        raise
    except TypeError as error:
        raise RuntimeError("no number") from error
    return y


def text_or_number(x, s):
    try:
        n = int(s)
    except ValueError:
        n = 2
    return x**n


def optional_module(x):
    try:
        import no_such_module as found
    except ImportError:
        found = None
    return x * x if found is None else x


def a_number_or_an_array(x):
    try:
        n = len(x)
    except TypeError:
        n = 1
        x = np.array([x])
    return np.sum(x**2) * n


def default_of_a_dict(p, x):
    try:
        k = p["k"]
    except KeyError:
        k = 2.0
    return k * x * p["a"]


def floating_point_error(v):
    try:
        with np.errstate(divide="raise", invalid="raise"):
            r = v / (v - v[0])
    except FloatingPointError:
        r = v * v
    return np.sum(r)


def suppressed(x):
    y = x
    with contextlib.suppress(ValueError):
        y = y * 2.0
        y = math.sqrt(x) * y
    return y * x


class Swallow:
    def __init__(self):
        self.hits = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None and issubclass(kind, ValueError):
            self.hits += 1
            return True
        return False


def swallowed(x):
    y = x
    with Swallow() as s:
        y = math.sqrt(x) * 2.0
    return y * x * (1 + s.hits)


def until_it_fails(v):
    t = v[0]
    while True:
        try:
            t = math.sqrt(t - 0.3) * 0.9
        except ValueError:
            break
    return t * v[2]


def all_clauses_in_a_loop(v):
    total, n = 0.0, 0
    for e in v:
        try:
            if e > 1.0:
                continue
            total += math.sqrt(e)
        except ValueError:
            total -= e * e
        else:
            total *= 2.0
        finally:
            n += 1
            total += 0.1 * v[0]
    return total * n


def in_a_recursive_function(v, n):
    def go(k, t):
        if k == 0:
            return t
        try:
            s = math.sqrt(v[k % 3] - 0.1 * k)
        except ValueError:
            s = v[0] * k
        return go(k - 1, t * s + s)

    return go(n, 1.0)


def asserted(v):
    total = 0.0
    for e in v:
        try:
            assert e > 0.0, "negative"
            total += e**2
        except AssertionError:
            total += 3.0 * e
    return total


def raised_from_another(x):
    try:
        try:
            y = 1.0 / 0
        except ZeroDivisionError as error:
            raise ValueError("bad") from error
    except ValueError:
        y = x * x
    return y


CASES = [
    (until_it_fails, V), (all_clauses_in_a_loop, V), (in_a_recursive_function, V, 4), (asserted, V),
    (raised_from_another, 0.7),
    (guarded_division, 0.7, 0), (guarded_division, 0.7, 2), (guarded_in_loop, V, 0.7), (guarded_in_loop, V[:0], 0.7),
    (not_positive_definite, -np.eye(2)), (not_positive_definite, np.eye(2)), (growing_jitter, V),
    (raised_in_the_body, 0.7), (raised_in_the_body, 0.3), (raised_in_a_helper, 0.7), (assigned_before_it_raises, 0.7),
    (statement_by_statement, 0.7), (statement_by_statement, -0.7),
    (half_an_array, V), (half_an_array, abs(V)), (element_by_element, V), (into_a_list, V), (loop_that_fails, V),
    (loop_that_fails, abs(V)), (missing_keys, V), (until_the_end, V), (several_handlers, 0.7),
    (several_handlers, -0.7), (nested, 0.7), (tried_again, 0.7), (raised_again, 0.7), (text_or_number, 0.7, "3"),
    (text_or_number, 0.7, "a"), (optional_module, 0.7), (a_number_or_an_array, 0.7), (a_number_or_an_array, V),
    (default_of_a_dict, {"a": 0.3}, 0.7), (default_of_a_dict, {"a": 0.3, "k": 1.1}, 0.7), (floating_point_error, V),
    (suppressed, 0.7), (suppressed, -0.7), (swallowed, 0.7), (swallowed, -0.7),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_handled(case):
    check(*case)


@pytest.mark.parametrize("case", [(guarded_division, 0.7, 0), (assigned_before_it_raises, 0.7), (half_an_array, V)],
                         ids=lambda case: case[0].__name__)
def test_second_derivatives(case):
    check_second(*case)


def test_what_no_handler_takes_goes_on():
    with pytest.raises(ValueError, match="math domain error"):
        grad(raised_again)(-0.7)


def test_an_exception_goes_on_after_what_was_done_before_it():
    log = []

    def f(x):
        y = x
        try:
            y = y * 2.0
            y = math.sqrt(y)
        except ValueError:
            log.append(y)
            raise
        return y

    assert grad(f)(2.0) == 0.5
    with pytest.raises(ValueError, match="math domain error"):
        grad(f)(-1.0)
    assert log == [-2.0]


def test_finally_sees_what_was_assigned_before_the_exception():
    log = []

    def f(x):
        y = 0.0
        try:
            y = x * 2.0
            y = math.sqrt(x) * 2.0
            z = y * x
        finally:
            log.append(y)
        return z

    for call in (grad(f), value_and_grad(f)):
        call(4.0)
        with pytest.raises(ValueError, match="math domain error"):
            call(-1.0)
    assert log == [4.0, -2.0] * 2


class Closing:
    def __init__(self, log):
        self.log = log

    def __enter__(self):
        self.log.append("in")

    def __exit__(self, kind, error, trace):
        self.log.append("out" if kind is None else kind.__name__)


LOG = []


def closing(x):
    with Closing(LOG):
        y = math.sqrt(x)
    return y * x


def test_a_manager_is_left_when_an_exception_passes():
    del LOG[:]
    value_and_grad(closing)(0.7)
    with pytest.raises(ValueError):
        value_and_grad(closing)(-0.7)
    assert LOG == ["in", "out", "in", "ValueError"]


def test_what_a_loop_has_half_done_is_refused_where_it_is_read():
    def f(v):
        total = 0.0
        try:
            for e in v:
                total += math.log(e)
        except ValueError:
            pass
        return total

    with pytest.raises(SymgradError, match=r"'total' may or may not have been assigned to when the exception came"):
        grad(f)(V)


# -- a value that is not bound on every path ----------------------------------------------------


def bound_in_one_arm(a, c):
    if c > 1:
        lower = np.linalg.cholesky(a)
    if c < 1:
        return np.sum(a * a)
    return np.sum(lower**3)


def bound_in_a_loop(a, n):
    for i in range(n):
        last = 2.0 * a * i
    if n < 1:
        return np.sum(a * a)
    return np.sum(last**3)


@pytest.mark.parametrize("f", [bound_in_one_arm, bound_in_a_loop])
@pytest.mark.parametrize("n", [0, 2])
def test_an_array_that_some_paths_do_not_bind(f, n):
    check(f, np.eye(2) + 0.5, n)


def read_after_a_handler_that_raises(x):
    y = x * 2.0
    s = np.sum(y * y)
    try:
        y[0] = math.sqrt(x[1])
    except ValueError:
        raise RuntimeError("negative") from None
    return s + y[0] * y[1]


def test_what_is_read_after_a_body_is_kept_though_its_handler_ends_the_function():
    check(read_after_a_handler_that_raises, np.array([0.4, 1.2, 0.7]))
