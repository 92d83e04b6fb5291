"""Ways to break symgrad: one operator, one constant, one condition, one statement, one entry of a table.

A mutant of code is the text of a module in which one node is written differently; lines stay where they are, so that
what reads source finds the mutant. A mutant of a rule is a text of its partial derivatives, one of a table the table
without an entry.
"""
from __future__ import annotations

import ast
import copy
import hashlib
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ROOT = pathlib.Path(__file__).parents[2] / "symgrad"
SUBJECTS = ("rules", "analysis", "transform", "optimize", "codegen/ownership.py")
# What decides how good a choice is and not whether it is right, and what is said of an error.
LEFT_OUT = {("transform/record.py", "Costs.recompute"), ("transform/record.py", "Costs.record"),
            ("transform/reverse.py", "Reverse.missing"), ("transform/reverse.py", "Reverse.lost"),
            ("transform/base.py", "Transform.missing")}

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And}
SWAPPED = (ast.Sub, ast.Div, ast.MatMult, ast.Pow)


@dataclass(frozen=True)
class Mutant:
    """One way to break symgrad. `function` is the outermost function or method that holds it, "" for a table or a rule."""

    file: str                           # below symgrad/
    line: int
    what: str
    function: str = ""
    text: str = ""                      # the module's text, for code
    table: str = ""                     # a tuple's name
    entry: int = 0
    rule: str = ""                      # a rule's name, for texts
    place: tuple[str, int] = ("", 0)    # "partials" or "scalar_partials", which
    to: str = ""                        # the other text

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line} {self.what}"

    @property
    def order(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()


def modules() -> Iterator[pathlib.Path]:
    for subject in SUBJECTS:
        path = ROOT / subject
        yield from [path] if path.is_file() else sorted(path.glob("**/*.py"))


def mutants() -> list[Mutant]:
    """All of them, in an order that mixes files and is the same each time."""
    found = [m for path in modules() for m in of_module(path)] + list(of_rules())
    return sorted(found, key=lambda m: m.order)


# -- code ------------------------------------------------------------------------------------------


def of_module(path: pathlib.Path) -> Iterator[Mutant]:
    text = path.read_text()
    file = path.relative_to(ROOT).as_posix()
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield from of_function(text, file, node, node.name)
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield from of_function(text, file, inner, f"{node.name}.{inner.name}")
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and isinstance(
                node.targets[0], ast.Name) and len(node.value.elts) > 1:
            for k, entry in enumerate(node.value.elts):
                yield Mutant(file, node.lineno, f"{node.targets[0].id} without {ast.unparse(entry)}",
                             table=node.targets[0].id, entry=k)


def of_function(text: str, file: str, function: ast.FunctionDef, name: str) -> Iterator[Mutant]:
    if (file, name) in LEFT_OUT or name.split(".")[-1] in ("__repr__", "__str__"):
        return
    body = function.body[1:] if ast.get_docstring(function) else function.body
    seen: set[str] = set()
    for statement in body:
        for node, other, what in changes(statement):
            made = replaced(text, node, other)
            if made in seen:
                continue
            seen.add(made)
            try:
                compile(made, file, "exec")
            except SyntaxError:
                continue
            yield Mutant(file, node.lineno, f"{short(node)}  ->  {what}", name, made)


def changes(statement: ast.stmt) -> Iterator[tuple[Any, str, str]]:
    """The nodes to replace, what stands in their place, and how to call it."""
    spoken = {id(n) for s in ast.walk(statement) if isinstance(s, ast.Raise) or is_error(s) for n in ast.walk(s)}
    for node in ast.walk(statement):
        if id(node) in spoken:                          # what an error says
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) or isinstance(node, ast.AugAssign):
            yield node, "pass", "left out"
        elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
            for truth in ("True", "False"):
                if ast.unparse(node.test) != truth and not (isinstance(node, ast.While) and truth == "True"):
                    yield node.test, truth, f"{truth}"
        elif isinstance(node, ast.expr):
            for other in others(node):
                yield node, f"({other})", other


def is_error(node: ast.AST) -> bool:
    """A call that reports an error, or an assertion."""
    return isinstance(node, ast.Assert) or isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in (
        "error", "UnsupportedError", "MissingRuleError", "SymgradError", "AliasError", "cast")


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
            and ast.unparse(node.func) not in ("isinstance", "getattr", "hasattr", "zip", "max", "min"):
        yield changed(args=node.args[::-1])


def short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) < 70 else text[:67] + "..."


def replaced(text: str, node: Any, by: str) -> str:
    """The text with a node's place taken by other code; as many lines as before."""
    lines = text.splitlines(True)
    first, last = node.lineno - 1, node.end_lineno - 1
    head = lines[first].encode()[:node.col_offset].decode()
    tail = lines[last].encode()[node.end_col_offset:].decode()
    padding = "\\\n" * (last - first) if by != "pass" else "\n" * (last - first)
    middle = head + by + padding + tail if by != "pass" else head + by + tail + padding
    return "".join([*lines[:first], middle, *lines[last + 1:]])


# -- rules that are texts ----------------------------------------------------------------------------


def of_rules() -> Iterator[Mutant]:
    """Other partial derivatives; those of a rule's scalar form too."""
    import symgrad.rules  # noqa: F401
    from symgrad.rules.core import RULES
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
                    yield Mutant("rules", 0, f"{rule.name}, {field}[{k}]: {text}  ->  {to}", rule=rule.name,
                                 place=(field, k), to=to)


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


__all__ = ["ROOT", "Mutant", "mutants"]
