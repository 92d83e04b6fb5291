"""Linear arithmetic over whole numbers: does a system of equations and inequalities have no solution?

Equations are solved for a symbol, inequalities eliminated pairwise (Fourier and Motzkin), coefficients divided by
their common divisor on the way, which is where whole numbers come in (a small part of: W. Pugh, The Omega test, 1991).
What is not proven in a few steps counts as possible.
"""
from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterable

from symgrad.structs import field, struct

LARGEST = 120                   # inequalities that are looked at at once
ALTERNATIVES = 32               # cases that a system may fall into


class Affine:
    """A sum of whole multiples of symbols, plus a number."""

    __slots__ = ("const", "terms")

    def __init__(self, const: int = 0, terms: dict[Hashable, int] | None = None) -> None:
        self.const = const
        self.terms = {} if terms is None else terms if all(terms.values()) else {s: c for s, c in terms.items() if c}

    @classmethod
    def of(cls, symbol: Hashable) -> Affine:
        return cls(0, {symbol: 1})

    def plus(self, other: Affine | int, factor: int = 1) -> Affine:
        if isinstance(other, int):
            return Affine(self.const + factor * other, self.terms)
        if not other.terms:
            return Affine(self.const + factor * other.const, self.terms)
        terms = dict(self.terms)
        for s, c in other.terms.items():
            terms[s] = terms.get(s, 0) + factor * c
        return Affine(self.const + factor * other.const, terms)

    def minus(self, other: Affine | int) -> Affine:
        return self.plus(other, -1)

    def times(self, factor: int) -> Affine:
        return Affine(self.const * factor, {s: c * factor for s, c in self.terms.items()})


@struct()
class System:
    """What is known: these are 0, these are at least 0, and of each of these choices one alternative holds."""

    zero: list[Affine] = field(default_factory=list)
    least: list[Affine] = field(default_factory=list)
    choices: list[list[System]] = field(default_factory=list)

    def and_(self, *others: System) -> System:
        out = System(list(self.zero), list(self.least), list(self.choices))
        for other in others:
            out.zero += other.zero
            out.least += other.least
            out.choices += other.choices
        return out

    def impossible(self) -> bool:
        """Whether it is proven that no whole numbers solve it."""
        if empty(self.zero, self.least):
            return True
        count = 1
        chosen = []
        for choice in self.choices:
            if count * len(choice) <= ALTERNATIVES:
                count *= len(choice)
                chosen.append(choice)
        if not chosen:
            return False
        return all(System(self.zero, self.least).and_(*case).flat_impossible() for case in itertools.product(*chosen))

    def flat_impossible(self) -> bool:
        return empty(self.zero, self.least) or bool(self.choices) and self.impossible()

    def proves(self, e: Affine) -> bool:
        """Whether an expression is at least 0 in every solution."""
        if not e.terms:
            return e.const >= 0
        if any(known.const <= e.const and known.terms == e.terms for known in self.least):
            return True
        return System([], [Affine(-1).minus(e)]).and_(self).impossible()


def empty(zero: Iterable[Affine], least: Iterable[Affine]) -> bool:
    """Whether no whole numbers make all of `zero` 0 and all of `least` at least 0."""
    equations, inequalities = list(zero), list(least)
    while equations:
        e = equations.pop()
        if not e.terms:
            if e.const:
                return True
            continue
        divisor = math.gcd(*e.terms.values())
        if e.const % divisor:
            return True
        e = Affine(e.const // divisor, {s: c // divisor for s, c in e.terms.items()})
        unit = next((s for s, c in e.terms.items() if c in (1, -1)), None)
        if unit is None:
            inequalities += [e, e.times(-1)]
            continue
        equations = [solved(x, unit, e) for x in equations]
        inequalities = [solved(x, unit, e) for x in inequalities]
    return eliminate(inequalities)


def solved(x: Affine, symbol: Hashable, equation: Affine) -> Affine:
    """An expression without the symbol, for which an equation is solved; its coefficient there is 1 or -1."""
    c = x.terms.get(symbol, 0)
    return x.plus(equation, -c * equation.terms[symbol]) if c else x


def eliminate(inequalities: Iterable[Affine]) -> bool:
    """Whether inequalities contradict each other."""
    now = tightest(inequalities)
    while now is not None:
        signs: dict[Hashable, list[int]] = {}       # how often a symbol is bounded from below, and from above
        for e in now:
            for s, c in e.terms.items():
                signs.setdefault(s, [0, 0])[c < 0] += 1
        if not signs:
            return False
        s = min(signs, key=lambda s: signs[s][0] * signs[s][1])
        above = [e for e in now if e.terms.get(s, 0) > 0]
        below = [e for e in now if e.terms.get(s, 0) < 0]
        rest = [e for e in now if s not in e.terms]
        rest += [a.times(-b.terms[s]).plus(b, a.terms[s]) for a in above for b in below]
        if len(rest) > LARGEST:
            return False
        now = tightest(rest)
    return True


def tightest(inequalities: Iterable[Affine]) -> list[Affine] | None:
    """Of inequalities that differ in a number only, the strictest; None if one cannot hold."""
    found: dict[frozenset[tuple[Hashable, int]], Affine] = {}
    for e in inequalities:
        if not e.terms:
            if e.const < 0:
                return None
            continue
        divisor = math.gcd(*e.terms.values())
        if divisor != 1:                            # rounded down: there is nothing between whole numbers
            e = Affine(e.const // divisor, {s: c // divisor for s, c in e.terms.items()})
        key = frozenset(e.terms.items())
        if key not in found or e.const < found[key].const:
            found[key] = e
    for e in found.values():
        opposite = found.get(frozenset([(s, -c) for s, c in e.terms.items()]))
        if opposite is not None and e.const + opposite.const < 0:
            return None
    return list(found.values())


__all__ = ["Affine", "System", "solved"]
