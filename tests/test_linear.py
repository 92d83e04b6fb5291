"""What the solver of linear systems calls impossible has no solution; it finds the simple contradictions."""
import itertools

import numpy as np
import pytest

from symgrad.analysis.linear import Affine, System

I, J, N = (Affine.of(s) for s in "ijn")


def solutions(system, symbols, reach=6):
    """All solutions with every symbol between -reach and reach."""
    for numbers in itertools.product(range(-reach, reach + 1), repeat=len(symbols)):
        values = dict(zip(symbols, numbers))

        def value(e, values=values):
            return e.const + sum(c * values[s] for s, c in e.terms.items())

        if all(value(e) == 0 for e in system.zero) and all(value(e) >= 0 for e in system.least):
            yield values


@pytest.mark.parametrize("seed", range(40))
def test_nothing_that_has_a_solution_is_impossible(seed):
    rng = np.random.default_rng(seed)
    for _ in range(20):
        rows = [Affine(int(rng.integers(-6, 7)), {s: int(rng.integers(-3, 4)) for s in "ijn"})
                for _ in range(rng.integers(1, 6))]
        equations = int(rng.integers(0, 2))
        system = System(rows[:equations], rows[equations:])
        if system.impossible():
            assert next(solutions(system, "ijn"), None) is None, [(e.const, e.terms) for e in rows]


@pytest.mark.parametrize("zero, least", [
    ([], [I.minus(J).plus(-1), J.minus(I)]),                            # j < i <= j
    ([I.times(2).minus(J.times(2)).plus(-1)], []),                      # 2 i = 2 j + 1
    ([], [I.times(3).plus(-1), Affine(2).minus(I.times(3))]),           # 1 <= 3 i <= 2
    ([], [I.times(2).plus(-1), Affine(1).minus(I.times(2))]),           # 1 <= 2 i <= 1
    ([I.minus(J)], [I.plus(-2), N.minus(J), Affine(1).minus(N)]),       # 2 <= i = j <= n <= 1
    ([Affine(1)], []),
    ([], [Affine(-1)]),
])
def test_contradictions_are_found(zero, least):
    assert System(zero, least).impossible()


def test_each_alternative_of_a_choice_must_be_impossible():
    differ = [System([], [I.minus(J).plus(-1)]), System([], [J.minus(I).plus(-1)])]
    assert System([I.minus(J)], [], [differ]).impossible()
    assert not System([], [I.minus(J)], [differ]).impossible()
    assert System([], [I.minus(J), J.minus(I)], [differ]).impossible()


def test_what_follows_from_a_system_is_proven():
    known = System([], [I, N.minus(I).plus(-1)])                        # 0 <= i < n
    assert known.proves(N.plus(-1)) and not known.proves(I.plus(-1))
