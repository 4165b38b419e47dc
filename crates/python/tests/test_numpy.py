"""NumPy arrays of every layout."""

import numpy as np
import pytest
from conftest import assert_close
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import sigmulib

finite = st.floats(-200, 200, width=32)


@st.composite
def arrays(draw):
    """Arrays that were sliced, reversed and transposed, and start anywhere."""
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9))
    offset = draw(st.integers(0, 20))
    size = int(np.prod(shape))
    values = np.random.default_rng(draw(st.integers(0, 99))).normal(0, 10, offset + size).astype(np.float32)
    a = values[offset:].reshape(shape)
    # The ellipsis keeps an array of no dimensions an array.
    a = a[(..., *(slice(None, None, draw(st.sampled_from([1, 1, 2, 3, -1, -2]))) for _ in shape))]
    return a.transpose(draw(st.permutations(range(a.ndim))))


@given(arrays(), st.sampled_from([None, *sigmulib.runtimes()]))
def test_any_layout(a, runtime):
    before = a.copy()
    y = sigmulib.sigmul(a, runtime=runtime, threads=2)
    assert_close(y, a)
    assert np.array_equal(a, before)
    assert y.strides == np.empty_like(a).strides


@given(arrays(), st.integers(1, 3), st.sampled_from([None, *sigmulib.runtimes()]))
def test_out_of_any_layout(a, step, runtime):
    memory = np.full(step * a.size + 1, 7, np.float32)
    out = memory[: step * a.size : step].reshape(a.shape[::-1], copy=False).T
    assert sigmulib.sigmul(a, out=out, runtime=runtime, threads=2) is out
    assert np.array_equal(out, sigmulib.sigmul(a))
    out[...] = 7
    assert np.all(memory == 7)


@given(arrays())
def test_in_place(a):
    expected = sigmulib.sigmul(a)
    assert sigmulib.sigmul(a, out=a) is a
    assert np.array_equal(a, expected)


@given(hnp.arrays(np.float32, 70, elements=finite))
def test_values(a):
    assert_close(sigmulib.sigmul(a), a)


def test_extremes():
    a = np.array([np.nan, np.inf, 0.0, -0.0, -np.inf, 3.4e38, -3.4e38], np.float32)
    y = sigmulib.sigmul(a)
    assert np.array_equal(y, np.array([np.nan, np.inf, 0, 0, np.nan, 3.4e38, 0], np.float32), equal_nan=True)
    assert np.array_equal(np.signbit(y[[2, 3, 6]]), [False, True, True])


@pytest.mark.parametrize("runtime", sigmulib.runtimes())
@pytest.mark.parametrize("threads", [None, 1, 2, 3])
@pytest.mark.parametrize("size", [1, 1000, sigmulib.break_even().elements, 100_003])
def test_runtimes_agree_bit_for_bit(runtime, threads, size):
    a = np.random.default_rng(size).normal(size=size).astype(np.float32)
    y = sigmulib.sigmul(a, runtime=runtime, threads=threads)
    assert np.array_equal(y, sigmulib.sigmul(a))
    assert np.array_equal(sigmulib.sigmul(a[::-1], runtime=runtime, threads=threads), y[::-1])


def test_read_only_input():
    a = np.ones(5, np.float32)
    a.flags.writeable = False
    assert_close(sigmulib.sigmul(a), a)


def test_elements_at_odd_addresses():
    a = np.frombuffer(bytes(1) + np.arange(9, dtype=np.float32).tobytes(), np.uint8)[1:].view(np.float32)
    assert_close(sigmulib.sigmul(a), a)
    field = np.ones(5, [("tag", "u1"), ("value", "f4")])["value"]
    assert_close(sigmulib.sigmul(field), field)


def test_interleaved_is_not_overlapping():
    memory = np.ones((6, 8), np.float32)
    for a, out in [(memory[:, ::2], memory[:, 1::2]), (memory[:, :4], memory[:, 4:]), (memory[:3], memory[3:])]:
        expected = sigmulib.sigmul(a)
        assert np.array_equal(sigmulib.sigmul(a, out=out), expected)


@given(st.data())
def test_overlap_is_found(data):
    memory = np.ones(60, np.float32)
    view = st.tuples(st.integers(0, 20), st.integers(1, 4), st.sampled_from([1, 2, 3, -1, -2]))
    (start, rows, step), (other, _, other_step) = data.draw(view), data.draw(view)

    def take(start, step):
        strides = (7 * 4, step * 4)
        return np.lib.stride_tricks.as_strided(memory[start + 6 :], (rows, 3), strides)

    a, out = take(start, step), take(other, other_step)
    same = a.ctypes.data == out.ctypes.data and step == other_step
    if np.shares_memory(a, out) and not same:
        with pytest.raises(ValueError, match="overlaps `a`"):
            sigmulib.sigmul(a, out=out)
        assert np.all(memory == 1)
    else:
        sigmulib.sigmul(a, out=out)


def test_subclasses_stay():
    masked = np.ma.masked_array(np.ones(4, np.float32), [0, 1, 0, 0])
    y = sigmulib.sigmul(masked)
    assert isinstance(y, np.ma.MaskedArray) and np.array_equal(y.mask, masked.mask)
    assert not np.shares_memory(y.mask, masked.mask)
    assert type(sigmulib.sigmul(np.asmatrix(np.ones((2, 2), np.float32)))) is np.matrix
