"""Where functions come from: modules, nesting, lambdas, methods, callables, partial, wraps, exec."""
import functools
import importlib.util
import linecache
import math
import sys
import textwrap

import numpy as np
import pytest

import symgrad
from symgrad import grad
from symgrad.errors import SymgradError
from tests.helpers import check

first, second = (lambda x: x * x), (lambda x: x**3)
TABLE = {"a": lambda x: math.sin(x), "b": lambda x: math.sin(x) * x, "c": [lambda x, y=2.0: x * y, None]}


def in_module(x):
    return math.exp(x) * x


class Oscillator:
    def __init__(self, k):
        self.k = k

    def energy(self, x, v=0.0):
        return 0.5 * (self.k * x * x + v * v)

    def __call__(self, x):
        return self.energy(x) * x

    @staticmethod
    def kinetic(v, m=1.0):
        return 0.5 * m * v * v

    @classmethod
    def unit_energy(cls, x):
        return cls(1.0).energy(x)


class Stiff(Oscillator):
    def energy(self, x, v=0.0):
        return super().energy(x, v) + x**4


def doubled(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return 2.0 * f(*args, **kwargs)
    return wrapper


def times(n):
    def decorate(f):
        @functools.wraps(f)
        def wrapper(x):
            for _ in range(n):
                x = f(x)
            return x
        return wrapper
    return decorate


@doubled
def wrapped(x, y):
    return x * y * y


@times(3)
@doubled
def wrapped_twice(x):
    return math.sin(x)


@functools.lru_cache
def cached_table(n):
    return tuple(1.0 / (k + 1) for k in range(n))


def uses_cached(x):
    return sum(c * x**i for i, c in enumerate(cached_table(4)))


def make_nested(scale):
    def middle(offset):
        def inner(x):
            return scale * x * x + offset * x
        return inner
    return middle


def recursive(x, n=4):
    return x if n == 0 else math.sin(recursive(x, n - 1)) * x


def quadratic(a, b, c, x):
    return a * x * x + b * x + c


KINDS = {
    "module": in_module,
    "lambda first on line": first,
    "lambda second on line": second,
    "lambda in dict": TABLE["b"],
    "lambda in list in dict": TABLE["c"][0],
    "nested": make_nested(3.0)(0.5),
    "bound method": Oscillator(2.0).energy,
    "callable object": Oscillator(2.0),
    "static method": Oscillator.kinetic,
    "class method": Oscillator.unit_energy,
    "inherited method": Stiff(2.0).energy,
    "inherited callable": Stiff(2.0),
    "wrapped twice": wrapped_twice,
    "partial": functools.partial(quadratic, 1.0, 2.0, 3.0),
    "partial with keywords": functools.partial(quadratic, b=1.0, c=0.5, x=2.0),
    "partial of partial": functools.partial(functools.partial(quadratic, 1.0), 2.0, 3.0),
    "partial of method": functools.partial(Oscillator(2.0).energy, v=0.3),
    "recursive": recursive,
    "uses a cached function": uses_cached,
    "lambda of lambda": (lambda g: lambda x: g(g(x)))(lambda x: x * x + 1.0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kind(kind):
    check(KINDS[kind], 0.7)


def test_wrapped_by_decorator():
    check(wrapped, 1.3, 0.7)


def test_lambda_given_directly():
    assert grad(lambda x: x**2)(3.0) == 6.0 and grad(lambda x: x**3)(3.0) == 27.0
    pair = [grad(lambda x: 2.0 * x), grad(lambda x: 5.0 * x)]
    assert [g(1.0) for g in pair] == [2.0, 5.0]


def test_lambda_over_several_lines():
    g = grad(
        lambda x, y: (
            x * y
            + y ** 2
        ), argnums=1)
    assert g(3.0, 2.0) == 7.0


def test_unbound_method():
    assert grad(Oscillator.energy, argnums="x")(Oscillator(2.0), 3.0) == 6.0
    assert grad(Oscillator.energy, argnums=1)(Oscillator(2.0), 3.0) == 6.0


def test_bound_method_reads_live_attributes():
    oscillator = Oscillator(2.0)
    g = grad(oscillator.energy)
    assert g(3.0) == 6.0
    oscillator.k = 5.0
    assert g(3.0) == 15.0


def test_grad_as_method_decorator():
    class System:
        k = 4.0

        @grad(argnums="x")
        def force(self, x):
            return -0.5 * self.k * x * x

    assert System().force(2.0) == -8.0


def test_globals_are_live():
    global constant
    constant = 2.0
    g = grad(uses_global)
    assert g(3.0) == 2.0
    constant = 7.0
    assert g(3.0) == 7.0


def uses_global(x):
    return constant * x


TEXT = textwrap.dedent("""
    import math
    SCALE = 2.0

    def model(x):
        y = SCALE * math.sin(x)
        return y * y
""")
EXPECTED = 8.0 * math.sin(0.7) * math.cos(0.7)


def executed(filename):
    namespace = {}
    exec(compile(TEXT, filename, "exec"), namespace)
    return namespace["model"]


def test_exec_with_linecache():
    linecache.cache["<model 1>"] = (len(TEXT), None, TEXT.splitlines(True), "<model 1>")
    assert grad(executed("<model 1>"))(0.7) == pytest.approx(EXPECTED, rel=1e-12)


def test_exec_with_source_argument():
    assert grad(executed("<model 2>"), source=TEXT)(0.7) == pytest.approx(EXPECTED, rel=1e-12)


def test_exec_without_text_is_refused():
    with pytest.raises(SymgradError) as error:
        grad(executed("<model 3>"))(0.7)
    assert "source=" in str(error.value) and "model" in str(error.value)


def test_imported_module(tmp_path, monkeypatch):
    (tmp_path / "symgrad_test_model.py").write_text(TEXT)
    monkeypatch.syspath_prepend(str(tmp_path))
    spec = importlib.util.find_spec("symgrad_test_model")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "symgrad_test_model", module)
    spec.loader.exec_module(module)
    assert grad(module.model)(0.7) == pytest.approx(EXPECTED, rel=1e-12)
    module.SCALE = 4.0
    assert grad(module.model)(0.7) == pytest.approx(4.0 * EXPECTED, rel=1e-12)


@pytest.mark.parametrize("f, derivative", [
    (np.tanh, lambda x: 1.0 - np.tanh(x) ** 2), (np.sin, np.cos), (math.exp, math.exp),
    (math.log, lambda x: 1.0 / x), (abs, lambda x: 1.0), (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
], ids=["np.tanh", "np.sin", "math.exp", "math.log", "abs", "np.sqrt"])
def test_library_function(f, derivative):
    assert grad(f)(0.7) == pytest.approx(derivative(0.7), rel=1e-12)


def test_library_function_of_an_array():
    v = np.array([0.4, -0.7])
    np.testing.assert_allclose(grad(np.sum)(v), [1.0, 1.0])
    np.testing.assert_allclose(grad(np.linalg.norm)(v), v / np.linalg.norm(v), rtol=1e-12)
    np.testing.assert_allclose(grad(np.dot, argnums=1)(v, v + 1.0), v)


class Cubed:
    def __call__(self, x):
        return x**3


def test_a_rule_of_a_callable_object_comes_before_its_source():
    cubed = Cubed()

    @symgrad.rule(cubed, wrt="x")
    def pullback(dy, r, x):
        return dy * 100.0

    assert symgrad.grad(cubed)(2.0) == 100.0
    assert symgrad.value_and_grad(cubed)(2.0) == (8.0, 100.0)
    assert symgrad.grad(lambda x: cubed(x))(2.0) == 100.0
