"""Random programs, a few of them; and those that were once wrong.

`make fuzz` tries as many as there is time for. What is generated and what it is held against: docs/fuzzing.md.
"""
import importlib
import inspect
import pathlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symgrad.passes import PASSES, without
from symgrad.specialise import Options, Specialisations
from tests.fuzz import regressions
from tests.fuzz.choices import from_hypothesis, from_list, from_seed
from tests.fuzz.generator import Program, generate
from tests.fuzz.oracles import ORACLES, AsCompiled, judge
from tests.fuzz.reproducible import differing
from tests.fuzz.shrink import shrunk
from tests.test_programs import CASES
from tests.test_scratch import rows

REGRESSIONS = sorted(p.stem for p in pathlib.Path(regressions.__path__[0]).glob("*.py") if p.stem != "__init__")


@st.composite
def programs(draw):
    return generate(from_hypothesis(draw))


@settings(max_examples=60, deadline=None, derandomize=True, database=None,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(programs())
def test_random_programs(program):
    judge(program)


@pytest.mark.parametrize("start", range(0, 90, 10))
def test_programs_of_seeds(start):
    """The programs that `make fuzz` begins with; all but few of them are told about by differences."""
    kinds = [judge(generate(from_seed(seed)), seed).kind for seed in range(start, start + 10)]
    assert kinds.count("right") >= 8, kinds


@pytest.mark.parametrize("name", REGRESSIONS)
def test_regression(name):
    module = importlib.import_module(f"tests.fuzz.regressions.{name}")
    program = Program(inspect.getsource(module), module.ARGS, [])
    assert judge(program, 0, dict.fromkeys(ORACLES, 100)).kind == "right"


@pytest.mark.parametrize("name", REGRESSIONS)
def test_regression_without_passes(name):
    module = importlib.import_module(f"tests.fuzz.regressions.{name}")
    program = Program(inspect.getsource(module), module.ARGS, [])
    with without(*PASSES):
        assert judge(program, 0, {}).kind == "right"


@pytest.mark.parametrize("x, body, note", [
    (-0.519, "b = np.sin(np.full((2, 3), x))\n    return x + np.std(b)", "rounding decides"),
    (0.822, "for i in range(3):\n        y = math.sin(3.0 * x)\n        for j in range(4):\n            x = 2.0 * x * x\n    return y", "gradient"),
])
def test_programs_that_say_nothing(x, body, note):
    """Equal numbers whose mean is rounded, and numbers that overflow on the way."""
    text = f"import math\nimport numpy as np\n\n\ndef program(x):\n    {body}\n"
    outcome = judge(Program(text, (x,), []), 0, {})
    assert (outcome.kind, outcome.note) == ("unfit", note)


@pytest.mark.parametrize("name", sorted(PASSES))
def test_a_pass_makes_a_difference(name):
    """Leaving it out changes what is generated for one of these, for one backend, so that comparing means something."""
    assert any(text(case, made) != text(case, made, name) for made in (Specialisations, AsCompiled) for case in TELLING)


TELLING = [case for case in CASES if case.id in (
    "statistics.gaussian_mixture-mixture", "statistics.gaussian_mixture_full-mixture_full", "kernels.scimark_lu", "kernels.adi",
    "linalg.gaussian_log_density-gaussian", "dynamic.longest_path-graph")]
TELLING.append(pytest.param(rows, lambda: (np.ones(3), np.ones(2)), (0, 1)))


def text(case, made, *left_out):
    """What is generated now, whatever is remembered."""
    f, args, argnums = case.values
    with without(*left_out):
        forms = made(f, Options("value_and_grad", argnums))
        return forms.of_values(forms.parameters.bind(args(), {})).source


def test_an_unknown_pass_is_refused():
    with pytest.raises(ValueError, match="no pass is called fusion"), without("fusion"):
        pass


def test_the_same_text_under_other_hash_seeds():
    assert differing(range(14)) == []


def test_a_seed_is_a_program():
    program = generate(from_seed(7))
    assert generate(from_seed(7)).source == program.source
    assert generate(from_list(program.made)).source == program.source


def test_a_failing_program_is_shrunk():
    """To one statement, where what fails is that a program has a loop that counts down."""
    def fails(program):
        return ", -1, -1)" in program.text

    program = next(p for p in (generate(from_seed(seed)) for seed in range(1000)) if fails(p))
    small = shrunk(program, fails)
    assert fails(small) and len(small.text.splitlines()) < 14, small.text
