"""The programs that are benchmarked: symgrad's gradient of each, at a tiny size, against the hand-written one."""
import numpy as np
import pytest

from benchmarks import report, targets
from benchmarks.contenders import Missing, flat, lines_changed, symgrad_python, version
from benchmarks.measure import compare
from benchmarks.workloads import ALL, BY_NAME


@pytest.mark.parametrize("work", ALL, ids=lambda work: work.name)
def test_gradient(work):
    args = work.at(work.tiny)
    gradient, _ = symgrad_python(work, args)
    got = flat(gradient(*args))
    written = [f for f in (work.by_hand, work.by_hand_numpy) if f is not None]
    for by_hand in written:
        np.testing.assert_allclose(got, flat(by_hand(*args)), rtol=1e-10, atol=1e-12 * np.abs(got).max())
    if not written:
        rng = np.random.default_rng(5)
        along = [rng.normal(size=np.shape(args[k])) for k in work.argnums]
        assert np.dot(got, flat(along)) == pytest.approx(difference(work, args, along), rel=1e-7)


def difference(work, args, along):
    """The primal's derivative along a direction: Richardson's extrapolation of central differences."""
    def central(h):
        values = []
        for sign in (1.0, -1.0):
            moved = list(args)
            for k, d in zip(work.argnums, along):
                moved[k] = args[k] + sign * h * d
            values.append(work.primal(*moved))
        return (values[0] - values[1]) / (2.0 * h)
    return (4.0 * central(1e-4) - central(2e-4)) / 3.0


@pytest.mark.parametrize("work", ALL, ids=lambda work: work.name)
def test_autograd_agrees(work):
    numpy = pytest.importorskip("autograd.numpy")
    try:
        function = version(work, "autograd", numpy)
    except Missing as reason:
        pytest.skip(str(reason))
    args = work.at(work.tiny)
    assert float(function(*args)) == pytest.approx(float(work.primal(*args)), rel=1e-12)


def test_wrong_gradients_are_found():
    right = np.array([1.0, 2.0])
    found = compare({"a": right, "b": right, "c": np.array([1.0, 2.1])})
    assert found["a"] == found["b"] == 0.0
    assert found["c"] == pytest.approx(0.05)
    assert compare({"a": right, "b": right[:1]}) == {"a": np.inf, "b": np.inf}


def test_lines_that_changed_are_counted():
    assert lines_changed(BY_NAME["log_sum_exp"], "jax") == 0
    assert lines_changed(BY_NAME["log_sum_exp"], "casadi") is None
    assert lines_changed(BY_NAME["heat_3d"], "torch") == 4


def test_targets_name_what_misses_them():
    def found(median):
        return {"median": median, "wrong": False}
    record = {"title": "log-sum-exp", "sizes": {"native": {"size": {}, "contenders": {
        "symgrad numba": found(0.02), "jax": found(0.01), "torch": found(0.03)}}}}
    rows = {title: rest for title, *rest in targets.verdicts({"log_sum_exp": record})}
    assert rows["native gradient < JAX jit"] == ["0 of 1", "log_sum_exp 2", str(report.Verdict.NOT_MET)]
    assert rows["native gradient < PyTorch"] == ["1 of 1", "-", str(report.Verdict.MET)]
    assert rows["native gradient < CasADi"][-1] == str(report.Verdict.MISSING)
