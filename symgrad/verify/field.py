"""Expressions in a normal form in which equal ones are mostly the same: polynomials in atoms.

An atom is a generator of a polynomial ring: an input, or a function of polynomials, such as the sine of
one, an inverse, a root, an exponential. Equal arguments make the same atom, so what two programs both
compute is one generator, and however they arrange their sums and products, the polynomials are equal. This is
the shallow form that keeps SymPy from blowing up: a derivative is a sum over atoms, each atom's own derivative
being SymPy's, and nothing is ever expanded into the inputs unless a proof needs it (`vanishes`).
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.polys.rings import PolyElement, PolyRing

from symgrad.verify.errors import TooLarge, Unreadable
from symgrad.verify.functions import NAMES, PRIMITIVE, local_partial

TERMS = 3000                    # of a polynomial
WORK = 25_000                   # products of terms in one multiplication
ATOMS = 600
BITS = 8000                     # of a coefficient: exact numbers grow with each product
POWER = 40                      # of a sum; of a product, any that its coefficient can stand


@dataclass
class Atom:
    """A generator: what it is a function of."""

    kind: str                   # "input" | "inverse" | "root" | a name in PRIMITIVE
    args: tuple[Any, ...] = ()
    order: int = 1              # of a root
    symbol: sp.Symbol | None = None


class Field:
    """Polynomials over the rationals in a growing list of atoms."""

    symbolic = True

    def __init__(self, check: Callable[[], None] = lambda: None) -> None:
        self.check = check                          # raises when the time is over
        self.atoms: list[Atom] = []
        self.known: dict[Any, int] = {}
        self.inverse_of: dict[int, int] = {}        # generator -> the generator of its inverse, both ways
        self.roots: dict[int, Any] = {}
        self.units: dict[Any, list[Any]] = {}       # exponentials of multiples of one monomial
        self.weights: dict[int, int] = {}
        self.derivatives: dict[tuple[int, int], Any] = {}
        self.ring = self._ring(24)

    @staticmethod
    def _ring(size: int) -> Any:
        return PolyRing([sp.Symbol(f"g{i}") for i in range(size)], sp.QQ, sp.lex)

    # -- atoms ---------------------------------------------------------------------------------

    def lift(self, p: Any) -> Any:
        """A polynomial in today's ring."""
        if p.ring is self.ring:
            return p
        n = self.ring.ngens
        return self.ring.from_dict({m + (0,) * (n - len(m)): c for m, c in p.items()})

    def generator(self, i: int) -> Any:
        return self.ring.gens[i]

    @staticmethod
    def key(p: Any) -> Any:
        """What a polynomial is, whichever ring it is in."""
        return frozenset((tuple((i, e) for i, e in enumerate(m) if e), c) for m, c in p.items())

    def atom(self, kind: str, args: tuple[Any, ...] = (), order: int = 1, symbol: sp.Symbol | None = None) -> int:
        key = symbol or (kind, order, *map(self.key, args))
        found = self.known.get(key)
        if found is not None:
            return found
        if len(self.atoms) >= ATOMS:
            raise TooLarge(f"more than {ATOMS} different intermediate expressions")
        if len(self.atoms) == self.ring.ngens:
            self.ring = self._ring(2 * self.ring.ngens)
        self.atoms.append(Atom(kind, args, order, symbol))
        self.known[key] = len(self.atoms) - 1
        return len(self.atoms) - 1

    def symbol(self, symbol: sp.Symbol) -> Any:
        return self.generator(self.atom("input", symbol=symbol))

    # -- arithmetic ----------------------------------------------------------------------------

    def rational(self, c: Any) -> Any:
        return self.ring.ground_new(sp.QQ(c.p, c.q) if isinstance(c, sp.Rational) else sp.QQ(c))

    def add(self, a: Any, b: Any) -> Any:
        return self._bounded(self.lift(a) + self.lift(b))

    def sub(self, a: Any, b: Any) -> Any:
        return self._bounded(self.lift(a) - self.lift(b))

    def neg(self, a: Any) -> Any:
        return -a

    def mul(self, a: Any, b: Any) -> Any:
        self.check()
        if len(a) * len(b) > WORK:
            raise TooLarge(f"a product of sums of {len(a)} and {len(b)} terms")
        return self._bounded(self.reduced(self.lift(a) * self.lift(b)))

    def _bounded(self, p: Any) -> Any:
        if len(p) > TERMS:
            raise TooLarge(f"a sum of {len(p)} terms")
        if any(c.numerator.bit_length() + c.denominator.bit_length() > BITS for c in p.values()):
            raise TooLarge(f"a number of more than {BITS} bits")
        return p

    def div(self, a: Any, b: Any) -> Any:
        return self.mul(a, self.inverse(b))

    def power(self, a: Any, exponent: Any) -> Any:
        """A power with a rational exponent; of a root, the base is positive."""
        exponent = sp.Rational(exponent)
        whole = int(sp.floor(exponent))
        part = exponent - whole
        result = self.integer_power(a, whole)
        return result if part == 0 else self.mul(result, self.integer_power(self.root(a, int(part.q)), int(part.p)))

    def integer_power(self, a: Any, n: int) -> Any:
        if n < 0:
            return self.integer_power(self.inverse(a), -n)
        if n > (POWER if len(a) > 1 else BITS):
            raise TooLarge(f"the power {n} of a sum" if len(a) > 1 else f"the power {n}")
        result = self.ring.one
        for _ in range(n) if n < 4 or len(a) > 1 else ():
            result = self.mul(result, a)
        if n >= 4 and len(a) <= 1:
            result = self._bounded(self.reduced(self.lift(a)**n))
        return result

    def reduced(self, p: Any) -> Any:
        """The polynomial with ``a * 1/a`` as 1, and powers of roots as powers of what they are roots of."""
        pairs = [(g, h) for g, h in self.inverse_of.items() if g < h]
        if not pairs and not self.roots:
            return p
        out: dict[Any, Any] = {}
        rest = self.ring.zero
        for m, c in p.items():
            n = list(m)
            for g, h in pairs:
                k = min(n[g], n[h])
                if k:
                    n[g] -= k
                    n[h] -= k
            factors = []
            for s, u in self.roots.items():
                order = self.atoms[s].order
                if n[s] >= order:
                    factors.append((u, n[s] // order))
                    n[s] %= order
            if factors:
                term = self.ring.from_dict({tuple(n): c})
                for u, k in factors:
                    term = self.mul(term, self.integer_power(u, k))
                rest = self.lift(rest) + self.lift(term)
            else:
                key = tuple(n)
                out[key] = out.get(key, sp.QQ(0)) + c
        made = self.ring.from_dict({m: c for m, c in out.items() if c})
        return made + self.lift(rest)

    def inverse(self, b: Any) -> Any:
        b = self.lift(b)
        if not b:
            raise ZeroDivisionError("division by zero")
        leading = b.LC
        if len(b) == 1:
            (m, c), = b.items()
            result = self.ring.ground_new(1 / c)
            for i, e in enumerate(m):
                if e:
                    result = self.mul(result, self.integer_power(self.inverse_generator(i), e))
            return result
        common = tuple(map(min, zip(*b.keys())))
        core = self.ring.from_dict({tuple(x - y for x, y in zip(m, common)): c / leading for m, c in b.items()})
        result = self.generator(self.atom("inverse", (core,))) * (1 / leading)
        if any(common):
            result = self.mul(result, self.inverse(self.ring.from_dict({common: sp.QQ(1)})))
        return result

    def inverse_generator(self, i: int) -> Any:
        atom = self.atoms[i]
        if atom.kind == "inverse":
            return self.lift(atom.args[0])
        if atom.kind == "root":             # 1/s is s ** (q - 1) / u
            return self.mul(self.integer_power(self.generator(i), atom.order - 1), self.inverse(atom.args[0]))
        k = self.atom("inverse", (self.generator(i),))
        self.inverse_of[i], self.inverse_of[k] = k, i
        return self.generator(k)

    def root(self, u: Any, order: int) -> Any:
        """The positive root of what is positive."""
        u = self.lift(u)
        content, core = u.primitive()
        if core and core.LC < 0:
            content, core = -content, -core
        if content < 0:                     # the sign belongs to what is under the root
            content, core = -content, -core
        result = self.ring.one
        if content != 1:
            c = sp.Rational(int(content.numerator), int(content.denominator))
            result = self.number_root(c, order)
        if core == 1:
            return result
        s = self.atom("root", (core,), order)
        self.roots[s] = core
        return self.mul(result, self.generator(s))

    def number_root(self, c: Any, order: int) -> Any:
        whole = c.p * c.q ** (order - 1)
        root, exact = sp.integer_nthroot(whole, order)
        if exact:
            return self.rational(sp.Rational(root, c.q))
        u = self.rational(sp.Integer(whole))
        s = self.atom("root", (u,), order)
        self.roots[s] = u
        return self.generator(s) * sp.QQ(1, c.q)

    # -- functions -----------------------------------------------------------------------------

    def call(self, name: str, *args: Any) -> Any:
        args = tuple(map(self.lift, args))
        if name == "exp":
            return self.exp(args[0])
        constants = [self.constant(a) for a in args]
        if all(c is not None for c in constants):
            value = PRIMITIVE[name][0](*constants)
            if not isinstance(value, PRIMITIVE[name][0]):
                return self.read(value)
        return self.generator(self.atom(name, args))

    def exp(self, p: Any) -> Any:
        """The exponential of a sum is a product; of multiples of one monomial, powers of one atom."""
        result = self.ring.one
        for m, c in p.items():
            used = [i for i, e in enumerate(m) if e]
            if len(used) == 1 and m[used[0]] == 1 and self.atoms[used[0]].kind == "log":
                result = self.mul(result, self.power(self.atoms[used[0]].args[0],
                                                     sp.Rational(int(c.numerator), int(c.denominator))))
                continue
            key = tuple((i, m[i]) for i in used)
            units = self.units.setdefault(key, [])
            unit = next((u for u in units if (c / u).denominator == 1 and abs(c / u) <= POWER), None)
            if unit is None:
                unit = abs(c)
                units.append(unit)
            monomial = self.ring.from_dict({m + (0,) * (self.ring.ngens - len(m)): unit})
            g = self.generator(self.atom("exp", (monomial,)))
            result = self.mul(result, self.integer_power(g, int(c / unit)))
        return result

    def constant(self, p: Any) -> Any:
        """The rational number that a polynomial is, or None."""
        if not p:
            return sp.Integer(0)
        if len(p) == 1 and not any(next(iter(p))):
            c = next(iter(p.values()))
            return sp.Rational(int(c.numerator), int(c.denominator))
        return None

    def read(self, e: Any, given: dict[Any, Any] | None = None) -> Any:
        """A SymPy expression as a polynomial, with polynomials for its symbols."""
        given = given or {}
        if e.is_Rational:
            return self.rational(e)
        if e in given:
            return given[e]
        if e.is_Add or e.is_Mul:
            result = self.read(e.args[0], given)
            for a in e.args[1:]:
                result = (self.add if e.is_Add else self.mul)(result, self.read(a, given))
            return result
        if e.is_Pow and e.exp.is_Rational:
            return self.power(self.read(e.base, given), e.exp)
        if e.is_Pow:
            return self.exp(self.mul(self.read(e.exp, given), self.read(sp.log(e.base), given)))
        if e is sp.E:
            return self.exp(self.ring.one)
        if e is sp.pi:
            return self.symbol(sp.pi)
        if e.is_Symbol:
            return self.symbol(e)
        name = NAMES.get(e.func)
        if name is None:
            raise Unreadable(f"SymPy's {e.func} is not known here")
        return self.call(name, *(self.read(a, given) for a in e.args))

    # -- derivatives ---------------------------------------------------------------------------

    def derivative(self, p: Any, i: int) -> Any:
        """The derivative with respect to an input, an atom's own partial derivatives being SymPy's."""
        p = self.lift(p)
        total = self.ring.zero
        used = {k for m in p for k, e in enumerate(m) if e}
        for k in sorted(used):
            d = self.atom_derivative(k, i)
            if d:
                part = self.mul(self.lift(p).diff(self.generator(k)), d)
                total = self.add(total, part)
        return total

    def atom_derivative(self, k: int, i: int) -> Any:
        if (k, i) in self.derivatives:
            return self.derivatives[k, i]
        atom = self.atoms[k]
        total = self.ring.one if k == i else self.ring.zero
        for j, arg in enumerate(atom.args):
            inner = self.derivative(arg, i)
            if inner:
                total = self.add(total, self.mul(self.partial(k, j), inner))
        self.derivatives[k, i] = total
        return total

    def partial(self, k: int, j: int) -> Any:
        """SymPy's derivative of atom `k` with respect to its argument number `j`."""
        atom = self.atoms[k]
        symbols, e = local_partial(self.function(atom), len(atom.args), j)
        given: dict[Any, Any] = {s: self.lift(a) for s, a in zip(symbols, atom.args)}
        given[self.function(atom)(*symbols)] = self.generator(k)
        return self.read(e, given)

    @staticmethod
    def function(atom: Atom) -> Callable[..., Any]:
        if atom.kind == "inverse":
            return lambda u: 1 / u
        if atom.kind == "root":
            return lambda u: u ** sp.Rational(1, atom.order)
        return PRIMITIVE[atom.kind][0]          # type: ignore[no-any-return]

    # -- deciding ------------------------------------------------------------------------------

    def vanishes(self, p: Any) -> bool:
        """Whether an expression is zero, where what it divides by is not.

        Inverses are cleared from the last atom to the first, roots and cosines reduced by what they are
        the roots of. What this finds to be zero is zero.
        """
        p = self.reduced(self.lift(p))
        for k in range(len(self.atoms) - 1, -1, -1):
            if not p:
                return True
            p = self.without(k, p)
        return not p

    def without(self, k: int, p: Any) -> Any:
        """What is zero exactly where `p` is, with less of atom `k` in it."""
        self.check()
        p = self.lift(p)
        atom = self.atoms[k]
        degree = max((m[k] for m in p), default=0)
        if not degree:
            return p
        if atom.kind == "inverse":
            return self.substituted(p, k, lambda e: self.integer_power(atom.args[0], degree - e))
        if atom.kind == "root" and degree >= atom.order:
            return self.reduced(p)
        if atom.kind in ("cos", "cosh") and degree > 1:
            partner = self.known.get(("sin" if atom.kind == "cos" else "sinh", 1, self.key(atom.args[0])))
            if partner is not None:
                s, sign = self.generator(partner), -1 if atom.kind == "cos" else 1
                square = self.ring.one + sign * s * s
                return self.substituted(p, k, lambda e: self.mul(self.integer_power(square, e // 2),
                                                                 self.generator(k)**(e % 2)))
        return p

    def substituted(self, p: Any, k: int, factor: Callable[[int], Any]) -> Any:
        """The polynomial with ``factor(e)`` for the power `e` of atom `k`."""
        parts: dict[int, dict[Any, Any]] = {}
        for m, c in p.items():
            parts.setdefault(m[k], {})[m[:k] + (0,) + m[k + 1:]] = c
        total = self.ring.zero
        for e, part in parts.items():
            total = self.add(total, self.mul(self.ring.from_dict(part), factor(e)))
        return self.reduced(self.lift(total))

    # -- back to SymPy -------------------------------------------------------------------------

    def weight(self, p: Any) -> int:
        """How large the SymPy expression in the inputs is, where nothing is shared."""
        total = 0
        for m in p:
            for i, e in enumerate(m):
                if e:
                    if i not in self.weights:
                        self.weights[i] = 1 + sum(map(self.weight, self.atoms[i].args))
                    total += self.weights[i]
        return total + len(p)

    def expression(self, p: Any) -> Any:
        """The SymPy expression in the inputs."""
        p = self.lift(p)
        total = []
        for m, c in p.items():
            factors = [sp.Rational(int(c.numerator), int(c.denominator))]
            factors += [self.atom_expression(i)**e for i, e in enumerate(m) if e]
            total.append(sp.Mul(*factors))
        return sp.Add(*total)

    def atom_expression(self, i: int) -> Any:
        atom = self.atoms[i]
        if atom.symbol is not None:
            return atom.symbol
        return self.function(atom)(*map(self.expression, atom.args))


__all__ = ["Field", "PolyElement"]
