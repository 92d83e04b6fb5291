"""Whole programs: every case of every module in tests/programs."""
import importlib
import pkgutil

import pytest

from tests import programs
from tests.helpers import assert_well_posed, check


def _cases():
    for module in sorted(m.name for m in pkgutil.iter_modules(programs.__path__)):
        if module.startswith("_"):
            continue
        cases = importlib.import_module(f"tests.programs.{module}").CASES
        for f, args, argnums in cases:
            name = args.__name__.strip("_").removesuffix("_args")
            label = f"{module}.{f.__name__}" + ("" if name == f.__name__ else f"-{name}")
            yield pytest.param(f, args, argnums, id=label)


CASES = list(_cases())


@pytest.mark.parametrize("f, args, argnums", CASES)
def test_primals_are_well_posed(f, args, argnums):
    assert_well_posed(f, args(), argnums)


@pytest.mark.parametrize("f, args, argnums", CASES)
def test_gradient(f, args, argnums):
    check(f, *args(), argnums=argnums)
