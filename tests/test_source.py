"""Finding the definition of a function: the text of one `def` without the rest of its file."""
import ast

import pytest

from symgrad.frontend.source import alone

LAYOUTS = '''
import functools
def one_line(x): return x
def signature(
    x,
    y,
):
    return x
def brackets(x):
    return [
x,
    ]
@functools.wraps(one_line)
@functools.lru_cache(
    maxsize=None,
)
def decorated(x):
    if x:
# a comment further out
        return 1

    return 2
class Holder:
    def method(self):
        """Text."""
        def inner():
            return self
        return inner

    @property
    async def last(self): return 0
x = 1
def in_a_string():
    return """
text at the margin
def text(): pass
"""
def continued(): return 1 + \\
2
if x:
\tdef tabs():
\t\treturn 1
y = 2
'''


def definitions():
    nodes = [n for n in ast.walk(ast.parse(LAYOUTS)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [pytest.param(n, id=n.name) for n in nodes]


@pytest.mark.parametrize("node", definitions())
def test_a_def_alone_is_what_it_is_in_its_file(node):
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    found = alone(LAYOUTS.splitlines(True), first)
    if node.name in ("brackets", "in_a_string", "continued"):
        assert found is None                # a line at the margin belongs to it, and only the whole file says so
    else:
        assert ast.dump(found, include_attributes=True) == ast.dump(node, include_attributes=True)


def test_no_line_there():
    assert alone(["x = 1\n"], 3) is None
