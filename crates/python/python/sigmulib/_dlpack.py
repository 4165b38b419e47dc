"""Arrays of any other library, by what DLPack and the array API standard promise."""

from __future__ import annotations

from typing import Any

from . import _native
from ._kinds import name_of_type, same_kind


def serve(a: Any, out: Any, runtime: str | None, threads: int | None) -> Any:
    if out is not None:
        same_kind(out, type(a), a)
        _native.into(a, out, runtime, threads, False)
        return out
    y = _native.fresh(a, runtime, threads)
    if isinstance(y, type(a)):
        return y
    if not hasattr(a, "__array_namespace__"):
        raise TypeError(f"`a` is a {name_of_type(a)}, whose library can't be asked for a fresh array: give `out`")
    return a.__array_namespace__().from_dlpack(y)
