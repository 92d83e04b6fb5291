"""Which loops may run their iterations at the same time, asked of the analysis alone: nothing is compiled."""
import inspect
import math
import operator

import numpy as np
import pytest

import symgrad.rules  # noqa: F401
from symgrad.analysis.independence import Dependent, independent
from symgrad.frontend.lower import lower
from symgrad.frontend.signature import describe
from symgrad.ir.nodes import walk
from symgrad.optimize.dce import clean


def first_loop(f, *args):
    specs = {name: describe(a, name) for name, a in zip(inspect.signature(f).parameters, args)}
    lowered = lower(f, specs)
    lowered.region.yields = [lowered.lowering.value(lowered.result)]
    clean(lowered.region)
    return next(op for op in walk(lowered.region) if op.kind in ("for", "while"))


def added(x):
    total = 0.0
    for v in x:
        total = total + math.sin(v)
    return total


def multiplied(x):
    total = 1.0
    for v in x:
        total = total * v
    return total


def raised(x):
    total = 1.0
    for v in x:
        total = total ** v
    return total


def subtracted_from(x):
    total = 1.0
    for v in x:
        total = v - total
    return total


def gathered(x):
    return sum([math.sin(v) * v for v in x])


def test_a_sum_is_added_up_in_parts():
    assert independent(first_loop(added, np.ones(3))).sums == {0: operator.add}


@pytest.mark.parametrize("f", [multiplied, raised, subtracted_from])
def test_what_is_no_sum_is_not(f):
    with pytest.raises(Dependent, match="each iteration needs the 'total' of the one before"):
        independent(first_loop(f, np.ones(3)))


def test_a_loop_that_makes_a_list_runs_in_order():
    with pytest.raises(Dependent, match="records on a list"):
        independent(first_loop(gathered, np.ones(3)))
