"""The coefficients in the source are those that Remez' algorithm gives, with the errors that the accuracy rests on."""
import pytest

from .coefficients import ALL
from .remez import error

each = pytest.mark.parametrize("approximation", ALL, ids=lambda a: f"{a.module}.{a.name}")


@each
def test_error(approximation):
    a = approximation
    assert error(a.function, a.weight, *a.interval, a.coefficients) <= 2.0**a.bound


@pytest.mark.parametrize("approximation", [a for a in ALL if a.module in ("exponential", "trigonometric")],
                         ids=lambda a: f"{a.module}.{a.name}")
def test_reproduced(approximation):
    assert approximation.fitted().coefficients == approximation.coefficients
