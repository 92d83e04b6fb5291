"""Write the golden files anew: `python -m tests.update_golden`. Then read the diff.

The files are the gradients in tests/golden, what is measured of those of tests/programs, and the generated source
shown in the README and docs.
"""
import pathlib

from docs import update
from symgrad import grad, jvp
from tests import quality
from tests.golden.primals import CASES
from tests.test_programs import CASES as CASES_OF_PROGRAMS

FOLDER = pathlib.Path(__file__).parent / "golden"


def generated(name):
    """The gradient that is generated now."""
    function, args, argnums = CASES[name]
    return grad(function, argnums=argnums).source_for(*args)


def generated_tangent(name):
    """The directional derivative that is generated now, along all arguments that hold floats."""
    function, args, _ = CASES[name]
    return jvp(function).source_for(*args)


def generated_native(name):
    """The gradient that is generated now for Numba."""
    function, args, argnums = CASES[name]
    return grad(function, argnums=argnums, backend="numba").source_for(*args)


FOLDERS = {FOLDER: generated, FOLDER / "forward": generated_tangent, FOLDER / "native": generated_native}
NATIVE = ("loop_carried", "while_break", "independent_iterations")       # scalars and loops: arrays and stacks for tapes
FILES = [(folder, name) for folder in FOLDERS for name in (NATIVE if folder.name == "native" else CASES)]


def main():
    for folder, name in FILES:
        path = folder / f"{name}.py"
        try:
            text = FOLDERS[folder](name)
        except Exception as error:  # noqa: BLE001 - the others are written all the same
            print(f"failed: {name}: {type(error).__name__}: {error}")
            continue
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"changed: {path.relative_to(FOLDER.parent.parent)}")
    quality.write(CASES_OF_PROGRAMS)
    update.main()


if __name__ == "__main__":
    main()
