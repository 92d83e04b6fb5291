"""Functions with a path that is seldom taken, which straight-line code would pay for at every call.

A loop with a branch of this kind, or with a call, is not vectorised, unless LLVM is told of a function that does for
several numbers what the call does for one. So the function is defined for one number and for as many as the
machine's vectors hold. Each of these is the usual straight-line code, a test of all its numbers at once, and a block
that computes them singly where one of them is unusual. The call names its variants in the way that LLVM gives
vector libraries ("vector-function-abi-variant"), and the loop vectoriser takes the one that it wants.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from llvmlite.ir.instructions import CallInstrAttributes

from .straightline import MANY, Bool, Code, Float

Body = Callable[[Float], Float]


class _Variants(CallInstrAttributes):
    """An attribute of a call that llvmlite does not know of."""

    def __init__(self, variants: list[str]) -> None:
        super().__init__()
        set.add(self, f'"vector-function-abi-variant"="{",".join(variants)}"')


def called(name: str, usual: Body, is_usual: Callable[[Float], Bool], unusual: Body) -> Body:
    """A body that writes a call: of `usual`, or of `unusual` where `is_usual` does not hold (as for NaN)."""

    def body(x: Float) -> Float:
        module = x.code.builder.module
        symbol = f"symgrad.{name}"
        function = module.globals.get(symbol)
        if function is None:
            function = _defined(symbol, x.code, 1, usual, is_usual, unusual)
            for lanes in x.code.widths:
                _defined(f"{symbol}.v{lanes}", x.code, lanes, usual, is_usual, _each(function))
        result = x.code.call_function(function, x)
        result.value.attributes = _Variants([f"_ZGV_LLVM_N{n}v_{symbol}({symbol}.v{n})" for n in x.code.widths])
        return result

    body.__name__ = name
    return body


def _each(function: Any) -> Body:
    """A body that calls a function of one number for each of several."""
    def body(x: Float) -> Float:
        result = x
        for lane in range(x.code.lanes):
            place = ir.Constant(ir.IntType(32), lane)
            builder = x.code.builder
            one = Float(Code(builder, x.code.fused, x.code.widths), builder.extract_element(x.value, place))
            result = Float(x.code, builder.insert_element(
                result.value, one.code.call_function(function, one).value, place))
        return result
    return body


def _defined(symbol: str, code: Code, lanes: int, usual: Body, is_usual: Callable[[Float], Bool],
             unusual: Body) -> Any:
    """Define a function in the module. No variant is referred to until loops are vectorised: weak ones are kept."""
    kind = MANY[lanes]
    function = ir.Function(code.builder.module, ir.FunctionType(kind, [kind]), symbol)
    function.linkage = "weak_odr"
    for attribute in ("nounwind", "readnone", "noinline"):
        function.attributes.add(attribute)
    builder = ir.IRBuilder(function.append_basic_block())
    x = Float(Code(builder, code.fused, code.widths, lanes), function.args[0])
    result, ordinary = usual(x), is_usual(x).everywhere()
    first, rare, end = builder.block, builder.append_basic_block(), builder.append_basic_block()
    builder.cbranch(ordinary.value, end, rare)
    builder.position_at_end(rare)
    other = unusual(x)
    builder.branch(end)
    builder.position_at_end(end)
    either = builder.phi(kind)
    either.add_incoming(result.value, first)
    either.add_incoming(other.value, rare)
    builder.ret(either)
    return function
