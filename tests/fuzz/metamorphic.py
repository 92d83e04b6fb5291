"""Programs rewritten so that they mean the same: the value and the gradient have to stay.

Each rewriting takes a module's syntax tree, with the function `program` in it, and changes it; it returns False where
there is nothing for it to change.
"""
from __future__ import annotations

import ast
import copy
from collections.abc import Callable

from tests.fuzz.generator import Program


def main_function(tree: ast.Module) -> ast.FunctionDef:
    return next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "program")


def renamed(tree: ast.Module) -> bool:
    """Other names for all variables of the program."""
    function = main_function(tree)
    names = {a.arg for a in function.args.args} | {
        n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for n in ast.walk(function):
        if isinstance(n, ast.Name) and n.id in names:
            n.id = f"{n.id}_other"
        elif isinstance(n, ast.arg) and n.arg in names:
            n.arg = f"{n.arg}_other"
    return True


def zero_added(tree: ast.Module) -> bool:
    """Every result with 0.0 added to it."""
    for n in ast.walk(main_function(tree)):
        if isinstance(n, ast.Return):
            assert n.value is not None
            n.value = ast.BinOp(n.value, ast.Add(), ast.Constant(0.0))
    return True


def reversed_parameters(tree: ast.Module) -> bool:
    """The parameters in the opposite order; so are the arguments, and the gradients."""
    main_function(tree).args.args.reverse()
    return True


class InBlocks(ast.NodeTransformer):
    """Replaces statements by lists of statements; notes whether any was."""

    def __init__(self) -> None:
        self.changed = False
        self.count = 0

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node


class Split(InBlocks):
    """``t = a + b`` as ``part = a; t = part + b``."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.AST]:
        if not isinstance(node.value, ast.BinOp) or isinstance(node.value.left, ast.Constant):
            return node
        self.changed, self.count = True, self.count + 1
        name = f"part{self.count}"
        first = ast.Assign([ast.Name(name, ast.Store())], node.value.left)
        node.value = ast.BinOp(ast.Name(name, ast.Load()), node.value.op, node.value.right)
        return [first, node]


class Unroll(InBlocks):
    """A loop over ``range(3)`` as its body three times."""

    def visit_For(self, node: ast.For) -> ast.AST | list[ast.AST]:
        self.generic_visit(node)
        bounds = [ast.literal_eval(a) for a in node.iter.args] if isinstance(node.iter, ast.Call) and isinstance(
            node.iter.func, ast.Name) and node.iter.func.id == "range" and all(map(is_number, node.iter.args)) else None
        jumps = any(isinstance(n, (ast.Break, ast.Continue, ast.FunctionDef)) for n in ast.walk(node))
        if bounds is None or jumps or node.orelse or not 0 < len(range(*bounds)) < 5:
            return node
        self.changed = True
        out: list[ast.AST] = []
        for k in range(*bounds):
            out.append(ast.Assign([copy.deepcopy(node.target)], ast.Constant(k)))
            out += copy.deepcopy(node.body)
        return out


class Swap(InBlocks):
    """``if c: A else: B`` as ``if not c: B else: A``."""

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if node.orelse:
            self.changed = True
            node.test = ast.UnaryOp(ast.Not(), node.test)
            node.body, node.orelse = node.orelse, node.body
        return node


class Endless(InBlocks):
    """``while c: A`` as ``while True: if not c: break; A``."""

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        if not node.orelse and not isinstance(node.test, ast.Constant):
            self.changed = True
            node.body.insert(0, ast.If(ast.UnaryOp(ast.Not(), node.test), [ast.Break()], []))
            node.test = ast.Constant(True)
        return node


class ReadFirst(InBlocks):
    """``a[i] = v`` between arrays as ``a[i] = v.copy()``: what is stored is read before anything is written."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        into = next((t for t in node.targets if isinstance(t, ast.Subscript)), None)
        if into is not None:
            self.changed = True
            apart = ast.parse('lambda a, v: v.copy() if hasattr(a, "dtype") and hasattr(v, "dtype") else v', mode="eval").body
            node.value = ast.Call(apart, [copy.deepcopy(into.value), node.value], [])
        return node


class Inline(ast.NodeTransformer):
    """A call of a helper that is one expression as a call of that expression."""

    def __init__(self, tree: ast.Module) -> None:
        self.changed = False
        self.helpers = {f.name: f for f in tree.body if isinstance(f, ast.FunctionDef) and len(f.body) == 1
                        and isinstance(f.body[0], ast.Return) and not f.args.defaults}

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in self.helpers:
            helper = self.helpers[node.func.id]
            result = helper.body[0]
            assert isinstance(result, ast.Return) and result.value is not None
            self.changed = True
            node.func = ast.Lambda(copy.deepcopy(helper.args), copy.deepcopy(result.value))
        return node


def is_number(node: ast.AST) -> bool:
    try:
        return isinstance(ast.literal_eval(node), int)
    except ValueError:
        return False


def by(transformer: Callable[[], InBlocks]) -> Callable[[ast.Module], bool]:
    def rewrite(tree: ast.Module) -> bool:
        made = transformer()
        made.generic_visit(main_function(tree))
        return made.changed
    rewrite.__name__ = transformer.__name__.lower()
    return rewrite


def inlined(tree: ast.Module) -> bool:
    made = Inline(tree)
    made.generic_visit(main_function(tree))
    return made.changed


read_first = by(ReadFirst)

REWRITINGS: tuple[Callable[[ast.Module], bool], ...] = (
    renamed, zero_added, reversed_parameters, inlined, *map(by, (Split, Unroll, Swap, Endless)))


def rewritten(program: Program, rewriting: Callable[[ast.Module], bool]) -> Program | None:
    """The program rewritten, or None where there is nothing to rewrite."""
    tree = ast.parse(program.text)
    if not rewriting(tree):
        return None
    text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    args = program.args[::-1] if rewriting is reversed_parameters else program.args
    return Program(text, args, program.made)


__all__ = ["REWRITINGS", "read_first", "reversed_parameters", "rewritten"]
