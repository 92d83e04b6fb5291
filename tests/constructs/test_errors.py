"""What is refused says where (file, line, the line itself, a caret), what, and what to do."""
import ctypes
import decimal
import fractions
import inspect
import math
import os

import numpy as np
import pytest

from symgrad import grad, value_and_grad
from symgrad.errors import AliasError, SymgradError

V = np.array([0.4, -0.7, 1.2])
libm = ctypes.CDLL(None)
for bessel in (libm.j0, libm.j1):
    bessel.restype, bessel.argtypes = ctypes.c_double, [ctypes.c_double]


def places(f):
    """The lines of f marked `# here`, as (number, code)."""
    lines, first = inspect.getsourcelines(f)
    return [(first + i, line.split("# here")[0].strip()) for i, line in enumerate(lines) if "# here" in line]


def refused(f, *args, words):
    """`grad(f)` refuses (one of) the marked lines of f and says what to do; returns the message."""
    with pytest.raises(SymgradError) as error:
        grad(f)(*args)
    text = str(error.value)
    assert os.path.basename(__file__) in text, text
    code = [code for number, code in places(f) if f"line {number}" in text and code in text]
    assert code and "^" in text[text.index(code[0]):], text
    assert words.lower() in text.lower() and "What to do: " in text, text
    return text


def at_marked_line(f, error):
    """The error's text or notes name the file and the number of the marked line."""
    text = str(error) + "".join(getattr(error, "__notes__", ()))
    return os.path.basename(__file__) in text and f"line {places(f)[0][0]}" in text


def generator_with_state(x):
    def powers(n):
        for i in range(n):
            yield x**i  # here
    steps = powers(3)  # here
    return next(steps) + next(steps) * 2.0  # here


def generator_itself(x):
    yield x * x  # here


async def coroutine(x):  # here
    return x * x


def awaits_inside(x):
    async def inner(y):  # here
        return y * y
    return inner(x).send(None)  # here


def exec_inside(x):
    exec("y = x * x")  # here
    return x


def eval_inside(x):
    return eval("x * x")  # here


def unknown_c_function(x):
    return libm.j0(x) * x  # here


def unknown_c_function_in_loop(v):
    total = 0.0
    for e in v:
        total += libm.j1(e)  # here
    return total


def values_smuggled_as_bytes(v):
    return np.sum(np.frombuffer(v.tobytes()))  # here


def undecidable_alias(v, flag):
    a, b = v * 1.0, v * 2.0
    c = a if flag[0] > 0 else b  # here
    c[0] = 5.0  # here
    return np.sum(a * b)


def undecidable_overlap(v, w):
    a = v.copy()
    parts = [a[:2], w.copy()]
    chosen = parts[int(abs(w[0]) > 0.1)]  # here
    chosen[0] = v[0] * 2.0  # here
    return np.sum(a)


def unknown_name(x):
    return x * undefined_factor  # noqa: F821  # here


@pytest.mark.parametrize("f, words", [
    (generator_with_state, "generator"), (generator_itself, "generator"), (coroutine, "async"),
    (awaits_inside, "async"), (exec_inside, "exec"), (eval_inside, "eval"),
], ids=lambda value: getattr(value, "__name__", ""))
def test_syntax(f, words):
    refused(f, 0.7, words=words)


def test_star_import_is_refused():
    # Python compiles no `from math import *` in a function; only text given as `source=` can hold one.
    text = "def f(x):\n    from math import *\n    return sin(x)\n"
    namespace = {}
    exec(text.replace("from math import *", "from math import sin"), namespace)
    with pytest.raises((SymgradError, SyntaxError), match="import"):
        grad(namespace["f"], source=text)(0.7)


def test_unknown_c_function_shows_how_to_write_a_rule():
    text = refused(unknown_c_function, 0.7, words="j0")
    assert "symgrad.rule" in text


def test_unknown_c_function_in_loop():
    text = refused(unknown_c_function_in_loop, V, words="rule")
    assert "symgrad.rule" in text


def test_unknown_c_function_of_constants_is_no_error():
    def f(x, nu):
        return libm.j0(nu) * x

    assert grad(f)(2.0, 0.3) == libm.j0(0.3)


def test_library_function_without_rule_itself():
    with pytest.raises(SymgradError) as error:
        grad(libm.j0)(0.7)
    assert "j0" in str(error.value) and "symgrad.rule" in str(error.value)


def test_values_smuggled_as_bytes():
    refused(values_smuggled_as_bytes, V, words="tobytes")


@pytest.mark.parametrize("f", [undecidable_alias, undecidable_overlap], ids=lambda f: f.__name__)
def test_alias_that_cannot_be_decided(f):
    w = np.array([1.0, 2.0, 3.0])
    try:
        gradient = grad(f)(V, w)
    except AliasError:
        refused(f, V, w, words="memory")
    else:       # a compiler that decides it must be right
        h = 1e-6 * np.eye(3)
        expected = [(f(V + e, w) - f(V - e, w)) / 2e-6 for e in h]
        np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8)


def test_unknown_name():
    with pytest.raises((SymgradError, NameError), match="undefined_factor"):
        grad(unknown_name)(0.7)


@pytest.mark.parametrize("x", [3, True, np.arange(3), np.array([True, False])], ids=repr)
def test_integer_argument(x):
    with pytest.raises(SymgradError) as error:
        grad(lambda count: np.sum(count * 1.5))(x)
    text = str(error.value)
    assert "count" in text and ("int" in text or "bool" in text) and "float" in text


@pytest.mark.parametrize("x", ["text", None, {1, 2}, object()], ids=["str", "None", "set", "object"])
def test_argument_that_cannot_be_differentiated(x):
    with pytest.raises(SymgradError, match="thing"):
        grad(lambda thing: 1.0)(x)


def test_non_scalar_result():
    def f(v):
        return v * 2.0

    with pytest.raises(SymgradError) as error:
        grad(f)(V)
    assert "vjp" in str(error.value) and "jacobian" in str(error.value) and "(3,)" in str(error.value)


@pytest.mark.parametrize("thing", [3, "f", [1.0]], ids=repr)
def test_no_function(thing):
    with pytest.raises((SymgradError, TypeError)) as error:
        grad(thing, argnums=0)(1.0)
    assert "function" in str(error.value) or "callable" in str(error.value)


def test_wrong_number_of_arguments_is_the_primals_error():
    def f(x, y):
        return x * y

    with pytest.raises(TypeError, match=r"f\(\)|y"):
        grad(f)(1.0)
    with pytest.raises(TypeError, match="z"):
        grad(f)(1.0, 2.0, z=3.0)
    with pytest.raises(TypeError):
        grad(f)(1.0, 2.0, 3.0)


def mismatched(a, b):
    c = np.exp(a)
    return np.sum(c @ b)  # here


def test_wrong_shape_is_reported_at_the_primals_line():
    with pytest.raises((SymgradError, ValueError)) as error:
        value_and_grad(mismatched)(np.ones((2, 3)), np.ones((2, 3)))
    assert at_marked_line(mismatched, error.value)
    with pytest.raises((SymgradError, ValueError)) as error:      # the gradient alone does not need the product:
        grad(mismatched)(np.ones((2, 3)), np.ones((2, 3)))        # it fails where the shapes meet in it
    assert os.path.basename(__file__) in "".join(error.value.__notes__)


def test_wrong_type_is_reported_at_the_primals_line():
    def f(x, mode):
        y = math.sin(x)
        return y * x + mode  # here

    with pytest.raises((SymgradError, TypeError)) as error:
        grad(f)(0.7, "fast")
    assert at_marked_line(f, error.value)


def test_error_in_a_helper_names_the_helpers_line():
    def helper(y):
        return eval("y * 2.0")  # here

    def f(x):
        return helper(x) * x

    with pytest.raises(SymgradError) as error:
        grad(f)(0.7)
    assert at_marked_line(helper, error.value) and 'eval("y * 2.0")' in str(error.value)


def test_a_refused_function_is_refused_again():
    g = grad(eval_inside)
    for _ in range(2):
        with pytest.raises(SymgradError):
            g(0.7)


def pops_a_number(x):
    return x.pop()


def test_a_method_that_a_number_does_not_have():
    with pytest.raises(SymgradError, match="a number has no method 'pop'"):
        grad(pops_a_number)(1.0)


@pytest.mark.parametrize("kind", [decimal.Decimal, fractions.Fraction])
def test_a_number_that_comes_back_from_an_object_of_a_library_is_not_a_constant(kind):
    with pytest.raises(SymgradError, match="has no derivative rule"):
        grad(lambda x: float(kind(x)) * x)(2.0)
