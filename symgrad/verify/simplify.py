"""Does SymPy simplify an expression to zero? Run as a process that can be ended: `python -m symgrad.verify.simplify`.

The expression comes on standard input, as `sympy.srepr` writes it. Cheap ways are tried first.
"""
from __future__ import annotations

import sys

import sympy as sp


def simplifies(e: sp.Expr) -> str:
    """Whether some way of simplifying gives zero: ``zero``, ``zero if positive``, or ``not zero``."""
    positive = {s: sp.Symbol(s.name, positive=True) for s in e.free_symbols}
    for start, answer in ((e, "zero"), (e.xreplace(positive), "zero if positive")):
        for way in (sp.expand, sp.cancel, sp.radsimp, sp.trigsimp, sp.simplify,
                    lambda e: sp.simplify(sp.expand_log(e, force=True))):
            if way(start) == 0:
                return answer
    return "not zero"


if __name__ == "__main__":
    sys.setrecursionlimit(20_000)
    text = sys.stdin.read()
    print(simplifies(sp.sympify(text)))
