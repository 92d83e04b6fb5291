"""Rules are lowered with the code that they differentiate: what is known of shapes decides their branches."""
import ast

import numpy as np
import pytest

import symgrad.rules  # noqa: F401
from symgrad.codegen.module import generate
from symgrad.codegen.results import template
from symgrad.frontend import calls
from symgrad.frontend.lowering import Lowering
from symgrad.frontend.signature import describe, instantiate
from symgrad.frontend.values import Frame, Source, Static, Tup
from symgrad.rules.core import find
from tests.helpers import assert_same_bits

rng = np.random.default_rng(3)
V, W, M, N = rng.normal(size=4), rng.normal(size=4), rng.normal(size=(4, 3)), rng.normal(size=(3, 5))
T, S = rng.normal(size=(2, 4, 3)), M.T @ M + np.eye(3)
CASES = [
    (np.sum, (M,), {}), (np.sum, (M,), {"axis": 1}), (np.sum, (T,), {"axis": (0, -1), "keepdims": True}),
    (np.mean, (M,), {"axis": 0}), (np.var, (M,), {"axis": 1, "ddof": 1}), (np.std, (V,), {}),
    (np.prod, (M,), {"axis": 0}), (np.max, (M,), {"axis": 1}), (np.cumsum, (M,), {"axis": 0}),
    (np.dot, (M, N), {}), (np.dot, (V, M), {}), (np.matmul, (T, N), {}), (np.outer, (V, W), {}), (np.kron, (M, N), {}),
    (np.tensordot, (T, M), {"axes": ([1, 2], [0, 1])}), (np.transpose, (T,), {"axes": (2, 0, 1)}),
    (np.reshape, (M, (2, 6)), {}), (np.moveaxis, (T, 0, -1), {}), (np.squeeze, (V[:, None],), {}),
    (np.tile, (V, 3), {}), (np.repeat, (M, 2), {"axis": 1}), (np.roll, (M, 2), {"axis": 0}), (np.flip, (M,), {}),
    (np.diag, (V,), {"k": 1}), (np.trace, (S,), {}), (np.tril, (M,), {}), (np.sort, (M,), {"axis": 0}),
    (np.diff, (M,), {"axis": 0, "n": 2}), (np.convolve, (V, N[0]), {}), (np.pad, (V, (1, 2)), {}),
    (np.linalg.inv, (S,), {}), (np.linalg.solve, (S, N), {}), (np.linalg.cholesky, (S,), {}),
    (np.linalg.det, (S,), {}), (np.linalg.norm, (V,), {}), (np.linalg.matrix_power, (S, 3), {}),
]


def printed(rule, dy, r, arguments):
    """The rule's pullback, printed for arguments of these types."""
    lw = Lowering()
    lw.frames.append(Frame(0, Source("", [], 1, ""), lambda name: None))
    lw.unbroadcast = lambda cotangent, operand: cotangent        # nothing is broadcast in these cases
    given = {"dy": dy, "r": r, **{n: a for n, a in arguments.items() if isinstance(a, np.ndarray)}}
    values = {n: instantiate(lw, describe(a, n), n) for n, a in given.items()}
    values.update({n: known(a) for n, a in arguments.items() if n not in given})
    fn = calls.function_of(lw, rule.pullback)
    fn.frame.in_rule = True
    result, leaves = calls.call(lw, fn, [], values), []
    shown = template(result, lw.contents, lw.value, leaves)
    lw.region.yields = leaves
    text = generate("pullback", lw.region, ast.arguments([], [ast.arg(n, None) for n in given], None, [], [], None, []),
                    shown, "", {}, set())
    namespace = dict(text.imports.objects)
    exec(text.source, namespace)
    return text.source, namespace["pullback"](*given.values())


def known(a):
    return Tup(tuple(map(known, a))) if isinstance(a, (tuple, list)) else Static(a)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_pullback_in_ir(case):
    function, args, kwargs = case
    rule = find(function)
    arguments = {**rule.defaults, **dict(zip(rule.params, args)), **kwargs}
    r = function(*args, **kwargs)
    dy = np.asarray(rng.normal(size=np.shape(r)))[()]
    source, got = printed(rule, dy, r, arguments)
    expected = rule.pullback(dy, r, **arguments)
    if isinstance(expected, np.ndarray) and not isinstance(got, np.ndarray):
        expected = expected[()]
    assert_same_bits(got, expected, source)


def test_branches_of_a_rule_are_decided():
    source, _ = printed(find(np.sum), np.float64(1.0), np.float64(2.0), {**find(np.sum).defaults, "a": M})
    assert " if " not in source and "ndim" not in source, source
