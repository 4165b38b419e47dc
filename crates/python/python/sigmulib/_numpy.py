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
    elif not isinstance(out, np.ndarray):
        same_kind(out, np.ndarray, a)
    try:
        _native.into_ndarray(a, out, runtime, threads)
    except _native.CannotBorrow:
        # With elements at odd addresses or distances, one or the other: by way of arrays that have neither.
        if a.shape != out.shape or not out.flags.writeable:
            raise
        results = np.empty(out.shape, np.float32)
        _native.into_ndarray(np.array(a), results, runtime, threads)
        out[...] = results
    return out


sigmulib._ndarray = np.ndarray
sigmulib._serve_ndarray = serve
