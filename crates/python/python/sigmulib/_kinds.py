"""Which function serves an array: one for each library, found without importing a library that nobody uses."""

from __future__ import annotations

import sys
from typing import Any


def serve(a: Any, out: Any, runtime: str | None, threads: int | None) -> Any:
    if hasattr(sys.modules.get("numpy"), "ndarray"):
        from . import _numpy

        if isinstance(a, _numpy.np.ndarray):
            return _numpy.serve(a, out, runtime, threads)
    # Something else may stand in its place, so that it is not imported.
    if hasattr(sys.modules.get("torch"), "Tensor"):
        from . import torch as kind

        if isinstance(a, kind.torch.Tensor) or kind.has_torch_function((a, out)):
            return kind.serve(a, out, runtime, threads)
    from . import _dlpack

    return _dlpack.serve(a, out, runtime, threads)


def same_kind(out: Any, kind: type, a: Any) -> None:
    """Raises a TypeError unless `out` is of the `kind` that `a` is of."""
    if not isinstance(out, kind):
        raise TypeError(f"`out` is a {name_of_type(out)} and `a` a {name_of_type(a)}: give an `out` of the same kind")


def name_of_type(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
