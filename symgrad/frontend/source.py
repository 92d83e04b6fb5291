"""From a function object to the syntax tree of its definition, and to places in it."""
from __future__ import annotations

import ast
import functools
import linecache
import textwrap
import types
from collections.abc import Iterator, Sequence
from typing import Any

from symgrad.errors import SourceError, Span
from symgrad.frontend.reading import note_function
from symgrad.frontend.values import Source

# Text given with `source=`, by code and file: code objects that differ in their file only are equal.
SOURCES: dict[tuple[types.CodeType, str], str] = {}


def remember(code: types.CodeType, text: str) -> None:
    """The text that defines a function which is in no file."""
    if SOURCES.get((code, code.co_filename)) != text:
        SOURCES[code, code.co_filename] = text
        _definition.cache_clear()


@functools.lru_cache(512)
def parse_file(text: str) -> ast.Module:
    return ast.parse(text)


def alone(lines: Sequence[str], first: int) -> Any:
    """The syntax tree of the ``def`` that starts at a line, parsed without the rest of its file.

    It ends before the next line that is indented no further. If that line is not the next statement's first but
    inside a string, in brackets, or continues the one above, then what is cut off there does not parse, and the
    answer is None.
    """
    start = lines[first - 1] if first <= len(lines) else ""
    indent = indentation(start)
    end, found = first - 1, False
    for line in lines[first - 1:]:
        text = line.lstrip()
        if found and text and text[0] not in "#)]}" and indentation(line) <= indent:
            break
        found |= text.startswith(("def ", "async def "))
        end += 1
    above = "\n" * (first - 2) + "if True:\n" if indent else "\n" * (first - 1)      # the lines keep their numbers
    try:
        node = ast.parse(above + "".join(lines[first - 1:end])).body[0]
    except (SyntaxError, IndexError):
        return None
    return node.body[0] if isinstance(node, ast.If) else node


def indentation(line: str) -> int:
    spaces = line[:len(line) - len(line.lstrip())]
    return len(spaces.expandtabs())


def covering(node: ast.AST, line: int) -> Iterator[ast.AST]:
    """The nodes below `node` that the line belongs to."""
    for child in ast.iter_child_nodes(node):
        first = getattr(child, "lineno", None)
        if first is not None:
            first = min([first, *(d.lineno for d in getattr(child, "decorator_list", ()))])
            if not first <= line <= (child.end_lineno or first):              # type: ignore[attr-defined]
                continue
            yield child
        yield from covering(child, line)


def definition(function: Any) -> tuple[ast.FunctionDef | ast.Lambda, Source]:
    """The syntax tree that defines a Python function, and where it stands.

    A ``def`` is found by its first line. Lambdas are found in the whole file by line and by
    comparing compiled code, so that several of them on one line are told apart.
    """
    code = function.__code__
    note_function(function)
    return _definition(code, code.co_filename)


@functools.lru_cache(2048)
def _definition(code: types.CodeType, file: str) -> tuple[ast.FunctionDef | ast.Lambda, Source]:
    text = SOURCES.get((code, file))
    given = text is not None
    if text is None:
        linecache.checkcache(file)
        lines = linecache.getlines(file)
        if not lines:
            raise SourceError(
                f"The source of {code.co_name}() is not to be had (file {file!r}, line {code.co_firstlineno})",
                hint="define the function in a file, put its text into linecache, or pass source=...")
        found = alone(lines, code.co_firstlineno) if code.co_name != "<lambda>" else None
        if found is not None and _may_be(found, code, anywhere=False):
            return found, Source(file, unended(lines), 1, code.co_name)
        text = "".join(lines)
        try:
            tree = parse_file(text)
        except SyntaxError as e:
            raise SourceError(f"The source file {file!r} of {code.co_name}() has changed or is not Python: {e}",
                              hint="save the file and import it again") from e
    else:
        text = textwrap.dedent(text)
        lines = text.split("\n")
        tree = parse_file(text)
    nodes = ast.walk(tree) if given else covering(tree, code.co_firstlineno)
    candidates: list[Any] = [n for n in nodes if _may_be(n, code, anywhere=given)]
    if len(candidates) > 1:
        same = [n for n in candidates if _compiles_to(n, code, file)]
        candidates = innermost(same or candidates)
        if len({ast.dump(c) for c in candidates}) == 1:
            candidates = candidates[:1]
    if len(candidates) != 1:
        raise SourceError(
            f"The definition of {code.co_name}() was not found in {file!r} at line {code.co_firstlineno}",
            hint="has the file changed since it was imported? If the text is elsewhere, pass source=...")
    return candidates[0], Source(file, unended(lines), 1, code.co_name)


def unended(lines: Sequence[str]) -> list[str]:
    return [line.rstrip("\r\n") for line in lines]


def _may_be(node: ast.AST, code: types.CodeType, anywhere: bool) -> bool:
    if isinstance(node, ast.Lambda):
        return code.co_name == "<lambda>" and (anywhere or node.lineno == code.co_firstlineno
                                               or node.body.lineno == code.co_firstlineno)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        return node.name == code.co_name and (anywhere or code.co_firstlineno in (first, node.lineno))
    return False


def innermost(nodes: list[Any]) -> list[Any]:
    """Of nodes that stand in one another the innermost, else all of them."""
    inner = min(nodes, key=lambda n: n.end_col_offset - n.col_offset if n.lineno == n.end_lineno else 10_000)
    within = all(any(inner is x for x in ast.walk(n)) for n in nodes)
    return [inner] if within else nodes


def _compiles_to(node: ast.AST, code: types.CodeType, file: str) -> bool:
    """Whether a definition compiles to this very code (names, constants, instructions)."""
    if not isinstance(node, ast.Lambda):
        return True
    module = compile(ast.fix_missing_locations(ast.Expression(node)), file, "eval")
    inner = next(c for c in module.co_consts if isinstance(c, types.CodeType))
    free = set(code.co_freevars)

    def shape(c: types.CodeType) -> Any:
        consts = tuple(x for x in c.co_consts if not isinstance(x, types.CodeType))
        return (c.co_varnames, set(c.co_names) | set(c.co_freevars) | free, consts, c.co_argcount)

    same_place = node.col_offset
    positions = [p[2] for p in code.co_positions()              # the first instructions stand at 0 to 0
                 if p[2] is not None and p[0] == node.lineno and (p[2], p[3]) != (0, 0)]
    inside = all(same_place <= p <= (node.end_col_offset or p) for p in positions) if positions else True
    return shape(inner) == shape(code) and inside


def span(source: Source, node: ast.AST) -> Span | None:
    """The place of a node in its file."""
    line = getattr(node, "lineno", None)
    if line is None:
        return None
    text = source.lines[line - 1] if 0 < line <= len(source.lines) else ""
    end = getattr(node, "end_col_offset", None)
    if getattr(node, "end_lineno", line) != line or end is None:
        end = len(text)
    return Span(source.file, line + source.first_line - 1, node.col_offset, end, text)    # type: ignore[attr-defined]


def assigned_names(nodes: Sequence[ast.AST]) -> set[str]:
    """The names that statements bind in their own scope (not those of nested functions)."""
    names: set[str] = set()
    stack: list[ast.AST] = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        if isinstance(node, (ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp)):
            names.update(n.target.id for n in ast.walk(node)
                         if isinstance(n, ast.NamedExpr) and not isinstance(node, ast.Lambda))
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            names.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((a.asname or a.name).split(".")[0] for a in node.names)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            names.add(node.name)
        stack.extend(ast.iter_child_nodes(node))
    return names


def parameters(node: ast.FunctionDef | ast.Lambda) -> list[str]:
    a = node.args
    every = [*a.posonlyargs, *a.args, *([a.vararg] if a.vararg else []), *a.kwonlyargs,
             *([a.kwarg] if a.kwarg else [])]
    return [p.arg for p in every]


def closure_lookup(function: Any) -> dict[str, Any]:
    """The values that a function's free variables have now; unbound cells are left out."""
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            pass
    return found
