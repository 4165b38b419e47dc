"""PyTorch: tensors, and `SiLU` for use in models.

A plain tensor goes straight to the native module, past PyTorch's dispatcher, which takes longer than a small tensor does. What
needs the dispatcher (gradients, transforms, compilation, subclasses) goes through the custom operators
``torch.ops.sigmulib.sigmul`` and ``sigmul_out``, which end in the same place.
"""

from __future__ import annotations

import torch
from torch import library
from torch.autograd import forward_ad
from torch.autograd.graph import increment_version
from torch.compiler import is_dynamo_compiling

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
        if torch.is_grad_enabled() and input.requires_grad:
            return input.copy_(sigmulib.sigmul(input.clone()))
        return sigmulib.sigmul(input, out=input)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


@library.custom_op("sigmulib::sigmul", mutates_args=(), schema="(Tensor a, str? runtime, int? threads) -> Tensor")
def _fresh(a, runtime, threads):
    return _native.fresh(a, runtime, threads)


@_fresh.register_fake
def _(a, runtime, threads):
    return torch.empty_like(a)


@_fresh.register_vmap
def _(info, in_dims, a, runtime, threads):
    return _fresh(a, runtime, threads), in_dims[0]


def _save(ctx, inputs, output):
    ctx.save_for_backward(inputs[0])
    ctx.save_for_forward(inputs[0])


def _backward(ctx, grad):
    (a,) = ctx.saved_tensors
    if torch.is_grad_enabled():
        return grad * _derivative(a), None, None
    # One pass instead of several, but without a derivative of its own.
    return torch.ops.aten.silu_backward(grad, a), None, None


def _derivative(a):
    sigmoid = torch.sigmoid(a)
    return sigmoid * (1 + a * (1 - sigmoid))


_fresh.register_autograd(_backward, setup_context=_save)


class _Differentiable(torch.autograd.Function):
    """The operator, for what PyTorch does not ask operators for: the transforms of ``torch.func``, and forward mode."""

    generate_vmap_rule = True
    forward = staticmethod(_fresh)
    setup_context = staticmethod(_save)
    backward = staticmethod(_backward)

    @staticmethod
    def jvp(ctx, tangent, *_):
        (a,) = ctx.saved_tensors
        return tangent * _derivative(a)


@library.custom_op(
    "sigmulib::sigmul_out", mutates_args=("out",), schema="(Tensor a, Tensor(b!) out, str? runtime, int? threads) -> ()"
)
def _into(a, out, runtime, threads):
    _native.into(a, out, runtime, threads)


@_into.register_fake
def _(a, out, runtime, threads):
    pass


def serve(a: torch.Tensor, out: torch.Tensor | None, runtime: str | None, threads: int | None) -> torch.Tensor:
    compiling = is_dynamo_compiling()
    if a.is_nested:
        raise ValueError("`a` is a nested tensor, whose components don't lie in one shape: give them one by one")
    if out is None:
        fresh = _fresh if compiling else _Differentiable.apply
        return fresh(a, runtime, threads)
    same_kind(out, torch.Tensor, a)
    records = torch.is_grad_enabled() and (a.requires_grad or out.requires_grad)
    if records or not compiling and (forward_ad._current_level >= 0 or out.is_neg()):
        raise ValueError(
            "`out` can't be a negated view, nor be written to while derivatives of it or of `a` are recorded: "
            "leave it out, or call inside torch.no_grad()"
        )
    if compiling or type(a) is not torch.Tensor or a.is_neg():
        # Counts the change of `out` itself.
        _into(a, out, runtime, threads)
        return out
    _native.into(a, out, runtime, threads)
    # What autograd saved of it before is not there any more.
    increment_version(out)
    return out


_native.know_tensors(torch.Tensor)
sigmulib._is_traced = is_dynamo_compiling
sigmulib._forward_ad = forward_ad
sigmulib._increment_version = increment_version
sigmulib._Tensor = torch.Tensor
