"""sigmoid(A) * A (SiLU) on PyTorch tensors, NumPy arrays and anything else with DLPack on the CPU, without copies.

    import sigmulib
    y = sigmulib.sigmul(a)

Neither library is needed, nor imported, before an array of it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar, overload

from . import _native
from ._kinds import serve

if TYPE_CHECKING:
    import torch as _torch

__version__ = _native.__version__

__all__ = ["BreakEven", "break_even", "get_num_threads", "runtimes", "set_num_threads", "sigmul"]


class _Dlpack(Protocol):
    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any: ...


class _ArrayApi(_Dlpack, Protocol):
    def __array_namespace__(self, *args: Any, **kwargs: Any) -> Any: ...


_Array = TypeVar("_Array", bound=_Dlpack)
# Tensors are none: a type checker would take one and an array for two of the same, if all that both have were asked for.
_Standard = TypeVar("_Standard", bound=_ArrayApi)

# Set where the library is first met.
_ndarray: Any = None
_serve_ndarray: Any = None
_Tensor: Any = None
_Parameter: Any = None
_is_traced: Any = None
_forward_ad: Any = None
_profiler: Any = None


@overload
def sigmul(
    a: _torch.Tensor, *, out: _torch.Tensor | None = None, runtime: str | None = None, threads: int | None = None
) -> _torch.Tensor: ...


@overload
def sigmul(a: _Array, *, out: None = None, runtime: str | None = None, threads: int | None = None) -> _Array: ...


@overload
def sigmul(a: _Standard, *, out: _Standard, runtime: str | None = None, threads: int | None = None) -> _Standard: ...


def sigmul(a: Any, *, out: Any = None, runtime: str | None = None, threads: int | None = None) -> Any:
    """Return ``sigmoid(a) * a``, element by element, as an array of the same kind, shape and memory order as `a`.

    Args:
        a: A float32 array or tensor in CPU memory, of any shape and strides: a ``torch.Tensor``, a ``numpy.ndarray``, or of
            any library that supports DLPack.
        out: Where to write the result, instead of a fresh array: `a` itself, or an array of the same kind and shape that
            shares no memory with it.
        runtime: One of `runtimes()`. Left out, a call on fewer than `break_even()` elements is serial, any other shared if
            that pays: by the persistent pool ("pool") while its threads are awake and have cores, else by PyTorch's own
            threads ("openmp") where PyTorch is loaded. `break_even().source` says it in numbers.
        threads: How many threads share the call, from 1 to 1024. Left out, `get_num_threads()` at most. "serial" always takes
            one. A runtime keeps its threads until a call asks it for another number of them.

    Returns:
        `out` if given, else a fresh array. A tensor's result is differentiable, any number of times and in every mode, by itself
        or inside ``torch.compile`` and ``torch.func``; inside the transforms of ``torch.func`` and in forward mode it is computed
        by PyTorch's own ``silu``, whatever `runtime` and `threads` say.

    Raises:
        TypeError: `a` or `out` is no array, is not of float32, or `out` is of another kind than `a`; `runtime` is no string,
            `threads` no whole number.
        ValueError: An array is on another device, sparse, or otherwise not in plain memory. `out` is read-only or does not say
            that it is not (as JAX's, and others lent by DLPack before version 1), is of another shape, overlaps `a` without being
            `a`, is given while gradients of it are recorded, or inside a transform of ``torch.func``. There is no such runtime, or
            no such number of threads. Nothing is written to `out`.
        MemoryError: There is no memory for the result.
        OSError: `runtime` or `threads` asks for a thread that the system refuses, and nothing is written. A call that names
            neither, and "crossbeam" and "threads", are computed by the threads there are.

    The interpreter lock is released, but for short serial calls. Several threads may call at once, and so may a child made by
    ``os.fork``.
    """
    # To most tensors there is no more than their memory. A compiler that follows this sees another way, as native functions are
    # opaque to it. So it does before `sigmulib.torch` has set the names: the compiler may be who meets the first tensor.
    kind = type(a)
    if kind is _Tensor or kind is _Parameter:
        if not (_is_traced() or _forward_ad._current_level >= 0 or _profiler._is_profiler_enabled):
            y = _native.plain_tensor(a, out, runtime, threads)
            if y is not None:
                return y
    elif kind is _ndarray:
        return _serve_ndarray(a, out, runtime, threads)
    return serve(a, out, runtime, threads)


def runtimes() -> list[str]:
    """Return the names that `sigmul` takes as `runtime`: "openmp" is there where PyTorch is, and not in children of a fork."""
    return _native.runtimes()


def set_num_threads(threads: int) -> None:
    """Say how many threads a call takes at most that doesn't say how many.

    Args:
        threads: From 1 to 1024, instead of the cores there are.

    Raises:
        TypeError: `threads` is no whole number.
        ValueError: There is no such number of threads.
    """
    _native.set_num_threads(threads)


def get_num_threads() -> int:
    """Return how many threads a call takes at most that doesn't say how many.

    As many as `set_num_threads` was told. Else the cores that the process may use, by affinity and quota when it was first asked, or
    ``OMP_NUM_THREADS`` if that is less. In either case no more than ``torch.get_num_threads()``, where PyTorch is loaded.
    """
    return _native.get_num_threads()


def __getattr__(name: str) -> Any:
    # `sigmulib.torch` without an import of its own, once PyTorch is wanted.
    if name == "torch":
        import importlib

        return importlib.import_module("sigmulib.torch")
    raise AttributeError(f"module 'sigmulib' has no attribute '{name}'")


class BreakEven(NamedTuple):
    """From which size on a call is shared between threads, if it names no runtime."""

    elements: int
    """The smallest number of elements that is shared."""
    source: str
    """Where the number comes from, in words."""


def break_even() -> BreakEven:
    """Return from which size on a call that names no runtime is shared between threads, and why from there."""
    return BreakEven(*_native.break_even())
