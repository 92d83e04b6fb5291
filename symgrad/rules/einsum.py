"""np.einsum. The subscripts of each adjoint are found when the rule is compiled.

The adjoint of an operand is an einsum of the result's cotangent and the other operands. Two
things remain: an index that occurs twice in the operand (a diagonal, a trace) becomes two,
joined by an identity matrix; an index that only this operand has is an axis along which the
adjoint is constant.
"""
from __future__ import annotations

import numpy as np

from symgrad.rules.axes import refit
from symgrad.rules.core import jvp, returns_argument, vjp

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def rearranges(args, kwargs):
    """Whether an einsum of one array only moves its elements: no index is summed over."""
    if len(args) != 2 or not isinstance(args[0], str):
        return False
    inputs, arrow, output = args[0].replace(" ", "").partition("->")
    letters = [c for c in inputs if c.isalpha()]
    return set(letters) <= set(output) if arrow else len(set(letters)) == len(letters)


returns_argument(np.einsum, when=rearranges)


@vjp(np.einsum, wrt="operands", variadic="operands")
def einsum(dy, r, subscripts, operands, optimize=False):
    inputs, output = explicit(subscripts, tuple(np.ndim(x) for x in operands))
    return tuple(adjoint(dy, operands, inputs, output, i, optimize) for i in range(len(operands)))


def adjoint(dy, operands, inputs, output, i, optimize):
    x = operands[i]
    target, doubled, eyes = without_repeats(inputs, output, i)
    factors = tuple(dy if j == i else a for j, a in enumerate(operands))
    factors += tuple(np.eye(x.shape[axis], dtype=x.dtype) for axis in doubled)
    terms = inputs[:i] + (output,) + inputs[i + 1:] + eyes
    known = letters_in(terms, target)
    if len(terms) == 1 and known == terms[0]:
        dx = dy
    elif optimize is False:
        dx = np.einsum(",".join(terms) + "->" + known, *factors)
    else:
        dx = np.einsum(",".join(terms) + "->" + known, *factors, optimize=optimize)
    if not known:
        return np.broadcast_to(dx, np.shape(x))
    if known != target:
        dx = dx[new_axes(target, known)]
    return refit(dx, x)


def subscripts_of(operand_axes, result_axes):
    """The text for lists of axes, as in ``np.einsum(a, [0, 1], b, [1, 2], [0, 2])``."""
    def text(axes):
        return "".join("..." if i is ... else LETTERS[i] for i in axes)
    return ",".join(map(text, operand_axes)) + "".join("->" + text(axes) for axes in result_axes)


def letters_in(terms, target):
    """The letters of `target` that some of the other operands have."""
    return "".join(c for c in target if any(c in term for term in terms))


def explicit(subscripts, ndims):
    """The letters of each operand and of the result, with ellipses and the implicit result written out."""
    left, arrow, output = subscripts.replace(" ", "").partition("->")
    inputs = left.split(",")
    spare = [c for c in LETTERS if c not in left]
    hidden = [n - len(term.replace("...", "")) if "..." in term else 0 for term, n in zip(inputs, ndims)]
    batch = "".join(spare[:max(hidden)])
    inputs = tuple(term.replace("...", batch[len(batch) - n:]) for term, n in zip(inputs, hidden))
    if not arrow:
        letters = "".join(inputs)
        output = "..." + "".join(sorted(c for c in set(letters) - set(batch) if letters.count(c) == 1))
    return inputs, output.replace("...", batch)


def without_repeats(inputs, output, i):
    """The subscripts of operand `i` with each repeated index renamed, and what ties the new name to the old.

    Returns the new subscripts, the axes that were renamed, and the subscripts of their identity matrices.
    """
    spare = [c for c in LETTERS if c not in "".join(inputs)]
    target, doubled, eyes = "", (), ()
    for axis, c in enumerate(inputs[i]):
        if c in target:
            new = spare.pop(0)
            doubled += (axis,)
            eyes += (c + new,)
            c = new
        target += c
    return target, doubled, eyes


def new_axes(target, known):
    """The index that inserts an axis for each letter of `target` that is not in `known`."""
    return tuple(slice(None) if c in known else None for c in target)


@jvp(np.einsum, "operands")
def einsum_tangent(doperands, r, subscripts, operands, optimize=False):
    terms = tuple(np.einsum(subscripts, *operands[:i], d, *operands[i + 1:], optimize=optimize)
                  for i, d in enumerate(doperands) if d is not None)
    return sum(terms[1:], terms[0])
