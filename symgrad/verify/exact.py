"""Numbers that programs are run on: exact, and aware of what they are made of.

An `Exact` has a value of many digits and, unless only numbers are asked for, a form: the expression in
the inputs. A `Run` is one execution at one point. A comparison is decided by the values, at once, and written
down: so a run follows one path through the program, and knows the conditions of that path. Functions in
pieces (``abs``, ``maximum``, ``floor``) are paths as well; on each, everything is smooth.
"""
from __future__ import annotations

import builtins
import math
import operator
import os
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np
import sympy as sp

from symgrad.verify.constants import meaning
from symgrad.verify.errors import OutOfTime, Undefined, Unreadable
from symgrad.verify.functions import PRIMITIVE

DIGITS = 100
REAL = (int, float, np.floating, np.integer, np.bool_)

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge}
NEGATED = {"<": ">=", "<=": ">", "==": "!=", "!=": "==", ">": "<=", ">=": "<"}


PACKAGES = (os.path.dirname(os.path.abspath(__file__)) + os.sep, os.path.dirname(os.path.abspath(np.__file__)) + os.sep)


class Condition(NamedTuple):
    """What a comparison in the program said at the point of a run."""

    relation: str               # as it holds at the point
    left: Any                   # forms, or None
    right: Any
    truth: bool                 # how the comparison went, as it is written
    place: tuple[str, int]      # file and line


def place() -> tuple[str, int]:
    """The line of the program that is being run."""
    frame: Any = sys._getframe(2)
    while frame.f_code.co_filename.startswith(PACKAGES):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


class Numbers:
    """No forms at all."""

    symbolic = False

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


class Expressions:
    """Forms are SymPy's expressions, as the program builds them: for people to read."""

    symbolic = True
    add, sub, mul = staticmethod(operator.add), staticmethod(operator.sub), staticmethod(operator.mul)
    div, neg = staticmethod(operator.truediv), staticmethod(operator.neg)

    @staticmethod
    def read(e: Any) -> Any:
        return e

    @staticmethod
    def expression(e: Any) -> Any:
        return e

    @staticmethod
    def constant(e: Any) -> Any:
        return e if e.is_number else None

    @staticmethod
    def power(a: Any, exponent: Any) -> Any:
        return a**exponent

    general_power = power

    @staticmethod
    def call(name: str, *args: Any) -> Any:
        return PRIMITIVE[name][0](*args)


class Run:
    """One execution of a program on exact numbers."""

    def __init__(self, algebra: Any, seconds: float = 60.0, digits: int = DIGITS) -> None:
        self.algebra = algebra
        self.deadline = time.monotonic() + seconds
        self.mp: Any = mpmath.MPContext()
        self.mp.dps = digits
        self.conditions: list[Condition] = []
        self.decisions: list[Any] = []                          # truths and whole numbers: two runs with equal
                                                                # ones took the same path
        self.tie = False                                        # a comparison met two equal numbers
        self.numbers: dict[Any, Any] = {}

    def check(self) -> None:
        if time.monotonic() > self.deadline:
            raise OutOfTime("the time is over")

    # -- making numbers ------------------------------------------------------------------------

    def input(self, value: Any, form: Any = None) -> Exact:
        return Exact(self.mp.mpf(value), form, self)

    def number(self, c: Any) -> Exact:
        """A constant of the program."""
        if isinstance(c, Exact):
            return c
        c = c.item() if isinstance(c, np.generic) else c
        found = self.numbers.get((type(c), c))
        if found is None:
            if isinstance(c, float) and not math.isfinite(c):
                return Exact(self.mp.mpf(c), None, self)
            e = c if isinstance(c, sp.Expr) else sp.Integer(int(c)) if isinstance(c, int) else meaning(c)
            value = self.mp.mpf(int(e.p)) / int(e.q) if e.is_Rational else self.mp.mpf(str(sp.N(e, self.mp.dps + 5)))
            found = self.numbers[type(c), c] = Exact(value, self.algebra.read(e), self)
        return Exact(found.value, found.form, self)

    # -- computing -----------------------------------------------------------------------------

    def made(self, value: Any, operation: str, *args: Any) -> Exact:
        """A number computed of others. What is infinite or undefined has no form: a branch of `np.where` that is
        not taken may be so, and a result that is so is nothing that could be verified."""
        if not self.mp.isfinite(value) or any(a is None for a in args):
            return Exact(value, None, self)
        return Exact(value, getattr(self.algebra, operation)(*args), self)

    def undefined(self) -> Exact:
        return Exact(self.mp.nan, None, self)

    def arithmetic(self, name: str, a: Any, b: Any) -> Exact:
        self.check()
        a, b = self.number(a), self.number(b)
        if name == "div" and not b.value:
            return Exact(self.mp.sign(a.value) * self.mp.inf if a.value else self.mp.nan, None, self)
        return self.made(OPERATORS[name](a.value, b.value), name, a.form, b.form)

    def power(self, a: Any, b: Any) -> Exact:
        exponent = rational(b)
        if exponent is not None:
            a = self.number(a)
            if exponent.q != 1 and not a.value >= 0:
                return self.undefined()
            if not a.value and exponent < 0:
                return Exact(self.mp.inf, None, self)
            if not a.value and exponent.q != 1:
                return self.number(0)
            value = a.value**int(exponent) if exponent.q == 1 else a.value**(self.mp.mpf(int(exponent.p)) / int(exponent.q))
            if a.form is None:
                return Exact(value, None, self)
            return Exact(value, self.algebra.power(a.form, exponent), self)
        a, b = self.number(a), self.number(b)
        if not a.value > 0:                         # an exponent that is no constant
            return self.undefined()
        if isinstance(self.algebra, Expressions):
            return self.made(a.value**b.value, "power", a.form, b.form)
        return self.call("exp", b * self.call("log", a))

    def call(self, name: str, *args: Any) -> Exact:
        """A function of `functions.PRIMITIVE`."""
        self.check()
        exact = [self.number(a) for a in args]
        values = [a.value for a in exact]
        if name == "polygamma":
            values[0] = int(values[0])
        try:
            value = getattr(self.mp, PRIMITIVE[name][1])(*values)
        except (ValueError, ZeroDivisionError):
            return self.undefined()
        if isinstance(value, self.mp.mpc) or not self.mp.isfinite(value) or any(a.form is None for a in exact):
            return Exact(self.mp.nan if isinstance(value, self.mp.mpc) else value, None, self)
        return Exact(value, self.algebra.call(name, *(a.form for a in exact)), self)

    # -- deciding ------------------------------------------------------------------------------

    def decide(self, relation: str, a: Any, b: Any) -> bool:
        """Which way a comparison goes at this point; from here on, this is a condition of the path."""
        self.check()
        a, b = self.number(a), self.number(b)
        if self.mp.isnan(a.value) or self.mp.isnan(b.value):
            raise Undefined("a comparison with NaN")
        truth = bool(COMPARISONS[relation](a.value, b.value))
        if a.form is not None and b.form is not None:
            difference = self.algebra.sub(a.form, b.form)
            if self.algebra.constant(difference) is not None:
                return truth                        # the same at every point
            if a.value == b.value:
                self.tie = True
        self.conditions.append(Condition(relation if truth else NEGATED[relation], a.form, b.form, truth, place()))
        if self.algebra.symbolic or math.isfinite(a.value) and math.isfinite(b.value):
            self.decisions.append(truth)
        return truth

    def floor(self, x: Exact) -> int:
        if not self.mp.isfinite(x.value):
            raise Undefined("the whole part of what is not finite")
        n = int(self.mp.floor(x.value))
        if x.value == n and x.form is not None and self.algebra.constant(x.form) is None:
            self.tie = True
        where = place()
        for relation, bound in ((">", n), ("<", n + 1)):
            self.conditions.append(Condition(relation, x.form, self.number(bound).form, True, where))
        self.decisions.append(n)
        return n


OPERATORS = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv}


def rational(b: Any) -> Any:
    """A constant exponent as a rational number, or None."""
    if isinstance(b, Exact):
        if b.form is None:
            return None
        c = b.run.algebra.constant(b.form)
        return c if c is not None and c.is_Rational else None
    e = sp.Integer(int(b)) if isinstance(b, (int, np.integer)) else meaning(float(b))
    return e if e.is_Rational else None


def _operator(name: str) -> tuple[Any, Any]:
    def forward(self: Exact, other: Any) -> Any:
        return self.run.arithmetic(name, self, other) if isinstance(other, (Exact, *REAL)) else NotImplemented

    def backward(self: Exact, other: Any) -> Any:
        return self.run.arithmetic(name, other, self) if isinstance(other, REAL) else NotImplemented

    return forward, backward


def _comparison(relation: str) -> Any:
    def compare(self: Exact, other: Any) -> Any:
        return self.run.decide(relation, self, other) if isinstance(other, (Exact, *REAL)) else NotImplemented

    return compare


class Exact:
    """A real number with many digits and, where the run is symbolic, its form."""

    __slots__ = ("form", "run", "value")
    shape: tuple[int, ...] = ()
    ndim, size = 0, 1
    dtype = np.dtype(object)

    def __init__(self, value: Any, form: Any, run: Run) -> None:
        self.value, self.form, self.run = value, form, run

    __add__, __radd__ = _operator("add")
    __sub__, __rsub__ = _operator("sub")
    __mul__, __rmul__ = _operator("mul")
    __truediv__, __rtruediv__ = _operator("div")
    __lt__, __le__, __gt__, __ge__ = map(_comparison, ("<", "<=", ">", ">="))
    __eq__, __ne__ = _comparison("=="), _comparison("!=")       # type: ignore[assignment]
    __hash__ = None                                             # type: ignore[assignment]

    def __pow__(self, other: Any) -> Any:
        return self.run.power(self, other) if isinstance(other, (Exact, *REAL)) else NotImplemented

    def __rpow__(self, other: Any) -> Any:
        return self.run.power(other, self) if isinstance(other, REAL) else NotImplemented

    def __neg__(self) -> Exact:
        return Exact(-self.value, None if self.form is None else self.run.algebra.neg(self.form), self.run)

    def __pos__(self) -> Exact:
        return self

    def __abs__(self) -> Exact:
        return self if self > 0 else -self

    def __floordiv__(self, other: Any) -> Any:
        return float(self.run.floor(self / other)) if isinstance(other, (Exact, *REAL)) else NotImplemented

    def __rfloordiv__(self, other: Any) -> Any:
        return float(self.run.floor(other / self)) if isinstance(other, REAL) else NotImplemented

    def __mod__(self, other: Any) -> Any:
        return self - (self // other) * other if isinstance(other, (Exact, *REAL)) else NotImplemented

    def __rmod__(self, other: Any) -> Any:
        return other - (other // self) * self if isinstance(other, REAL) else NotImplemented

    def __divmod__(self, other: Any) -> Any:
        n = self // other
        return n, self - n * other

    def __bool__(self) -> bool:
        return self.run.decide("!=", self, 0)

    def __floor__(self) -> int:
        return self.run.floor(self)

    def __ceil__(self) -> int:
        return -self.run.floor(-self)

    def __trunc__(self) -> int:
        return self.__floor__() if self > 0 else self.__ceil__()

    def __round__(self, digits: int | None = None) -> Any:
        if digits is None:
            return self.run.floor(self + 0.5)
        scale = 10**digits
        return self.run.number(sp.Rational(self.run.floor(self * scale + 0.5), scale))

    def __float__(self) -> float:
        raise Unreadable("a number is handed to code that takes nothing but floats")

    __int__ = __index__ = __complex__ = __float__               # type: ignore[assignment]

    def __repr__(self) -> str:
        return str(mpmath.nstr(self.value, 17))

    def __format__(self, spec: str) -> str:
        return format(builtins.float(self.value), spec)

    # -- as a NumPy scalar ----------------------------------------------------------------------

    @property
    def T(self) -> Exact:
        return self

    @property
    def real(self) -> Exact:
        return self

    def item(self) -> Exact:
        return self

    def copy(self) -> Exact:
        return self

    def __copy__(self) -> Exact:
        return self

    def __deepcopy__(self, memo: Any) -> Exact:
        return self

    def conjugate(self) -> Exact:
        return self

    def sum(self, axis: Any = None) -> Exact:
        return self

    def astype(self, dtype: Any) -> Any:
        return self if is_floating(dtype) else self.__trunc__()


def is_floating(dtype: Any) -> bool:
    """Whether numbers of this dtype are followed as exact ones."""
    if dtype is None or dtype is object:
        return True
    exact = getattr(dtype, "exact", None)           # the stand-ins of float and int
    if exact is not None:
        return bool(exact)
    return np.dtype(dtype).kind in "fO"


__all__ = ["Condition", "Exact", "Expressions", "Numbers", "Run", "is_floating"]
