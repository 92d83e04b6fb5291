"""What the frontend reads, code generation prints again: the same program, to the bit."""
import importlib
import pkgutil

import pytest

import tests.programs
from tests.roundtrip import roundtrip

PROGRAMS = [case for module in pkgutil.iter_modules(tests.programs.__path__) if not module.name.startswith("_")
            for case in importlib.import_module(f"tests.programs.{module.name}").CASES]


@pytest.mark.parametrize("case", PROGRAMS, ids=lambda case: case[0].__name__)
def test_program_is_printed_as_it_was(case):
    function, arguments, _ = case
    roundtrip(function, arguments())
