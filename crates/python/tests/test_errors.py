"""What is refused, with what words, and that nothing is written then."""

import numpy as np
import pytest
import torch

import sigmulib

A = np.ones((3, 4), np.float32)
T = torch.ones(3, 4)


def read_only():
    out = A.copy()
    out.flags.writeable = False
    return out


@pytest.mark.parametrize(
    ("a", "error", "words"),
    [
        ([1.0], TypeError, "`a` is a list: give"),
        (None, TypeError, "`a` is a NoneType"),
        (np.float32(1), TypeError, "numpy.float32"),
        *[(A.astype(d), TypeError, "only float32") for d in ["f8", "f2", "i4", "?", "c8", ">f4", "O", "U3", "M8[s]"]],
        *[(T.to(d), TypeError, f"{d}: only float32") for d in [torch.float64, torch.bfloat16, torch.int32, torch.bool]],
        (T.to_sparse(), ValueError, "dense copy"),
        (T.to_sparse_csr(), ValueError, "dense copy"),
        (torch.nested.nested_tensor([T, T]), ValueError, "nested"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_input(a, error, words):
    with pytest.raises(error, match=words) as raised:
        sigmulib.sigmul(a)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("a", "out", "error", "words"),
    [
        (A, np.zeros((4, 3), np.float32), ValueError, r"shape \[4, 3\] and `a` \[3, 4\]"),
        (A, np.zeros((3, 4)), TypeError, "`out` is of dtype float64"),
        (A, read_only(), ValueError, "`out` is read-only"),
        (A, np.broadcast_to(np.zeros(4, np.float32), (3, 4)), ValueError, "`out`"),
        (A, T, TypeError, "`out` is a torch.Tensor and `a` a numpy.ndarray"),
        (A, [0.0], TypeError, "`out` is a list"),
        (T, A, TypeError, "`out` is a numpy.ndarray and `a` a torch.Tensor"),
        (T, torch.zeros(3), ValueError, "shape"),
        (T, torch.zeros(3, 4).double(), TypeError, "`out` is of dtype torch.float64"),
        (T, torch.zeros(4).expand(3, 4), ValueError, "share memory with one another"),
        (T, torch.zeros(3, 4, requires_grad=True), ValueError, "derivatives"),
        (T.clone().requires_grad_(), torch.zeros(3, 4), ValueError, "derivatives"),
        (T, torch.zeros(3, 4).to_sparse(), ValueError, "`out`"),
        (T, torch.zeros(3, 4, dtype=torch.complex64).conj().imag, ValueError, "negated view"),
    ],
)
def test_out(a, out, error, words):
    before = out.clone() if isinstance(out, torch.Tensor) else np.copy(out)
    with pytest.raises(error, match=words):
        sigmulib.sigmul(a, out=out)
    same = torch.equal(out.to_dense(), before.to_dense()) if isinstance(out, torch.Tensor) else np.array_equal(out, before)
    assert same


def test_partly_overlapping_tensors():
    memory = torch.ones(10)
    with pytest.raises(ValueError, match="overlaps `a`"):
        sigmulib.sigmul(memory[:-1], out=memory[1:])
    assert torch.equal(memory, torch.ones(10))


@pytest.mark.parametrize(
    ("threads", "error"),
    [(0, ValueError), (-1, ValueError), (1025, ValueError), (10**30, ValueError), (2.0, TypeError), ("2", TypeError)],
)
@pytest.mark.parametrize("a", [A, T])
def test_threads(a, threads, error):
    with pytest.raises(error, match="from 1 to 1024"):
        sigmulib.sigmul(a, threads=threads)


@pytest.mark.parametrize(("runtime", "error"), [("omp", ValueError), ("", ValueError), (3, TypeError)])
@pytest.mark.parametrize("a", [A, T])
def test_runtime(a, runtime, error):
    with pytest.raises(error, match="serial, rayon, crossbeam, threads, pool"):
        sigmulib.sigmul(a, runtime=runtime)
