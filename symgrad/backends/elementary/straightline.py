"""Numbers whose operators write LLVM instructions: straight-line code that LLVM's loop vectoriser can take.

An elementary function here is a Python function of `Float` values. Called while Numba compiles its caller, it writes
its instructions into the caller's loop: there is no call, and no branch either, since a condition is a `Bool`, which
`if` refuses. Compared with a function that Numba compiles there is no type inference, no lowering and no
optimisation of its own, which would take 50 to 100 ms per function.

All arithmetic is in float64, also that of the float32 functions. What is written here is rounded as it is written,
whatever `fastmath` the caller is compiled with: `x + MAGIC - MAGIC` is not x.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from llvmlite import ir
from llvmlite.ir.instructions import FastMathFlags

DOUBLE, INT64 = ir.DoubleType(), ir.IntType(64)


class _NoFlags(list):
    """An instruction's list of fast-math flags that stays empty and claims not to be: Numba then adds none."""

    def __bool__(self) -> bool:
        return True

    def append(self, flag: str) -> None:
        """Not taken."""


class _NoCallFlags(FastMathFlags):
    """The same of a call, where Numba adds to whatever is there."""

    def add(self, flag: str) -> None:
        """Not taken."""


@dataclass(frozen=True)
class Code:
    """Where instructions are written to, and whether the machine multiplies and adds in one of them."""

    builder: Any
    fused: bool

    def float(self, number: float) -> Float:
        return Float(self, ir.Constant(DOUBLE, float(number)))

    def call(self, intrinsic: str, *operands: Float) -> Float:
        """Call an LLVM intrinsic of float64 arguments, such as `llvm.fma`."""
        kind = ir.FunctionType(DOUBLE, [DOUBLE] * len(operands))
        function = self.builder.module.declare_intrinsic(intrinsic, [DOUBLE], kind)
        done = self.builder.call(function, [x.value for x in operands])
        done.fastmath = _NoCallFlags()
        return Float(self, done)


@dataclass(frozen=True, eq=False)
class _Value:
    code: Code
    value: Any

    def __bool__(self) -> NoReturn:
        raise TypeError("straight-line code does not branch: use select(condition, a, b)")


class Bool(_Value):
    """A condition: what a comparison gives and `select` takes."""

    def __and__(self, other: Bool) -> Bool:
        return Bool(self.code, self.code.builder.and_(self.value, other.value))

    def __or__(self, other: Bool) -> Bool:
        return Bool(self.code, self.code.builder.or_(self.value, other.value))

    def __invert__(self) -> Bool:
        return Bool(self.code, self.code.builder.not_(self.value))


class Int(_Value):
    """64 bits. `>>` brings in zeros: AVX2 has no other shift."""

    def _with(self, write: str, other: Int | int) -> Int:
        operand = other.value if isinstance(other, Int) else ir.Constant(INT64, other)
        return Int(self.code, getattr(self.code.builder, write)(self.value, operand))

    def __add__(self, other: Int | int) -> Int:
        return self._with("add", other)

    def __sub__(self, other: Int | int) -> Int:
        return self._with("sub", other)

    def __and__(self, other: Int | int) -> Int:
        return self._with("and_", other)

    def __or__(self, other: Int | int) -> Int:
        return self._with("or_", other)

    def __xor__(self, other: Int | int) -> Int:
        return self._with("xor", other)

    def __lshift__(self, places: int) -> Int:
        return self._with("shl", places)

    def __rshift__(self, places: int) -> Int:
        return self._with("lshr", places)

    def is_zero(self) -> Bool:
        return Bool(self.code, self.code.builder.icmp_signed("==", self.value, ir.Constant(INT64, 0)))

    def as_float(self) -> Float:
        """The float64 that these bits are."""
        return Float(self.code, self.code.builder.bitcast(self.value, DOUBLE))


class Float(_Value):
    """A float64. Comparisons with NaN are false, but `!=`, as in Python."""

    def _other(self, other: Float | float) -> Float:
        return other if isinstance(other, Float) else self.code.float(other)

    def _with(self, write: str, other: Float | float) -> Float:
        written = getattr(self.code.builder, write)(self.value, self._other(other).value)
        written.flags = _NoFlags()
        return Float(self.code, written)

    def _compared(self, how: str, other: Float | float) -> Bool:
        write = self.code.builder.fcmp_unordered if how == "!=" else self.code.builder.fcmp_ordered
        written = write(how, self.value, self._other(other).value)
        written.flags = _NoFlags()
        return Bool(self.code, written)

    def __add__(self, other: Float | float) -> Float:
        return self._with("fadd", other)

    def __sub__(self, other: Float | float) -> Float:
        return self._with("fsub", other)

    def __mul__(self, other: Float | float) -> Float:
        return self._with("fmul", other)

    def __truediv__(self, other: Float | float) -> Float:
        return self._with("fdiv", other)

    def __radd__(self, other: float) -> Float:
        return self._other(other) + self

    def __rsub__(self, other: float) -> Float:
        return self._other(other) - self

    def __rmul__(self, other: float) -> Float:
        return self._other(other) * self

    def __rtruediv__(self, other: float) -> Float:
        return self._other(other) / self

    def __neg__(self) -> Float:
        return Float(self.code, self.code.builder.fneg(self.value))

    def __abs__(self) -> Float:
        return self.code.call("llvm.fabs", self)

    def __lt__(self, other: Float | float) -> Bool:
        return self._compared("<", other)

    def __le__(self, other: Float | float) -> Bool:
        return self._compared("<=", other)

    def __gt__(self, other: Float | float) -> Bool:
        return self._compared(">", other)

    def __ge__(self, other: Float | float) -> Bool:
        return self._compared(">=", other)

    def equals(self, other: Float | float) -> Bool:
        return self._compared("==", other)

    def is_nan(self) -> Bool:
        return self._compared("!=", self)

    def bits(self) -> Int:
        """The 64 bits of this number."""
        return Int(self.code, self.code.builder.bitcast(self.value, INT64))
