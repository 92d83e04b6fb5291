"""Write the golden files anew: `python -m tests.update_golden`. Then read the diff.

The files are the gradients in tests/golden and the generated source shown in the README and docs.
"""
import pathlib

from docs import update
from symgrad import grad
from tests.golden.primals import CASES

FOLDER = pathlib.Path(__file__).parent / "golden"


def generated(name):
    """The source that is generated now."""
    function, args, argnums = CASES[name]
    return grad(function, argnums=argnums).source_for(*args)


def main():
    for name in CASES:
        path = FOLDER / f"{name}.py"
        try:
            text = generated(name)
        except Exception as error:  # noqa: BLE001 - the others are written all the same
            print(f"failed: {name}: {type(error).__name__}: {error}")
            continue
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"changed: tests/golden/{path.name}")
    update.main()


if __name__ == "__main__":
    main()
