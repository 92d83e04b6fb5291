"""The generated source: what it holds, its bytes, its exports, its lines in a traceback, read again."""
import ast
import importlib.util
import inspect
import math
import os
import pathlib
import pickle
import subprocess
import sys
import textwrap
import traceback

import numpy as np
import pytest

import symgrad
from symgrad import grad
from symgrad.codegen.module import places
from tests.helpers import check, check_second

ROOT = pathlib.Path(__file__).resolve().parents[1]
V = np.array([0.4, -0.7, 1.2])


def loss(w, x, scale=2.0):
    """Squared error of a line through the origin."""
    total = 0.0
    for e in x:
        total += (w * e - scale) ** 2
    return total


def network(w, b, x):
    h = np.tanh(w @ x + b)
    return np.sum(h * h)


def stencil(u, steps):
    v = u.copy()
    for _ in range(steps):
        v[1:-1] += 0.1 * (v[2:] - 2.0 * v[1:-1] + v[:-2]) * v[1:-1]
    return np.sum(v * v)


def newton(a):
    x = a
    while abs(x * x - a) > 1e-13:
        x = 0.5 * (x + a / x)
    return x


def logistic(x, rate, steps):
    for _ in range(steps):
        x = rate * x * (1.0 - x)
    return x


def branch(x, y):
    if x > y:
        return math.sin(x) * y
    return x * x + math.exp(y)


def recursive(x, n):
    return x if n == 0 else math.sin(recursive(x, n - 1)) + x


PROGRAMS = {
    "loss": (loss, 0.7, [0.4, -0.7, 1.2]), "network": (network, np.outer(V, V), V, V),
    "stencil": (stencil, V, 3), "newton": (newton, 2.3), "logistic": (logistic, 0.3, 3.1, 5),
    "branch": (branch, 1.3, 0.7),
    "recursive": (recursive, 0.4, 3),
}


def test_source():
    g = grad(network, argnums=(0, 1))
    text = g.source_for(np.outer(V, V), V, V)
    assert g(np.outer(V, V), V, V) and g.source == text
    assert "def network_grad(" in text and '"""' in text and os.path.basename(__file__) in text
    assert "dw" in text and "db" in text and "import symgrad" not in text and "from symgrad" not in text
    compile(text, "generated", "exec")


def test_source_follows_the_argument_types():
    g = grad(lambda x: np.sum(x * x))
    g(V)
    first = g.source
    g(3.0)
    assert g.source_for(V) == first and g.source == g.source_for(3.0)


def test_source_before_any_call():
    with pytest.raises((symgrad.errors.SymgradError, AttributeError), match="source_for"):
        _ = grad(lambda x, y: x * y).source


def test_straight_line_code_has_no_tape():
    text = grad(network).source_for(np.outer(V, V), V, V)
    loops = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.For, ast.While))]
    assert "tape" not in text and "append" not in text and not loops


@pytest.mark.parametrize("name", PROGRAMS)
def test_source_passes_ruff(name, tmp_path):
    f, *args = PROGRAMS[name]
    path = tmp_path / "generated.py"
    path.write_text(grad(f).source_for(*args))
    run = subprocess.run([sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", str(path)],
                         capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_generated_source_is_read_again(name, tmp_path):
    f, *args = PROGRAMS[name]
    g = grad(f)
    g(*args)
    g.export(tmp_path / "exported.py")
    generated = getattr(load(tmp_path / "exported.py"), f"{f.__name__}_grad")
    first = generated(*args)
    np.testing.assert_array_equal(first, g(*args))
    weights = np.full(np.shape(first), 1.25)

    def slope(*args):
        return np.sum(weights * generated(*args))

    check(slope, *args, argnums=0)


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_second_derivative(name):
    check_second(*PROGRAMS[name])


def test_third_derivative_of_a_scalar():
    assert grad(grad(grad(lambda x: x**4)))(2.0) == pytest.approx(48.0, rel=1e-12)
    assert grad(grad(grad(math.sin)))(0.7) == pytest.approx(-math.cos(0.7), rel=1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_exported_module_runs_without_symgrad(name, tmp_path):
    f, *args = PROGRAMS[name]
    g = grad(f)
    expected = g(*args)
    g.export(str(tmp_path / "exported.py"))
    (tmp_path / "args.pickle").write_bytes(pickle.dumps(args))
    script = textwrap.dedent(f"""
        import pickle, sys
        sys.modules["symgrad"] = None
        sys.path.insert(0, {str(tmp_path)!r})
        import exported
        args = pickle.load(open({str(tmp_path / "args.pickle")!r}, "rb"))
        result = exported.{f.__name__}_grad(*args)
        open({str(tmp_path / "result.pickle")!r}, "wb").write(pickle.dumps(result))
    """)
    subprocess.run([sys.executable, "-I", "-c", script], check=True, cwd=tmp_path)
    np.testing.assert_array_equal(pickle.loads((tmp_path / "result.pickle").read_bytes()), expected)


def test_same_bytes_under_each_hash_seed():
    script = textwrap.dedent("""
        from tests.test_generated_source import PROGRAMS
        from symgrad import grad
        for name, (f, *args) in PROGRAMS.items():
            print(grad(f).source_for(*args))
    """)
    texts = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True,
                             check=False)
        assert run.returncode == 0, run.stderr.decode()
        texts.add(run.stdout)
    assert len(texts) == 1 and b"def network_grad(" in texts.pop()


def fails_late(x, table):
    y = math.sin(x)
    z = table[3]  # fails here
    return y * z


def test_traceback_shows_generated_and_primal_line():
    with pytest.raises(IndexError) as error:
        grad(fails_late)(0.7, [1.0, 2.0])
    frames = traceback.extract_tb(error.value.__traceback__)
    generated = [frame for frame in frames if frame.name.startswith("fails_late")]
    assert generated and "table[3]" in generated[-1].line
    lines, first = inspect.getsourcelines(fails_late)
    number = first + next(i for i, line in enumerate(lines) if "# fails here" in line)
    text = "".join(getattr(error.value, "__notes__", ()))
    assert str(number) in text and os.path.basename(__file__) in text


def test_inspect_finds_the_generated_source():
    g = grad(fails_late)
    with pytest.raises(IndexError) as error:
        g(0.7, [1.0, 2.0])
    frames = [entry.frame for entry in inspect.getinnerframes(error.value.__traceback__)]
    frame = next(frame for frame in frames if frame.f_code.co_name.startswith("fails_late"))
    assert "def fails_late" in inspect.getsource(frame.f_code)


def test_lists_keep_their_names():
    def gathered(xs, k):
        squares, rest = [], [0.0]
        for x in xs:
            if x > 0.0:
                squares.append(x * x * k)
            else:
                rest.append(x)
        return sum(squares) + sum(rest)

    text = symgrad.value_and_grad(gathered).source_for([1.0, -2.0], 3.0)
    for line in ("squares = []", "squares.append(x * x * k)", "rest.append(x)", "dsquares.pop()", "drest.pop()"):
        assert line in text


def test_no_shadow_of_a_constant_for_its_shape_alone():
    def stepped(x, y):
        steps = np.floor(x)
        steps[0] = 0.0
        return np.sum((np.sin(steps[1:]) * x[1:] + y[1:]) ** 2)

    text = grad(stepped, argnums=(0, 1)).source_for(V, V)
    assert "_unbroadcast_at_run_time(t1, dx[1:], (0,))" in text and "dsteps" not in text


def test_a_loop_left_early_is_reversed_from_the_last_iteration():
    def product(x, v, first):
        for i in range(first, len(v)):
            if x > 100.0:
                break
            x = x * v[i]
        return x

    def from_zero(x, v):
        return product(x, v, 0)

    assert "range(trips - 1, -1, -1)" in grad(from_zero).source_for(1.0, V)
    assert "range(first + trips - 1, first - 1, -1)" in grad(product).source_for(1.0, V, 1)


def test_operators_are_printed_as_operators():
    def signs(x, n, v, m, c):
        a = ((n & 5) + (n | 8) - (n ^ 3)) * (n << 2) // (n >> 1) % 7
        y = x / 2.0 if (n == 3) or (n != 4) and (n < 5) else +x
        if (n <= 6) and (n > 1) and (n >= 2) and (c is None) and (n in (3, 4)):
            y = y * -a + ~n + (not n)
        if (c is not None) or (n not in (3, 5)):
            y = y * 2.0
        return y**3 + (m @ v) @ v

    arguments = 1.3, 3, V, np.outer(V, V), None
    text = symgrad.value_and_grad(signs).source_for(*arguments)
    assert "operator" not in text
    written = {type(node) for node in ast.walk(ast.parse(text))}
    assert {ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift, ast.FloorDiv, ast.Mod, ast.Div, ast.Pow, ast.MatMult,
            ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Invert, ast.Not, ast.USub} <= written
    check(signs, *arguments, argnums=(0, 2))


# -- what is printed, and what is not ----------------------------------------------------------------


def both(x, n):
    while x > 1.0 and n > 0:
        x, n = 0.5 * x * x, n - 1
    return x


def either(x, n):
    while x > 4.0 or n > 0:
        x, n = 0.5 * x, n - 1
    return x


def chosen(x, n):
    while n > 0 if x > 1.0 else False:
        x, n = 0.5 * x * x, n - 1
    return x


def among(x, k, n):
    if n in k:
        x = x * x
    return 2.0 * x


def whole(x):
    a = np.zeros(3)
    a[:] = x * x
    return np.sum(a * a)


def writes_below(a, n):
    if n == 0:
        return 0.0
    a[n - 1] = a[n] * a[n]
    return writes_below(a, n - 1) + a[0]


def calls_what_writes(x):
    weights = x * 2.0
    return writes_below(weights, 2) + np.sum(weights)


def counts(x, n):
    k = 0
    s = 1.0
    for i in range(n):
        k += i // 2
        s *= x[k]
    return s


def arms(x, c):
    y = x * 2.0
    if c > 0:
        y = np.exp(x)
    y[1:][0] = 3.0
    return np.sum(y * y * x)


W32 = np.array([0.4, -0.7, 1.2], dtype=np.float32)


@pytest.mark.parametrize("f, args, there, absent", [
    (chosen, (3.0, 4), "while x > 1.0 and n > 0:", "else"), (both, (3.0, 4), "(t and n > 0)", "else"), (either, (3.0, 4), "(t or n > 0)", "else"), (among, (2.0, [1, 2], 2), "if n in k:", "contains"),
    (whole, (V,), "da * x", "da["), (calls_what_writes, (V,), "writes_below_reverse(record, dreturn, dweights)", "(d)"),
    (lambda x: np.sum(np.tanh(x @ M)), (V,), "M @ ", "tensordot"),
    (lambda x: np.linalg.norm(x), (V,), "np.linalg.norm", "conj"),
    (lambda x: np.sum(x * np.sqrt(np.exp(x))), (V,), "np.exp(x)", "where"),
    (lambda x, c: np.sum((np.sin(x) if c > 0.0 else x * 2.0) * x), (V, 1.0), "dreturn * (np.sin(x) if t else x * 2.0)", "t2"),
    (lambda x: np.sum(x * np.sqrt(np.float64(len(x)) + np.zeros(3))), (V,), "np.sqrt", "where"),
    (counts, (V, 3), "k -= i // 2", "k_tape"), (arms, (V, 1.0), "zeros_like(y)", "dtype"),
    (lambda r: np.sum(r * M.T * M.T), (V[None],), "axis=0, keepdims=True", "(0,)"),
    (lambda x: np.sum(x * x * np.float32(2.0)), (W32,), "return dx", "dx.astype")])
def test_what_is_printed_and_what_is_not(f, args, there, absent):
    source = ast.unparse(ast.parse(grad(f).source_for(*args)))          # without comments
    assert there in source and absent not in source


M = np.arange(6.0).reshape(3, 2)


def test_a_line_without_a_place_serves_what_it_stands_in():
    """The place of a loop is that of its first line, not of what is in it."""
    function = ast.parse("def f(n):\n    for i in range(n):\n        a = i\n        b = i\n    return a").body[0]
    function.body[0].place, function.body[1].place = "loop", "end"
    assert places(function, ast.unparse(function)) == {2: "loop", 5: "end"}


def solved_and_stored(a, b, h):
    side = np.linalg.solve(a, b[h:])
    out = np.zeros(8)
    out[h:] = side
    return np.dot(out, out) + np.sum(side * b[h:])


def test_an_adjoint_is_asked_for_its_shape_where_there_is_one():
    """Not the value, which would be kept for that."""
    args = np.eye(5) + 0.1, np.arange(8.0), 3
    check(solved_and_stored, *args)
    text = grad(solved_and_stored, argnums=(0, 1)).source_for(*args)
    assert "(dout[h:], dside, (0,))" in text, text
