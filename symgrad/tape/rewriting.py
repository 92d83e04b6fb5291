"""A function's code with its calls made visible, for a run on the tape.

Operators of a value can be defined; ``math.sin(x)``, ``float(x)`` and ``np.zeros(n)`` cannot. So a function is run
with other code than its own: the same source, compiled with each call ``f(x)`` written as ``call(f, x)`` and each name,
attribute and subscript that is read as ``read(x)``. Everything else, line numbers included, is as it was.

The source of a whole file is compiled once, as it is and rewritten. The rewriting neither adds nor removes a
function, so the code objects of the two stand at the same places; a function's code is looked for among the
first and found among the second. No source text is cut out, and lambdas are no special case.
"""
from __future__ import annotations

import ast
import functools
import linecache
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from symgrad.tape.index_objects import NAMES

CALL, READ, INDEXED = "symgrad.tape: call", "symgrad.tape: read", "symgrad.tape: indexed"
OF_THE_FRAME = frozenset({"super", "locals", "globals", "vars", "dir", "eval", "exec"})     # they look at their caller


class Visible(ast.NodeTransformer):
    """Calls and reads as calls of placeholders, constants that are replaced in the compiled code."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        function = node.func
        if isinstance(function, ast.Name) and function.id in OF_THE_FRAME:
            node.args = [self.visit(a) for a in node.args]
            node.keywords = [self.visit(k) for k in node.keywords]
            return node
        args = [self._inner(function), *map(self.visit, node.args)]
        made = ast.Call(ast.Constant(CALL), args, [self.visit(k) for k in node.keywords])
        return _at(made, node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return _read(node, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        node.value = self._inner(node.value)
        return _read(node, node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        name = getattr(node.value, "attr", getattr(node.value, "id", ""))
        node.value, node.slice = self.visit(node.value), self.visit(node.slice)
        if name in NAMES:
            node.value = _at(ast.Call(ast.Constant(INDEXED), [node.value], []), node)
        return _read(node, node)

    def _inner(self, node: ast.expr) -> ast.expr:
        """What a method or attribute is taken from, as it is."""
        if isinstance(node, ast.Name):
            return node
        if isinstance(node, ast.Attribute):
            node.value = self._inner(node.value)
            return node
        return self.visit(node)                                 # type: ignore[no-any-return]

    # what is not run for its value, or means something else there
    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.target = self.visit(node.target)
        node.value = node.value and self.visit(node.value)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        node.guard = node.guard and self.visit(node.guard)
        node.body = [self.visit(s) for s in node.body]
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.body = [self.visit(s) for s in node.body]
        return node

    def _function(self, node: Any) -> Any:
        returns, node.returns = node.returns, None
        self.generic_visit(node)
        node.returns = returns
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function


def _read(node: Any, place: ast.expr) -> ast.expr:
    return _at(ast.Call(ast.Constant(READ), [node], []), place) if isinstance(node.ctx, ast.Load) else node


def _at(made: ast.Call, place: ast.expr) -> ast.expr:
    ast.copy_location(made, place)
    ast.copy_location(made.func, place)
    return made


class Rewriter:
    """Finds, for a function's code, the code that calls `call` and `read`, and `indexed` for np.r_ and its like."""

    def __init__(self, call: Callable[..., Any], read: Callable[..., Any], indexed: Callable[..., Any]) -> None:
        self.hooks = {CALL: call, READ: read, INDEXED: indexed}
        self.files: dict[tuple[str, int], dict[tuple[str, int], list[tuple[Any, Any]]]] = {}
        self.known: dict[_Identity, types.CodeType | None] = {}

    def rewritten(self, code: types.CodeType) -> types.CodeType | None:
        """The visible form of a function's code; None where the source cannot be had."""
        if self._is_hooked(code):
            return code
        key = _Identity(code)
        if key not in self.known:
            self.known[key] = self._find(code)
        return self.known[key]

    def _is_hooked(self, code: types.CodeType) -> bool:
        return any(c is h for c in code.co_consts for h in self.hooks.values())

    def _find(self, code: types.CodeType) -> types.CodeType | None:
        linecache.checkcache(code.co_filename)
        lines = linecache.getlines(code.co_filename)
        if not lines:
            return None
        text = "".join(lines)
        file = (code.co_filename, hash(text))
        if file not in self.files:
            self.files[file] = self._pairs(text, code.co_filename)
        found = self.files[file].get((code.co_name, code.co_firstlineno), [])
        found = [p for p in found if p[0].co_varnames[:p[0].co_argcount] == code.co_varnames[:code.co_argcount]
                 and set(p[0].co_freevars) == set(code.co_freevars)]
        if len(found) > 1:                                      # several lambdas on one line
            found = [p for p in found if _extent(p[0]) == _extent(code)]
        if not found:
            return None
        made: types.CodeType = found[0][1]
        return made if made.co_freevars == code.co_freevars else None

    def _pairs(self, text: str, name: str) -> dict[tuple[str, int], list[tuple[Any, Any]]]:
        pairs: dict[tuple[str, int], list[tuple[Any, Any]]] = {}
        try:
            tree = ast.parse(text)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                plain = compile(text, name, "exec", dont_inherit=True)
                made = compile(Visible().visit(tree), name, "exec", dont_inherit=True)
        except SyntaxError:
            return pairs
        for one, other in _matched(plain, self._hooked(made)):
            pairs.setdefault((one.co_name, one.co_firstlineno), []).append((one, other))
        return pairs

    def _hooked(self, code: types.CodeType) -> types.CodeType:
        """The code with the hooks in place of their placeholders."""
        def constant(c: Any) -> Any:
            if isinstance(c, types.CodeType):
                return self._hooked(c)
            return self.hooks.get(c, c) if isinstance(c, str) else c

        return code.replace(co_consts=tuple(map(constant, code.co_consts)))


class _Identity:
    """Code objects by what they are: two lambdas on one line may be equal."""

    def __init__(self, code: types.CodeType) -> None:
        self.code = code

    def __hash__(self) -> int:
        return id(self.code)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self.code is other.code


def _matched(plain: types.CodeType, made: types.CodeType) -> Iterator[tuple[types.CodeType, types.CodeType]]:
    """A code object with its visible form, and those in it. Statements that are never run are dropped from a
    code object, but the code inside of them may stay among its constants: it stays in one form and not in the other."""
    yield plain, made
    inner, visible = _codes_within(plain), _codes_within(made)
    for key, ones in inner.items():
        others = visible.get(key, [])
        if len(ones) != len(others):
            ones = [c for c in ones if _extent(c) in map(_extent, others)]
            others = [c for c in others if _extent(c) in map(_extent, ones)]
        for one, other in zip(ones, others, strict=True):
            yield from _matched(one, other)


def _codes_within(code: types.CodeType) -> dict[tuple[str, int], list[types.CodeType]]:
    found: dict[tuple[str, int], list[types.CodeType]] = {}
    for c in code.co_consts:
        if isinstance(c, types.CodeType):
            found.setdefault((c.co_name, c.co_firstlineno), []).append(c)
    return found


@functools.lru_cache(4096)
def _extent(code: types.CodeType) -> tuple[Any, ...]:
    """Where the text of a function is, by the positions of its instructions."""
    places = [p for p in code.co_positions() if None not in p and p[3]]
    return (min((p[0], p[2]) for p in places), max((p[1], p[3]) for p in places)) if places else ()    # type: ignore[type-var]
