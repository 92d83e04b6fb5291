"""The derivative rules, one file per family of functions; importing them fills `core.RULES`."""
from symgrad.rules import accumulations as accumulations
from symgrad.rules import convolution as convolution
from symgrad.rules import core
from symgrad.rules import creation as creation
from symgrad.rules import decompositions as decompositions
from symgrad.rules import diagonals as diagonals
from symgrad.rules import differences as differences
from symgrad.rules import einsum as einsum
from symgrad.rules import extrema as extrema
from symgrad.rules import joining as joining
from symgrad.rules import linalg as linalg
from symgrad.rules import math_functions as math_functions
from symgrad.rules import norms as norms
from symgrad.rules import outer as outer
from symgrad.rules import padding as padding
from symgrad.rules import products as products
from symgrad.rules import quantiles as quantiles
from symgrad.rules import reductions as reductions
from symgrad.rules import scalars as scalars
from symgrad.rules import selection as selection
from symgrad.rules import sequences as sequences
from symgrad.rules import shape as shape
from symgrad.rules import special as special
from symgrad.rules import ufuncs as ufuncs

core.when_imported("numpy.fft", "symgrad.rules.fourier")
core.when_imported("scipy.special", "symgrad.rules.scipy_special")
