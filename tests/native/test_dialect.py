"""What becomes of NumPy's calls in a kernel: the forms that Numba has, and calls of the backend's own functions."""
import ast

import pytest

from symgrad.codegen.dialect import adapted

OWN = [
    ("np.cumsum(a)", "_sg_cumsum(a, None)"), ("np.roll(a, 1, 0)", "_sg_roll(a, 1, 0)"),
    ("np.diagonal(a, 1, 0, 1)", "_sg_diagonal(a, 1, 0, 1)"), ("np.linalg.norm(a, axis=0)", "_sg_norm(a, None, 0, False)"),
    ("a.transpose(2, 0, 1)", "_sg_transpose(a, (2, 0, 1))"), ("np.transpose(a, (1, 0))", "_sg_transpose(a, (1, 0))"),
    ("a.std(0, ddof=1)", "_sg_std(a, 0, 1, False)"), ("np.tensordot(a, b, ([0], [1]))", "_sg_tensordot(a, b, (0,), (1,))"),
    ("np.sum(a, axis=0, dtype=f)", "_sg_sum(a.astype(f), 0, False)"), ("a.amax(1, keepdims=True)", "_sg_max(a, 1, True)"),
    ("np.prod(a, 1, dtype=f)", "_sg_prod(a.astype(f), 1, False)"),
    ("np.add.outer(a, b)", "np.add(_sg_outer_operand(a, b), b)"), ("np.add.at(a, i, v)", "_sg_add_at(a, i, v)"),
    ("np.subtract.at(a, i, v)", "_sg_subtract_at(a, i, v)"), ("a.reshape(2, 3)", "_sg_reshape(a, (2, 3))"),
    ("_last_write(a, (i, slice(None)))", "_sg_last_write(a, (i, slice(None)))"),
    ("np.concatenate([a, b])", "np.concatenate((a, b))"), ("np.einsum('i,i', a, b)", "_sg_einsum('i,i', (a, b))"),
]
# other arguments than the backend's functions have, or functions that it has not
LEFT = ["np.multiply.at(a, i, v)", "np.sum(a)", "np.mean(a, axis=0, dtype=f)", "np.sum(a, axis=k)", "np.sum(a, axis=0, initial=s)",
        "np.cumsum(a, axis=0, out=b)", "np.tensordot(a, b, 2)", "a.sort(0)", "np.outer(a, b)"]


def written(text):
    """A statement as a kernel has it."""
    return "; ".join(map(ast.unparse, adapted(ast.parse(text).body)))


@pytest.mark.parametrize("call, own", [*OWN, *((c, c) for c in LEFT)], ids=lambda x: x.replace("_sg_", ""))
def test_call(call, own):
    assert written(call) == own


@pytest.mark.parametrize("name", [
    "cumsum", "cumprod", "argsort", "argmax", "argmin", "repeat", "transpose", "swapaxes", "squeeze", "diagonal", "clip", "var", "std"])
def test_methods_as_functions(name):
    arguments = {"swapaxes": "0, 1", "repeat": "2"}.get(name, "")
    assert written(f"a.{name}({arguments})").startswith(f"_sg_{name}(a")


def test_indices_that_are_never_negative():
    (s,) = ast.parse("b = a[i, j + k, 2]").body
    s.value.slice.elts[1].natural = True
    assert "; ".join(map(ast.unparse, adapted([s]))) == "b = a[i, _sg_uint64(j + k), 2]"
