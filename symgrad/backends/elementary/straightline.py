"""Numbers whose operators write LLVM instructions: straight-line code that LLVM's loop vectoriser can take.

An elementary function here is a Python function of `Float` values. Called while Numba compiles its caller, it writes
its instructions into the caller's loop: there is no call, and no branch either, since a condition is a `Bool`, which
`if` refuses. A function that Numba compiled would have its own type inference, lowering and optimisation, which take
tens of milliseconds; this takes some five.

All arithmetic is in float64, also that of the float32 functions. What is written here is rounded as it is written,
whatever `fastmath` the caller is compiled with: `x + MAGIC - MAGIC` is not x.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from llvmlite import ir
from llvmlite.ir.instructions import FastMathFlags

DOUBLE, INT64 = ir.DoubleType(), ir.IntType(64)
MANY = {1: DOUBLE, **{n: ir.VectorType(DOUBLE, n) for n in (2, 4, 8)}}
MANY_INTS = {1: INT64, **{n: ir.VectorType(INT64, n) for n in (2, 4, 8)}}


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
    """Where instructions are written to, for what machine, and how many numbers each of them computes.

    `fused` says whether the machine multiplies and adds in one instruction, `widths` how many float64 numbers its vectors
    may hold. Numba's code computes one number at a time, and LLVM makes vectors of them; `lanes` is more than 1 only in
    the vector variants of functions that are called (calls.py).
    """

    builder: Any
    fused: bool
    widths: tuple[int, ...]
    lanes: int = 1

    def constant(self, number: float) -> Float:
        return Float(self, _constant(MANY[self.lanes], float(number)))

    def integer(self, number: int) -> Int:
        return Int(self, _constant(MANY_INTS[self.lanes], number))

    def call(self, intrinsic: str, *operands: Float) -> Float:
        """Call an LLVM intrinsic of float64 arguments, such as `llvm.fma`."""
        kind, module = MANY[self.lanes], self.builder.module
        name = f"{intrinsic}.{'f64' if self.lanes == 1 else f'v{self.lanes}f64'}"
        function = module.globals.get(name) or ir.Function(
            module, ir.FunctionType(kind, [kind] * len(operands)), name)
        return self.call_function(function, *operands)

    def lookup(self, table: Sequence[float], index: Int) -> Float:
        """An entry of a table of constants."""
        module, kind = self.builder.module, ir.ArrayType(DOUBLE, len(table))
        name = module.get_unique_name("symgrad.table")
        constants = ir.GlobalVariable(module, kind, name)
        constants.global_constant, constants.linkage = True, "internal"
        constants.initializer = ir.Constant(kind, [ir.Constant(DOUBLE, x) for x in table])
        place = self.builder.gep(constants, [ir.Constant(INT64, 0), index.value], inbounds=True)
        return Float(self, self.builder.load(place))

    def call_function(self, function: Any, *operands: Float) -> Float:
        done = self.builder.call(function, [x.value for x in operands])
        done.fastmath = _NoCallFlags()
        return Float(self, done)


def _constant(kind: Any, number: Any) -> Any:
    return ir.Constant(kind, [number] * kind.count if isinstance(kind, ir.VectorType) else number)


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

    def everywhere(self) -> Bool:
        """Whether it holds of all the numbers of a vector."""
        if self.code.lanes == 1:
            return self
        kind = ir.IntType(self.code.lanes)
        bits = self.code.builder.bitcast(self.value, kind)
        return Bool(self.code, self.code.builder.icmp_signed("==", bits, ir.Constant(kind, -1)))


class Int(_Value):
    """64 bits. `>>` brings in zeros: AVX2 has no other shift."""

    def _with(self, write: str, other: Int | int) -> Int:
        operand = other if isinstance(other, Int) else self.code.integer(other)
        return Int(self.code, getattr(self.code.builder, write)(self.value, operand.value))

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
        return Bool(self.code, self.code.builder.icmp_signed("==", self.value, self.code.integer(0).value))

    def as_float(self) -> Float:
        """The float64 that these bits are."""
        return Float(self.code, self.code.builder.bitcast(self.value, MANY[self.code.lanes]))


class Float(_Value):
    """A float64. Comparisons with NaN are false."""

    def _other(self, other: Float | float) -> Float:
        return other if isinstance(other, Float) else self.code.constant(other)

    def _with(self, write: str, other: Float | float) -> Float:
        written = getattr(self.code.builder, write)(self.value, self._other(other).value)
        written.flags = _NoFlags()
        return Float(self.code, written)

    def _compared(self, how: str, other: Float | float) -> Bool:
        written = self.code.builder.fcmp_ordered(how, self.value, self._other(other).value)
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

    def equals(self, other: Float | float) -> Bool:
        return self._compared("==", other)

    def rounded(self) -> Float:
        """The nearest integer, the even one of two."""
        return self.code.call("llvm.rint", self)

    def bits(self) -> Int:
        """The 64 bits of this number."""
        return Int(self.code, self.code.builder.bitcast(self.value, MANY_INTS[self.code.lanes]))
