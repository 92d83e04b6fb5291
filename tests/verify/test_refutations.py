"""What verify refutes: generated text that was broken, and rules that are wrong. It points at the line."""
import math

import numpy as np
import pytest

import symgrad
from symgrad import grad
from symgrad.rules.core import RULES
from symgrad.verify import verify, verify_text
from tests.verify.programs import LAYERS, SPD, bias, black_scholes, drag, euler, fit, log_det, mlp, rosenbrock

EULER = (0.1, 1.5, 0.01, 3)
SQUARE = (np.array([[0.1, 0.2], [0.3, -0.4]]), np.array([[1.0, 2.0], [0.5, 0.25]]), np.array([[0.2, 0.4], [0.1, 0.3]]))

# what was done -> function, arguments, argnums, text, what became of it, the line that must be named
BROKEN = {
    "a sign": (euler, EULER, (0, 1), "dx -= dx * (t * x)", "dx += dx * (t * x)", None),
    "a dropped term": (drag, (2.0, 0.1), (0, 1), "dv += df * (k * v)", "dv += df * k", None),
    "a dropped term of a sum": (rosenbrock, (np.array([1.0, 2.0, 0.5]),), 0, "t1 = -(2.0 * dreturn * (1.0 - t1)) - 2.0 * t2 * t1",
                                "t1 = -2.0 * t2 * t1", "dv[i] += t1"),
    "a wrong index": (log_det, (SPD,), 0, "da[j, :j] += t2 * a[i, :j]", "da[j, :j] += t2 * a[j, :j]", None),
    "a wrong place": (rosenbrock, (np.array([1.0, 2.0, 0.5]),), 0, "dv[t] += t2", "dv[i] += t2", None),
    "a tape read at the wrong iteration": (euler, EULER, (0, 1), "x = x_tape[i]", "x = x_tape[i - 1]", None),
    "a missing accumulation in a loop": (euler, EULER, (0, 1), "        dx += t1 * t\n", "", "dx -= dx * (t * x)"),
    "a missing accumulation at the end": (drag, (2.0, 0.1), (0, 1), "        dv += t * k\n", "", "dv += df * (k * v)"),
    "an overwritten adjoint": (drag, (2.0, 0.1), (0, 1), "dv += df * (k * v)", "dv = df * (k * v)", None),
    "a wrong branch": (drag, (2.0, 0.1), (0, 1), "    if t:", "    if not t:", "if not t:"),
    "a transposed matrix": (fit, SQUARE, 0, "x.T @ (dr", "x @ (dr", "dw = x @ (dr * (1.0 - t * t))"),
    "a wrong shape": (bias, (np.array([0.1, 0.2]), np.ones((3, 2))), 0, "db = np.sum(dz * z, axis=0)",
                      "db = np.sum(dz * z, axis=1)", None),
    "a stale value": (drag, (2.0, 0.1), (0, 1), "df = dreturn * v", "df = dreturn * k", None),
    "a constant factor": (mlp, LAYERS, (0, 1, 2, 3), "dr = dreturn * (0.5 * r)", "dr = dreturn * (1.5 * r)", None),
    "a constant factor in a formula": (black_scholes, (100.0, 95.0, 0.5, 0.03, 0.2), (0, 1, 2, 3, 4), "dsigma = t4 * t3",
                                       "dsigma = 1.01 * t4 * t3", None),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_text(what):
    f, args, argnums, old, new, named = BROKEN[what]
    source = grad(f, argnums=argnums).source_for(*args)
    assert source.count(old) >= 1, source
    report = verify_text(f, source.replace(old, new, 1), *args, argnums=argnums)
    assert report.verdict == "refuted" and report.status == 1, str(report)
    refuted = [v.refutation for v in report.verdicts if v.refutation]
    assert {(named or new).strip()} == {r.text for r in refuted}, str(report)
    assert all(report.source.splitlines()[r.line - 1].strip().startswith(r.text) for r in refuted)


def test_text_that_fails():
    source = grad(drag).source_for(2.0, 0.1).replace("df = dreturn * v", "df = dreturn * speed")
    report = verify_text(drag, source, 2.0, 0.1)
    assert report.verdict == "refuted" and report["v"].refutation.text.startswith("df = dreturn * speed"), str(report)


@pytest.fixture
def table():
    """The rule table, as it is afterwards."""
    before = dict(RULES)
    yield
    RULES.clear()
    RULES.update(before)


def softplus(x):
    return math.log1p(math.exp(x))


def swish(x, slope):
    return x / (1.0 + math.exp(-slope * x))


def test_broken_elementwise_rule(table):
    symgrad.rule(softplus, partials="1.0 / (1.0 + exp(x))")         # of -x

    def loss(x):
        y = 3.0 * x
        return softplus(y) * x

    report = verify(loss, 0.5)
    assert report.verdict == "refuted", str(report)
    assert "/ (1.0 + math.exp(y))" in report["x"].refutation.text, str(report)


def test_broken_pullback(table):
    @symgrad.rule(swish, wrt="x slope")
    def swish_pullback(dy, r, x, slope):
        s = 1.0 / (1.0 + math.exp(-slope * x))
        return dy * (s + slope * r * (1.0 - s)), dy * x * r * s     # (1.0 - s) it should be

    def loss(x, slope):
        return swish(2.0 * x, slope)

    report = verify(loss, 0.5, 1.5, argnums=(0, 1))
    assert (report["x"].verdict, report["slope"].verdict) == ("proved", "refuted"), str(report)


def test_right_pullback(table):
    @symgrad.rule(swish, wrt="x slope")
    def swish_pullback(dy, r, x, slope):
        s = 1.0 / (1.0 + math.exp(-slope * x))
        return dy * (s + slope * r * (1.0 - s)), dy * x * r * (1.0 - s)

    assert verify(lambda x, slope: swish(2.0 * x, slope), 0.5, 1.5, argnums=(0, 1)).verdict == "proved"
