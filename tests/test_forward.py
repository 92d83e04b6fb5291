"""Forward mode: jvp, grad(mode="forward"), Jacobians and Hessians.

That forward mode agrees with reverse mode is tested for every program, construct and rule: `tests.helpers.check`
makes the dot-product test.
"""
import dataclasses
import math
import statistics

import numpy as np
import pytest

import symgrad
from symgrad import grad, hessian, jacfwd, jacobian, jacrev, jvp, value_and_grad
from symgrad.errors import ArgumentError, NotScalarError
from tests.helpers import assert_same_bits, check, check_second

V, W = np.array([0.4, -0.7, 1.2]), np.array([1.1, 0.3, -0.2])


@dataclasses.dataclass
class Model:
    weights: np.ndarray
    bias: float
    name: str = "model"


def predict(model, x):
    return {"mean": model.weights @ x + model.bias, "name": model.name, "parts": [model.weights * x, 3]}


def decay(x, rate, steps=3):
    for _ in range(steps):
        x = x - rate * x
    return x


def norm_of(x, y):
    return np.sqrt(x * x + y * y)


class Scale:
    def __init__(self, factor):
        self.factor = factor

    def times(self, x):
        return self.factor * x


def total_of(*xs):
    total = 0.0
    for x in xs:
        total = total + x * x
    return total


def test_structures_go_in_and_come_out():
    model = Model(np.array([1.0, 2.0]), 0.5)
    x = np.array([3.0, 4.0])
    value, tangent = jvp(predict, (model, x), (Model(np.array([1.0, 0.0]), 2.0), np.array([0.0, 1.0])))
    assert value["mean"] == 11.5 and value["name"] == "model"
    assert tangent["mean"] == 3.0 + 2.0 + 2.0 and tangent["name"] == "model"
    np.testing.assert_array_equal(tangent["parts"][0], [3.0, 2.0])
    assert tangent["parts"][1] == 0


def test_an_argument_without_a_tangent_is_not_differentiated_by():
    assert jvp(decay, (2.0, 0.5), (1.0, None)) == (0.25, 0.125)
    assert jvp(decay, (2.0, 0.5, 1), (None, 1.0, None)) == (1.0, -2.0)
    assert "drate" not in str(jvp(decay).derivative.options) and "drate" in jvp(decay).source_for(2.0, 0.5)


def test_lists_are_gathered_as_the_primal_gathers_them():
    def squares(xs, k):
        ys = []
        for x in xs:
            if x > 0.0:
                ys.append(x * k)
        return [y + 1.0 for y in ys]

    text = jvp(squares).source_for([1.0, 2.0], 3.0)
    assert text.count("append(") == 2 and "] for i in range(" in text and ") for i in range(" in text
    assert jvp(squares, ([1.0, -2.0, 3.0], 2.0), ([1.0, 1.0, 0.0], 1.0)) == ([3.0, 7.0], [3.0, 3.0])


def test_source_can_be_read_and_exported(tmp_path):
    function = jvp(decay)
    assert function((2.0, 0.5), (1.0, 0.0)) == (0.25, 0.125)
    assert function.source.startswith("def decay_jvp(x, rate, steps, dx, drate):") and "tape" not in function.source
    function.export(tmp_path / "decay_jvp.py", 2.0, 0.5)
    namespace = {}
    exec((tmp_path / "decay_jvp.py").read_text(), namespace)
    assert namespace["decay_jvp"](2.0, 0.5, 3, 1.0, 0.0) == (0.25, 0.125)
    assert repr(function) == "jvp(decay)"


def test_methods_and_variadic_arguments():
    assert jvp(Scale(3.0).times, (2.0,), (1.5,)) == (6.0, 4.5)
    assert jvp(total_of, (1.0, 2.0, 3.0), (1.0, None, 0.5)) == (14.0, 5.0)
    assert jvp(np.tanh, (0.0,), (2.0,)) == (0.0, 2.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(0,), (1,), (3,), (2, 1, 3), ()])
def test_shapes_and_dtypes_are_the_values(dtype, shape):
    x, y = np.ones(shape, dtype), np.full(shape, 2.0, dtype)
    value, tangent = jvp(norm_of, (x, y), (y, x))
    expected = norm_of(x, y)
    assert_same_bits(value, expected, "value")
    assert np.shape(tangent) == shape and np.asarray(tangent).dtype == np.asarray(expected).dtype


def test_a_broadcast_tangent_has_the_results_shape():
    _, tangent = jvp(lambda x: x + np.zeros((2, 3)), (1.0,), (2.0,))
    np.testing.assert_array_equal(tangent, np.full((2, 3), 2.0))
    tangent[0, 0] = 7.0                                                 # memory of its own


def test_arguments_and_tangents_are_left_alone():
    def overwrites(x):
        x *= 2.0
        x[0] = x[1] * x[1]
        return x

    x, dx = V.copy(), W.copy()
    _, tangent = jvp(overwrites, (x,), (dx,))
    assert_same_bits((x, dx), (V, W), "arguments")
    np.testing.assert_allclose(tangent, [8.0 * V[1] * W[1], 2.0 * W[1], 2.0 * W[2]])


def test_complex():
    value, tangent = jvp(lambda z: z * z, (1.0 + 2.0j,), (1.0j,))
    assert value == (1.0 + 2.0j) ** 2 and tangent == 2.0 * (1.0 + 2.0j) * 1.0j
    value, tangent = jvp(abs, (3.0 + 4.0j,), (1.0 + 1.0j,))
    assert value == 5.0 and tangent == pytest.approx(1.4, rel=1e-15)


@pytest.mark.parametrize("f, x, slope", [
    (math.sqrt, 0.0, 0.0), (np.sqrt, 0.0, 0.0), (abs, 0.0, 0.0), (lambda x: x ** 0.5, 0.0, 0.0),
    (lambda x: max(0.0, x), 0.0, 0.0), (lambda x: np.maximum(0.0, x), 0.0, 0.0),
])
def test_a_tangent_of_zero_stays_zero_where_the_slope_is_infinite(f, x, slope):
    assert jvp(f, (x,), (0.0,))[1] == slope


def test_infinite_slope():
    assert jvp(math.sqrt, (0.0,), (1.0,))[1] == math.inf
    np.testing.assert_array_equal(jvp(np.sqrt, (np.array([0.0, 4.0]),), (np.array([0.0, 1.0]),))[1], [0.0, 0.25])


def test_the_branch_not_taken_gets_nothing():
    f = lambda x: np.where(x > 0.0, np.log(np.where(x > 0.0, x, 1.0)), x * 0.5)
    np.testing.assert_array_equal(jvp(f, (np.array([-1.0, 0.0, 2.0]),), (np.ones(3),))[1], [0.5, 0.5, 0.5])


# -- errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("primals, tangents, message", [
    ((1.0,), (1.0, 2.0), "1 primals and 2 tangents"),
    ((V, 1.0), (np.ones(2), 1.0), "tangent of 'x'"),
    ((V, 1.0), (1.0, 1.0), "tangent of 'x'"),
    ((1.0, 0.5, 3), (1.0, 1.0, 1.0), "no floats"),
])
def test_wrong_tangents(primals, tangents, message):
    with pytest.raises(ArgumentError, match=message):
        jvp(decay, primals, tangents)


def quantile(p, sigma):
    return sigma * statistics.NormalDist().inv_cdf(p)


@symgrad.rule(quantile, wrt="p sigma")
def quantile_pullback(dy, r, p, sigma):
    z = r / sigma
    return dy * sigma * math.sqrt(2.0 * math.pi) * math.exp(0.5 * z * z), dy * z


def weighted(x, w):
    return np.array([np.sum(w * np.tanh(x)), np.prod(x)])


@symgrad.rule(weighted, wrt="x")
def weighted_pullback(dy, r, x, w):
    out = np.zeros_like(x)
    for i in range(len(x)):
        out[i] = dy[0] * w[i] / np.cosh(x[i]) ** 2
        if x[i] != 0.0:
            out[i] += dy[1] * r[1] / x[i]
    return out


def test_a_pullback_is_transposed_where_no_pushforward_is_stated():
    check(lambda p, s: quantile(p * p, s) * p, 0.6, 1.7)
    check(lambda x: weighted(x * x, W) @ weighted(np.sin(x), V), V)
    assert "inv_cdf" not in jvp(lambda p: quantile(p, 2.0) * 3.0).source_for(0.5).replace("quantile", "")


def test_a_stated_pushforward_goes_before_the_pullback():
    def twice(x):
        return 2.0 * statistics.fmean([x])

    symgrad.rule(twice, wrt="x")(lambda dy, r, x: 2.0 * dy)
    assert jvp(twice, (1.0,), (1.0,)) == (2.0, 2.0)
    with pytest.raises(ArgumentError, match="state that first"):
        symgrad.rule(statistics.median, wrt="x", mode="forward")(lambda dx, r, x: dx)
    symgrad.rule(twice, wrt="x", mode="forward")(lambda dx, r, x: dx + r)
    assert jvp(lambda x: twice(x), (1.0,), (1.0,)) == (2.0, 3.0)


# -- one number ---------------------------------------------------------------------------------------


def test_grad_in_forward_mode():
    f = grad(decay, mode="forward")
    assert f(2.0, 0.5) == 0.125 and "dx=1.0" in f.source
    assert value_and_grad(decay, mode="forward", argnums="rate")(2.0, 0.5, 1) == (1.0, -2.0)
    assert repr(f) == "grad(decay, mode='forward')"


@pytest.mark.parametrize("make, args, kind", [
    (lambda: grad(norm_of, mode="forward"), (V, 1.0), ArgumentError),
    (lambda: grad(decay, mode="forward", argnums=(0, 1)), (1.0, 0.5), ArgumentError),
    (lambda: grad(lambda x: x * V, mode="forward"), (1.0,), NotScalarError),
    (lambda: grad(decay, mode="sideways"), (1.0, 0.5), ArgumentError),
])
def test_grad_in_forward_mode_refuses(make, args, kind):
    with pytest.raises(kind):
        make()(*args)


# -- Jacobians ----------------------------------------------------------------------------------------


def fields(x, a):
    return {"outer": np.outer(x, x) * a, "norm": x @ x}


@pytest.mark.parametrize("way", [jacfwd, jacrev, jacobian])
def test_jacobians(way):
    J = way(fields, argnums=(0, 1))(V, 2.0)
    eye = np.eye(3)
    outer = 2.0 * (np.einsum("ik,j->ijk", eye, V) + np.einsum("i,jk->ijk", V, eye))
    np.testing.assert_allclose(J[0]["outer"], outer, rtol=1e-15)
    np.testing.assert_allclose(J[0]["norm"], 2.0 * V, rtol=1e-15)
    np.testing.assert_allclose(J[1]["outer"], np.outer(V, V), rtol=1e-15)
    assert J[1]["norm"] == 0.0


@pytest.mark.parametrize("way", [jacfwd, jacrev, jacobian])
def test_jacobians_of_structures_numbers_and_nothing(way):
    f = lambda p: p["a"] * p["b"]
    J = way(f)({"a": 2.0, "b": V})
    np.testing.assert_allclose(J["a"], V)
    np.testing.assert_allclose(J["b"], 2.0 * np.eye(3))
    assert way(math.exp)(0.0) == 1.0
    assert way(np.cumsum)(np.ones(0)).shape == (0, 0)
    assert way(np.sin)(np.ones((2, 1), np.float32)).shape == (2, 1, 2, 1)
    assert way(np.sin)(np.ones(2, np.float32)).dtype == np.float32
    assert way(decay, argnums="rate")(2.0, rate=0.5, steps=1) == -2.0


def test_jacobian_refuses_complex_arguments():
    with pytest.raises(ArgumentError, match="complex"):
        jacfwd(lambda z: z * z)(1.0j)


def test_hessian():
    def f(x, c):
        total = 0.0
        for i in range(len(x) - 1):
            total += c * (x[i + 1] - x[i] ** 2) ** 2
        return total

    H = hessian(f)(V, 2.0)
    np.testing.assert_allclose(H, H.T, rtol=1e-14)
    np.testing.assert_allclose(H[0], [2.0 * (12.0 * V[0] ** 2 - 4.0 * V[1]), -8.0 * V[0], 0.0], rtol=1e-14)
    assert hessian(math.sin)(0.5) == -math.sin(0.5)


# -- one derivative inside another -----------------------------------------------------------------------


def smooth(x, y):
    for _ in range(2):
        x = x * np.cos(y) + np.sin(x) * y
    return np.sum(x)


def slope(x, y):
    value, tangent = jvp(smooth, (x, y), (y, x))
    return value * tangent


def second(x, y):
    return jvp(grad(smooth), (x, y), (y, None))[1] @ x


def third(x):
    return jvp(slope, (x, W), (W, None))[1]


def test_reverse_over_forward():
    check(slope, V, W)


def test_forward_over_reverse_over_forward():
    check(second, V, W)
    check(third, V)


def test_hessian_vector_products_agree():
    gradient = grad(smooth)
    along = jvp(gradient, (V, W), (W, None))[1]
    np.testing.assert_allclose(along, grad(lambda x: gradient(x, W) @ W)(V), rtol=1e-13)
    check_second(smooth, V, W)


def test_einsum_of_what_shares_memory_with_nothing_else():
    def f(x, b):
        m = np.einsum("i,j->ij", x, b)
        b[1] = x[0]
        return np.sum(np.einsum("ij->j", m))

    x, b = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    value, slope = symgrad.jvp(f)((x, b.copy()), (np.ones(3), np.ones(3)))
    assert (value, slope) == (90.0, 63.0)


def test_what_a_comprehension_carries_besides():
    def f(x):
        t = u = x
        b = [(t := t * x) + (u := u + x) for i in range(3)]
        return t * u + b[1]

    assert jvp(f, (1.3,), (1.0,))[1] == pytest.approx(grad(f)(1.3), rel=1e-15)


def first_times_second(pair):
    return pair[0] * pair[1]


@symgrad.rule(first_times_second, wrt="pair", linear=False)
def first_times_second_pullback(dy, r, pair):
    return dy * pair[1], dy * pair[0]


@symgrad.rule(first_times_second, wrt="pair", mode="forward")
def first_times_second_pushforward(dpair, r, pair):
    return dpair[0] * pair[1] + pair[0] * dpair[1]


def test_a_number_that_is_written_out_has_no_tangent():
    assert jvp(lambda x: first_times_second((x, 3.0)), (2.0,), (1.0,)) == (6.0, 3.0)
    assert jvp(lambda x: first_times_second((x, x)), (2.0,), (1.0,)) == (4.0, 4.0)
