"""What is compared: statements, as a user would write them, on d x d matrices."""

from __future__ import annotations

import math
from typing import Any, Callable, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

import sigmulib


class Arm(NamedTuple):
    """Something that computes `sigmoid(a) * a`."""

    label: str
    """What the charts call it."""
    code: str
    """An expression of `namespace`."""
    runtime: str
    """Whose threads compute it; for the kernel shared by a runtime of the comparison, that runtime."""
    sizes: range
    """The dimensions it goes with, the study's limits."""
    matrices: int = 1
    """Matrices it has in memory at once, beside `a` and `out`."""
    serial: bool = False
    """Whether it uses one thread, however many there are."""
    after_matmul: bool = False
    """Whether each call follows a matrix product, untimed, whose threads are still spinning."""
    recorded: bool = False
    """Whether gradients are recorded."""
    backward: bool = False
    """Whether it computes the gradient of `leaf` from `dy`, too, and gives that."""

    @property
    def threads(self) -> int:
        """How many threads it uses."""
        return 1 if self.serial else torch.get_num_threads()


def upto(most: int, least: int = 1) -> range:
    return range(least, most + 1)


TRAINED = upto(2**12)
"""The dimensions at which gradients are computed."""

BASELINE = Arm("F.silu", "F.silu(a)", "torch", upto(2**15))
"""What the ratios of the record are against. It is an arm too, timed against itself."""

ARMS = [
    Arm("Python loop", "loop(x)", "python", upto(2**9), serial=True),
    Arm("NumPy", "x / (1 + np.exp(-x))", "numpy", upto(2**13), matrices=3, serial=True),
    Arm("sigmoid(A) * A", "torch.sigmoid(a) * a", "torch", upto(2**15), matrices=2),
    BASELINE,
    Arm("F.silu compiled", "compiled(a)", "torch", upto(2**15)),
    Arm("silu.out", "silu_out(a, out=out)", "torch", upto(2**15)),
    Arm("sigmulib", "sigmulib.sigmul(a)", "auto", upto(2**15)),
    Arm("sigmulib out=", "sigmulib.sigmul(a, out=out)", "auto", upto(2**15)),
    Arm("sigmulib NumPy", "sigmulib.sigmul(x)", "auto", upto(2**13)),
    *[
        Arm(name, f"sigmulib.sigmul(a, runtime={name!r}, threads=threads)", name, upto(2**14), serial=name == "serial")
        for name in ["serial", "rayon", "crossbeam", "threads", "pool"]
    ],
    # Within a model, as it were.
    Arm("F.silu after matmul", "F.silu(a)", "torch", upto(2**12, 2**7), after_matmul=True),
    Arm("sigmulib after matmul", "sigmulib.sigmul(a)", "auto", upto(2**12, 2**7), after_matmul=True),
    # As in training.
    Arm("F.silu with gradient", "F.silu(leaf)", "torch", TRAINED, recorded=True),
    Arm("sigmulib with gradient", "sigmulib.sigmul(leaf)", "auto", TRAINED, recorded=True),
    Arm("F.silu and backward", "grad(F.silu(leaf), leaf, dy)[0]", "torch", TRAINED, 2, recorded=True, backward=True),
    Arm("sigmulib and backward", "grad(sigmulib.sigmul(leaf), leaf, dy)[0]", "auto", TRAINED, 2, recorded=True, backward=True),
]


def loop(x: np.ndarray) -> np.ndarray:
    """The study's naive implementation."""
    y = np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            y[i, j] = x[i, j] / (1 + math.exp(-x[i, j]))
    return y


def namespace(d: int) -> dict[str, Any]:
    """The names that statements use, with N(0, 1) values of their own for each `d`."""
    torch.compiler.reset()
    a = torch.randn(d, d, generator=torch.Generator().manual_seed(d))
    compiled: Callable = torch.compile(F.silu, dynamic=False)
    return {
        "F": F,
        "a": a,
        "compiled": compiled,
        # Views where no arm needs more, as they may be large.
        "dy": a.flip(0) if d in TRAINED else a,
        "grad": torch.autograd.grad,
        "leaf": a.detach().requires_grad_(),
        "loop": loop,
        "np": np,
        "out": torch.empty_like(a),
        "sigmulib": sigmulib,
        "silu_out": torch.ops.aten.silu.out,
        "threads": torch.get_num_threads(),
        "torch": torch,
        "w": torch.ones(256, 256),
        "x": a.numpy(),
    }
