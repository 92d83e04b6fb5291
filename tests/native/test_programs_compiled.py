"""Some of the programs of the other tests on compiled code; `make native-test` runs all of them."""
import pytest

from tests.golden.primals import CASES as GOLDEN
from tests.helpers import check_native
from tests.test_programs import CASES as PROGRAMS

pytest.importorskip("numba")

CHOSEN = ("physics.projectile_range", "physics.decay_chain", "physics.pendulum_period", "filters.kalman_local_level",
          "geometry.mesh_volume", "corners.triangle_views", "dynamic.soft_edit")


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name):
    function, args, argnums = GOLDEN[name]
    check_native(function, *args, argnums=argnums)


@pytest.mark.parametrize("f, args, argnums", [c for c in PROGRAMS if c.id.startswith(CHOSEN)])
def test_program(f, args, argnums):
    check_native(f, *args(), argnums=argnums)
