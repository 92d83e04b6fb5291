"""An attribute that an instance has on some paths only: on the others, its class's is read."""
import numpy as np
import pytest

from tests.helpers import check

V = np.array([0.7, 0.35, 1.3, 0.95])


class Total:
    total = 0.0
    name = None

    def add(self, v):
        self.total += v * v


class Model:
    rate = 0.1
    weights = np.array([1.0, 2.0, 3.0, 4.0])

    def step(self, x, decay):
        if decay:
            self.rate = self.rate * x
        return x - self.rate * x


def in_a_loop(v):
    s = Total()
    for x in v:
        s.add(x)
    return s.total * v[0]


def in_some_iterations(v):
    m, x = Model(), v[0]
    for i in range(3):
        x = m.step(x, i % 2 == 1)
    return x * m.rate


def in_a_branch(v, flag):
    m = Model()
    if v[1] > 0.0 and flag:
        m.rate = v[1]
    return v[0] * m.rate


def an_array(v, flag):
    m = Model()
    if flag:
        m.weights = v * 2.0
    return v @ m.weights


def none(v):
    s = Total()
    for i in range(2):
        if v[i] > 0.5:
            s.name = "large"
    return np.sum(v) if s.name else v[0]


@pytest.mark.parametrize("case", [(in_a_loop, V), (in_some_iterations, V), (in_a_branch, V, True), (in_a_branch, V, False),
                                  (an_array, V, True), (an_array, V, False), (none, V), (none, V - 1.0)],
                         ids=lambda case: case[0].__name__)
def test_gradient(case):
    check(*case)
