"""The example of the two moons: three ways, one loss."""
import importlib.util
import pathlib
import sys

import numpy as np
import pytest

PATH = pathlib.Path(__file__).parent.parent.parent / "examples" / "moons.py"


@pytest.fixture
def moons(monkeypatch):
    spec = importlib.util.spec_from_file_location("moons", PATH)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "moons", module)
    spec.loader.exec_module(module)
    return module


def test_the_three_ways_have_the_same_losses(moons):
    x, y, losses, seconds, layers = moons.run(n=24, steps=4)
    for way in ("python", "numpy"):
        np.testing.assert_allclose(losses[way], losses["tape"], rtol=1e-12)
    assert losses["tape"][-1] < losses["tape"][0] and x.shape == (24, 2) and set(y) == {-1.0, 1.0}
    assert [w.shape for w, _ in layers] == [(16, 2), (16, 16), (1, 16)] and set(seconds) == set(losses)


def test_the_points_are_two_half_circles(moons):
    x, y = moons.make_moons(100, 0.0, np.random.default_rng(0))
    assert np.sum(y == 1.0) == 50
    np.testing.assert_allclose(np.hypot(*x[y < 0.0].T), 1.0)
    np.testing.assert_allclose(np.hypot(*(x[y > 0.0] - [1.0, 0.5]).T), 1.0)


def test_picture(moons, tmp_path):
    pytest.importorskip("matplotlib")
    x, y = moons.make_moons(10, 0.1, np.random.default_rng(0))
    layers = [(np.ones((16, 2)), np.zeros(16)), (np.ones((16, 16)), np.zeros(16)), (np.ones((1, 16)), np.zeros(1))]
    moons.picture(tmp_path / "moons.png", x, y, layers)
    assert (tmp_path / "moons.png").stat().st_size > 1000
