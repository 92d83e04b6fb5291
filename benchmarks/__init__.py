"""Measurements of symgrad against hand-written gradients, HIPS autograd, JAX, PyTorch and CasADi: `python -m benchmarks`."""
import os

# One thread for everybody, set before NumPy or JAX is imported: ratios are then about the code.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_ENABLE_X64", "1")

# Starting up is measured, too: with modules that were compiled before, as they are once they are installed.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
