"""What the primal does besides computing is done once, in its order, in the forward sweep."""
import functools
import logging
import math
import random

import numpy as np
import pytest

from symgrad import grad, value_and_grad, vjp
from symgrad.errors import SymgradError

calls = []


def note(value):
    calls.append(value)
    return value


@pytest.fixture(autouse=True)
def no_calls():
    calls.clear()


def same(f, *args, expected, **kwargs):
    assert grad(f)(*args, **kwargs) == pytest.approx(expected, rel=1e-12)


def test_print_in_order(capsys):
    def f(x):
        print("start", x)
        for i in range(3):
            x = x * x
            print(f"step {i}: {x:.4f}")
        print("end")
        return x

    same(f, 1.1, expected=8 * 1.1**7)
    assert capsys.readouterr().out == (
        "start 1.1\nstep 0: 1.2100\nstep 1: 1.4641\nstep 2: 2.1436\nend\n")


def test_logging(caplog):
    logger = logging.getLogger("model")

    def f(x):
        y = x * x
        if y > 1.0:
            logger.warning("large %s", y)
        return y * x

    same(f, 2.0, expected=12.0)
    assert [record.getMessage() for record in caplog.records] == ["large 4.0"]


def test_rng_draws_once():
    def f(x, generator):
        noise = generator.normal(size=3)
        return np.sum(x * noise * noise)

    expected = np.sum(np.random.default_rng(3).normal(size=3) ** 2)
    value, slope = value_and_grad(f)(2.0, np.random.default_rng(3))
    assert slope == pytest.approx(expected, rel=1e-12) and value == pytest.approx(2.0 * expected, rel=1e-12)


def test_rng_of_the_module_goes_on():
    def f(x):
        total = 0.0
        for _ in range(4):
            total += random.gauss(0.0, 1.0) * x * x
        return total

    random.seed(5)
    draws = [random.gauss(0.0, 1.0) for _ in range(5)]
    random.seed(5)
    same(f, 2.0, expected=4.0 * sum(draws[:4]))
    assert random.gauss(0.0, 1.0) == draws[4]


def test_rng_seeded_inside():
    def f(x, seed):
        generator = np.random.default_rng(seed)
        samples = generator.normal(size=50)
        return np.mean((x + 0.1 * samples) ** 2)

    samples = np.random.default_rng(7).normal(size=50)
    same(f, 0.3, 7, expected=np.mean(2.0 * (0.3 + 0.1 * samples)))


def test_unused_call_is_kept():
    def f(x):
        note("unused")
        ignored = note(2.0)
        del ignored
        return x * x

    same(f, 3.0, expected=6.0)
    assert calls == ["unused", 2.0]


def test_effect_in_loop_and_helper():
    def helper(x, i):
        note(i)
        return x * i

    def f(x):
        total = 0.0
        for i in range(4):
            total += helper(x, i) * helper(x, i + 10)
        return total

    same(f, 2.0, expected=4.0 * sum(i * (i + 10) for i in range(4)))
    assert calls == [0, 10, 1, 11, 2, 12, 3, 13]


def test_effect_given_an_active_value():
    def f(x):
        y = x * x
        note(float(y))
        return y * x

    same(f, 2.0, expected=12.0)
    assert calls == [4.0]


def test_no_effect_in_the_arm_not_taken():
    def f(x):
        if x > 1.0:
            note("above")
            return x * x
        note("below")
        return x

    same(f, 2.0, expected=4.0)
    same(f, 0.5, expected=1.0)
    assert calls == ["above", "below"]


def test_short_circuit():
    def f(x):
        if x > 0.0 or note(True):
            x = x * x
        if x < 0.0 and note(True):
            x = 0.0
        return x * (note(3.0) or note(4.0))

    same(f, 2.0, expected=12.0)
    assert calls == [3.0]


def test_middle_of_chained_comparison_is_evaluated_once():
    def f(x):
        return x * x if 0.0 < note(x) < 5.0 else x

    same(f, 2.0, expected=4.0)
    assert calls == [2.0]


def test_condition_of_while_is_evaluated_once_a_trip():
    def f(x):
        while note(x) < 10.0:
            x = x * x
        return x

    same(f, 2.0, expected=32.0)
    assert calls == [2.0, 4.0, 16.0]


def test_iterator_is_consumed_once():
    lines = iter(["1.0", "2.0", "4.0"])

    def f(x):
        total = 0.0
        for line in lines:
            total += float(line) * x * x
        return total

    same(f, 3.0, expected=42.0)
    assert list(lines) == []


def test_file_is_written_once(tmp_path):
    path = tmp_path / "trace.txt"

    def f(x):
        with open(path, "a") as out:
            for i in range(2):
                x = math.sin(x)
                out.write(f"{i}\n")
        return x

    same(f, 0.5, expected=math.cos(math.sin(0.5)) * math.cos(0.5))
    assert path.read_text() == "0\n1\n"


def counted(e):
    global evaluations
    evaluations += 1
    return e * e


def squares(v):
    global largest, total
    t = 0.0
    for e in v:
        t += counted(e)
        if e > 1.0:
            Statistics.large += 1
            largest = Statistics.large
    total = total + t
    squares.calls += 1
    return t * evaluations


class Statistics:
    large = 0


squares.calls = 0
evaluations, largest, total = 1, None, 0.0


def test_globals_and_attributes_of_classes_are_assigned_to_once():
    gradient = grad(squares)
    v = np.array([0.5, 2.0, 3.0])
    assert np.array_equal(gradient(v), 2.0 * v * 4)      # the count is no function of v
    assert (evaluations, largest, total, Statistics.large, squares.calls) == (4, 2, 13.25, 2, 1)
    assert np.array_equal(gradient(v), 2.0 * v * 7)
    assert (evaluations, largest, total, Statistics.large, squares.calls) == (7, 4, 26.5, 4, 2)
    value, _ = value_and_grad(squares)(v)
    assert value == 13.25 * 10 and evaluations == 10


def test_a_global_is_read_as_it_was_assigned():
    def f(x):
        global largest
        largest = x * x
        return largest * x

    assert grad(f)(3.0) == 27.0
    assert largest == 9.0


def test_an_array_is_not_assigned_to_a_global():
    def f(v):
        global largest
        largest = v * 2.0
        return np.sum(largest)

    with pytest.raises(SymgradError, match="'largest', which outlives the call"):
        grad(f)(np.ones(2))


def test_a_global_that_starts_a_loop_is_not_hidden():
    def f(v):
        return functools.reduce(lambda a, b: a * b, v, evaluations)

    assert grad(f)(np.array([2.0]))[0] == evaluations


def test_assert_and_raise_are_the_primals():
    def f(x):
        assert x != 2.0, "not two"
        if x < 0.0:
            raise ValueError(f"negative: {x}")
        note("valid")
        return x * x

    with pytest.raises(AssertionError, match="not two"):
        grad(f)(2.0)
    with pytest.raises(ValueError, match="negative: -1.0"):
        grad(f)(-1.0)
    assert calls == []
    same(f, 3.0, expected=6.0)


def test_a_key_that_is_missing_is_an_error_even_in_a_dead_expression():
    def f(x, table):
        table["missing"]
        return x * x

    with pytest.raises(SymgradError, match="KeyError: 'missing'"):
        grad(f)(2.0, {})


def test_vjp_runs_the_primal_once_for_many_pullbacks():
    def f(x):
        note("run")
        return np.sin(x) * x

    x = np.array([0.4, -0.7])
    value, pullback = vjp(f, x)
    assert calls == ["run"]
    (first,), (second,) = pullback(np.array([1.0, 0.0])), pullback(np.array([0.0, 1.0]))
    assert calls == ["run"] and value.tobytes() == (np.sin(x) * x).tobytes()
    np.testing.assert_allclose(first + second, np.sin(x) + x * np.cos(x), rtol=1e-12)
