"""What all tests hold results against."""

import numpy as np


def exact(x):
    """SiLU of float32 values, in float64, by a form whose exponential can't overflow."""
    x = np.asarray(x, np.float64)
    e = np.exp(-np.abs(x))
    return x * np.where(x < 0, e, 1.0) / (1 + e)


def assert_close(y, x):
    """Each of `y` is within 1 ULP of SiLU of the same of `x` (and a little, for the float64 it is computed in)."""
    y, expected = np.asarray(y), exact(x)
    assert y.dtype == np.float32 and y.shape == expected.shape
    ulp = np.spacing(np.abs(expected).astype(np.float32)).astype(np.float64)
    assert np.all(np.abs(y - expected) <= 1.001 * ulp)
