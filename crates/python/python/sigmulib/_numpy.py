"""NumPy arrays, subclasses included."""

from __future__ import annotations

import numpy as np

import sigmulib

from . import _native
from ._kinds import same_kind


def serve(a: np.ndarray, out: np.ndarray | None, runtime: str | None, threads: int | None) -> np.ndarray:
    if out is None:
        # Of the same class and memory order; in large pages, if it is large.
        out = np.empty_like(a)
    else:
        same_kind(out, np.ndarray, a)
    try:
        _native.into(a, out, runtime, threads)
    except _native.CannotBorrow:
        # With elements at odd addresses, or read-only and NumPy older than 2.1. A copy is neither.
        _native.into(np.array(a), out, runtime, threads)
    return out


sigmulib._ndarray = np.ndarray
sigmulib._serve_ndarray = serve
