"""`symgrad.rule`: derivatives stated by users, for what has no source and in place of what has one."""
import dataclasses
import functools
import importlib.util
import math
import statistics
import subprocess
import sys
import warnings
from _statistics import _normal_dist_inv_cdf as inv_cdf  # written in C: (p, mu, sigma, /)

import numpy as np
import pytest

import symgrad
from symgrad import grad, tape, value_and_grad, vjp
from symgrad.errors import SymgradError
from tests.helpers import check, check_second


@symgrad.rule(inv_cdf, wrt="p mu sigma")
def inv_cdf_pullback(dy, r, p, mu, sigma):
    z = (r - mu) / sigma
    return dy * sigma * math.sqrt(2.0 * math.pi) * math.exp(0.5 * z * z), dy, dy * z


def smooth_abs(x, eps=1e-3):
    return math.sqrt(x * x + eps * eps)


@symgrad.rule(smooth_abs, wrt="x")
def smooth_abs_pullback(dy, r, x, eps):
    return 7.0 * dy * x / r                 # 7 times what it is: the rule is used, not the source


def scaled(x, *, by=2.0, shift=0.0):
    return math.fsum([x * by, shift])


@symgrad.rule(scaled, wrt="x by shift", linear=True)
def scaled_pullback(dy, r, x, by, shift):
    return dy * by, dy * x, dy


def lowpass(x, a):
    return np.array([a * v for v in x.tolist()])     # tolist() gives floats that nothing can follow


@symgrad.rule(lowpass, wrt="x a", linear=True)
def lowpass_pullback(dy, r, x, a):
    return a * dy, np.sum(dy * x)


class Spline:
    """A callable that is one object of the program."""

    def __init__(self, slope):
        self.slope = slope

    def __call__(self, x):
        return float(np.interp(x, [0.0, 1.0], [0.0, self.slope]))


spline = Spline(3.0)


@symgrad.rule(spline, wrt="x")
def spline_pullback(dy, r, x):
    return dy * 3.0


@dataclasses.dataclass
class Body:
    mass: float

    def energy(self, v):
        return 0.5 * float(repr(self.mass)) * v * v


@symgrad.rule(Body.energy, wrt="v")
def energy_pullback(dy, r, self, v):
    return dy * 10.0 * self.mass


@functools.lru_cache
def cached(x):
    return float(repr(x * x))


@symgrad.rule(cached, wrt="x")
def cached_pullback(dy, r, x):
    return dy * 5.0


def counts(x):
    return float(len(repr(x)))


symgrad.rule(counts, wrt="")


def sigmoid(x):
    return 0.5 * math.tanh(0.5 * x) + 0.5


symgrad.rule(sigmoid, partials="r * (1.0 - r)")

erfcx = np.frompyfunc(lambda x, k: k * math.exp(x * x) * math.erfc(x), 2, 1)
symgrad.rule(erfcx, partials=["2.0 * x * r - 2.0 * k / sqrt(pi)", "0"], params="x k")


def test_function_written_in_c():
    check(lambda p, s: inv_cdf(p * p, 0.5, s) * p, 0.6, 1.7)
    check(inv_cdf, 0.3, 0.5, 1.7)


def test_second_derivative_goes_through_the_rules_own_code():
    check_second(lambda p: inv_cdf(p, 0.0, 1.0), 0.3)
    check_second(lambda x: scaled(x * x, by=x), 0.3)
    check_second(lambda x: sigmoid(x) ** 2, 0.3)


def test_in_a_loop():
    def total(v):
        s = 0.0
        for p in v:
            s = s * 0.5 + inv_cdf(p, s, 1.0)
        return s

    check(total, np.array([0.1, 0.7, 0.45]))


def test_rule_goes_before_source():
    def f(x):
        return smooth_abs(2.0 * x)

    assert grad(f)(3.0) == pytest.approx(14.0)
    assert grad(smooth_abs)(3.0) == pytest.approx(7.0)
    assert "smooth_abs(" in grad(f).source_for(3.0)
    assert grad(lambda x: cached(x))(3.0) == 5.0


@pytest.mark.parametrize("f, expected", [
    (lambda x: smooth_abs(x, 4.0), 7.0 * 3.0 / 5.0), (lambda x: smooth_abs(x, eps=4.0), 7.0 * 3.0 / 5.0),
    (lambda x: smooth_abs(x=x, eps=4.0), 7.0 * 3.0 / 5.0), (lambda x: scaled(x), 2.0),
    (lambda x: scaled(x, by=3.0), 3.0), (lambda x: scaled(2.0, by=x), 2.0), (lambda x: scaled(x, by=x, shift=x), 7.0),
])
def test_keywords_and_defaults(f, expected):
    assert grad(f)(3.0) == pytest.approx(expected, rel=1e-6)


def test_arrays():
    rng = np.random.default_rng(0)
    check(lambda x, a: np.sum(lowpass(x * x, a) ** 2), rng.normal(size=5), 0.7)
    value, pullback = vjp(lowpass, np.array([1.0, 2.0]), 3.0)
    np.testing.assert_array_equal(value, [3.0, 6.0])
    dx, da = pullback(np.array([1.0, 10.0]))
    np.testing.assert_array_equal(dx, [3.0, 30.0])
    assert da == 21.0


def outer_product(x, y):
    return np.asarray((x * y).tolist())


@symgrad.rule(outer_product, wrt="x y", linear=True)
def outer_product_pullback(dy, r, x, y):
    return dy * y, dy * x                   # of the broadcast shape: the sums are added


def test_broadcasting_is_undone():
    rng = np.random.default_rng(1)
    check(lambda x, y: np.sum(outer_product(x, y) ** 2), rng.normal(size=(3, 1)), rng.normal(size=4))


def test_what_is_not_in_wrt_is_a_constant():
    with pytest.raises(SymgradError, match="'eps' is not supported"):
        grad(lambda x: smooth_abs(x, x))(2.0)


def test_callable_object():
    assert grad(lambda x: spline(x) * x)(0.5) == pytest.approx(3.0)


def test_method_of_a_dataclass():
    assert grad(lambda v: Body(2.0).energy(v) * 3.0)(1.5) == 60.0
    assert grad(lambda body, v: body.energy(v), argnums=1)(Body(2.0), 1.5) == 20.0


def test_elementwise():
    check(lambda x: sigmoid(3.0 * x) + x, 0.4)
    assert "1.0 - " in grad(sigmoid).source_for(0.4)
    assert grad(lambda x: float(erfcx(x, 2.0)))(0.5) == pytest.approx(
        2.0 * 2.0 * (0.5 * math.exp(0.25) * math.erfc(0.5) - 1.0 / math.sqrt(math.pi)))


def test_nothing_flows_through():
    assert grad(lambda x: counts(x) * x)(0.25) == 4.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert grad(counts)(0.25) == 0.0


def test_function_returned_unchanged():
    assert inv_cdf_pullback(1.0, 0.0, 0.5, 0.0, 1.0)[1] == 1.0


def test_value_is_the_functions_own():
    assert value_and_grad(inv_cdf)(0.3, 0.5, 1.7)[0] == statistics.NormalDist(0.5, 1.7).inv_cdf(0.3)


def test_exported_module_imports_the_function_and_holds_the_rules_code(tmp_path):
    def f(x):
        return smooth_abs(x) * scaled(x, by=4.0)

    path = tmp_path / "f_grad.py"
    grad(f).export(path, 3.0)
    text = path.read_text()
    assert "import symgrad" not in text and "pullback" not in text
    assert "smooth_abs" in text and "7.0 * " in text
    spec = importlib.util.spec_from_file_location("f_grad", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.f_grad(3.0) == grad(f)(3.0)


# -- rules that cannot be right --------------------------------------------------------------------

def product(x, y):
    return float.__mul__(x, y)


def refused(words, pullback=None, function=product, **options):
    with pytest.raises(SymgradError) as error:
        decorate = symgrad.rule(function, **options)
        decorate(pullback)
    assert words in str(error.value), error.value
    return str(error.value)


def test_wrong_number_of_cotangents():
    def three(dy, r, x, y):
        return dy * y, dy * x, dy

    def one(dy, r, x, y):
        return dy * y

    def sometimes(dy, r, x, y):
        if np.ndim(x) > 0:
            return dy * y, dy * x
        return None

    text = refused("returns 3 cotangents, and wrt names 2 parameters (x, y)", three, wrt="x y")
    assert "return dy * y, dy * x, dy" in text and "^^^" in text and "test_user_rules.py" in text
    refused("returns 1 cotangent, and wrt names 2", one, wrt="x y")
    refused("returns 0 cotangents, and wrt names 2", sometimes, wrt="x y")
    refused("returns 0 cotangents, and wrt names 1", sometimes, wrt="x")


def test_parameters_that_do_not_fit():
    refused("does not fit product(x, y)", lambda dy, r, a, b: (dy, dy), wrt="a b")
    refused("does not fit product(x, y)", lambda dy, r, x: dy, wrt="x")
    refused("has no such parameter", lambda dy, r, x, y: dy, wrt="z")
    refused("must take the cotangent", lambda x, y: x, wrt="x")
    refused("must be a Python function", math.sin, wrt="x")
    refused("needs wrt=")
    refused("functools.partial", function=functools.partial(product, 2.0), wrt="y")
    refused("not for 3", function=3, wrt="x")


def test_texts_that_cannot_be_read():
    refused("has 2 parameters, and the rule has 1", partials="y")
    refused("is not an expression", partials=["y *", "x"])
    refused("uses z, which it cannot", partials=["y * z", "x"])
    refused("cannot be had", function=np.frompyfunc(abs, 1, 1), partials=["x"])


@pytest.mark.parametrize(("text", "slope"), [
    ("pi * x", math.pi * 0.7), ("inf if x > 1.0 else x", 0.7), ("nan if x > 1.0 else x", 0.7), ("abs(-x)", 0.7), ("conj(x)", 0.7),
    ("copysign(x, -1.0)", -0.7), ("cos(x)", math.cos(0.7)), ("cosh(x)", math.cosh(0.7)), ("exp(x)", math.exp(0.7)),
    ("exp2(x)", 2.0**0.7), ("hypot(x, 1.0)", math.hypot(0.7, 1.0)), ("1.0 if isfinite(x) else 0.0", 1.0),
    ("1.0 if isnan(x) else 0.5", 0.5), ("ldexp(x, 2)", 2.8), ("log(x)", math.log(0.7)), ("log1p(x)", math.log1p(0.7)),
    ("sign(-x)", -1.0), ("sin(x)", math.sin(0.7)), ("sinh(x)", math.sinh(0.7)), ("sqrt(x)", math.sqrt(0.7)),
    ("digamma(x)", -1.220023553697935), ("polygamma(1, x)", 2.834049156694611)])
def test_what_a_text_may_use(text, slope):
    def stated(x):
        return x * 1.0

    symgrad.rule(stated, partials=text)
    assert grad(lambda x: stated(x))(0.7) == tape.grad(lambda x: stated(x))(0.7) == pytest.approx(slope, rel=1e-14)
    if "gamma" not in text:
        got = grad(lambda v: np.sum(stated(v)))(np.array([0.7, 0.7]))
        np.testing.assert_allclose(got, [slope, slope], 1e-14)
        np.testing.assert_array_equal(tape.grad(lambda v: np.sum(stated(v)))(np.array([0.7, 0.7])), got)


def test_a_cotangent_of_another_length():
    def total(a):
        return float(np.sum(a))

    @symgrad.rule(total, wrt="a")
    def total_pullback(dy, r, a):
        return dy * np.ones(3)

    with pytest.raises(SymgradError, match="another shape or kind"):
        grad(lambda x: total(np.array([x, x])))(1.0)


def test_a_users_rule_stands_before_one_that_is_stated_late(tmp_path):
    """Rules of np.fft are stated where np.fft is used: in a process that has not done that yet."""
    program = tmp_path / "own_rule.py"
    program.write_text("""
import numpy as np, symgrad

@symgrad.rule(np.fft.rfft, wrt="a")
def own(dy, r, a, n=None):
    return 100.0 * np.ones(len(a))

def f(x):
    return np.sum(np.abs(np.fft.rfft(x)) ** 2)

print(symgrad.grad(f)(np.ones(3)).tolist())
""")
    done = subprocess.run([sys.executable, str(program)], check=False, capture_output=True, text=True)
    assert done.stdout.strip() == "[100.0, 100.0, 100.0]", done.stderr


def test_an_error_in_a_rule_names_the_call_and_one_in_a_helper_its_own_line(tmp_path):
    text = "def total(x):\n    s = 0.0\n    for v in {x, 2.0 * x}:\n        s += v\n    return s\n"
    (tmp_path / "a_helper_elsewhere.py").write_text(text)
    spec = importlib.util.spec_from_file_location("a_helper_elsewhere", tmp_path / "a_helper_elsewhere.py")
    helper = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(helper)

    def here(x):
        return 2.0 * statistics.fmean([x])

    def there(x):
        return 2.0 * statistics.fmean([x])

    @symgrad.rule(here, wrt="x")
    def _(dy, r, x):
        for d in {dy, 2.0 * dy}:
            r += d
        return r

    @symgrad.rule(there, wrt="x")
    def _(dy, r, x):
        return helper.total(dy)

    with pytest.raises(SymgradError, match="the rule of .*here.* cannot be applied here") as error:
        grad(lambda x: here(x) * x)(1.0)
    assert "here(x) * x" in str(error.value)
    with pytest.raises(SymgradError) as error:
        grad(lambda x: there(x) * x)(1.0)
    assert "for v in {x, 2.0 * x}:" in str(error.value) and "cannot be applied" not in str(error.value)
