"""Dicts as data structures: literals, reads, writes, iteration, methods, nesting."""
import math

import numpy as np
import pytest

from tests.helpers import check

rng = np.random.default_rng(8)
PARAMS = {"w": rng.normal(size=(3, 2)), "b": rng.normal(size=3), "scale": 0.7}
RATES = {"a": 0.4, "b": 1.2, "c": -0.3}


def network(params, x):
    h = np.tanh(params["w"] @ x + params["b"])
    return params["scale"] * np.sum(h * h)


def literal_and_read(x, y):
    point = {"x": x, "y": y, "xy": x * y}
    return point["x"] * point["xy"] + point.get("y") ** 2 + point.get("z", x)


def dict_call(x, y):
    point = dict(x=x, y=x * y)
    return point["x"] * point["y"]


def writes(x, y):
    d = {}
    d["a"] = x
    d["b"] = d["a"] * y
    d["a"] = d["a"] + d["b"]
    d["b"] *= 3.0
    return d["a"] * d["b"]


def write_in_loop(x, n):
    memory = {0: x, 1: x * x}
    for i in range(2, n):
        memory[i] = memory[i - 1] * 0.5 + memory[i - 2] * x
    return memory[n - 1]


def accumulate_by_key(rates, xs):
    totals = {}
    for name, x in xs:
        if name not in totals:
            totals[name] = 0.0
        totals[name] += rates[name] * x * x
    return math.exp(totals["a"]) + totals["b"] * totals["a"]


def items_values_keys(rates):
    total = 0.0
    for name, rate in rates.items():
        total += rate * rate * (2.0 if name == "a" else 1.0)
    for rate in rates.values():
        total *= 1.0 + rate
    for name in sorted(rates.keys()):
        total -= rates[name]
    return total + len(rates) * sum(rates.values())


def comprehension(rates, x):
    scaled = {name: rate * x for name, rate in rates.items()}
    kept = {name: value for name, value in scaled.items() if name != "b"}
    return sum(kept.values()) * scaled["b"]


def update_pop_setdefault(rates, x):
    d = dict(rates)
    d.update({"a": x, "d": x * x})
    d.update(c=d["a"] * d["d"])
    first = d.pop("a")
    second = d.setdefault("b", 100.0) + d.setdefault("e", x)
    del d["d"]
    return first * second + sum(d.values())


def merge(rates, x):
    d = {**rates, "a": x}
    e = rates | {"b": d["a"] * d["b"]}
    return d["a"] * d["c"] + e["a"] * e["b"]


def copied(rates):
    d = rates.copy()
    d["a"] = d["a"] * 5.0
    return d["a"] * rates["a"]


def aliased(rates):
    d = {"inner": dict(rates)}
    e = d["inner"]
    e["a"] *= 2.0
    return d["inner"]["a"] * e["b"]


def nested(model, x):
    total = 0.0
    for layer in model["layers"]:
        x = math.tanh(layer["w"] * x + layer["b"])
        total += x * model["penalty"]
    return total + x


def argument_written(rates):
    rates["a"] = rates["a"] * rates["b"]
    rates["d"] = rates["a"] * 2.0
    return rates["a"] * rates["d"] + rates["c"] ** 2


def array_written_inside(params, x):
    params["b"][1:] *= 2.0
    params["w"][0] = x
    return np.sum(params["b"] ** 2) + np.sum(params["w"] ** 2) * params["scale"]


def tuple_keys(xs):
    table = {(i, j): xs[i] * xs[j] for i in range(2) for j in range(i, 2)}
    total = 0.0
    for (i, j), value in table.items():
        total += value if i == j else 2.0 * value
    return total


def memoised(x, n):
    memory = {}

    def legendre(k):
        if k in memory:
            return memory[k]
        if k == 0:
            return 1.0
        if k == 1:
            return x
        memory[k] = ((2 * k - 1) * x * legendre(k - 1) - (k - 1) * legendre(k - 2)) / k
        return memory[k]

    return legendre(n) + legendre(n - 1)


def key_of_largest(rates, x):
    best = max(rates, key=lambda name: rates[name])
    name, smallest = min(rates.items(), key=lambda item: item[1])
    return rates[best] * smallest * x * len(name)


CASES = [
    (network, PARAMS, np.array([0.3, -1.2])), (literal_and_read, 1.3, 0.7), (dict_call, 1.3, 0.7),
    (writes, 1.3, 0.7), (write_in_loop, 0.7, 6), (write_in_loop, 0.7, 2),
    (accumulate_by_key, {"a": 0.4, "b": 1.2}, (("a", 0.5), ("b", -0.3), ("a", 1.2))),
    (items_values_keys, RATES), (comprehension, RATES, 1.3), (update_pop_setdefault, RATES, 1.3),
    (merge, RATES, 1.3), (copied, RATES), (aliased, RATES),
    (nested, {"layers": [{"w": 0.4, "b": 0.1}, {"w": -1.2, "b": 0.3}], "penalty": 0.2}, 0.8),
    (nested, {"layers": [], "penalty": 0.2}, 0.8), (argument_written, RATES),
    (array_written_inside, PARAMS, np.array([0.3, -1.2])), (tuple_keys, [0.4, 1.2]), (memoised, 0.3, 5),
    (key_of_largest, RATES, 1.3),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_dict(case):
    check(*case)
