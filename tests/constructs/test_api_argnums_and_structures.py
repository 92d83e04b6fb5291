"""argnums, has_aux, argument structures, non-scalar results, vjp."""
import dataclasses
import math
from collections import OrderedDict, namedtuple

import numpy as np
import pytest

from symgrad import grad, value_and_grad, vjp
from symgrad.errors import SymgradError
from tests.helpers import check

V, W = np.array([0.4, -0.7, 1.2]), np.array([1.1, 0.3, -0.2])
Pair = namedtuple("Pair", "a b")


@dataclasses.dataclass
class Model:
    weights: np.ndarray
    bias: float


def product(x, y, z=2.0):
    return x * y**2 * z**3


@pytest.mark.parametrize("argnums, expected", [
    (0, 32.0), (1, 64.0), (2, 96.0), (-1, 96.0), ("x", 32.0), ("z", 96.0), ((0,), (32.0,)),
    ((0, 1), (32.0, 64.0)), ((2, 0), (96.0, 32.0)), (("x", "z"), (32.0, 96.0)), (("z", "y"), (96.0, 64.0)),
])
def test_argnums(argnums, expected):
    value, gradient = value_and_grad(product, argnums=argnums)(2.0, 2.0, 2.0)
    assert value == 64.0 and gradient == expected and type(gradient) is type(expected)
    assert grad(product, argnums=argnums)(2.0, 2.0, 2.0) == expected


def test_argnums_of_a_default():
    assert grad(product, argnums="z")(2.0, 2.0) == 96.0
    assert grad(product, argnums=(0, 2))(2.0, 2.0) == (32.0, 96.0)


def test_argnums_given_by_keyword():
    assert grad(product, argnums="y")(x=2.0, y=2.0) == 64.0
    assert grad(product, argnums=0)(y=2.0, x=2.0) == 32.0


@pytest.mark.parametrize("argnums", [3, "w", (0, "x", 7), 1.5])
def test_argnums_that_name_no_argument(argnums):
    with pytest.raises((SymgradError, TypeError, ValueError)) as error:
        grad(product, argnums=argnums)(1.0, 2.0, 2.0)
    assert "argnums" in str(error.value)


def test_decorator_plain():
    @grad
    def f(x):
        return x**3

    assert f(2.0) == 12.0 and f.primal(2.0) == 8.0 and f.value_and_grad(2.0) == (8.0, 12.0)


def test_decorator_with_options():
    @grad(argnums=(0, 1))
    def f(x, y):
        return x * y

    assert f(2.0, 3.0) == (3.0, 2.0) and f.value_and_grad(2.0, 3.0) == (6.0, (3.0, 2.0))


def loss_with_aux(w, x):
    residual = w * x - 1.0
    return np.sum(residual**2), {"residual": residual, "count": len(x)}


def test_has_aux():
    gradient, aux = grad(loss_with_aux, has_aux=True)(W, V)
    np.testing.assert_allclose(gradient, 2.0 * (W * V - 1.0) * V, rtol=1e-12)
    assert aux["count"] == 3 and aux["residual"].tobytes() == (W * V - 1.0).tobytes()


def test_has_aux_with_value():
    (value, aux), gradient = value_and_grad(loss_with_aux, argnums=(0, 1), has_aux=True)(W, V)
    expected, _ = loss_with_aux(W, V)
    assert value == expected and aux["count"] == 3
    np.testing.assert_allclose(gradient[1], 2.0 * (W * V - 1.0) * W, rtol=1e-12)


def test_has_aux_as_decorator():
    @grad(has_aux=True)
    def f(x):
        return x * x, "note"

    assert f(3.0) == (6.0, "note") and f.value_and_grad(3.0) == ((9.0, "note"), 6.0)


def use_tuple(p):
    return p[0] * np.sum(p[1] ** 2)


def use_nested(tree):
    (a, b), rest = tree["first"], tree["rest"]
    return a * b + np.sum(rest[0]["w"] ** 3) * rest[1]


def use_pair(pair):
    return pair.a * math.sin(pair.b)


def use_model(model, x):
    return math.tanh(model.weights @ x + model.bias)


def use_models(models, x):
    total = 0.0
    for model in models:
        total += use_model(model, x) * model.bias
    return total


def use_part(tree):
    return tree["used"] ** 2


@pytest.mark.parametrize("case", [
    (use_tuple, (0.7, V)), (use_tuple, [0.7, V]),
    (use_nested, {"first": (1.3, 0.7), "rest": [{"w": V}, 0.4]}), (use_pair, Pair(0.4, 0.7)),
    (use_nested, OrderedDict(first=[1.3, 0.7], rest=({"w": V}, 0.4))), (use_model, Model(W, 0.2), V),
    (use_models, [Model(W, 0.2), Model(V, -0.4)], V),
    (use_part, {"used": 1.3, "unused": V, "other": [0.4, ()]}), (use_tuple, (0.7, V, None)),
], ids=lambda case: case[0].__name__)
def test_structure(case):
    check(*case)


def test_gradient_of_an_unused_part_is_zero():
    gradient = grad(use_part)({"used": 1.5, "unused": V, "other": [0.4, ()]})
    assert gradient["used"] == 3.0 and gradient["other"] == [0.0, ()]
    assert gradient["unused"].shape == V.shape and not gradient["unused"].any()


@pytest.mark.parametrize("f", [
    lambda v: v * 2.0, lambda v: (v[0], v[1]), lambda v: {"a": v[0]}, lambda v: v[:1], lambda v: None,
], ids=["array", "tuple", "dict", "one", "None"])
def test_result_that_is_no_scalar(f):
    with pytest.raises(SymgradError) as error:
        grad(f)(V)
    assert "vjp" in str(error.value) and "jacobian" in str(error.value)


def test_zero_dimensional_result():
    assert grad(lambda v: np.array(v[0] * v[1]))(V).tolist() == pytest.approx([-0.7, 0.4, 0.0], rel=1e-12)


def test_vjp_scalar():
    value, pullback = vjp(lambda x: x**3, 2.0)
    assert value == 8.0 and pullback(1.0) == (12.0,) and pullback(0.5) == (6.0,)


def test_vjp_array():
    value, pullback = vjp(lambda m, v: np.tanh(m @ v), np.outer(V, W), V)
    cotangent = np.array([1.0, -2.0, 0.5])
    dm, dv = pullback(cotangent)
    inner = cotangent * (1.0 - value**2)
    np.testing.assert_allclose(dm, np.outer(inner, V), rtol=1e-12)
    np.testing.assert_allclose(dv, np.outer(V, W).T @ inner, rtol=1e-12)
    assert cotangent.tolist() == [1.0, -2.0, 0.5]


def test_vjp_structure():
    value, pullback = vjp(lambda x, y: {"product": x * y, "pair": (x, [np.array([x, y * y])])}, 2.0, 3.0)
    assert value["product"] == 6.0
    dx, dy = pullback({"product": 1.0, "pair": (10.0, [np.array([100.0, 1000.0])])})
    assert (dx, dy) == (3.0 + 10.0 + 100.0, 2.0 + 6000.0)


def test_vjp_of_a_loop_twice():
    def f(v):
        out = np.zeros(3)
        for i in range(3):
            out[i] = v[i] * out[i - 1] + v[i] ** 2
        return out

    _, pullback = vjp(f, V)
    (first,), (again,) = pullback(np.ones(3)), pullback(np.ones(3))
    assert first.tobytes() == again.tobytes()
    np.testing.assert_allclose(first, grad(lambda v: np.sum(f(v)))(V), rtol=1e-12)


def test_results_do_not_share_memory_with_arguments():
    v = V.copy()
    gradient = grad(lambda v, w: np.sum(v * w))(v, W)
    gradient[0] = 100.0
    first, second = grad(lambda v, w: np.sum(v + w), argnums=(0, 1))(v, W)
    first[0] = 100.0
    assert W[0] == 1.1 and v[0] == 0.4 and second[0] == 1.0
