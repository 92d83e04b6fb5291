"""What `grad` returns: a function that computes gradients, and all there is to know about it."""
from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable
from typing import Any

from symgrad.arguments import MISS, name_of
from symgrad.cache import memory
from symgrad.errors import ArgumentError, NotCalledError
from symgrad.specialise import Options, Specialisation, Specialisations

TITLES = {"grad": "Gradient of {}", "value_and_grad": "Value and gradient of {}", "vjp": "Pullback of {}",
          "jvp": "Value and directional derivative of {}"}
TRIED = 8       # guards tried before the arguments are described in full


class Gradient:
    """The gradient of a function. It is called as the function is.

    It is compiled at the first call with arguments of new types (dtypes, ranks, axes of length 1,
    structure), and again when such a change reaches a global or closed-over value. Any number of
    threads may call it at once.
    """

    def __init__(self, function: Any, options: Options) -> None:
        self.primal = function
        self.options = options
        self._compiled = Specialisations(function, options)
        self._tried: list[Specialisation] = []
        self._last: Specialisation | None = None
        self._guard: Callable[..., Any] = _no_guard
        if options.argnums is not None and inspect.isfunction(function):
            self._compiled.parameters.check(options.wrt)
        describe_as(self, function, options)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        result = self._guard(*args, **kwargs)
        if result is MISS:
            return self._search(args, kwargs)
        return result

    def _search(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Try the other guards, the last one used first; then describe the arguments in full."""
        for s in self._tried:
            result = s.guard(*args, **kwargs)
            if result is not MISS:
                self._use(s)
                return result
        bound = self._compiled.parameters.bind(args, kwargs)
        s = self._compiled.of_values(bound)
        self._use(s)
        result = s.guard(*args, **kwargs)
        if result is not MISS:
            return result
        return s.run(bound)                             # types that guards do not know, such as subclasses

    def _use(self, s: Specialisation) -> None:
        self._last = s
        self._tried = [s, *(t for t in self._tried if t is not s)][:TRIED]
        self._guard = s.guard

    def _find(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Specialisation:
        return self._compiled.of_values(self._compiled.parameters.bind(args, kwargs))

    # -- what was generated ----------------------------------------------------------------

    @property
    def source(self) -> str:
        """The generated source for the types of the last call's arguments."""
        return self._called("source").source

    def source_for(self, /, *args: Any, **kwargs: Any) -> str:
        """The generated source for arguments of these types; nothing is run."""
        return self._find(args, kwargs).source

    def function_for(self, /, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """The generated function for arguments of these types; nothing is run."""
        return self._find(args, kwargs).function

    def export(self, path: Any, /, *args: Any, **kwargs: Any) -> None:
        """Write a module that computes the gradient without symgrad.

        It is written for arguments of the types given or, without any, of the last call's.
        """
        from symgrad.export import module_text
        s = self._find(args, kwargs) if args or kwargs else self._called("export")
        with open(path, "w", encoding="utf-8") as file:
            file.write(module_text(s.generated))

    def verify(self, /, *args: Any, **kwargs: Any) -> Any:
        """Check this gradient at these arguments and, where it can be, prove it: see `symgrad.verify`."""
        from symgrad.verify.check import verify
        return verify(self, *args, **kwargs)

    def explain(self, /, *args: Any, **kwargs: Any) -> Any:
        """What runs for arguments of these types, or for the last call's, and why: see `Explanation`.

        The result prints as a report. What is not compiled yet is compiled; nothing is run.

        >>> from symgrad import grad
        >>> print(grad(abs).explain(2.0))
        the gradient of abs, for float64
          backend      plain Python
          recorded     nothing
        """
        from symgrad.explanation import explain
        if not args and not kwargs:
            return explain(self, self._called("explain"))
        bound = self._compiled.parameters.bind(args, kwargs)
        s = self._compiled.of_values(bound)
        s.prepare(bound)
        return explain(self, s)

    def warm(self, /, *args: Any, background: bool = False, **kwargs: Any) -> threading.Thread | None:
        """Compile for arguments of these types, so that the first call need not; nothing is run.

        With `background`, the compiled code is made in a thread, which is returned; calls that come before it is
        done run in plain Python. The function is read, and its derivative written, before this returns.
        """
        bound = self._compiled.parameters.bind(args, kwargs)
        s = self._compiled.of_values(bound)
        if not background:
            s.prepare(bound)
            return None
        thread = threading.Thread(target=s.prepare, args=(bound,), name=f"symgrad: {self!r}")
        if s.native is not None:
            s.native.background = thread
        thread.start()
        return thread

    def _called(self, what: str) -> Specialisation:
        if self._last is None:
            raise NotCalledError(
                f"{self!r} was not called yet, so the types of its arguments are not known",
                hint="call it, or use source_for(...) with example arguments" if what == "source"
                else "call it, or pass example arguments: explain(...)" if what == "explain"
                else "call it, or pass example arguments: export(path, ...)")
        return self._last

    @property
    def value_and_grad(self) -> Any:
        """The function that gives the value as well: ``g.value_and_grad(x)`` is ``(value, gradient)``."""
        return of(self.primal, self.options._replace(kind="value_and_grad"))

    # -- a Python function -----------------------------------------------------------------

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        gradient = self
        if self.options.argnums is None:                # as a method, the first argument is the one after self
            gradient = of(self.primal, self.options._replace(skip=1))
        return Bound(gradient, instance, self.primal.__get__(instance, owner))

    def __symgrad__(self, lw: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A call inside a function that is itself differentiated: the generated code takes its place."""
        from symgrad.nesting import inline_gradient
        read = of(self.primal, self.options._replace(backend="python"))
        return inline_gradient(read._compiled, lw, args, kwargs)

    @property
    def _signature(self) -> inspect.Signature:
        return self._compiled.parameters.signature

    def __repr__(self) -> str:
        return shown(self.options, self.primal)

    def __reduce__(self) -> Any:
        module, name = getattr(self.primal, "__module__", None), getattr(self.primal, "__qualname__", "")
        found: Any = sys.modules.get(module or "")
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is self:                               # as a decorator, it has the primal's place and name
            return name
        if isinstance(found, Gradient) and found.primal is self.primal:
            return like, (found, self.options)
        return of, (self.primal, self.options)


class Bound:
    """The gradient of a bound method or a callable object: called without `self`."""

    def __init__(self, gradient: Gradient, instance: Any, primal: Any) -> None:
        self.gradient, self.instance, self.primal = gradient, instance, primal
        describe_as(self, primal, gradient.options)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self.gradient(self.instance, *args, **kwargs)

    @property
    def source(self) -> str:
        """See `Gradient.source`."""
        return self.gradient.source

    def source_for(self, /, *args: Any, **kwargs: Any) -> str:
        """See `Gradient.source_for`."""
        return self.gradient.source_for(self.instance, *args, **kwargs)

    def function_for(self, /, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """The generated function; it takes the object first."""
        return self.gradient.function_for(self.instance, *args, **kwargs)

    def export(self, path: Any, /, *args: Any, **kwargs: Any) -> None:
        """See `Gradient.export`; the exported function takes the object first."""
        self.gradient.export(path, *((self.instance, *args) if args or kwargs else ()), **kwargs)

    def explain(self, /, *args: Any, **kwargs: Any) -> Any:
        """See `Gradient.explain`."""
        return self.gradient.explain(*((self.instance, *args) if args or kwargs else ()), **kwargs)

    def warm(self, /, *args: Any, background: bool = False, **kwargs: Any) -> threading.Thread | None:
        """See `Gradient.warm`."""
        return self.gradient.warm(self.instance, *args, background=background, **kwargs)

    def verify(self, /, *args: Any, **kwargs: Any) -> Any:
        """See `Gradient.verify`."""
        return self.gradient.verify(self.instance, *args, **kwargs)

    @property
    def value_and_grad(self) -> Bound:
        """See `Gradient.value_and_grad`."""
        return Bound(self.gradient.value_and_grad, self.instance, self.primal)

    def __symgrad__(self, lw: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        from symgrad.frontend.calls import lift
        return self.gradient.__symgrad__(lw, [lift(lw, self.instance), *args], kwargs)

    def __repr__(self) -> str:
        return shown(self.gradient.options, self.primal)

    def __reduce__(self) -> Any:
        if isinstance(self.primal, type(self.__repr__)) and isinstance(
                getattr(type(self.instance), self.primal.__name__, None), Gradient):
            return getattr, (self.instance, self.primal.__name__)
        return of, (self.primal, self.gradient.options._replace(skip=0))


def of(function: Any, options: Options) -> Any:
    """The gradient of a function under these options: the same object for the same function."""
    found = memory.get(function, options)
    if found is not None:
        return found
    if not callable(function):
        raise ArgumentError(f"a function is needed, not {function!r}", hint="pass the function itself: grad(f)")
    method, instance = bound_function(function)
    if method is not None:
        return Bound(of(method, options._replace(skip=1)), instance, function)
    gradient = Gradient(function, options)
    return memory.put(function, options, gradient)


def like(gradient: Gradient, options: Options) -> Any:
    """The gradient of the same function under other options."""
    return of(gradient.primal, options)


def bound_function(function: Any) -> tuple[Any, Any]:
    """What a bound method or a callable object is: a function and its first argument."""
    if inspect.ismethod(function):
        return function.__func__, function.__self__
    if isinstance(function, Bound):
        return function.gradient, function.instance
    if isinstance(function, Gradient) or inspect.isroutine(function) or isinstance(function, type):
        return None, None
    from symgrad.rules.core import find
    if find(function) is not None:                  # a rule comes before the source of __call__
        return None, None
    call = inspect.getattr_static(type(function), "__call__", None)
    if inspect.isfunction(call) and not type(function).__module__.startswith(("numpy", "numba", "functools")):
        return call, function
    return None, None


def describe_as(gradient: Any, primal: Any, options: Options) -> None:
    """The primal's name, module and documentation, as functools.wraps gives them."""
    name = name_of(primal)
    gradient.__wrapped__ = primal
    gradient.__name__ = name
    gradient.__qualname__ = getattr(primal, "__qualname__", name)
    gradient.__module__ = getattr(primal, "__module__", None) or __name__
    wrt = options.argnums if isinstance(options.argnums, tuple) else (options.argnums,)
    names = ", ".join("its first argument" if n is None else f"argument {n}" if isinstance(n, int) else n for n in wrt)
    title = f"{TITLES[options.kind].format(name)} with respect to {names}."
    doc = getattr(primal, "__doc__", None)
    gradient.__doc__ = f"{title}\n\n{inspect.cleandoc(doc)}" if isinstance(doc, str) else title


def shown(options: Options, primal: Any) -> str:
    """``grad(loss, argnums='w')``: how the gradient could be made again."""
    name = getattr(primal, "__qualname__", None) or name_of(primal)
    parts = [str(name).replace("<locals>.", "")]
    if isinstance(primal, (Gradient, Bound)):
        parts = [repr(primal)]
    if options.argnums is not None:
        parts.append(f"argnums={options.argnums!r}")
    if options.has_aux:
        parts.append("has_aux=True")
    if options.mode == "forward" and options.kind != "jvp":
        parts.append("mode='forward'")
    if options.backend != "python":
        parts.append(f"backend={options.backend!r}")
    if options.parallel:
        parts.append("parallel=True")
    return f"{options.kind}({', '.join(parts)})"


def _no_guard(*args: Any, **kwargs: Any) -> Any:
    return MISS


__all__ = ["Bound", "Gradient", "of"]
