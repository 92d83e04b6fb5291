"""Every elementwise rule on arrays and on Python floats, and the points of the table of conventions."""
import builtins
import cmath
import math
import operator

import mpmath
import numpy as np
import pytest

import symgrad
from symgrad.rules import names, special
from symgrad.rules.core import RULES, find
from tests.rules.direct import check_pullback, contribution

# One unary function, where to try it: from, to.
UNARY = {
    "sqrt": (0.1, 3), "cbrt": (0.1, 3), "exp": (-2, 2), "exp2": (-2, 2), "expm1": (-2, 2), "log": (0.1, 3),
    "log2": (0.1, 3), "log10": (0.1, 3), "log1p": (-0.8, 3), "sin": (-4, 4), "cos": (-4, 4), "tan": (-1, 1),
    "arcsin": (-0.9, 0.9), "arccos": (-0.9, 0.9), "arctan": (-4, 4), "sinh": (-2, 2), "cosh": (-2, 2),
    "tanh": (-2, 2), "arcsinh": (-4, 4), "arccosh": (1.2, 4), "arctanh": (-0.9, 0.9), "degrees": (-4, 4),
    "radians": (-4, 4), "rad2deg": (-4, 4), "deg2rad": (-4, 4), "square": (-4, 4), "reciprocal": (0.2, 4),
    "sinc": (-3, 3), "absolute": (-3, 3), "fabs": (-3, 3), "negative": (-3, 3), "positive": (-3, 3),
    "real": (-3, 3), "imag": (-3, 3), "conjugate": (-3, 3), "angle": (0.1, 3), "modf": (-3.3, 3.1),
    "frexp": (0.6, 0.9), "nan_to_num": (-3, 3), "float64": (-3, 3)}
BINARY = ["add", "subtract", "multiply", "divide", "power", "float_power", "remainder", "fmod", "hypot",
          "arctan2", "logaddexp", "logaddexp2", "maximum", "minimum", "fmax", "fmin", "copysign", "divmod"]
MATH = {**UNARY, **{name.replace("arc", "a"): limits for name, limits in UNARY.items()},
        "erf": (-2, 2), "erfc": (-2, 2), "gamma": (0.2, 4), "lgamma": (0.2, 4), "modf": (0.1, 0.9)}
HOLOMORPHIC = ["sqrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arcsin",
               "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "square",
               "reciprocal", "negative", "positive"]
OF_COMPLEX = [*HOLOMORPHIC, "real", "imag", "conjugate", "angle", "absolute"]


def points(limits, shape=(2, 3), dtype=np.float64):
    return np.random.default_rng(3).uniform(*limits, size=shape).astype(dtype)


# -- arrays ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", UNARY)
def test_unary(name):
    function = getattr(np, name)
    check_pullback(function, points(UNARY[name]))
    check_pullback(function, points(UNARY[name], ()))
    check_pullback(function, points(UNARY[name], (0, 2)))
    if name != "float64":
        check_pullback(function, points(UNARY[name], dtype=np.float32), h=1e-5)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("shapes", [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((2, 3), ()),
                                    ((), (2,)),
                                    ((1, 1), (1,)), ((0, 3), (3,)), ((), ())], ids=str)
def test_binary_and_broadcasting(name, shapes):
    function = getattr(np, name)
    a, b = points((0.2, 0.9), shapes[0]), points((1.1, 1.9), shapes[1])
    check_pullback(function, a, b)
    check_pullback(function, b, a)
    if name != "float_power":
        check_pullback(function, a.astype(np.float32), b.astype(np.float32), h=1e-5)


@pytest.mark.parametrize("name", OF_COMPLEX)
def test_complex(name):
    z = points((0.2, 0.9)) + 1j * points((-0.9, -0.1))
    for quadrant in (z, -z, np.conj(z), -np.conj(z)):
        check_pullback(getattr(np, name), quadrant)
    check_pullback(getattr(np, name), z.astype(np.complex64), h=1e-5)


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "power"])
def test_complex_and_real(name):
    x, z = points((0.2, 0.9)), points((0.2, 0.9)) + 1j * points((-0.9, -0.1), (3,))
    for a, b in ((x, z), (z, x), (z, z[:1])):
        check_pullback(getattr(np, name), a, b)


def test_functions_with_more_arguments():
    x, y = points((-1, 1)), np.array([0.12, -0.31, 0.44])
    check_pullback(np.where, x > 0.0, x, y)
    check_pullback(np.where, np.array(True), x, y)
    check_pullback(np.where, np.array(False), x, 0.5)
    check_pullback(np.clip, x, -0.5, 0.5)
    check_pullback(np.clip, x, None, y)
    symgrad_agrees = symgrad.grad(lambda x: np.sum(np.clip(x, min=-0.5, max=0.5)))(x)
    np.testing.assert_array_equal(symgrad_agrees, (np.abs(x) <= 0.5).astype(float))
    check_pullback(np.clip, x, y - 0.3, None)
    check_pullback(np.clip, x, y + 0.3, y - 0.3)                                   # the upper bound wins
    check_pullback(np.angle, x + 1j * y, deg=True)
    check_pullback(np.ldexp, x, np.array([-1, 0, 3]))
    if hasattr(np, "matvec"):
        check_pullback(np.matvec, points((-1, 1), (2, 3, 4)), points((-1, 1), (4,)))
        check_pullback(np.matvec, points((-1, 1), (3, 4)), points((-1, 1), (2, 4)))
        check_pullback(np.vecmat, points((-1, 1), (3,)), points((-1, 1), (2, 3, 4)))
    check_pullback(np.nan_to_num, np.array([1.0, -2.0, 0.0]), nan=2.0, posinf=3.0, neginf=4.0)


def test_what_nan_to_num_puts_in_gets_the_cotangent():
    x = np.array([1.0, np.nan, np.inf, -np.inf])
    bound = {"x": x, "copy": True, "nan": 2.0, "posinf": 3.0, "neginf": 4.0}
    rule = RULES[np.nan_to_num]
    found = [contribution(rule, name, np.ones(4), np.nan_to_num(x), bound).tolist() for name in rule.wrt]
    assert found == np.eye(4).tolist()


# -- Python floats ---------------------------------------------------------------------------------

@pytest.mark.parametrize("name", [name for name in MATH if hasattr(math, name)])
def test_math(name):
    for x in points(MATH[name], 5).tolist():
        check_pullback(getattr(math, name), x)


@pytest.mark.parametrize("name", [name for name in MATH if hasattr(cmath, name)])
def test_cmath(name):
    for x in points(MATH[name], 3).tolist():
        check_pullback(getattr(cmath, name), x + 0.3j)


@pytest.mark.parametrize(("function", "args"), [
    (math.atan2, (0.3, -0.7)), (math.hypot, (0.3,)), (math.hypot, (0.3, -0.7)),
    (math.hypot, (0.3, -0.7, 2.0)), (math.dist, ([0.3, 1.0], [2.0, -1.0])),
    (math.dist, ((0.3,), (2.0,))), (math.pow, (0.3, -0.7)),
    (math.dist, (np.array([0.3, 1.0]), np.array([2.0, -1.0]))),
    (math.dist, ([0.3, 1.0], np.array([2.0, -1.0]))),
    (math.fmod, (-7.3, 2.1)), (math.remainder, (7.3, 2.1)), (math.copysign, (-0.3, 2.0)),
    (math.ldexp, (0.3, 5)), (math.frexp, (5.3,)), (math.modf, (-5.3,)), (builtins.divmod, (-7.3, 2.1)),
    (builtins.abs, (-0.3,)),
    (builtins.pow, (1.3, 2.7)), (builtins.pow, (-1.3, 3)), (operator.pow, (1.3, -2)),
    (operator.mod, (-7.3, 2.1)), (operator.truediv, (1.3, -2.0)), (operator.neg, (1.3,)),
    (float, (1.3,)), (complex, (1.3, 0.4)),
    (special.digamma, (2.3,)), (special.polygamma, (2, 2.3)), (math.gamma, (-1.3,)), (math.lgamma, (-2.7,))])
def test_scalar_functions(function, args):
    check_pullback(function, *args)


def test_log_with_a_base():
    rule = RULES[(math.log, "base")]
    x, base, h = 2.3, 1.7, 1e-6
    bound = {"x": x, "base": base}
    dx = (math.log(x + h, base) - math.log(x - h, base)) / (2 * h)
    dbase = (math.log(x, base + h) - math.log(x, base - h)) / (2 * h)
    assert contribution(rule, "x", 1.0, math.log(x, base), bound) == pytest.approx(dx, rel=1e-8)
    assert contribution(rule, "base", 1.0, math.log(x, base), bound) == pytest.approx(dbase, rel=1e-8)


EVERY_ELEMENTWISE = list({id(rule): rule for rule in RULES.values() if rule.is_elementwise}.values())


def scalar(rule, param, r, **values):
    """The partial as a Python float would get it, from the text for Python floats."""
    texts = rule.scalar_partials or rule.partials
    return eval(texts[rule.params.index(param)], dict(names.SCALAR), {"r": r, **values})


@pytest.mark.parametrize("rule", [rule for rule in EVERY_ELEMENTWISE if rule.scalar_partials],
                                  ids=lambda r: r.name)
def test_texts_for_floats_agree_with_those_for_arrays(rule):
    limits = MATH.get(rule.functions[0].__name__, (0.2, 0.9))
    function = rule.functions[0]
    for values in points(limits, (5, len(rule.params))).tolist():
        bound = dict(zip(rule.params, values))
        r = function(*values)
        for param in rule.wrt:
            expected = contribution(rule, param, 1.0, r, bound)
            assert scalar(rule, param, r, **bound) == pytest.approx(float(expected), rel=1e-14)


# -- where a derivative is not one: conventions ------------------------------------------------------

def partial(function, *args, dy=1.0):
    """The contributions of a cotangent `dy`, one per parameter that has any."""
    rule = find(function)
    with np.errstate(all="ignore"):
        r = function(*args) if not rule.variadic else 0.0
        bound = dict(zip(rule.params, args)) | {k: v for k, v in rule.defaults.items()
                                                if k not in rule.params[:len(args)]}
        found = [contribution(rule, name, dy, r, bound) for name in rule.wrt if bound[name] is not None]
    return [float(x) if np.ndim(x) == 0 else x.tolist() for x in found]


@pytest.mark.parametrize(("function", "args", "expected"), [
    (np.abs, (0.0,), [0.0]), (builtins.abs, (0.0,), [0.0]), (math.fabs, (-0.0,), [0.0]),
    (np.maximum, (2.0, 2.0), [0.5, 0.5]), (np.minimum, (2.0, 2.0), [0.5, 0.5]),
    (np.fmax, (2.0, 2.0), [0.5, 0.5]),
    (np.maximum, (0.0, 0.0), [0.5, 0.5]), (np.fmax, (np.nan, 2.0), [0.0, 1.0]),
    (np.fmin, (2.0, np.nan), [1.0, 0.0]),
    (np.clip, (1.0, 1.0, 2.0), [1.0, 0.0, 0.0]), (np.clip, (2.0, 1.0, 2.0), [1.0, 0.0, 0.0]),
    (np.clip, (3.0, 1.0, 2.0), [0.0, 0.0, 1.0]), (np.clip, (0.0, 1.0, 2.0), [0.0, 1.0, 0.0]),
    (np.sqrt, (0.0,), [np.inf]), (np.arcsin, (1.0,), [np.inf]), (np.arccosh, (1.0,), [np.inf]),
    (np.hypot, (0.0,), [0.0]), (math.hypot, (0.0,), [0.0]),
    (np.power, (0.0, 2), [0.0]), (np.power, (0.0, 1), [1.0]), (np.power, (0.0, 0), [0.0]),
    (operator.pow, (0.0, 2), [0.0]), (operator.pow, (0.0, 1), [1.0]), (operator.pow, (0.0, 0), [0.0]),
    (operator.pow, (0.0, 0.0), [0.0]), (np.power, (np.float64(0.0), 0.5), [np.inf]),
    (np.where, (True, 2.0, np.nan), [1.0, 0.0]), (np.where, (False, np.inf, 2.0), [0.0, 1.0]),
    (operator.mod, (7.5, 2.0), [1.0, -3.0]), (operator.mod, (-7.5, 2.0), [1.0, 4.0]),
    (np.mod, (-7.5, 2.0), [1.0, 4.0]),
    (np.sinc, (0.0,), [0.0]), (np.heaviside, (0.0, 0.5), [1.0]), (np.heaviside, (0.1, 0.5), [0.0]),
    (np.logaddexp, (-np.inf, -np.inf), [0.0, 0.0]), (np.logaddexp, (-np.inf, 1.0), [0.0, 1.0]),
    (np.nan_to_num, (np.nan,), [0.0]), (math.copysign, (0.0, -1.0), [0.0])])
def test_convention(function, args, expected):
    found = partial(function, *args)
    assert found[:len(expected)] == expected


def test_power_of_zero_wrt_the_exponent():
    assert partial(np.power, 0.0, 1.5)[1] == 0.0
    rule = find(operator.pow)
    assert scalar(rule, "b", 0.0, a=0.0, b=1.5) == 0.0


@pytest.mark.parametrize("dy", [np.inf, np.nan])
def test_the_branch_not_taken_gets_exactly_zero(dy):
    assert partial(np.where, np.array([True, False]), np.ones(2), np.ones(2), dy=dy)[1][0] == 0.0
    assert partial(np.maximum, 1.0, 2.0, dy=dy)[0] == 0.0
    assert partial(np.clip, 3.0, 1.0, 2.0, dy=dy)[0] == 0.0


@pytest.mark.parametrize(("name", "x", "expected"), [
    ("sqrt", 0.0, math.inf), ("cbrt", 0.0, math.inf), ("asin", 1.0, math.inf), ("acos", -1.0, -math.inf),
    ("acosh", 1.0, math.inf)])
def test_poles_of_python_floats(name, x, expected):
    function = getattr(math, name)
    assert scalar(find(function), "x", function(x), x=x) == expected


@pytest.mark.parametrize(("a", "b", "expected"), [
    (0.0, 2, 0.0), (0.0, 1, 1.0), (0.0, 0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.5, math.inf), (-2.0, 3, 12.0),
    (0.0, 1.5, 0.0)])
def test_powers_of_python_floats(a, b, expected):
    assert scalar(find(operator.pow), "a", a**b, a=a, b=b) == expected


def test_where_a_rule_is_not_singular_its_partial_is_finite():
    for rule in EVERY_ELEMENTWISE:
        ufunc = rule.functions[-1]
        if rule.singular or not isinstance(ufunc, np.ufunc) or ufunc.nin > 1:
            continue
        x = np.array([-1e308, -1e3, -1.0, 0.0, 1.0, 1e3, 1e308])
        with np.errstate(all="ignore"):
            r = ufunc(x)
        value = contribution(rule, rule.wrt[0], np.ones(7), r, {rule.params[0]: x})
        assert np.all(np.isfinite(value[np.isfinite(r)])), rule.name


# -- the helpers that generated code may contain -----------------------------------------------------

@pytest.mark.parametrize("x", [0.1, 0.5, 1.0, 1.4616321449683623, 3.7, 9.99, 10.0, 50.0, 1e8, -0.3, -1.5,
                               -7.9, -100.25])
def test_digamma(x):
    assert special.digamma(x) == pytest.approx(float(mpmath.digamma(x)), rel=2e-14, abs=2e-14)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("x", [0.1, 0.5, 1.0, 3.7, 11.0, 50.0, -0.3, -1.5, -7.9])
def test_polygamma(n, x):
    scale = max(1.0, abs(float(mpmath.polygamma(n, abs(x)))))
    expected = float(mpmath.polygamma(n, x))
    assert special.polygamma(n, x) == pytest.approx(expected, rel=1e-13, abs=1e-13 * scale)


def test_sign():
    assert [special.sign(x) for x in (-2.0, -0.0, 0.0, 0.5)] == [-1, 0, 0, 1]


def test_names_have_rules_themselves():
    for table in (names.SCALAR, names.ARRAY):
        for name, function in table.items():
            assert not callable(function) or find(function) is not None, name


# -- nothing forgotten -------------------------------------------------------------------------------

@pytest.mark.parametrize("module", [math, cmath, np], ids=lambda m: m.__name__)
def test_every_function_has_a_rule(module):
    candidates = [getattr(module, name) for name in dir(module) if not name.startswith("_")]
    if module is np:
        candidates = [c for c in candidates if isinstance(c, np.ufunc)]
    without = {c.__name__ for c in candidates if callable(c) and find(c) is None}
    assert without <= {"phase", "polar", "rect"}                       # cmath's, rarely met
