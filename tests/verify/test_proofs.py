"""What verify proves, and that it says exactly what."""
import itertools
import math
import os
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from symgrad import grad, verify
from symgrad.rules.core import RULES
from symgrad.verify import rules
from tests.verify.programs import LAYERS, SPD, black_scholes, branchy, euler, log_det, mlp, rosenbrock

# what is proved here are functions of real numbers; complex ones are proved in tests/rules
SCALAR = sorted({r.name for r in RULES.values() if r.is_elementwise and rules.own(r)}
                - {*rules.COMPLEX, *rules.NO_FORMULA})


def proved(f, *args, **options):
    report = verify(f, *args, **options)
    assert [v.verdict for v in report.verdicts] == ["proved"] * len(report.verdicts), str(report)
    return report


@pytest.mark.parametrize("name", SCALAR)
def test_scalar_rule(name):
    assert not rules.unproved(name)


@pytest.mark.parametrize("f", [lambda a: a**3.0, lambda a: a**-2, lambda a: a**1 + a**0, lambda a: (a * a)**0.5],
                         ids=str)
def test_power_of_a_negative_number(f):
    proved(f, -0.7)


def test_rosenbrock():
    assert "(4,)" in str(proved(rosenbrock, np.array([1.0, 2.0, 0.5, 0.3])))


def test_black_scholes_and_its_five_greeks():
    report = proved(black_scholes, 100.0, 95.0, 0.5, 0.03, 0.2, argnums=(0, 1, 2, 3, 4))
    assert "years > 0" in report.paths[0].domain


def test_a_loop_at_its_trip_count():
    assert "steps = 3" in str(proved(euler, 0.1, 1.5, 0.01, 3, argnums=(0, 1, 2)))


def test_a_network():
    proved(mlp, *LAYERS, argnums=(0, 1, 2, 3))


def test_a_cholesky_factorisation():
    proved(log_det, SPD)


def test_branches_path_by_path():
    report = proved(branchy, 0.3, 2.0, argnums=(0, 1))
    assert {tuple(c for c in p.conditions if "generated" not in c) for p in report.paths} == {
        ("x > y",), ("x <= y", "x > 0"), ("x <= y", "x <= 0")}
    assert report.paths[0].given


@pytest.mark.parametrize(("f", "args"), [
    (lambda x: np.sum(np.maximum(x, 0.0) ** 2), (np.array([1.0, -2.0]),)),
    (lambda x: np.sum(np.where(x > 0.0, np.sin(x), x * x)), (np.array([1.0, -2.0]),)),
    (lambda x: np.std(x) / np.mean(x), (np.array([1.0, 2.0, 4.0]),)),
    (lambda a: np.linalg.det(a), (SPD,)),
    (lambda a, b: np.dot(b, np.linalg.solve(a, b)), (SPD[:2, :2], np.array([1.0, 2.0]))),
    (lambda x: np.max(x) * np.min(x), (np.array([1.0, 2.0, 4.0]),)),
    (lambda x: np.sum(np.cumsum(x)[1:] * x[:-1]), (np.array([1.0, 2.0, 4.0]),)),
    (lambda x: np.sum(np.sort(x) * np.arange(3.0)), (np.array([3.0, 1.0, 2.0]),)),
    (lambda x: np.linalg.norm(x), (np.array([3.0, 1.0]),)),
    (lambda x: np.einsum("ij,jk,ki->", x, x, x), (SPD[:2, :2],)),
    (lambda x: math.exp(-0.37 * x) * 0.1 * 0.3 * math.pi, (0.4,)),
    (lambda x: np.sum(np.bincount(np.floor(x).astype(int)) * 1.0) * x[0], (np.array([1.2, 0.7]),)),
    (lambda x: sum(a * b for a, b in itertools.pairwise(x)), ([1.2, 0.7, 3.0],)),
    (lambda x: x % 0.7 + x // 0.3, (1.9,)),
    (lambda x: max(x, 0.5) + min(x * x, 2.0), (1.9,)),
    (lambda x: math.log1p(math.expm1(x)) + math.hypot(x, 2.0), (1.9,)),
], ids=range(16))
def test_functions_of_arrays_and_numbers(f, args):
    proved(f, *args)


def test_constants_that_the_compiler_folds():
    """0.1 * 3.0 is one float in the text and a product in the primal; 2 / sqrt(pi) is a number of 17 digits."""
    proved(lambda x: 0.1 * (3.0 * x) * 0.7 + math.erf(0.3 * x), 0.4)
    proved(lambda x: 1.2345678901234567 * x * 1.2345678901234567, 0.4)


def test_structures_methods_and_closures():
    @dataclass
    class Spring:
        stiffness: float
        rest: float

        def energy(self, x):
            return 0.5 * self.stiffness * (x - self.rest) ** 2

    scale = 2.0

    def loss(parameters, x):
        return scale * Spring(parameters["k"], parameters["l"][0]).energy(x)

    proved(loss, {"k": 2.0, "l": (1.0, 3)}, 0.5, argnums=(0, 1))
    report = proved(Spring(2.0, 1.0).energy, 0.5)
    assert report["x"].verdict == "proved"


def test_as_a_method_of_a_gradient():
    assert grad(euler, argnums="rate").verify(0.1, 1.5, 0.01, 2).verdict == "proved"
    report = grad(euler).value_and_grad.verify(0.1, 1.5, 0.01, 2)
    assert report.verdict == "proved" and "t, dx" in report.source or "return x, dx" in report.source
    assert grad(lambda x: (x * x, 2.0 * x), has_aux=True).verify(3.0).verdict == "proved"


def test_keyword_and_variadic_arguments():
    proved(lambda *xs, k=2.0: k * xs[0] * xs[1], 1.0, 2.0, argnums=(0, 1))


def test_symgrad_loads_neither_sympy_nor_mpmath():
    code = "import symgrad, sys; assert not {'sympy', 'mpmath'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


def test_at_a_tie_the_proof_is_of_what_is_around_it():
    report = verify(lambda x: abs(x) * 3.0, 0.0)
    assert report.verdict == "proved" and "tie" in report.verdicts[0].because


