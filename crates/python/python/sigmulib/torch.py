"""PyTorch: tensors, and `SiLU` for use in models.

A plain tensor goes straight to the native module, past PyTorch's dispatcher, which takes longer than a small tensor does; so does the
gradient of one, inside an ``autograd.Function``. Wherever somebody else must hear of the call (tracers, modes, transforms,
compilers, profilers, subclasses) it goes through the operators ``torch.ops.sigmulib.sigmul``, ``sigmul_backward`` and ``sigmul_out``,
which end in the same place. Inside the transforms of ``torch.func`` and in forward mode, where derivatives of derivatives have to
know one another, it is PyTorch's own ``silu``.
"""

from __future__ import annotations

import torch
from torch import library
from torch.autograd import forward_ad, profiler
from torch.autograd.graph import increment_version
from torch.compiler import is_dynamo_compiling
from torch.overrides import handle_torch_function, has_torch_function

import sigmulib

from . import _native
from ._kinds import same_kind

__all__ = ["SiLU"]


class SiLU(torch.nn.Module):
    """``sigmoid(x) * x``, in place of ``torch.nn.SiLU``.

    Args:
        inplace: Overwrite the input with the result. As in PyTorch, this saves memory where no gradient is recorded; where one
            is, a copy of the input is kept for it.

    Input and output are float32 CPU tensors of any shape. Errors are those of `sigmulib.sigmul`.
    """

    __constants__ = ["inplace"]

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not self.inplace:
            return sigmulib.sigmul(input)
        if isinstance(input, torch.Tensor) and _is_recorded(input):
            return input.copy_(sigmulib.sigmul(input.clone()))
        return sigmulib.sigmul(input, out=input)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


def _is_recorded(*tensors: torch.Tensor) -> bool:
    """Whether derivatives of any of them are recorded, of any kind."""
    return _is_transformed() or (torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors))


def _is_transformed() -> bool:
    """Whether a transform of `torch.func` or forward mode is at work."""
    return forward_ad._current_level >= 0 or torch._C._are_functorch_transforms_active()


_library = library.Library("sigmulib", "DEF")
_library.define("sigmul(Tensor a, str? runtime=None, int? threads=None) -> Tensor", tags=torch.Tag.pt2_compliant_tag)
_library.define(
    "sigmul_backward(Tensor grad, Tensor a, str? runtime=None, int? threads=None) -> Tensor", tags=torch.Tag.pt2_compliant_tag
)


def _check(a: torch.Tensor) -> None:
    if a.dtype != torch.float32:
        raise TypeError(f"`a` is of dtype {a.dtype}: only float32 is supported, convert it first")


def _lendable(a: torch.Tensor) -> torch.Tensor:
    # `__dlpack__` refuses what could have a gradient.
    return a if _exchanges else a.detach()


def _fresh(a, runtime=None, threads=None):
    y = _native.fresh(_lendable(a), runtime, threads)
    return y if _exchanges else torch.from_dlpack(y)


def _fake(a, runtime=None, threads=None):
    _check(a)
    return torch.empty_like(a)


def _batched(info, in_dims, a, runtime=None, threads=None):
    return _operator(a, runtime, threads), in_dims[0]


def _recording(a, runtime=None, threads=None):
    if _is_transformed():
        _check(a)
        return torch.nn.functional.silu(a)
    if _is_recorded(a):
        return _Function.apply(a, None, runtime, threads)
    return _below(_operator, a, runtime, threads)


def _gradient(grad, a, runtime=None, threads=None):
    dx = _native.plain_gradient(grad, a, runtime, threads)
    return torch.ops.aten.silu_backward.default(grad, a) if dx is None else dx


def _fake_gradient(grad, a, runtime=None, threads=None):
    return torch.empty_like(a)


def _batched_gradient(info, in_dims, grad, a, runtime=None, threads=None):
    grad, a = (t if dim is None else t.movedim(dim, 0) for t, dim in zip((grad, a), in_dims))
    grad, a = torch.broadcast_tensors(grad, a)
    return _gradient_operator(grad, a, runtime, threads), 0


def _recording_gradient(grad, a, runtime=None, threads=None):
    if _is_recorded(grad, a):
        # In parts that have derivatives of their own.
        sigmoid = torch.sigmoid(a)
        return grad * (sigmoid * (1 + a * (1 - sigmoid)))
    return _below(_gradient_operator, grad, a, runtime, threads)


def _below(operator, *args):
    with torch._C._AutoDispatchBelowAutograd():
        return operator(*args)


for _name, _compute, _without_memory, _batch, _record in [
    ("sigmul", _fresh, _fake, _batched, _recording),
    ("sigmul_backward", _gradient, _fake_gradient, _batched_gradient, _recording_gradient),
]:
    _library.impl(_name, _compute, "CompositeExplicitAutograd")
    _library.impl(_name, _record, "Autograd")
    library.register_fake(f"sigmulib::{_name}", _without_memory, lib=_library)
    library.register_vmap(f"sigmulib::{_name}", _batch, lib=_library)

_operator = torch.ops.sigmulib.sigmul.default
_gradient_operator = torch.ops.sigmulib.sigmul_backward.default


@torch._decomp.register_decomposition([_operator])
def _in_parts(a, runtime=None, threads=None):
    # For formats that have no operators but their own, such as ONNX.
    return torch.nn.functional.silu(a)


class _Function(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, computed, runtime, threads):
        ctx.save_for_backward(a)
        ctx.by = runtime, threads
        return computed.pop() if computed else _below(_operator, a, runtime, threads)

    @staticmethod
    def backward(ctx, grad):
        (a,) = ctx.saved_tensors
        if forward_ad._current_level < 0:
            dx = _native.plain_gradient(grad, a, *ctx.by)
            if dx is not None:
                return dx, None, None, None
        return _gradient_operator(grad, a, *ctx.by), None, None, None


@library.custom_op(
    "sigmulib::sigmul_out", mutates_args=("out",), schema="(Tensor a, Tensor(b!) out, str? runtime=None, int? threads=None) -> ()"
)
def _into(a, out, runtime=None, threads=None):
    _native.into(_lendable(a), _lendable(out), runtime, threads, True)


@_into.register_fake
def _(a, out, runtime=None, threads=None):
    _check(a)


def serve(a, out, runtime, threads):
    if has_torch_function((a, out)):
        # Modes, and classes with a way of their own.
        return handle_torch_function(sigmulib.sigmul, (a, out), a, out=out, runtime=runtime, threads=threads)
    if a.is_nested:
        raise ValueError("`a` is a nested tensor, whose components don't lie in one shape: give them one by one")
    if out is None:
        if a.dtype in (torch.bfloat16, torch.float16) and torch.is_autocast_enabled("cpu"):
            # What autocast makes of a layer before it; as PyTorch, in float32 and rounded once.
            return sigmulib.sigmul(a.float(), runtime=runtime, threads=threads).to(a.dtype)
        return _operator(a, runtime, threads)
    same_kind(out, torch.Tensor, a)
    if not is_dynamo_compiling():
        _check_out(a, out)
    elif torch.is_grad_enabled() and (a.requires_grad or out.requires_grad):
        raise ValueError(_RECORDED)
    _into(a, out, runtime, threads)
    return out


_RECORDED = (
    "`out` can't be written to while derivatives of it or of `a` are recorded: leave it out, or call inside torch.no_grad()"
)


def _check_out(a: torch.Tensor, out: torch.Tensor) -> None:
    if torch._C._are_functorch_transforms_active():
        raise ValueError("`out` can't be given inside torch.vmap and the other transforms of torch.func: leave it out")
    if _is_recorded(a, out):
        raise ValueError(_RECORDED)
    if out.is_neg():
        raise ValueError("`out` is a negated view: give a tensor of its own")
    if out.is_inference() and not torch.is_inference_mode_enabled():
        raise ValueError("`out` is an inference tensor, which can't be changed outside of torch.inference_mode(): give a copy")
    if a.is_meta != out.is_meta:
        raise ValueError(f"`out` is on {out.device} and `a` on {a.device}: give both on one device")
    if out.shape != a.shape:
        raise ValueError(
            f"`out` has the shape {list(out.shape)} and `a` {list(a.shape)}: give an `out` of the same shape"
        )


# Whether tensors are exchanged by C functions, or by `__dlpack__` and the long way alone.
_exchanges = hasattr(torch.Tensor, "__dlpack_c_exchange_api__")

_native.know_tensors(
    tensor=torch.Tensor,
    example=torch.empty(0),
    parameter=torch.nn.Parameter,
    is_grad_enabled=torch.is_grad_enabled,
    is_transformed=torch._C._are_functorch_transforms_active,
    # What it does before this in Python is for the transforms, which are asked about beforehand.
    record=super(torch.autograd.Function, _Function).apply,
    increment_version=increment_version,
    # Modes, and the tracer of torch.jit. The profiler is quicker to ask in Python.
    listeners=(torch._C._len_torch_dispatch_stack, torch._C._is_torch_function_mode_enabled, torch._C._get_tracing_state),
)
sigmulib._is_traced = is_dynamo_compiling
sigmulib._forward_ad = forward_ad
sigmulib._profiler = profiler
sigmulib._Parameter = torch.nn.Parameter
sigmulib._Tensor = torch.Tensor
