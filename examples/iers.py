"""The observed motion of the Earth's pole: the series EOP 20 C04 of the IERS, as a package ships it."""
import astropy_iers_data
import numpy as np

STEP = 30                           # days; the wobbles to be told apart take 365 and 433
LAST = 58849                        # 2020-01-01: up to here the published values do not change any more


def load():
    """Return (positions, standard errors), both in milliarcseconds, one row every STEP days since 1962."""
    mjd, x, y, x_error, y_error = np.loadtxt(
        astropy_iers_data.IERS_B_FILE, usecols=(4, 5, 6, 13, 14), unpack=True)
    kept = np.flatnonzero(mjd < LAST)[::STEP]
    # y is published towards 90 degrees west; turned east, the pole moves anticlockwise
    pole = 1000.0 * np.column_stack([x, -y])
    error = 1000.0 * np.column_stack([x_error, y_error])
    return pole[kept], error[kept]
