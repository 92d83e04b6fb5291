"""symgrad show and symgrad export, through the function behind the console script."""
import importlib.util
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from symgrad.cli import main

TEXT = textwrap.dedent('''
    """Two models."""
    import math

    import numpy as np

    RATE = 0.5


    def decay(x: float, rate: float) -> float:
        """Exponential decay."""
        if x > 1.0:
            x = x * x
        return x * math.exp(-RATE * rate)


    def energy(v, k):
        total = 0.0
        for e in v:
            total += k * e * e
        return total + np.sum(v)


    class Spring:
        @staticmethod
        def force(x, k):
            return -k * x * x


    def refused(x):
        return eval("x * x")


    if __name__ == "__main__":
        raise SystemExit("the module was run, not imported")
''')


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(TEXT)
    return path


def succeed(*args):
    assert main([str(a) for a in args]) in (0, None)


def fail(*args):
    try:
        code = main([str(a) for a in args])
    except SystemExit as stop:
        code = stop.code
    assert code not in (0, None)


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_show_prints_primal_and_gradient(model, capsys):
    succeed("show", f"{model}:decay", "--args", "1.5, 2.0")
    out = capsys.readouterr().out
    assert "def decay(x" in out and "def decay_grad(" in out and "math.exp(-RATE * rate)" in out
    assert "\x1b[" not in out


def test_show_reads_annotations_when_there_are_no_arguments(model, capsys):
    succeed("show", f"{model}:decay")
    assert "def decay_grad(" in capsys.readouterr().out


def test_show_with_arrays(model, capsys):
    succeed("show", f"{model}:energy", "--args", "np.linspace(0.0, 1.0, 4), 2.0")
    assert "def energy_grad(" in capsys.readouterr().out


def test_show_one_argument(model, capsys):
    (model.parent / "one.py").write_text("def f(x):\n    return x * x\n")
    succeed("show", f"{model.parent / 'one.py'}:f", "--args", "3.0")
    assert "def f_grad(" in capsys.readouterr().out


def test_show_a_method(model, capsys):
    succeed("show", f"{model}:Spring.force", "--args", "1.5, 2.0")
    assert "def force_grad(" in capsys.readouterr().out


def test_export(model, tmp_path, capsys):
    out = tmp_path / "decay_grad.py"
    succeed("export", f"{model}:decay", "-o", out)
    gradient = load(out).decay_grad(1.5, 2.0)
    assert gradient == pytest.approx(2.0 * 1.5 * np.exp(-1.0), rel=1e-12)


def test_export_with_arguments(model, tmp_path):
    out = tmp_path / "energy_grad.py"
    succeed("export", f"{model}:energy", "--args", "np.ones(3), 2.0", "-o", out)
    v = np.array([0.4, -0.7, 1.2, 0.1])
    np.testing.assert_allclose(load(out).energy_grad(v, 3.0), 6.0 * v + 1.0, rtol=1e-12)


def test_exported_module_runs_alone(model, tmp_path):
    out = tmp_path / "alone.py"
    succeed("export", f"{model}:decay", "-o", out)
    script = ("import sys; sys.modules['symgrad'] = None; sys.path.insert(0, sys.argv[1]); import alone; "
              "print(alone.decay_grad(0.5, 2.0))")
    run = subprocess.run([sys.executable, "-I", "-c", script, str(tmp_path)], capture_output=True, text=True,
                         check=False)
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) == pytest.approx(np.exp(-1.0), rel=1e-12)


def test_export_twice_writes_the_same_bytes(model, tmp_path):
    for name in ("first.py", "second.py"):
        succeed("export", f"{model}:decay", "-o", tmp_path / name)
    assert (tmp_path / "first.py").read_bytes() == (tmp_path / "second.py").read_bytes()


@pytest.mark.parametrize("target, words", [
    ("model.py:missing", "missing"), ("absent.py:decay", "absent.py"), ("model.py", "FUNCTION"),
    ("model.py:RATE", "RATE"),
])
def test_target_that_is_none(model, capsys, target, words):
    fail("show", os.path.join(model.parent, target), "--args", "1.0, 2.0")
    captured = capsys.readouterr()
    assert words in captured.out + captured.err and "Traceback" not in captured.out + captured.err


def test_refused_function_shows_line_and_caret(model, capsys):
    fail("show", f"{model}:refused", "--args", "1.0")
    text = "".join(capsys.readouterr())
    assert 'eval("x * x")' in text and "^" in text and "Traceback" not in text


def test_arguments_that_cannot_be_read(model, capsys):
    fail("show", f"{model}:decay", "--args", "1.0, (")
    assert "--args" in "".join(capsys.readouterr())


def test_function_without_types_asks_for_arguments(model, capsys):
    fail("show", f"{model}:energy")
    assert "--args" in "".join(capsys.readouterr())


def test_help(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert "show" in out and "export" in out


def test_console_script_module(model):
    command = [sys.executable, "-m", "symgrad.cli", "show", f"{model}:decay", "--args", "1.5, 2.0"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "def decay_grad(" in run.stdout


def test_bench_prints_a_line_for_each_function(model, capsys):
    succeed("bench", f"{model}:energy", "--args", "np.ones(50), 2.0", "--argnums", "0,1", "--seconds", "0.02")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["first", "call", "a", "call", "/", "primal", "memory"]
    assert lines[1].startswith("primal ") and " 1.00 " in lines[1]
    assert lines[2].startswith("gradient, Python ")


def test_bench_of_what_is_not_differentiable(model):
    fail("bench", f"{model}:refused", "--args", "2.0")


def test_the_cache_is_shown_and_cleared(tmp_path, capsys):
    from symgrad import configure
    from symgrad.cache import disk

    with configure(cache_dir=str(tmp_path)):
        disk.kept("native/a.py", b"x = 1\n")
        assert main(["cache"]) == 0
        assert main(["cache", "--clear"]) == 0
    with configure(cache_dir=False):
        assert main(["cache"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}: 1 files, 0.0 MiB", f"{tmp_path}: removed 1 files", "nothing is kept on disk: cache_dir is False"]
