"""What `symgrad bench` measures with."""
import time

import numpy as np

from symgrad.bench import Figures, duration, interleaved, measure, peak, table


def test_first_call_is_told_from_later_ones():
    waits = [0.05]

    def slow_at_first(x):
        time.sleep(waits.pop() if waits else 0.0)
        return x
    found = measure({"f": slow_at_first}, (1.0,), {}, seconds=0.02)["f"]
    assert found.first_call > 0.05 > found.median


def test_arguments_that_a_function_changes_are_given_anew():
    def halved(v):
        v *= 0.5
        assert v[0] == 0.5
        return v
    v = np.ones(3)
    measure({"f": halved}, (v,), {}, seconds=0.01)
    measure({"f": halved}, (), {"v": v}, seconds=0.01)
    assert v[0] == 1.0


def test_memory_of_a_call():
    found = peak(lambda n: np.ones(n).sum(), (4_000_000,))
    assert found is None or 30e6 < found < 40e6


def test_all_take_turns():
    order = []
    times = interleaved({"a": (order.append, ("a",)), "b": (order.append, ("b",))}, seconds=0.01, rounds=5)
    assert len(times["a"]) == len(times["b"]) >= 2


def test_table_and_units():
    text = table({"primal": Figures(0.5, 0.001, 8_000_000), "gradient": Figures(1.0, 0.0025, None)}, "primal")
    assert text.splitlines()[2].split() == ["gradient", "1.00", "s", "2.50", "ms", "2.50", "-"]
    assert [duration(x) for x in (0.09999, 999e-9, 0.9996)] == ["100 ms", "999 ns", "1.00 s"]
