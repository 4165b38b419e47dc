"""sigmoid(A) * A (SiLU) on PyTorch tensors, NumPy arrays and anything else with DLPack on the CPU, without copies.

    import sigmulib
    y = sigmulib.sigmul(a)

Neither library is needed, nor imported, before an array of it is given.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from . import _native
from ._kinds import serve

__all__ = ["BreakEven", "break_even", "runtimes", "sigmul"]

_Array = TypeVar("_Array")

# Set where the library is first met.
_ndarray: Any = None
_serve_ndarray: Any = None
_Tensor: Any = None
_is_traced: Any = None
_forward_ad: Any = None
_increment_version: Any = None


def sigmul(
    a: _Array,
    *,
    out: _Array | None = None,
    runtime: str | None = None,
    threads: int | None = None,
) -> _Array:
    """Return ``sigmoid(a) * a``, element by element, as an array of the same kind, shape and memory order as `a`.

    Args:
        a: A float32 array or tensor in CPU memory, of any shape and strides: a ``torch.Tensor``, a ``numpy.ndarray``, or of
            any library that supports DLPack.
        out: Where to write the result, instead of a fresh array: `a` itself, or an array of the same kind and shape that
            shares no memory with it.
        runtime: One of `runtimes()`. Left out, a call on fewer than `break_even()` elements is serial, any other shared if
            that pays: by the persistent pool ("pool") while its threads are awake, else by PyTorch's own threads ("openmp")
            where tensors were given before. `break_even().source` says it in numbers.
        threads: How many threads share the call, from 1 to 1024. Left out, as many as the process may run at once; on
            PyTorch's threads, as many as PyTorch uses. "serial" always takes one.

    Returns:
        `out` if given, else a fresh array. A tensor's result is differentiable, any number of times, by itself or inside
        ``torch.compile`` and ``torch.func``.

    Raises:
        TypeError: `a` or `out` is no array, is not of float32, or `out` is of another kind than `a`; `runtime` is no string,
            `threads` no whole number.
        ValueError: An array is on another device, sparse, or otherwise not in plain memory. `out` is read-only, of another
            shape, overlaps `a` without being `a`, or is given while gradients of it are recorded. There is no such runtime,
            or no such number of threads. Nothing is written to `out`.
        MemoryError: There is no memory for the result.
        OSError: The system refused a thread.

    The interpreter lock is released, but for short serial calls. Several threads may call at once, and so may a child made by
    ``os.fork``.
    """
    # To most tensors there is no more than their memory. A compiler that follows this sees another way, as native functions are
    # opaque to it. So it does before `sigmulib.torch` has set the names: the compiler may be who meets the first tensor.
    if type(a) is _Tensor and not (_is_traced() or a.requires_grad or _forward_ad._current_level >= 0):
        if out is None:
            y = _native.plain_tensor(a, runtime, threads)
            if y is not None:
                return y
        elif type(out) is _Tensor and not out.requires_grad and _native.into_plain_tensor(a, out, runtime, threads):
            # What autograd saved of it before is not there any more.
            _increment_version((out,))
            return out
    elif type(a) is _ndarray:
        return _serve_ndarray(a, out, runtime, threads)
    return serve(a, out, runtime, threads)


def runtimes() -> list[str]:
    """Return the names that `sigmul` takes as `runtime`: "openmp" is there where PyTorch is, and not in children of a fork."""
    return _native.runtimes()


class BreakEven(NamedTuple):
    """From which size on a call is shared between threads, if it names no runtime."""

    elements: int
    """The smallest number of elements that is shared."""
    source: str
    """Where the number comes from, in words."""


def break_even() -> BreakEven:
    """Return from which size on a call that names no runtime is shared between threads, and why from there."""
    return BreakEven(*_native.break_even())
