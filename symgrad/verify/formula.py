"""A function of numbers as a formula: SymPy's expression of it and of its gradient."""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symgrad.verify.check import subject_of
from symgrad.verify.errors import Undecided
from symgrad.verify.exact import Expressions, Run
from symgrad.verify.paths import explore

SIMPLIFIED = 150                # operations, up to which a derivative is simplified


@dataclass(frozen=True)
class Formula:
    """A scalar function of floats, and its gradient, as SymPy's expressions."""

    value: sp.Expr
    gradient: dict[str, sp.Expr]        # by input: "x", "v[0]"
    symbols: dict[str, sp.Symbol]       # what each input is called in the expressions

    def latex(self) -> str:
        """The formulas, in LaTeX."""
        rows = [f"f &= {sp.latex(self.value)}"]
        rows += [rf"\frac{{\partial f}}{{\partial {sp.latex(self.symbols[n])}}} &= {sp.latex(d)}"
                 for n, d in self.gradient.items()]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    def __str__(self) -> str:
        return "\n".join([f"f = {self.value}", *(f"df/d{n} = {d}" for n, d in self.gradient.items())])


def symbolic(f: Callable[..., Any], /, *args: Any, argnums: Any = None, seconds: float = 20.0, **kwargs: Any) -> Formula:
    """The formula of a function, and of its gradient.

    f: what `grad` takes, or what it returns; `argnums` is as in `grad`.
    args, kwargs: arguments of `f`. The formula is for the shapes and integers that they have; loops have the
        trip counts that follow. Branches are the pieces of a `Piecewise`, one for each path that was found.

    >>> from symgrad import symbolic
    >>> def drag(v, k):
    ...     return k * v * v if v > 1.0 else k * v
    >>> formula = symbolic(drag, 2.0, 0.1, argnums=("v", "k"))
    >>> formula.value
    Piecewise((k*v**2, v > 1), (k*v, True))
    >>> formula.gradient["k"]
    Piecewise((v**2, v > 1), (v, True))

    Raises ValueError where the function cannot be followed on symbols; see `verify` for a check without formulas.
    """
    subject = subject_of(f, args, kwargs, argnums)
    inputs = subject.inputs
    symbols = {e.label: sp.Symbol(plain(e.label), real=True) for e in inputs.elements}
    wanted = [i for k in range(len(subject.wrt)) for i in subject.element_numbers(k)]
    pieces: list[tuple[sp.Expr, Any]] = []
    try:
        found = explore(subject, seconds / 2)
        if not found.found:
            raise Undecided(found.trouble)
        for path in found.found:
            run = Run(Expressions(), seconds)
            value = subject.run_primal(run, [run.input(x, s) for x, s in zip(path.witness, symbols.values())])
            pieces.append((value.form, condition(run)))
    except Undecided as error:
        raise ValueError(f"no formula: {error}") from None
    gradient = {}
    for i in wanted:
        label = inputs.elements[i].label
        gradient[label] = joined([(tidy(sp.diff(e, symbols[label])), c) for e, c in pieces])
    return Formula(joined(pieces), gradient, symbols)


def condition(run: Run) -> Any:
    """What the comparisons of a run say, as one condition."""
    relations = {"<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge, "==": sp.Eq, "!=": sp.Ne}
    return sp.And(*(relations[c.relation](c.left, c.right) for c in run.conditions if c.left is not None))


def joined(pieces: list[tuple[sp.Expr, Any]]) -> sp.Expr:
    """One expression of the pieces; the last one is for all that is left, as its path was the last found."""
    if len({e for e, _ in pieces}) == 1:
        return pieces[0][0]
    return sp.Piecewise(*pieces[:-1], (pieces[-1][0], True), evaluate=False)


def tidy(e: sp.Expr) -> sp.Expr:
    """A small expression simplified, a large one as it is."""
    return sp.simplify(e) if sp.count_ops(e) <= SIMPLIFIED else e


def plain(label: str) -> str:
    """``m[0, 1]`` as a symbol's name, m_0_1."""
    return re.sub(r"\W+", "_", label).strip("_")


__all__ = ["Formula", "symbolic"]
