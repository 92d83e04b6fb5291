"""The programs that are measured, one a file."""
from .black_scholes import BLACK_SCHOLES
from .euler import EULER
from .gaussian import GAUSSIAN
from .heat import HEAT
from .mlp import MLP
from .rosenbrock import ROSENBROCK

ALL = [ROSENBROCK, EULER, BLACK_SCHOLES, MLP, HEAT, GAUSSIAN]
