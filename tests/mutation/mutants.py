"""Ways to break symgrad: one operator, one constant, one condition, one statement, one entry of a table.

A mutant of code is the text of a module in which one node is written differently; lines stay where they are, so that
what reads source finds the mutant. A mutant of a rule that is text is another text.

What cannot show in a result is not made: what an error says, annotations, text in f-strings.
"""
from __future__ import annotations

import ast
import copy
import hashlib
import math
import pathlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

ROOT = pathlib.Path(__file__).parents[2] / "symgrad"
SUBJECTS = ("rules", "analysis", "transform", "codegen")
NATIVE = ("codegen/kernel.py", "analysis/worth.py")        # for a backend that is not installed everywhere
# What decides how good a choice is and not whether it is right, and what is said of an error.
LEFT_OUT = {("transform/costs.py", "Costs.recompute"), ("transform/costs.py", "Costs.record"),
            ("transform/reverse.py", "Reverse.missing"), ("transform/reverse.py", "Reverse.lost"),
            ("transform/base.py", "Transform.missing")}

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And}
SWAPPED = (ast.Sub, ast.Div, ast.MatMult, ast.Pow)
# Calls of two arguments that mean the same the other way round, or cannot be turned round.
NOT_TURNED = ("isinstance", "getattr", "hasattr", "zip", "max", "min", "np.maximum", "np.minimum", "np.add", "np.multiply",
              "np.equal", "np.not_equal", "np.logical_and", "np.logical_or", "math.gcd")
ERRORS = ("error", "UnsupportedError", "MissingRuleError", "SymgradError", "AliasError", "warn", "NotImplementedError")


@dataclass(frozen=True)
class Mutant:
    """One way to break symgrad."""

    file: str                           # below symgrad/
    function: str                       # the outermost function or method that holds it; "" if it is outside of all
    what: str
    number: int = 1                     # which of those with the same `what` in the function
    lines: tuple[int, int] = (0, 0)     # of the node
    around: tuple[int, int] = (0, 0)    # of the statement
    first: int = 0                      # of the function
    digest: str = ""                    # of the function's text
    edit: tuple[int, int, int, int, str] = (0, 0, 0, 0, "")     # the node's place in the file, and what stands there
    rule: str = ""                      # a rule's name, for texts
    place: tuple[str, int] = ("", 0)    # "partials" or "scalar_partials", which
    to: str = ""                        # the other text

    @property
    def name(self) -> str:
        """Says which it is, also when lines have moved."""
        return f"{self.file} {self.function or '-'}: {self.what}" + (f" ({self.number})" if self.number > 1 else "")

    def text(self) -> str:
        """The module with the mutant in it."""
        return edited((ROOT / self.file).read_text(), self.edit)


def mutants(only: str = "") -> list[Mutant]:
    """All of them whose name contains `only`, sorted by place."""
    paths = [path for path in modules() if not only.endswith(".py") or path.relative_to(ROOT).as_posix() == only]
    made = [*numbered([m for path in paths for m in of_module(path)]), *numbered(of_rules())]
    return [m for m in made if only in m.name]


def sampled(every: Iterable[Mutant], seed: int) -> list[Mutant]:
    """The mutants in an order any start of which is a sample: one of each file first, then more of those with more.

    A file has a share in proportion to the square root of its mutants. The order does not depend on line numbers.
    """
    files: dict[str, list[Mutant]] = defaultdict(list)
    for m in every:
        files[m.file].append(m)

    def drawn(m: Mutant) -> str:
        return hashlib.sha256(f"{seed} {m.name}".encode()).hexdigest()

    order = []
    for found in files.values():
        for rank, m in enumerate(sorted(found, key=drawn)):
            order.append((0.0 if rank == 0 else (rank + 0.5) / math.sqrt(len(found)), drawn(m), m))
    return [m for _, _, m in sorted(order, key=lambda entry: entry[:2])]


def numbered(found: Iterable[Mutant]) -> Iterator[Mutant]:
    """The mutants, those with the same name told apart."""
    seen: Counter[str] = Counter()
    for m in found:
        seen[m.name] += 1
        yield Mutant(**{**vars(m), "number": seen[m.name]})


def modules() -> Iterator[pathlib.Path]:
    for subject in SUBJECTS:
        yield from (path for path in sorted((ROOT / subject).glob("**/*.py")) if path.relative_to(ROOT).as_posix() not in NATIVE)


# -- code ------------------------------------------------------------------------------------------


def of_module(path: pathlib.Path) -> Iterator[Mutant]:
    text = path.read_text()
    file = path.relative_to(ROOT).as_posix()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            yield from of_function(text, file, node, node.name)
            yield from made(text, file, "", node, (c for d in node.decorator_list for c in smaller(d, stated=True)))
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield from of_function(text, file, inner, f"{node.name}.{inner.name}")
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            if not ast.unparse(node).startswith("__all__"):
                yield from made(text, file, "", node, smaller(node.value))
        elif isinstance(node, (ast.Expr, ast.For)) and not (
                isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            yield from made(text, file, "", node, [(node, "pass", "left out")])
            for call in ast.walk(node):
                if isinstance(call, ast.Call):
                    yield from made(text, file, "", node, smaller(call, stated=True))


def of_function(text: str, file: str, function: ast.FunctionDef, name: str) -> Iterator[Mutant]:
    if (file, name) in LEFT_OUT or name.split(".")[-1] in ("__repr__", "__str__"):
        return
    for statement in function.body[1:] if ast.get_docstring(function) else function.body:
        yield from made(text, file, name, function, changes(statement))


def made(text: str, file: str, name: str, holder: ast.stmt, found: Iterable[tuple[Any, str, str]]) -> Iterator[Mutant]:
    """A mutant for each node and what may stand in its place."""
    digest = hashlib.sha256((ast.get_source_segment(text, holder) or "").encode()).hexdigest()[:12]
    simple = [n for n in ast.walk(holder) if isinstance(n, ast.stmt) and not hasattr(n, "body")]
    seen: set[tuple[Any, ...]] = set()
    for node, by, what in found:
        place = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, by)
        if place in seen:
            continue
        seen.add(place)
        around = [(s.lineno, s.end_lineno or 0) for s in simple if s.lineno <= node.lineno <= (s.end_lineno or 0)]
        yield Mutant(file, name, f"{short(node)}  ->  {what}", lines=(node.lineno, node.end_lineno),
                     around=around[-1] if around else (node.lineno, node.end_lineno), first=holder.lineno, digest=digest,
                     edit=place)


def changes(statement: ast.stmt) -> Iterator[tuple[Any, str, str]]:
    """The nodes to replace, what stands in their place, and how to call it."""
    spoken = {id(n) for s in unseen(statement) for n in ast.walk(s)}
    for node in ast.walk(statement):
        if id(node) in spoken:
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) or isinstance(node, ast.AugAssign):
            yield node, "pass", "left out"
        elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
            for truth in ("True", "False"):
                if ast.unparse(node.test) != truth and not (isinstance(node, ast.While) and truth == "True"):
                    yield node.test, truth, truth
        elif isinstance(node, ast.expr):
            for other in others(node):
                yield node, f"({other})", other


def unseen(statement: ast.stmt) -> Iterator[ast.AST]:
    """What is inside cannot show in a result, or has no place of its own: errors, annotations, f-strings."""
    for node in ast.walk(statement):
        if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr)) or isinstance(node, ast.Expr) and isinstance(
                node.value, ast.Constant):
            yield node
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func).split(".")[-1]
            if called in ERRORS:
                yield node
            elif called == "cast":
                yield node.args[0]
        elif isinstance(node, ast.AnnAssign):
            yield node.annotation
        elif isinstance(node, ast.FunctionDef):
            yield from (a.annotation for a in ast.walk(node.args) if isinstance(a, ast.arg) and a.annotation)
            if node.returns:
                yield node.returns


def smaller(node: ast.expr, stated: bool = False) -> Iterator[tuple[Any, str, str]]:
    """A table without one of its entries; what is stated by a call without one of its arguments."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)) and len(node.elts) > 1:
        for k, entry in enumerate(node.elts):
            rest = type(node)(elts=node.elts[:k] + node.elts[k + 1:], ctx=ast.Load())
            yield node, f"({ast.unparse(rest)})", f"without {short(entry)}"
    elif isinstance(node, ast.Dict) and len(node.keys) > 1:
        for k, key in enumerate(node.keys):
            rest = ast.Dict(node.keys[:k] + node.keys[k + 1:], node.values[:k] + node.values[k + 1:])
            yield node, f"({ast.unparse(rest)})", f"without {short(key) if key else '**'}"
    elif isinstance(node, ast.Call) and stated:                # `constant`, `vjp` and the like
        called = ast.unparse(node.func)
        if called in ("constant", "vjp", "alias", "returns_argument") and len(node.args) > 1:
            for k, argument in enumerate(node.args):
                rest = ast.Call(node.func, node.args[:k] + node.args[k + 1:], node.keywords)
                yield node, f"({ast.unparse(rest)})", f"without {short(argument)}"
        for k, keyword in enumerate(node.keywords):
            if keyword.arg not in ("wrt", "domain"):           # needed; what only the tests read
                rest = ast.Call(node.func, node.args, node.keywords[:k] + node.keywords[k + 1:])
                yield node, f"{ast.unparse(rest)}", f"without {short(keyword)}"
    elif isinstance(node, ast.Call):
        for argument in node.args:
            yield from smaller(argument)


def others(node: ast.expr) -> Iterator[str]:
    """Expressions to stand in place of one."""
    def changed(**fields: Any) -> str:
        new = copy.copy(node)
        for field, value in fields.items():
            setattr(new, field, value)
        return ast.unparse(new)

    if isinstance(node, ast.BinOp):
        if type(node.op) in OPERATORS:
            yield changed(op=OPERATORS[type(node.op)]())
        if isinstance(node.op, SWAPPED):
            yield changed(left=node.right, right=node.left)
        if isinstance(node.op, (ast.Add, ast.Sub)):
            yield ast.unparse(node.left)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        if not isinstance(node.operand, ast.Constant):
            yield ast.unparse(node.operand)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPERATORS:
        yield changed(ops=[OPERATORS[type(node.ops[0])]()])
    elif isinstance(node, ast.BoolOp):
        yield changed(op=OPERATORS[type(node.op)]())
        for k in range(len(node.values)):
            rest = [v for i, v in enumerate(node.values) if i != k]
            yield ast.unparse(rest[0]) if len(rest) == 1 else changed(values=rest)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
        yield repr(not node.value) if isinstance(node.value, bool) else repr(node.value + 1)
    elif isinstance(node, ast.Call) and len(node.args) == 2 and not any(isinstance(a, ast.Starred) for a in node.args) \
            and ast.unparse(node.func) not in NOT_TURNED:
        yield changed(args=node.args[::-1])


def short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) < 70 else text[:67] + "..."


def edited(text: str, edit: tuple[int, int, int, int, str]) -> str:
    """The text with a node's place taken by other code; as many lines as before."""
    lineno, column, end_lineno, end_column, by = edit
    lines = text.splitlines(True)
    head = lines[lineno - 1].encode()[:column].decode()
    tail = lines[end_lineno - 1].encode()[end_column:].decode()
    rest = end_lineno - lineno
    middle = head + by + tail + "\n" * rest if by == "pass" else head + by + "\\\n" * rest + tail
    return "".join([*lines[:lineno - 1], middle, *lines[end_lineno:]])


# -- rules that are texts ----------------------------------------------------------------------------


def of_rules() -> Iterator[Mutant]:
    """Other partial derivatives; those of a rule's scalar form too."""
    import symgrad.rules
    import symgrad.rules.scipy_special  # noqa: F401
    from symgrad.rules.core import RULES
    stated = dict(statements())
    done: set[int] = set()
    for rule in RULES.values():
        if id(rule) in done:
            continue
        done.add(id(rule))
        for field in ("partials", "scalar_partials"):
            for k, text in enumerate(getattr(rule, field, None) or ()):
                if field == "scalar_partials" and rule.partials and text == rule.partials[k]:
                    continue
                for to in dict.fromkeys(other_texts(text)):
                    yield Mutant(stated.get(rule.name, "rules"), "", f"{rule.name}, {field}[{k}]: {text}  ->  {to}",
                                 digest=hashlib.sha256(text.encode()).hexdigest()[:12], rule=rule.name, place=(field, k), to=to)


def statements() -> Iterator[tuple[str, str]]:
    """The names of rules that are texts, and the files that state them."""
    for path in (ROOT / "rules").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "elementwise" and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value, path.relative_to(ROOT).as_posix()


def other_texts(text: str) -> Iterator[str]:
    tree = ast.parse(text, mode="eval")
    if text in ("0", "1.0", "-1.0"):
        yield {"0": "1.0", "1.0": "-1.0", "-1.0": "1.0"}[text]
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            choices = [*others(node)]
            if isinstance(node, ast.IfExp):
                choices += [ast.unparse(node.body), ast.unparse(node.orelse)]
            for other in choices:
                yield text[:node.col_offset] + f"({other})" + text[node.end_col_offset:]
    yield f"-({text})"
