"""What one process compiles, the next one loads."""
import os
import pathlib
import subprocess
import sys

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
