"""From a program that fails to a short one that fails in the same way.

A program is a list of decisions (`choices`): decisions are left out, in runs of every length, and made smaller,
as long as the program that results still fails. As Hypothesis does it, for programs that a seed has made.
"""
from __future__ import annotations

from collections.abc import Callable

from tests.fuzz.choices import from_list
from tests.fuzz.generator import Program, generate

ATTEMPTS = 1500


class Shrinker:
    """Looks for smaller programs for which `fails` still holds."""

    def __init__(self, program: Program, fails: Callable[[Program], bool]) -> None:
        self.best, self.fails, self.left = program, fails, ATTEMPTS
        self.tried: set[str] = {program.source}

    def attempt(self, made: list[int]) -> bool:
        """Whether the program that these decisions make is smaller and fails."""
        if self.left <= 0 or min(made, default=0) < 0:
            return False
        program = generate(from_list(made))
        # a list that ends early is played on with zeros, so that what counts is what was written
        if self.size(program) >= self.size(self.best) or program.source in self.tried:
            return False
        self.tried.add(program.source)
        self.left -= 1
        if not self.fails(program):
            return False
        self.best = program
        return True

    @staticmethod
    def size(program: Program) -> tuple[int, int, list[int]]:
        return program.text.count("\n"), len(program.text), program.made

    def shrink(self) -> Program:
        while self.left > 0:
            before = self.best
            self.remove()
            self.lower()
            if self.best is before:
                break
        return self.best

    def remove(self) -> None:
        length = max(len(self.best.made) // 2, 1)
        while length and self.left > 0:
            at = 0
            while at < len(self.best.made) and self.left > 0:
                made = self.best.made
                if not self.attempt(made[:at] + made[at + length:]):
                    at += length
            length //= 2

    def lower(self) -> None:
        at = 0
        while at < len(self.best.made) and self.left > 0:
            made = self.best.made
            for k in dict.fromkeys((0, made[at] // 2, made[at] - 1)):
                if k < made[at] and self.attempt([*made[:at], k, *made[at + 1:]]):
                    break
            at += 1


def shrunk(program: Program, fails: Callable[[Program], bool]) -> Program:
    """The smallest program found that fails too."""
    return Shrinker(program, fails).shrink()


__all__ = ["shrunk"]
