"""Where the generator's decisions come from: a seed, Hypothesis, or a list that is played again.

A decision is a whole number below a bound, and 0 is the simplest. So a list of decisions is a program, and a
list that is shorter, or smaller, is a simpler program: that is all that shrinking needs to know.
"""
from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


class Choices:
    """Decisions, remembered as they are made."""

    def __init__(self, below: Callable[[int], int]) -> None:
        self._below = below
        self.made: list[int] = []

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""
        if n == 1:
            return 0
        self.made.append(self._below(n))
        return self.made[-1]

    def pick(self, items: Sequence[T]) -> T:
        """One of `items`."""
        return items[self.below(len(items))]

    def chance(self, percent: int) -> bool:
        """True in so many of 100 cases; False is the simpler answer."""
        return self.below(100) >= 100 - percent

    def weighted(self, table: dict[str, int]) -> str:
        """One of the keys, each as often as its weight says; the first is the simplest."""
        k = self.below(sum(table.values()))
        for name, weight in table.items():
            k -= weight
            if k < 0:
                return name
        raise AssertionError


def from_seed(seed: int) -> Choices:
    """The decisions that a seed stands for, the same on every machine."""
    return Choices(random.Random(seed).randrange)


def from_list(made: Sequence[int]) -> Choices:
    """Decisions played again; where the list has ended, or has too large a number, the simplest."""
    left = list(reversed(made))
    return Choices(lambda n: min(left.pop() if left else 0, n - 1))


def from_hypothesis(draw: Any) -> Choices:
    """Decisions that Hypothesis makes, and shrinks."""
    from hypothesis import strategies as st
    return Choices(lambda n: draw(st.integers(0, n - 1)))      # type: ignore[no-any-return]


__all__ = ["Choices", "from_hypothesis", "from_list", "from_seed"]
