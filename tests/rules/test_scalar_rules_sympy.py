"""Every elementwise rule proven: the text of each partial derivative minus SymPy's is 0.

`PRIMALS` says what each function is, on a region of its domain where it is one formula. Of a
function in pieces every piece is listed, as ``(primal, what the region makes of the parameters)``.
SymPy simplifies every difference to 0; none had to be left to numbers.
"""
import ast
import contextlib

import pytest
import sympy as sp

import symgrad.rules
from symgrad.rules.core import RULES

with contextlib.suppress(ImportError):
    import symgrad.rules.scipy_special  # noqa: F401  (where SciPy is installed)

REAL = {symbol.name: symbol for symbol in sp.symbols(
    "a b x y z i n real imag h0 condition base a_min a_max nan posinf neginf", real=True)}
A, B, X, Y, Z, I, N = sp.symbols("a b x y z i n", real=True)
P, Q = sp.symbols("p q", positive=True)                # regions are described with these two
DY = sp.Symbol("dy", real=True)
WHOLE = sp.Symbol("whole", integer=True)               # the floor of a quotient, constant between jumps

POSITIVE, NEGATIVE, INSIDE, ABOVE_ONE = {X: P}, {X: -P}, {X: (P - 1) / (P + 1)}, {X: 1 + P}

FORMULAS = {                                           # functions that are one formula everywhere
    "add": A + B, "sub": A - B, "mul": A * B, "neg": -A, "pos": A,
    "float": X, "complex": REAL["real"] + sp.I * REAL["imag"], "square": X**2, "reciprocal": 1 / X,
    "exp": sp.exp(X), "exp2": 2**X, "expm1": sp.exp(X) - 1, "truediv": A / B,
    "sin": sp.sin(X), "cos": sp.cos(X), "tan": sp.tan(X), "atan": sp.atan(X), "atan2": sp.atan2(Y, X),
    "sinh": sp.sinh(X), "cosh": sp.cosh(X), "tanh": sp.tanh(X), "asinh": sp.asinh(X),
    "degrees": 180 * X / sp.pi, "radians": sp.pi * X / 180, "erf": sp.erf(X), "erfc": sp.erfc(X),
    "mod": A - WHOLE * B, "fmod": A - WHOLE * B, "remainder": A - WHOLE * B, "ldexp": X * 2**I,
    "logaddexp": sp.log(sp.exp(A) + sp.exp(B)), "logaddexp2": sp.log(2**A + 2**B, 2),
    "hypot": sp.sqrt(X**2 + Y**2), "real": Z, "conj": Z,
    "sinc": sp.sin(sp.pi * X) / (sp.pi * X), "fma": X * Y + Z,
}
PIECES = {
    "pow": [(A**B, {A: P}), (A**3, {A: -P, B: sp.Integer(3)}), (A**2, {A: sp.Integer(0), B: sp.Integer(2)})],
    "abs": [(X, POSITIVE), (-X, NEGATIVE)], "fabs": [(X, POSITIVE), (-X, NEGATIVE)],
    "sqrt": [(sp.sqrt(X), POSITIVE)],
    "cbrt": [(sp.cbrt(X), POSITIVE), (-sp.cbrt(-X), NEGATIVE)],
    "log": [(sp.log(X), POSITIVE)], "log2": [(sp.log(X, 2), POSITIVE)], "log10": [(sp.log(X, 10), POSITIVE)],
    "log1p": [(sp.log(1 + X), {X: P - 1})],
    "log_base": [(sp.log(X) / sp.log(REAL["base"]), {X: P, REAL["base"]: 1 + Q})],
    "asin": [(sp.asin(X), INSIDE)], "acos": [(sp.acos(X), INSIDE)], "atanh": [(sp.atanh(X), INSIDE)],
    "acosh": [(sp.acosh(X), ABOVE_ONE)],
    "gamma": [(sp.gamma(X), POSITIVE)], "lgamma": [(sp.loggamma(X), POSITIVE)],
    "digamma": [(sp.digamma(X), POSITIVE)], "polygamma": [(sp.polygamma(N, X), {X: P, N: sp.Integer(3)})],
    "copysign": [(X, {X: P, Y: Q}), (-X, {X: P, Y: -Q}), (-X, {X: -P, Y: Q}), (X, {X: -P, Y: -Q})],
    "maximum": [(A, {A: B + P}), (B, {B: A + P})], "fmax": [(A, {A: B + P}), (B, {B: A + P})],
    "minimum": [(B, {A: B + P}), (A, {B: A + P})], "fmin": [(B, {A: B + P}), (A, {B: A + P})],
    "where": [(X, {REAL["condition"]: sp.true}), (Y, {REAL["condition"]: sp.false})],
    "heaviside": [(sp.Integer(0), {X: -P}), (sp.Integer(1), {X: P}), (REAL["h0"], {X: sp.Integer(0)})],
    "clip": [(A, {A: B, REAL["a_min"]: B - P, REAL["a_max"]: B + Q}),
             (REAL["a_min"], {A: B - P, REAL["a_min"]: B, REAL["a_max"]: B + Q}),
             (REAL["a_max"], {A: B + P, REAL["a_min"]: B - Q, REAL["a_max"]: B}),
             (REAL["a_max"], {A: B - P - Q, REAL["a_min"]: B + P, REAL["a_max"]: B})],     # bounds crossed
    "nan_to_num": [(X, {})],
    # scipy.special
    "erfinv": [(sp.erfinv(X), INSIDE)], "erfcinv": [(sp.erfinv(1 - X), {X: 2 * P / (1 + P)})],
    "erfcx": [(sp.exp(X**2) * sp.erfc(X), {})], "ndtr": [(sp.erfc(-X / sp.sqrt(2)) / 2, {})],
    "log_ndtr": [(sp.log(sp.erfc(-X / sp.sqrt(2)) / 2), {})],
    "ndtri": [(sp.sqrt(2) * sp.erfinv(2 * X - 1), {X: P / (1 + P)})],
    "expit": [(1 / (1 + sp.exp(-X)), {})], "log_expit": [(-sp.log(1 + sp.exp(-X)), {})],
    "logit": [(sp.log(X / (1 - X)), {X: P / (1 + P)})], "exp10": [(10**X, {})],
    "special.gamma": [(sp.gamma(X), POSITIVE)], "gammaln": [(sp.loggamma(X), POSITIVE)],
    "rgamma": [(1 / sp.gamma(X), POSITIVE)], "psi": [(sp.digamma(X), POSITIVE)],
    "beta": [(sp.gamma(A) * sp.gamma(B) / sp.gamma(A + B), {A: P, B: Q})],
    "betaln": [(sp.loggamma(A) + sp.loggamma(B) - sp.loggamma(A + B), {A: P, B: Q})],
    "xlogy": [(X * sp.log(Y), {X: P, Y: Q})], "xlog1py": [(X * sp.log(1 + Y), {X: P, Y: Q - 1})],
    "entr": [(-X * sp.log(X), POSITIVE)], "rel_entr": [(X * sp.log(X / Y), {X: P, Y: Q})],
    "kl_div": [(X * sp.log(X / Y) - X + Y, {X: P, Y: Q})],
}
CASES = [(name, formula, {}) for name, formula in FORMULAS.items()]
CASES += [(name, formula, region) for name, pieces in PIECES.items() for formula, region in pieces]

# Not a formula at all: the next float after x is x but for rounding. And complex functions, below.
NOT_HERE = {"nextafter", "imag", "angle"}

ELEMENTWISE = {rule.name: rule for rule in RULES.values() if rule.is_elementwise
               and not getattr(rule.functions[0], "__module__", "").startswith("test")}


def sympy_of(text, values):
    """The text of a partial as a SymPy expression, its conditions decided by the region."""

    def read(node):
        match node:
            case ast.Constant(value=complex() as value):
                return sp.nsimplify(value.imag) * sp.I
            case ast.Constant(value=None):
                return None
            case ast.Constant():
                return sp.nsimplify(node.value)
            case ast.Name():
                return values[node.id]
            case ast.UnaryOp(op=ast.USub()):
                return -read(node.operand)
            case ast.BinOp():
                return BINARY[type(node.op)](read(node.left), read(node.right))
            case ast.Call():
                return FUNCTIONS[node.func.id](*map(read, node.args))
            case ast.IfExp():
                return read(node.body) if holds(node.test) else read(node.orelse)
        raise NotImplementedError(ast.dump(node))

    def holds(node):
        match node:
            case ast.BoolOp(op=ast.And()):
                return all(holds(part) for part in node.values)
            case ast.BoolOp(op=ast.Or()):
                return any(holds(part) for part in node.values)
            case ast.Compare():
                sides = [node.left, *node.comparators]
                return all(compare(op, read(u), read(v)) for op, u, v in zip(node.ops, sides, sides[1:]))
            case ast.Call(func=ast.Name(id="isnan")):
                return False
            case ast.Call(func=ast.Name(id="isfinite")):
                return True
        value = read(node)
        assert value in (sp.true, sp.false), f"the region does not decide {ast.unparse(node)}"
        return bool(value)

    def compare(op, u, v):
        if isinstance(op, (ast.Is, ast.IsNot)):
            return (u is v) == isinstance(op, ast.Is)
        if sp.oo in (u, v) or -sp.oo in (u, v):
            return isinstance(op, ast.NotEq)                       # real numbers are finite
        difference = sp.simplify(u - v)
        if isinstance(op, (ast.Eq, ast.NotEq)):                    # a free symbol is in general position
            return (difference == 0) == isinstance(op, ast.Eq)
        sign = 1 if difference.is_positive else -1 if difference.is_negative else 0
        assert sign or difference == 0, f"the region does not decide the sign of {difference}"
        return {ast.Lt: sign < 0, ast.LtE: sign <= 0, ast.Gt: sign > 0, ast.GtE: sign >= 0}[type(op)]

    return read(ast.parse(text, mode="eval").body)


BINARY = {ast.Add: lambda u, v: u + v, ast.Sub: lambda u, v: u - v, ast.Mult: lambda u, v: u * v,
          ast.Div: lambda u, v: u / v, ast.Pow: lambda u, v: u**v, ast.FloorDiv: lambda u, v: WHOLE}
FUNCTIONS = {"exp": sp.exp, "exp2": lambda x: 2**x, "log": sp.log, "sqrt": sp.sqrt, "sin": sp.sin,
             "cos": sp.cos, "sinh": sp.sinh, "cosh": sp.cosh,
             "sign": lambda x: x / sp.Abs(x), "conj": sp.conjugate,
             "log1p": lambda x: sp.log(1 + x), "psi": sp.digamma, "expit": lambda x: 1 / (1 + sp.exp(-x)),
             "zeta": lambda s, q: sp.polygamma(1, q) if s == 2 else sp.zeta(s, q),
             "ldexp": lambda x, i: x * 2**i, "digamma": sp.digamma, "polygamma": sp.polygamma,
             "hypot": lambda x, y: sp.sqrt(x * x + y * y),
             "copysign": lambda x, y: x * sp.sign(y)}       # it is given x = 1.0


def environment(rule, primal, region):
    values = {name: sp.sympify(REAL.get(name, 0)).subs(region) for name in parameters(rule)}
    return {**values, "r": primal.subs(region), "dy": DY,
            "pi": sp.pi, "inf": sp.oo}


def parameters(rule):
    return ("x", "y") if rule.variadic else rule.params


def is_zero(expression):
    return any(method(expression) == 0 for method in (
        sp.simplify, lambda e: sp.simplify(sp.expand_log(e, force=True)), sp.radsimp))


@pytest.mark.parametrize(("name", "primal", "region"), CASES,
                         ids=[f"{name}-{i}" for i, (name, _, _) in enumerate(CASES)])
def test_partial_is_the_derivative(name, primal, region):
    if name not in ELEMENTWISE:
        pytest.skip("not in this version of Python, or SciPy is not there")
    rule = ELEMENTWISE[name]
    for param in parameters(rule):
        text = rule.partials[0] if rule.variadic else rule.partials[rule.params.index(param)]
        if text == "0" or name == "pow" and param == "b" and region.get(A) != P:
            continue                                   # the exponent is a variable for a positive base only
        if rule.variadic:
            text = text.replace(rule.params[0], param)
        stated = sympy_of(text, environment(rule, primal, region))
        stated = stated.coeff(DY) if "dy" in text else stated
        true = sp.diff(primal, REAL[param]).subs(region)
        assert is_zero(sp.sympify(stated - true)), f"d{name}/d{param}: the rule says {stated}, SymPy {true}"


@pytest.mark.parametrize(("name", "primal"), [
    ("real", X), ("imag", Y), ("abs", sp.sqrt(X**2 + Y**2)), ("angle", sp.atan2(Y, X))])
def test_real_function_of_a_complex_number(name, primal):
    rule = ELEMENTWISE[name]
    x, y = sp.symbols("x y", positive=True)
    z = x + sp.I * y
    stated = sympy_of(rule.partials[0], {rule.params[0]: z, "deg": sp.false, "pi": sp.pi})
    primal = primal.subs({X: x, Y: y})
    assert sp.simplify(stated - (sp.diff(primal, x) - sp.I * sp.diff(primal, y))) == 0


def test_conjugate():
    """The real part of dy * conj(z) has the derivative conj(dy), in the convention df/dx - i df/dy."""
    u, v, x, y = sp.symbols("u v x y", real=True)
    assert ELEMENTWISE["conj"].partials == ("conj(dy)",)
    loss = sp.re(sp.expand((u + sp.I * v) * (x - sp.I * y)))
    assert sp.simplify(sp.diff(loss, x) - sp.I * sp.diff(loss, y) - (u - sp.I * v)) == 0


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_rule_is_here(name):
    assert name in FORMULAS or name in PIECES or name in NOT_HERE


def test_partials_of_log_sum_exp_are_shares():
    """What the two texts say together: they are positive and sum to 1."""
    rule = ELEMENTWISE["logaddexp"]
    values = environment(rule, FORMULAS["logaddexp"], {})
    assert sp.simplify(sum(sympy_of(text, values) for text in rule.partials)) == 1
