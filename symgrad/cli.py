"""The command `symgrad`: show a gradient's source, export it, verify it or time it.

    symgrad show FILE.py:FUNCTION --args "1.5, np.ones(3)"
    symgrad export FILE.py:FUNCTION -o OUT.py
    symgrad verify FILE.py:FUNCTION --args "1.5, np.ones(3)"
    symgrad cache [--clear]
    symgrad bench FILE.py:FUNCTION --args "1.5, np.ones(1000)"
"""
from __future__ import annotations

import argparse
import importlib.util
import inspect
import itertools
import os
import pathlib
import shutil
import sys
import textwrap
import typing
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symgrad.errors import SymgradError
from symgrad.gradient import Bound, Gradient
from symgrad.specialise import Options

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class UsageError(Exception):
    """What was typed cannot be done; the message says why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 if it succeeded, 2 if misused, 1 if the function cannot be differentiated or its gradient
    is refuted or not checked."""
    options = parser().parse_args(argv)
    if options.command == "cache":
        return cache(options.clear)
    try:
        gradient, module = find(options)
        args, kwargs = arguments(options, gradient, module)
        if options.command == "export":
            gradient.export(options.output, *args, **kwargs)
        elif options.command == "verify":
            return verify(gradient.verify(*args, seconds=options.seconds, **kwargs), options.json)
        elif options.command == "bench":
            bench(gradient, args, kwargs, options.seconds)
        else:
            show(gradient, gradient.source_for(*args, **kwargs), options.side_by_side)
    except UsageError as error:
        print(f"symgrad: {error}", file=sys.stderr)
        return 2
    except (SymgradError, TypeError) as error:
        print(f"symgrad: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:         # `symgrad show ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="symgrad", description="The gradient of a Python function, as Python source.")
    commands = top.add_subparsers(dest="command", required=True, metavar="show | export | verify | bench | cache")
    show = commands.add_parser("show", help="print a function and its gradient")
    export = commands.add_parser("export", help="write a module that computes the gradient without symgrad")
    verify = commands.add_parser("verify", help="prove the gradient by SymPy or compare it; the exit status says "
                                 "whether it is right")
    bench = commands.add_parser("bench", help="time the function and its gradient")
    kept = commands.add_parser("cache", help="say where compiled code is kept, and how much there is")
    kept.add_argument("--clear", action="store_true", help="remove all of it")
    for command in (show, export, verify, bench):
        command.add_argument("target", metavar="FILE.py:FUNCTION", help="a method is FILE.py:Class.method")
        example = command.add_mutually_exclusive_group()
        example.add_argument("--args", metavar="EXPRESSIONS", help="example arguments, such as '1.5, np.ones(3)'; "
                             "only for bench do their values matter. The file's own names and np can be used.")
        example.add_argument("--example", metavar="NAME", help="a name in the file: a tuple of example arguments, "
                             "or a function that returns one")
        command.add_argument("--argnums", metavar="ARGUMENTS", help="what to differentiate with respect to: "
                             "indices or names, separated by commas (default: the first argument)")
        command.add_argument("--value", action="store_true", help="compute the value as well")
    for command in (show, export, verify):
        command.add_argument("--tangent", action="store_true",
                             help="in forward mode: the value and its derivative along a tangent for each argument")
    bench.set_defaults(tangent=False)
    show.add_argument("--side-by-side", action="store_true", default=None,
                      help="the function to the left, its gradient to the right (default on a wide terminal)")
    verify.add_argument("--json", action="store_true", help="print the report as JSON")
    verify.add_argument("--seconds", type=float, default=60.0, help="how long it may take (default: 60)")
    bench.add_argument("--seconds", type=float, default=2.0,
                       help="how long the timing of each function may take (default: 2)")
    export.add_argument("-o", "--output", metavar="OUT.py", required=True)
    return top


def cache(clear: bool) -> int:
    """Show what is kept on disk, or remove it."""
    from symgrad.cache import disk
    folder = disk.directory()
    if folder is None:
        print("nothing is kept on disk: cache_dir is False")
    elif clear:
        print(f"{folder}: removed {disk.clear()} files")
    else:
        count, size = disk.size()
        print(f"{folder}: {count} files, {size / 2**20:.1f} MiB")
    return 0


# -- the function ----------------------------------------------------------------------------


def find(options: Any) -> tuple[Gradient | Bound, Any]:
    """The gradient of the function that is asked for, and the module it is in."""
    from symgrad import gradient
    path, separator, name = options.target.rpartition(":")
    if not separator or not path or not name:
        raise UsageError(f"{options.target!r} is not FILE.py:FUNCTION")
    module = load(pathlib.Path(path))
    function: Any = module
    for part in name.split("."):
        if not hasattr(function, part):
            raise UsageError(f"{path} defines no {name}")
        function = getattr(function, part)
    kind, mode = ("jvp", "forward") if options.tangent else ("value_and_grad" if options.value else "grad", "reverse")
    asked = Options(kind, argnums(options.argnums), mode=mode)
    if isinstance(function, (Gradient, Bound)):             # decorated in the file
        own = function.gradient.options if isinstance(function, Bound) else function.options
        asked = own._replace(kind=kind, mode=mode, argnums=own.argnums if asked.argnums is None else asked.argnums)
        function = function.primal
    if not callable(function):
        raise UsageError(f"{name} in {path} is not a function but {describe(function)}")
    return gradient.of(function, asked), module


def describe(obj: Any) -> str:
    return f"a {type(obj).__name__}"


def load(path: pathlib.Path) -> Any:
    """The file as a module: imported, not run as a script."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    sys.path.insert(0, str(path.resolve().parent))
    spec = importlib.util.spec_from_file_location(path.stem, path.resolve())
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    known = sys.modules.get(path.stem)
    if known is None or getattr(known, "__file__", None) == str(path.resolve()):
        sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def argnums(text: str | None) -> Any:
    """`--argnums 0,w` as ``(0, "w")``."""
    if text is None:
        return None
    found = [int(word) if word.lstrip("-").isdigit() else word for word in map(str.strip, text.split(",")) if word]
    return tuple(found) if len(found) > 1 or text.rstrip().endswith(",") else found[0]


# -- example arguments -----------------------------------------------------------------------


def arguments(options: Any, gradient: Gradient | Bound, module: Any) -> Arguments:
    """Example arguments: those given, or what annotations and defaults say."""
    if options.args is not None:
        return evaluated(options.args, module)
    if options.example is not None:
        example = getattr(module, options.example, None)
        if example is None:
            raise UsageError(f"--example: {options.target.rpartition(':')[0]} defines no {options.example}")
        example = example() if callable(example) else example
        return (example if isinstance(example, tuple) else (example,)), {}
    return annotated(gradient)


def evaluated(text: str, module: Any) -> Arguments:
    """The arguments that a call with this text in its parentheses passes."""
    try:
        names = {"np": np, **vars(module), "__arguments__": lambda *args, **kwargs: (args, kwargs)}
        found: Arguments = eval(f"__arguments__({text}\n)", names)
    except Exception as error:
        raise UsageError(f"--args {text!r} cannot be evaluated: {type(error).__name__}: {error}") from error
    return found


def annotated(gradient: Gradient | Bound) -> Arguments:
    """Example arguments that have the annotated types."""
    primal: Any = gradient.primal
    try:
        hints = typing.get_type_hints(primal)
    except (NameError, TypeError, AttributeError):      # an annotation that cannot be read says nothing
        hints = {}
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for name, p in inspect.signature(primal).parameters.items():
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) or p.default is not p.empty:
            continue
        value = example(hints.get(name))
        if value is None:
            raise UsageError(f"the type of {name!r} is not known: give example arguments with --args, "
                             "such as --args '1.5, np.ones(3)'")
        if p.kind is p.KEYWORD_ONLY:
            kwargs[name] = value
        else:
            args.append(value)
    return tuple(args), kwargs


def example(hint: Any) -> Any:
    """A value of an annotated type, or None where the annotation does not tell enough."""
    if hint in (float, complex):
        return hint(1.0)
    if isinstance(hint, type) and issubclass(hint, np.inexact):
        return hint(1.0)
    origin, inside = typing.get_origin(hint), [example(a) for a in typing.get_args(hint) if a is not Ellipsis]
    if any(x is None for x in inside) or not inside:
        return None
    if origin is list:
        return inside * 2
    if origin is tuple and Ellipsis not in typing.get_args(hint):
        return tuple(inside)
    return None


# -- on the screen ---------------------------------------------------------------------------


def show(gradient: Gradient | Bound, source: str, side_by_side: bool | None) -> None:
    """Print the primal and its gradient, one below the other or, where there is room, side by side."""
    primal = primal_text(gradient.primal)
    texts = [text.strip("\n").splitlines() for text in (primal, source)]
    left, right = (max(map(len, lines), default=0) for lines in texts)
    terminal = sys.stdout.isatty()
    if side_by_side is None:
        side_by_side = terminal and left + right + 5 <= shutil.get_terminal_size().columns
    paint = painter() if terminal else str
    if not side_by_side:
        print("\n\n".join(paint("\n".join(lines)) for lines in texts))
        return
    painted = [paint("\n".join(lines)).split("\n") for lines in texts]
    for n, (a, b) in enumerate(itertools.zip_longest(*painted, fillvalue="")):
        blank = left - (len(texts[0][n]) if n < len(texts[0]) else 0)
        print(f"{a}{' ' * blank}  |  {b}".rstrip())


def verify(report: Any, as_json: bool) -> int:
    """Print a report; its exit status."""
    from symgrad.verify.show import text
    print(report.json(indent=2) if as_json else text(report, sys.stdout.isatty()))
    return int(report.status)


def bench(gradient: Gradient | Bound, args: tuple[Any, ...], kwargs: dict[str, Any], seconds: float) -> None:
    """Print how long the primal and its gradients take, and how much memory."""
    from symgrad.bench import measure, table
    found = measure(contenders(gradient), args, kwargs, seconds)
    print(table(found, "primal"))


def contenders(gradient: Gradient | Bound) -> dict[str, Callable[..., Any]]:
    """The primal and its gradient for each backend that is installed."""
    from symgrad import gradient as gradients
    options = (gradient.gradient if isinstance(gradient, Bound) else gradient).options._replace(skip=0)
    found: dict[str, Callable[..., Any]] = {"primal": gradient.primal}
    for title, backend in (("Python", "python"), ("Numba", "numba")):
        if backend == "python" or importlib.util.find_spec(backend) is not None:
            found[f"gradient, {title}"] = gradients.of(gradient.primal, options._replace(backend=backend))
    return found


def primal_text(primal: Any) -> str:
    """The primal as written."""
    function = inspect.unwrap(getattr(primal, "__func__", getattr(primal, "func", primal)))
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return f"# {getattr(function, '__qualname__', function)}: a library function"


def painter() -> Callable[[str], str]:
    """What colours Python for the terminal: Pygments where it is installed."""
    try:
        from pygments import highlight
        from pygments.formatters import TerminalFormatter
        from pygments.lexers import PythonLexer
    except ImportError:
        return str
    return lambda text: highlight(text, PythonLexer(stripnl=False, ensurenl=False), TerminalFormatter())


if __name__ == "__main__":
    sys.exit(main())
