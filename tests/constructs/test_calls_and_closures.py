"""Calls to other functions by every road: name, attribute, closure, argument, default, lambda, map."""
import functools
import math
import operator
import types
from functools import reduce

import numpy as np
import pytest

from symgrad import grad
from tests.helpers import check

rng = np.random.default_rng(5)
V, W = rng.normal(size=5), rng.normal(size=5)


def softplus(x):
    return math.log1p(math.exp(x))


def scaled(x, factor=2.0, *, shift=0.0):
    return factor * x * x + shift


def moments(v):
    mean = np.sum(v) / len(v)
    return mean, np.sum((v - mean) ** 2) / len(v)


def square(x):
    return x * x


def clip_in_place(v, low):
    for i in range(len(v)):
        if v[i] < low:
            v[i] = low * 0.5


def logged(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return 2.0 * f(*args, **kwargs)
    return wrapper


@logged
def decorated(x, y):
    return x * y * y


library = types.SimpleNamespace(square=square, softplus=softplus)
DISPATCH = {"square": square, "softplus": softplus, "cube": lambda x: x**3}


def by_name(x, y):
    return softplus(x) * softplus(x * y) + softplus(y)


def by_attribute(x):
    return library.square(x) * library.softplus(x)


def by_default(x, f=softplus):
    return f(x) * f(2.0 * x)


def by_dispatch_table(x, name):
    return DISPATCH[name](x) * DISPATCH["cube"](x)


def keywords_and_defaults(x, y):
    return scaled(x) + scaled(y, 3.0) * scaled(x, shift=y) + scaled(factor=x, x=y)


def star_arguments(x, y):
    def total(*terms, scale=1.0, **named):
        result = 0.0
        for t in terms:
            result += t * scale
        return result + named.get("extra", 0.0) * named["other"]

    pair = (x, y)
    options = {"extra": x * y, "other": y}
    return total(*pair, x * y, scale=x, **options)


def several_results(v):
    mean, variance = moments(v)
    return mean / math.sqrt(variance) + moments(v * v)[1]


def same_helper_scalar_and_array(x, v):
    return square(x) * np.sum(square(v)) + float(np.sum(square(v[0])))


def helper_writes(v):
    u = v * 1.0
    clip_in_place(u, -0.1)
    clip_in_place(u, 0.2)
    return np.sum(u * u)


def called_in_loop(v, x):
    for e in v:
        x = scaled(x, e, shift=0.1) + softplus(e * x)
    return x


def calls_decorated(x, y):
    return decorated(x, y) + decorated(y, y=x)


def simpson(f, a, b, n):
    h = (b - a) / n
    total = f(a) + f(b)
    for i in range(1, n):
        total += (4.0 if i % 2 else 2.0) * f(a + i * h)
    return total * h / 3.0


def function_argument(x, y):
    return simpson(lambda t: math.exp(-x * t * t), 0.0, y, 8) + simpson(math.sin, x, y, 4)


def nested_def(x, y):
    scale = x * y

    def inner(t):
        def innermost(u):
            return u * scale + x
        return innermost(t) * innermost(y)

    return inner(x) + inner(2.0)


def closure_sees_rebinding(x):
    a = x

    def read():
        return a * a

    first = read()
    a = x * 3.0
    return first * read()


def late_binding(x):
    fs = [lambda: x * i for i in range(3)]
    gs = [lambda i=i: x**i for i in range(3)]
    return sum(f() for f in fs) * sum(g() for g in gs)


def counter_with_nonlocal(x, y):
    total = 0.0

    def add(t):
        nonlocal total
        total += t * t

    add(x)
    add(x * y)
    for k in range(3):
        add(k * y)
    return total * x


def maker(w):
    def model(x):
        return math.tanh(w[0] * x + w[1])
    return model


def returned_closure(w, x):
    model = maker(w)
    return model(x) * model(2.0 * x)


def compose(f, g):
    return lambda x: f(g(x))


def composed(x):
    return compose(square, compose(softplus, math.sin))(x) + (lambda a, b=2.0: a**b)(x)


def reduced(v, x):
    return reduce(lambda acc, e: acc * x + e, v, 0.0) + functools.reduce(operator.mul, [x, x + 1.0, v[0]])


def mapped(v, w, x):
    a = sum(map(softplus, v))
    b = sum(map(lambda p, q: p * q * x, v, w))
    return a * b + list(map(math.sin, [x, 2.0 * x]))[1]


def filtered(v):
    return sum(filter(lambda e: e > 0.0, v)) * max(map(square, v))


def partial_inside(x, y):
    cubed = functools.partial(scaled, factor=x, shift=1.0)
    return cubed(y) * functools.partial(scaled, y)(factor=x)


def conditional_function(x, flag):
    f = math.sin if flag else square
    return f(x) * f(f(x))


def operator_module(x, y):
    return operator.add(operator.mul(x, y), operator.truediv(x, y)) - operator.neg(operator.pow(x, 2))


CASES = [
    (by_name, 1.3, 0.7), (by_attribute, 1.3), (by_default, 1.3), (by_dispatch_table, 1.3, "softplus"),
    (keywords_and_defaults, 1.3, 0.7), (star_arguments, 1.3, 0.7), (several_results, V),
    (same_helper_scalar_and_array, 1.3, V), (helper_writes, V), (called_in_loop, V, 0.4),
    (calls_decorated, 1.3, 0.7), (function_argument, 0.7, 1.3), (nested_def, 1.3, 0.7),
    (closure_sees_rebinding, 1.3), (late_binding, 1.3), (counter_with_nonlocal, 1.3, 0.7),
    (returned_closure, [0.4, -0.3], 1.3), (composed, 1.3), (reduced, V, 0.7), (mapped, V, W, 0.7),
    (filtered, V), (partial_inside, 1.3, 0.7), (conditional_function, 1.3, True),
    (conditional_function, 1.3, False), (operator_module, 1.3, 0.7),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_call(case):
    check(*case)


def test_function_given_by_the_caller():
    check(simpson, math.exp, 0.2, 1.1, 6, argnums=(1, 2))


def test_closure_reads_live_values():
    scale = 2.0

    def f(x):
        return scale * x * x

    g = grad(f)
    assert g(3.0) == 12.0
    scale = 5.0
    assert g(3.0) == 30.0
