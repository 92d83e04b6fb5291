"""What is compiled: vector instructions, whatever fastmath says, with and without fused multiply-add."""
import re
import subprocess
import sys

import numba
import numpy as np
import pytest

from symgrad.backends.elementary import exp, exponential, intrinsics
from symgrad.backends.elementary.arithmetic import select
from symgrad.backends.elementary.intrinsics import unary

from .accuracy import exact, looped, newly_looped, ulps, worst
from .cases import CASES

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
PACKED = re.compile(r"\bv?(mul|fn?m(add|sub)\d*)pd\s.*[xyz]mm|\bfml[as]\s+v\d+\.2d")


@each_case
def test_loops_are_vectorised(case):
    apply = looped(case.function)
    for dtype in (np.float64, np.float32):
        apply(np.ones(3, dtype))
    for assembly in apply.dispatcher.inspect_asm().values():
        assert PACKED.search(assembly)
        assert not re.search(rf"(?<![.\w]){case.name}f?\b", assembly), "calls the function of libm"
        if "symgrad." in assembly:
            assert re.search(rf"^\t[^.].*\bsymgrad\.{case.name}\w*\.v\d", assembly, re.MULTILINE), "not vectors"


@each_case
def test_fastmath_of_the_caller_changes_nothing(case):
    function = case.function

    @numba.njit(fastmath=True)
    def each(x, out):
        for i in range(len(x)):
            out[i] = function(x[i])

    x = case.points(500)
    out = np.empty_like(x)
    each(x, out)
    np.testing.assert_array_equal(out, looped(function)(x))


@each_case
def test_without_fused_multiply_add(case, monkeypatch):
    monkeypatch.setattr(intrinsics, "_machine", lambda context: (False, (2,)))
    points = case.points(500)
    error, where = worst(ulps(newly_looped(case.function)(points), *exact(case.reference, points)), points)
    assert error <= 1.5 * case.bounds[0], f"{error} ulps at {where!r}"


def test_types_of_results():
    @numba.njit
    def types(x):
        return exp(x)

    for x, dtype in [(np.float32(1), np.float32), (1.0, np.float64), (1, np.float64), (np.int8(1), np.float64),
                     (True, np.float64), (np.uint64(1), np.float64)]:
        types(x)
        assert types.nopython_signatures[-1].return_type == numba.from_dtype(np.dtype(dtype))
        assert types(x) == pytest.approx(np.e)
    for wrong in (1j, "1", (1.0,)):
        with pytest.raises(numba.TypingError):
            types(wrong)


def test_a_branch_in_straight_line_code_is_an_error():
    def branching(x):
        return x if x > 0.0 else select(x > 0.0, x, 0.0)

    with pytest.raises(TypeError, match=r"use select\(condition, a, b\)"):
        looped(unary(branching, exponential.exp_single))(np.ones(1))


def test_symgrad_is_imported_without_numba():
    done = subprocess.run([sys.executable, "-c", "import symgrad, sys; sys.exit('numba' in sys.modules)"], check=False)
    assert done.returncode == 0
