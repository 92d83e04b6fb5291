"""A gradient function for a workload from each of symgrad, the hand-written code and the peers.

Each builder takes a workload and its arguments and returns a function and the arguments to call it with. It imports
what it needs: a peer that is not installed raises ImportError, one that has no version of the program Missing.
"""
import difflib
import inspect
import re
import textwrap
import types
import warnings

import numpy as np

from .workload import SAME


class Missing(Exception):
    """There is nothing to measure; the message says why."""


# -- the primal ------------------------------------------------------------------------------


def primal_python(work, args):
    return work.primal, args


def primal_numba(work, args):
    if work.not_in_numba:
        raise Missing(work.not_in_numba)
    return compiled(work.primal), args


def compiled(function):
    """The function and the helpers that it calls, compiled by Numba as they are."""
    import numba
    return numba.njit(with_names(function, {name: compiled(f) for name, f in helpers_of(function).items()}))


def helpers_of(function):
    """The functions of its module that a function calls, by name."""
    names, codes = set(), [function.__code__]
    while codes:
        code = codes.pop()
        names.update(code.co_names)
        codes.extend(c for c in code.co_consts if isinstance(c, types.CodeType))
    found = {name: function.__globals__.get(name) for name in sorted(names)}
    return {name: f for name, f in found.items()
            if isinstance(f, types.FunctionType) and f.__module__ == function.__module__}


def with_names(function, names):
    """The same function, some of the global names that it reads bound to something else."""
    return types.FunctionType(function.__code__, {**function.__globals__, **names}, function.__name__,
                              function.__defaults__, function.__closure__)


# -- gradients -------------------------------------------------------------------------------


def symgrad_python(work, args):
    from symgrad import grad
    return grad(work.primal, argnums=one_or_all(work.argnums)), args


def symgrad_numba(work, args):
    from symgrad import grad
    from symgrad.errors import NativeFallbackWarning
    # what runs in plain Python after all is no native gradient
    warnings.filterwarnings("error", category=NativeFallbackWarning)
    return grad(work.primal, argnums=one_or_all(work.argnums), backend="numba"), args


def by_hand(work, args):
    if work.by_hand is None:
        raise Missing("not written")
    return compiled(work.by_hand), args


def by_hand_numpy(work, args):
    if work.by_hand_numpy is None:
        raise Missing("not written")
    return work.by_hand_numpy, args


def autograd(work, args):
    import autograd.numpy
    from autograd import grad
    return grad(version(work, "autograd", autograd.numpy), one_or_all(work.argnums)), args


def jax(work, args):
    """Compiled, on arguments that are JAX's already."""
    import jax
    import jax.numpy as jnp
    static = tuple(k for k, a in enumerate(args) if isinstance(a, int))
    gradient = jax.jit(jax.grad(version(work, "jax", jnp), one_or_all(work.argnums)), static_argnums=static)
    ours = tuple(a if k in static else jax.tree.map(jnp.asarray, a) for k, a in enumerate(args))
    return lambda *args: jax.block_until_ready(gradient(*args)), ours


def torch(work, args):
    """Eager, on tensors; the result is NumPy's again, without a copy."""
    import torch
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    function = version(work, "torch", torch)
    ours = [torch.as_tensor(a) if isinstance(a, np.ndarray | float) else a for a in args]
    active = [ours[k].requires_grad_() for k in work.argnums]

    def gradient(*args):
        return torch.autograd.grad(function(*args), active)
    return gradient, tuple(ours)


def casadi(work, args):
    """CasADi's function of the arguments' symbols, which its virtual machine runs."""
    import casadi
    function = version(work, "casadi", casadi)
    symbols = [casadi.SX.sym(f"a{k}", *np.shape(a)) if isinstance(a, np.ndarray | float) else a
               for k, a in enumerate(args)]
    given = [k for k, a in enumerate(args) if isinstance(a, np.ndarray | float)]
    value = function(*symbols)
    derivatives = [casadi.gradient(value, symbols[k]) for k in work.argnums]
    gradient = casadi.Function("gradient", [symbols[k] for k in given], derivatives)
    return lambda *args: gradient(*args), tuple(args[k] for k in given)


def version(work, peer, numpy):
    """The program in the form that a peer takes."""
    found = getattr(work, peer)
    if isinstance(found, str):
        raise Missing(found)
    return with_numpy(work.primal, numpy) if found is SAME else found()


def with_numpy(function, numpy):
    """The function and its helpers, with another NumPy."""
    helpers = {name: with_numpy(f, numpy) for name, f in helpers_of(function).items()}
    return with_names(function, {**helpers, "np": numpy, "math": numpy})


def one_or_all(argnums):
    return argnums if len(argnums) > 1 else argnums[0]


# -- who takes part --------------------------------------------------------------------------

NATIVE = {"primal python": primal_python, "primal numba": primal_numba, "symgrad numba": symgrad_numba,
          "by hand": by_hand, "jax": jax, "torch": torch, "casadi": casadi}
PLAIN = {"primal python": primal_python, "symgrad python": symgrad_python, "by hand numpy": by_hand_numpy,
         "autograd": autograd}
BUILDERS = NATIVE | PLAIN
PRIMALS = ("primal python", "primal numba")
PEERS = ("autograd", "jax", "torch", "casadi")
LIBRARIES = {"symgrad python": "symgrad.api", "symgrad numba": "symgrad.api", "primal numba": "numba",
             "by hand": "numba", "autograd": "autograd", "jax": "jax", "torch": "torch", "casadi": "casadi"}


def flat(gradient):
    """A gradient of any structure as one vector, to compare."""
    if isinstance(gradient, dict):
        return flat([gradient[key] for key in sorted(gradient)])
    if isinstance(gradient, tuple | list):
        return np.concatenate([flat(part) for part in gradient])
    return np.ravel(np.asarray(gradient, dtype=float))


# -- what a peer's version took --------------------------------------------------------------


def lines_changed(work, peer):
    """How many lines of a peer's version are not in the primal, the name of its NumPy aside; None without a version."""
    found = getattr(work, peer)
    if found is SAME:
        return 0
    if isinstance(found, str):
        return None
    ours, theirs = lines_with_helpers(work.primal), lines_with_helpers(found)
    theirs = [line for line in theirs if not SCAFFOLD.match(line)]
    matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    return len(theirs) - sum(block.size for block in matcher.get_matching_blocks())


# What a version is wrapped in: imports, and functions that take the peer's modules and return the program.
SCAFFOLD = re.compile(r"import |from |return [a-z_]+$|return _\w+\(|def (_|for_)")


def lines_with_helpers(function):
    return [*(line for f in helpers_of(function).values() for line in lines_of(f)), *lines_of(function)]


def lines_of(function):
    """A function's lines, without indentation, comments and docstring."""
    text = re.sub(r'""".*?"""', "", textwrap.dedent(inspect.getsource(function)), flags=re.DOTALL)
    text = re.sub(r"\bjnp\.|\btorch\.|\banp\.", "np.", text)
    stripped = (re.sub(r"\s+#.*", "", line.strip()) for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]
