"""Why a stage of a verification ends without an answer."""
from __future__ import annotations


class Undecided(Exception):
    """A stage cannot go on; the message says why, for the report."""


class OutOfTime(Undecided):
    """The stage's time is over."""


class TooLarge(Undecided):
    """An expression has grown past what a proof can handle."""


class Undefined(Undecided, ArithmeticError):
    """A function was called outside its domain at this point: the logarithm of -1."""


class Unreadable(Undecided):
    """The program does something that cannot be followed with exact numbers."""


__all__ = ["OutOfTime", "TooLarge", "Undecided", "Undefined", "Unreadable"]
