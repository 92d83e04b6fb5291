"""scipy.special against central differences; its elementwise rules are proven in test_scalar_rules_sympy, too."""
import subprocess
import sys

import numpy as np
import pytest

import symgrad
from tests.rules.direct import check_pullback

special = pytest.importorskip("scipy.special")
rng = np.random.default_rng(0)

UNARY = {"erf": (-2, 2), "erfc": (-2, 2), "erfinv": (-0.9, 0.9), "erfcinv": (0.2, 1.8), "erfcx": (-1, 2),
         "ndtr": (-3, 3), "log_ndtr": (-6, 3), "ndtri": (0.1, 0.9), "expit": (-4, 4), "log_expit": (-4, 4),
         "logit": (0.1, 0.9), "exp10": (-1, 1), "gamma": (0.3, 4), "gammaln": (0.3, 4), "loggamma": (0.3, 4),
         "rgamma": (0.3, 4), "psi": (0.3, 4), "digamma": (0.3, 4), "entr": (0.1, 2), "expm1": (-1, 1),
         "log1p": (-0.5, 2), "exp2": (-1, 1), "cbrt": (0.1, 2)}


@pytest.mark.parametrize("name", UNARY)
def test_unary(name):
    function = getattr(special, name)
    for shape in ((2, 3), (1,), (), (0, 2)):
        x = rng.uniform(*UNARY[name], shape)
        check_pullback(function, x)
    check_pullback(function, rng.uniform(*UNARY[name], (2, 3)).astype(np.float32), h=1e-5)
    check_pullback(function, float(rng.uniform(*UNARY[name])))


@pytest.mark.parametrize("name", ["xlogy", "xlog1py", "rel_entr", "kl_div", "beta", "betaln"])
@pytest.mark.parametrize("shapes", [((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2,)), ((0, 3), (3,))], ids=str)
def test_binary(name, shapes):
    check_pullback(getattr(special, name), *(rng.uniform(0.3, 2.0, shape) for shape in shapes))


def test_zero_times_log_zero():
    x, y = np.array([0.0, 2.0]), np.array([0.0, 3.0])
    dx, dy = symgrad.grad(lambda x, y: np.sum(special.xlogy(x, y)), argnums=(0, 1))(x, y)
    assert dx[0] == -np.inf and dy.tolist() == [0.0, 2.0 / 3.0]


def test_zeta_and_polygamma():
    check_pullback(special.zeta, 2.5, rng.uniform(0.5, 2.0, 3))
    check_pullback(special.polygamma, 1, rng.uniform(0.5, 2.0, (2, 2)))


@pytest.mark.parametrize("kwargs", [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}], ids=str)
@pytest.mark.parametrize("shape", [(2, 3), (1, 3)], ids=str)
def test_along_axes(shape, kwargs):
    x = rng.normal(size=shape)
    check_pullback(special.logsumexp, x, **kwargs)
    check_pullback(special.logsumexp, x, b=rng.uniform(0.5, 2.0, shape), **kwargs)
    check_pullback(special.logsumexp, x, b=rng.uniform(0.5, 2.0, shape[1]), **kwargs)
    axis = {k: v for k, v in kwargs.items() if k == "axis"}
    check_pullback(special.softmax, x, **axis)
    check_pullback(special.log_softmax, x, **axis)


def test_impossible_events_have_no_gradient():
    x = np.array([-np.inf, -np.inf])
    assert symgrad.grad(lambda x: special.logsumexp(x))(x).tolist() == [0.0, 0.0]


def test_scipy_is_imported_by_the_program_only():
    code = ("import sys, symgrad; assert 'scipy' not in sys.modules; import scipy.special as s; "
            "from symgrad.rules.core import find; assert find(s.expit).name == 'expit'")
    subprocess.run([sys.executable, "-c", code], check=True)


def test_exported_code_imports_scipy_special(tmp_path):
    gradient = symgrad.grad(lambda x: special.expit(x) * special.gammaln(x))
    gradient.export(tmp_path / "made.py", 0.7)
    text = (tmp_path / "made.py").read_text()
    assert "import scipy.special as special" in text
    namespace = {}
    exec(text, namespace)
