"""Whole programs: every case of every module in tests/programs."""
import importlib
import pkgutil

import pytest

from tests import programs, quality
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


QUALITY = quality.known()


@pytest.mark.parametrize("f, args, argnums, name", [pytest.param(*c.values, c.id, id=c.id) for c in CASES])
def test_source_is_as_good_as_it_was(f, args, argnums, name):
    """If it is better now: python -m tests.update_golden."""
    assert quality.quality(f, args(), argnums) == QUALITY[name]
