"""The report: text, HTML, JSON, a picture; the command line; formulas."""
import json

import numpy as np
import pytest
import sympy as sp

from symgrad import grad, symbolic
from symgrad.cli import main
from symgrad.verify import verify, verify_text
from symgrad.verify.show import svg, text
from tests.verify.programs import SPD, branchy, drag, rosenbrock

BROKEN = ("dv += df * (k * v)", "dv += df * k")


@pytest.fixture(scope="module")
def refuted():
    return verify_text(drag, grad(drag).source_for(2.0, 0.1).replace(*BROKEN), 2.0, 0.1)


def test_text_names_verdict_line_and_values(refuted):
    shown = str(refuted)
    assert shown == repr(refuted) == text(refuted) and "\033" not in shown and "\033[31m" in text(refuted, colour=True)
    for part in ("drag: refuted", "at v = 2.0, k = 0.1", "should be 1.2", "dv += df * k", "f = k * v * v"):
        assert part in shown, shown


def test_html_is_escaped():
    page = verify(branchy, 0.3, 2.0)._repr_html_()
    assert "x &lt;= y" in page and "<span" in page


def test_json(refuted):
    report = json.loads(refuted.json())
    assert report["verdict"] == "refuted" and report["ok"] is False
    assert report["verdicts"][0]["refutation"]["text"] == "dv += df * k"


def test_picture_is_well_formed(refuted):
    import xml.etree.ElementTree as tree
    assert len(tree.fromstring(svg(refuted))) > 5


def test_the_worst_verdict_counts(refuted):
    good = verify(drag, 2.0, 0.1, argnums=(0, 1))
    assert good.ok and good.status == 0 and good["k"].verdict == "proved"
    assert not refuted.ok and refuted.status == 1


def test_command_line(tmp_path, capsys):
    file = tmp_path / "model.py"
    file.write_text("def drag(v, k):\n    return k * v * abs(v)\n", encoding="utf-8")
    assert main(["verify", f"{file}:drag", "--args", "2.0, 0.1", "--argnums", "v,k"]) == 0
    assert "drag: proved" in capsys.readouterr().out
    assert main(["verify", f"{file}:drag", "--args", "2.0, 0.1", "--json", "--value"]) == 0
    assert json.loads(capsys.readouterr().out)["verdicts"][0]["verdict"] == "proved"
    assert main(["verify", f"{file}:drag", "--args", "2, 1"]) == 1         # an int


def test_formula():
    formula = symbolic(rosenbrock, np.array([1.0, 2.0]))
    a, b = formula.symbols["v[0]"], formula.symbols["v[1]"]
    assert sp.expand(formula.value - (100 * (b - a**2) ** 2 + (1 - a) ** 2)) == 0
    assert sp.expand(formula.gradient["v[1]"] - 200 * (b - a**2)) == 0
    assert r"\frac{\partial f}{\partial v_{0}}" in formula.latex() and formula._repr_latex_().startswith("$")


def test_formula_in_pieces():
    formula = symbolic(branchy, 0.3, 2.0, argnums="y")
    x, y = formula.symbols.values()
    assert formula.gradient["y"].subs({x: 3, y: 2}) == 3 * sp.cos(2)
    assert formula.gradient["y"].subs({x: -3, y: 2}) == 1


def test_no_formula():
    with pytest.raises(ValueError, match="eigvalsh"):
        symbolic(lambda a: np.sum(np.linalg.eigvalsh(a)), SPD)
