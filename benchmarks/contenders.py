"""A gradient function for a workload from each of symgrad, the hand-written code and the peers."""
import importlib

import numpy as np


def available(name):
    """Whether a contender can be imported; says why when it cannot."""
    try:
        importlib.import_module("symgrad.api" if name == "symgrad" else name)
    except ImportError as reason:
        print(f"without {name}: {reason}")
        return False
    return True


def symgrad_gradient(work):
    """symgrad's gradient of the primal as it stands."""
    from symgrad import grad
    return grad(work.primal, argnums=_one_or_all(work.argnums)), work.args


def autograd_gradient(work):
    """HIPS autograd's gradient of the version written for it."""
    from autograd import grad
    argnums = work.argnums
    return grad(work.for_autograd(), argnums if len(argnums) > 1 else argnums[0]), work.args


def jax_gradient(work):
    """JAX's compiled gradient of the version written for it, on arguments that are JAX's already."""
    import jax
    import jax.numpy as jnp
    compiled = jax.jit(jax.grad(work.for_jax(), _one_or_all(work.argnums)), static_argnums=work.jax_static)
    args = tuple(a if k in work.jax_static else jnp.asarray(a) for k, a in enumerate(work.args))
    return lambda *args: jax.block_until_ready(compiled(*args)), args


def _one_or_all(argnums):
    return argnums if len(argnums) > 1 else argnums[0]


BUILDERS = {"symgrad": symgrad_gradient, "by hand": lambda work: (work.by_hand, work.args),
            "autograd": autograd_gradient, "jax": jax_gradient}


def flat(gradient):
    """A gradient of any structure as one vector, to compare."""
    if isinstance(gradient, tuple | list):
        return np.concatenate([flat(part) for part in gradient])
    return np.ravel(np.asarray(gradient, dtype=float))
