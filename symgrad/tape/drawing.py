"""A picture of what a value was computed from, with the number and the gradient in each node."""
from __future__ import annotations

import shutil
import subprocess
from typing import Any

import numpy as np

from symgrad.tape.engine import Node, Value


def operands(node: Node) -> list[Node]:
    """What a node was computed from, each once; constants are made values, as they have a place in the picture."""
    if isinstance(node, Value):
        _ = node._prev
    return list(dict.fromkeys(node.parents))


def trace(root: Node) -> dict[Node, int]:
    """Everything that `root` was computed from, numbered so that operands come before results."""
    number: dict[Node, int] = {}
    open_: dict[Node, None] = {}
    todo = [root]
    while todo:
        node = todo[-1]
        if node not in open_:
            open_[node] = None
            todo.extend(n for n in reversed(operands(node)) if n not in open_)
        else:
            todo.pop()
            number.setdefault(node, len(number))
    return number


class Drawing:
    """A graph in the dot language: what is used of `graphviz.Digraph`, where that package is not installed."""

    def __init__(self, source: str, format: str) -> None:
        self.source = source
        self.format = format

    def pipe(self, format: str | None = None) -> bytes:
        """The picture, made by the program dot."""
        if shutil.which("dot") is None:
            raise FileNotFoundError("the program dot is not installed: the picture's text is in .source")
        return subprocess.run(["dot", f"-T{format or self.format}"], input=self.source.encode(), check=True,
                              capture_output=True).stdout

    def render(self, filename: str = "graph") -> str:
        """Write the picture to a file and return its name."""
        path = f"{filename}.{self.format}"
        with open(path, "wb") as file:
            file.write(self.pipe())
        return path

    def _repr_image_svg_xml(self) -> str:
        return self.pipe("svg").decode()

    def __str__(self) -> str:
        return self.source


def draw_dot(root: Node, format: str = "svg", rankdir: str = "LR") -> Any:
    """The graph of what `root` was computed from, as micrograd draws it.

    The result is a `graphviz.Digraph`, or where that package is not installed a `Drawing`, with the same `source`;
    either shows itself in a notebook if the program dot is installed. Each value is a box with its `label`, if it
    was given one, its number and its gradient; each operation is an oval before the value that it gave. Nodes are
    numbered from the operands to the result, so the text is the same on each run.

    >>> from symgrad.tape import Value, draw_dot
    >>> print(draw_dot(Value(2.0) + 1.0).source)
    digraph {
        graph [rankdir=LR]
        0 [label="{ data 2.0000 | grad 0.0000 }" shape=record]
        1 [label="{ data 1.0000 | grad 0.0000 }" shape=record]
        2 [label="{ data 3.0000 | grad 0.0000 }" shape=record]
        "2+" [label="+"]
        "2+" -> 2
        0 -> "2+"
        1 -> "2+"
    }
    <BLANKLINE>
    """
    if rankdir not in ("LR", "TB"):
        raise ValueError(f"rankdir is 'LR' or 'TB', not {rankdir!r}")
    number = trace(root)
    lines: list[str] = []
    for n, i in number.items():
        label = getattr(n, "label", "")
        name = f"{escaped(label)} | " if label else ""
        lines.append(f'\t{i} [label="{{ {name}data {shown(n.data)} | grad {shown(n.grad)} }}" shape=record]')
        if n._op:
            op = n._op.replace('"', '\\"')
            lines += [f'\t"{i}{op}" [label="{op}"]', f'\t"{i}{op}" -> {i}']
            lines += [f'\t{number[child]} -> "{i}{op}"' for child in operands(n)]
    try:
        import graphviz
    except ImportError:
        return Drawing("\n".join(["digraph {", f"\tgraph [rankdir={rankdir}]", *lines, "}", ""]), format)
    dot = graphviz.Digraph(format=format, graph_attr={"rankdir": rankdir})
    dot.body.extend(f"{line}\n" for line in lines)
    return dot


def shown(x: Any) -> str:
    """A number with four digits; of an array the shape."""
    if np.ndim(x):
        return f"of shape {np.shape(x)}"
    return f"{x:.4f}"


def escaped(label: str) -> str:
    """A label without what has a meaning in a record of dot."""
    return "".join(f"\\{c}" if c in '{}|<>"\\ ' else c for c in label)
