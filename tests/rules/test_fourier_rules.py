"""Fourier transforms, against central differences."""
import subprocess
import sys

import numpy as np
import pytest

from tests.rules.direct import check_pullback

rng = np.random.default_rng(0)
COMPLEX = [np.fft.fft, np.fft.ifft]
SEVERAL = [np.fft.fft2, np.fft.ifft2, np.fft.fftn, np.fft.ifftn]


def a(*shape, dtype=np.float64):
    return rng.normal(size=shape).astype(dtype)


def c(*shape):
    return a(*shape) + 1j * a(*shape)


@pytest.mark.parametrize("norm", [None, "ortho", "forward", "backward"])
@pytest.mark.parametrize("shape, kwargs", [
    ((4,), {}), ((5,), {}), ((1,), {}), ((3, 4), {}), ((3, 4), {"axis": 0}), ((5,), {"n": 3}), ((3,), {"n": 6}),
    ((2, 3, 4), {"n": 5, "axis": 1}), ((2, 5), {"n": 2, "axis": -1})], ids=str)
def test_one_axis(shape, kwargs, norm):
    for function in COMPLEX:
        check_pullback(function, c(*shape), norm=norm, **kwargs)
        check_pullback(function, a(*shape), norm=norm, **kwargs)
    check_pullback(np.fft.rfft, a(*shape), norm=norm, **kwargs)
    if shape != (1,):
        check_pullback(np.fft.irfft, c(*shape), norm=norm, **kwargs)


@pytest.mark.parametrize("shape, kwargs", [
    ((3, 4), {}), ((2, 3, 4), {"axes": (0, 2)}), ((3, 4), {"s": (2, 5)}), ((2, 3, 4), {"s": (4, 2), "axes": (0, 1)}),
    ((3, 4), {"norm": "ortho"})], ids=str)
@pytest.mark.parametrize("function", SEVERAL)
def test_several_axes(function, shape, kwargs):
    if "s" in kwargs and "axes" not in kwargs:
        kwargs = kwargs | {"axes": (0, 1)}               # NumPy will want both
    check_pullback(function, c(*shape), **kwargs)
    check_pullback(function, a(*shape), **kwargs)


@pytest.mark.parametrize("function", [np.fft.fftshift, np.fft.ifftshift])
@pytest.mark.parametrize("shape, kwargs", [((5,), {}), ((3, 4), {}), ((3, 4), {"axes": 1}), ((2, 3), {"axes": (0, 1)})],
                         ids=str)
def test_shifts(function, shape, kwargs):
    check_pullback(function, a(*shape), **kwargs)
    check_pullback(function, c(*shape), **kwargs)


@pytest.mark.parametrize("function", [np.fft.fftfreq, np.fft.rfftfreq])
def test_frequencies(function):
    check_pullback(function, 5, 0.3)


@pytest.mark.parametrize("function", [*COMPLEX, np.fft.rfft, np.fft.irfft])
def test_single_precision(function):
    check_pullback(function, a(4, dtype=np.float32) + (0 if function is np.fft.rfft else 1j * a(4, dtype=np.float32)),
                   h=1e-4)


@pytest.mark.parametrize("library, call", [("numpy.fft", "np.fft.rfft(v).real @ np.ones(3)"),
                                           ("scipy.special", "scipy.special.expit(v) @ np.ones(4)")])
def test_rules_of_a_library_are_there_once_it_is_imported(library, call, tmp_path):
    pytest.importorskip(library)
    (tmp_path / "program.py").write_text(
        f"import numpy as np, {library}\nfrom symgrad import grad\n\n\ndef f(v):\n    return {call}\n\n\n"
        "assert np.any(grad(f)(np.arange(4.0)))\n")
    subprocess.run([sys.executable, "-W", "ignore", tmp_path / "program.py"], check=True)
