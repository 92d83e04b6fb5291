"""The generated gradients of the golden primals: the very text, and what is said of its structure.

`python -m tests.update_golden` writes the texts anew; the assertions on structure stay.
"""
import ast
import copy
import os
import pathlib
import subprocess
import sys

import pytest

from tests.golden.primals import CASES
from tests.helpers import check
from tests.update_golden import FILES, FOLDERS, generated


class Code:
    """What can be counted in a generated function."""

    def __init__(self, name):
        self.text = generated(name)
        self.nodes = list(ast.walk(ast.parse(self.text)))
        self.definitions = [n for n in self.nodes if isinstance(n, ast.FunctionDef)]
        self.loops = [n for n in self.nodes if isinstance(n, (ast.For, ast.While))]
        self.branches = [n for n in self.nodes if isinstance(n, ast.If)]
        self.tapes = {n.id for n in self.nodes if isinstance(n, ast.Name) and "_tape" in n.id}

    def calls(self, name):
        return [n for n in self.nodes if isinstance(n, ast.Call) and ast.unparse(n.func) == name]

    def methods(self, name):
        return [n for n in self.nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
                and n.func.attr == name]

    def stores_to(self, name):
        """The assignments to elements or slices of an array."""
        targets = [t for n in self.nodes if isinstance(n, (ast.Assign, ast.AugAssign))
                   for t in (n.targets if isinstance(n, ast.Assign) else [n.target])]
        return [t for t in targets if isinstance(t, ast.Subscript) and ast.unparse(t.value) == name]


@pytest.mark.parametrize("folder, name", FILES, ids=[f"{folder.name}-{name}" for folder, name in FILES])
def test_text(name, folder):
    expected = (folder / f"{name}.py").read_text(encoding="utf-8")
    assert FOLDERS[folder](name) == expected, "if the change is meant: python -m tests.update_golden"


@pytest.mark.parametrize("name", CASES)
def test_gradient(name):
    function, args, argnums = CASES[name]
    check(function, *copy.deepcopy(args), argnums=argnums)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_same_bytes_under_each_hash_seed(seed):
    code = ("from tests.golden.primals import CASES\nfrom tests.update_golden import generated\n"
            "print(''.join(map(generated, CASES)), end='')")
    root = pathlib.Path(__file__).parent.parent
    run = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, cwd=root,
                         capture_output=True, text=True, check=True)
    assert run.stdout == "".join(map(generated, CASES))


@pytest.mark.parametrize("name", CASES)
def test_one_function_without_helpers(name):
    code = Code(name)
    assert len(code.definitions) == 1
    assert not [n for n in code.nodes if isinstance(n, (ast.Import, ast.ImportFrom))
                and any(a.name.startswith("symgrad") for a in n.names)]


@pytest.mark.parametrize("name", ["scalar_branch", "vectorised_mlp", "inplace_stencil", "inplace_cholesky"])
def test_no_tape(name):
    code = Code(name)
    assert not code.tapes and not code.methods("append")


def test_branch_is_decided_once_and_the_helper_is_inlined():
    code = Code("scalar_branch")
    assert len(code.branches) == 1 and not code.loops
    assert len(code.calls("math.sqrt")) == 1 and not code.calls("smooth_abs")


def test_one_preallocated_tape_where_the_trip_count_is_known():
    code = Code("loop_carried")
    assert len(code.tapes) == 1 and len(code.loops) == 2
    assert "x_tape = [0.0] * steps" in code.text and not code.methods("append")
    body = ast.unparse(code.loops[1])
    assert "dt * rate * x * (1.0 - x)" not in body      # the forward statement is not run again


def test_one_tape_that_grows_where_the_trip_count_is_not_known():
    code = Code("while_break")
    assert len(code.tapes) == 1 and len(code.methods("append")) == len(code.methods("pop")) == 1
    forward, reverse = code.loops
    assert isinstance(forward, ast.While) and ast.unparse(reverse.iter) == "range(n)"     # the program's own counter
    assert len(code.calls("abs")) == 1                                                    # no condition is replayed


def test_vectorised_code_stays_vectorised():
    code = Code("vectorised_mlp")
    assert not code.loops and not code.branches
    assert len(code.calls("np.tanh")) == len(code.calls("np.exp")) == 1
    products = [n for n in code.nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.MatMult)]
    assert len(products) == 5                           # two forward, three in reverse: x gets none


def test_buffers_and_their_shadows_are_swapped():
    code = Code("inplace_stencil")
    assert len(code.loops) == 2 and len(code.calls("np.zeros_like")) == 2
    assert "u, v = v, u" in code.text
    swaps = [n for n in ast.walk(code.loops[1]) if isinstance(n, ast.Assign) and isinstance(n.value, ast.Tuple)]
    assert len(swaps) == 1
    assert not code.stores_to("u0")


def test_the_callers_matrix_is_copied_and_its_shadow_written_element_by_element():
    code = Code("inplace_cholesky")
    assert "a = np.copy(a)" in code.text and len(code.calls("np.copy")) == 1
    assert len(code.calls("np.zeros_like")) == 1
    assert "da[i, :j] +=" in code.text and "da[j, :j] +=" in code.text
    assert len(code.loops) == 5                         # the loop over the logarithms is not run forwards
    assert len(code.calls("math.sqrt")) == 1 and not code.calls("math.log")


def test_each_iteration_is_reversed_right_after_it_is_run():
    code = Code("independent_iterations")
    over_data = [n for n in code.loops if isinstance(n, ast.For) and "data" in ast.unparse(n.iter)]
    assert len(over_data) == 1
    assert len(code.calls("np.zeros_like")) == 2        # an element read adds to one element
    assert len(code.calls("math.exp")) == 2             # computed again rather than recorded
