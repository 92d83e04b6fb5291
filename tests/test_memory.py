"""How much memory a gradient takes: what must be recorded, and no array for each step of a loop where that can be avoided."""
import tracemalloc

import numpy as np
import pytest

from symgrad import grad
from tests.programs.kernels import adi, cavity_flow, deriche, scimark_lu, syr2k, trmm


def peak(f, *args):
    f(*args)                                    # what is compiled at the first call is none of it
    tracemalloc.start()
    f(*args)
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return size


def random(*shape):
    return np.random.default_rng(1).standard_normal(shape)


@pytest.mark.parametrize("f, args, argnums, most", [
    (deriche, (random(120, 90), 0.5, 0.4), (0, 1, 2), 2.5),
    (syr2k, (1.5, 1.2, random(40, 40), random(40, 30), random(40, 30)), (0, 1, 2, 3, 4), 4.0),
    (trmm, (1.5, random(40, 40), random(40, 30)), (0, 1, 2), 7.0),
    (scimark_lu, (random(40, 40),), 0, 5.0),
])
def test_the_gradient_takes_a_few_times_the_memory_of_the_primal(f, args, argnums, most):
    assert peak(grad(f, argnums=argnums), *args) < most * peak(f, *args)


def test_alternating_directions_take_no_memory_for_a_step():
    def needed(steps):
        return peak(grad(adi), random(40, 40), steps, -0.2, 1.4, -0.2, -0.3, 1.6, -0.3)

    assert needed(12) < 1.05 * needed(2)


def test_two_arrays_are_recorded_for_each_step_of_a_flow():
    """The velocities: the pressure and what its equation is made of are not."""
    n, few, many = 41, 5, 25

    def needed(steps):
        args = (0.1 * random(n, n), 0.1 * random(n, n), 0.1 * random(n, n), n, n, steps, 5, 0.001, 0.05, 0.05, 1.0, 0.1)
        return peak(grad(cavity_flow, argnums=(0, 1, 2)), *args)

    assert needed(many) - needed(few) < 2.2 * (many - few) * n * n * 8
