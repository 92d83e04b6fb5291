"""`Value` and `nn`: programs written for micrograd, and what goes beyond them."""
import math
import random
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from symgrad import tape
from symgrad.tape import Value, draw_dot, nn
from symgrad.tape import math as tape_math
from tests.helpers import difference


def readme(a, b):
    """The example of micrograd's README."""
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g


def sanity(x):
    """micrograd's test_sanity_check."""
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    return h + q + q * x


class Plain(float):
    """A float with micrograd's method, to take differences with."""

    def relu(self):
        return Plain(max(self, 0.0))


def plainly(method):
    return lambda self, *other: Plain(method(self, *other))


for _op in ("add", "sub", "mul", "truediv", "pow", "neg", "radd", "rsub", "rmul", "rtruediv"):
    setattr(Plain, f"__{_op}__", plainly(getattr(float, f"__{_op}__")))


def slope(f, at, i):
    def moved(t):
        return float(f(*(Plain(x + t * (k == i)) for k, x in enumerate(at))))

    return difference(moved, 1e-2)[0]


def test_the_example_of_micrograds_readme():
    a, b = Value(-4.0), Value(2.0)
    g = readme(a, b)
    g.backward()
    assert (f"{g.data:.4f}", f"{a.grad:.4f}", f"{b.grad:.4f}") == ("24.7041", "138.8338", "645.5773")


@pytest.mark.parametrize("f, at", [(sanity, (-4.0,)), (sanity, (1.5,)), (readme, (-4.0, 2.0)), (readme, (1.2, 0.7))])
def test_gradients_are_those_of_differences(f, at):
    values = [Value(x) for x in at]
    out = f(*values)
    out.backward()
    assert out.data == float(f(*map(Plain, at)))
    for i, v in enumerate(values):
        assert v.grad == pytest.approx(slope(f, at, i), rel=1e-8)


def test_sanity_check_has_the_known_result():
    x = Value(-4.0)
    y = sanity(x)
    y.backward()
    assert (y.data, x.grad) == (-20.0, 46.0)


def test_names_and_repr():
    a, b = Value(2.0), Value(-3)
    c = a * b
    assert repr(a) == "Value(data=2.0, grad=0)" and repr(c) == "Value(data=-6.0, grad=0)"
    assert c._prev == {a, b} and c._op == "*" and a._prev == set() and a._op == ""
    assert (a**2)._op == "**2" and (a + 1)._op == "+" and a.relu()._op == "ReLU"
    assert {v.data for v in (a + 1)._prev} == {2.0, 1}
    out = Value(math.tanh(a.data), (a,), "tanh")

    def backward():
        a.grad += (1 - out.data**2) * out.grad

    out._backward = backward                    # an operation of one's own, as in micrograd
    (out * 3.0).backward()
    assert a.grad == pytest.approx(3.0 * (1.0 - math.tanh(2.0) ** 2))


def test_gradients_accumulate_as_in_micrograd():
    x = Value(1.0)
    y = 2 * x
    z = 2 * y
    z.backward()
    assert (z.grad, y.grad, x.grad) == (1, 2, 4)
    z.backward()                                # what y has already is handed on once more
    assert (z.grad, y.grad, x.grad) == (1, 4, 12)
    x.grad = y.grad = 0
    z.backward()
    assert (y.grad, x.grad) == (2, 4)
    x.grad = 0
    other = x * x
    other.backward()
    assert x.grad == 2.0


def test_one_value_used_often():
    x = Value(3.0)
    (x * x + x * x * x - x / x).backward()
    assert x.grad == pytest.approx(6.0 + 27.0)


def test_operators():
    x, y = Value(2.5), Value(1.5)
    cases = [(lambda x, y: x**y, None), (lambda x, y: 2.0**x * y, None), (lambda x, y: x % y, (1.0, -1.0)),
             (lambda x, y: abs(-x) * +y, None), (lambda x, y: 7.0 - x / y, None), (lambda x, y: 7.0 / x - 1.0 / y, None),
             (lambda x, y: divmod(x, y)[1] + x // y, (1.0, -1.0)), (lambda x, y: 10.0 % x + pow(y, 2), (-4.0, 3.0))]
    for f, known in cases:
        x.grad = y.grad = 0
        out = f(x, y)
        out.backward()
        assert out.data == f(2.5, 1.5)
        at = known or [difference(lambda t, i=i, f=f: f(2.5 + t * (i == 0), 1.5 + t * (i == 1)), 1e-2)[0] for i in (0, 1)]
        assert (x.grad, y.grad) == pytest.approx(tuple(at), rel=1e-8)


def test_comparisons():
    x, y = Value(1.0), Value(1.0)
    assert x == y and x == 1.0 and x != 2.0 and x <= y and x >= 1 and not x < y and x > 0.5 and 0.5 < x
    assert len({x, y}) == 2 and x in [x] and max(x, Value(3.0)).data == 3.0 and bool(x) and not Value(0.0)
    assert math.floor(Value(1.5)) == 1 and round(Value(1.5)) == 2 and int(Value(1.5)) == 1 and f"{Value(1.5):.2f}" == "1.50"


@pytest.mark.parametrize("name", ["exp", "log", "sin", "tanh", "sqrt", "erf", "lgamma", "atan", "hypot", "pow", "log1p"])
def test_math(name):
    args = (0.7, 1.3)[:2 if name in ("hypot", "pow") else 1]
    values = [Value(a) for a in args]
    out = getattr(tape_math, name)(*values)
    out.backward()
    assert out.data == getattr(math, name)(*args)
    for i, v in enumerate(values):
        def moved(t, i=i):
            return getattr(math, name)(*(a + t * (k == i) for k, a in enumerate(args)))
        assert v.grad == pytest.approx(difference(moved, 1e-2)[0], rel=1e-8)


def test_math_of_floats_and_sequences():
    assert tape_math.sin(0.5) == math.sin(0.5) and tape_math.pi == math.pi and tape_math.floor(Value(2.5)) == 2
    a, b = Value(2.0), Value(3.0)
    tape_math.prod([a, b, 4.0]).backward()
    assert (a.grad, b.grad) == (12.0, 8.0)


def test_numpy_functions_of_values_and_object_arrays():
    x = Value(0.5)
    np.sin(x).backward()
    assert x.grad == np.cos(0.5)
    w = np.array([Value(1.0), Value(2.0)])
    assert w.dtype == object
    np.sum(np.tanh(w * x + np.float64(1.0)) ** 2).backward()
    assert w[0].grad == pytest.approx(2.0 * math.tanh(1.5) * (1.0 - math.tanh(1.5) ** 2) * 0.5)
    x.grad = 0
    (np.array([1.0, 2.0]) * x).sum().backward()             # an array of floats gives an array on the tape
    assert x.grad == 3.0


def test_float_would_lose_the_derivative():
    for convert in (float, math.sin, lambda v: np.zeros(2).__setitem__(0, v), complex):
        with pytest.raises(TypeError):
            convert(Value(1.0))


def test_a_chain_of_a_million_operations():
    x = Value(1.0)
    y = x
    for _ in range(500_000):
        y = y * 1.000001 + 1e-9
    y.backward(free=True)
    assert x.grad == pytest.approx(1.000001**500_000, rel=1e-9)
    y = x
    for _ in range(200_000):
        y = -y
    y.backward()
    del y                                       # a long chain is also taken apart without recursion
    assert x.grad == pytest.approx(1.000001**500_000 + 1.0)


@pytest.mark.parametrize("free", [True, False])
def test_memory_is_given_back_on_the_way(free):
    tracemalloc.start()
    x = y = Value(1.0)
    for _ in range(10_000):
        y = tape_math.sin(y)
    before = tracemalloc.get_traced_memory()[0]
    y.backward(free=free)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert 0.0 < x.grad < 1.0 and (y._prev == set()) == free
    assert after < 0.1 * before if free else after > before


def test_the_order_is_computed_once():
    x = Value(2.0)
    y = x * x
    y.backward()
    order = y._order
    assert [v.data for v in order] == [2.0, 4.0]
    y.backward()
    assert y._order is order


def test_networks_are_micrograds():
    random.seed(1337)
    expected = [random.uniform(-1, 1) for _ in range(2 * 3 + 3)]
    random.seed(1337)
    model = nn.MLP(2, [3, 1])
    drawn = [p.data for layer in model.layers for n in layer.neurons for p in n.w]
    assert drawn == expected
    assert repr(model) == "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(3)]]"
    assert len(model.parameters()) == 13 and all(isinstance(p, Value) for p in model.parameters())
    loss = (model([1.0, -2.0]) - 1.0) ** 2
    loss.backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert all(p.grad == 0 for p in model.parameters())
    assert isinstance(nn.Layer(2, 2)([1.0, 2.0]), list) and nn.Module().parameters() == []


def test_training_lowers_the_loss():
    random.seed(0)
    model = nn.MLP(2, [4, 1])
    xs, ys = [[2.0, 3.0], [3.0, -1.0], [0.5, 1.0], [1.0, 1.0]], [1.0, -1.0, -1.0, 1.0]
    losses = []
    for _ in range(30):
        loss = sum((model(x) - y) ** 2 for x, y in zip(xs, ys))
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.02 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.5 * losses[0]


def test_picture():
    a = Value(-4.0)
    a.label = "a|1"
    y = (a * 2.0).relu() + a
    y.backward()
    text = draw_dot(y).source
    assert text.startswith("digraph {\n\tgraph [rankdir=LR]\n") and text.endswith("}\n")
    assert '0 [label="{ a\\|1 | data -4.0000 | grad 1.0000 }" shape=record]' in text
    assert '[label="ReLU"]' in text and '"2*" -> 2' in text and draw_dot(y).source == text
    assert "rankdir=TB" in draw_dot(y, rankdir="TB").source
    with pytest.raises(ValueError, match="rankdir"):
        draw_dot(y, rankdir="XY")
    array = tape.array([1.0, 2.0])
    assert "of shape (2,)" in draw_dot(np.sum(array * 2.0)).source


def test_import_symgrad_does_not_import_the_tape():
    code = "import symgrad, sys; assert not [m for m in sys.modules if m.startswith(('symgrad.tape', 'numpy'))]; symgrad.tape"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_tape_does_not_import_the_compiler():
    code = ("import symgrad.tape, symgrad.tape.nn, symgrad.tape.math, sys; f = symgrad.tape.grad(lambda x: x * x); f(2.0); "
            "assert not [m for m in sys.modules if m.startswith(tuple('symgrad.' + s for s in "
            "('frontend', 'ir', 'analysis', 'transform', 'codegen', 'optimize')))], sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True)
