"""The programs that are measured, one subject a file."""
from . import (
    adi,
    binomial_tree,
    black_scholes,
    brownian,
    bundle_adjustment,
    cholesky,
    conv_net,
    gauss_seidel,
    gaussian,
    gaussian_mixture,
    gram_schmidt,
    heat_3d,
    k_means,
    kalman,
    least_squares,
    lennard_jones,
    log_sum_exp,
    lstm,
    lu,
    mlp,
    n_body,
    products,
    recursive_filter,
    rosenbrock,
    runge_kutta,
    stencil_2d,
    time_warping,
    triangular_solve,
    tridiagonal,
    vertical_advection,
)

ALL = [
    # statistics and learning
    gaussian_mixture.LOOPS, gaussian_mixture.LOOPS_WIDE, gaussian_mixture.ARRAYS, gaussian_mixture.ARRAYS_WIDE,
    lstm.LSTM, bundle_adjustment.BUNDLE_ADJUSTMENT, least_squares.LEAST_SQUARES, k_means.K_MEANS,
    log_sum_exp.LOG_SUM_EXP, gaussian.GAUSSIAN, mlp.MLP, conv_net.CONV_NET, kalman.KALMAN, time_warping.TIME_WARPING,
    # arrays written in place
    gauss_seidel.GAUSS_SEIDEL, stencil_2d.STENCIL_2D, heat_3d.HEAT_3D, adi.ADI,
    vertical_advection.VERTICAL_ADVECTION, recursive_filter.RECURSIVE_FILTER,
    # linear algebra
    cholesky.CHOLESKY, lu.LU, triangular_solve.TRIANGULAR_SOLVE, gram_schmidt.GRAM_SCHMIDT, tridiagonal.TRIDIAGONAL,
    products.PRODUCTS,
    # motion and markets
    runge_kutta.RUNGE_KUTTA, n_body.N_BODY, lennard_jones.LENNARD_JONES, brownian.BROWNIAN,
    binomial_tree.BINOMIAL_TREE, black_scholes.BLACK_SCHOLES, rosenbrock.ROSENBROCK,
]
BY_NAME = {work.name: work for work in ALL}
