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
        _by_way_of_aligned(a, out, runtime, threads)
    return out


def _by_way_of_aligned(a: np.ndarray, out: np.ndarray, runtime: str | None, threads: int | None) -> None:
    """For elements at odd addresses or distances, which a loop over float32 can't read or write where they are."""
    results = np.empty_like(out, order="C", subok=False)
    # Refuses what is refused of others.
    _native.into_ndarray(np.array(a, subok=False), results, runtime, threads)
    if not out.flags.writeable:
        raise ValueError("`out` is read-only: give one that may be written to")
    if _overlaps_itself(out):
        raise ValueError("`out` has elements that share memory with one another: give one in which each has its own")
    in_place = a.ctypes.data == out.ctypes.data and a.strides == out.strides
    if not in_place and _overlap(a, out):
        raise ValueError("`out` overlaps `a` without being the same: give `a` itself, or memory apart from it")
    out[...] = results


def _overlaps_itself(a: np.ndarray) -> bool:
    """Whether elements may share memory with one another: unless the dimensions are nested."""
    reach = a.itemsize
    for stride, length in sorted((abs(stride), length) for stride, length in zip(a.strides, a.shape) if length != 1):
        if stride < reach and a.size:
            return True
        reach += (length - 1) * stride
    return False


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    try:
        return np.shares_memory(a, b, max_work=10_000)
    except np.exceptions.TooHardError:
        return True


sigmulib._ndarray = np.ndarray
sigmulib._serve_ndarray = serve
