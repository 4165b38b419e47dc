"""Tensors: values and layouts, derivatives, transforms, compilation, and the module in a model."""

import pickle

import pytest
import torch
import torch.nn.functional as F
from conftest import assert_close
from hypothesis import given
from hypothesis import strategies as st
from torch import library

import sigmulib
import sigmulib.torch

pytestmark = pytest.mark.filterwarnings("ignore")

SMALL = dict(eps=1e-2, atol=1e-2, rtol=1e-2)


@given(
    st.lists(st.integers(0, 6), max_size=4),
    st.randoms(use_true_random=False),
    st.sampled_from([None, *sigmulib.runtimes()]),
)
def test_any_layout(shape, random, runtime):
    a = torch.randn([2 * n for n in shape])
    a = a[tuple(slice(random.choice([0, 1]), None, random.choice([1, 2])) for _ in shape)]
    a = a.permute(random.sample(range(a.ndim), a.ndim))
    if a.ndim and a.shape[-1] and random.random() < 0.2:
        a = a[..., :1].expand(*a.shape[:-1], 3)
    y = sigmulib.sigmul(a, runtime=runtime, threads=2)
    assert_close(y, a)
    assert type(y) is torch.Tensor and y.stride() == torch.empty_like(a).stride()


@pytest.mark.parametrize("size", [16_383, 16_384, 9_000_000])
def test_large(size):
    a = torch.randn(size)
    y = sigmulib.sigmul(a)
    assert_close(y, a)
    assert sigmulib.sigmul(a, out=a) is a
    assert torch.equal(a, y)


def test_imaginary_part_of_a_conjugate():
    for z in [torch.randn(5, dtype=torch.complex64), torch.randn(1, dtype=torch.complex64)]:
        a = z.conj().imag
        assert a.is_neg()
        assert_close(sigmulib.sigmul(a), a.resolve_neg())


def test_derivatives():
    a = torch.randn(4, 3, requires_grad=True)
    assert torch.autograd.gradcheck(sigmulib.sigmul, a, check_forward_ad=True, **SMALL)
    assert torch.autograd.gradgradcheck(sigmulib.sigmul, a, **SMALL)
    (ours,) = torch.autograd.grad(sigmulib.sigmul(a).sum(), a)
    (theirs,) = torch.autograd.grad(F.silu(a).sum(), a)
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_without_gradients(mode):
    a = torch.randn(5, requires_grad=True)
    with mode():
        y = sigmulib.sigmul(a)
        assert not y.requires_grad and y.is_inference() == (mode is torch.inference_mode)
        assert torch.equal(sigmulib.sigmul(a, out=torch.empty(5)), y)


def test_autograd_notices_a_change_in_place():
    a = torch.randn(5, requires_grad=True)
    saved = a * 2
    y = saved * saved
    with torch.no_grad():
        sigmulib.sigmul(saved, out=saved)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_transforms():
    a = torch.randn(4, 3)
    assert torch.equal(torch.vmap(sigmulib.sigmul, in_dims=1, out_dims=1)(a), sigmulib.sigmul(a))
    for transform in [torch.func.grad, torch.func.hessian]:
        ours, theirs = (transform(lambda t: f(t).square().sum())(a) for f in (sigmulib.sigmul, F.silu))
        assert torch.allclose(ours, theirs, atol=1e-5)
    ours, theirs = (torch.func.jvp(f, (a,), (a,))[1] for f in (sigmulib.sigmul, F.silu))
    assert torch.allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("args", [{}, {"runtime": "rayon", "threads": 2}])
def test_compiles_whole(args):
    a = torch.randn(40, 30, requires_grad=True)
    compiled = torch.compile(lambda t: sigmulib.sigmul(2 * t, **args) + 1, fullgraph=True, backend="aot_eager")
    assert torch.equal(compiled(a), sigmulib.sigmul(2 * a) + 1)
    compiled(a).sum().backward()
    (expected,) = torch.autograd.grad(F.silu(2 * a).sum(), a)
    assert torch.allclose(a.grad, expected)


def test_compiles_out():
    a, out = torch.randn(9), torch.empty(9)
    compiled = torch.compile(lambda t, out: sigmulib.sigmul(t, out=out), fullgraph=True, backend="aot_eager")
    compiled(a, out)
    assert torch.equal(out, sigmulib.sigmul(a))


def test_operators_are_sound():
    a = torch.randn(4, 3, requires_grad=True)
    library.opcheck(torch.ops.sigmulib.sigmul.default, (a, None, None))
    library.opcheck(torch.ops.sigmulib.sigmul_out.default, (a.detach(), torch.empty(4, 3), "pool", 2))


def test_subclasses_stay():
    class Tagged(torch.Tensor):
        pass

    assert type(sigmulib.sigmul(torch.ones(3).as_subclass(Tagged))) is Tagged
    assert sigmulib.sigmul(torch.nn.Parameter(torch.ones(3))).requires_grad


def test_tensors_of_no_memory():
    assert sigmulib.sigmul(torch.ones(3, device="meta")).device.type == "meta"


class TestSiLU:
    @pytest.mark.parametrize("inplace", [False, True])
    def test_is_as_pytorchs(self, inplace):
        weight = torch.randn(6, 5, requires_grad=True)
        results = []
        for silu in (sigmulib.torch.SiLU(inplace=inplace), torch.nn.SiLU(inplace=inplace)):
            hidden = torch.ones(2, 6) @ weight
            y = silu(hidden)
            assert (y is hidden) == inplace
            (grad,) = torch.autograd.grad(y.square().sum(), weight)
            results.append((y.detach(), grad))
        torch.testing.assert_close(*results)
        assert repr(sigmulib.torch.SiLU(inplace)) == repr(torch.nn.SiLU(inplace))

    def test_in_place_without_gradients(self):
        a = torch.randn(5)
        expected = sigmulib.sigmul(a)
        assert sigmulib.torch.SiLU(inplace=True)(a) is a
        assert torch.equal(a, expected)

    def test_pickles(self):
        assert pickle.loads(pickle.dumps(sigmulib.torch.SiLU(True))).inplace


class Mlp(torch.nn.Module):
    """The MLP block of Llama 3 8B, on a narrower model."""

    def __init__(self, silu):
        super().__init__()
        self.gate = torch.nn.Linear(64, 14336, bias=False)
        self.up = torch.nn.Linear(64, 14336, bias=False)
        self.down = torch.nn.Linear(14336, 64, bias=False)
        self.silu = silu

    def forward(self, x):
        return self.down(self.silu(self.gate(x)) * self.up(x))


class TestLlama:
    @pytest.fixture
    def blocks(self):
        theirs, ours = Mlp(torch.nn.SiLU()), Mlp(sigmulib.torch.SiLU())
        ours.load_state_dict(theirs.state_dict())
        return theirs, ours

    def test_same_output(self, blocks):
        theirs, ours = blocks
        x = torch.randn(8, 64)
        torch.testing.assert_close(ours(x), theirs(x))
        gate = ours.gate(x).detach()
        assert_close(ours.silu(gate), gate)

    def test_trains(self, blocks):
        x = torch.randn(8, 64)
        for block in blocks:
            step = torch.optim.SGD(block.parameters(), lr=0.1)
            block(x).square().mean().backward()
            step.step()
        torch.testing.assert_close(blocks[1].state_dict(), blocks[0].state_dict())

    def test_compiles(self, blocks):
        x = torch.randn(8, 64)
        compiled = torch.compile(blocks[1], fullgraph=True)
        torch.testing.assert_close(compiled(x), blocks[0](x))
