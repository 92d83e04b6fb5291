"""The objects users hold: names, repr, pickles, threads, arguments at the call, warnings."""
import inspect
import math
import pickle
import threading
import warnings

import numpy as np
import pytest

import symgrad
from symgrad import grad, value_and_grad, vjp

V = np.array([0.4, -0.7, 1.2])


def loss(w, x, scale=2.0):
    """Squared error of a line through the origin."""
    total = 0.0
    for e in x:
        total += (w * e - scale) ** 2
    return total


def stencil(u, steps):
    v = u.copy()
    for _ in range(steps):
        v[1:-1] += 0.1 * (v[2:] - 2.0 * v[1:-1] + v[:-2]) * v[1:-1]
    return np.sum(v * v)


def branch(x, y):
    if x > y:
        return math.sin(x) * y
    return x * x + math.exp(y)


loss_grad = grad(loss, argnums="w")


def test_metadata():
    g = grad(loss)
    assert "loss" in g.__name__ and "loss" in g.__qualname__
    assert g.__module__ == __name__ and "Squared error" in g.__doc__ and g.__wrapped__ is loss
    assert g.primal is loss
    assert list(inspect.signature(g).parameters) == ["w", "x", "scale"]


def test_repr():
    text = repr(grad(loss, argnums=("w", "scale"), has_aux=False))
    assert "grad" in text and "loss" in text and "w" in text and "scale" in text and " at 0x" not in text


def test_public_names():
    assert {"grad", "value_and_grad", "vjp"} <= set(symgrad.__all__)
    assert all(hasattr(symgrad, name) for name in symgrad.__all__)


def test_pickle():
    g = pickle.loads(pickle.dumps(loss_grad))
    assert g(0.7, [0.4, 1.2]) == loss_grad(0.7, [0.4, 1.2]) and g.primal is loss
    h = pickle.loads(pickle.dumps(grad(branch, argnums=(0, 1))))
    assert h(1.3, 0.7) == grad(branch, argnums=(0, 1))(1.3, 0.7)


def test_pickle_of_a_decorated_function():
    g = pickle.loads(pickle.dumps(decorated))
    assert g(3.0) == decorated(3.0) == 27.0


@grad
def decorated(x):
    return x**3


def test_threads():
    g = grad(stencil)
    inputs = [np.linspace(0.1, 1.0 + i, 5 + i % 3) for i in range(24)]
    expected = [grad(stencil)(u, 3) for u in inputs]
    results = [None] * len(inputs)
    barrier = threading.Barrier(8)

    def work(k):
        barrier.wait()
        for i in range(k, len(inputs), 8):
            results[i] = g(inputs[i], 3)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for got, want in zip(results, expected):
        assert got.tobytes() == want.tobytes()


def test_ufunc():
    assert grad(np.tanh)(0.7) == pytest.approx(1.0 - math.tanh(0.7) ** 2, rel=1e-12)


def everything(x, /, y, *rest, scale=2.0, **named):
    total = x * y * scale
    for r in rest:
        total += r * x
    for key in named:
        total += named[key] * x * len(key)
    return total


@pytest.mark.parametrize("args, kwargs, expected", [
    ((3.0, 5.0), {}, 10.0), ((3.0,), {"y": 5.0}, 10.0), ((3.0, 5.0, 7.0, 11.0), {}, 28.0),
    ((3.0, 5.0), {"scale": 1.0, "ab": 4.0}, 13.0), ((3.0, 5.0, 7.0), {"ab": 4.0, "c": 1.0}, 26.0),
])
def test_arguments_at_the_call(args, kwargs, expected):
    assert grad(everything)(*args, **kwargs) == expected
    value, gradient = value_and_grad(everything)(*args, **kwargs)
    assert value == everything(*args, **kwargs) and gradient == expected


def test_gradient_of_keyword_only_and_rest():
    assert grad(everything, argnums="scale")(3.0, 5.0, scale=1.0) == 15.0
    assert grad(everything, argnums=2)(3.0, 5.0, 7.0, 11.0) == 3.0
    assert grad(everything, argnums="y")(3.0, y=5.0) == 6.0


def test_warning_when_the_result_does_not_depend():
    with pytest.warns(UserWarning, match="offset"):
        assert grad(lambda x, offset: x * x, argnums="offset")(3.0, 1.0) == 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert grad(lambda x, offset: x * x)(3.0, 1.0) == 6.0


def test_caller_is_left_alone():
    def f(v, history):
        v[0] *= 2.0
        history.append(v[0])
        return np.sum(v * v) + history[-1]

    v, history = V.copy(), []
    for _ in range(2):
        gradient = grad(f)(v, history)
        np.testing.assert_allclose(gradient, [8.0 * V[0] + 2.0, 2.0 * V[1], 2.0 * V[2]], rtol=1e-12)
        assert v.tobytes() == V.tobytes() and history == []


def test_edited_copy_of_the_result_does_not_reach_the_next_call():
    g = grad(lambda v: np.sum(v))
    first = g(V)
    first[:] = 9.0
    assert g(V).tolist() == [1.0, 1.0, 1.0]
    _, pullback = vjp(np.sum, V)
    pullback(1.0)[0][:] = 9.0
    assert pullback(1.0)[0].tolist() == [1.0, 1.0, 1.0]
