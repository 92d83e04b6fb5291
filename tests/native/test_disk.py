"""What one process compiles, the next one loads."""
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from symgrad import configure
from symgrad.cache import disk

pytest.importorskip("numba")

PROGRAM = """
import sys
from symgrad import grad

def walked(x, n):
    for i in range(n):
        x = x + 0.25 * x * x * i
    return x

g = grad(walked, backend="numba")
print(g(1.0, 3), g.explain().from_disk)
"""


def run(folder, cache):
    program = folder / "program.py"
    program.write_text(PROGRAM)
    root = pathlib.Path(__file__).parents[2]
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False,
                          env={**os.environ, "SYMGRAD_CACHE_DIR": str(cache), "PYTHONPATH": str(root)})
    assert not done.stderr
    return done.stdout.split()


def test_the_next_process_loads_what_this_one_compiled(tmp_path):
    first, second = run(tmp_path, tmp_path / "cache"), run(tmp_path, tmp_path / "cache")
    assert first[1] == "False"
    assert second == [first[0], "True"]


READER = """
import enum
import numpy as np
import symgrad.build
from symgrad import grad
import helpers
from helpers import Params, scaled

made, build = [], symgrad.build.build
def counting(*args, **kwargs):
    made.append(1)
    return build(*args, **kwargs)
symgrad.build.build = counting
OFFSET = 2.0

def loss(p, n):
    return float(np.sum(scaled(p.x) * helpers.twice(p.x))) * OFFSET + p.norm() * n

print(grad(loss, backend="auto")(Params(np.array([1.0, 2.0])), 3).x.tolist(), len(made))
"""
HELPERS = """
import numpy as np
from dataclasses import dataclass

def scaled(x, k=3.0):
    return k * x

def twice(x):
    return 2.0 * x

@dataclass
class Params:
    x: np.ndarray

    def norm(self):
        return float(np.dot(self.x, self.x))
"""


def test_what_was_generated_is_found_again_while_all_that_it_depends_on_is_the_same(tmp_path):
    root = pathlib.Path(__file__).parents[2]

    def gradient(reader=READER, helpers=HELPERS):
        (tmp_path / "reader.py").write_text(reader)
        (tmp_path / "helpers.py").write_text(helpers)
        done = subprocess.run([sys.executable, "-B", tmp_path / "reader.py"], capture_output=True, text=True, check=True,
                              env={**os.environ, "SYMGRAD_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(root)})
        found, _, made = done.stdout.strip().rpartition(" ")
        return found, made != "0"

    assert gradient() == ("[30.0, 60.0]", True)
    assert gradient() == ("[30.0, 60.0]", False)
    assert gradient(helpers=HELPERS.replace("k=3.0", "k=4.0")) == ("[38.0, 76.0]", True)
    assert gradient(helpers=HELPERS.replace("2.0 * x", "x")) == ("[18.0, 36.0]", True)
    assert gradient(helpers=HELPERS.replace("np.dot(self.x, self.x)", "np.sum(self.x)")) == ("[27.0, 51.0]", True)
    assert gradient(READER.replace("made,", "helpers.twice = abs; made,")) == ("[18.0, 36.0]", True)


def test_a_directory_that_cannot_be_written_does_no_harm(tmp_path):
    (tmp_path / "file").write_text("")
    assert run(tmp_path, tmp_path / "file" / "cache")[1] == "False"


def test_files_are_counted_and_removed(tmp_path):
    with configure(cache_dir=str(tmp_path)):
        path = disk.kept("native/a.py", b"x = 1\n")
        stamp = path.stat().st_mtime_ns
        assert disk.kept("native/a.py", b"x = 1\n").stat().st_mtime_ns == stamp
        assert disk.size() == (1, 6)
        assert disk.clear() == 1
        assert disk.size() == (0, 0)
        assert disk.directory() == tmp_path
    with configure(cache_dir=False):
        assert disk.kept("native/a.py", b"") is None


@pytest.mark.parametrize("value", [
    np.zeros(3), np.zeros((3, 4)).T, np.zeros((4, 4))[::2, ::2], np.zeros(()), np.zeros((1, 1)), np.zeros(0),
    np.zeros((3, 2, 2), order="F"), np.broadcast_to(1.0, (3, 3)), np.zeros(3, bool), np.zeros(3, np.float32),
    np.zeros(3, np.float16), np.zeros(3, complex), np.zeros(3, np.uint8), np.zeros(3, ">f8"), np.zeros(3, np.longdouble),
    np.array(["a"]), 1.0, (1.0, np.zeros(2))], ids=lambda x: f"{type(x).__name__} {getattr(x, 'dtype', '')}")
def test_types_of_arguments_are_those_that_numba_gives_them(value):
    from symgrad.backends.numba import jit, type_of
    kernel = jit(abs_of)
    assert type_of(kernel, kernel.typeof_pyval, value) == kernel.typeof_pyval(value)


def abs_of(x):
    return abs(x)
