"""Run the code in the documents and write down what it generates: `python -m docs.update`.

Every ```python block of a document is run, in order, in one namespace. A comment ``# -> text`` behind
a statement says what it prints or, for an expression, what its value's repr is; ``...`` in it stands
for anything. What stands between ``<!-- generated: EXPRESSION -->`` and ``<!-- end -->`` is the text
that the expression gives, in a block; with ``inserted`` for ``generated`` it is Markdown, and stands as it is. `tests/test_docs.py` fails where any of this is not so.
"""
from __future__ import annotations

import ast
import contextlib
import doctest
import io
import linecache
import pathlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

ROOT = pathlib.Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def pages() -> dict[pathlib.Path, Callable[[], str]]:
    """The files that are generated as a whole."""
    from docs.verification_example import picture

    def table() -> str:                         # in a process of its own: without rules that anyone has stated in this one
        return subprocess.run([sys.executable, "-m", "symgrad.verify.rules"], cwd=ROOT, capture_output=True, text=True,
                              encoding="utf-8", check=True).stdout

    return {ROOT / "docs" / "rule-table.md": table, ROOT / "docs" / "verification.svg": picture}


FENCE = re.compile(r"^```(\w*)\s*$")
GENERATED = re.compile(r"^<!-- (generated|inserted): (.*) -->$")
END = "<!-- end -->"
EXPECTED = re.compile(r"#\s*-> (.*)$")


@dataclass
class Block:
    """Code in a document: lines `first` to `last`, counted from 0, the last one exclusive."""

    first: int
    last: int
    expression: str = ""            # for what is generated; `first` to `last` then holds the fences, too
    markdown: bool = False          # what is generated has no fences


def blocks(lines: list[str]) -> Iterator[Block]:
    """The code that is run and the text that is generated, in order."""
    i = 0
    while i < len(lines):
        marker, fence = GENERATED.match(lines[i]), FENCE.match(lines[i])
        if marker:
            end = lines.index(END, i)
            yield Block(i + 1, end, marker.group(2), marker.group(1) == "inserted")
            i = end
        elif fence:
            end = lines.index("```", i + 1)
            if fence.group(1) == "python":
                yield Block(i + 1, end)
            i = end
        i += 1


def run(path: pathlib.Path) -> tuple[str, list[str]]:
    """The document with everything generated anew, and what in it is not as it says."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):     # the code may write files
        return _run(path)


def _run(path: pathlib.Path) -> tuple[str, list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = list(blocks(lines))
    code = [""] * len(lines)
    for b in found:
        if not b.expression:
            code[b.first:b.last] = lines[b.first:b.last]
    text = "\n".join(code) + "\n"
    linecache.cache[path.name] = (len(text), None, text.splitlines(True), path.name)   # where source is looked up
    namespace: dict[str, Any] = {"__name__": path.stem.replace("-", "_")}
    wrong: list[str] = []
    out: list[str] = []
    done = 0
    for b in found:
        out.extend(lines[done:b.first])
        done = b.last
        if not b.expression:
            out.extend(lines[b.first:b.last])
            wrong.extend(execute(code, b, path.name, namespace))
            continue
        made = str(eval(b.expression, namespace)).rstrip("\n")
        if b.markdown:
            out.extend(made.splitlines())
            continue
        language = "python" if parses(made) else "text"
        out.extend([f"```{language}", made, "```"])
        if language == "python":
            exec(compile(made, f"{path.name} (generated)", "exec"), namespace)  # noqa: S102
    out.extend(lines[done:])
    return "\n".join(out) + "\n", wrong


def execute(code: list[str], b: Block, file: str, namespace: dict[str, Any]) -> Iterator[str]:
    """Run a block statement by statement; yield what differs from what it says."""
    checker = doctest.OutputChecker()
    padded = "\n" * b.first + "\n".join(code[b.first:b.last])
    for statement in ast.parse(padded, file).body:
        last = statement.end_lineno or statement.lineno
        expected = EXPECTED.search(code[last - 1])
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            value = None
            if isinstance(statement, ast.Expr):
                value = eval(compile(ast.Expression(statement.value), file, "eval"), namespace)
            else:
                exec(compile(ast.Module([statement], []), file, "exec"), namespace)  # noqa: S102
        got = printed.getvalue() if value is None else repr(value)
        if expected and not checker.check_output(expected.group(1).strip() + "\n", got.strip() + "\n",
                                                 doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE):
            yield f"{file}, line {last}: {code[last - 1].strip()}\n    gives {got.strip()}"


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def main() -> None:
    """Write every document anew."""
    for path, make in pages().items():
        made = make()
        if not path.exists() or path.read_text(encoding="utf-8") != made:
            path.write_text(made, encoding="utf-8")
            print(f"changed: {path.relative_to(ROOT)}")
    for path in DOCUMENTS:
        wrong: list[str] = []
        for _ in range(3):                      # what is generated may quote the lines of its document
            try:
                text, wrong = run(path)
            except Exception as error:  # noqa: BLE001 - the others are written all the same
                print(f"failed: {path.relative_to(ROOT)}: {type(error).__name__}: {error}")
                break
            if text == path.read_text(encoding="utf-8"):
                break
            path.write_text(text, encoding="utf-8")
            print(f"changed: {path.relative_to(ROOT)}")
        else:
            print(f"does not settle: {path.relative_to(ROOT)}")
        print(*wrong, sep="\n", end="\n" * bool(wrong))


if __name__ == "__main__":
    main()
