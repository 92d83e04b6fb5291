"""What the frontend reads, code generation prints again: the same program, to the bit."""
import importlib
import pkgutil

import pytest

import tests.programs
from symgrad.errors import UnsupportedError
from symgrad.ir.nodes import Op, Region
from symgrad.ir.order import in_order
from symgrad.ir.types import FLOAT
from tests.roundtrip import roundtrip

PROGRAMS = [case for module in pkgutil.iter_modules(tests.programs.__path__) if not module.name.startswith("_")
            for case in importlib.import_module(f"tests.programs.{module.name}").CASES]


@pytest.mark.parametrize("case", PROGRAMS, ids=lambda case: case[0].__name__)
def test_program_is_printed_as_it_was(case):
    function, arguments, _ = case
    roundtrip(function, arguments())


def test_a_value_that_is_used_before_it_is_computed_is_refused():
    arm, other, region = Region(), Region(), Region()
    condition, late = Op("const", (), [FLOAT], value=1.0), Op("const", (), [FLOAT], value=2.0)
    branch = Op("if", [condition.result], [FLOAT], [arm, other])
    arm.yields, other.yields = [late.result], [condition.result]
    region.ops = [condition, late, branch]
    in_order(region)
    region.ops = [condition, branch, late]
    with pytest.raises(UnsupportedError, match="internal error: 'if'"):
        in_order(region)
    arm.ops, arm.yields = [late], [late.result]
    region.ops = [condition, branch, Op("call", [late.result], [FLOAT])]
    with pytest.raises(UnsupportedError, match="internal error: 'call'"):
        in_order(region)
