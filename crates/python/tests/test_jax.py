"""JAX arrays: immutable, lent by an older version of DLPack, and traced."""

import numpy as np
import pytest
from conftest import assert_close, passes

import sigmulib

jax = pytest.importorskip("jax")
jnp = jax.numpy


def values(*shape):
    return jnp.asarray(np.random.default_rng(0).normal(0, 4, shape).astype(np.float32))


@pytest.mark.parametrize("shape", [(3,), (), (0,), (2, 0, 3), (5, 7), (3, 1, 4), (300, 1000)])
def test_result_is_an_array_of_jax(shape):
    a = values(*shape)
    y = sigmulib.sigmul(a)
    assert isinstance(y, jax.Array) and y.dtype == jnp.float32 and y.shape == shape
    assert_close(y, a)
    assert np.allclose(jax.nn.silu(a), y, atol=1e-6)


def test_of_nothing_else():
    passes(
        """
        import jax.numpy as jnp
        import sigmulib
        assert abs(float(sigmulib.sigmul(jnp.ones(3))[1]) - 0.7310586) < 1e-6
        """
    )


@pytest.mark.parametrize("runtime", sigmulib.runtimes())
def test_runtimes(runtime):
    a = values(100_003)
    assert_close(sigmulib.sigmul(a, runtime=runtime, threads=2), a)


def test_input_is_not_changed_and_result_is_apart_from_it():
    a = values(1000)
    before = np.array(a)
    y = sigmulib.sigmul(a)
    kept = np.array(y)
    assert np.array_equal(a, before)
    del a
    # Where memory of the input or the result was freed too early, these would take its place.
    others = [values(1000) * i for i in range(20)]
    assert np.array_equal(y, kept) and len(others) == 20


def test_result_is_of_use():
    y = sigmulib.sigmul(values(4, 4))
    assert np.allclose(jax.jit(lambda t: (t @ t).sum())(y), np.asarray(y @ y).sum(), rtol=1e-5)


def test_transposed():
    a = values(4, 6).T
    assert_close(sigmulib.sigmul(a), a)
    assert_close(sigmulib.sigmul(a[::2, 1:]), a[::2, 1:])


def test_in_place_is_refused():
    a = values(9)
    before = np.array(a)
    with pytest.raises(ValueError, match="`out`"):
        sigmulib.sigmul(a, out=a)
    assert np.array_equal(a, before)


@pytest.mark.parametrize("shape", [(9,), (1,), (0,), (50_000,)])
def test_out_is_refused(shape):
    a, out = values(*shape), jnp.zeros(shape)
    with pytest.raises(ValueError, match="`out`"):
        sigmulib.sigmul(a, out=out)
    assert not np.any(out)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "int32", "bool", "complex64"])
def test_only_float32(dtype):
    with pytest.raises(TypeError, match=f"dtype {dtype}: only float32") as raised:
        sigmulib.sigmul(jnp.ones(3, dtype))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("transform", [jax.jit, jax.grad, jax.vmap], ids=["jit", "grad", "vmap"])
def test_tracers_are_refused(transform):
    with pytest.raises((TypeError, ValueError), match="`a`") as raised:
        transform(lambda t: sigmulib.sigmul(t).sum())(jnp.ones((2, 3)))
    assert "\n" not in str(raised.value)


def test_mixed_kinds_are_refused():
    with pytest.raises(TypeError, match="same kind"):
        sigmulib.sigmul(jnp.ones(3), out=np.zeros(3, np.float32))
    out = jnp.zeros(3)
    with pytest.raises(TypeError, match="same kind"):
        sigmulib.sigmul(np.ones(3, np.float32), out=out)
    assert not np.any(out)


def test_deleted():
    a = values(3)
    a.delete()
    with pytest.raises((ValueError, RuntimeError), match="`a`|deleted"):
        sigmulib.sigmul(a)


def test_callback():
    a = values(5, 4)
    silu = jax.jit(lambda t: jax.pure_callback(lambda x: sigmulib.sigmul(np.asarray(x)), t, t))
    assert_close(silu(a), a)
