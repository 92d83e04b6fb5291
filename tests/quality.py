"""How good generated source is, in numbers: a line for each program of tests/programs, in tests/golden/programs.txt.

What is right may still be worse than it was: recorded where it could be computed again, copied where it could be
written in place, guarded where nothing can be infinite. `python -m tests.update_golden` writes the file anew; the diff
says what became of each program.
"""
import ast
import pathlib
import re
import warnings

PATH = pathlib.Path(__file__).parent / "golden" / "programs.txt"


def measured(text):
    """Loops, tapes, copies and choices (conditional expressions and np.where) of a module."""
    tree = ast.parse(text)
    nodes = list(ast.walk(tree))
    calls = [ast.unparse(n.func) for n in nodes if isinstance(n, ast.Call)]
    tapes = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
             and re.search(r"_tape\d*$", n.id)}
    counts = {"loops": sum(isinstance(n, (ast.For, ast.While)) for n in nodes), "tapes": len(tapes),
              "copies": sum(call.endswith("copy") for call in calls),
              "choices": sum(isinstance(n, ast.IfExp) for n in nodes) + calls.count("np.where")}
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def quality(f, args, argnums):
    """What is measured of the gradient of one program."""
    from symgrad import value_and_grad
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return measured(value_and_grad(f, argnums=argnums).source_for(*args))


def known():
    """The numbers on file, by program."""
    return dict(line.split(": ", 1) for line in PATH.read_text().splitlines())


def write(cases):
    text = "".join(f"{case.id}: {quality(case.values[0], case.values[1](), case.values[2])}\n" for case in cases)
    if not PATH.exists() or PATH.read_text() != text:
        PATH.write_text(text)
        print(f"changed: {PATH.relative_to(PATH.parents[2])}")
