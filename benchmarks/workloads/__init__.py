"""The programs that are measured, one subject a file."""
from . import (
    black_scholes,
    cholesky,
    gauss_seidel,
    gaussian,
    gaussian_mixture,
    heat_3d,
    log_sum_exp,
    mlp,
    rosenbrock,
)

ALL = [
    # statistics and learning
    gaussian_mixture.LOOPS, gaussian_mixture.LOOPS_WIDE, gaussian_mixture.ARRAYS, gaussian_mixture.ARRAYS_WIDE,
    log_sum_exp.LOG_SUM_EXP, gaussian.GAUSSIAN, mlp.MLP,
    # arrays written in place
    gauss_seidel.GAUSS_SEIDEL, heat_3d.HEAT_3D,
    # linear algebra with loops
    cholesky.CHOLESKY,
    # numbers
    rosenbrock.ROSENBROCK, black_scholes.BLACK_SCHOLES,
]
BY_NAME = {work.name: work for work in ALL}
