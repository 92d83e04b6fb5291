"""The same text in every process: what is generated may not depend on the order of sets, which the hash seed decides."""
from __future__ import annotations

import hashlib
import os
import pathlib
import subprocess
import sys
import warnings
from collections.abc import Iterable

from symgrad.errors import SymgradError
from tests.fuzz.choices import from_seed
from tests.fuzz.generator import generate
from tests.helpers import argnums_of_floats


def digest(seed: int) -> str:
    """A digest of the gradient that symgrad writes for the program of a seed."""
    import symgrad
    program = generate(from_seed(seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            gradient = symgrad.value_and_grad(program.define(), argnums=argnums_of_floats(program.args))
            text = gradient.source_for(*program.args)
        except SymgradError as error:
            text = error.message
    text = "".join(line for line in text.splitlines(True) if "(<program" not in line)     # the file's number
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differing(seeds: Iterable[int]) -> list[int]:
    """The seeds whose programs have another gradient in a process with another hash seed."""
    wanted = list(seeds)
    found = []
    for hash_seed in ("1", "2"):
        command = [sys.executable, "-W", "ignore", "-m", "tests.fuzz.reproducible", *map(str, wanted)]
        run = subprocess.run(command, capture_output=True, text=True, check=True,
                             cwd=pathlib.Path(__file__).parents[2], env={**os.environ, "PYTHONHASHSEED": hash_seed})
        found.append(run.stdout.split())
    assert len(found[0]) == len(wanted)
    return [seed for seed, a, b in zip(wanted, *found, strict=True) if a != b]


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(digest(int(argument)))
