"""Which backend runs, what it says of itself, and compiling ahead of the first call."""
import math
import threading
import warnings

import numpy as np
import pytest

import symgrad
from symgrad import ArgumentError, NativeFallbackWarning, configure, grad
from symgrad.backends import progress as progress_line
from symgrad.backends.failure import NotCompiled

pytest.importorskip("numba")


def walked(x, n):
    for i in range(n):
        x = x + 0.01 * x * x * i
    return x


def product(a, b):
    return np.sum(a @ b)


def test_auto_compiles_loops_over_numbers_and_leaves_whole_arrays_alone():
    loops, arrays = grad(walked, backend="auto"), grad(product, backend="auto")
    assert loops(1.0, 3) == grad(walked, backend="python")(1.0, 3)
    assert loops.explain().backend == "numba"
    arrays(np.ones((2, 3)), np.ones((3, 2)))
    assert arrays.explain().backend == "python"
    assert "no loops over numbers" in arrays.explain().reason


def spectrum_by_steps(x, n):
    for _ in range(n):
        x = x * float(np.abs(np.fft.fft(np.ones(3)))[0])
    return x


def test_auto_says_nothing_of_what_does_not_compile():
    g = grad(spectrum_by_steps, backend="auto")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert g(1.0, 2) == grad(spectrum_by_steps, backend="python")(1.0, 2)
    assert g.explain().backend == "python"
    assert "fft" in g.explain().reason


def test_explain_is_a_report():
    report = grad(walked, backend="numba").explain(1.0, 3)
    assert any("a float64 per iteration" in line for line in report.recorded)
    text = str(report)
    assert text.startswith("the gradient of walked, for float64, int64\n  backend      compiled by Numba\n")
    assert "compiled in" in text or "loaded in" in text


def sorted_product(x):
    y = np.exp(x) * x
    return np.sum(np.sort(y) * y)


def test_explain_says_what_became_of_array_statements():
    loops, sort = grad(sorted_product, backend="numba").explain(np.ones(3)).lowered[:2]
    assert loops.startswith("loops, of line ")
    assert sort.startswith("loops and np.sort() and ")
    assert grad(sorted_product).explain(np.ones(3)).lowered == ()


def test_warm_compiles_and_runs_nothing():
    ran = []

    def noisy(x, n):
        ran.append(1)
        for _ in range(n):
            x = x * x
        return x

    def quiet(x, n):
        for _ in range(n):
            x = x * x
        return x

    g = grad(quiet, backend="numba")
    assert g.warm(1.0, 2) is None
    native = g._compiled.of_values({"x": 1.0, "n": 2}).native
    assert len(native.kernel.overloads) == 1
    seconds = native.seconds
    assert g(3.0, 2) == 108.0
    assert native.seconds == seconds
    grad(noisy, backend="auto").warm(1.0, 2)
    assert not ran


def test_calls_run_in_python_while_the_code_is_compiled_in_the_background(monkeypatch):
    def cubed(x, n):
        for _ in range(n):
            x = x ** 3
        return x

    g = grad(cubed, backend="numba")
    native = g._compiled.of_values({"x": 1.0, "n": 2}).native
    go, compile = threading.Event(), native.compile
    monkeypatch.setattr(native, "compile", lambda *args: go.wait(30) and compile(*args))
    thread = g.warm(1.0, 2, background=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error", NativeFallbackWarning)
        early = g(1.1, 2)
        assert not native.kernel.overloads
        go.set()
        thread.join()
        assert len(native.kernel.overloads) == 1
        assert g(1.1, 2) == pytest.approx(early, rel=1e-14)
    assert g.explain().backend == "numba"


def test_configure_sets_what_gradients_get():
    with configure(backend="auto", exact_math=True):
        assert grad(walked).options.backend == "auto"
        assert grad(walked).options.exact_math
        assert grad(walked, backend="python").options.exact_math is False
    assert grad(walked).options.backend == "python"


@pytest.mark.parametrize("change, message", [
    ({"backends": "numba"}, "no setting 'backends': there are backend, exact_math"),
    ({"backend": "c"}, "backend='c': there are"),
    ({"exact_math": 1}, "exact_math is True or False, not 1"),
    ({"cache_dir": 3}, "cache_dir is a directory"),
    ({"progress": "yes"}, "progress is True, False or None"),
])
def test_configure_refuses(change, message):
    with pytest.raises(ArgumentError, match=message):
        configure(**change)


def test_numba_missing_is_said(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ArgumentError, match=r"pip install symgrad\[numba\]"):
        grad(walked, backend="numba")


def test_a_long_compilation_shows_a_line_that_goes_away(capsys, monkeypatch):
    monkeypatch.setattr(progress_line, "PATIENCE", 0.01)
    shown = threading.Event()
    real = print
    monkeypatch.setattr("builtins.print", lambda *a, **k: (real(*a, **k), shown.set()))
    with configure(progress=True), progress_line.progress("f_grad"):
        assert shown.wait(10)
    err = capsys.readouterr().err
    assert err.startswith("\rsymgrad: compiling f_grad (0 s)")
    assert err.endswith(" \r")


def test_exact_math_calls_the_library():
    def decay(x, n):
        for _ in range(n):
            x = np.exp(-x)
        return x

    quick, exact = grad(decay, backend="numba"), grad(decay, backend="numba", exact_math=True)
    assert quick(0.3, 3) == pytest.approx(exact(0.3, 3), rel=1e-14)
    kernel = {g: g._last.native.kernel.py_func.__code__.co_names for g in (quick, exact)}
    assert "_sg_exp" in kernel[quick]
    assert "_sg_exp" not in kernel[exact]
    assert symgrad.grad(decay, backend="numba").source == quick.source


@pytest.mark.parametrize("derive", [
    lambda f, **o: symgrad.vjp(f, 0.3, **o)[0],
    lambda f, **o: symgrad.jvp(f, (0.3,), (1.0,), **o),
    lambda f, **o: symgrad.jvp(f, **o)((0.3,), (1.0,)),
    lambda f, **o: symgrad.jacfwd(f, **o)(0.3),
    lambda f, **o: symgrad.jacrev(f, **o)(0.3),
    lambda f, **o: symgrad.jacobian(f, **o)(0.3),
    lambda f, **o: symgrad.hessian(f, **o)(0.3),
], ids=["vjp", "jvp", "jvp_alone", "jacfwd", "jacrev", "jacobian", "hessian"])
def test_every_derivative_takes_exact_math(derive, monkeypatch):
    from symgrad.backends import numba
    asked = []

    def risen(x):
        return math.exp(x)

    class Asked(numba.Native):
        def __init__(self, parts, exact_math, instead):
            asked.append(exact_math)
            super().__init__(parts, exact_math, instead)

        def compiled(self, *args, **kwargs):
            raise NotCompiled("it is not to take that long")

    monkeypatch.setattr(numba, "Native", Asked)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", symgrad.NativeFallbackWarning)
        assert derive(risen, backend="numba", exact_math=True) == derive(risen, backend="numba")
    half = len(asked) // 2
    assert asked == [True] * half + [False] * half and half
