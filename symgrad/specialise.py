"""One function, many argument types: what was compiled for which, and compiling what is new."""
from __future__ import annotations

import functools
import sys
import threading
import types
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

from symgrad.arguments import Argnums, Parameters, Selected, name_of
from symgrad.errors import (
    ArgumentError,
    NativeFallbackWarning,
    NotScalarError,
    SymgradError,
    ZeroGradientWarning,
)
from symgrad.structs import replace, struct

LOCK = threading.RLock()        # one for all: compiling grad(grad(f)) compiles grad(f)
KEPT = 128                      # specialisations of one function that are remembered

SUFFIX = {"grad": "_grad", "value_and_grad": "_value_and_grad", "vjp": "_vjp", "jvp": "_jvp"}


class Options(NamedTuple):
    """What is asked of a function's derivative."""

    kind: str = "grad"                  # "grad" | "value_and_grad" | "vjp" | "jvp"
    argnums: Argnums | None = None
    has_aux: bool = False
    skip: int = 0                       # parameters that `argnums` does not count: a bound method's self
    source: str | None = None
    mode: str = "reverse"               # "reverse" | "forward": which of the two writes the code
    backend: str = "python"             # "python" | "numba" | "auto": what runs the code
    exact_math: bool = False            # compiled code calls the C library's elementary functions
    parallel: bool = False              # compiled code runs independent iterations on all cores

    @property
    def wrt(self) -> Argnums:
        return 0 if self.argnums is None else self.argnums


@struct(frozen=True)
class Picks:
    """What to take from the gradients of whole parameters: items of `*args` and `**kwargs`, repeated arguments."""

    places: tuple[tuple[int, int | str | None], ...]    # index among the parameters, item of that one's gradient
    single: bool
    where: int | None                                   # the gradients' place in the result; None: all of it

    def __call__(self, result: Any) -> Any:
        gradients = result if self.where is None else result[self.where]
        found = tuple(gradients[i] if key is None else gradients[i][key] for i, key in self.places)
        picked = found[0] if self.single else found
        if self.where is None:
            return picked
        return (result[0], picked) if self.where else (picked, result[1])

    def of(self, result: Any, item: Callable[[Any, Any], Any]) -> Any:
        """The same of an abstract result."""
        from symgrad.frontend.values import Tup
        gradients = result if self.where is None else result.items[self.where]
        found = Tup(tuple(gradients.items[i] if key is None else item(gradients.items[i], key)
                          for i, key in self.places))
        picked = found.items[0] if self.single else found
        if self.where is None:
            return picked
        return Tup((result.items[0], picked) if self.where else (picked, result.items[1]))


@struct(eq=False)
class Specialisation:
    """A function compiled for arguments of certain types."""

    specs: dict[str, Any]
    forced: frozenset[Any]
    generated: Any
    function: Callable[..., Any]
    picks: Picks | None
    guard: Callable[..., Any]
    native: Any = None                  # what compiled the function, if it is compiled
    reason: str = ""                    # why it is not, or why it is

    @property
    def source(self) -> str:
        return str(self.generated.text.source)

    def run(self, bound: dict[str, Any], **more: Any) -> Any:
        """Call the generated function with these values of the primal's parameters."""
        from symgrad.backends.python import annotate
        self.check(bound)
        self.refresh()
        try:
            result = self.call(self.function, bound, more)
        except Exception as error:
            annotate(error, self.function, self.generated.lines)
            raise
        return self.picks(result) if self.picks else result

    def call(self, function: Callable[..., Any], bound: dict[str, Any], more: dict[str, Any]) -> Any:
        """Call a function of the generated one's parameters."""
        code = self.function.__code__
        positional = code.co_varnames[:code.co_argcount]
        args = [bound[n] for n in self.specs if n in positional]
        return function(*args, **{n: bound[n] for n in self.specs if n not in positional}, **more)

    def prepare(self, bound: dict[str, Any]) -> None:
        """Compile for a call with these values of the primal's parameters, where it is compiled code that runs."""
        from symgrad.backends.failure import NotCompiled

        def call(function: Callable[..., Any]) -> Any:
            function.__globals__.update({c.name: c.read() for c in self.generated.captures if c.name})
            return self.call(function, bound, {})

        if self.native is not None:
            self.refresh()
            try:
                self.native.prepare(call)
            except NotCompiled as failure:
                if not failure.transient:
                    self.native.instead(failure, self.function.__globals__)

    def check(self, bound: dict[str, Any]) -> None:
        """Refuse arguments that are the same memory where the function writes to it."""
        if self.generated.apart:
            from symgrad.analysis.written import check
            captured = {c.name: c.read() for c in self.generated.captures if c.name}
            check(self.generated.apart, {**captured, **bound}, self.guard.__qualname__)

    def detached(self, copied: Callable[[Any], Any]) -> Callable[..., Any]:
        """`run` with the globals and closure values as they are now."""
        if not self.generated.captures:
            return self.run
        from symgrad.backends.python import load
        function = self.native.function() if self.native else load(self.generated.text)
        function.__globals__.update({c.name: copied(c.read()) for c in self.generated.captures if c.name})
        generated = replace(self.generated, captures=[], apart=[])
        return replace(self, generated=generated, function=function).run

    def refresh(self) -> None:
        """Let the generated function see globals and closure values as they are now."""
        for c in self.generated.captures:
            if c.name:
                self.function.__globals__[c.name] = c.read()

    def fits(self) -> bool:
        """Whether the globals and closure values that the function reads have the types they had."""
        from symgrad.frontend.signature import describe
        return all(describe(c.read(), ("capture", c.name), self.forced) == c.spec for c in self.generated.captures)


class Specialisations:
    """The compiled forms of one function under one set of options."""

    def __init__(self, function: Any, options: Options) -> None:
        self.function, self.options = function, options
        self.table: dict[Any, list[Specialisation]] = {}
        self.forced: dict[Any, frozenset[Any]] = {}     # which arguments' values the code depends on
        if options.source is not None:
            remember_source(function, options.source)

    @functools.cached_property
    def parameters(self) -> Parameters:
        return Parameters(self.function, self.options.skip)

    def of_values(self, bound: dict[str, Any]) -> Specialisation:
        """The one for a call with these values."""
        from symgrad.frontend.signature import describe

        def specs(names: Any, forced: frozenset[Any]) -> dict[str, Any]:
            return {n: describe(bound[n], n, forced) for n in names}

        try:
            return self.of(bound, specs)
        except NotScalarError as error:
            shape = shape_of(error.type, bound)
            if shape is None:
                raise
            raise NotScalarError(f"{error.message}: its shape is {shape}", error.span, error.hint) from None

    def of(self, bound: dict[str, Any], describe: Callable[[Any, frozenset[Any]], dict[str, Any]],
           quiet: bool = False) -> Specialisation:
        """The one for the specs that ``describe(names, forced)`` gives, compiled if need be."""
        with LOCK:
            given, kinds, omitted = self.parameters.split(bound)
            plain = describe(given, frozenset())
            key = tuple(plain.items())
            attempts: list[tuple[str | None, Any]] = []
            while True:
                forced = self.forced.get(key, frozenset())
                specs = describe(given, forced) if forced else plain
                row = self.table.setdefault(tuple(specs.items()), [])
                for s in row:
                    if s.fits():
                        return s
                made = self.compile(bound, specs, kinds, omitted, forced, attempts)
                if isinstance(made, Specialisation):
                    row.append(made)
                    if len(self.table) > KEPT:
                        self.table.pop(next(iter(self.table)))
                    if not quiet:
                        self.warn(made)
                    return made
                if made in forced:
                    raise SymgradError(f"the value of {made} decides the structure of the code, and cannot be used so")
                self.forced[key] = forced | {made}

    def compile(self, bound: dict[str, Any], specs: dict[str, Any], kinds: dict[str, str], omitted: dict[str, Any],
                forced: frozenset[Any], attempts: list[tuple[str | None, Any]]) -> Any:
        """A new specialisation, or the path of an argument whose value is needed.

        `attempts` are those before it that ended so: the name of what the disk cache has for them, and the path.
        """
        from symgrad.backends.choice import placed
        from symgrad.dispatch import guard
        options = self.options
        selected = self.selected(bound, specs)
        for s in selected:
            check_argument(s, specs)
        wrt = tuple(dict.fromkeys(s.parameter for s in selected))
        products = options.kind in ("vjp", "jvp")       # with cotangents or tangents that the call gives
        single = not isinstance(options.wrt, tuple) and (not products or options.argnums is not None)
        if options.mode == "forward" and not products:
            check_one_number(selected, specs)
        plain = len(selected) == len(wrt) and all(s.key is None for s in selected)
        def generate(backend: str) -> Any:
            from symgrad.build import build
            return build(
                self.function, specs, variadic=kinds, wrt=wrt, single=single and plain,
                value=options.kind in ("value_and_grad", "jvp"), aux=options.has_aux, forced=forced, name=self.name,
                scalar=not products, mode=options.mode, backend=backend,
                parallel=options.parallel and backend == "numba")

        chosen = self.choose(generate, specs, kinds, omitted, forced, attempts)
        if not hasattr(chosen, "function"):
            return chosen
        generated, function = chosen.generated, chosen.function
        where = 1 if options.kind == "value_and_grad" else 0 if options.has_aux else None
        picks = None if plain or options.kind == "jvp" else Picks(tuple((wrt.index(s.parameter), s.key) for s in selected), single, where)
        entry = guard(self.parameters.signature, getattr(self.function, "__qualname__", self.name), specs, omitted,
                      generated.captures, forced, function, generated.lines, picks, generated.apart)
        function.__globals__.update(placed(generated.captures))
        made = Specialisation(specs, forced, generated, function, picks, entry, chosen.native, chosen.reason)
        made.refresh()
        if chosen.instead is not None:
            chosen.instead.specialisation = made
        return made

    def choose(self, generate: Callable[[str], Any], specs: Any, kinds: Any, omitted: Any, forced: frozenset[Any],
               attempts: list[tuple[str | None, Any]]) -> Any:
        """What runs: what an earlier process left on disk, or what is generated now. Or the path of an argument whose value
        is needed."""
        from symgrad.backends.choice import again, choose
        from symgrad.frontend.lowering import NeedStatic
        from symgrad.frontend.reading import noted
        if self.options.backend == "python":
            try:
                return choose(generate, self.options, self.warn_of)
            except NeedStatic as need:
                return need.path
        from symgrad.cache import index
        key = index.key_of(self.function, self.options, specs, kinds, omitted, forced)
        record = index.recalled(key, self.function, forced)
        if record is not None:
            return again(record, generate, self.options, self.warn_of) if record.need is None else record.need
        with noted() as read:
            try:
                chosen = choose(generate, self.options, self.warn_of)
            except NeedStatic as need:
                attempts.append((key, need.path))
                return need.path
        for name, path in (*attempts, (key, None)):
            index.keep(name, self.function, chosen.generated, chosen.backend, chosen.reason, read, path)
        return chosen

    def selected(self, bound: dict[str, Any], specs: dict[str, Any]) -> list[Selected]:
        """What to differentiate with respect to; for `vjp` and `jvp`, without argnums, all that can be."""
        from symgrad.frontend.signature import float_leaves
        if self.options.kind in ("vjp", "jvp") and self.options.argnums is None:
            own = list(self.parameters.signature.parameters)[:self.options.skip]
            return [Selected(n) for n in specs if n not in own and float_leaves(specs[n])]
        return self.parameters.select(self.options.wrt, bound)

    @property
    def name(self) -> str:
        """What the generated function is called."""
        inner = getattr(self.function, "_compiled", None)       # of a gradient's gradient
        return (inner.name if inner else name_of(self.function).strip("<>_")) + SUFFIX[self.options.kind]

    def warn_of(self, failure: Any) -> None:
        """Say that plain Python runs, and why, where compiled code was asked for."""
        if self.options.backend == "numba":
            warnings.warn(NativeFallbackWarning(
                f"the derivative of {name_of(self.function)}() runs in plain Python: {failure}"), stacklevel=outside())

    def warn(self, made: Specialisation) -> None:
        for name in made.generated.zero:
            warnings.warn(ZeroGradientWarning(
                f"the result of {name_of(self.function)}() does not depend on {name!r}: its gradient is zero"),
                stacklevel=outside())


def shape_of(t: Any, bound: dict[str, Any]) -> tuple[int, ...] | None:
    """The shape of a result of type `t` in a call with these arguments, where the type tells it."""
    from symgrad.ir.types import Array
    if not isinstance(t, Array):
        return None
    try:
        return tuple(d if isinstance(d, int) else length_in(bound, *d.base[-2:]) + d.offset for d in t.dims)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return None             # a length that no argument's shape gives


def length_in(bound: dict[str, Any], place: tuple[str, tuple[Any, ...]], axis: int) -> int:
    """The length of an axis of an array that is an argument, or is in one."""
    name, path = place
    found = bound[name]
    for key in path:
        found = found[key]
    return int(found.shape[axis])


def outside() -> int:
    """The stack level, seen from the caller, of the first frame that is not symgrad's."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and (
            frame.f_globals.get("__name__", "").split(".")[0] == "symgrad" or frame.f_code.co_name == "guard"):
        level, frame = level + 1, frame.f_back
    return level


def check_argument(selected: Selected, specs: dict[str, Any]) -> None:
    """Refuse to differentiate with respect to what holds no floats."""
    from symgrad.frontend.signature import Struct, float_leaves
    from symgrad.ir.types import Array, Scalar
    name, key = selected
    if name not in specs:
        raise ArgumentError(f"argnums: the argument {name!r} is left to its default by this call",
                            hint=f"pass {name} to differentiate with respect to it")
    spec = specs[name]
    if key is not None and isinstance(spec, Struct):
        spec = dict(spec.items)[key]
        name = f"{name}[{key!r}]" if isinstance(key, int) else key
    if float_leaves(spec):
        return
    t = getattr(spec, "type", None)
    what, hint = kind_of(spec), "only floats, arrays of floats and structures of them have a gradient"
    if isinstance(t, Scalar) and t.kind == "i":
        hint = "pass a float: 1.0 instead of 1"
    elif what == "a bool":
        hint = "pass a float: 1.0 instead of True"
    elif isinstance(t, Array):
        hint = f"pass an array of floats: {name}.astype(float)"
    raise ArgumentError(f"the argument {name!r} is {what}: there is no derivative with respect to it",
                        hint=f"{hint}; or choose other arguments with argnums")


def check_one_number(selected: list[Selected], specs: dict[str, Any]) -> None:
    """Refuse a derivative in forward mode with respect to more than one number."""
    from symgrad.ir.types import Scalar
    spec = specs[selected[0].parameter]
    if len(selected) > 1 or selected[0].key is not None or not isinstance(getattr(spec, "type", None), Scalar):
        names = ", ".join(dict.fromkeys(s.parameter for s in selected))
        raise ArgumentError(f'mode="forward" gives the derivative with respect to one number, not to {names}',
                            hint='leave mode out, choose one float with argnums, or see jvp and jacfwd')


def kind_of(spec: Any) -> str:
    """What an argument without floats is, in words."""
    from symgrad.frontend.signature import Known, Struct
    from symgrad.ir.types import Array, Scalar
    t = getattr(spec, "type", None)
    if isinstance(spec, Known):
        what = "None" if spec.obj is None else type(spec.obj).__name__
    elif isinstance(spec, Struct):
        what = f"{spec.cls.__name__ if spec.cls else spec.kind} without floats"
    elif isinstance(t, Scalar):
        what = t.dtype.rstrip("0123456789") if t.python else f"np.{t.dtype}"
    else:
        what = f"array of {t.dtype}" if isinstance(t, Array) else getattr(t, "what", "list without floats")
    return what if what == "None" else f"{'an' if what[0] in 'aeiouAEIOU' else 'a'} {what}"


def remember_source(function: Any, text: str) -> None:
    """Let the frontend find the text of a function that is in no file."""
    from symgrad.frontend import source
    while not isinstance(function, types.FunctionType) and hasattr(function, "func"):
        function = function.func
    code = getattr(function, "__code__", None)
    if code is None:
        raise ArgumentError(f"source= is for functions written in Python, and {name_of(function)} is none")
    source.remember(code, text)


__all__ = ["LOCK", "Options", "Specialisation", "Specialisations"]
