"""Functions that run on the tape as they are: arrays, memory that is shared, and the record of a run.

That the tape agrees with the generated gradients is asserted by `tests.helpers.check`, for every program that it is
given, and for every rule by `tests.rules.direct`. Here is what only the tape has.
"""
import dataclasses
import math
import threading
import warnings
from collections import namedtuple

import numpy as np
import pytest

from symgrad import tape
from symgrad.errors import ArgumentError, MissingRuleError, NotScalarError, UnsupportedError
from symgrad.tape import Value
from symgrad.tape.engine import RECORDER
from tests.helpers import assert_same_bits, difference

rng = np.random.default_rng(0)
V, M = rng.normal(size=5), rng.normal(size=(3, 4))
TABLE = np.array([1.0, 2.0, 3.0])
Pair = namedtuple("Pair", "a b")


def agrees(f, *args):
    """The tape's gradient is that of differences, with respect to an array."""
    found = tape.grad(f)(*args)
    for i in np.ndindex(args[0].shape):
        def moved(t, i=i):
            x = args[0].copy()
            x[i] += t
            return float(f(x, *args[1:]))
        assert found[i] == pytest.approx(difference(moved, 1e-2)[0], rel=1e-7, abs=1e-9)


def through_views(x):
    base = x.copy()
    row = base[1]
    row *= row[0]
    base[:, 1] = base[:, 0] * base[:, 2]
    flipped = base[::-1].T
    flipped[0] += np.sin(row[:3])
    return np.sum(base**2)


def read_before_and_after(x):
    a = np.zeros(4)
    a[:3] = x[0, :3]
    before = a * a
    a[1:] = before[:3]
    a[[0, 0, 3]] = x[1, :3]
    a[a > 0.0] *= 2.0
    return np.sum(a * before[::-1])


def by_functions(x):
    a = x.copy()
    np.fill_diagonal(a, x[0, 0] * x[:, 1])
    np.put(a, [1, 5], x[2, :2])
    np.putmask(a, a > 0.5, a * x[1, 1])
    np.copyto(a[0], x[1], where=x[1] < 0.0)
    np.put_along_axis(a, np.array([[0], [1], [2]]), x[:, 3:] ** 2, 1)
    np.place(a, np.arange(12).reshape(3, 4) == 5, x[2, 2])
    a.sort(axis=0)
    return np.sum(a * np.cos(x))


def with_out(x):
    out = np.empty((3, 4))
    np.multiply(x, 2.0, out=out)
    np.exp(x, out=out, where=x < 0.0)
    np.add.at(out, (slice(None), [0, 0, 1]), x[:, :3])
    np.subtract.at(out[0], [1, 1], x[0, 0])
    total = np.zeros(())
    total += np.add.reduce(out, axis=None)
    return total * np.maximum.accumulate(x[0])[-1]


def broadcast_views(x):
    wide = np.broadcast_to(x[:1], (3, 4))
    windows = np.lib.stride_tricks.sliding_window_view(x[1], 2)
    x2 = np.expand_dims(x, 0).swapaxes(0, 2)
    return np.sum(wide * x) + np.sum(windows**2 * x[2, :2]) + np.sum(x2 * np.arange(4.0)[:, None, None])


@pytest.mark.parametrize("f", [through_views, read_before_and_after, by_functions, with_out, broadcast_views])
def test_memory(f):
    agrees(f, M)


def test_parts_of_complex_numbers():
    def f(x):
        z = np.zeros(5, complex)
        z.real = x
        z.imag[1:] = x[:-1] ** 2
        z *= z
        z.imag *= 2.0
        return np.sum(z.imag * z.real)

    agrees(f, V)


def test_arrays_outside_of_a_run():
    a = tape.array([1.0, 2.0, 3.0])
    b = a[1:]
    b = b * np.array([2.0, 3.0])
    np.dot(b, b).backward()
    np.testing.assert_array_equal(a.grad, [0.0, 16.0, 54.0])
    assert a.shape == (3,) and len(a) == 3 and a.dtype == float and repr(a) == "array([1., 2., 3.])"
    assert tape.array([1, 2]).dtype == float and a.sum().data == 6.0
    with pytest.raises(TypeError, match="lost"):
        np.asarray(a)
    with pytest.raises(TypeError, match="lost"):
        np.ones(3).__iadd__(a)


@dataclasses.dataclass
class Model:
    w: np.ndarray
    name: str
    inner: dict

    def __post_init__(self):
        self.size = math.sqrt(4.0)

    @property
    def norm(self):
        return math.sqrt(np.sum(self.w**2))

    def __call__(self, x):
        return self.norm * x + self.inner["b"][0] ** 2 + self.inner["p"].a


def test_structures():
    model = Model(np.array([3.0, 4.0]), "m", {"b": [2.0, 1.0], "p": Pair(1.0, 5)})

    def f(model, x):
        model.inner["b"][0] = model.inner["b"][0] * x       # the caller's object stays as it is
        model.w[0] = model.w[0] * 1.0
        return model(x)

    before = dataclasses.replace(model, w=model.w.copy())
    value, (dm, dx) = tape.value_and_grad(f, argnums=("model", 1))(model, 2.0)
    assert value == 10.0 + 16.0 + 1.0 and dx == 5.0 + 16.0
    assert type(dm) is Model and dm.inner["b"] == [16.0, 0.0] and dm.inner["p"] == Pair(1.0, 5)
    np.testing.assert_allclose(dm.w, [1.2, 1.6])
    assert_same_bits(model.w, before.w, "w")
    assert model.inner == before.inner


def test_vjp():
    value, pullback = tape.vjp(lambda x, n, m: {"y": x * n, "z": [m.T @ x, 3]}, V[:3], 2, M)
    np.testing.assert_array_equal(value["y"], 2.0 * V[:3])
    dx, dn, dm = pullback({"y": np.ones(3), "z": [np.ones(4), 0]})
    np.testing.assert_allclose(dx, 2.0 + M.sum(axis=1))
    np.testing.assert_allclose(dm, np.outer(V[:3], np.ones(4)))
    assert dn is None
    again = pullback({"y": np.zeros(3), "z": [np.ones(4), 0]})
    np.testing.assert_allclose(again[0], M.sum(axis=1))
    assert tape.vjp(lambda x, y: x * y, 2.0, 3.0, argnums=1)[1](1.0) == 2.0


def test_kinds_of_numbers():
    g = tape.grad(lambda v: np.sum(v * np.float32(2.0)))(V.astype(np.float32))
    assert g.dtype == np.float32
    assert type(tape.grad(lambda x: x * np.sin(x))(0.5)) is float
    assert type(tape.grad(lambda x: x * x)(np.float64(0.5))) is np.float64
    assert tape.grad(lambda z: abs(z) ** 2)(3.0 + 4.0j) == pytest.approx(6.0 - 8.0j)


def test_what_others_hold_is_not_changed():
    store = {"t": np.array([1.0, 2.0])}

    def f(x):
        store.get("t")[0] = x
        return np.sum(store["t"] ** 2) + store.get("t")[0]

    assert tape.grad(f)(3.0) == 7.0 and store["t"].tolist() == [1.0, 2.0]


def test_globals_are_read_and_not_changed():
    def f(x):
        t = TABLE
        t[1:] *= x
        TABLE[0] = x
        return np.sum(t**2)

    before = TABLE.copy()
    assert tape.grad(f)(2.0) == 4.0 + 4.0 * (4.0 + 9.0)
    assert_same_bits(TABLE, before, "a global")


def helper(x):
    return math.exp(x)


def with_everything(x):
    double = lambda t: math.sin(t) * 2.0
    squares = [math.pow(t, 2) for t in (x, 2.0)]
    found = {k: g(x) for k, g in {"a": math.cos, "b": helper, "c": double}.items()}
    return sum(map(math.tanh, squares)) + sum(found.values()) + float(np.float64(x)) + max(x, 0.1) + math.fsum([x, x])


def test_calls_are_seen_everywhere():
    code = helper.__code__, with_everything.__code__
    found = tape.grad(with_everything)(0.3)
    assert found == pytest.approx(difference(lambda t: with_everything(0.3 + t), 1e-2)[0], rel=1e-9)
    assert (helper.__code__, with_everything.__code__) == code and RECORDER.run is None
    with pytest.raises(ZeroDivisionError):
        tape.grad(lambda x: helper(x) / 0)(1.0)
    assert helper.__code__ is code[0]                       # put back after an error, too


def test_record_names_the_lines_of_the_primal():
    first = with_lines.__code__.co_firstlineno
    record = tape.record(with_lines, 2.0)
    assert record.value == pytest.approx(math.sin(4.0) * 4.0)
    (dx,) = record.pull_back(1.0)
    made = {node.op: node for node in record.nodes}         # of the two products the second
    lines = {op: node.line[1] - first for op, node in made.items() if op}
    assert lines == {"*": 3, "sin": 2, "array": 2, "[]": 3}
    assert all(node.line[0] == __file__ for node in record.nodes if node.op)
    assert made[""].grad == dx and made["sin"].grad == pytest.approx(4.0) and made["sin"].data == math.sin(4.0)
    assert [p.op for p in made["sin"].parents] == ["*"]
    assert record.pull_back(2.0)[0] == pytest.approx(2.0 * dx)


def with_lines(x):
    y = x * x
    a = np.array([0.0, math.sin(y)])
    return a[1] * y


def test_errors():
    with pytest.raises(ArgumentError, match="'n' has no floats"):
        tape.grad(lambda x, n: x * n, argnums="n")(1.0, 2)
    with pytest.raises(NotScalarError):
        tape.grad(lambda x: x * V)(1.0)
    with pytest.raises(MissingRuleError, match="i0") as error:
        tape.grad(lambda v: np.sum(np.i0(v)))(V)
    assert error.value.span.file == __file__ and "^^^^^^^^" in str(error.value)
    with pytest.raises(UnsupportedError, match="norm"):
        tape.grad(lambda v: np.linalg.norm(V, v[0]))(V)


def test_threads_wait_for_each_other():
    found = []
    threads = [threading.Thread(target=lambda k=k: found.append((k, tape.grad(with_everything)(0.1 * k)))) for k in range(4)]
    with warnings.catch_warnings():
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    for k, g in found:
        assert g == tape.grad(with_everything)(0.1 * k)
    assert len(found) == 4 and RECORDER.run is None


def of_class(x):
    match x:
        case float():
            return x * x if isinstance(x, float) and type(x) is float else 0.0
        case np.ndarray():
            return np.sum(x * x) if isinstance(x, np.ndarray) and type(x) is np.ndarray else 0.0
    return x


def test_values_pass_for_what_they_stand_for():
    assert tape.grad(of_class)(1.5) == 3.0
    np.testing.assert_array_equal(tape.grad(of_class)(V), 2.0 * V)
    assert isinstance(Value(1.0), Value) and not isinstance(Value(1.0), float)      # outside of a run


def test_exact_zeros_stay_zeros():
    def f(v):
        with np.errstate(all="ignore"):
            return np.sum(np.where(v > 0.0, np.log(v) * np.sqrt(v), v * v))

    found = tape.grad(f)(np.array([1.0, -2.0, 0.0]))
    np.testing.assert_array_equal(found, [1.0, -4.0, 0.0])


def test_more_than_the_compiler_reads():
    def f(v):
        def halves():
            for e in v:
                yield 0.5 * math.sin(e)

        table = dict(zip("abc", v))
        rows = [list(column) for column in zip(*np.outer(v, v))]
        return sum(halves()) + table["a"] * rows[1][2]

    agrees(f, V[:3].copy())


def test_iterators_of_arrays():
    def f(m):
        a = m.copy()
        a.flat[3] = a.flat[0] * 2.0
        return sum(e * i * (j + 1) for (i, j), e in np.ndenumerate(a)) + sum(e * e for e in a.flat)

    agrees(f, M)
    with pytest.raises(ValueError, match="read-only"):
        tape.grad(lambda m: m.T.flat.__setitem__(0, 1.0))(M)


def test_gradients_inside():
    import symgrad

    def cube(x):
        return x**3 * math.sin(x)

    def f(x):
        return symgrad.grad(cube)(x) * x

    assert tape.grad(f)(1.5) == pytest.approx(symgrad.grad(f)(1.5), rel=1e-12)
