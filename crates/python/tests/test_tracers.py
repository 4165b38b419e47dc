"""Transforms, tracers and modes: whoever listens to PyTorch's operators hears of this one, whatever was served before."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import assert_close
from torch.autograd import forward_ad
from torch.fx.experimental.proxy_tensor import make_fx
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

import sigmulib
import sigmulib.torch

pytestmark = pytest.mark.filterwarnings("ignore")

# The first call of a process may go another way than all later ones.
sigmulib.sigmul(torch.ones(3))


@pytest.fixture(autouse=True)
def compile_anew():
    torch._dynamo.reset()


def total(f):
    return lambda t: f(t).square().sum()


TRANSFORMS = {
    "jacfwd": torch.func.jacfwd,
    "jacrev": torch.func.jacrev,
    "jvp": lambda f: lambda t: torch.func.jvp(f, (t,), (t.cos(),))[1],
    "vjp": lambda f: lambda t: torch.func.vjp(f, t)[1](f(t).cos())[0],
    "grad": lambda f: torch.func.grad(total(f)),
    "vmap": torch.vmap,
    "hessian": lambda f: torch.func.hessian(total(f)),
}


def composed(names, f):
    for name in reversed(names):
        f = TRANSFORMS[name](f)
    return f


def compositions(depth):
    return [pytest.param(names, id="-".join(names)) for names in itertools.product(TRANSFORMS, repeat=depth)]


def assert_as_pytorchs(ours, theirs, a):
    expected = theirs(a)
    assert expected.abs().sum() > 0
    torch.testing.assert_close(ours(a), expected, rtol=1e-5, atol=1e-5)


def values(*shape):
    return torch.linspace(-2, 2.5, int(np.prod(shape))).reshape(shape)


class TestTransforms:
    @pytest.mark.parametrize("names", [*compositions(1), *compositions(2)])
    def test_composed(self, names):
        assert_as_pytorchs(composed(names, sigmulib.sigmul), composed(names, F.silu), values(2, 1, 2))

    @pytest.mark.parametrize("outermost", TRANSFORMS)
    def test_three_composed(self, outermost):
        for inner in itertools.product(TRANSFORMS, repeat=2):
            names = (outermost, *inner)
            assert_as_pytorchs(composed(names, sigmulib.sigmul), composed(names, F.silu), values(2, 1, 1))

    @pytest.mark.parametrize("backend", ["eager", "aot_eager"])
    @pytest.mark.parametrize("names", compositions(1))
    def test_compiled(self, names, backend):
        self.assert_compiles(names, backend)

    @pytest.mark.parametrize("names", [*itertools.product(["jvp", "grad", "vmap"], repeat=2), 2 * ("jacfwd",)], ids="-".join)
    def test_two_compiled(self, names):
        self.assert_compiles(names, "aot_eager")

    @pytest.mark.slow
    @pytest.mark.parametrize("backend", ["eager", "aot_eager"])
    @pytest.mark.parametrize("outermost", TRANSFORMS)
    def test_three_compiled(self, outermost, backend):
        for inner in [*itertools.product(TRANSFORMS), *itertools.product(TRANSFORMS, repeat=2)]:
            torch._dynamo.reset()
            self.assert_compiles((outermost, *inner), backend, may_skip=False)

    def assert_compiles(self, names, backend, may_skip=True):
        try:
            theirs = torch.compile(composed(names, F.silu), fullgraph=True, backend=backend)(values(2, 1, 1))
        except Exception as error:
            if may_skip:
                pytest.skip(f"F.silu can't, either: {type(error).__name__}")
            return
        ours = torch.compile(composed(names, sigmulib.sigmul), fullgraph=True, backend=backend)(values(2, 1, 1))
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5, msg=lambda text: f"{'-'.join(names)}: {text}")

    def test_second_derivative_forward_over_forward(self):
        a = torch.tensor(2.0)
        second = torch.func.jacfwd(torch.func.jacfwd(sigmulib.sigmul))(a)
        assert second.item() == pytest.approx(0.0501, abs=1e-4)

    @pytest.mark.parametrize("runtime", sigmulib.runtimes())
    def test_vmap_of_any_dimension(self, runtime):
        a = torch.randn(3, 4, 5)
        for dim in range(-3, 3):
            y = torch.vmap(lambda t: sigmulib.sigmul(t, runtime=runtime, threads=2), in_dims=dim, out_dims=dim)(a)
            assert_close(y, a)

    def test_vmap_over_what_it_does_not_map(self):
        a, b = torch.randn(3), torch.randn(4)
        y = torch.vmap(lambda x, y: x + sigmulib.sigmul(y), in_dims=(0, None))(a, b)
        torch.testing.assert_close(y, a[:, None] + F.silu(b), rtol=1e-5, atol=1e-6)

    def test_functionalize_is_right_or_refused(self):
        a = torch.randn(4)
        try:
            y = torch.func.functionalize(sigmulib.sigmul)(a)
        except RuntimeError:
            return
        assert_close(y, a)


class TestForwardMode:
    def test_dual_tensors(self):
        a, tangent = torch.randn(5), torch.randn(5)
        with forward_ad.dual_level():
            results = [forward_ad.unpack_dual(f(forward_ad.make_dual(a, tangent))) for f in (sigmulib.sigmul, F.silu)]
        torch.testing.assert_close(results[0].primal, results[1].primal)
        torch.testing.assert_close(results[0].tangent, results[1].tangent)

    def test_over_reverse(self):
        a, tangent = torch.randn(5), torch.randn(5)
        results = []
        for f in (sigmulib.sigmul, F.silu):
            with forward_ad.dual_level():
                dual = forward_ad.make_dual(a.clone().requires_grad_(), tangent)
                (grad,) = torch.autograd.grad(f(dual).square().sum(), dual, create_graph=True)
                results.append(forward_ad.unpack_dual(grad).tangent.detach())
        torch.testing.assert_close(*results)

    def test_reverse_over_forward(self):
        a, tangent = torch.randn(5), torch.randn(5)
        results = []
        for f in (sigmulib.sigmul, F.silu):
            leaf = a.clone().requires_grad_()
            with forward_ad.dual_level():
                y = forward_ad.unpack_dual(f(forward_ad.make_dual(leaf, tangent))).tangent
            results += torch.autograd.grad(y.square().sum(), leaf)
        torch.testing.assert_close(*results)

    def test_a_plain_tensor_inside_a_level(self):
        a = torch.randn(5)
        with forward_ad.dual_level():
            y = sigmulib.sigmul(a)
            assert forward_ad.unpack_dual(y).tangent is None
        torch.testing.assert_close(y, F.silu(a))


class TestTracers:
    """What a tracer keeps computes anew, on tensors it has not seen."""

    a, b = torch.randn(5, 4), torch.randn(5, 4)

    def test_jit_trace(self):
        traced = torch.jit.trace(sigmulib.sigmul, self.a)
        assert torch.equal(traced(self.b), sigmulib.sigmul(self.b))

    def test_jit_trace_of_a_module(self):
        model = torch.nn.Sequential(torch.nn.Linear(4, 3), sigmulib.torch.SiLU())
        traced = torch.jit.trace(model, self.a)
        torch.testing.assert_close(traced(self.b), model(self.b))

    def test_jit_trace_of_out(self):
        traced = torch.jit.trace(lambda a, out: sigmulib.sigmul(a, out=out), (self.a, torch.empty(5, 4)))
        out = torch.empty(5, 4)
        assert torch.equal(traced(self.b, out), sigmulib.sigmul(self.b))
        assert torch.equal(out, sigmulib.sigmul(self.b))

    @pytest.mark.parametrize("mode", ["real", "symbolic", "fake"])
    @pytest.mark.parametrize("requires_grad", [False, True])
    def test_make_fx(self, mode, requires_grad):
        graph = make_fx(lambda t: sigmulib.sigmul(t) + 1, tracing_mode=mode)(self.a.clone().requires_grad_(requires_grad))
        assert torch.equal(graph(self.b), sigmulib.sigmul(self.b) + 1)

    @pytest.mark.parametrize("mode", ["real", "symbolic", "fake"])
    def test_make_fx_of_out(self, mode):
        graph = make_fx(lambda t, out: sigmulib.sigmul(t, out=out), tracing_mode=mode)(self.a, torch.empty(5, 4))
        out = torch.empty(5, 4)
        graph(self.b, out)
        assert torch.equal(out, sigmulib.sigmul(self.b))

    @pytest.mark.parametrize("mode", ["real", "symbolic", "fake"])
    def test_make_fx_in_place(self, mode):
        graph = make_fx(lambda t: sigmulib.sigmul(t, out=t), tracing_mode=mode)(self.a.clone())
        t = self.b.clone()
        graph(t)
        assert torch.equal(t, sigmulib.sigmul(self.b))

    def test_make_fx_of_a_derivative(self):
        graph = make_fx(torch.func.grad(total(sigmulib.sigmul)))(self.a)
        torch.testing.assert_close(graph(self.b), torch.func.grad(total(F.silu))(self.b))

    def test_fx_symbolic_trace_of_a_module(self):
        model = torch.nn.Sequential(torch.nn.Linear(4, 3), sigmulib.torch.SiLU(), torch.nn.Linear(3, 2))
        torch.testing.assert_close(torch.fx.symbolic_trace(model)(self.b), model(self.b))

    @pytest.mark.parametrize("options", [{}, {"runtime": "pool", "threads": 2}])
    def test_fx_symbolic_trace_of_a_function(self, options):
        graph = torch.fx.symbolic_trace(lambda t: sigmulib.sigmul(t, **options) * 2)
        assert isinstance(graph, torch.fx.GraphModule)
        assert torch.equal(graph(self.b), sigmulib.sigmul(self.b) * 2)

    def test_fx_symbolic_trace_of_out(self):
        def trace():
            return torch.fx.symbolic_trace(lambda t, out: sigmulib.sigmul(t, out=out))

        try:
            graph = trace()
        except (TypeError, ValueError):
            with pytest.raises((TypeError, ValueError), match=r"(?i)trac|fx|proxy"):
                trace()
        else:
            assert torch.equal(graph(self.b, torch.empty(5, 4)), sigmulib.sigmul(self.b))

    @pytest.mark.parametrize("inplace", [False, True])
    def test_export(self, inplace, tmp_path):
        model = torch.nn.Sequential(torch.nn.Linear(4, 3), sigmulib.torch.SiLU(inplace))
        torch.export.save(torch.export.export(model, (self.a,)), tmp_path / "model.pt2")
        torch.testing.assert_close(torch.export.load(tmp_path / "model.pt2").module()(self.b), model(self.b))

    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
    @pytest.mark.parametrize("inplace", [False, True])
    def test_export_refuses_what_a_call_refuses(self, dtype, inplace):
        with pytest.raises(Exception, match="float32"):
            torch.export.export(sigmulib.torch.SiLU(inplace), (torch.ones(3, dtype=dtype),))

    def test_onnx(self, tmp_path):
        pytest.importorskip("onnxscript")
        reference = pytest.importorskip("onnx.reference")
        try:
            torch.onnx.export(sigmulib.torch.SiLU(), (self.a,), tmp_path / "silu.onnx", dynamo=True)
        except Exception as error:
            assert "sigmul" in str(error)
            return
        (y,) = reference.ReferenceEvaluator(str(tmp_path / "silu.onnx")).run(None, {"input": self.b.numpy()})
        np.testing.assert_allclose(y, F.silu(self.b).numpy(), rtol=1e-5)


class Dispatched(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.calls.append(func)
        return func(*args, **(kwargs or {}))


class Called(TorchFunctionMode):
    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.calls.append(func)
        return func(*args, **(kwargs or {}))


def is_ours(func):
    return func is sigmulib.sigmul or str(func).startswith("sigmulib.sigmul")


class TestModes:
    @pytest.mark.parametrize("requires_grad", [False, True])
    def test_dispatch(self, requires_grad):
        a = torch.randn(5, requires_grad=requires_grad)
        with Dispatched() as mode:
            y = sigmulib.sigmul(a)
        assert torch.ops.sigmulib.sigmul.default in mode.calls
        assert_close(y.detach(), a.detach())

    def test_dispatch_of_out(self):
        a, out = torch.randn(5), torch.empty(5)
        with Dispatched() as mode:
            assert sigmulib.sigmul(a, out=out) is out
        assert any(is_ours(func) for func in mode.calls)
        assert_close(out, a)

    def test_dispatch_may_answer(self):
        class Zeros(TorchDispatchMode):
            def __torch_dispatch__(self, func, types, args=(), kwargs=None):
                return torch.zeros(5) if is_ours(func) else func(*args, **(kwargs or {}))

        with Zeros():
            assert torch.equal(sigmulib.sigmul(torch.ones(5)), torch.zeros(5))

    def test_function(self):
        a, out = torch.randn(5), torch.empty(5)
        for options in [{}, {"out": out}]:
            with Called() as mode:
                y = sigmulib.sigmul(a, **options)
            assert any(is_ours(func) for func in mode.calls)
            assert_close(y, a)

    def test_fake(self):
        from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

        with FakeTensorMode(allow_non_fake_inputs=True):
            y = sigmulib.sigmul(torch.nn.Parameter(torch.ones(3), requires_grad=False))
            assert isinstance(y, FakeTensor) and y.shape == (3,)
        real = torch.ones(3)
        with FakeTensorMode(allow_non_fake_inputs=True):
            y = sigmulib.sigmul(real)
            assert isinstance(y, FakeTensor) and y.shape == (3,)

    def test_fake_out_is_not_written(self):
        from torch._subclasses.fake_tensor import FakeTensorMode

        a, out = torch.ones(3), torch.zeros(3)
        with FakeTensorMode(allow_non_fake_inputs=True):
            try:
                sigmulib.sigmul(a, out=out)
            except (ValueError, RuntimeError):
                pass
        assert torch.equal(out, torch.zeros(3))

    @pytest.mark.parametrize("options", [{}, {"out": torch.empty(9)}])
    def test_profiler(self, options):
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
            sigmulib.sigmul(torch.ones(9), **options)
        assert any("sigmulib::sigmul" in event.key for event in profile.key_averages())

    def test_default_device(self):
        a = torch.randn(5)
        with torch.device("meta"):
            assert_close(sigmulib.sigmul(a), a)

    def test_after_a_mode_all_is_as_before(self):
        a = torch.randn(5)
        with Dispatched(), Called():
            sigmulib.sigmul(a)
        with Dispatched() as mode:
            pass
        assert_close(sigmulib.sigmul(a), a)
        assert not mode.calls


class TestAutocast:
    """As PyTorch's own activation does."""

    @pytest.mark.parametrize("inplace", [False, True])
    def test_in_a_model(self, inplace):
        x = torch.randn(6, 4)
        linear = torch.nn.Linear(4, 3)
        results = []
        for silu in (sigmulib.torch.SiLU(inplace), torch.nn.SiLU(inplace)):
            with torch.autocast("cpu", torch.bfloat16):
                y = torch.nn.Sequential(linear, silu)(x)
            (grad,) = torch.autograd.grad(y.float().sum(), linear.weight)
            results.append((y, grad))
        torch.testing.assert_close(*results, rtol=2e-2, atol=2e-2)

    def test_of_a_function(self):
        for dtype in (torch.float32, torch.bfloat16):
            a = torch.randn(5).to(dtype)
            with torch.autocast("cpu", torch.bfloat16):
                ours, theirs = sigmulib.sigmul(a), F.silu(a)
            torch.testing.assert_close(ours, theirs, rtol=2e-2, atol=2e-2)

    def test_outside_of_it_bfloat16_is_refused(self):
        with pytest.raises(TypeError, match="only float32"):
            sigmulib.torch.SiLU()(torch.ones(3, dtype=torch.bfloat16))

    def test_compiled(self):
        linear, x = torch.nn.Linear(4, 3), torch.randn(6, 4)
        model = torch.compile(torch.nn.Sequential(linear, sigmulib.torch.SiLU()), fullgraph=True, backend="aot_eager")
        with torch.autocast("cpu", torch.bfloat16):
            ours, theirs = model(x), F.silu(linear(x))
        torch.testing.assert_close(ours, theirs, rtol=2e-2, atol=2e-2)


class TestOutOfTracers:
    """Where `out` can't be served, the sentence names the cause."""

    def test_vmap(self):
        out = torch.zeros(3)
        with pytest.raises((ValueError, RuntimeError), match=r"vmap|transform|torch\.func"):
            torch.vmap(lambda t: sigmulib.sigmul(t, out=out))(torch.ones(2, 3))
        assert torch.equal(out, torch.zeros(3))

    def test_meta(self):
        with pytest.raises(ValueError, match="`out`.* on meta"):
            sigmulib.sigmul(torch.ones(3), out=torch.empty(3, device="meta"))
        out = torch.zeros(3)
        with pytest.raises(ValueError, match="meta"):
            sigmulib.sigmul(torch.empty(3, device="meta"), out=out)
        assert torch.equal(out, torch.zeros(3))

    def test_both_on_meta(self):
        out = torch.empty(3, device="meta")
        assert sigmulib.sigmul(torch.empty(3, device="meta"), out=out) is out


class TestModuleInPlace:
    """`SiLU(inplace=True)` where PyTorch's works."""

    def assert_as_pytorchs(self, use):
        ours, theirs = use(sigmulib.torch.SiLU(inplace=True)), use(torch.nn.SiLU(inplace=True))
        torch.testing.assert_close(ours, theirs)

    def test_vmap(self):
        a = torch.randn(3, 4)
        for dims in [0, 1]:
            self.assert_as_pytorchs(lambda silu: torch.vmap(silu, in_dims=dims)(a.clone()))

        def changed(silu):
            t = a.clone()
            torch.vmap(silu)(t)
            return t

        self.assert_as_pytorchs(changed)

    def test_vmap_of_a_gradient(self):
        a = torch.randn(3, 4)
        self.assert_as_pytorchs(lambda silu: torch.vmap(torch.func.grad(lambda t: silu(t * 2).square().sum()))(a))

    def test_forward_mode(self):
        a, tangent = torch.randn(4), torch.randn(4)
        self.assert_as_pytorchs(lambda silu: torch.func.jvp(lambda t: silu(t * 2), (a,), (tangent,)))

        def dual(silu):
            with forward_ad.dual_level():
                t = forward_ad.make_dual(a.clone(), tangent)
                assert silu(t) is t
                return tuple(forward_ad.unpack_dual(t))

        self.assert_as_pytorchs(dual)

    def test_meta(self):
        a = torch.empty(3, 4, device="meta")
        assert sigmulib.torch.SiLU(inplace=True)(a) is a

    def test_leaf(self):
        leaf = torch.ones(3, requires_grad=True)
        with pytest.raises(RuntimeError, match="leaf"):
            sigmulib.torch.SiLU(inplace=True)(leaf)

    def test_compiled(self):
        a = torch.randn(5)
        for backend in ["eager", "aot_eager"]:
            compiled = torch.compile(sigmulib.torch.SiLU(inplace=True), fullgraph=True, backend=backend)
            t = a.clone()
            compiled(t)
            assert_close(t, a)
