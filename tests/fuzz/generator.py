"""Random programs: arguments, helpers, a body, and a result that depends on what the body has made."""
from __future__ import annotations

import linecache
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from tests.fuzz.choices import Choices
from tests.fuzz.scope import Helper, Scope, Shape, Variable
from tests.fuzz.statements import Statements

HELPERS = {
    "number": ["def {name}(u):\n    return u * u / (1.0 + u * u)",
               "def {name}(u):\n    if u > 0.1371:\n        return math.sin(u)\n    return 0.5 * u",
               "def {name}(u, scale=0.7):\n    for _ in range(2):\n        u = math.tanh(u) * scale + u * u\n    return u"],
    "two": ["def {name}(u, v):\n    w = u * v\n    return math.sin(w) + 0.5 * u",
            "def {name}(u, v=0.3):\n    return u - v if u > v else math.cos(v) * u"],
    "pair": ["def {name}(u, v):\n    return math.sin(u) * v, u + v * v"],
    "array": ["def {name}(w):\n    total = 0.0\n    for i in range(len(w)):\n        total += w[i] * w[i - 1]\n    return total",
              "def {name}(w):\n    w = np.tanh(w)\n    return np.sum(w * w) / len(w)"],
    "writer": ["def {name}(w, k, value):\n    w[k] = w[k] * 0.5 + math.sin(value)\n    return w[k] * value",
               "def {name}(w, k, value):\n    w += 0.1 * math.cos(value)\n    w[k] *= 0.5\n    return value * w[0]",
               "def {name}(w, k, value):\n    part = w[k:]\n    part[:] = part * 0.9\n    return np.sum(part) * value"],
    "count": ["def {name}(u, n):\n    if n <= 0:\n        return u\n    return math.sin({name}(u, n - 1)) + 0.5 * u",
              "def {name}(u, n):\n    if n == 0:\n        return u * u\n    return 0.5 * {name}(u * 0.7, n - 1) * u"],
}
PARAMETERS = {"vector": 9, "float": 4, "matrix": 4, "list": 2, "tuple": 1, "dict": 1, "ints": 2, "int": 2, "zero": 1,
              "empty": 1, "row": 1, "float32": 1}
NUMBERS = count()


@dataclass
class Program:
    """A module's text with a function `program`, the arguments to call it with, and the decisions behind both."""

    text: str
    args: tuple[Any, ...]
    made: list[int]

    @property
    def source(self) -> str:
        """A module that defines the arguments too."""
        return f"{self.text}\n\nARGS = {written(self.args)}\n"

    def define(self) -> Callable[..., Any]:
        """A new function object, its source where inspect and tracebacks find it."""
        return define(self.text)

    @property
    def single(self) -> bool:
        """Whether a part of it is computed in single precision."""
        return any(isinstance(a, np.ndarray) and a.dtype == np.float32 for a in self.args)


def define(text: str, name: str = "program") -> Callable[..., Any]:
    file = f"<program {next(NUMBERS)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    namespace: dict[str, Any] = {"__name__": "program"}
    exec(compile(text, file, "exec"), namespace)
    function = namespace[name]
    function.__symgrad_file__ = file
    return function                                                                     # type: ignore[no-any-return]


def forget(function: Callable[..., Any]) -> None:
    """Drop the text of a defined program."""
    linecache.cache.pop(function.__code__.co_filename, None)


def written(x: Any) -> str:
    """An argument as Python."""
    if isinstance(x, np.ndarray):
        dtype = "" if x.dtype == np.float64 and x.size else f", dtype=np.{x.dtype}"
        return f"np.array({x.tolist()}{dtype})" if x.size else f"np.zeros({x.shape}{dtype})"
    if isinstance(x, (tuple, list)):
        inner = ", ".join(map(written, x))
        return f"[{inner}]" if isinstance(x, list) else f"({inner},)" if len(x) == 1 else f"({inner})"
    if isinstance(x, dict):
        return "{" + ", ".join(f"{k!r}: {written(v)}" for k, v in x.items()) + "}"
    return repr(x)


class Generator(Statements):
    """Writes one program."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.scope = Scope()
        self.scope.counter.update(dict.fromkeys(("x", "math", "np"), 1))
        self.budget = 3 + choices.below(10)
        n = choices.pick([3, 3, 2, 4, 1])
        p, q = choices.pick([(2, 3), (2, 2), (3, 2), (3, 1), (1, 3), (3, 3)])
        self.n, self.p, self.q = n, p, q
        self.shapes: list[Shape] = [(n,), (n,), (p, q), (q,), (p,), (n, n)]
        self.rng = np.random.default_rng(choices.below(1000))

    def program(self) -> Program:
        c = self.choices
        names, args = ["x"], [self.value()]
        self.scope.define(Variable("x", "float"))
        for _ in range(1 + c.below(4)):
            name, value = self.parameter(c.weighted(PARAMETERS))
            names.append(name)
            args.append(value)
        helpers = self.helpers()
        self.returns = c.chance(40)
        body = self.block(0, 6)
        result = self.result()
        text = "\n    ".join([f"def program({', '.join(names)}):", *body, f"return {result}"]) + "\n"
        used = [h for name, h in helpers.items() if f"{name}(" in text]
        return Program("\n\n".join(["import math\n\nimport numpy as np\n", *used, text]), tuple(args), c.made)

    def value(self) -> float:
        return float(np.round(self.rng.uniform(-1.5, 1.5), 3))

    def values(self, *shape: int) -> np.ndarray:
        return np.array(np.round(self.rng.uniform(-1.5, 1.5, shape), 3))

    def parameter(self, kind: str) -> tuple[str, Any]:
        c, s = self.choices, self.scope
        if kind == "float":
            return s.define(Variable(s.name("y"), "float")).name, self.value()
        if kind == "int":
            k = 1 + c.below(3)
            return s.define(Variable(s.name("n"), "int", low=k, high=k + 1, fixed=True)).name, k
        if kind == "ints":
            n = c.pick([self.n, 2, 3])
            high = c.pick([self.n, self.q, 2, 3])
            index = self.rng.integers(0, high, n)
            return s.define(Variable(s.name("at"), "ints", (n,), high=high)).name, index
        if kind == "list":
            return s.define(Variable(s.name("l"), "list", (2,))).name, [self.value(), self.value()]
        if kind == "tuple":
            return s.define(Variable(s.name("t"), "tuple", (2,))).name, (self.value(), self.value())
        if kind == "dict":
            return s.define(Variable(s.name("d"), "dict", keys=("p", "q"))).name, {"p": self.value(), "q": self.value()}
        shape: Shape = {"matrix": (self.p, self.q), "zero": (), "row": (1, self.n)}.get(kind) or (self.n,)
        if kind == "zero":
            shape = ()
        if kind == "empty":
            shape = c.pick([(0,), (0, self.q)])
        a = self.values(*shape)
        if kind == "float32":
            a = a.astype(np.float32)
        stem = {"matrix": "m", "zero": "z", "empty": "e", "row": "r", "float32": "f"}.get(kind, "a")
        return s.define(Variable(s.name(stem), "array", shape, writable=kind not in ("zero", "empty"))).name, a

    def helpers(self) -> dict[str, str]:
        """The texts of the functions that the program may call, by name."""
        c = self.choices
        texts: dict[str, str] = {}
        for _ in range(c.pick([0, 1, 1, 2, 2, 3])):
            kind = c.pick(list(HELPERS))
            name = self.scope.name({"count": "again", "writer": "write"}.get(kind, "f" + kind))
            self.scope.helpers.append(Helper(name, kind))
            texts[name] = c.pick(HELPERS[kind]).format(name=name) + "\n"
        return texts

    def result(self) -> str:
        """A number in which most of what there is has a part."""
        c, s = self.choices, self.scope
        parts = [v.name for v in s.of("float")]
        for k, v in enumerate(s.arrays()):
            parts.append(c.pick([f"np.sum({v.name} * {v.name})", f"{0.3 + 0.1 * k:.1f} * np.sum({v.name})",
                                 f"np.sum(np.sin({v.name}))"]) if v.shape else f"float({v.name})")
        parts += [f"sum({v.name})" for v in s.of("list")]
        parts += [f"{v.name}[{v.keys[0]!r}]" for v in s.of("dict")]
        parts += [f"{v.name}[0]" for v in s.of("tuple")]
        kept = [p for p in parts if not c.chance(15)] or parts
        return " + ".join(kept)


def generate(choices: Choices) -> Program:
    """The program that these decisions make."""
    return Generator(choices).program()


__all__ = ["Program", "define", "forget", "generate", "written"]
