"""Reverse mode at run time: values that record how they were made.

The engine known from micrograd, `Value` and `nn`, with the functions of `math` and NumPy; and `grad`, `vjp` and `record`,
which run any function that symgrad differentiates as it is written. The tape has nothing in common with the
generated gradients but the rule table, so each is a witness for the other.
"""
from symgrad.tape.api import Record, grad, record, value_and_grad, vjp
from symgrad.tape.arrays import Array, array
from symgrad.tape.drawing import draw_dot
from symgrad.tape.engine import Value

__all__ = ["Array", "Record", "Value", "array", "draw_dot", "grad", "record", "value_and_grad", "vjp"]
